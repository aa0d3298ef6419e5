"""Payments of a clinic's patients over the wire, and what a day's add up to. Whole rupees."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field

from api.schemas.base import Data, Day, Instant, Paged


class PaymentsQuery(Paged):
    """Which days, in the clinic's zone: today unless they are given, 31 at most."""

    start_date: Day | None = Field(default=None, description="`endDate` if left out.")
    end_date: Day | None = Field(default=None, description="Included; today if left out.")


class ListedPayment(Data):
    """One payment captured online, and where its money is now."""

    capture_id: Annotated[str, Field(description="The payment's id at the gateway.")]
    payment_id: str
    token_id: str
    token_number: str | None
    date: Annotated[str | None, Field(description="The day of the booking.")]
    patient_id: str
    patient_name: str | None
    doctor_id: str
    doctor_name: str | None
    amount: int
    captured_at: Instant
    place: Annotated[
        str,
        Field(
            description="SEAT: it holds its booking. WAITING: for another day after the clinic "
            "closed. REFUND: it goes back, or is back."
        ),
    ]
    refund_status: Annotated[
        str | None,
        Field(description="PENDING, REQUESTED, PROCESSED or FAILED (somebody must return it)."),
    ]
    refund_reason: str | None
    refunded_at: Annotated[Instant | None, Field(description="When it was decided.")]
    returned_by_hand: Annotated[
        int, Field(description="What a person returned of it in the gateway's dashboard.")
    ]


class DayOfMoney(Data):
    """One day of the clinic's money, which adds up: `difference` is 0.

    It is captured - seated - waiting - refunded - returnedByHand.
    """

    date: date
    payments: Annotated[int, Field(description="How many were captured.")]
    captured: Annotated[int, Field(description="What payers gave online that day.")]
    seated: int
    waiting: int
    refunded: Annotated[int, Field(description="Goes back, or is back.")]
    returned_by_hand: Annotated[
        int, Field(description="What people returned in the gateway's dashboard.")
    ]
    sent_back: Annotated[int, Field(description="Of `refunded`, what the gateway has returned.")]
    failed: Annotated[int, Field(description="Of `refunded`, what it could not return.")]
    difference: int
    collected: Annotated[int, Field(description="What the desk took that day, besides.")]
    cash: Annotated[int, Field(description="Of `collected`, what the desk counted in cash.")]
    upi: Annotated[int, Field(description="Of `collected`, what the desk counted by UPI.")]
    due: Annotated[int, Field(description="Still due for consultations completed that day.")]


class PaymentList(Data):
    """Payments, the newest first, and the days they are of."""

    payments: list[ListedPayment]
    statement: Annotated[
        list[DayOfMoney], Field(description="A day each, with the first page only.")
    ]
    next_cursor: str | None
