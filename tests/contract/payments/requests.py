"""What gateways are asked for in their contract."""

from __future__ import annotations

from datetime import timedelta

from domain.gateway import LinkRequest, ShownOrder
from tests.people import FixedClock

CLOCK = FixedClock()
REQUEST = "payr_00000000000000000000000000000001"
SHOWN = ShownOrder(REQUEST, "ORD_1", "100", "clinic-main")
"""An order inside WhatsApp for that request."""


def asked(payment_id: str = REQUEST, minutes: int = 10) -> LinkRequest:
    """Return what is asked of a gateway for a hold that lasts *minutes* more."""
    return LinkRequest(
        payment_id=payment_id,
        amount_paise=5000,
        description="Advance, token 005",
        token_id="TKN_1",
        held_until=CLOCK.now() + timedelta(minutes=minutes),
        return_url=f"https://clinic.example/pay/{payment_id}",
    )
