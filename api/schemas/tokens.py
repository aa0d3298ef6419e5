"""What the API takes and answers about bookings."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from api.schemas.base import Body, Data, Day, Id, Instant, Name, Paged, Path, Phone, Text
from api.schemas.queues import Number, Reason
from domain.model.queues import PaymentStatus, TokenStatus
from domain.rules import MOST_LATE_MINUTES

Fee = Annotated[int, Field(ge=0, le=10_000)]
"""Whole rupees, up to the highest fee."""
TokenId = Annotated[str, StringConstraints(min_length=1, max_length=64)]


class ConsultationType(StrEnum):
    """What kind of consultation it is."""

    GENERAL = "GENERAL"
    SPECIALIST = "SPECIALIST"
    FOLLOW_UP = "FOLLOW_UP"


class TokenPath(Path):
    """Which token."""

    token_id: TokenId


class PatientPath(Path):
    """Whose tokens."""

    patient_id: Id


class TokensQuery(Paged):
    """Which day (today without it), in which state, and which part of the list."""

    date: Day | None = None
    status: TokenStatus | None = None


class TokenShown(Data):
    """A booking."""

    token_id: str
    patient_id: str
    doctor_id: str
    date: Day
    patient_phone: str | None
    patient_name: str
    status: TokenStatus
    token_number: Number
    estimated_time: Instant
    actual_time: Instant | None
    consultation_type: str
    source: str
    payment_status: PaymentStatus
    amount: int
    advance_paid: int
    balance_due: int
    created_at: Instant
    updated_at: Instant
    visit_id: str | None
    late_until: Instant | None
    """Until when the patient said that they are late, while they have not come."""


class TokenDetails(TokenShown):
    """A booking with all that is known of it."""

    arrived_at: Instant | None
    completed_at: Instant | None
    cancelled_at: Instant | None
    cancel_reason: str | None
    held_until: Instant | None
    refund_amount: int
    collected_amount: int
    payment_link: str | None
    complaint: str | None = Field(
        description="What the visit is for, in the patient's own words from the chat."
    )


class OneToken(Data):
    """One booking."""

    token: TokenDetails


class TokensSummary(Data):
    """How many bookings of the day are in which state."""

    pending: int
    confirmed: int
    arrived: int
    current: int
    completed: int
    skipped: int
    no_show: int
    cancelled: int
    expired: int


class Tokens(Data):
    """A day's bookings by number; count and summary are those of the whole day."""

    tokens: list[TokenShown]
    total_count: int
    summary: TokensSummary
    next_cursor: str | None


class TokenCall(Body):
    """For whom, when, and what it costs."""

    patient_id: Id | None = None
    patient_phone: Phone | None = None
    patient_name: Name | None = None
    preferred_time: Instant | None = Field(
        default=None,
        description="That slot, or the next free one of its day; left out: today's next free one, "
        "first in the part of the day that the patient prefers.",
    )
    consultation_type: ConsultationType = ConsultationType.GENERAL
    amount: Fee | None = Field(
        default=None, description="The whole fee; another than the doctor's is for admins."
    )
    pay_at_clinic: bool = Field(default=False, description="No advance is asked for.")
    walk_in: bool = Field(
        default=False,
        description="The patient stands at the desk: checked in, the next free slot or a number "
        "after the last, paid at the clinic. The phone may be left out then: it is a new patient, "
        "to whom no message is ever sent. Neither `preferredTime` nor `amount` goes with it.",
    )


class TokenMade(Data):
    """A new booking; with an advance due it is held until `heldUntil`, and the link was sent."""

    token_id: str
    patient_id: str
    token_number: Number
    status: TokenStatus
    estimated_time: Instant
    payment_status: PaymentStatus
    amount: int
    advance_due: int
    payment_link: str | None
    held_until: Instant | None
    beyond_limit: bool
    """Whether more are booked that day than the doctor's daily limit."""


class TokenChange(Body):
    """The state to bring the token to, and what is known beside it."""

    status: TokenStatus | None = None
    actual_time: Instant | None = Field(
        default=None, description="When the consultation began, if not when they were called."
    )
    collected_amount: Fee | None = Field(
        default=None, description="What the desk took at its completion; the balance without it."
    )
    reason: Reason | None = None
    notes: Text | None = None


class PatientLateCall(Body):
    """How late the patient is."""

    minutes: int = Field(
        ge=1,
        le=MOST_LATE_MINUTES,
        description="After the time of the slot, or from now if that is past.",
    )


class TokenChanged(Data):
    """A booking as changed."""

    token_id: str
    token_number: Number
    status: TokenStatus
    actual_time: Instant | None
    payment_status: PaymentStatus
    visit_id: str | None
    late_until: Instant | None
    updated_at: Instant


class CancelCall(Body):
    """Why a booking is cancelled."""

    reason: Reason = "CLINIC_REQUEST"
    notes: Text | None = None


class Cancelled(Data):
    """A cancelled booking, and what is sent back of its money."""

    token_id: str
    token_number: Number
    status: TokenStatus
    refund_amount: int
    cancelled_at: Instant


class TokenOfPatient(TokenShown):
    """A booking of one patient."""

    doctor_name: str


class PatientOfTokens(Data):
    """Whose bookings these are."""

    patient_id: str
    patient_phone: str | None
    name: str


class PatientsTokens(Data):
    """A patient's bookings, the latest day first."""

    patient: PatientOfTokens
    tokens: list[TokenOfPatient]
    total_count: int
    next_cursor: str | None
