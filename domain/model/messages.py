"""Messages to people: rows written with the change that causes them, delivered afterwards."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

import msgspec

from domain.model.base import Record


class MessageStatus(StrEnum):
    """How far a message has come."""

    QUEUED = "QUEUED"
    SENDING = "SENDING"
    SENT = "SENT"
    """Accepted by the provider."""
    DELIVERED = "DELIVERED"
    READ = "READ"
    FAILED = "FAILED"
    DROPPED = "DROPPED"
    """Ended before sending: no longer true, too old to help, or the person opted out."""


class Urgency(StrEnum):
    """Which messages go first; the value sorts."""

    NOW = "1"
    """Somebody waits for it: a reply, a code, "your turn"."""
    NEWS = "2"
    """Progress, pauses, reminders."""
    BULK = "3"
    """Announcements to many."""


class Consent(StrEnum):
    """What kind of consent a message needs."""

    REPLY = "REPLY"
    """An answer to what the person just wrote: always."""
    TOKEN = "TOKEN"  # noqa: S105 - a word of the clinic, no secret
    """A notice about a live token: until a second STOP."""
    NEWS = "NEWS"
    """Everything else: until STOP."""


class Option(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Something a person can choose by tapping, by its number or by its words."""

    id: str
    label: str
    """The name of the template block that gives its title."""
    values: dict[str, Any] = {}


class Message(Record, frozen=True, kw_only=True):
    """One message to one contact. Key: messageId.

    It names a template and its variables; the words are made when it is sent. `sender` is the
    WhatsApp phone_number_id it leaves by.
    """

    TABLE: ClassVar[str] = "messages"
    KEY: ClassVar[tuple[str, ...]] = ("message_id",)

    message_id: str
    sender: str
    contact_id: str
    clinic_id: str | None
    name: str
    """Flow and message, such as booking/slots."""
    values: dict[str, Any] = msgspec.field(default_factory=dict)
    options: tuple[Option, ...] = ()
    url: str | None = None
    """Where the one link button leads, if the message has one."""
    reply_to: str | None = None
    """The provider's id of the message answered, which sending marks as read."""
    language: str | None = None
    """Overrides the contact's language."""
    urgency: Urgency = Urgency.NOW
    consent: Consent = Consent.REPLY
    about: str | None = None
    """The token (tokenId) this is about, whose state `guard` is checked against."""
    queue_id: str | None = None
    guard: str | None = None
    """What must still be true when it is sent; see domain.actions.news."""
    helps_until: datetime | None = None
    """From this instant on it would be stale."""
    sealed: str | None = None
    """Ciphertext of further variables (a JSON object): codes and temporary passwords.

    Opened only to be sent, and gone once the provider has taken the message or it has ended.
    """
    sealed_until: datetime | None = None
    """From this instant on they are no good, and neither is the message."""
    status: MessageStatus = MessageStatus.QUEUED
    outbox: str | None = None
    """The sort key of its outbox item while it has one."""
    attempts: int = 0
    sending_since: datetime | None = None
    provider_id: str | None = None
    failure: str | None = None
    """Why it ended without delivery, in words for people."""
    error_code: int | None = None
    as_template: bool = False
    """Whether the provider asked for a template instead of text."""
    category: str | None = None
    """The price category the provider named."""
    created_at: datetime
    sent_at: datetime | None = None
    updated_at: datetime


class Outgoing(Record, frozen=True, kw_only=True):
    """That a message waits to be sent. Key: shard, place (urgency, not before, order)."""

    TABLE: ClassVar[str] = "outbox"
    KEY: ClassVar[tuple[str, ...]] = ("shard", "place")

    shard: str
    place: str
    message_id: str
    sender: str
    contact_id: str
    written: str = ""
    """When its message was written: a person's messages go in this order, tried again or not."""
