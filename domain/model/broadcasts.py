"""Broadcasts: one message to many, their recipients and the outcome for each."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

import msgspec

from domain.model.base import Record


class BroadcastStatus(StrEnum):
    """How far a broadcast has come."""

    QUEUED = "QUEUED"
    PROCESSING = "PROCESSING"
    COMPLETED = "COMPLETED"
    CANCELLED = "CANCELLED"


class AudienceKind(StrEnum):
    """How the recipients of a broadcast are found."""

    PHONES = "PHONES"
    """The given numbers, as far as they are patients' of the clinic."""
    BOOKED_ON = "BOOKED_ON"
    """Everybody with a live token on a day, with one doctor or any."""
    ALL_PATIENTS = "ALL_PATIENTS"
    """Everybody of whom the clinic has a record."""
    LINE = "LINE"
    """Who is served, waits or was skipped in one doctor's line: a doctor's announcement."""


class Audience(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """To whom a broadcast goes: a kind, with what finding its people needs."""

    kind: AudienceKind
    day: str | None = None
    """A day of the clinic's calendar, for BOOKED_ON and LINE."""
    doctor_id: str | None = None
    """The only doctor, for BOOKED_ON (None: any); the line's doctor, for LINE."""


class Broadcast(Record, frozen=True, kw_only=True):
    """One message to many people of a clinic. Key: clinicId, broadcastId.

    Its counts are not written by those who send, so they do not conflict with sending.
    """

    TABLE: ClassVar[str] = "broadcasts"
    KEY: ClassVar[tuple[str, ...]] = ("clinic_id", "broadcast_id")

    clinic_id: str
    broadcast_id: str
    doctor_id: str | None = None
    """The doctor whose announcement it is; None for the clinic's own."""
    name: str
    """The message, such as office/clinic_announcement."""
    values: dict[str, Any] = msgspec.field(default_factory=dict)
    audience: Audience
    marketing: bool = False
    """Whether it leaves out people who stopped marketing in WhatsApp."""
    by: str
    by_name: str
    status: BroadcastStatus = BroadcastStatus.QUEUED
    total: int = 0
    """How many recipients are known by now: all of them once `expanded`."""
    sent: int = 0
    """How many messages the provider has accepted."""
    failed: int = 0
    """How many recipients were not reached; each has a reason."""
    expanded: bool = False
    """Whether every recipient is known."""
    looked_to: str = ""
    """The `place` of the first recipient whose outcome may still be open."""
    created_at: datetime
    finished_at: datetime | None = None


class BroadcastPage(Record, frozen=True, kw_only=True):
    """Some of the numbers given for a broadcast. Key: broadcastId, page."""

    TABLE: ClassVar[str] = "broadcast-pages"
    KEY: ClassVar[tuple[str, ...]] = ("broadcast_id", "page")

    broadcast_id: str
    page: str
    clinic_id: str
    phones: tuple[str, ...]


class RecipientOutcome(StrEnum):
    """What became of one recipient."""

    QUEUED = "QUEUED"
    SENT = "SENT"
    FAILED = "FAILED"


class Recipient(Record, frozen=True, kw_only=True):
    """One person of a broadcast. Key: broadcastId, recipient (the contact, or the number).

    The key makes a contact get a broadcast once, however often they were found.
    """

    TABLE: ClassVar[str] = "broadcast-recipients"
    KEY: ClassVar[tuple[str, ...]] = ("broadcast_id", "recipient")

    broadcast_id: str
    recipient: str
    place: str
    """The sort key of the order of sending."""
    clinic_id: str
    phone: str | None = None
    name: str | None = None
    message_id: str | None = None
    """None if no message was written to them."""
    outcome: RecipientOutcome = RecipientOutcome.QUEUED
    reason: str | None = None
    """Why it failed, in words for people."""
