"""Sending one message of the outbox: what it says now, the call, and what became of it (I5, I8)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import partial
from itertools import product
from typing import Any

import structlog

from bot.wiring import NoTemplate, Parts, Rendered, message_reached
from domain.actions.delivery import circuit_breaker, freshness, sms_fallback, states
from domain.actions.messages import outbox, templates
from domain.actions.messages.outbox import outbox_shard_of
from domain.actions.payments import orders
from domain.actions.people import consent
from domain.channel import ErrorClass, Outbound, SendFailed, SendUnknown, TemplateCall
from domain.errors import (
    Conflict,
    PulseOpsError,
    StillConflicting,
    StoreUnavailable,
    Unreadable,
)
from domain.model.conversations import Conversation
from domain.model.messages import (
    Approval,
    Consent,
    Message,
    MessageStatus,
    Outgoing,
    SenderHealth,
)
from domain.model.people import Contact
from domain.scopes import SystemScope
from domain.transactions import at_once, retry_on_conflict
from domain.work import Work

STOPPED = "the person asked for no more messages"
log = structlog.get_logger()


class SendOutcome(Enum):
    """What became of a message that was to be sent."""

    SENT = "sent"
    """The provider has taken it."""
    ENDED = "ended"
    """It will never be sent, or was sent before."""
    AGAIN = "again"
    """It can go at once in another form."""
    LATER = "later"
    """It waits for its moment, and so does what follows it to the same person."""


@dataclass(frozen=True)
class SendResult:
    """What became of a message."""

    outcome: SendOutcome
    message: Message | None = None
    """The message as it was handed to the provider; None if the provider was not asked."""


@dataclass(frozen=True)
class Sending:
    """Sends messages, each once at a time wherever it is tried."""

    parts: Parts

    def send(self, item: Outgoing) -> SendResult:
        """Send what waits at *item*'s place, unless it should wait or end.

        Raises:
            StoreUnavailable: If nothing could be read or marked; nothing was sent then.
        """
        try:
            # Its token just changed, or somebody else has it: the next try sees. It does not pause,
            # for others wait in this thread.
            message, outbound = retry_on_conflict(partial(self._prepare, item), pause=at_once)
        except _NotNow as not_now:
            return SendResult(not_now.outcome)
        except StillConflicting:
            return SendResult(SendOutcome.LATER)
        return SendResult(self._call(message, outbound), message)

    def mark_read(self, sent: SendResult) -> None:
        """Show a person that what *sent* answers was read, or that its answer is to come."""
        message = sent.message
        if message is None or message.by_sms or message.reply_to is None:
            return
        if sent.outcome is SendOutcome.SENT:
            self.parts.channel.mark_read(message.sender, message.reply_to)
        elif sent.outcome is SendOutcome.LATER and message.attempts == 1:
            self.parts.channel.mark_read(message.sender, message.reply_to, typing=True)

    def _call(self, message: Message, outbound: Outbound) -> SendOutcome:
        try:
            provider_id = self._hand_over(message, outbound)
        except SendUnknown:
            self._settle(message, states.record_doubt)
            return SendOutcome.LATER
        except SendFailed as failure:
            log.info("send_refused", code=failure.code, messageId=message.message_id)
            settled = self._settle(message, partial(states.apply_refusal, failure=failure))
            if failure.kind in _OTHER_FORM or (settled and settled.by_sms != message.by_sms):
                return SendOutcome.AGAIN
            return SendOutcome.ENDED if failure.kind in _NEVER else SendOutcome.LATER
        except Exception as error:
            # Nobody knows how far it came; the row is not left to stop all that is behind it.
            log.exception("send_broke", messageId=message.message_id, error=type(error).__name__)
            self._settle(message, states.record_doubt)
            return SendOutcome.LATER
        self._settle(message, partial(states.record_acceptance, provider_id=provider_id))
        return SendOutcome.SENT

    def _hand_over(self, message: Message, outbound: Outbound) -> str:
        if not message.by_sms:
            return self.parts.channel.send(outbound)
        if self.parts.sms is None or outbound.phone is None:
            raise SendFailed(ErrorClass.NEVER, None, "text messages are not set up")
        return self.parts.sms.send(outbound.phone, outbound.text, outbound.message_id)

    def _prepare(self, item: Outgoing) -> tuple[Message, Outbound]:
        """Mark a message SENDING and render it.

        Raises:
            _NotNow: If it is settled without sending, or its moment has not come.
            Conflict: If it changed meanwhile.
        """
        work = self._work()
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
            raise _NotNow(SendOutcome.AGAIN)  # somebody else was faster
        message = work.get(Message, item.message_id)
        contact = work.get(Contact, item.contact_id)
        is_over = message is None or contact is None or message.status not in _UNSENT
        if message is None or contact is None or is_over or message.outbox != item.place:
            work.delete(place)
            work.commit()
            raise _NotNow(SendOutcome.ENDED)
        if states.still_in_doubt(work, message):
            work.commit()
            raise _NotNow(SendOutcome.LATER)
        if not message.by_sms and sms_fallback.goes_by_sms_at_once(work, message, contact):
            message = message.but(by_sms=True)
        health = work.get(SenderHealth, circuit_breaker.sender_key_of(message))
        until = circuit_breaker.wait_until(message, health, work.now)
        if until is not None and not freshness.is_over(work, message):
            waits = states.defer_while_down(work, message, until)
            work.commit()
            raise _NotNow(SendOutcome.LATER if waits else SendOutcome.AGAIN)
        try:
            values, rendered, form = self._words(work, message, contact)
        except _Ends as ends:
            states.end_message(work, message, ends.status, ends.reason)
            work.commit()
            message_reached(ends.status.value, message.urgency.name)
            raise _NotNow(SendOutcome.ENDED) from None
        if not self.parts.rates.take_pair(
            circuit_breaker.sender_key_of(message), message.contact_id
        ):
            states.defer_for_pair_rate(work, message)
            work.commit()
            raise _NotNow(SendOutcome.LATER)
        if health is not None and circuit_breaker.is_down(health):
            circuit_breaker.probe(work, health)
        category = self._charged_as(work, message, rendered)
        message = states.begin_sending(
            work, orders.begin_order(work, message, form), values, category
        )
        work.commit()
        return message, Outbound(
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
            template=rendered.template,
            order=orders.order_shown(message, form, rendered.about, rendered.until, work.now),
            quotes=_quoted(work, message),
        )

    def _words(
        self, work: Work, message: Message, contact: Contact
    ) -> tuple[dict[str, Any], Rendered, orders.Form | None]:
        """Return the message's variables as of now, the message in words, and as which order.

        Raises:
            _Ends: If it should not be sent, or not again.
        """
        try:
            values = self._still_true(work, message)
            known = values | self._secrets(work, message)
            return values, *self._rendered(work, message, contact, known)
        except (_Ends, Conflict, StoreUnavailable):
            raise
        except Exception as error:
            # Left in the outbox it would come again and again, with everything behind it waiting.
            log.exception("render_failed", messageId=message.message_id, error=type(error).__name__)
            raise _Ends(MessageStatus.FAILED, "it could not be put into words") from error

    def _still_true(self, work: Work, message: Message) -> dict[str, Any]:
        """Return the message's variables as of now.

        Raises:
            _Ends: If it should not be sent, or not again.
        """
        if message.attempts >= states.most_attempts(message):
            raise _Ends(MessageStatus.FAILED, states.GIVEN_UP)
        if not consent.is_covered(work, message):
            raise _Ends(MessageStatus.DROPPED, STOPPED)
        values = freshness.fresh_values(work, message)
        if values is None:
            raise _Ends(MessageStatus.DROPPED, "no longer true, or too late to help")
        return values

    def _secrets(self, work: Work, message: Message) -> dict[str, str]:
        """Return the variables of the message that are kept sealed; they are never stored in clear.

        Raises:
            _Ends: If they are no good any more, or cannot be read.
        """
        if message.sealed_until is not None and message.sealed_until <= work.now:
            raise _Ends(MessageStatus.DROPPED, "too late: its code is no longer good")
        try:
            return states.secrets_of(work, message)
        except Unreadable:
            reason = "its code was encrypted with a key that is no longer in the settings"
            raise _Ends(MessageStatus.FAILED, reason) from None

    def _rendered(
        self, work: Work, message: Message, contact: Contact, values: dict[str, Any]
    ) -> tuple[Rendered, orders.Form | None]:
        """Return the message in words, as text or as a template, and what of an order it shows.

        Raises:
            _Ends: If there is no template for it, or nothing to be told of an order any more.
        """
        conversation = work.get(Conversation, f"{message.sender}#{message.contact_id}")
        is_open = outbox.window_is_open(conversation, work.now) and not message.as_template
        language = message.language or contact.language or "en"
        if message.by_sms:
            return Rendered(self.parts.renderer.sms(message, values, language)), None
        form = orders.form_of(work, message, window_open=is_open)
        if form is None and message.name == orders.CLOSED:
            raise _Ends(MessageStatus.DROPPED, "the order was closed by other news")
        if form is not None and is_open:
            url = message.url
            return self.parts.renderer.order(message.name, values, language, url), form
        return self._approved(work, message, values, language, window_open=is_open), form

    def _approved(
        self,
        work: Work,
        message: Message,
        values: dict[str, Any],
        language: str,
        *,
        window_open: bool,
    ) -> Rendered:
        """Return the message in words; as a template, one that WhatsApp is not known to hold back.

        Else it goes without WhatsApp's own button, or in English.

        Raises:
            _Ends: If there is no such template, or marketing is not wanted.
        """
        forms = [message, message.but(asks_number=False)] if message.asks_number else [message]
        tongues = dict.fromkeys((language, templates.ENGLISH))
        reason = "outside the 24-hour window, and there is no template for it"
        for tongue, form in product(tongues, forms):
            try:
                said = self.parts.renderer.render(form, values, tongue, window_open=window_open)
            except NoTemplate:
                continue
            known = self._said_of(work, message, said.template)
            if known is not None and templates.is_held_back(known):
                reason = templates.why_not(known.name, known)
                continue
            if known is not None and known.category == templates.MARKETING:
                self._refuse_marketing(work, message)
            return said
        raise _Ends(MessageStatus.FAILED, reason)

    def _said_of(self, work: Work, message: Message, call: TemplateCall | None) -> Approval | None:
        """Return WhatsApp's word on a template; of a clinic's own account none is known."""
        if call is None or message.sender != self.parts.rules.platform_sender:
            return None
        account = self.parts.settings.template_account
        return templates.approval_of(work, account, call.name, call.language)

    def _charged_as(self, work: Work, message: Message, rendered: Rendered) -> str | None:
        """Return the price category of the message, where the provider will not name it."""
        if message.by_sms or self.parts.settings.names_prices:
            return None
        known = self._said_of(work, message, rendered.template)
        # WhatsApp may charge for a template as something else than it was submitted as.
        return known.category.lower() if known and known.category else rendered.category

    def _refuse_marketing(self, work: Work, message: Message) -> None:
        """Let a template go that WhatsApp counts as marketing by now.

        Raises:
            _Ends: If it is no notice about a token, and the person has stopped marketing.
        """
        if message.consent is Consent.NEWS:
            message = message.but(consent=Consent.MARKETING)
            if not consent.is_covered(work, message):
                raise _Ends(MessageStatus.DROPPED, STOPPED)

    def _settle(self, message: Message, change: Callable[[Work, Message], None]) -> Message | None:
        """Write what became of a message, whatever statuses came meanwhile; return it as it is.

        If that cannot be written now the row stays SENDING, which later counts as in doubt.
        """
        try:
            # Without a pause, for others wait in this thread.
            return retry_on_conflict(partial(self._record, message, change), pause=at_once)
        except StillConflicting:
            log.warning("settle_failed", messageId=message.message_id)
            return None

    def _record(self, message: Message, change: Callable[[Work, Message], None]) -> Message | None:
        """Write what became of a message once; None if the store does not take it.

        Raises:
            Conflict: If it changed meanwhile.
        """
        work = self._work()
        line = circuit_breaker.sender_key_of(message)
        work.fetch(
            [
                (Message, (message.message_id,)),
                (SenderHealth, (line,)),
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
            message_reached(settled.status.value, settled.urgency.name)
        return settled

    def _work(self) -> Work:
        return self.parts.open_work(SystemScope("deliver the outbox"))


def _quoted(work: Work, message: Message) -> str | None:
    """Return what a reply quotes: the message it answers, if the person has written again since."""
    conversation = work.get(Conversation, f"{message.sender}#{message.contact_id}")
    wrote_at = conversation.last_inbound_at if conversation else None
    is_late = wrote_at is not None and wrote_at > message.created_at
    return message.reply_to if is_late else None


class _Ends(PulseOpsError):
    """The message ends without being sent."""

    def __init__(self, status: MessageStatus, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


class _NotNow(PulseOpsError):
    """The message is not sent now."""

    def __init__(self, outcome: SendOutcome) -> None:
        super().__init__(outcome.value)
        self.outcome = outcome


_OTHER_FORM = {ErrorClass.TEMPLATE, ErrorClass.LANGUAGE, ErrorClass.DOCUMENT, ErrorClass.ORDER}
_NEVER = {ErrorClass.NEVER, ErrorClass.UNWANTED}
_SETTLED = {MessageStatus.SENT, MessageStatus.FAILED, MessageStatus.DROPPED}
_UNSENT = {MessageStatus.QUEUED, MessageStatus.SENDING}
