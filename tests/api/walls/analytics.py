"""Who gets in: figures. City Medical Center is on the Professional plan, Sunrise on Basic."""

from __future__ import annotations

from tests.api.office import Office
from tests.api.practice import treat
from tests.api.walls.table import Row
from tests.people import store, stored


def a_day(office: Office) -> dict[str, str]:
    """Let Dr. Meera have seen Asha, and the figures follow."""
    records = office.stage.records
    plan = {"plan": "PROFESSIONAL", "subscription_plan": "PROFESSIONAL"}
    store(records, stored(records, office.cast.clinic).but(**plan))
    treat(office, office.cast.meera, "+919876543021", 1)
    office.settle()
    return {"doctorId": "doc_meera"}


ROWS = (
    Row("GET /clinics/analytics", 403, 403, 200, given=a_day, shows=("doc_meera",)),
    Row("GET /analytics/clinic/dashboard", 403, 403, 200, given=a_day, shows=("doc_meera",)),
    Row("GET /doctors/{doctorId}/stats", 200, 404, 404, given=a_day),
    Row("GET /analytics/doctors/{doctorId}/performance", 200, 404, 404, given=a_day),
    Row("GET /analytics/patients/flow", 403, 403, 403, given=a_day),
    Row("GET /analytics/revenue", 403, 403, 403, given=a_day),
)
