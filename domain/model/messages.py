"""Messages to people: written in the transaction that causes them, delivered afterwards."""

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
    """Which messages go first: the order of the values."""

    NOW = "1"
    """A person waits for it: a reply, a code, "your turn"."""
    NEWS = "2"
    """Progress, pauses, reminders."""
    BULK = "3"
    """Announcements to many."""


class Consent(StrEnum):
    """What kind of consent a message needs."""

    REPLY = "REPLY"
    """An answer to what the person just wrote: always sent."""
    TOKEN = "TOKEN"  # noqa: S105 - a word of the clinic, no secret
    """A notice about a live token: sent until a second STOP."""
    NEWS = "NEWS"
    """Everything else: sent until STOP."""
    MARKETING = "MARKETING"
    """Marketing in WhatsApp's terms: sent until STOP, or until the person stops it in WhatsApp."""


class Guard(StrEnum):
    """What must still be true of a token for a message about it to be sent.

    The table `GUARDS` of domain.actions.delivery.freshness says how each is checked.
    """

    BOOKED = "booked"
    """It has a seat, or its consultation is over."""
    STANDING = "standing"
    """Nothing: the message says where the token stands when it is sent."""
    PROGRESS = "progress"
    """It waits, and its expected time has changed enough to be told."""
    WAITING = "waiting"
    SOON = "soon"
    """It waits; the message says when its turn is expected."""
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


class Place(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A place on the map, which a channel may show as one."""

    latitude: str
    longitude: str
    """Decimal degrees (WGS 84), north and east positive: text, since a row holds no fractions."""
    name: str
    address: str


class Attachment(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A file that a message carries inside the 24-hour window, with its words below."""

    kind: str
    """image, video, audio or document."""
    reference: str | None
    """The provider's id of it."""
    link: str | None
    """Where a provider without such ids fetches it, for a while."""
    name: str
    """What it is called on the phone."""


class Message(Record, frozen=True, kw_only=True):
    """One message to one contact. Key: messageId.

    It names a template and its variables, and is rendered when it is sent. `sender` is the WhatsApp
    phone_number_id it leaves by.
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
    """Whether `url` is a file, which goes as a document inside the 24-hour window."""
    place: Place | None = None
    """The place that it tells of: inside the 24-hour window it goes as that, and not as words."""
    attachment: Attachment | None = None
    """The file that it carries inside the 24-hour window, without its options."""
    asks_number: bool = False
    """Whether it carries WhatsApp's own button that shares the phone number: a template."""
    payment_id: str | None = None
    """The request for payment behind `url`, which may be shown as an order inside WhatsApp."""
    order: str | None = None
    """The reference of the order that it last left as, or as the status of."""
    without_order: bool = False
    """Whether WhatsApp refused it as an order, or as the status of one."""
    reply_to: str | None = None
    """The provider's id of the message it answers, which is marked read when it is sent."""
    as_reaction: bool = False
    """Whether its words, one emoji, are put on the message it answers instead of being written."""
    language: str | None = None
    """Overrides the contact's language."""
    urgency: Urgency = Urgency.NOW
    consent: Consent = Consent.REPLY
    about: str | None = None
    """The token (tokenId) it is about, against which `guard` is checked."""
    queue_id: str | None = None
    guard: Guard | None = None
    """What must still be true when it is sent."""
    helps_until: datetime | None = None
    """From this instant on it is too old to help."""
    broadcast_id: str | None = None
    """The broadcast it is part of, which may be cancelled before it is sent."""
    sealed: str | None = None
    """Ciphertext of secret variables (a JSON object): codes, temporary passwords, health data.

    Decrypted only to be sent; wiped once the provider accepts the message, or it ends.
    """
    sealed_until: datetime | None = None
    """From this instant on the secrets are of no use, nor is the message."""
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
    as_plain_text: bool = False
    """Whether the provider refused its form, so that it goes as text with numbered choices."""
    by_sms: bool = False
    """Whether it goes by SMS: because WhatsApp failed, or as the patient prefers."""
    sms_first: bool = False
    """Whether it went by SMS first, as the patient prefers; if that fails it goes by WhatsApp."""
    failed_on: str | None = None
    """The day it failed on (UTC), by which the operator finds it."""
    shows: tuple[str, ...] = ()
    """Whom it shows to staff (patientIds and contactIds), so that their erasure finds it."""
    counted: bool = False
    """Whether it is counted among the clinic's costs of the day."""
    category: str | None = None
    """The price category: as the provider names it, else that of the template sent."""
    price_type: str | None = None
    """WhatsApp's price type: regular is charged, all others are free."""
    created_at: datetime
    sent_at: datetime | None = None
    updated_at: datetime

    @property
    def is_wiped(self) -> bool:
        """Whether it had sealed variables that are wiped, so that it can never be sent again."""
        return self.sealed is None and self.sealed_until is not None


class SenderHealth(Record, frozen=True, kw_only=True):
    """The health of a sending number: its circuit breaker, and WhatsApp's rating. Key: sender.

    While it is down one message at a time probes it, at `retry_at`, with growing pauses.
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
    """How many refusals since it last could send."""
    quality: str | None = None
    """WhatsApp's word of its quality webhook, such as FLAGGED or UNFLAGGED."""
    limit: str | None = None
    """How many people it may write to first in a day, such as TIER_1K."""
    updated_at: datetime


class DayCosts(Record, frozen=True, kw_only=True):
    """A part of a clinic's costs of WhatsApp on one day. Key: clinicId, part (date#part).

    A day has several parts, so that simultaneous statuses seldom conflict; their sum is the day's.
    """

    TABLE: ClassVar[str] = "day-costs"
    KEY: ClassVar[tuple[str, ...]] = ("clinic_id", "part")

    clinic_id: str
    part: str
    charged: dict[str, int] = msgspec.field(default_factory=dict)
    """Charged messages delivered, by WhatsApp's price category."""
    free: dict[str, int] = msgspec.field(default_factory=dict)
    """Free messages delivered, by the same."""


class Approval(Record, frozen=True, kw_only=True):
    """WhatsApp's verdict on a template in one language. Key: account, template (name#language)."""

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
    """When WhatsApp last reported on it."""


class Outgoing(Record, frozen=True, kw_only=True):
    """A message that waits in the outbox. Key: shard, place (urgency, not before, order)."""

    TABLE: ClassVar[str] = "outbox"
    KEY: ClassVar[tuple[str, ...]] = ("shard", "place")

    shard: str
    place: str
    message_id: str
    sender: str
    contact_id: str
    written: str = ""
    """When its message was written: a person's messages go in this order, retried or not."""
