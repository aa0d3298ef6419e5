"""A doctor's day: the queue, its seats and tokens, and the line of those who wait."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

import msgspec

from domain.model.base import Record


class QueueStatus(StrEnum):
    """The state of a doctor's line."""

    SCHEDULED = "SCHEDULED"
    ACTIVE = "ACTIVE"
    PAUSED = "PAUSED"
    EMERGENCY = "EMERGENCY"
    CLOSED = "CLOSED"


RUNNING = frozenset({QueueStatus.ACTIVE, QueueStatus.PAUSED, QueueStatus.EMERGENCY})
"""States of a line that has been started and not closed."""
HALTED = frozenset({QueueStatus.PAUSED, QueueStatus.EMERGENCY})
"""States of a line in which nobody is called until it is resumed."""


class TokenStatus(StrEnum):
    """The state of one booking."""

    PENDING = "PENDING"
    CONFIRMED = "CONFIRMED"
    ARRIVED = "ARRIVED"
    CURRENT = "CURRENT"
    COMPLETED = "COMPLETED"
    SKIPPED = "SKIPPED"
    NO_SHOW = "NO_SHOW"
    CANCELLED = "CANCELLED"
    EXPIRED = "EXPIRED"


WAITING = frozenset({TokenStatus.CONFIRMED, TokenStatus.ARRIVED})
"""States of a token that stands in the line."""
LIVE = WAITING | {TokenStatus.PENDING, TokenStatus.CURRENT, TokenStatus.SKIPPED}
"""States of a token that is its patient's one booking with that doctor that day."""


class PaymentStatus(StrEnum):
    """What was paid for a token."""

    PENDING = "PENDING"
    PAID = "PAID"
    FAILED = "FAILED"
    REFUNDED = "REFUNDED"


class Slot(msgspec.Struct, frozen=True, array_like=True):
    """One consultation of the day: its number, and when it is planned (seconds since 1970)."""

    number: int
    at: int


class Move(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The last move of a line: what `undo` takes back and a later move is checked against."""

    action: str
    """next, skip, undo; pause, resume, close, reopen, stop-booking or allow-booking."""
    by: str
    """The user who made it."""
    by_name: str
    at: datetime
    left: str | None = None
    """The token that was CURRENT before."""
    left_status: TokenStatus | None = None
    """What it became."""
    left_since: datetime | None = None
    left_collected: int = 0
    """Paise collected at the desk by completing it."""
    called: str | None = None
    """The token called in."""
    called_status: TokenStatus | None = None
    """What it was before."""
    called_place: str | None = None
    status: QueueStatus | None = None
    """The state of the line before; of those that change it."""
    pause_reason: str | None = None
    resume_expected_at: datetime | None = None
    """The pause there was before, likewise."""


class Queue(Record, frozen=True, kw_only=True):
    """The head of a doctor's line on one day, of fixed size. Key: doctorId, date.

    It is written by moves of the line and never by a booking. `date` is the clinic's day on which
    the doctor's hours begin. The timetable, fee and advance are those of the first sale.
    """

    TABLE: ClassVar[str] = "queues"
    KEY: ClassVar[tuple[str, ...]] = ("doctor_id", "date")
    RINGS: ClassVar[str | None] = "doctor_id"
    SHOWN: ClassVar[bool] = True

    doctor_id: str
    date: str
    queue_id: str
    clinic_id: str
    status: QueueStatus = QueueStatus.SCHEDULED
    timetable: tuple[Slot, ...] = ()
    """In the order of time; numbers are those of the first sale, later hours add higher ones."""
    withdrawn: tuple[Slot, ...] = ()
    """Slots that changed hours took away; they keep their numbers, should they fit again."""
    fee_paise: int = 0
    advance_paise: int = 0
    daily_limit: int = 0
    minutes: int = 15
    """The planned length of a consultation."""
    prior_minutes: int | None = None
    """How long the doctor's consultations took on other days."""
    planned_start: datetime
    planned_end: datetime
    time_zone: str | None = None
    """The zone in which its clock times were told; None in rows of before: the clinic's."""
    current_token: str | None = None
    current_number: int | None = None
    current_since: datetime | None = None
    last_move: Move | None = None
    consultations: tuple[int, ...] = ()
    """Durations of the last 20 consultations of the day in seconds, oldest first."""
    started_at: datetime | None = None
    said_start: datetime | None = None
    said_end: datetime | None = None
    """The day's times as given at the start of the line; shown to people, used by no rule."""
    late_since: datetime | None = None
    late_until: datetime | None = None
    """Until when the doctor said that they are late or away, though the line is not paused.

    It is counted on in estimates. The start of the line ends it, and so does the next call in.
    """
    paused_at: datetime | None = None
    pause_reason: str | None = None
    resume_expected_at: datetime | None = None
    resumed_at: datetime | None = None
    closed_at: datetime | None = None
    close_reason: str | None = None
    sales_stopped_at: datetime | None = None
    """Since when patients can book no more of this day; staff can, and what is booked stands."""
    created_at: datetime
    updated_at: datetime


class Token(Record, frozen=True, kw_only=True):
    """One patient's booking with one doctor on one day. Key: queueId, tokenId."""

    TABLE: ClassVar[str] = "tokens"
    KEY: ClassVar[tuple[str, ...]] = ("queue_id", "token_id")

    queue_id: str
    token_id: str
    clinic_id: str
    doctor_id: str
    patient_id: str
    contact_id: str
    patient_name: str
    patient_phone: str | None = None
    status: TokenStatus
    number: int
    token_number: str
    """The number as three digits, such as 008; unique in its queue."""
    date: str
    estimated_time: datetime
    """The instant the slot is planned for."""
    actual_time: datetime | None = None
    """When the consultation began."""
    completed_at: datetime | None = None
    arrived_at: datetime | None = None
    confirmed_at: datetime | None = None
    cancelled_at: datetime | None = None
    cancel_reason: str | None = None
    consultation_type: str = "GENERAL"
    source: str = "BOT"
    """BOT, STAFF or WALK_IN."""
    payment_status: PaymentStatus = PaymentStatus.PENDING
    amount_paise: int
    """The whole fee."""
    advance_paise: int = 0
    """What must be paid online to keep the slot."""
    paid_paise: int = 0
    """What was paid online for this token and not refunded or transferred."""
    collected_paise: int = 0
    """What was collected at the desk: counted there, or taken to be at the completion."""
    cash_paise: int = 0
    """Of that: what the desk counted in cash."""
    upi_paise: int = 0
    """Of that: what the desk counted by UPI."""
    counted: bool = False
    """Whether the desk has said what it took; nothing is taken for collected unasked then."""
    capture_id: str | None = None
    """The payment at the gateway that paid for this seat."""
    payment_id: str | None = None
    held_until: datetime | None = None
    place: str | None = None
    """The token's place in the line; None when it is not in line."""
    lost_place: str | None = None
    """The place it had when its line was closed, should the line be reopened; empty if skipped."""
    late_until: datetime | None = None
    """Until when the patient said that they are late; a check-in clears it."""
    limit_number: int | None = None
    """The number of the online sale this is; None if it is none."""
    replaces: str | None = None
    """The token given up when this one is confirmed (a reschedule)."""
    visit_id: str | None = None
    told: str | None = None
    """Ciphertext of the `Profile` that was told with the name in chat, until it is confirmed: then
    the clinic's record of the patient has it."""
    complaint: str | None = None
    """Ciphertext of what the visit is for, in the patient's own words."""
    new_patient: bool = False
    """Whether the doctor had never seen the patient: as of the confirmation, or, once served,
    of the completion."""
    reminded: bool = False
    created_at: datetime
    updated_at: datetime


class Seat(Record, frozen=True, kw_only=True):
    """That a slot (`slot#008`) or one of the day's online sales (`limit#012`) is taken.

    Key: queueId, seat. Put only if absent, or in place of a hold that ran out, so a slot is sold
    once.
    """

    TABLE: ClassVar[str] = "seats"
    KEY: ClassVar[tuple[str, ...]] = ("queue_id", "seat")
    SHOWN: ClassVar[bool] = True

    queue_id: str
    seat: str
    clinic_id: str
    token_id: str
    held_until: datetime | None = None
    """None once the booking is confirmed."""


class Waiting(Record, frozen=True, kw_only=True):
    """A place in the line. Key: queueId, place; `domain.call_order` says who is called next."""

    TABLE: ClassVar[str] = "line"
    KEY: ClassVar[tuple[str, ...]] = ("queue_id", "place")
    SHOWN: ClassVar[bool] = True

    queue_id: str
    place: str
    clinic_id: str
    token_id: str
    number: int
    at: datetime
    """When the slot is planned."""
    arrived: bool = False
    late_until: datetime | None = None
    """As on the token."""


class LiveBooking(Record, frozen=True, kw_only=True):
    """A patient's one booking with a doctor on a day.

    Key: contactId, booking (patientId#doctorId#date). The key makes it the only one, and the
    bookings of a contact are one consistent read.
    """

    TABLE: ClassVar[str] = "bookings"
    KEY: ClassVar[tuple[str, ...]] = ("contact_id", "booking")

    contact_id: str
    booking: str
    clinic_id: str
    token_id: str
    queue_id: str


class Hold(Record, frozen=True, kw_only=True):
    """One of the at most three unpaid holds of a contact at a clinic.

    Key: contactId, hold (clinicId#1, 2 or 3). The clinic is in the key, so that a refusal tells no
    clinic that another one knows the phone.
    """

    TABLE: ClassVar[str] = "holds"
    KEY: ClassVar[tuple[str, ...]] = ("contact_id", "hold")

    contact_id: str
    hold: str
    clinic_id: str
    token_id: str
    queue_id: str
    patient_id: str
    doctor_id: str
    held_until: datetime


class Locator(Record, frozen=True, kw_only=True):
    """Where the thing with a given id is stored. Key: id."""

    TABLE: ClassVar[str] = "ids"
    KEY: ClassVar[tuple[str, ...]] = ("id",)
    SHOWN: ClassVar[bool] = True

    id: str
    kind: str
    clinic_id: str
    doctor_id: str | None = None
    partition: str
    sort: str | None = None


class HistoryEntry(Record, frozen=True, kw_only=True):
    """One entry of a line's append-only history: what, who, why, when. Key: queueId, entry."""

    TABLE: ClassVar[str] = "history"
    KEY: ClassVar[tuple[str, ...]] = ("queue_id", "entry")

    queue_id: str
    entry: str
    clinic_id: str
    doctor_id: str
    action: str
    by: str
    by_name: str
    at: datetime
    token_id: str | None = None
    token_number: str | None = None
    left_token: str | None = None
    left_number: str | None = None
    """Who was being served before a move."""
    detail: str | None = None
    """Why, in a word or two; never anything about health."""
    notes: str | None = None
    """The words of staff, encrypted."""


class Progress(Record, frozen=True, kw_only=True):
    """What a waiting patient was told last, and whether news is on its way. Key: queueId, tokenId.

    It also records the promise: the first and the last range of instants that they were told.
    """

    TABLE: ClassVar[str] = "progress"
    KEY: ClassVar[tuple[str, ...]] = ("queue_id", "token_id")
    SHOWN: ClassVar[bool] = True

    queue_id: str
    token_id: str
    clinic_id: str
    pending: str | None = None
    """The id of the unsent news about this token, if there is one."""
    told_at: datetime | None = None
    told_ahead: int | None = None
    told_from: datetime | None = None
    told_to: datetime | None = None
    first_told_at: datetime | None = None
    first_from: datetime | None = None
    first_to: datetime | None = None


def number_text(number: int) -> str:
    """Return a token number as three digits at least, as the API writes it."""
    return f"{number:03d}"


def hold_ran_out(token: Token, now: datetime) -> bool:
    """Return whether *token* is a hold whose time is over, though its record is still PENDING."""
    return (
        token.status is TokenStatus.PENDING
        and token.held_until is not None
        and token.held_until <= now
    )
