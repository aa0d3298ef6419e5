"""Undo: what staff did last to a line is taken back; those who were told are told again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from domain import due
from domain.actions.booking import desk, history
from domain.actions.line import calling, lifecycle, reopening, sales
from domain.actions.line.calling import CALLS, MoveResult
from domain.actions.line.preconditions import SeenState, require_seen
from domain.actors import Actor, Remark
from domain.closing import can_reopen
from domain.errors import NothingToUndo
from domain.line_context import LineContext
from domain.model.queues import HistoryEntry, Move, Queue, QueueStatus, Token, TokenStatus
from domain.rules import TAKEN_BACK_MINUTES

LOOKED_BACK = 50
"""Entries of the history that are looked through for a walk-in."""
WITHIN = timedelta(minutes=TAKEN_BACK_MINUTES)


@dataclass(frozen=True)
class Undone:
    """What was taken back, and the line after it."""

    action: str
    """next, skip, pause, resume, close, stop-booking, allow-booking or add."""
    moved: MoveResult
    token: Token | None = None
    """The walk-in that was taken back."""


def undo(line: LineContext, actor: Actor, saw: SeenState) -> Undone:
    """Take back the last of: a call, a pause, a resume, a close, a stop of bookings, a walk-in.

    A call can be taken back as long as nothing later moved the line; the others within ten minutes
    besides, and a walk-in by who added them, before they are called. Those who were told are told
    again. Source: specification notes.

    Raises:
        NothingToUndo: If there is nothing, or its time is over.
        LineMoved: If the line is not as the actor saw it.
    """
    last = line.queue.last_move
    added = _walk_in_since(line, actor, last)
    if added is not None:
        return _take_back_walk_in(line, actor, added)
    if last is not None and last.action in CALLS:
        return Undone(last.action, calling.undo(line, actor, saw))
    if last is None or line.now - last.at > WITHIN:
        raise NothingToUndo(state=line.queue.status)
    require_seen(line, actor, saw)
    return Undone(last.action, MoveResult(_take_back_step(line, actor, last), None, None))


def _take_back_step(line: LineContext, actor: Actor, last: Move) -> Queue:
    """Take back an action that changed the state of the line; return its head."""
    match last.action:
        case "close" if can_reopen(line.queue, line.now):
            return reopening.reopen(line, actor)
        case "pause" if line.queue.status is QueueStatus.PAUSED:
            return _take_back_pause(line, actor, last)
        case "resume" if line.queue.status is QueueStatus.ACTIVE:
            return _take_back_resume(line, actor, last)
        case "stop-booking":
            return sales.allow_booking(line, actor)
        case "allow-booking":
            return sales.stop_booking(line, actor)
    raise NothingToUndo(state=line.queue.status)


def _take_back_pause(line: LineContext, actor: Actor, last: Move) -> Queue:
    """Let the line go on, or let the pause be as long as it was said before."""
    was_paused = last.status is QueueStatus.PAUSED
    queue = _go_back(line, actor, last, paused_at=line.now if was_paused else line.queue.paused_at)
    if was_paused:
        lifecycle.tell_halted(line.work, queue, actor)
    else:
        due.schedule_fan_out(line.work, "moved", queue, reason="resumed")
    return queue


def _take_back_resume(line: LineContext, actor: Actor, last: Move) -> Queue:
    """Let the line be halted as it was; those who wait hear of it again."""
    expected = last.resume_expected_at
    until = expected if expected and expected > line.now else None
    queue = _go_back(line, actor, last, paused_at=line.now, resume_expected_at=until)
    lifecycle.tell_halted(line.work, queue, actor)
    return queue  # the question whether to go on is still due at its time


def _go_back(line: LineContext, actor: Actor, last: Move, **otherwise: datetime | None) -> Queue:
    """Write the head as it was before *last*, but for what is *otherwise*; return it."""
    before = {"pause_reason": last.pause_reason, "resume_expected_at": last.resume_expected_at}
    queue = line.work.put(
        line.queue.but(
            **(before | otherwise),
            status=last.status,
            last_move=lifecycle.step(line, actor, "undo"),
            updated_at=line.now,
        )
    )
    history.log_line(line.work, queue, "undo", actor, detail=last.action)
    return queue


def _walk_in_since(line: LineContext, actor: Actor, last: Move | None) -> Token | None:
    """Return the walk-in that *actor* added last, within ten minutes and after the *last* move."""
    work, queue = line.work, line.queue
    entries = work.query(HistoryEntry, queue.queue_id, limit=LOOKED_BACK, descending=True).records
    for entry in entries:
        if line.now - entry.at > WITHIN or (last is not None and entry.at <= last.at):
            return None
        if entry.action == "add" and entry.by == actor.user_id and entry.token_id is not None:
            token = work.get(Token, queue.queue_id, entry.token_id)
            return token if token and token.status is TokenStatus.ARRIVED else None
    return None


def _take_back_walk_in(line: LineContext, actor: Actor, token: Token) -> Undone:
    """Cancel a walk-in who was added by mistake, and tell them, if they were told."""
    remark = Remark(lifecycle.ADDED_BY_MISTAKE)
    ended = desk.cancel_for_patient(line.work, line.clinic, line.doctor, token, actor, remark)
    return Undone("add", MoveResult(line.queue, None, None), ended)
