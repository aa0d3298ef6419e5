"""What one phone may not take: bookings of one day, unpaid holds, and holds in a short time."""

from __future__ import annotations

from domain import phones
from domain.errors import Refused, TooManyBookings, TooManyHolds, TooOften
from domain.model.messages import Option
from flows.table import Refusal
from flows.turn import Say, Turn, says

REFUSALS: dict[type[Refused], Refusal] = {TooManyHolds: Refusal("booking/too_many_holds")}


@says("booking/too_many_holds")
def _too_many_holds(turn: Turn) -> Say:
    phone = turn.clinic.phone
    return Say(
        values={
            "why": _why(turn.refusal),
            "most": turn.details.get("most"),
            "phone": phones.group_digits(phone) if phone else None,
        },
        options=[Option(id="status", label="status_button")],
    )


def _why(refusal: Refused | None) -> str:
    if isinstance(refusal, TooManyBookings):
        return "bookings"
    return "often" if isinstance(refusal, TooOften) else "holds"
