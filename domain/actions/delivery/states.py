"""How a message comes from its row to a phone: its states, and what each answer means (I5)."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from domain.actions.delivery import circuit_breaker, costs, freshness, sms_fallback
from domain.actions.messages.outbox import CALLS, leave_outbox, requeue
from domain.actions.payments import orders
from domain.actions.people import consent
from domain.channel import ErrorClass, SendFailed
from domain.model.messages import Message, MessageStatus, Urgency
from domain.model.people import Contact
from domain.work import Work

MOST_ATTEMPTS = 12
MORE_BY_SMS = 6
GIVEN_UP = "the provider gave no answer, however often it was asked"
LONGEST_BACKOFF_SECONDS = 300
TRIES_BEFORE_SMS = 3
"""What has another way and still fails after some seconds takes it."""
ENGLISH = "en"
PAIR_SECONDS = 6
"""After so long one more message may go to a person who has had too many (protocol notes, 2.6)."""
DOUBT_URGENT_SECONDS = 10
DOUBT_SECONDS = 120
"""How long a message that may have gone waits for a status, from its call on, before it goes again.
"""
SETTLE_SECONDS = 1
"""A call that ended late leaves at least this long for its status."""
CALLED = timedelta(seconds=DOUBT_URGENT_SECONDS)
"""How far ahead in the outbox a message is put when it is called: its call is over by then."""
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
FOR_GOOD = {
    ErrorClass.NEVER,
    ErrorClass.UNWANTED,
    ErrorClass.TEMPLATE,
    ErrorClass.LANGUAGE,
    ErrorClass.DOCUMENT,
    ErrorClass.ORDER,
}
"""What a message is refused for that was sent as the provider asked for."""
NO_ORDER = {ErrorClass.ORDER, ErrorClass.NEVER, ErrorClass.UNWANTED}
"""What an order is refused for that may go as words and a link."""
FINAL = {MessageStatus.FAILED, MessageStatus.DROPPED, MessageStatus.DELIVERED, MessageStatus.READ}


def doubt_period(message: Message) -> timedelta:
    """Return how long to wait for a status before sending again what may have gone."""
    urgent = message.urgency is Urgency.NOW
    return timedelta(seconds=DOUBT_URGENT_SECONDS if urgent else DOUBT_SECONDS)


def _doubt_ends(message: Message, now: datetime) -> datetime:
    """Return when a message that may have gone goes again, counted from its call."""
    return (message.sending_since or now) + doubt_period(message)


def is_in_doubt(message: Message, now: datetime) -> bool:
    """Return whether a message may have gone just now, so that its status is worth waiting for."""
    was_called = message.status is MessageStatus.SENDING and message.sending_since is not None
    return was_called and now < _doubt_ends(message, now)


def most_attempts(message: Message) -> int:
    """Return how often *message* is tried at most; as a text message some more times."""
    return MOST_ATTEMPTS + (MORE_BY_SMS if message.by_sms else 0)


def secrets_of(work: Work, message: Message) -> dict[str, str]:
    """Return the variables of *message* that are kept sealed, to be put into words at once.

    Raises:
        Unreadable: If the key they were sealed with is gone.
    """
    if message.sealed is None:
        return {}
    opened: dict[str, str] = json.loads(work.seal.open(message.sealed))
    return opened


def begin_sending(
    work: Work, message: Message, values: dict[str, Any], category: str | None = None
) -> Message:
    """Mark a message as being sent, with the variables it is sent with.

    *category* is what it will be charged as, where the provider never says so; it counts once the
    message is delivered, though the provider's answer be lost.

    Its place in the outbox is one that comes when its call has ended by itself, so that nobody who
    looks for what is due meets it before, and the person's later messages wait for it.
    """
    begun = message.but(
        status=MessageStatus.SENDING,
        values=values,
        category=category or message.category,
        attempts=message.attempts + 1,
        sending_since=work.now,
        updated_at=work.now,
    )
    return requeue(work, begun, work.now + CALLED)


def defer_in_doubt(work: Work, message: Message) -> bool:
    """Return whether a message may have gone just now; if so it is left until that is over."""
    if not is_in_doubt(message, work.now):
        return False
    requeue(work, message, _doubt_ends(message, work.now))
    return True


def record_acceptance(work: Work, message: Message, provider_id: str) -> None:
    """Note that the provider has taken the message, unless it has already said that it failed."""
    if message.status is MessageStatus.QUEUED and message.provider_id == provider_id:
        return  # a status of this attempt came before the answer to its call; it goes again
    work.put(
        message.but(
            status=max(message.status, MessageStatus.SENT, key=RANKS.__getitem__),
            provider_id=provider_id,
            outbox=None,
            sealed=None,
            failure=None,
            error_code=None,
            category="sms" if message.by_sms else message.category,
            sent_at=work.now,
            updated_at=work.now,
        )
    )
    leave_outbox(work, message)
    circuit_breaker.reset(work, circuit_breaker.sender_key_of(message))


def record_doubt(work: Work, message: Message) -> None:
    """Let a message that may have gone wait for its status; later it goes again."""
    if message.status is not MessageStatus.SENDING:
        return  # a status has settled it
    if message.attempts >= most_attempts(message):
        end_message(work, message, MessageStatus.FAILED, GIVEN_UP)
        return
    soonest = work.now + timedelta(seconds=SETTLE_SECONDS)
    requeue(work, message, max(_doubt_ends(message, work.now), soonest))


def defer_for_pair_rate(work: Work, message: Message) -> None:
    """Leave a message to a person who has had too many just now for a little later."""
    requeue(work, message, work.now + timedelta(seconds=PAIR_SECONDS))


def apply_refusal(work: Work, message: Message, failure: SendFailed) -> None:
    """Do what the provider's refusal asks for.

    Later, as a template, in English, as a link, never, or stop the number. An order refused for
    good, for whichever reason, goes as words and a link, which everybody can read. What must arrive
    goes by text message where WhatsApp will not bring it in time.
    """
    tried = message.attempts
    was_order = message.order is not None
    if was_order:
        message = orders.withdraw_order(work, message)
    again = message.but(status=MessageStatus.QUEUED, error_code=failure.code, updated_at=work.now)
    _record_sender_health(work, message, failure)
    if message.is_wiped:
        _remember_unreached(work, message)
        end_message(work, message, MessageStatus.FAILED, failure.reason, failure.code)
    elif was_order and failure.kind in NO_ORDER:
        _resend_without_order(work, again, failure)
    elif (other := _in_another_form(again, failure)) is not None:
        requeue(work, other, work.now)
    elif failure.kind in FOR_GOOD or tried >= most_attempts(message):
        end_message(work, message, MessageStatus.FAILED, failure.reason, failure.code)
    elif _should_use_sms(failure, tried) and sms_fallback.can_go_by_sms(work, message):
        sms_fallback.send_by_sms(work, again.but(failure=failure.reason))
    elif failure.kind is ErrorClass.STOP:
        # Trying again while a number is blocked costs nothing of the message's own tries.
        waits = again.but(attempts=max(0, tried - 1), failure=failure.reason)
        requeue(work, waits, work.now + timedelta(seconds=circuit_breaker.LOOK_AGAIN_SECONDS))
    else:
        base = 4 if failure.kind is ErrorClass.LATER_PAIR else 2
        seconds = min(LONGEST_BACKOFF_SECONDS, base ** min(tried - 1, 8))
        requeue(work, again, work.now + timedelta(seconds=seconds))


def _record_sender_health(work: Work, message: Message, failure: SendFailed) -> None:
    """Keep what a refusal tells of the number it left by, and of the person it was for."""
    if failure.kind is ErrorClass.STOP:
        circuit_breaker.trip(work, circuit_breaker.sender_key_of(message), failure)
    elif failure.kind is not ErrorClass.LATER:
        circuit_breaker.reset(work, circuit_breaker.sender_key_of(message))
    if failure.kind is ErrorClass.UNWANTED:
        consent.stops_marketing(work, message.contact_id)


def _resend_without_order(work: Work, message: Message, failure: SendFailed) -> None:
    if message.name == orders.CLOSED:
        end_message(work, message, MessageStatus.DROPPED, failure.reason, failure.code)
    else:
        requeue(work, message.but(without_order=True), work.now)


def _in_another_form(message: Message, failure: SendFailed) -> Message | None:
    """Return *message* in the form that the refusal asks for; None if it has none that is new."""
    if message.asks_number and failure.kind in FOR_GOOD:
        return message.but(asks_number=False)
    if failure.kind is ErrorClass.TEMPLATE and not message.as_template:
        return message.but(as_template=True)
    if failure.kind is ErrorClass.LANGUAGE and message.language != ENGLISH:
        return message.but(language=ENGLISH, as_template=True)
    if failure.kind is ErrorClass.DOCUMENT and message.as_document:
        return message.but(as_document=False)
    return None


def _should_use_sms(failure: SendFailed, tried: int) -> bool:
    """Return whether WhatsApp can be waited for no longer by a message that has another way."""
    return failure.kind is ErrorClass.STOP or tried >= TRIES_BEFORE_SMS


def _remember_unreached(work: Work, message: Message) -> None:
    """Let the next code for this person go by text message: this one is wiped already."""
    contact = work.get(Contact, message.contact_id)
    if contact is not None and message.name in sms_fallback.CODES:
        work.put(contact.but(whatsapp_failed_at=work.now))


def defer_while_down(work: Work, message: Message, until: datetime) -> bool:
    """Leave a message until its number may be tried again; False if it goes another way now."""
    if sms_fallback.can_go_by_sms(work, message):
        sms_fallback.send_by_sms(work, message)
        return False
    requeue(work, message.but(status=MessageStatus.QUEUED, updated_at=work.now), until)
    return True


def end_message(
    work: Work,
    message: Message,
    status: MessageStatus,
    reason: str,
    code: int | None = None,
) -> None:
    """End a message without delivery, with a reason a person can read.

    One that must arrive, and failed, goes by text message instead; a call in that nobody will hear
    is told to who runs the line.
    """
    if status is MessageStatus.FAILED and sms_fallback.can_go_by_sms(work, message):
        sms_fallback.send_by_sms(work, message.but(failure=reason, error_code=code))
        return
    has_failed = status is MessageStatus.FAILED
    work.put(
        message.but(
            status=status,
            failure=reason,
            error_code=code,
            failed_on=f"{work.now:%Y-%m-%d}" if has_failed else None,
            outbox=None,
            sealed=None,
            updated_at=work.now,
        )
    )
    leave_outbox(work, message)
    freshness.forget_pending(work, message)
    if has_failed and message.name in CALLS and sms_fallback.is_still_true(work, message):
        sms_fallback.alert_desk(work, message)


def apply_status(
    work: Work,
    message_id: str,
    status: str,
    provider_id: str,
    *,
    failure: SendFailed | None = None,
    category: str | None = None,
    price_type: str | None = None,
) -> None:
    """Record what became of a message; repeated, late and backward statuses change nothing.

    A status also settles a message whose sending was in doubt. A failure reported after the
    message was accepted is treated as the same refusal at once would have been; from then on what
    is still said of that attempt (its provider's id) counts only if the person did receive it.
    """
    message = work.get(Message, message_id)
    new = _STATUSES.get(status)
    if message is None or new is None:
        return
    if failure is None and new is MessageStatus.FAILED:
        failure = SendFailed(ErrorClass.NEVER, None, "the provider could not deliver it")
    if failure is not None:
        _apply_reported_failure(work, message, provider_id, failure)
    elif new is not MessageStatus.SENT or not _is_refused_attempt(message, provider_id):
        known = message.category is not None
        priced = message if known else message.but(category=category, price_type=price_type)
        if RANKS[new] > RANKS[message.status] or message.provider_id is None:
            _advance(work, priced, new, provider_id)
        elif priced != message:
            work.put(_count_cost(work, priced))


def _is_refused_attempt(message: Message, provider_id: str) -> bool:
    """Return whether *provider_id* is that of an attempt that failed, after which it goes again."""
    is_unsettled = message.status in {MessageStatus.QUEUED, MessageStatus.SENDING}
    return is_unsettled and message.provider_id == provider_id


def _apply_reported_failure(
    work: Work, message: Message, provider_id: str, failure: SendFailed
) -> None:
    """Treat a failure that the provider reports later as a refusal, if it is news."""
    is_of_this_attempt = message.provider_id in {None, provider_id}
    is_accepted = message.status is MessageStatus.SENT and is_of_this_attempt
    is_refused = _is_refused_attempt(message, provider_id)
    is_in_doubt = message.status is MessageStatus.SENDING and not is_refused
    if is_accepted or is_in_doubt:
        apply_refusal(work, message.but(provider_id=provider_id), failure)


def _advance(work: Work, message: Message, new: MessageStatus, provider_id: str) -> None:
    """Settle *message* as accepted, with *new* if that is further than it had come."""
    leave_outbox(work, message)
    settled = message.but(
        status=max(message.status, new, key=RANKS.__getitem__),
        provider_id=provider_id,
        outbox=None,
        sealed=None,
        failed_on=None,
        failure=None if RANKS[new] > RANKS[MessageStatus.SENT] else message.failure,
        sent_at=message.sent_at or work.now,
        updated_at=work.now,
    )
    work.put(_count_cost(work, settled))


def _count_cost(work: Work, message: Message) -> Message:
    """Return *message*, counted among its day's costs if it has just become due: on delivery."""
    is_delivered = message.status in {MessageStatus.DELIVERED, MessageStatus.READ}
    if message.counted or not is_delivered or message.category is None:
        return message
    costs.record_cost(work, message, message.category, message.price_type)
    return message.but(counted=True)


_STATUSES = {
    "sent": MessageStatus.SENT,
    "delivered": MessageStatus.DELIVERED,
    "read": MessageStatus.READ,
    "played": MessageStatus.READ,
    "failed": MessageStatus.FAILED,
}
