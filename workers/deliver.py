"""Sending what waits in the outbox: one shard at a time, urgent first (design, 3.6)."""

from __future__ import annotations

import contextlib
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Condition

import structlog
from redis.exceptions import RedisError

from bot.wiring import Parts
from domain.actions.delivery import states
from domain.actions.messages import outbox
from domain.errors import PulseOpsError
from domain.model.base import stamp
from domain.model.messages import Outgoing, Urgency
from domain.scopes import SystemScope
from workers.sending import Sending, SendOutcome, SendResult

SLICE_SECONDS = 0.5
"""A drain begins calls for so long at most and is rung again for what is left."""
LEASE_MILLISECONDS = 2000
"""Some more than a slice: whoever is killed in it keeps the others away for no longer."""
ROUND_SECONDS = 0.02
"""How soon a drain looks again for what is due while calls are under way."""
THREADS = 64
ROOM = {Urgency.NOW: THREADS, Urgency.NEWS: 52, Urgency.BULK: 40}
"""Another call of a class begins while fewer than this are under way: however many of the others
never get an answer, the urgent find room. 80 a second at up to half a second a call."""
LONGEST_WAIT_SECONDS = {Urgency.NOW: 0.1, Urgency.NEWS: 0.075, Urgency.BULK: 0.05}
"""How far ahead a class may book its number's rate: the rest of its tenth of a second is the
urgent's."""
READ = {Urgency.NOW: 200, Urgency.NEWS: 60, Urgency.BULK: 60}
"""How many waiting messages are read of each class at a time."""
ORDER = timedelta(seconds=2)
"""A person's later messages wait this long at most for an earlier one: for its answer, or until it
goes again. After that they are worth more now than in their order."""
OrderKey = tuple[str, str, Urgency]
"""Sending number, contact and class: what is in a lane goes in order, one after another."""
log = structlog.get_logger()


@dataclass
class _Drain:
    """One run over a shard; what it began may land after it is over."""

    shard: str
    until: float
    """When it begins nothing more, on the monotonic clock."""
    waiting: set[OrderKey] = field(default_factory=set)
    """What is not to be tried again in this run."""
    aloft: int = 0
    settled: int = 0
    over: bool = False
    broke: BaseException | None = None


@dataclass(frozen=True)
class _Round:
    """What one look at what is due came to."""

    begun: int
    refused: bool
    """Whether a number had no moment left for something."""
    more: bool
    """Whether there was no room for something, or not everything was read."""


@dataclass
class Deliverer:
    """Drains shards of the outbox; one a process, as its threads are shared.

    A call that gets no answer holds up what follows it to the same person, and nobody else.
    """

    parts: Parts
    _pool: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(THREADS, thread_name_prefix="send")
    )
    slice_seconds: float = SLICE_SECONDS
    _drainers: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(outbox.SHARDS, thread_name_prefix="drain")
    )
    _begun: dict[str, Future[None]] = field(default_factory=dict)
    _changed: Condition = field(default_factory=Condition)
    _aloft: int = 0
    _lanes: dict[OrderKey, tuple[str, datetime]] = field(default_factory=dict)
    """Where something is under way in this process: what went last, and when."""

    def __post_init__(self) -> None:
        self._sending = Sending(self.parts)

    def begin(self, shard: str) -> None:
        """Have *shard* drained beside whatever else is done here, unless it is being drained."""
        with self._changed:
            running = self._begun.get(shard)
            if running is None or running.done():
                self._begun[shard] = self._drainers.submit(self._drain_alone, shard)

    def _drain_alone(self, shard: str) -> None:
        try:
            self.drain(shard)
        except PulseOpsError as error:
            log.warning("drain_failed", shard=shard, error=type(error).__name__)
        except Exception as error:
            log.exception("drain_broke", shard=shard, error=type(error).__name__)

    def drain(self, shard: str) -> int:
        """Send what is due in *shard* for a slice of time; return how many rows were settled.

        What was begun and has no answer by then goes on by itself. Another process that drains the
        same shard makes this return at once; that lease only saves work, for a message is sent by
        whoever marks it SENDING first.

        Raises:
            StoreUnavailable: If what is due cannot be read.
        """
        if not self._lease(shard):
            return 0
        drain = _Drain(shard, time.monotonic() + self.slice_seconds)
        try:
            is_left = self._rounds(drain)
        finally:
            with self._changed:
                drain.over = True
            self._release(shard)
        # Whoever rang since the last look was turned away, as the shard was being drained.
        if is_left or self._next(drain, Urgency.NOW)[0]:
            self.parts.bell.ring("deliver", shard)
        return drain.settled

    def _rounds(self, drain: _Drain) -> bool:
        """Look for what is due and begin it, until nothing is; return whether anything is left."""
        while True:
            aloft = drain.aloft
            done = self._round(drain)
            if not (aloft or done.begun or done.refused or done.more):
                return False
            if time.monotonic() >= drain.until:
                return done.refused or done.more
            if done.refused:
                time.sleep(ROUND_SECONDS)
            else:
                with self._changed:
                    self._changed.wait_for(lambda: not drain.aloft, ROUND_SECONDS)
            if drain.broke is not None:
                raise drain.broke

    def _round(self, drain: _Drain) -> _Round:
        begun = 0
        more = False
        refused: set[str] = set()
        for urgency, room in ROOM.items():
            items, is_cut = self._next(drain, urgency)
            more = more or is_cut
            for item in items:
                if self._aloft >= room:
                    more = True
                    break
                if item.sender in refused:
                    continue
                wait = self.parts.rates.take(item.sender, LONGEST_WAIT_SECONDS[urgency])
                if wait is None:
                    refused.add(item.sender)
                    continue
                self._start(drain, item, urgency, wait)
                begun += 1
        return _Round(begun, bool(refused), more)

    def _next(self, drain: _Drain, urgency: Urgency) -> tuple[list[Outgoing], bool]:
        """Return the message of each person that may go now, and whether there may be others.

        Whoever has an earlier message that went under way, or goes again, in this moment waits for
        it, so that words come in their order.
        """
        with self._changed:  # before reading, as what lands in between is read as it was
            recent = self.parts.clock.now() - ORDER
            taken = {lane for lane, (_, went_at) in self._lanes.items() if went_at > recent}
            taken |= drain.waiting
        work = self.parts.open_work(SystemScope("see what waits to be sent"))

        def places(low: str, high: datetime) -> list[Outgoing]:
            span = (f"{urgency}#{low}", f"{urgency}#{stamp(high)}~")
            return work.query(Outgoing, drain.shard, between=span, limit=READ[urgency]).records

        items = places("", work.now)
        if not items:
            return [], False
        begun = work.now + states.CALLED  # elsewhere, in this moment
        for item in places(f"{stamp(work.now)}~", work.now + ORDER) + places(
            stamp(begun - ORDER), begun
        ):
            taken.add((item.sender, item.contact_id, urgency))
        first: dict[OrderKey, Outgoing] = {}
        for item in sorted(items, key=lambda item: item.written):
            first.setdefault((item.sender, item.contact_id, urgency), item)
        free = [item for lane, item in first.items() if lane not in taken]
        return free, len(items) == READ[urgency]

    def _start(self, drain: _Drain, item: Outgoing, urgency: Urgency, wait: float) -> None:
        lane = (item.sender, item.contact_id, urgency)
        with self._changed:
            self._lanes[lane] = item.message_id, self.parts.clock.now()
            self._aloft += 1
            drain.aloft += 1
        self._pool.submit(self._fly, drain, item, lane, time.monotonic() + wait)

    def _fly(self, drain: _Drain, item: Outgoing, lane: OrderKey, goes_at: float) -> None:
        try:
            sent = self._send(drain, item, lane, goes_at)
            if sent.message is None:
                self.parts.rates.give_back(item.sender)
            self._sending.mark_read(sent)
        finally:
            with self._changed:
                self._aloft -= 1
                drain.aloft -= 1
                self._changed.notify_all()

    def _send(self, drain: _Drain, item: Outgoing, lane: OrderKey, goes_at: float) -> SendResult:
        """Send one message at its moment, and then let what follows it in its lane go."""
        sent = SendResult(SendOutcome.LATER)
        try:
            time.sleep(max(0.0, goes_at - time.monotonic()))
            sent = self._sending.send(item)
        except PulseOpsError as error:
            log.warning("send_failed", messageId=item.message_id, error=type(error).__name__)
        except Exception as error:
            log.exception("send_broke", messageId=item.message_id, error=type(error).__name__)
        except BaseException as error:
            drain.broke = error
            raise
        finally:
            self._land(drain, item, lane, sent.outcome)
        return sent

    def _land(self, drain: _Drain, item: Outgoing, lane: OrderKey, outcome: SendOutcome) -> None:
        with self._changed:
            if self._lanes.get(lane, ("",))[0] == item.message_id:  # else another has followed it
                del self._lanes[lane]
            if outcome is SendOutcome.LATER:
                drain.waiting.add(lane)
            elif outcome is not SendOutcome.AGAIN:
                drain.settled += 1
            is_over = drain.over
        if is_over and outcome is not SendOutcome.LATER:
            self.parts.bell.ring("deliver", drain.shard)

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
