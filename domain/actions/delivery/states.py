"""The states of a message on its way to a phone, and what each answer of a provider does (I5)."""

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
TRIES_ONE_WAY = 3
"""After this many failed tries a message goes its other way, if any; they take some seconds."""
ENGLISH = "en"
PAIR_SECONDS = 6
"""How soon one more message may go to a person who has had too many (protocol notes, 2.6)."""
DOUBT_URGENT_SECONDS = 10
DOUBT_SECONDS = 120
"""How long after its call a message that may have gone waits for a status before it goes again."""
SETTLE_SECONDS = 1
"""The least time left for a status after a call that ended late."""
CALLED = timedelta(seconds=DOUBT_URGENT_SECONDS)
"""How far ahead a message is put in the outbox when its call begins; the call is over by then."""
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
    ErrorClass.MALFORMED,
}
"""Refusals that end a message, unless it can take another form."""
NO_ORDER = {ErrorClass.ORDER, ErrorClass.MALFORMED, ErrorClass.NEVER, ErrorClass.UNWANTED}
"""Refusals after which an order goes as words and a link."""
FINAL = {MessageStatus.FAILED, MessageStatus.DROPPED, MessageStatus.DELIVERED, MessageStatus.READ}


def doubt_period(message: Message) -> timedelta:
    """Return how long *message* waits for a status before it goes again, if it may have gone."""
    urgent = message.urgency is Urgency.NOW
    return timedelta(seconds=DOUBT_URGENT_SECONDS if urgent else DOUBT_SECONDS)


def _doubt_ends(message: Message, now: datetime) -> datetime:
    """Return when a message that may have gone goes again, counted from its call."""
    return (message.sending_since or now) + doubt_period(message)


def is_in_doubt(message: Message, now: datetime) -> bool:
    """Return whether a message may have gone just now and its status is still awaited."""
    was_called = message.status is MessageStatus.SENDING and message.sending_since is not None
    return was_called and now < _doubt_ends(message, now)


def most_attempts(message: Message) -> int:
    """Return how often *message* is tried at most; more often once it went both ways."""
    if message.sms_first and message.by_sms:
        return MORE_BY_SMS
    return MOST_ATTEMPTS + (MORE_BY_SMS if message.by_sms or message.sms_first else 0)


def secrets_of(work: Work, message: Message) -> dict[str, Any]:
    """Decrypt the sealed variables of *message*, to be rendered at once and never stored.

    Raises:
        Unreadable: If the key they were sealed with is gone.
    """
    if message.sealed is None:
        return {}
    opened: dict[str, Any] = json.loads(work.seal.open(message.sealed))
    return opened


def begin_sending(
    work: Work, message: Message, values: dict[str, Any], category: str | None = None
) -> Message:
    """Mark a message SENDING, with the variables it is sent with.

    *category* is its price category, where the provider does not name it. It counts once the
    message is delivered, even if the provider's answer is lost.

    The message stays in the outbox, deferred until its call is certainly over. Until then it is not
    due in any process, and the person's later messages wait for it.
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
    """Defer a message that may have gone just now; return whether it was deferred."""
    if not is_in_doubt(message, work.now):
        return False
    requeue(work, message, _doubt_ends(message, work.now))
    return True


def record_acceptance(work: Work, message: Message, provider_id: str) -> None:
    """Record that the provider accepted the message, unless it already reported a failure."""
    if message.status is MessageStatus.QUEUED and message.provider_id == provider_id:
        return  # a failure of this attempt was reported before its call was answered
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
    """Leave a message that may have gone until its status is overdue; then it goes again."""
    if message.status is not MessageStatus.SENDING:
        return  # a status has settled it
    if message.attempts >= most_attempts(message):
        end_message(work, message, MessageStatus.FAILED, GIVEN_UP)
        return
    soonest = work.now + timedelta(seconds=SETTLE_SECONDS)
    requeue(work, message, max(_doubt_ends(message, work.now), soonest))


def defer_for_pair_rate(work: Work, message: Message) -> None:
    """Defer a message to a person who has had too many just now."""
    requeue(work, message, work.now + timedelta(seconds=PAIR_SECONDS))


def apply_refusal(work: Work, message: Message, failure: SendFailed) -> None:
    """Do what the provider's refusal calls for.

    The message goes later, as a template, in English, as a link, as plain text or never, or its
    number is stopped. An order refused for good goes as words and a link, which everybody can read.
    A message that has another way (`sms_fallback`) goes it where this one would be too late.
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
    # A reaction has no other form: in words it would be a message that nobody needs.
    elif not message.as_reaction and (other := _in_another_form(again, failure)) is not None:
        requeue(work, other, work.now)
    elif failure.kind in FOR_GOOD or tried >= most_attempts(message):
        end_message(work, message, MessageStatus.FAILED, failure.reason, failure.code)
    elif _should_change_way(failure, tried) and sms_fallback.has_other_way(work, message):
        sms_fallback.send_other_way(work, again.but(failure=failure.reason))
    elif failure.kind is ErrorClass.STOP:
        # A try while the number is down does not count as one of the message's own.
        waits = again.but(attempts=max(0, tried - 1), failure=failure.reason)
        requeue(work, waits, work.now + timedelta(seconds=circuit_breaker.LOOK_AGAIN_SECONDS))
    else:
        base = 4 if failure.kind is ErrorClass.LATER_PAIR else 2
        seconds = min(LONGEST_BACKOFF_SECONDS, base ** min(tried - 1, 8))
        requeue(work, again, work.now + timedelta(seconds=seconds))


def _record_sender_health(work: Work, message: Message, failure: SendFailed) -> None:
    """Record what a refusal says of the sending number, and of the person's consent."""
    if failure.kind is ErrorClass.STOP:
        circuit_breaker.trip(work, circuit_breaker.sender_key_of(message), failure)
    elif failure.kind is not ErrorClass.LATER:
        circuit_breaker.reset(work, circuit_breaker.sender_key_of(message))
    if failure.kind is ErrorClass.UNWANTED:
        consent.record_marketing_stop(work, message.contact_id)


def _resend_without_order(work: Work, message: Message, failure: SendFailed) -> None:
    if message.name == orders.CLOSED:
        end_message(work, message, MessageStatus.DROPPED, failure.reason, failure.code)
    else:
        requeue(work, message.but(without_order=True), work.now)


def _in_another_form(message: Message, failure: SendFailed) -> Message | None:
    """Return *message* in the form that the refusal asks for; None if none is left."""
    if message.asks_number and failure.kind in FOR_GOOD:
        return message.but(asks_number=False)
    if failure.kind is ErrorClass.TEMPLATE and not message.as_template:
        return message.but(as_template=True)
    if failure.kind is ErrorClass.LANGUAGE and message.language != ENGLISH:
        return message.but(language=ENGLISH, as_template=True)
    if failure.kind is ErrorClass.DOCUMENT and message.as_document:
        return message.but(as_document=False)
    if failure.kind is ErrorClass.MALFORMED and not (message.as_plain_text or message.by_sms):
        return message.but(as_plain_text=True, as_document=False)
    return None


def _should_change_way(failure: SendFailed, tried: int) -> bool:
    """Return whether a message with another way should go it, rather than try this one again."""
    return failure.kind is ErrorClass.STOP or tried >= TRIES_ONE_WAY


def _remember_unreached(work: Work, message: Message) -> None:
    """Record that WhatsApp failed this person, so that their next code goes by SMS.

    This code is wiped already.
    """
    contact = work.get(Contact, message.contact_id)
    if contact is not None and message.name in sms_fallback.CODES:
        work.put(contact.but(whatsapp_failed_at=work.now))


def defer_while_down(work: Work, message: Message, until: datetime) -> bool:
    """Defer a message until its number may be tried again; False if it goes its other way now."""
    if sms_fallback.has_other_way(work, message):
        sms_fallback.send_other_way(work, message)
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
    """End a message without delivery, with a *reason* in words for people.

    If it FAILED and has another way it goes that instead; if it calls a person in and has none, the
    desk is alerted.
    """
    if status is MessageStatus.FAILED and sms_fallback.has_other_way(work, message):
        sms_fallback.send_other_way(work, message.but(failure=reason, error_code=code))
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
    """Record a provider's *status* of a message; repeated, late and backward ones change nothing.

    A status also settles a message in doubt. A failure reported after acceptance is treated as a
    refusal. From then on statuses of that attempt (its *provider_id*) count only if the person did
    receive the message.
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
    """Apply a failure that came as a status, unless the attempt was settled before."""
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
    """Add *message* to its day's costs if it has just been delivered; return it so marked."""
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
