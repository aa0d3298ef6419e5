"""Draining the outbox, one shard at a time, urgent messages first (decision 0026)."""

from __future__ import annotations

import contextlib
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from threading import Condition

import structlog
from redis.exceptions import RedisError

from bot.wiring import Parts
from domain.actions.messages import outbox
from domain.errors import PulseOpsError
from domain.model.messages import Outgoing, Urgency
from domain.scopes import SystemScope
from workers.ready import ORDER_KEPT, OrderKey, Ready, order_key_of, read_ready
from workers.sending import Sending, SendOutcome, SendResult

SLICE_SECONDS = 0.5
"""How long a drain starts calls; it rings for what is left."""
LEASE_MILLISECONDS = 2000
"""Longer than a slice: a process that is killed during one keeps others away this long at most."""
ROUND_SECONDS = 0.02
"""How soon a drain reads again while calls are in flight."""
THREADS = 64
MOST_IN_FLIGHT = {Urgency.NOW: THREADS, Urgency.NEWS: 52, Urgency.BULK: 40}
"""A call of an urgency starts only while fewer than this are in flight in the process. The rest is
capacity reserved for the more urgent, even if no other call gets an answer: 80 messages a second at
up to half a second a call."""
LONGEST_WAIT_SECONDS = {Urgency.NOW: 0.1, Urgency.NEWS: 0.075, Urgency.BULK: 0.05}
"""How far ahead an urgency may book its number's rate; the rest is reserved for the more urgent."""
log = structlog.get_logger()


@dataclass
class _Drain:
    """One run over a shard; calls it started may finish after it is over."""

    shard: str
    deadline: float
    """When it stops starting calls, on the monotonic clock."""
    deferred: set[OrderKey] = field(default_factory=set)
    """What this run does not try again."""
    in_flight: int = 0
    settled: int = 0
    is_over: bool = False
    crash: BaseException | None = None
    """What ended a sending thread, raised again in the drain's own."""


@dataclass(frozen=True)
class _Round:
    """The result of one pass over the ready messages."""

    started: int
    is_rate_limited: bool
    """Whether the rate of a number left no room for a message."""
    has_more: bool
    """Whether all threads were taken, or more was due than is read at once."""

    @property
    def is_left(self) -> bool:
        """Whether anything is left that may be sent as soon as there is room."""
        return self.is_rate_limited or self.has_more


@dataclass
class Deliverer:
    """Drains shards of the outbox; one a process, as its threads are shared.

    A call without an answer holds up the messages that follow it to the same person, and no others
    (no head-of-line blocking).
    """

    parts: Parts
    _pool: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(THREADS, thread_name_prefix="send")
    )
    slice_seconds: float = SLICE_SECONDS
    _drain_pool: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(outbox.SHARDS, thread_name_prefix="drain")
    )
    _drains: dict[str, Future[None]] = field(default_factory=dict)
    """The last drain of each shard that was started in the background."""
    _changed: Condition = field(default_factory=Condition)
    """Guards all that follows, and every `_Drain`; notified when a call has finished."""
    _in_flight: int = 0
    _newest: dict[OrderKey, tuple[str, datetime]] = field(default_factory=dict)
    """Of each order key in flight in this process: the message that started last, and when."""

    def __post_init__(self) -> None:
        self._sending = Sending(self.parts)

    def start_drain(self, shard: str) -> None:
        """Drain *shard* in the background, unless it is being drained in this process."""
        with self._changed:
            running = self._drains.get(shard)
            if running is None or running.done():
                self._drains[shard] = self._drain_pool.submit(self._drain_logged, shard)

    def _drain_logged(self, shard: str) -> None:
        try:
            self.drain(shard)
        except PulseOpsError as error:
            log.warning("drain_failed", shard=shard, error=type(error).__name__)
        except Exception as error:
            # Nobody reads the Future, so a fault of ours would go unseen. The clock rings again.
            log.exception("drain_broke", shard=shard, error=type(error).__name__)

    def drain(self, shard: str) -> int:
        """Send what is due in *shard* for a slice of time; return how many messages were settled.

        Calls without an answer by then finish in the background. Returns 0 at once if another
        process drains the shard. That lease only saves work: a message is sent by the process that
        marks it SENDING first.

        Raises:
            StoreUnavailable: If what is due cannot be read.
        """
        if not self._take_lease(shard):
            return 0
        drain = _Drain(shard, time.monotonic() + self.slice_seconds)
        try:
            is_left = self._send_for_a_slice(drain)
        finally:
            with self._changed:
                drain.is_over = True
            self._release_lease(shard)
        # A ring since the last read had no effect, as the shard was leased.
        if is_left or self._read(drain, Urgency.NOW).items:
            self.parts.bell.ring("deliver", shard)
        return drain.settled

    def _send_for_a_slice(self, drain: _Drain) -> bool:
        """Read and start what may go, until all is finished or time is up; return what `is_left`.

        Raises:
            StoreUnavailable: If what is due cannot be read.
        """
        while True:
            were_in_flight = drain.in_flight  # before reading, as they may let others go
            done = self._start_ready(drain)
            if not (were_in_flight or done.started or done.is_left):
                return False
            if time.monotonic() >= drain.deadline:
                return done.is_left
            self._wait(drain, done)
            if drain.crash is not None:
                raise drain.crash

    def _wait(self, drain: _Drain, done: _Round) -> None:
        """Wait a round; without a rate limit, only until no call of *drain* is in flight."""
        if done.is_rate_limited:
            time.sleep(ROUND_SECONDS)
            return
        with self._changed:
            self._changed.wait_for(lambda: not drain.in_flight, ROUND_SECONDS)

    def _start_ready(self, drain: _Drain) -> _Round:
        """Start every message that is due, in its order, within the rate, and has a thread."""
        started = 0
        has_more = False
        busy: set[str] = set()
        for urgency, most in MOST_IN_FLIGHT.items():
            ready = self._read(drain, urgency)
            has_more = has_more or ready.is_cut
            for item in ready.items:
                if self._in_flight >= most:
                    has_more = True
                    break
                if item.sender in busy:
                    continue
                wait = self.parts.rates.take(item.sender, LONGEST_WAIT_SECONDS[urgency])
                if wait is None:
                    busy.add(item.sender)
                    continue
                self._start_send(drain, item, wait)
                started += 1
        return _Round(started, bool(busy), has_more)

    def _read(self, drain: _Drain, urgency: Urgency) -> Ready:
        with self._changed:  # before reading: a call that finishes meanwhile still holds its key
            since = self.parts.clock.now() - ORDER_KEPT
            held = {key for key, (_, started_at) in self._newest.items() if started_at > since}
            held |= drain.deferred
        work = self.parts.open_work(SystemScope("see what waits to be sent"))
        return read_ready(work, drain.shard, urgency, held)

    def _start_send(self, drain: _Drain, item: Outgoing, wait: float) -> None:
        with self._changed:
            self._newest[order_key_of(item)] = item.message_id, self.parts.clock.now()
            self._in_flight += 1
            drain.in_flight += 1
        self._pool.submit(self._run_send, drain, item, time.monotonic() + wait)

    def _run_send(self, drain: _Drain, item: Outgoing, send_at: float) -> None:
        """Send one message at *send_at* on the monotonic clock, in a thread of the pool."""
        try:
            result = self._send(drain, item, send_at)
            if result.message is None:
                self.parts.rates.give_back(item.sender)
            self._sending.mark_read(result)
        finally:
            with self._changed:
                self._in_flight -= 1
                drain.in_flight -= 1
                self._changed.notify_all()

    def _send(self, drain: _Drain, item: Outgoing, send_at: float) -> SendResult:
        """Send one message and release its order key, whatever the outcome."""
        result = SendResult(SendOutcome.LATER)
        try:
            time.sleep(max(0.0, send_at - time.monotonic()))
            result = self._sending.send(item)
        except PulseOpsError as error:
            log.warning("send_failed", messageId=item.message_id, error=type(error).__name__)
        except Exception as error:
            # A fault of ours in one message must not stop the others. Its row stays in the outbox.
            log.exception("send_broke", messageId=item.message_id, error=type(error).__name__)
        except BaseException as error:
            # The process is ending, so its drain must start nothing more.
            drain.crash = error
            raise
        finally:
            self._finish_send(drain, item, result.outcome)
        return result

    def _finish_send(self, drain: _Drain, item: Outgoing, outcome: SendOutcome) -> None:
        key = order_key_of(item)
        with self._changed:
            newest = self._newest.get(key)
            if newest is not None and newest[0] == item.message_id:  # else another has followed it
                del self._newest[key]
            if outcome is SendOutcome.LATER:
                drain.deferred.add(key)
            elif outcome is not SendOutcome.AGAIN:
                drain.settled += 1
            is_over = drain.is_over
        if is_over and outcome is not SendOutcome.LATER:
            self.parts.bell.ring("deliver", drain.shard)

    def _take_lease(self, shard: str) -> bool:
        try:
            return bool(
                self.parts.redis.set(f"lease:deliver:{shard}", 1, nx=True, px=LEASE_MILLISECONDS)
            )
        except RedisError:
            return True

    def _release_lease(self, shard: str) -> None:
        with contextlib.suppress(RedisError):
            self.parts.redis.delete(f"lease:deliver:{shard}")
