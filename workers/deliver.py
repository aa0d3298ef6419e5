"""Sending what waits in the outbox: one shard at a time, urgent first (design, 3.6)."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial

import structlog
from redis.exceptions import RedisError

from bot.wiring import NoTemplate, Parts
from domain.actions import consent, delivery, news
from domain.channel import ErrorClass, Outbound, SendFailed, SendUnknown
from domain.errors import Conflict, PulseOpsError, StoreUnavailable
from domain.model.base import stamp
from domain.model.conversations import Conversation
from domain.model.messages import Message, MessageStatus, Outgoing, Urgency
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
                chains = self._due(shard)
                left = bool(chains)
                done = sum(self._pool.map(self._send_chain, chains))
                settled += done
                if not done:
                    break
        finally:
            self._release(shard)
        if left:
            self.parts.bell.ring("deliver", shard)
        return settled

    def _due(self, shard: str) -> list[list[Outgoing]]:
        """Return what may go now: a chain for each person and class, the urgent ones first."""
        chains: dict[tuple[str, str, str], list[Outgoing]] = {}
        work = self._work()
        until = stamp(work.now)
        for urgency, limit in READ.items():
            span = (f"{urgency}#", f"{urgency}#{until}~")
            for item in work.query(Outgoing, shard, between=span, limit=limit).records:
                chains.setdefault((urgency, item.sender, item.contact_id), []).append(item)
            if chains and urgency is Urgency.NOW:
                break
        return list(chains.values())

    def _send_chain(self, chain: list[Outgoing]) -> int:
        """Send one person's messages of one class in order, as far as they go now."""
        settled = 0
        for item in chain:
            if not self._send(item):
                break
            settled += 1
        return settled

    def _send(self, item: Outgoing) -> bool:
        """Send one message; False if it, and what follows it in its chain, must wait."""
        try:
            ready = self._prepare(item)
        except _Later:
            return False
        except Conflict:
            return False  # somebody else has it, or its token just changed: the next pass sees
        if ready is None:
            return True
        message, outbound = ready
        try:
            provider_id = self.parts.channel.send(outbound)
        except SendUnknown:
            self._settle(message, delivery.in_doubt)
            return False
        except SendFailed as failure:
            log.info("send_refused", code=failure.code, messageId=message.message_id)
            self._settle(message, partial(delivery.refused, failure=failure))
            return failure.kind in {ErrorClass.NEVER, ErrorClass.TEMPLATE}
        self._settle(message, partial(delivery.accepted, provider_id=provider_id))
        if message.reply_to:
            self.parts.channel.mark_read(message.sender, message.reply_to)
        return True

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
            ]
        )
        message = work.get(Message, item.message_id)
        contact = work.get(Contact, item.contact_id)
        if message is None or contact is None or message.status not in _UNSENT:
            work.delete(item)
            work.commit()
            return None
        if delivery.is_in_doubt(message, work.now):
            raise _Later
        if not consent.allows(work, message):
            self._drop(work, message, "the person asked for no more messages")
            return None
        values = news.fresh_values(work, message)
        if values is None:
            self._drop(work, message, "no longer true, or too late to help")
            return None
        conversation = work.get(Conversation, conversation_key)
        is_open = delivery.window_is_open(conversation, work.now) and not message.as_template
        language = message.language or contact.language or "en"
        try:
            rendered = self.parts.renderer.render(message, values, language, window_open=is_open)
        except NoTemplate:
            reason = "outside the 24-hour window, and there is no template for it"
            self._end(work, message, MessageStatus.FAILED, reason)
            return None
        self._wait_for_rate(message)
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
            template=rendered.template,
        )

    def _wait_for_rate(self, message: Message) -> None:
        if not self.parts.rates.take_pair(message.sender, message.contact_id):
            raise _Later
        wait = self.parts.rates.take(message.sender)
        if wait is None:
            raise _Later
        time.sleep(wait)

    def _drop(self, work: Work, message: Message, reason: str) -> None:
        self._end(work, message, MessageStatus.DROPPED, reason)

    def _end(self, work: Work, message: Message, status: MessageStatus, reason: str) -> None:
        delivery.end(work, message, status, reason)
        work.commit()

    def _settle(self, message: Message, change: Callable[[Work, Message], None]) -> None:
        """Write what became of a message, whatever statuses came meanwhile.

        If that cannot be written now the row stays SENDING, which later counts as in doubt.
        """
        for _ in range(TRIES):
            work = self._work()
            current = work.get(Message, message.message_id)
            if current is None or current.attempts != message.attempts:
                return
            change(work, current)
            try:
                work.commit()
            except Conflict:
                continue
            except StoreUnavailable:
                log.warning("settle_failed", messageId=message.message_id)
            return

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


class _Later(PulseOpsError):
    """The message's moment has not come."""


_UNSENT = {MessageStatus.QUEUED, MessageStatus.SENDING}
