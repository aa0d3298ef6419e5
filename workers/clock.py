"""`python -m workers.clock`: wakes a worker, once a second, for each shard that has work.

Any number of clocks may run, as each item acts once. While Redis is away the clock does the work
itself.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import structlog

from bot.wiring import Parts, exit_on_bad_setting
from domain import due
from domain.actions.messages import outbox
from domain.errors import PulseOpsError
from domain.model.due import SHARDS
from domain.model.messages import Urgency
from domain.scopes import SystemScope
from workers import catch_up, context

TICK_SECONDS = 1.0
PURGE_SECONDS = 600
CATCH_UP_SECONDS = 30
LOOK_SECONDS = 3
"""Two looks and a probe's own patience stay under ten seconds."""
log = structlog.get_logger()


class Ticker:
    """Rings for shards that have work; without Redis, does the work here."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._pool = ThreadPoolExecutor(4, thread_name_prefix="clock")
        self._acting: dict[str, Future[None]] = {}
        self._catching_up: Future[None] | None = None
        self._operator = parts.operator()
        self._watching: Future[None] | None = None

    def tick(self) -> None:
        """Ring for every shard that has something due now.

        Raises:
            StoreUnavailable: If the store does not answer.
        """
        for shard in (f"{n:02d}" for n in range(SHARDS)):
            if self._has_due_items(shard):
                self._wake("act", shard)
        for shard in (f"{n:02d}" for n in range(outbox.SHARDS)):
            if self._has_waiting_messages(shard):
                self._wake("deliver", shard)

    def catch_up(self) -> None:
        """Answer missed messages in the background, unless that is under way."""
        if self._catching_up is None or self._catching_up.done():
            self._catching_up = self._pool.submit(
                _run_logged, lambda: catch_up.catch_up(self._parts)
            )

    def watch(self) -> None:
        """Look whether all works, in the background, unless that is under way."""
        if self._watching is None or self._watching.done():
            self._watching = self._pool.submit(_run_logged, self._operator.look)

    def _has_due_items(self, shard: str) -> bool:
        work = self._parts.open_work(SystemScope("see what is due"))
        return due.oldest_due(work, shard) is not None

    def _has_waiting_messages(self, shard: str) -> bool:
        work = self._parts.open_work(SystemScope("see what waits to be sent"))
        return any(outbox.oldest_waiting(work, shard, u) is not None for u in Urgency)

    def _wake(self, job: str, shard: str) -> None:
        self._parts.bell.ring(job, shard)
        if self._parts.bell.is_heard:
            return
        if job == "deliver":
            context.deliverer().start_drain(shard)
            return
        begun = self._acting.get(shard)
        if begun is None or begun.done():  # one that takes longer than a tick does not pile up
            self._acting[shard] = self._pool.submit(
                _run_logged, lambda: context.due_runner().run(shard)
            )


def _run_logged(run: Callable[[], object]) -> None:
    try:
        run()
    except PulseOpsError as error:
        log.warning("clock_work_failed", error=type(error).__name__)
    except Exception as error:
        # Nobody reads the Future, so a fault of ours would go unseen. The next tick tries again.
        log.exception("clock_work_broke", error=type(error).__name__)


def main() -> None:
    """Tick until told to end."""
    with exit_on_bad_setting():
        parts = context.parts()
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    signal.signal(signal.SIGINT, lambda *_: ended.set())
    ticker = Ticker(parts)
    purge_at = time.monotonic() + PURGE_SECONDS
    catch_up_at = watch_at = 0.0
    while not ended.is_set():
        began = time.monotonic()
        if began >= watch_at:  # also while the store does not answer
            watch_at = began + LOOK_SECONDS
            ticker.watch()
        try:
            ticker.tick()
            if began >= catch_up_at:
                catch_up_at = began + CATCH_UP_SECONDS
                ticker.catch_up()
            if began >= purge_at:
                purge_at = began + PURGE_SECONDS
                parts.store.purge(1000)
        except PulseOpsError as error:
            log.warning("tick_failed", error=type(error).__name__)
        ended.wait(max(0.0, TICK_SECONDS - (time.monotonic() - began)))


if __name__ == "__main__":
    main()
