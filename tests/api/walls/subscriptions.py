"""Who reaches what a clinic pays for the product: its admins alone."""

from __future__ import annotations

from datetime import date

from domain.model.subscriptions import Subscription
from tests.api.office import Office
from tests.api.walls.table import Row
from tests.people import store


def subscription(office: Office) -> dict[str, str]:
    """Give City the subscription that its registration would have made; Sunrise has none."""
    now = office.stage.clock.now()
    store(
        office.stage.records,
        Subscription(
            clinic_id="clinic_city",
            subscription_id="sub_1",
            plan="BASIC",
            max_doctors=3,
            price_per_doctor=799,
            next_billing_date=date(2030, 12, 25),
            created_at=now,
            updated_at=now,
        ),
    )
    return {}


CHOICE = {"newPlan": "PROFESSIONAL", "estimatedDoctors": 3}
ROWS = (
    Row("GET /clinics/subscription", 403, 403, 404, given=subscription),
    Row("POST /clinics/subscription/upgrade", 403, 403, 404, body=CHOICE, given=subscription),
)
