"""In which order those who wait are called: by their places, but nobody waits for a late person.

A patient who said that they are late keeps their place. They are passed over as long as their time
is not up, they have not come, and somebody who is here stands behind them. So a late patient who
comes is called next if their place is the first. With nobody here behind them they are called in
their order, as anybody is.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from domain.model.queues import Waiting


def is_late(entry: Waiting, at: datetime) -> bool:
    """Return whether the patient is still away at the instant *at* because they are late."""
    return not entry.arrived and entry.late_until is not None and entry.late_until > at


def last_here(standing: Sequence[Waiting]) -> int:
    """Return the index of the last patient in *standing* who is here, or -1."""
    return max((n for n, entry in enumerate(standing) if entry.arrived), default=-1)


def in_call_order(standing: Sequence[Waiting], now: datetime) -> list[Waiting]:
    """Return *standing*, who wait by their places, in the order of being called *now*.

    It is the order of the calls if all were made at this instant: those who are late, and have
    somebody who is here behind them, come after the last of these.
    """
    end = last_here(standing) + 1
    passed = [entry for entry in standing[:end] if is_late(entry, now)]
    on_time = [entry for entry in standing[:end] if not is_late(entry, now)]
    return [*on_time, *passed, *standing[end:]]
