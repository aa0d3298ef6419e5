"""What the API takes and answers where the desk changes the order of a line."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from api.schemas.base import Body, Data, Day, Id, Instant, Query, Text
from api.schemas.queues import Number, Reason, Sight
from domain.model.queues import PaymentStatus, TokenStatus


class CallPatient(Sight):
    """Whom to call in, and why before others."""

    token_id: Id
    reason: Reason | None = Field(
        default=None, description="Left out: OUT_OF_TURN, if others stand before them."
    )
    notes: Text | None = Field(default=None, description="For the line's history.")


class Position(StrEnum):
    """An end of the line."""

    FIRST = "FIRST"
    LAST = "LAST"


class MoveCall(Body):
    """Where in the line a patient shall stand, and why: `after` or `position`, one of them."""

    after: Id | None = Field(
        default=None,
        description="The token right behind which they shall stand: of a patient who waits, or of "
        "the one being served.",
    )
    position: Position | None = Field(
        default=None,
        description="FIRST gives priority: before all but those who were given it before. LAST is "
        "behind all who wait now.",
    )
    reason: Reason | None = None
    notes: Text | None = Field(default=None, description="For the line's history.")


class Moved(Data):
    """Where in the line a patient stands now."""

    token_id: str
    token_number: Number
    status: TokenStatus
    ahead: int
    """How many are called before them, if all were called now."""
    updated_at: Instant


class PaidBy(StrEnum):
    """How the desk was paid; DUE: it was not."""

    CASH = "CASH"
    UPI = "UPI"
    DUE = "DUE"


class CollectCall(Body):
    """What the desk was paid for a booking, in all, by one method."""

    amount: int | None = Field(
        default=None,
        ge=0,
        le=10_000,
        description="Whole rupees; 0 takes back what was said. Left out with DUE: all that the "
        "desk has not counted.",
    )
    method: PaidBy


class Collected(Data):
    """What the desk has been paid for a booking."""

    token_id: str
    token_number: Number
    payment_status: PaymentStatus
    collected_amount: int
    cash: int
    upi: int
    balance_due: int
    updated_at: Instant


class FindQuery(Query):
    """Whom to find."""

    q: str = Field(
        min_length=1,
        max_length=100,
        description="Up to three digits: a token's number today. More: the beginning of a phone "
        "number. Else a name, or the beginning of one.",
    )


class BookingFound(Data):
    """A booking of today or of a day to come."""

    token_id: str
    token_number: Number
    patient_id: str
    patient_name: str
    patient_phone: str | None
    doctor_id: str
    doctor_name: str
    date: Day
    estimated_time: Instant
    status: TokenStatus


class PersonFound(Data):
    """A patient whom the caller may see."""

    patient_id: str
    patient_name: str
    patient_phone: str | None
    last_visit_date: Instant | None


class SearchResult(Data):
    """Who fits: bookings, soonest first, and patients by name."""

    tokens: list[BookingFound]
    patients: list[PersonFound]
