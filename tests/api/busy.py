"""A clinic in the middle of its day, for tests that ask every address of the API."""

from __future__ import annotations

from tests.api.desk import Desk, data
from tests.api.office import Office
from tests.api.practice import book, treat

ASHA = "+919876543021"
RAVI = "+919876543022"


def busy_clinic(office: Office) -> dict[str, str]:
    """Let Dr. Meera have treated Asha and Ravi wait; return the id of each thing by its name."""
    cast = office.cast
    token = book(office, cast.meera, ASHA, 1)
    office.stage.pay(token)
    desk = Desk(office, cast.farida, cast.meera.doctor_id)
    waiting = desk.book(1, payAtClinic=True)
    data(desk.queue("start"))
    data(desk.queue("call-next"))
    treat(office, cast.khan, RAVI, 1)
    office.settle()
    token = office.stage.token(token)
    return {
        "clinicId": token.clinic_id,
        "doctorId": token.doctor_id,
        "patientId": token.patient_id,
        "patientPhone": ASHA,
        "phone": ASHA,
        "tokenId": waiting,
        "userId": cast.khan_user.user_id,
        "visitId": str(token.visit_id),
        "date": token.date,
    }
