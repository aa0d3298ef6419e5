"""What must hold before a line changes: the state it is in, and what the actor saw of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.actors import Actor
from domain.errors import CalledJustNow, LineMoved, NotNow
from domain.line_context import LineContext
from domain.model.queues import (
    Move,
    Queue,
    QueueStatus,
)
from domain.rules import (
    MOVE_TOLERANCE_SECONDS,
    OTHERS_MOVE_SECONDS,
    REPEAT_SECONDS,
)


@dataclass(frozen=True)
class SeenState:
    """What the person who moves the line saw of it (invariant I2)."""

    button: bool = False
    """True for a button, which names the token that was CURRENT when it was shown."""
    current: str | None = None
    """That token; None: nobody was being served."""
    written_at: datetime | None = None
    """When typed words were written."""


STATES: dict[tuple[QueueStatus, str], QueueStatus] = {
    (QueueStatus.SCHEDULED, "start"): QueueStatus.ACTIVE,
    (QueueStatus.ACTIVE, "pause"): QueueStatus.PAUSED,
    (QueueStatus.ACTIVE, "emergency"): QueueStatus.EMERGENCY,
    (QueueStatus.PAUSED, "change-pause"): QueueStatus.PAUSED,
    (QueueStatus.PAUSED, "emergency"): QueueStatus.EMERGENCY,
    (QueueStatus.PAUSED, "resume"): QueueStatus.ACTIVE,
    (QueueStatus.EMERGENCY, "resume"): QueueStatus.ACTIVE,
    (QueueStatus.SCHEDULED, "close"): QueueStatus.CLOSED,
    (QueueStatus.ACTIVE, "close"): QueueStatus.CLOSED,
    (QueueStatus.PAUSED, "close"): QueueStatus.CLOSED,
    (QueueStatus.EMERGENCY, "close"): QueueStatus.CLOSED,
    (QueueStatus.SCHEDULED, "late"): QueueStatus.SCHEDULED,
    (QueueStatus.ACTIVE, "late"): QueueStatus.ACTIVE,
    (QueueStatus.ACTIVE, "next"): QueueStatus.ACTIVE,
    (QueueStatus.ACTIVE, "skip"): QueueStatus.ACTIVE,
    (QueueStatus.ACTIVE, "undo"): QueueStatus.ACTIVE,
}
STATES |= {
    (status, action): status
    for status in QueueStatus
    for action in ("stop-booking", "allow-booking")
    if status is not QueueStatus.CLOSED
}
"""The states of a line after each action; a pair that is not listed is refused."""


def require_current_view(line: LineContext, actor: Actor, saw: SeenState) -> None:
    """Refuse a move made on an old view of the line (optimistic concurrency, invariant I2).

    A button must name the token that is served now. Words must have been written after the last
    move, and not within OTHERS_MOVE_SECONDS of a move by somebody else.

    Raises:
        LineMoved: If the view is old; its details say who did what, and when.
    """
    last = line.queue.last_move
    if not saw.button and last is not None and last.action in STEPS:
        return  # words for a call mean the same before and after it
    require_seen(line, actor, saw)


STEPS = frozenset({"pause", "resume", "close", "reopen", "stop-booking", "allow-booking"})
"""Moves that change the state of the line and call nobody."""


def require_seen(line: LineContext, actor: Actor, saw: SeenState) -> None:
    """Refuse what would take back a move that the actor did not see; see `require_current_view`.

    Raises:
        LineMoved: If the view is old.
    """
    queue = line.queue
    last = queue.last_move
    if saw.button:
        if queue.current_token != saw.current:
            raise _moved(queue)
        return
    if last is None:
        return
    if saw.written_at is not None:
        latest = saw.written_at + timedelta(seconds=MOVE_TOLERANCE_SECONDS)
        if last.at > latest:
            raise _moved(queue)
    just_moved = line.now - last.at < timedelta(seconds=OTHERS_MOVE_SECONDS)
    if just_moved and last.by != actor.user_id:
        raise _moved(queue)


def require_no_repeat(line: LineContext, saw: SeenState) -> None:
    """Refuse typed words written within REPEAT_SECONDS of the move that called somebody in.

    They may be the same words sent twice, and a second call would pass over the patient who is on
    the way to the room. A button names what it saw, and the API is called by programs: both go on.

    Raises:
        CalledJustNow: If so; its details say who did what, and when.
    """
    last = line.queue.last_move
    if saw.written_at is None or last is None or last.called is None:
        return
    if saw.written_at - last.at < timedelta(seconds=REPEAT_SECONDS):
        raise _moved(line.queue, CalledJustNow)


def state_after(queue: Queue, action: str) -> QueueStatus:
    """Return the state of a line after *action*.

    Raises:
        NotNow: If the state of the line does not allow it (see STATES).
    """
    status = STATES.get((queue.status, action))
    if status is None:
        raise NotNow(state=queue.status, action=action)
    return status


def not_undoable(queue: Queue) -> Move | None:
    """Return the last move without what `undo` needs: by whom and when, for later moves."""
    last = queue.last_move
    return last and Move(action="undo", by=last.by, by_name=last.by_name, at=last.at)


def _moved(queue: Queue, refusal: type[LineMoved] = LineMoved) -> LineMoved:
    """Return the refusal that says who moved the line last, how and when, and who is in since."""
    last = queue.last_move
    return refusal(
        by_name=last.by_name if last else None,
        action=last.action if last else None,
        at=last.at if last else None,
        current=queue.current_number,
    )
