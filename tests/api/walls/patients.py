"""Who reaches the addresses of patients; the thing is a patient whom Dr. Meera recorded."""

from __future__ import annotations

from tests.api.office import Office
from tests.api.practice import AMIT, record
from tests.api.walls.table import Row


def amit(office: Office) -> dict[str, str]:
    """Return the patient."""
    return {"patientId": record(office.doctor)["patientId"]}


SHOWN = (AMIT["name"], AMIT["phone"])
NEW = {"phone": "+919988776644", "name": "Sunita Rao"}
ONE = "/patients/{patientId}"
ROWS = (
    Row("GET /patients", 200, 200, 200, given=amit, shows=SHOWN),
    Row("POST /patients", 201, 201, 201, admin=201, body=NEW, given=amit, shows=SHOWN),
    Row("GET /patients/search", 200, 200, 200, query={"name": "Am"}, given=amit, shows=SHOWN),
    Row("GET /patients/export", 403, 403, 200, given=amit, shows=SHOWN),
    Row(f"GET {ONE}", 200, 404, 404, given=amit),
    Row(f"PUT {ONE}", 200, 404, 404, body={"gender": "OTHER"}, given=amit),
    Row(f"DELETE {ONE}", 403, 403, 404, given=amit),
)
