"""Writing a message to a person: a row committed with the change that causes it."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from domain.actions import due
from domain.model.base import stamp
from domain.model.clinics import Clinic
from domain.model.messages import Consent, Message, Option, Outgoing, Urgency
from domain.model.queues import Token
from domain.work import Work

SHARDS = 16
"""Sending numbers are spread over so many shards, each drained by one worker at a time."""
CALLS = {"news/your_turn": 45, "news/next_in_line": 90}
"""What calls a person in, and after how many seconds somebody must know that it did not arrive."""


def shard_of(sender: str) -> str:
    """Return the outbox shard of a sending number."""
    return f"{zlib.crc32(sender.encode()) % SHARDS:02d}"


def sender_of(work: Work, clinic: Clinic) -> str:
    """Return the WhatsApp sender that *clinic*'s messages leave by: its own or the platform's."""
    return clinic.phone_number_id or work.rules.platform_sender


def send(
    work: Work,
    *,
    name: str,
    contact_id: str,
    clinic: Clinic | None,
    sender: str | None = None,
    values: Mapping[str, Any] | None = None,
    options: Sequence[Option] = (),
    url: str | None = None,
    as_document: bool = False,
    asks_number: bool = False,
    payment_id: str | None = None,
    reply_to: str | None = None,
    language: str | None = None,
    urgency: Urgency = Urgency.NOW,
    consent: Consent = Consent.REPLY,
    about: Token | None = None,
    guard: str | None = None,
    helps_until: datetime | None = None,
    secrets: Mapping[str, str] | None = None,
    message_id: str | None = None,
    order: int = 0,
) -> Message:
    """Write a message and its place in the outbox, and have it delivered after the commit.

    *name* is a template (flow/message) and *values* its variables, plain data only. *as_document*
    says that a file lies at *url*, which inside the 24-hour window goes itself; *asks_number* that
    the button by which people share their number goes along, where there is one. *secrets* are
    variables too (a one-time code, a temporary password), stored sealed until *helps_until* at
    most. With *message_id* given, writing it a second time fails the work with a conflict, so a
    message made from an event goes out once. *order* sorts messages of one instant.

    Raises:
        ValueError: If there are secrets and no *helps_until*: none is kept for ever.
    """
    if secrets and helps_until is None:
        raise ValueError("a message with secrets needs an end")
    if sender is None:
        sender = sender_of(work, clinic) if clinic else work.rules.platform_sender
    filled = dict(values or {})
    if clinic is not None:
        filled.setdefault("clinic", clinic.name)
        filled.setdefault("zone", clinic.time_zone)
    message_id = message_id or work.ids.new("msg_")
    written = f"{stamp(work.now)}#{order:02d}#{message_id}"
    place = f"{urgency}#{written}"
    message = Message(
        message_id=message_id,
        sender=sender,
        contact_id=contact_id,
        clinic_id=clinic.clinic_id if clinic else None,
        name=name,
        values=filled,
        options=tuple(options),
        url=url,
        as_document=as_document,
        asks_number=asks_number,
        payment_id=payment_id,
        reply_to=reply_to,
        language=language,
        urgency=urgency,
        consent=consent,
        about=about.token_id if about else None,
        queue_id=about.queue_id if about else None,
        guard=guard,
        helps_until=helps_until,
        sealed=work.seal.seal(json.dumps(dict(secrets))) if secrets else None,
        sealed_until=helps_until if secrets else None,
        outbox=place,
        created_at=work.now,
        updated_at=work.now,
    )
    work.put(message)
    work.put(
        Outgoing(
            shard=shard_of(sender),
            place=place,
            message_id=message_id,
            sender=sender,
            contact_id=contact_id,
            written=written,
        )
    )
    work.ring("deliver", shard_of(sender))
    if name in CALLS and about is not None:
        watched_until = work.now + timedelta(seconds=CALLS[name])
        about_message = due.Subject(message_id)
        due.schedule(work, "unheard", watched_until, about_message, message=message_id)
    return message


def requeue(work: Work, message: Message, until: datetime) -> Message:
    """Have *message* sent not before *until*, in its order among those to the same person."""
    before = work.get(Outgoing, shard_of(message.sender), message.outbox or "")
    leave_outbox(work, message)
    if message.sealed_until is not None:
        until = min(until, message.sealed_until)  # then it is ended, and its secrets with it
    place = f"{message.urgency}#{stamp(until)}#00#{message.message_id}"
    work.put(
        Outgoing(
            shard=shard_of(message.sender),
            place=place,
            message_id=message.message_id,
            sender=message.sender,
            contact_id=message.contact_id,
            written=before.written if before else f"{stamp(message.created_at)}#00",
        )
    )
    if until <= work.now:
        work.ring("deliver", shard_of(message.sender))
    return work.put(message.but(outbox=place))


def leave_outbox(work: Work, message: Message) -> None:
    """Take a message out of the outbox, if it is there."""
    if message.outbox is None:
        return
    waiting = work.get(Outgoing, shard_of(message.sender), message.outbox)
    if waiting is not None:
        work.delete(waiting)
