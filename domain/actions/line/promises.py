"""Promised turns compared with actual ones."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.actions.booking import tokens
from domain.actions.delivery.freshness import round_instant
from domain.model.queues import Progress, Queue, Token
from domain.work import Work


@dataclass(frozen=True)
class Promise:
    """The first and the last range of instants that a patient was told for their turn."""

    token: Token
    first_told_at: datetime
    first_from: datetime
    first_to: datetime
    last_told_at: datetime
    last_from: datetime
    last_to: datetime

    @property
    def minutes_off(self) -> int | None:
        """Minutes by which the turn missed the first range, below 0 if it came earlier.

        0 if the promise was kept; None before the patient is called.
        """
        at = self.token.actual_time
        if at is None:
            return None
        if at < self.first_from:
            return -_minutes(self.first_from - at)
        return _minutes(at - self.first_to) if at > self.first_to else 0


@dataclass(frozen=True)
class DayOfPromises:
    """A day's promises in the order of the tokens' numbers."""

    promises: tuple[Promise, ...]

    @property
    def called(self) -> int:
        """How many of the patients with a promise have been called."""
        return sum(p.minutes_off is not None for p in self.promises)

    @property
    def kept(self) -> int:
        """How many of them were called within the first range they were told."""
        return sum(p.minutes_off == 0 for p in self.promises)

    @property
    def kept_percent(self) -> int | None:
        """Share of promises kept, in whole per cent rounded half up; None if none was called."""
        return (200 * self.kept + self.called) // (2 * self.called) if self.called else None


def promises_of_day(work: Work, queue: Queue) -> DayOfPromises:
    """Return the promises of a day's line, with ranges rounded as they were told."""
    known = {p.token_id: p for p in _progress(work, queue.queue_id)}
    found = (_promise(t, known.get(t.token_id)) for t in tokens.tokens_of_day(work, queue))
    return DayOfPromises(tuple(p for p in found if p is not None))


def _promise(token: Token, row: Progress | None) -> Promise | None:
    if row is None or row.first_told_at is None or row.told_at is None:
        return None
    if not (row.first_from and row.first_to and row.told_from and row.told_to):
        return None
    return Promise(
        token=token,
        first_told_at=row.first_told_at,
        first_from=round_instant(row.first_from, up=False),
        first_to=round_instant(row.first_to, up=True),
        last_told_at=row.told_at,
        last_from=round_instant(row.told_from, up=False),
        last_to=round_instant(row.told_to, up=True),
    )


def _minutes(off: timedelta) -> int:
    return -(-int(off.total_seconds()) // 60)


def _progress(work: Work, queue_id: str) -> Iterable[Progress]:
    after = None
    while True:
        page = work.query(Progress, queue_id, limit=400, after=after)
        yield from page.records
        after = page.after
        if after is None:
            return
