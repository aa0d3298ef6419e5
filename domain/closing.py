"""A close that can still be taken back: until when, and what people may be told of it."""

from __future__ import annotations

from datetime import datetime, timedelta

from domain.model.queues import Queue, QueueStatus
from domain.rules import TAKEN_BACK_MINUTES, UNSEEN_SECONDS


def can_reopen(queue: Queue, now: datetime) -> bool:
    """Return whether a line was closed by staff, as its last move, in the last ten minutes.

    A close by the clock, for a day off or for a doctor who has left is not taken back.
    """
    last = queue.last_move
    return (
        queue.status is QueueStatus.CLOSED
        and last is not None
        and last.action == "close"
        and now - last.at <= timedelta(minutes=TAKEN_BACK_MINUTES)
    )


def is_unseen(queue: Queue, now: datetime) -> bool:
    """Return whether a line was closed by staff so lately that nobody is told yet."""
    return can_reopen(queue, now) and now < settles_at(queue)


def settles_at(queue: Queue) -> datetime:
    """Return from when a closed day is settled: people told, money returned or held.

    Raises:
        ValueError: If the line is not closed.
    """
    if queue.closed_at is None:
        raise ValueError("only a closed line is settled")
    last = queue.last_move
    by_staff = last is not None and last.action == "close"
    return queue.closed_at + timedelta(seconds=UNSEEN_SECONDS if by_staff else 0)


def as_told(queue: Queue, now: datetime) -> Queue:
    """Return a line as its patients may hear of it: a close that nobody is told of is not there."""
    last = queue.last_move
    if last is None or last.status is None or not is_unseen(queue, now):
        return queue
    return queue.but(status=last.status)
