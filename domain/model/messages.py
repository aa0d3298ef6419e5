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
    MARKETING = "MARKETING"
    """What WhatsApp counts as marketing: until STOP, or until it is stopped in WhatsApp itself."""


class Guard(StrEnum):
    """What must still be true of a token for a message about it to be sent.

    How each is checked is the table `GUARDS` of domain.actions.delivery.freshness.
    """

    BOOKED = "booked"
    """It has a seat, or was seen."""
    STANDING = "standing"
    """Nothing: the message says what is true when it is sent."""
    PROGRESS = "progress"
    """It waits, and there is something new to tell of its turn."""
    WAITING = "waiting"
    SOON = "soon"
    """It waits, and is told when its turn is expected."""
    CURRENT = "current"
    SKIPPED = "skipped"
    COMPLETED = "completed"
    UNPAID = "unpaid"
    FIRST = "first"
    """It is the next to be called."""
    HALTED = "halted"
    """It waits in a line that is paused, for an emergency or otherwise."""


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
    as_document: bool = False
    """Whether a file lies at `url`, which goes as a document where anything may be sent."""
    asks_number: bool = False
    """Whether it goes with WhatsApp's own button that shares the phone number: a template."""
    payment_id: str | None = None
    """The request for payment that `url` leads to, which may go as an order inside WhatsApp."""
    order: str | None = None
    """The reference of the order that it last left as, or brought the status of."""
    without_order: bool = False
    """Whether WhatsApp would not take it as an order, or as the status of one."""
    reply_to: str | None = None
    """The provider's id of the message answered, which sending marks as read."""
    language: str | None = None
    """Overrides the contact's language."""
    urgency: Urgency = Urgency.NOW
    consent: Consent = Consent.REPLY
    about: str | None = None
    """The token (tokenId) this is about, whose state `guard` is checked against."""
    queue_id: str | None = None
    guard: Guard | None = None
    """What must still be true when it is sent."""
    helps_until: datetime | None = None
    """From this instant on it would be stale."""
    broadcast_id: str | None = None
    """The broadcast it is part of, which may be cancelled before it is sent."""
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
    by_sms: bool = False
    """Whether it goes as a text message, as WhatsApp did not bring it."""
    failed_on: str | None = None
    """The day it failed on (UTC), under which the operator finds it."""
    counted: bool = False
    """Whether its price category is among the clinic's costs of the day."""
    category: str | None = None
    """The price category that the provider named; where it names none, that of what was sent."""
    price_type: str | None = None
    """Whether it charges for it: regular, or a word for free."""
    created_at: datetime
    sent_at: datetime | None = None
    updated_at: datetime

    @property
    def is_wiped(self) -> bool:
        """Whether it had sealed variables that are wiped, so that it can never be sent again."""
        return self.sealed is None and self.sealed_until is not None


class SenderHealth(Record, frozen=True, kw_only=True):
    """How a sending number fares: whether it can send, and what WhatsApp thinks of it. Key: sender.

    While it is down one message at a time is tried, at `retry_at`, with growing pauses.
    """

    TABLE: ClassVar[str] = "sender-health"
    KEY: ClassVar[tuple[str, ...]] = ("sender",)

    sender: str
    down_since: datetime | None = None
    reason: str | None = None
    """Why it cannot send, in words for people."""
    code: int | None = None
    retry_at: datetime | None = None
    refusals: int = 0
    """How often it could not send since it could last."""
    quality: str | None = None
    """WhatsApp's word of its quality webhook, such as FLAGGED or UNFLAGGED."""
    limit: str | None = None
    """How many people it may write to first in a day, such as TIER_1K."""
    updated_at: datetime


class DayCosts(Record, frozen=True, kw_only=True):
    """A part of what WhatsApp charges a clinic for on one day. Key: clinicId, part (date#part).

    Several parts a day, so that statuses that come at once seldom meet; the sum is the day's.
    """

    TABLE: ClassVar[str] = "day-costs"
    KEY: ClassVar[tuple[str, ...]] = ("clinic_id", "part")

    clinic_id: str
    part: str
    charged: dict[str, int] = msgspec.field(default_factory=dict)
    """Messages delivered, by price category in WhatsApp's words."""
    free: dict[str, int] = msgspec.field(default_factory=dict)
    """The same of those it did not charge for."""


class Approval(Record, frozen=True, kw_only=True):
    """What WhatsApp says of a template in one language. Key: account, template (name#language)."""

    TABLE: ClassVar[str] = "approvals"
    KEY: ClassVar[tuple[str, ...]] = ("account", "template")

    account: str
    """The WhatsApp Business account it belongs to."""
    template: str
    name: str
    language: str
    """BCP 47."""
    status: str | None = None
    """WhatsApp's word: APPROVED, PENDING, REJECTED, PAUSED, DISABLED, …"""
    reason: str | None = None
    """Why it was rejected or paused, in WhatsApp's word."""
    category: str | None = None
    """As it is charged now: UTILITY, MARKETING or AUTHENTICATION."""
    quality: str | None = None
    """GREEN, YELLOW, RED or UNKNOWN."""
    at: datetime
    """When WhatsApp last said something of it."""


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
