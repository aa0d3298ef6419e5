"""Messages that staff send to patients, over the wire."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from api.schemas.base import Body, Data, Day, Id, Instant, Paged, Path, Phone
from domain.actions.broadcasts.broadcasts import MOST_RECIPIENTS
from domain.model.broadcasts import BroadcastStatus
from domain.offers import VALUE_MAX

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=VALUE_MAX)]
TemplateData = dict[Annotated[str, StringConstraints(max_length=64)], str]


class MessageType(StrEnum):
    """Whether a template is filled, or words of one's own are sent."""

    TEMPLATE = "TEMPLATE"
    TEXT = "TEXT"


class Said(Body):
    """What is said: a template with its data, or a text."""

    message_type: MessageType = Field(strict=False)
    template_name: Annotated[str, StringConstraints(max_length=64)] | None = Field(
        default=None, description="For TEMPLATE; `GET /whatsapp/templates` lists them."
    )
    template_data: TemplateData = Field(
        default_factory=dict, description="A text for each of the template's variables."
    )
    text: Words | None = Field(default=None, description="For TEXT.")

    @model_validator(mode="after")
    def _is_whole(self) -> Said:
        if self.message_type is MessageType.TEMPLATE and self.template_name is None:
            raise ValueError("templateName is needed for a TEMPLATE")
        if self.message_type is MessageType.TEXT and self.text is None:
            raise ValueError("text is needed for a TEXT")
        return self


class NewMessage(Said):
    """A message to one patient, by their phone."""

    patient_phone: Phone


class MessageSent(Data):
    """What became of a message within the time one waits for it.

    `SENT` with WhatsApp's own id once it was taken; else our id and `QUEUED`, or `FAILED` and why.
    """

    message_id: str
    status: Literal["SENT", "QUEUED", "FAILED"]
    sent_at: Instant | None
    reason: str | None


class Component(Data):
    """A part of a template."""

    type: Literal["HEADER", "BODY"]
    text: str


class TemplateShown(Data):
    """A template in one language, and whether WhatsApp lets it through."""

    name: str
    language: str
    category: str
    components: list[Component]
    status: str | None = Field(
        description="WhatsApp's word on it (APPROVED, PENDING, REJECTED, …); null: none yet."
    )
    reason: str | None = Field(description="Why it was rejected or paused, if it was.")
    quality: str | None = Field(description="GREEN, YELLOW, RED or UNKNOWN; null: none yet.")


class Templates(Data):
    """Every template that may be sent, in every language, English first."""

    templates: list[TemplateShown]


class Audience(Body):
    """Whom a broadcast is for, instead of a list of numbers."""

    kind: Literal["BOOKED_ON", "ALL_PATIENTS"]
    date: Day | None = Field(default=None, description="The clinic's day, for BOOKED_ON.")
    doctor_id: Id | None = Field(default=None, description="One doctor only, for BOOKED_ON.")

    @model_validator(mode="after")
    def _is_whole(self) -> Audience:
        if self.kind == "BOOKED_ON" and self.date is None:
            raise ValueError("date is needed for BOOKED_ON")
        return self


class NewBroadcast(Said):
    """A message to many: to `recipients`, or to an `audience`."""

    recipients: list[Phone] | None = Field(default=None, min_length=1, max_length=MOST_RECIPIENTS)
    audience: Audience | None = None
    preview: bool = Field(default=False, description="Only count whom it would reach.")

    @model_validator(mode="after")
    def _has_one_audience(self) -> NewBroadcast:
        if (self.recipients is None) == (self.audience is None):
            raise ValueError("give either recipients or audience")
        return self


class BroadcastShown(Data):
    """How far a broadcast has come.

    `broadcastId` is null for a preview, whose counts say whom it would reach.
    """

    broadcast_id: str | None
    total_recipients: int = Field(description="As many as are known by now.")
    sent_count: int = Field(description="Taken by WhatsApp.")
    failed_count: int = Field(description="Not reached, each with a reason.")
    status: BroadcastStatus | Literal["PREVIEW"]
    created_at: Instant | None
    finished_at: Instant | None


class BroadcastPath(Path):
    """A broadcast."""

    broadcast_id: Id


class ResultsQuery(Paged):
    """A page of recipients."""


class Outcome(StrEnum):
    """What became of one recipient."""

    QUEUED = "QUEUED"
    SENT = "SENT"
    FAILED = "FAILED"


class RecipientShown(Data):
    """One recipient, and what became of the message."""

    phone: str | None
    name: str | None
    outcome: Outcome
    reason: str | None


class Results(Data):
    """Recipients in the order of sending."""

    recipients: list[RecipientShown]
    total_count: int
    next_cursor: str | None


class CostsShown(Data):
    """Delivered messages by price category."""

    charged: dict[str, int]
    free: dict[str, int]


class SendingShown(Data):
    """How the clinic's sending number fares, and what its messages of this month cost."""

    status: Literal["HEALTHY", "DOWN"]
    down_since: Instant | None
    reason: str | None = Field(description="Why it cannot send.")
    quality: str | None = Field(description="WhatsApp's word of the number's quality.")
    limit: str | None = Field(description="How many people it may write to first in a day.")
    costs_this_month: CostsShown
