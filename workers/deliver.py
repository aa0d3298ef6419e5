"""Sending what waits in the outbox: one shard at a time, urgent first (design, 3.6)."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

import structlog
from redis.exceptions import RedisError

from bot.wiring import NoTemplate, Parts, Rendered, message_reached
from domain.actions import circuit, consent, delivery, fallback, news
from domain.channel import ErrorClass, Outbound, SendFailed, SendUnknown
from domain.errors import Conflict, PulseOpsError, StoreUnavailable, Unreadable
from domain.model.base import stamp
from domain.model.conversations import Conversation
from domain.model.messages import Message, MessageStatus, Outgoing, SenderHealth, Urgency
from domain.model.people import Contact
from domain.scopes import SystemScope
from domain.work import Work

SLICE_SECONDS = 0.5
"""A drain runs this long at most and is rung again for what is left."""
LEASE_MILLISECONDS = 5000
AT_ONCE = 16
"""Calls to the provider side by side: 80 a second at up to 200 ms a call."""
READ = {Urgency.NOW: 200, Urgency.NEWS: 60, Urgency.BULK: 20}
"""How many waiting messages a pass reads of each class: news and bulk leave room for the urgent."""
BUSY_SECONDS = 0.02
ORDER_KEPT = timedelta(seconds=delivery.DOUBT_URGENT_SECONDS)
"""A person's later messages wait this long at most for an earlier one that goes again."""
TRIES = 6
log = structlog.get_logger()


@dataclass
class Deliverer:
    """Drains shards of the outbox; one a process, as its pool of threads is shared."""

    parts: Parts
    _pool: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(AT_ONCE, thread_name_prefix="deliver")
    )

    def drain(self, shard: str) -> int:
        """Send what is due in *shard* for half a second at most; return how many rows were settled.

        Another process that drains the same shard makes this return at once; that lease only saves
        work, for a message is sent by whoever marks it SENDING first.
        """
        if not self._lease(shard):
            return 0
        began = time.monotonic()
        settled = 0
        left = True
        try:
            while left and time.monotonic() - began < SLICE_SECONDS:
                done, left = self._pass(shard)
                settled += done
                if left and not done:
                    time.sleep(BUSY_SECONDS)
        finally:
            self._release(shard)
        if left:
            self.parts.bell.ring("deliver", shard)
        return settled

    def _pass(self, shard: str) -> tuple[int, bool]:
        """Send what may go now of the most urgent class of which anything may.

        Return how many rows were settled, and whether there may be more to send at once. What waits
        for its moment (in doubt, too many to one person) stops no other class, and is found again
        by the clock.
        """
        busy = False
        for urgency in READ:
            chains = self._due(shard, urgency)
            ends = list(self._pool.map(self._send_chain, chains))
            done = sum(end.settled for end in ends)
            busy = busy or any(end.busy for end in ends)
            if done:
                return done, True
        return 0, busy

    def _due(self, shard: str, urgency: Urgency) -> list[list[Outgoing]]:
        """Return what may go now of a class: a chain for each person.

        Whoever has an earlier message that goes again in a moment waits for it, so that words come
        in their order; what is further off does not hold up the rest.
        """
        work = self._work()
        until = stamp(work.now)
        span = (f"{urgency}#", f"{urgency}#{until}~")
        items = work.query(Outgoing, shard, between=span, limit=READ[urgency]).records
        if not items:
            return []
        soon = (f"{urgency}#{until}~", f"{urgency}#{stamp(work.now + ORDER_KEPT)}~")
        again = work.query(Outgoing, shard, between=soon, limit=READ[urgency]).records
        waiting = {(item.sender, item.contact_id) for item in again}
        chains: dict[tuple[str, str], list[Outgoing]] = {}
        for item in items:
            person = (item.sender, item.contact_id)
            if person not in waiting:
                chains.setdefault(person, []).append(item)
        return [sorted(chain, key=lambda item: item.written) for chain in chains.values()]

    def _send_chain(self, chain: list[Outgoing]) -> _End:
        """Send one person's messages of one class in order, as far as they go now."""
        settled = 0
        for item in chain:
            try:
                if not self._send(item):
                    break
            except _Busy:
                return _End(settled, busy=True)
            except _Later:
                break
            settled += 1
        return _End(settled)

    def _send(self, item: Outgoing) -> bool:
        """Send one message; False if it, and what follows it in its chain, must wait.

        Raises:
            _Later: If its moment has not come.
            _Busy: If it comes at once.
        """
        try:
            ready = self._prepare(item)
        except Conflict:
            return False  # somebody else has it, or its token just changed: the next pass sees
        if ready is None:
            return True
        message, outbound = ready
        try:
            provider_id = self._hand_over(message, outbound)
        except SendUnknown:
            self._settle(message, delivery.in_doubt)
            return False
        except SendFailed as failure:
            log.info("send_refused", code=failure.code, messageId=message.message_id)
            settled = self._settle(message, partial(delivery.refused, failure=failure))
            if failure.kind in _OTHER_FORM or (settled and settled.by_sms != message.by_sms):
                raise _Busy from None  # in its other form it can go now
            return failure.kind is ErrorClass.NEVER
        except Exception as error:
            # Nobody knows how far it came; the row is not left to stop all that is behind it.
            log.exception("send_broke", messageId=message.message_id, error=type(error).__name__)
            self._settle(message, delivery.in_doubt)
            return False
        self._settle(message, partial(delivery.accepted, provider_id=provider_id))
        if message.reply_to and not message.by_sms:
            self.parts.channel.mark_read(message.sender, message.reply_to)
        return True

    def _hand_over(self, message: Message, outbound: Outbound) -> str:
        if not message.by_sms:
            return self.parts.channel.send(outbound)
        if self.parts.sms is None or outbound.phone is None:
            raise SendFailed(ErrorClass.NEVER, None, "text messages are not set up")
        return self.parts.sms.send(outbound.phone, outbound.text, outbound.message_id)

    def _prepare(self, item: Outgoing) -> tuple[Message, Outbound] | None:
        """Mark a message SENDING and render it; None if it is settled without sending.

        Raises:
            _Later: If its moment has not come.
            Conflict: If it changed meanwhile.
        """
        work = self._work()
        conversation_key = f"{item.sender}#{item.contact_id}"
        work.fetch(
            [
                (Message, (item.message_id,)),
                (Contact, (item.contact_id,)),
                (Conversation, (conversation_key,)),
                (SenderHealth, (item.sender,)),
            ]
        )
        message = work.get(Message, item.message_id)
        contact = work.get(Contact, item.contact_id)
        is_over = message is None or contact is None or message.status not in _UNSENT
        if message is None or contact is None or is_over or message.outbox != item.place:
            work.delete(item)
            work.commit()
            return None
        if delivery.is_in_doubt(message, work.now):
            raise _Later
        if not message.by_sms and fallback.goes_by_sms_at_once(work, message, contact):
            message = message.but(by_sms=True)
        health = work.get(SenderHealth, circuit.line_of(message))
        until = circuit.wait_until(message, health, work.now)
        if until is not None and not news.is_over(work, message):
            waits = delivery.put_off(work, message, until)
            work.commit()
            raise _Later if waits else _Busy
        try:
            values = self._still_true(work, message)
            known = values | self._secrets(work, message)
            rendered = self._words(work, message, contact, known)
        except _Ends as ends:
            delivery.end(work, message, ends.status, ends.reason)
            work.commit()
            message_reached(ends.status.value, message.urgency.name)
            return None
        self._wait_for_rate(message)
        if health is not None and circuit.is_down(health):
            circuit.probe(work, health)
        message = delivery.begin(work, message, values)
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
        )

    def _still_true(self, work: Work, message: Message) -> dict[str, Any]:
        """Return the message's variables as of now.

        Raises:
            _Ends: If it should not be sent, or not again.
        """
        if message.attempts >= delivery.most_attempts(message):
            raise _Ends(MessageStatus.FAILED, delivery.GIVEN_UP)
        if not consent.allows(work, message):
            raise _Ends(MessageStatus.DROPPED, "the person asked for no more messages")
        values = news.fresh_values(work, message)
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
            return delivery.secrets_of(work, message)
        except Unreadable:
            reason = "its code was encrypted with a key that is no longer in the settings"
            raise _Ends(MessageStatus.FAILED, reason) from None

    def _words(
        self, work: Work, message: Message, contact: Contact, values: dict[str, Any]
    ) -> Rendered:
        """Return the message in words, as text or as a template.

        Raises:
            _Ends: If there are no words for it.
        """
        conversation = work.get(Conversation, f"{message.sender}#{message.contact_id}")
        is_open = delivery.window_is_open(conversation, work.now) and not message.as_template
        language = message.language or contact.language or "en"
        try:
            if message.by_sms:
                return Rendered(self.parts.renderer.sms(message, values, language))
            return self.parts.renderer.render(message, values, language, window_open=is_open)
        except NoTemplate:
            reason = "outside the 24-hour window, and there is no template for it"
            raise _Ends(MessageStatus.FAILED, reason) from None
        except Exception as error:
            # Left in the outbox it would stop everybody's messages, again and again.
            log.exception("render_failed", messageId=message.message_id, error=type(error).__name__)
            raise _Ends(MessageStatus.FAILED, "it could not be put into words") from error

    def _wait_for_rate(self, message: Message) -> None:
        line = circuit.line_of(message)
        if not self.parts.rates.take_pair(line, message.contact_id):
            self._settle(message, delivery.postpone)
            raise _Later
        wait = self.parts.rates.take(line)
        if wait is None:
            raise _Busy
        time.sleep(wait)

    def _settle(self, message: Message, change: Callable[[Work, Message], None]) -> Message | None:
        """Write what became of a message, whatever statuses came meanwhile; return it as it is.

        If that cannot be written now the row stays SENDING, which later counts as in doubt.
        """
        for _ in range(TRIES):
            work = self._work()
            line = circuit.line_of(message)
            work.fetch([(Message, (message.message_id,)), (SenderHealth, (line,))])
            current = work.get(Message, message.message_id)
            if current is None or current.attempts != message.attempts:
                return current
            change(work, current)
            try:
                work.commit()
            except Conflict:
                continue
            except StoreUnavailable:
                log.warning("settle_failed", messageId=message.message_id)
                return None
            settled = work.get(Message, message.message_id)
            if settled is not None and settled.status in _SETTLED:
                message_reached(settled.status.value, settled.urgency.name)
            return settled
        return None

    def _work(self) -> Work:
        return self.parts.open_work(SystemScope("deliver the outbox"))

    def _lease(self, shard: str) -> bool:
        try:
            return bool(
                self.parts.redis.set(f"lease:deliver:{shard}", 1, nx=True, px=LEASE_MILLISECONDS)
            )
        except RedisError:
            return True

    def _release(self, shard: str) -> None:
        with contextlib.suppress(RedisError):
            self.parts.redis.delete(f"lease:deliver:{shard}")


@dataclass(frozen=True)
class _End:
    """How far a chain came."""

    settled: int
    busy: bool = False
    """Whether what is left may go in a moment."""


class _Ends(PulseOpsError):
    """The message ends without being sent."""

    def __init__(self, status: MessageStatus, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


class _Later(PulseOpsError):
    """The message's moment has not come."""


class _Busy(_Later):
    """Its moment is near: the number has sent its share of this instant, or it changed its form."""


_OTHER_FORM = {ErrorClass.TEMPLATE, ErrorClass.LANGUAGE, ErrorClass.DOCUMENT}
_SETTLED = {MessageStatus.SENT, MessageStatus.FAILED, MessageStatus.DROPPED}
_UNSENT = {MessageStatus.QUEUED, MessageStatus.SENDING}
