"""Sending one message of the outbox: whether it may go now, the call, and its answer (I5, I8)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from functools import partial

import structlog

from bot.wiring import Parts, count_message_status, report_refused_form
from domain.actions.delivery import circuit_breaker, freshness, sms_fallback, states
from domain.actions.messages.outbox import outbox_shard_of
from domain.actions.payments import orders
from domain.channel import ErrorClass, Outbound, SendFailed, SendUnknown
from domain.errors import StillConflicting, StoreUnavailable
from domain.model.conversations import Conversation
from domain.model.messages import Message, MessageStatus, Outgoing, SenderHealth
from domain.model.people import Contact
from domain.scopes import SystemScope
from domain.transactions import at_once, retry_on_conflict
from domain.work import Work
from workers.content import Content, Unsendable, compose

log = structlog.get_logger()


class SendOutcome(Enum):
    """How one try at sending a message ended."""

    SENT = "sent"
    """The provider accepted it."""
    ENDED = "ended"
    """It will never be sent, or was sent before."""
    AGAIN = "again"
    """It can go at once in another form."""
    LATER = "later"
    """It is tried later, and the messages after it to the same person wait for it."""


AFTER_REFUSAL = {
    ErrorClass.LATER: SendOutcome.LATER,
    ErrorClass.LATER_PAIR: SendOutcome.LATER,
    ErrorClass.TEMPLATE: SendOutcome.AGAIN,
    ErrorClass.LANGUAGE: SendOutcome.AGAIN,
    ErrorClass.DOCUMENT: SendOutcome.AGAIN,
    ErrorClass.ORDER: SendOutcome.AGAIN,
    ErrorClass.MALFORMED: SendOutcome.AGAIN,
    ErrorClass.UNWANTED: SendOutcome.ENDED,
    ErrorClass.NEVER: SendOutcome.ENDED,
    ErrorClass.STOP: SendOutcome.LATER,
}
"""The outcome of each kind of refusal, unless the message goes its other way."""
_SETTLED = {MessageStatus.SENT, MessageStatus.FAILED, MessageStatus.DROPPED}
_UNSENT = {MessageStatus.QUEUED, MessageStatus.SENDING}


@dataclass(frozen=True)
class SendResult:
    """The outcome of one try."""

    outcome: SendOutcome
    message: Message | None = None
    """The message as it was handed to the provider; None if the provider was not called."""


@dataclass
class _Attempt:
    """One try at sending a message, in one unit of work; each check adds what it finds."""

    work: Work
    item: Outgoing
    message: Message = field(init=False)
    contact: Contact = field(init=False)
    health: SenderHealth | None = None
    content: Content = field(init=False)
    ended_as: MessageStatus | None = None
    """The status it ends with, if it will not be sent."""


@dataclass(frozen=True)
class _Call:
    """A message marked SENDING, and what the provider is given."""

    message: Message
    outbound: Outbound


@dataclass(frozen=True)
class Sending:
    """Sends messages; two processes never send the same one at once."""

    parts: Parts

    def send(self, item: Outgoing) -> SendResult:
        """Send the message of *item*, unless it should wait or end.

        Raises:
            StoreUnavailable: If nothing could be read or marked; nothing was sent then.
        """
        try:
            # It conflicts if its token just changed or another process took it, which the next try
            # sees. It does not pause, as others wait in this thread.
            prepared = retry_on_conflict(partial(self._prepare, item), pause=at_once)
        except StillConflicting:
            return SendResult(SendOutcome.LATER)
        if isinstance(prepared, SendOutcome):
            return SendResult(prepared)
        return SendResult(self._call(prepared), prepared.message)

    def mark_read(self, result: SendResult) -> None:
        """Show the person that the message we answered was read, or that an answer is on its way.

        Does nothing if *result* is no answer to a message.
        """
        message = result.message
        if message is None or message.by_sms or message.reply_to is None:
            return
        if result.outcome is SendOutcome.SENT:
            self.parts.channel.mark_read(message.sender, message.reply_to)
        elif result.outcome is SendOutcome.LATER and message.attempts == 1:
            self.parts.channel.mark_read(message.sender, message.reply_to, typing=True)

    def _prepare(self, item: Outgoing) -> SendOutcome | _Call:
        """Mark a message SENDING, or write what a check decided; in one commit either way.

        Raises:
            Conflict: If it changed meanwhile.
        """
        attempt = _Attempt(self._work(), item)
        prepared: SendOutcome | _Call = self._check(attempt) or _begin(attempt)
        attempt.work.commit()
        if attempt.ended_as is not None:
            count_message_status(attempt.ended_as.value, attempt.message.urgency.name)
        return prepared

    def _check(self, attempt: _Attempt) -> SendOutcome | None:
        """Return the first outcome that keeps the message from being sent now; None: it may go."""
        for check in (
            _find_message,
            _wait_for_status,
            _wait_for_number,
            self._end_unsendable,
            self._wait_for_pair_rate,
        ):
            outcome = check(attempt)
            if outcome is not None:
                return outcome
        return None

    def _end_unsendable(self, attempt: _Attempt) -> SendOutcome | None:
        """End a message that may not or cannot be sent; else keep what it says."""
        work, message = attempt.work, attempt.message
        try:
            attempt.content = compose(self.parts, work, message, attempt.contact)
        except Unsendable as unsendable:
            states.end_message(work, message, unsendable.status, unsendable.reason)
            attempt.ended_as = unsendable.status
            return SendOutcome.ENDED
        return None

    def _wait_for_pair_rate(self, attempt: _Attempt) -> SendOutcome | None:
        """Defer a message to a person who has had too many just now."""
        message = attempt.message
        key = circuit_breaker.sender_key_of(message)
        if self.parts.rates.take_pair(key, message.contact_id):
            return None
        states.defer_for_pair_rate(attempt.work, message)
        return SendOutcome.LATER

    def _call(self, call: _Call) -> SendOutcome:
        """Hand a message to the provider, and record the answer."""
        message = call.message
        try:
            provider_id = self._hand_over(call)
        except SendFailed as failure:
            log.info("send_refused", code=failure.code, messageId=message.message_id)
            if not message.by_sms:  # which has no plainer form
                provider = self.parts.settings.whatsapp_provider
                report_refused_form(provider, message.message_id, failure)
            settled = self._settle(message, partial(states.apply_refusal, failure=failure))
            if settled is not None and settled.by_sms != message.by_sms:
                return SendOutcome.AGAIN
            return AFTER_REFUSAL[failure.kind]
        except SendUnknown:
            return self._record_doubt(message)
        except Exception as error:
            # A fault of ours or of a provider's SDK: the message may have gone, so it is in doubt.
            log.exception("send_broke", messageId=message.message_id, error=type(error).__name__)
            return self._record_doubt(message)
        self._settle(message, partial(states.record_acceptance, provider_id=provider_id))
        return SendOutcome.SENT

    def _hand_over(self, call: _Call) -> str:
        outbound = call.outbound
        if not call.message.by_sms:
            return self.parts.channel.send(outbound)
        if self.parts.sms is None or outbound.phone is None:
            raise SendFailed(ErrorClass.NEVER, None, "text messages are not set up")
        return self.parts.sms.send(outbound.phone, outbound.text, outbound.message_id)

    def _record_doubt(self, message: Message) -> SendOutcome:
        self._settle(message, states.record_doubt)
        return SendOutcome.LATER

    def _settle(self, message: Message, change: Callable[[Work, Message], None]) -> Message | None:
        """Apply *change*, the provider's answer, to the row as it is now; return the row.

        If it cannot be written, None is returned and the row stays SENDING, which later counts as
        in doubt.
        """
        try:
            # Without a pause, as others wait in this thread.
            return retry_on_conflict(partial(self._record, message, change), pause=at_once)
        except StillConflicting:
            log.warning("settle_failed", messageId=message.message_id)
            return None

    def _record(self, message: Message, change: Callable[[Work, Message], None]) -> Message | None:
        """Apply *change* once; None if the store does not take it.

        Raises:
            Conflict: If the row changed meanwhile.
        """
        work = self._work()
        work.fetch(
            [
                (Message, (message.message_id,)),
                (SenderHealth, (circuit_breaker.sender_key_of(message),)),
                (Outgoing, (outbox_shard_of(message.sender), message.outbox or "")),
            ]
        )
        current = work.get(Message, message.message_id)
        if current is None or current.attempts != message.attempts:
            return current
        change(work, current)
        try:
            work.commit()
        except StoreUnavailable:
            log.warning("settle_failed", messageId=message.message_id)
            return None
        settled = work.get(Message, message.message_id)
        if settled is not None and settled.status in _SETTLED:
            count_message_status(settled.status.value, settled.urgency.name)
        return settled

    def _work(self) -> Work:
        return self.parts.open_work(SystemScope("deliver the outbox"))


def _find_message(attempt: _Attempt) -> SendOutcome | None:
    """Read the message and its contact; remove the outbox item of one that is over."""
    work, item = attempt.work, attempt.item
    work.fetch(
        [
            (Message, (item.message_id,)),
            (Contact, (item.contact_id,)),
            (Conversation, (f"{item.sender}#{item.contact_id}",)),
            (SenderHealth, (item.sender,)),
            (Outgoing, (item.shard, item.place)),
        ]
    )
    place = work.get(Outgoing, item.shard, item.place)
    if place is None:
        return SendOutcome.AGAIN  # another process was faster
    message = work.get(Message, item.message_id)
    contact = work.get(Contact, item.contact_id)
    is_over = message is None or message.status not in _UNSENT or message.outbox != item.place
    if message is None or contact is None or is_over:
        work.delete(place)
        return SendOutcome.ENDED
    attempt.message, attempt.contact = message, contact
    return None


def _wait_for_status(attempt: _Attempt) -> SendOutcome | None:
    """Defer a message that may have gone just now, until a status had time to come."""
    return SendOutcome.LATER if states.defer_in_doubt(attempt.work, attempt.message) else None


def _wait_for_number(attempt: _Attempt) -> SendOutcome | None:
    """Choose WhatsApp or SMS; defer the message while that number cannot send (circuit breaker)."""
    work = attempt.work
    message = attempt.message = sms_fallback.choose_way(work, attempt.message, attempt.contact)
    attempt.health = work.get(SenderHealth, circuit_breaker.sender_key_of(message))
    until = circuit_breaker.wait_until(message, attempt.health, work.now)
    if until is None or freshness.is_over(work, message):
        return None
    waits = states.defer_while_down(work, message, until)
    return SendOutcome.LATER if waits else SendOutcome.AGAIN


def _begin(attempt: _Attempt) -> _Call:
    """Mark the message SENDING, with what it says now."""
    work, content = attempt.work, attempt.content
    if attempt.health is not None and circuit_breaker.is_down(attempt.health):
        circuit_breaker.probe(work, attempt.health)
    message = states.begin_sending(
        work,
        orders.begin_order(work, attempt.message, content.form),
        content.values,
        content.category,
    )
    return _Call(message, _outbound(work, message, attempt.contact, content))


def _outbound(work: Work, message: Message, contact: Contact, content: Content) -> Outbound:
    rendered = content.rendered
    return Outbound(
        message_id=message.message_id,
        sender=message.sender,
        phone=contact.phone,
        wa_user_id=contact.wa_user_id,
        text=rendered.text,
        choices=rendered.choices,
        choices_label=rendered.choices_label,
        url=rendered.url,
        url_label=rendered.url_label,
        document=rendered.document,
        attachment=None if rendered.template else message.attachment,
        place=message.place,
        template=rendered.template,
        order=orders.channel_order(message, content.form, rendered.about, rendered.until, work.now),
        quotes=_quoted(work, message),
        is_plain=message.as_plain_text,
        reacts_to=message.reply_to if message.as_reaction else None,
    )


def _quoted(work: Work, message: Message) -> str | None:
    """Return the message that a reply quotes: the one it answers, if another came since.

    A plain one quotes nothing, as that may be what the provider refused, and a reaction is on its
    message anyway.
    """
    if message.as_plain_text or message.as_reaction:
        return None
    conversation = work.get(Conversation, f"{message.sender}#{message.contact_id}")
    wrote_at = conversation.last_inbound_at if conversation else None
    is_late = wrote_at is not None and wrote_at > message.created_at
    return message.reply_to if is_late else None
