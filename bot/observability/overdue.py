"""How long work that should be done by now has waited: whether workers work, as people feel it.

A process that lives may still do nothing, such as a worker that cannot sign in to Redis. So the
store is asked what is overdue, and not the processes whether they live.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime

from bot.observability import metrics
from domain import due
from domain.actions.messages import outbox
from domain.errors import PulseOpsError
from domain.model.due import ORDINARY_SHARDS
from domain.model.messages import Urgency
from domain.work import Work

MOST_SECONDS = 15.0
"""Work that has waited longer is overdue. Workers begin within a second, even after a peak of a
thousand replies."""
STANDS_SECONDS = 5.0
"""A shard whose oldest work has stayed the same for so long is stuck: it goes on even in a peak."""
REMEMBERED_SECONDS = 2.0
"""How long an answer is reused: each asks for one item of every shard."""


KINDS = ("message", "due")


class WorkOverdue(PulseOpsError):
    """Something that people wait for has not been done in time."""


def overdue_probe(open_work: Callable[[], Work]) -> Callable[[], None]:
    """Return a probe that measures what waits, and raises `WorkOverdue` if it has waited too long.

    It measures what is done at once unless something is wrong: messages that a person waits for,
    and due items that need no gateway and no seconds of work. Others may wait under load, such as a
    broadcast at the rate of its number.
    """
    lock = threading.Lock()
    watched = _Watched()

    def ask() -> None:
        with lock:
            now = time.monotonic()
            if watched.looked_at is None or now - watched.looked_at > REMEMBERED_SECONDS:
                watched.look(open_work(), now)
        if watched.longest > MOST_SECONDS or watched.stands > STANDS_SECONDS:
            raise WorkOverdue

    return ask


class _Watched:
    """What waited when it was last looked at, and since when each shard has not gone on."""

    def __init__(self) -> None:
        self.looked_at: float | None = None
        self.longest = 0.0
        """Seconds that the oldest work has waited."""
        self.stands = 0.0
        """Seconds for which the oldest work of some shard has been the same."""
        self._heads: dict[str, tuple[datetime, float]] = {}

    def look(self, work: Work, now: float) -> None:
        """Measure; *now* is an instant of the monotonic clock."""
        heads = _oldest_of_each_shard(work)
        seen: dict[str, tuple[datetime, float]] = {}
        for shard, oldest in heads.items():
            before = self._heads.get(shard)
            seen[shard] = (oldest, before[1] if before and before[0] == oldest else now)
        self._heads = seen
        self.stands = max((now - since for _, since in seen.values()), default=0.0)
        self.longest = 0.0
        for kind in KINDS:
            instants = [oldest for shard, oldest in heads.items() if shard.startswith(kind)]
            waited = max((work.now - min(instants)).total_seconds(), 0.0) if instants else 0.0
            metrics.set_longest_wait(kind, waited)
            self.longest = max(self.longest, waited)
        self.looked_at = now


def _oldest_of_each_shard(work: Work) -> dict[str, datetime]:
    """Return since when the oldest work of each shard has waited; a shard's name has its kind."""
    found = {
        f"message {n}": outbox.oldest_waiting(work, f"{n:02d}", Urgency.NOW)
        for n in range(outbox.SHARDS)
    }
    found |= {f"due {n}": due.oldest_due(work, f"{n:02d}") for n in range(ORDINARY_SHARDS)}
    return {shard: oldest for shard, oldest in found.items() if oldest is not None}
