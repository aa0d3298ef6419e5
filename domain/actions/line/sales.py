"""Whether patients can still book a day: staff stop it, and allow it again."""

from __future__ import annotations

from datetime import datetime

from domain.actions.booking import history
from domain.actions.booking.queues import ensure_queue
from domain.actions.line.lifecycle import step
from domain.actions.line.preconditions import state_after
from domain.actors import Actor
from domain.line_context import LineContext
from domain.model.queues import Queue


def stop_booking(line: LineContext, actor: Actor) -> Queue:
    """Let patients book no more of this day; what is booked stands, and staff can add people.

    May be repeated.

    Raises:
        NotNow: If the line is closed.
    """
    return _allow_booking(line, actor, "stop-booking", line.now)


def allow_booking(line: LineContext, actor: Actor) -> Queue:
    """Let patients book this day again. May be repeated.

    Raises:
        NotNow: If the line is closed.
    """
    return _allow_booking(line, actor, "allow-booking", None)


def _allow_booking(
    line: LineContext, actor: Actor, action: str, stopped_at: datetime | None
) -> Queue:
    status = state_after(line.queue, action)
    queue = ensure_queue(line.work, line.queue)
    if (queue.sales_stopped_at is None) == (stopped_at is None):
        return queue
    queue = line.work.put(
        queue.but(
            status=status,
            sales_stopped_at=stopped_at,
            last_move=step(line, actor, action),
            updated_at=line.now,
        )
    )
    history.log_line(line.work, queue, action, actor)
    return queue
