"""Doing due items: each by its handler, and those that may take long in threads of their own."""

from __future__ import annotations

from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

import structlog

from bot.wiring import Parts
from domain import due
from domain.errors import Conflict, StillConflicting, StoreUnavailable
from domain.model.base import stamp
from domain.model.due import Due, is_aside, takes_turns
from domain.scopes import SystemScope
from domain.transactions import retry_on_conflict
from domain.work import Work
from workers.handlers import HANDLERS, HandlerContext

PASS_LIMIT = 100
"""How many items one pass takes; it rings for the rest."""
TURN_PAGE = 200
TURN_PAGES = 10
"""How far a turn looks for clinics that have something due, behind what one clinic has piled up."""
LONGEST_BACKOFF_SECONDS = 600
log = structlog.get_logger()


@dataclass
class DueRunner:
    """Does what is due in a shard. Any number may run at once; each item acts once."""

    parts: Parts
    aside: Executor | None = None
    """Runs what may take long, so that nothing else waits for it; without one it runs at once."""
    _running: dict[str, Future[int]] = field(default_factory=dict)

    def run(self, shard: str) -> int:
        """Do everything due in *shard* now, at most PASS_LIMIT items; return how many were done.

        Items done aside are not counted, and go on when this returns.

        Raises:
            StoreUnavailable: If what is due cannot be read.
        """
        if self.aside is None or not is_aside(shard):
            return self._run_pass(shard)
        running = self._running.get(shard)
        if running is None or running.done():
            self._running[shard] = self.aside.submit(self._run_aside, shard)
        return 0

    def _run_aside(self, shard: str) -> int:
        try:
            return self._run_pass(shard)
        except StoreUnavailable:
            return 0  # the clock rings again as long as anything is due

    def _run_pass(self, shard: str) -> int:
        if takes_turns(shard):
            return self._run_in_turns(shard)
        work = self._work()
        items = work.query(
            Due, shard, between=("", f"{stamp(work.now)}~"), limit=PASS_LIMIT
        ).records
        for item in items:
            self._run_item(item)
        if len(items) == PASS_LIMIT:
            self.parts.bell.ring("act", shard)
        return len(items)

    def _run_in_turns(self, shard: str) -> int:
        """Do one item of each clinic at a time, and look anew what is due before the next round.

        So a clinic waits for one item of each other clinic, however many those have.
        """
        done = 0
        while done < PASS_LIMIT:
            items = self._next_of_each_clinic(shard)
            went_on = [self._run_item(item) for item in items]
            done += len(items)
            if not any(went_on):
                return done
        self.parts.bell.ring("act", shard)
        return done

    def _next_of_each_clinic(self, shard: str) -> list[Due]:
        """Return the oldest item of each clinic, as far as they are found within TURN_PAGES."""
        oldest: dict[str, Due] = {}
        work, after = self._work(), None
        for _ in range(TURN_PAGES):
            span = ("", f"{stamp(work.now)}~")
            page = work.query(Due, shard, between=span, limit=TURN_PAGE, after=after)
            for item in page.records:
                oldest.setdefault(item.clinic_id or "", item)
            after = page.after
            if after is None:
                break
        return list(oldest.values())

    def _run_item(self, item: Due) -> bool:
        """Do one item; defer it if it fails, or conflicts too often, so that the rest goes on.

        Return False if the store does not answer: then it stays where it is.
        """
        try:
            retry_on_conflict(partial(self._attempt, item))
        except StillConflicting:
            self._defer(item)
        except StoreUnavailable:
            return False
        except Exception as error:
            # A fault of ours in one handler must not stop the items after it.
            log.exception("due_failed", job=item.kind, error=type(error).__name__)
            self._defer(item)
        return True

    def _attempt(self, item: Due) -> None:
        """Run the item's handler, which commits in steps of its own.

        Raises:
            Conflict: If a commit lost and the item is still to be done.
        """
        try:
            HANDLERS[item.kind](self._context(), item)
        except Conflict:
            if self._work().get(Due, item.shard, item.due) is not None:
                raise
            # Else another worker has done it.

    def _defer(self, item: Due) -> None:
        work = self._work()
        current = work.get(Due, item.shard, item.due)
        if current is None:
            return
        seconds = min(LONGEST_BACKOFF_SECONDS, 2 ** (current.attempts + 1))
        due.reschedule(work, current, timedelta(seconds=seconds), at=current.at)
        try:
            work.commit()  # if it fails the item stays where it is, and the next pass does it
        except (Conflict, StoreUnavailable):
            return

    def _context(self) -> HandlerContext:
        parts = self.parts
        return HandlerContext(
            self._work,
            parts.gateway,
            parts.documents,
            parts.files,
            parts.media,
            parts.patient_files,
        )

    def _work(self) -> Work:
        return self.parts.open_work(SystemScope("do what is due"))
