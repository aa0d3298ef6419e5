"""Doing what is due: each item's handler, and aside what asks the gateway or takes long."""

from __future__ import annotations

from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from datetime import timedelta

import structlog

from bot.wiring import Parts
from domain.actions import due
from domain.errors import Conflict, StoreUnavailable
from domain.model.base import stamp
from domain.model.due import Due
from domain.scopes import SystemScope
from domain.work import Work
from workers.handlers import HANDLERS, HandlerContext

PASS = 100
"""Items taken in one pass; what is left rings again."""
TRIES = 8
LONGEST_BACKOFF_SECONDS = 600
log = structlog.get_logger()


@dataclass
class Doer:
    """Does what is due in a shard. Any number of them may run; each item acts once."""

    parts: Parts
    aside: Executor | None = None
    """Where what may take long is done, so that nothing else waits for it; without one, at once."""
    _asking: dict[str, Future[int]] = field(default_factory=dict)

    def run(self, shard: str) -> int:
        """Do everything due in *shard* now, at most PASS items; return how many were done.

        What is done aside is not counted, and goes on when this returns.
        """
        if self.aside is None or not due.is_aside(shard):
            return self._pass(shard)
        asking = self._asking.get(shard)
        if asking is None or asking.done():
            self._asking[shard] = self.aside.submit(self._aside, shard)
        return 0

    def _aside(self, shard: str) -> int:
        try:
            return self._pass(shard)
        except StoreUnavailable:
            return 0  # the clock rings again as long as anything is due

    def _pass(self, shard: str) -> int:
        work = self._work()
        items = work.query(Due, shard, between=("", f"{stamp(work.now)}~"), limit=PASS).records
        for item in items:
            self._do(item)
        if len(items) == PASS:
            self.parts.bell.ring("act", shard)
        return len(items)

    def _do(self, item: Due) -> None:
        for _ in range(TRIES):
            try:
                HANDLERS[item.kind](self._context(), item)
            except Conflict:
                if self._work().get(Due, item.shard, item.due) is None:
                    return  # another worker has done it
                continue
            except StoreUnavailable:
                return
            except Exception as error:
                log.exception("due_failed", job=item.kind, error=type(error).__name__)
                break
            else:
                return
        self._again(item)

    def _again(self, item: Due) -> None:
        """Put an item that failed back for later, so that what is due behind it goes on."""
        work = self._work()
        current = work.get(Due, item.shard, item.due)
        if current is None:
            return
        attempts = current.attempts + 1
        work.delete(current)
        seconds = min(LONGEST_BACKOFF_SECONDS, 2**attempts)
        at = work.now + timedelta(seconds=seconds)
        again = current.but(version=0, attempts=attempts, due=f"{stamp(at)}#{_name(current)}")
        work.put(again)
        try:
            work.commit()
        except (Conflict, StoreUnavailable):
            return

    def _context(self) -> HandlerContext:
        parts = self.parts
        return HandlerContext(self._work, parts.gateway, parts.documents, parts.files)

    def _work(self) -> Work:
        return self.parts.open_work(SystemScope("do what is due"))


def _name(item: Due) -> str:
    """Return kind and subject of an item, which its key ends with."""
    return item.due.split("#", 1)[1]
