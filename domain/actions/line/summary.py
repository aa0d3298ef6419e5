"""The sums of a day, as who closes it reads them."""

from __future__ import annotations

from dataclasses import dataclass

from domain.due import tokens_of
from domain.model.queues import WAITING, Queue, Token, TokenStatus
from domain.model.visits import Rating
from domain.work import Work

ABSENT = frozenset({TokenStatus.SKIPPED, TokenStatus.NO_SHOW})


@dataclass(frozen=True)
class DaySummary:
    """How a doctor's day went."""

    seen: int
    absent: int
    """Called and not there."""
    left: int
    """Who still waits, or waited when the line was closed."""
    late_minutes: int | None
    """How long after their planned times patients were called in, on average; None: nobody was."""
    rating: float | None
    """The mean of the stars given so far, to one place; None: none were."""
    collected_paise: int
    """What was paid for those seen, online and at the desk."""


def day_summary(work: Work, queue: Queue) -> DaySummary:
    """Return the sums of a line's day as they are now."""
    tokens = list(tokens_of(work, queue.queue_id))
    seen = [t for t in tokens if t.status in {TokenStatus.COMPLETED, TokenStatus.CURRENT}]
    stars = [r.stars for r in work.query(Rating, queue.queue_id, limit=400).records]
    return DaySummary(
        seen=len(seen),
        absent=sum(t.status in ABSENT for t in tokens),
        left=sum(t.status in WAITING for t in tokens),
        late_minutes=_mean_lateness(seen),
        rating=round(sum(stars) / len(stars), 1) if stars else None,
        collected_paise=sum(t.paid_paise + t.collected_paise for t in seen),
    )


def _mean_lateness(seen: list[Token]) -> int | None:
    """Return the mean of how late patients were called in, in minutes; early counts as on time."""
    late = [
        max(0.0, (t.actual_time - t.estimated_time).total_seconds())
        for t in seen
        if t.actual_time is not None and t.source != "WALK_IN"
    ]
    return round(sum(late) / len(late) / 60) if late else None
