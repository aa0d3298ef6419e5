"""Who moves a line, what they saw, and what its state allows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.actors import Actor
from domain.errors import LineMoved, NotNow
from domain.model.queues import (
    Move,
    Queue,
    QueueStatus,
)
from domain.rules import (
    MOVE_TOLERANCE_SECONDS,
    OTHERS_MOVE_SECONDS,
)
from domain.work import Work


@dataclass(frozen=True)
class SeenState:
    """What the person who moves the line had before their eyes (invariant I2).

    A button names the token that was CURRENT (`button` True; None: nobody was). Typed words carry
    the instant they were written.
    """

    button: bool = False
    current: str | None = None
    written_at: datetime | None = None


STATES: dict[tuple[QueueStatus, str], QueueStatus] = {
    (QueueStatus.SCHEDULED, "start"): QueueStatus.ACTIVE,
    (QueueStatus.ACTIVE, "pause"): QueueStatus.PAUSED,
    (QueueStatus.ACTIVE, "emergency"): QueueStatus.EMERGENCY,
    (QueueStatus.PAUSED, "emergency"): QueueStatus.EMERGENCY,
    (QueueStatus.PAUSED, "resume"): QueueStatus.ACTIVE,
    (QueueStatus.EMERGENCY, "resume"): QueueStatus.ACTIVE,
    (QueueStatus.SCHEDULED, "close"): QueueStatus.CLOSED,
    (QueueStatus.ACTIVE, "close"): QueueStatus.CLOSED,
    (QueueStatus.PAUSED, "close"): QueueStatus.CLOSED,
    (QueueStatus.EMERGENCY, "close"): QueueStatus.CLOSED,
    (QueueStatus.ACTIVE, "next"): QueueStatus.ACTIVE,
    (QueueStatus.ACTIVE, "skip"): QueueStatus.ACTIVE,
    (QueueStatus.ACTIVE, "undo"): QueueStatus.ACTIVE,
}
"""The life of a line; what is not here is refused and changes nothing."""


def require_current_view(work: Work, queue: Queue, actor: Actor, saw: SeenState) -> None:
    """Refuse a move made on an old view of the line (invariant I2).

    Raises:
        LineMoved: With who did what.
    """
    last = queue.last_move
    if saw.button:
        if queue.current_token != saw.current:
            raise _line_moved(queue)
        return
    if last is None:
        return
    if saw.written_at is not None:
        latest = saw.written_at + timedelta(seconds=MOVE_TOLERANCE_SECONDS)
        if last.at > latest:
            raise _line_moved(queue)
    others = work.now - last.at < timedelta(seconds=OTHERS_MOVE_SECONDS)
    if others and last.by != actor.user_id:
        raise _line_moved(queue)


def state_after(queue: Queue, action: str) -> QueueStatus:
    """Return the state of a line after *action*.

    Raises:
        NotNow: If its state does not allow it.
    """
    status = STATES.get((queue.status, action))
    if status is None:
        raise NotNow(state=queue.status, action=action)
    return status


def not_undoable(queue: Queue) -> Move | None:
    """Keep who moved last and when, which later moves are judged by, but nothing to take back."""
    last = queue.last_move
    return last and Move(action="undo", by=last.by, by_name=last.by_name, at=last.at)


def _line_moved(queue: Queue) -> LineMoved:
    last = queue.last_move
    return LineMoved(
        by_name=last.by_name if last else None,
        action=last.action if last else None,
        at=last.at if last else None,
        current=queue.current_number,
    )
