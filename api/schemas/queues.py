"""What the API takes and answers about a doctor's line."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from api.schemas.base import AnyDigits, Body, Data, Day, Id, Instant, Paged, Path, Query, Text
from domain.model.queues import QueueStatus, TokenStatus
from domain.rules import MOST_LATE_MINUTES

Reason = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]{0,49}$")]
"""Why, in upper-case words such as PATIENT_NOT_PRESENT."""
Number = Annotated[str, AnyDigits, StringConstraints(pattern=r"^\d{3,}$")]
"""A token's number, such as 008."""


class LinePath(Path):
    """Whose line."""

    doctor_id: Id


class OfDay(Query):
    """Which day; without it the line that runs now, or today's."""

    date: Day | None = None


class HistoryQuery(Paged, OfDay):
    """Which day's history, and which part of it."""


class Sight(Body):
    """What the caller sees: who is being served. Given, the move is judged by it alone."""

    current_token: Id | None = Field(
        default=None, description="The token being served, or null if nobody is."
    )

    @property
    def names_current(self) -> bool:
        """Whether the caller named the current token, even as none."""
        return "current_token" in self.model_fields_set


class StartCall(Body):
    """The day's times, if they are not as planned."""

    start_time: Instant | None = None
    estimated_end_time: Instant | None = None


class SkipCall(Sight):
    """Why the one called is skipped."""

    reason: Reason = "PATIENT_NOT_PRESENT"
    notes: Text | None = None


class PauseCall(Body):
    """Why and for how long; the reason EMERGENCY makes it an emergency."""

    reason: Reason | None = None
    estimated_resume_time: Instant | None = None


class DoctorLateCall(Body):
    """How late the doctor is, or how long they are away."""

    minutes: int = Field(
        ge=0,
        le=MOST_LATE_MINUTES,
        description="From the planned start of the day, or from now if it is past; 0: on time.",
    )


class TokenInLine(Data):
    """One booking as the desk sees it."""

    token_id: str
    token_number: Number
    patient_id: str
    patient_phone: str | None
    patient_name: str
    status: TokenStatus
    estimated_time: Instant
    actual_time: Instant | None
    arrived_at: Instant | None
    late_until: Instant | None
    """Until when the patient said that they are late, while they have not come."""
    balance_due: int


class QueueShown(Data):
    """A doctor's line on one day."""

    queue_id: str
    doctor_id: str
    date: Day
    status: QueueStatus
    current_token: str | None
    current_token_number: Number | None
    total_tokens: int
    completed_tokens: int
    pending_tokens: int
    skipped_tokens: int
    start_time: Instant | None
    estimated_end_time: Instant | None
    pause_reason: str | None
    paused_at: Instant | None
    estimated_resume_time: Instant | None
    late_until: Instant | None
    """Until when the doctor is late or away, though the line is not paused."""
    closed_at: Instant | None


class CurrentQueue(Data):
    """The line with its bookings: who is in, who waits in order, then all others."""

    queue: QueueShown
    tokens: list[TokenInLine]


class DoctorsQueue(QueueShown):
    """A line among those of the clinic."""

    doctor_name: str


class Queues(Data):
    """The lines of the clinic's doctors on one day."""

    queues: list[DoctorsQueue]
    total_count: int
    next_cursor: str | None


class QueuesQuery(Paged):
    """Which day; without it each doctor's line of now."""

    date: Day | None = None


class Started(Data):
    """A line that runs."""

    queue_id: str
    status: QueueStatus
    start_time: Instant
    estimated_end_time: Instant


class Called(Data):
    """Who was called in, and who is next; nobody may be."""

    current_token: str | None
    current_token_number: Number | None
    patient_id: str | None
    patient_name: str | None
    patient_phone: str | None
    estimated_time: Instant | None
    next_token: str | None
    next_token_number: Number | None


class Skipped(Data):
    """Who was skipped, and who was called instead."""

    skipped_token: str
    skipped_token_number: Number
    next_token: str | None
    next_token_number: Number | None
    reason: str


class Paused(Data):
    """A line that stands still."""

    status: QueueStatus
    pause_reason: str | None
    paused_at: Instant
    estimated_resume_time: Instant | None


class Late(Data):
    """A line whose doctor is late; with `lateUntil` null they are on time."""

    status: QueueStatus
    late_until: Instant | None
    booked: int
    told: int
    """How many of those booked are told, because their time moved by ten minutes or more."""


class Resumed(Data):
    """A line that goes on."""

    status: QueueStatus
    resumed_at: Instant
    current_token: str | None
    current_token_number: Number | None


class Reopened(Data):
    """A line that was closed by mistake and goes on, in the state that it was in."""

    status: QueueStatus
    current_token: str | None
    current_token_number: Number | None


class Summary(Data):
    """A closed day in numbers; those pending were not seen."""

    total_tokens: int
    completed_tokens: int
    skipped_tokens: int
    pending_tokens: int


class Closed(Data):
    """A line that is over."""

    status: QueueStatus
    closed_at: Instant
    summary: Summary


class Undone(Called):
    """The move taken back, and who is being served again."""

    undone: str


class HistoryEntryShown(Data):
    """Something that happened in a line: what, who, why, when."""

    action: str
    at: Instant
    by: str
    """A user's id, PATIENT, or system."""
    by_name: str
    token_id: str | None
    token_number: Number | None
    left_token: str | None
    left_token_number: Number | None
    reason: str | None
    notes: str | None


class History(Data):
    """What happened in a line, oldest first."""

    queue_id: str
    date: Day
    history: list[HistoryEntryShown]
    total_count: int
    next_cursor: str | None


class PromiseShown(Data):
    """What one patient was told of their turn, and what came of it."""

    token_id: str
    token_number: Number
    told_at: Instant
    told_from: Instant
    told_to: Instant
    last_told_at: Instant
    last_told_from: Instant
    last_told_to: Instant
    actual_time: Instant | None
    minutes_off: int | None = Field(
        description="By how much the turn missed the first range; 0: kept, below 0: earlier."
    )


class Promises(Data):
    """A day's promises of waiting times, and how many were kept."""

    queue_id: str
    date: Day
    promised: int
    called: int
    kept: int
    kept_percent: int | None
    promises: list[PromiseShown]


class Ticket(Data):
    """What opens one stream once: `?ticket=`."""

    ticket: str
    expires_in: int


class StreamQuery(Query):
    """How the stream is opened without a header."""

    ticket: str | None = Field(default=None, max_length=64)


class QueueUpdate(Data):
    """The `data` of one `queue_update` event."""

    queue_id: str
    doctor_id: str
    date: Day
    status: QueueStatus
    current_token: str | None
    current_token_number: Number | None
    total_tokens: int
    completed_tokens: int
    pending_tokens: int
    skipped_tokens: int
    estimated_resume_time: Instant | None
    late_until: Instant | None
    timestamp: Instant
