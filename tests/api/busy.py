"""A clinic in the middle of its day, for tests that ask every address of the API."""

from __future__ import annotations

from typing import Any

from tests.api.answers import data
from tests.api.correspondence import ANNOUNCEMENT
from tests.api.desk import Desk
from tests.api.office import Client, Office
from tests.api.practice import book, treat
from tests.api.walls.reports import BODY as REVENUE_REPORT
from tests.api.walls.subscriptions import subscription
from tests.people import store, stored

ASHA = "+919876543021"
RAVI = "+919876543022"
PLAN = {"plan": "ENTERPRISE", "subscription_plan": "ENTERPRISE"}


def busy_clinic(office: Office) -> dict[str, str]:
    """Let Asha be with Dr. Meera and Ravi have been treated; return each thing's id by its name.

    The clinic is on the plan with everything, has a subscription, a report and an announcement.
    """
    cast = office.cast
    subscription(office)
    store(office.stage.records, stored(office.stage.records, cast.clinic).but(**PLAN))
    token = book(office, cast.meera, ASHA, 1)
    office.stage.pay(token)
    desk = Desk(office, cast.farida, cast.meera.doctor_id)
    waiting = desk.book(1, payAtClinic=True)
    data(desk.queue("start"))
    data(desk.queue("call-next"))
    treat(office, cast.khan, RAVI, 1)
    office.settle()
    token = office.stage.token(token)
    visit = f"/visits/{token.visit_id}/prescription"
    _made(office.doctor, visit, {"medications": [{"name": "Amlodipine"}]}, 200)
    report = _made(office.admin, "/reports/generate", REVENUE_REPORT, 202)
    announced = _made(
        office.admin, "/whatsapp/broadcast", {**ANNOUNCEMENT, "recipients": [ASHA]}, 202
    )
    office.settle()
    return {
        "broadcastId": announced["broadcastId"],
        "clinicId": token.clinic_id,
        "doctorId": token.doctor_id,
        "patientId": token.patient_id,
        "patientPhone": ASHA,
        "phone": ASHA,
        "reportId": report["reportId"],
        "tokenId": waiting,
        "userId": cast.khan_user.user_id,
        "visitId": str(token.visit_id),
        "date": token.date,
    }


def _made(client: Client, path: str, body: dict[str, Any], status: int) -> dict[str, Any]:
    return data(client.post(path, body), status)
