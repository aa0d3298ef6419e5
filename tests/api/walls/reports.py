"""Who reaches reports: the clinic's admins; a download needs a token or the link's signature."""

from __future__ import annotations

from tests.api.office import Office
from tests.api.walls.table import Row
from tests.people import store, stored

BODY = {
    "reportType": "REVENUE",
    "format": "CSV",
    "parameters": {"startDate": "2030-11-20", "endDate": "2030-11-24"},
}


def plan(office: Office) -> dict[str, str]:
    """Put City on a plan with reports."""
    clinic = stored(office.stage.records, office.cast.clinic)
    store(office.stage.records, clinic.but(subscription_plan="PROFESSIONAL", plan="PROFESSIONAL"))
    return {}


def report(office: Office) -> dict[str, str]:
    """Have a report of City's made."""
    plan(office)
    made = office.admin.post("/reports/generate", BODY)
    office.settle()
    return {"reportId": made.json["data"]["reportId"]}


ROWS = (
    Row("POST /reports/generate", 403, 403, 403, admin=202, body=BODY, given=plan),
    Row("GET /reports/{reportId}", 403, 403, 404, given=report),
    Row("GET /reports/{reportId}/download", 403, 403, 404, given=report),
)
