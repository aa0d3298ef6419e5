"""Who gets in: bookings."""

from __future__ import annotations

from tests.api.desk import PHONE, Desk
from tests.api.office import Office
from tests.api.walls.table import Row


def a_doctor(office: Office) -> dict[str, str]:
    """Name Dr. Meera."""
    del office
    return {"doctorId": "doc_meera"}


def a_token(office: Office) -> dict[str, str]:
    """Let Patient A wait for Dr. Meera."""
    desk = Desk(office, office.cast.farida, "doc_meera")
    token_id = desk.book(0, payAtClinic=True)
    return {
        "doctorId": "doc_meera",
        "tokenId": token_id,
        "patientId": desk.token(token_id)["patientId"],
    }


ONE = "/tokens/{tokenId}"
SOMEBODY = {"patientPhone": PHONE.format(3), "patientName": "Patient D", "payAtClinic": True}
ROWS = (
    Row("GET /doctors/{doctorId}/tokens", 200, 404, 404, given=a_token),
    Row("POST /doctors/{doctorId}/tokens", 201, 404, 404, admin=201, body=SOMEBODY, given=a_doctor),
    Row(f"GET {ONE}", 200, 404, 404, given=a_token),
    Row(f"PUT {ONE}", 200, 404, 404, body={"status": "ARRIVED"}, given=a_token),
    Row(f"POST {ONE}/check-in", 200, 404, 404, given=a_token),
    Row(f"POST {ONE}/late", 200, 404, 404, body={"minutes": 10}, given=a_token),
    Row(f"DELETE {ONE}", 200, 404, 404, given=a_token),
    Row("GET /patients/{patientId}/tokens", 200, 404, 404, given=a_token),
)
