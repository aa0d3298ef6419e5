"""How a message comes from its row to a phone: its states, and what each answer means (I5)."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from domain.actions import news
from domain.actions.messages import shard_of
from domain.channel import ErrorClass, SendFailed
from domain.model.base import stamp
from domain.model.conversations import Conversation
from domain.model.messages import Message, MessageStatus, Outgoing, Urgency
from domain.work import Work

WINDOW = timedelta(hours=24)
"""How long after a person's message anything may be sent to them (protocol notes, 2.5)."""
WINDOW_MARGIN = timedelta(minutes=1)
"""A message near the end of the window might arrive after it."""
MOST_ATTEMPTS = 12
GIVEN_UP = "the provider gave no answer, however often it was asked"
LONGEST_BACKOFF_SECONDS = 300
STOPPED_SECONDS = 60
"""How long a number that cannot send is left alone before it is tried again."""
PAIR_SECONDS = 6
"""After so long one more message may go to a person who has had too many (protocol notes, 2.6)."""
DOUBT_URGENT_SECONDS = 10
DOUBT_SECONDS = 120
"""How long a message that may have gone waits for a status before it goes again."""
RANKS = {
    MessageStatus.QUEUED: 0,
    MessageStatus.SENDING: 1,
    MessageStatus.FAILED: 2,
    MessageStatus.SENT: 2,
    MessageStatus.DELIVERED: 3,
    MessageStatus.READ: 4,
    MessageStatus.DROPPED: 5,
}
"""Statuses only move forward; a delivery outranks a failure reported for another device."""
FINAL = {MessageStatus.FAILED, MessageStatus.DROPPED, MessageStatus.DELIVERED, MessageStatus.READ}


def doubt_of(message: Message) -> timedelta:
    """Return how long to wait for a status before sending again what may have gone."""
    urgent = message.urgency is Urgency.NOW
    return timedelta(seconds=DOUBT_URGENT_SECONDS if urgent else DOUBT_SECONDS)


def is_in_doubt(message: Message, now: datetime) -> bool:
    """Return whether a message may have gone just now, so that its status is worth waiting for."""
    return (
        message.status is MessageStatus.SENDING
        and message.sending_since is not None
        and now - message.sending_since < doubt_of(message)
    )


def is_spent(message: Message) -> bool:
    """Return whether a message carried secrets that are wiped, so that it can never go again."""
    return message.sealed is None and message.sealed_until is not None


def secrets_of(work: Work, message: Message) -> dict[str, str]:
    """Return the variables of *message* that are kept sealed, to be put into words at once.

    Raises:
        Unreadable: If the key they were sealed with is gone.
    """
    if message.sealed is None:
        return {}
    opened: dict[str, str] = json.loads(work.seal.open(message.sealed))
    return opened


def window_is_open(conversation: Conversation | None, now: datetime) -> bool:
    """Return whether free-form messages may be sent in this conversation."""
    if conversation is None or conversation.last_inbound_at is None:
        return False
    return now - conversation.last_inbound_at < WINDOW - WINDOW_MARGIN


def begin(work: Work, message: Message, values: dict[str, Any]) -> Message:
    """Mark a message as being sent, with the variables it is sent with."""
    return work.put(
        message.but(
            status=MessageStatus.SENDING,
            values=values,
            attempts=message.attempts + 1,
            sending_since=work.now,
            updated_at=work.now,
        )
    )


def accepted(work: Work, message: Message, provider_id: str) -> None:
    """Note that the provider has taken the message."""
    work.put(
        message.but(
            status=max(message.status, MessageStatus.SENT, key=RANKS.__getitem__),
            provider_id=provider_id,
            outbox=None,
            sealed=None,
            failure=None,
            error_code=None,
            sent_at=work.now,
            updated_at=work.now,
        )
    )
    leave_outbox(work, message)


def in_doubt(work: Work, message: Message) -> None:
    """Let a message that may have gone wait for its status; later it goes again."""
    if message.status is not MessageStatus.SENDING:
        return  # a status has settled it
    if message.attempts >= MOST_ATTEMPTS:
        end(work, message, MessageStatus.FAILED, GIVEN_UP)
        return
    _wait(work, message, work.now + doubt_of(message))


def postpone(work: Work, message: Message) -> None:
    """Leave a message to a person who has had too many just now for a little later."""
    _wait(work, message, work.now + timedelta(seconds=PAIR_SECONDS))


def refused(work: Work, message: Message, failure: SendFailed) -> None:
    """Do what the provider's refusal asks for: later, as a template, never, or stop the number."""
    tried = message.attempts
    again = message.but(status=MessageStatus.QUEUED, error_code=failure.code, updated_at=work.now)
    if is_spent(message):
        end(work, message, MessageStatus.FAILED, failure.reason, failure.code)
    elif failure.kind is ErrorClass.TEMPLATE and not message.as_template:
        _wait(work, again.but(as_template=True), work.now)
    elif failure.kind in {ErrorClass.NEVER, ErrorClass.TEMPLATE} or tried >= MOST_ATTEMPTS:
        end(work, message, MessageStatus.FAILED, failure.reason, failure.code)
    elif failure.kind is ErrorClass.STOP:
        # Trying again while a number is blocked costs nothing of the message's own tries.
        waits = again.but(attempts=max(0, tried - 1), failure=failure.reason)
        _wait(work, waits, work.now + timedelta(seconds=STOPPED_SECONDS))
    else:
        base = 4 if failure.kind is ErrorClass.LATER_PAIR else 2
        seconds = min(LONGEST_BACKOFF_SECONDS, base ** min(tried - 1, 8))
        _wait(work, again, work.now + timedelta(seconds=seconds))


def end(
    work: Work,
    message: Message,
    status: MessageStatus,
    reason: str,
    code: int | None = None,
) -> None:
    """End a message without delivery, with a reason a person can read."""
    work.put(
        message.but(
            status=status,
            failure=reason,
            error_code=code,
            outbox=None,
            sealed=None,
            updated_at=work.now,
        )
    )
    leave_outbox(work, message)
    news.forget_pending(work, message)


def apply_status(
    work: Work,
    message_id: str,
    status: str,
    provider_id: str,
    *,
    failure: SendFailed | None = None,
    category: str | None = None,
) -> None:
    """Record what became of a message; repeated, late and backward statuses change nothing.

    A status also settles a message whose sending was in doubt. A failure reported after the
    message was accepted is treated as the same refusal at once would have been; from then on what
    is still said of that attempt (its provider's id) counts only if the person did receive it.
    """
    message = work.get(Message, message_id)
    if message is None:
        return
    new = _STATUSES.get(status)
    if new is None:
        return
    is_of_this_attempt = message.provider_id in {None, provider_id}
    is_unsettled = message.status in {MessageStatus.QUEUED, MessageStatus.SENDING}
    is_refused = is_unsettled and message.provider_id == provider_id
    if failure is None and new is MessageStatus.FAILED:
        failure = SendFailed(ErrorClass.NEVER, None, "the provider could not deliver it")
    if failure is not None:
        is_accepted = message.status is MessageStatus.SENT and is_of_this_attempt
        is_doubted = message.status is MessageStatus.SENDING and not is_refused
        if is_accepted or is_doubted:
            refused(work, message.but(provider_id=provider_id), failure)
        return
    if new is MessageStatus.SENT and is_refused:
        return
    if RANKS[new] <= RANKS[message.status] and message.provider_id is not None:
        if category and message.category is None:
            work.put(message.but(category=category))
        return
    work.put(
        message.but(
            status=max(message.status, new, key=RANKS.__getitem__),
            provider_id=provider_id,
            category=category or message.category,
            outbox=None,
            sealed=None,
            failure=None if RANKS[new] > RANKS[MessageStatus.SENT] else message.failure,
            sent_at=message.sent_at or work.now,
            updated_at=work.now,
        )
    )
    leave_outbox(work, message)


_STATUSES = {
    "sent": MessageStatus.SENT,
    "delivered": MessageStatus.DELIVERED,
    "read": MessageStatus.READ,
    "played": MessageStatus.READ,
    "failed": MessageStatus.FAILED,
}


def leave_outbox(work: Work, message: Message) -> None:
    """Remove the message's place in the outbox, if it still has one."""
    if message.outbox is None:
        return
    waiting = work.get(Outgoing, shard_of(message.sender), message.outbox)
    if waiting is not None:
        work.delete(waiting)


def _wait(work: Work, message: Message, until: datetime) -> None:
    before = work.get(Outgoing, shard_of(message.sender), message.outbox or "")
    leave_outbox(work, message)
    if message.sealed_until is not None:
        until = min(until, message.sealed_until)  # then it is ended, and its secrets with it
    place = f"{message.urgency}#{stamp(until)}#00#{message.message_id}"
    work.put(message.but(outbox=place))
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
