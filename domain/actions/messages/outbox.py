"""Writing a message to the outbox, in the transaction that causes it (transactional outbox)."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from domain import due
from domain.model.base import stamp
from domain.model.clinics import Clinic
from domain.model.conversations import Conversation
from domain.model.messages import (
    Attachment,
    Consent,
    Guard,
    Message,
    Option,
    Outgoing,
    Place,
    Urgency,
)
from domain.model.people import has_address
from domain.model.queues import Token
from domain.rules import STAFF_MESSAGES_KEPT
from domain.work import Work

SHARDS = 16
"""Sending numbers are spread over this many shards; one worker at a time drains each."""
WINDOW = timedelta(hours=24)
"""How long after a person's message anything may be sent to them (protocol notes, 2.5)."""
WINDOW_MARGIN = timedelta(minutes=1)
"""A message near the end of the window might arrive after it."""
CALLS = {"news/your_turn": 45, "news/next_in_line": 90}
"""The messages that call a person in, and how many seconds each has to arrive before we act."""


@dataclass(frozen=True)
class Draft:
    """A message to a person that is not written yet, for `send`.

    Raises:
        ValueError: If there are secrets and no `helps_until`: secrets are never kept for ever.
    """

    name: str
    """The template: flow and message, such as booking/slots."""
    _: KW_ONLY
    to: str
    """The contact (contactId)."""
    clinic: Clinic | None
    """The clinic that speaks; its name and time zone become variables. None: the product speaks."""
    sender: str | None = None
    """The number it leaves by. None: the clinic's, or the platform's."""
    values: Mapping[str, Any] = field(default_factory=dict)
    """The template's variables, plain data only."""
    secrets: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """Variables stored encrypted, until `helps_until` at most: codes, passwords, health data."""
    options: Sequence[Option] = ()
    url: str | None = None
    as_document: bool = False
    """Whether `url` is a file, which goes as a document inside the 24-hour window."""
    place: Place | None = None
    """The place that it tells of, which goes in place of its words."""
    attachment: Attachment | None = None
    """The file that it carries inside the 24-hour window."""
    asks_number: bool = False
    """Whether it carries the button by which people share their number, where WhatsApp has one."""
    payment_id: str | None = None
    """The request for payment behind `url`, which may be shown as an order inside WhatsApp."""
    reply_to: str | None = None
    """The provider's id of the message it answers."""
    as_reaction: bool = False
    """Whether its words, one emoji, are put on that message, where WhatsApp's provider can."""
    language: str | None = None
    """Overrides the contact's."""
    urgency: Urgency = Urgency.NOW
    consent: Consent = Consent.REPLY
    about: Token | None = None
    guard: Guard | None = None
    """What must still be true of `about` when it is sent."""
    helps_until: datetime | None = None
    message_id: str | None = None
    """The idempotency key of a message made from an event: writing it again is a conflict."""
    shows: Sequence[str] = ()
    """Whom it shows to staff (patientIds and contactIds); it is then kept for days only."""
    order: int = 0
    """Sorts messages of one instant."""

    def __post_init__(self) -> None:
        """Raise `ValueError` for secrets without an end."""
        if self.secrets and self.helps_until is None:
            raise ValueError("a message with secrets needs an end")


def outbox_shard_of(sender: str) -> str:
    """Return the outbox shard of a sending number."""
    return f"{zlib.crc32(sender.encode()) % SHARDS:02d}"


def sender_of(work: Work, clinic: Clinic) -> str:
    """Return the WhatsApp sender that *clinic*'s messages leave by: its own or the platform's."""
    return clinic.phone_number_id or work.rules.platform_sender


def send(work: Work, draft: Draft) -> Message:
    """Write a message and its outbox item; it is delivered after the commit.

    A draft with a `message_id` may be sent twice: the second commit fails with `Conflict`, so a
    message made from an event goes out once. To a contact without an address nothing is written;
    the message that is returned is stored nowhere.
    """
    message_id = draft.message_id or work.ids.new("msg_")
    written = f"{stamp(work.now)}#{draft.order:02d}#{message_id}"
    message = _message(work, draft, message_id, place=f"{draft.urgency}#{written}")
    if not has_address(draft.to):
        return message
    work.put(message)
    work.put(_outgoing(message, written))
    work.ring("deliver", outbox_shard_of(message.sender))
    if draft.name in CALLS and draft.about is not None:
        watched_until = work.now + timedelta(seconds=CALLS[draft.name])
        about = due.Subject(message_id)
        due.schedule(work, "unheard", watched_until, about, message=message_id)
    return message


def _message(work: Work, draft: Draft, message_id: str, *, place: str) -> Message:
    clinic, about = draft.clinic, draft.about
    sender = draft.sender
    if sender is None:
        sender = sender_of(work, clinic) if clinic else work.rules.platform_sender
    named = {"clinic": clinic.name, "zone": clinic.time_zone} if clinic else {}
    secrets = json.dumps(dict(draft.secrets)) if draft.secrets else None
    return Message(
        message_id=message_id,
        sender=sender,
        contact_id=draft.to,
        clinic_id=clinic.clinic_id if clinic else None,
        name=draft.name,
        values={**named, **draft.values},
        options=tuple(draft.options),
        url=draft.url,
        as_document=draft.as_document,
        place=draft.place,
        attachment=draft.attachment,
        asks_number=draft.asks_number,
        payment_id=draft.payment_id,
        reply_to=draft.reply_to,
        as_reaction=draft.as_reaction,
        language=draft.language,
        urgency=draft.urgency,
        consent=draft.consent,
        about=about.token_id if about else None,
        queue_id=about.queue_id if about else None,
        guard=draft.guard,
        helps_until=draft.helps_until,
        sealed=work.seal.seal(secrets) if secrets else None,
        sealed_until=draft.helps_until if secrets else None,
        outbox=place,
        shows=tuple(draft.shows),
        ttl=int((work.now + _kept(work, draft)).timestamp()),
        created_at=work.now,
        updated_at=work.now,
    )


def _kept(work: Work, draft: Draft) -> timedelta:
    keeps = work.rules.keeps.messages
    return min(keeps, STAFF_MESSAGES_KEPT) if draft.shows else keeps


def _outgoing(message: Message, written: str) -> Outgoing:
    return Outgoing(
        shard=outbox_shard_of(message.sender),
        place=message.outbox or "",
        message_id=message.message_id,
        sender=message.sender,
        contact_id=message.contact_id,
        written=written,
    )


def requeue(work: Work, message: Message, until: datetime) -> Message:
    """Defer *message* until *until*; it keeps its order among the same person's messages."""
    before = work.get(Outgoing, outbox_shard_of(message.sender), message.outbox or "")
    leave_outbox(work, message)
    if message.sealed_until is not None:
        until = min(until, message.sealed_until)  # when it ends, and its secrets are wiped
    message = message.but(outbox=f"{message.urgency}#{stamp(until)}#00#{message.message_id}")
    written = before.written if before else f"{stamp(message.created_at)}#00"
    work.put(_outgoing(message, written))
    if until <= work.now:
        work.ring("deliver", outbox_shard_of(message.sender))
    return work.put(message)


def leave_outbox(work: Work, message: Message) -> None:
    """Take a message out of the outbox, if it is there."""
    if message.outbox is None:
        return
    waiting = work.get(Outgoing, outbox_shard_of(message.sender), message.outbox)
    if waiting is not None:
        work.delete(waiting)


def oldest_waiting(work: Work, shard: str, urgency: Urgency) -> datetime | None:
    """Return since when the oldest message of *shard* that may go has waited; None if none may.

    A message that is deferred, or being sent, waits for a later instant.
    """
    span = (f"{urgency}#", f"{urgency}#{stamp(work.now)}~")
    oldest = work.query(Outgoing, shard, between=span, limit=1).records
    return datetime.fromisoformat(oldest[0].place.split("#")[1]) if oldest else None


def window_is_open(conversation: Conversation | None, now: datetime) -> bool:
    """Return whether the 24-hour window is open: free-form messages may be sent."""
    if conversation is None or conversation.last_inbound_at is None:
        return False
    return now - conversation.last_inbound_at < WINDOW - WINDOW_MARGIN
