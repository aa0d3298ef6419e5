"""Writing a message to a person: a row committed with the change that causes it."""

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
from domain.model.messages import Consent, Guard, Message, Option, Outgoing, Urgency
from domain.model.queues import Token
from domain.work import Work

SHARDS = 16
"""Sending numbers are spread over so many shards, each drained by one worker at a time."""
CALLS = {"news/your_turn": 45, "news/next_in_line": 90}
"""What calls a person in, and after how many seconds somebody must know that it did not arrive."""


@dataclass(frozen=True)
class Draft:
    """A message to a person before it is written: what `send` makes a row of.

    Raises:
        ValueError: If there are secrets and no `helps_until`: none is kept for ever.
    """

    name: str
    """A template: flow and message, such as booking/slots."""
    _: KW_ONLY
    to: str
    """The contact (contactId)."""
    clinic: Clinic | None
    """Whose words they are; its name and time zone are variables too. None: the product's."""
    sender: str | None = None
    """The number it leaves by, if neither the clinic's nor, without one, the platform's."""
    values: Mapping[str, Any] = field(default_factory=dict)
    """The template's variables, plain data only."""
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Variables too (a one-time code, a temporary password), sealed until `helps_until` at most."""
    options: Sequence[Option] = ()
    url: str | None = None
    as_document: bool = False
    """A file lies at `url`, which inside the 24-hour window goes itself."""
    asks_number: bool = False
    """The button by which people share their number goes along, where there is one."""
    payment_id: str | None = None
    """The request for payment that `url` leads to, which may go as an order inside WhatsApp."""
    reply_to: str | None = None
    """The provider's id of the message it answers."""
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
    order: int = 0
    """Sorts messages of one instant."""

    def __post_init__(self) -> None:
        """Refuse secrets without an end."""
        if self.secrets and self.helps_until is None:
            raise ValueError("a message with secrets needs an end")


def outbox_shard_of(sender: str) -> str:
    """Return the outbox shard of a sending number."""
    return f"{zlib.crc32(sender.encode()) % SHARDS:02d}"


def sender_of(work: Work, clinic: Clinic) -> str:
    """Return the WhatsApp sender that *clinic*'s messages leave by: its own or the platform's."""
    return clinic.phone_number_id or work.rules.platform_sender


def send(work: Work, draft: Draft) -> Message:
    """Write a message and its place in the outbox; it is delivered after the commit.

    A draft with a `message_id` may be sent twice: the second work fails with a conflict, so a
    message made from an event goes out once.
    """
    message_id = draft.message_id or work.ids.new("msg_")
    written = f"{stamp(work.now)}#{draft.order:02d}#{message_id}"
    message = work.put(_message(work, draft, message_id, place=f"{draft.urgency}#{written}"))
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
        asks_number=draft.asks_number,
        payment_id=draft.payment_id,
        reply_to=draft.reply_to,
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
        created_at=work.now,
        updated_at=work.now,
    )


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
    """Have *message* sent not before *until*, in its order among those to the same person."""
    before = work.get(Outgoing, outbox_shard_of(message.sender), message.outbox or "")
    leave_outbox(work, message)
    if message.sealed_until is not None:
        until = min(until, message.sealed_until)  # then it is ended, and its secrets with it
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


def window_is_open(conversation: Conversation | None, now: datetime) -> bool:
    """Return whether free-form messages may be sent in this conversation."""
    if conversation is None or conversation.last_inbound_at is None:
        return False
    return now - conversation.last_inbound_at < WINDOW - WINDOW_MARGIN


WINDOW = timedelta(hours=24)
"""How long after a person's message anything may be sent to them (protocol notes, 2.5)."""


WINDOW_MARGIN = timedelta(minutes=1)
"""A message near the end of the window might arrive after it."""
