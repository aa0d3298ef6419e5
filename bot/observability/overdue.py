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
REMEMBERED_SECONDS = 5.0
"""How long an answer is reused: each asks for one item of every shard."""


class WorkOverdue(PulseOpsError):
    """Something that people wait for has not been done in time."""


def overdue_probe(open_work: Callable[[], Work]) -> Callable[[], None]:
    """Return a probe that measures what waits, and raises `WorkOverdue` if it has waited too long.

    It measures what is done at once unless something is wrong: messages that a person waits for,
    and due items that need no gateway and no seconds of work. Others may wait under load, such as a
    broadcast at the rate of its number.
    """
    lock = threading.Lock()
    last: list[tuple[float, float]] = []

    def measure() -> float:
        work = open_work()
        waits = {
            "message": [
                outbox.oldest_waiting(work, f"{n:02d}", Urgency.NOW) for n in range(outbox.SHARDS)
            ],
            "due": [due.oldest_due(work, f"{n:02d}") for n in range(ORDINARY_SHARDS)],
        }
        seconds = {kind: _seconds_since(found, work.now) for kind, found in waits.items()}
        for kind, waited in seconds.items():
            metrics.set_longest_wait(kind, waited)
        return max(seconds.values())

    def ask() -> None:
        with lock:
            now = time.monotonic()
            if not last or now - last[-1][0] > REMEMBERED_SECONDS:
                last[:] = [(now, measure())]
        if last[-1][1] > MOST_SECONDS:
            raise WorkOverdue

    return ask


def _seconds_since(instants: list[datetime | None], now: datetime) -> float:
    """Return how long ago the earliest of *instants* was, in seconds; 0 if there is none."""
    found = [instant for instant in instants if instant is not None]
    return max(0.0, (now - min(found)).total_seconds()) if found else 0.0
