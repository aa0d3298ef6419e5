"""Who gets in: consultations."""

from __future__ import annotations

from tests.api.office import Office
from tests.api.practice import treat
from tests.api.walls.table import Row

PHONE = "+919876543021"


def a_visit(office: Office) -> dict[str, str]:
    """Let Dr. Meera have seen Asha, and prescribed."""
    token = treat(office, office.cast.meera, PHONE, 1)
    visit_id = str(office.stage.token(token).visit_id)
    answer = office.doctor.post(
        f"/visits/{visit_id}/prescription", {"medications": [{"name": "Amlodipine"}]}
    )
    assert answer.status_code == 200, answer.json
    return {"doctorId": token.doctor_id, "patientId": token.patient_id, "visitId": visit_id}


OF_DOCTOR = "/doctors/{doctorId}/patients/{patientId}/visits"
ONE = "/visits/{visitId}"
MEDICINE = {"medications": [{"name": "Ramipril"}]}
LATER = {"followUpDate": "2030-11-29", "payAtClinic": True}
ROWS = (
    Row(f"GET {OF_DOCTOR}", 200, 404, 404, given=a_visit),
    Row(f"POST {OF_DOCTOR}", 201, 404, 404, admin=201, body={}, given=a_visit),
    Row("GET /patients/{patientId}/visits", 200, 404, 404, given=a_visit),
    Row(f"GET {ONE}", 200, 404, 404, given=a_visit),
    Row(f"PUT {ONE}", 200, 404, 404, body={"notes": "Better"}, given=a_visit),
    Row(f"POST {ONE}/diagnosis", 200, 404, 404, body={"diagnosis": "Flu"}, given=a_visit),
    Row(f"POST {ONE}/prescription", 200, 404, 404, body=MEDICINE, given=a_visit),
    Row(f"GET {ONE}/prescription.pdf", 200, 404, 404, given=a_visit),
    Row(f"POST {ONE}/prescription/send", 200, 404, 404, given=a_visit),
    Row(f"POST {ONE}/notes", 200, 404, 404, body={"privateNotes": "Anxious"}, given=a_visit),
    Row(f"POST {ONE}/follow-up", 200, 404, 404, body=LATER, given=a_visit),
    Row("GET /prescriptions/{link}", 404, 404, 404, public=True),
)
