"""Calling patients in: next, skip and undo, which are the moves of a line."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from domain import due
from domain.actions.booking import history
from domain.actions.booking.places import first_called, waiting_in_order, waiting_of
from domain.actions.booking.seats import live_booking, write_live_booking
from domain.actions.line.consultations import (
    Ending,
    call_in,
    end_consultation,
    notify_next,
    payment_status_now,
)
from domain.actions.line.preconditions import (
    SeenState,
    require_current_view,
    require_no_repeat,
    state_after,
)
from domain.actions.messages.notices import notice_about
from domain.actions.messages.outbox import send
from domain.actions.payments import ledger
from domain.actions.people.associations import count_visit
from domain.actions.visits import visits
from domain.actors import SILENT, Actor, Remark
from domain.errors import NobodyWaiting, NothingToUndo
from domain.line_context import LineContext
from domain.model.messages import Guard
from domain.model.queues import (
    Move,
    Queue,
    QueueStatus,
    Token,
    TokenStatus,
    Waiting,
    number_text,
)
from domain.rules import KEPT_CONSULTATIONS

CALLS = frozenset({"next", "skip"})
"""Moves that call somebody in."""


@dataclass(frozen=True)
class MoveResult:
    """The line after a move: its head, who is in now, who is next."""

    queue: Queue
    current: Token | None
    following: Token | None


def call_next(line: LineContext, actor: Actor, saw: SeenState) -> MoveResult:
    """Complete the token being served and call in the first in line.

    With nobody waiting it only completes. A late person is passed over for somebody who is here.

    Raises:
        NotNow: Unless the line is ACTIVE.
        NobodyWaiting: If nobody waits and nobody is being served.
        LineMoved: If the line is not as the actor saw it; nothing has moved then.
        CalledJustNow: If the words may be the same `next` sent twice.
    """
    state_after(line.queue, "next")
    require_current_view(line, actor, saw)
    require_no_repeat(line, saw)
    return _call_first(line, actor, Ending(TokenStatus.COMPLETED))


def skip(line: LineContext, actor: Actor, saw: SeenState, remark: Remark = SILENT) -> MoveResult:
    """Mark the token that was called and did not come SKIPPED, and call in the first in line.

    Raises:
        NotNow: Unless the line is ACTIVE.
        NobodyWaiting: If nobody was called.
        LineMoved: If the line is not as the actor saw it; nothing has moved then.
        CalledJustNow: If the words may be the same command sent twice.
    """
    state_after(line.queue, "skip")
    require_current_view(line, actor, saw)
    require_no_repeat(line, saw)
    if line.queue.current_token is None:
        raise NobodyWaiting(state=line.queue.status)
    return _call_first(line, actor, Ending(TokenStatus.SKIPPED, remark=remark))


def _call_first(line: LineContext, actor: Actor, ending: Ending) -> MoveResult:
    """Call in the first in line, and say in the history which late people are passed over."""
    first_two, passed = first_called(line.work, line.queue.queue_id, 2)
    moved = advance(line, actor, ending, first_two)
    if passed:
        numbers = ", ".join(number_text(entry.number) for entry in passed)
        history.log_line(line.work, moved.queue, "pass-over", actor, detail=f"late: {numbers}")
    return moved


def undo(line: LineContext, actor: Actor, saw: SeenState) -> MoveResult:
    """Take back the last next or skip: the patient called in waits, the one before is served again.

    The visit opened and the balance collected by the move are taken back too, and the patient who
    was called is told. Bookings, check-ins and payments since do not prevent it; a later move,
    pause or close does.

    Raises:
        NothingToUndo: If there is no such move.
        LineMoved: If the line is not as the actor saw it.
    """
    queue = line.queue
    last = queue.last_move
    if last is None or last.action not in CALLS or queue.status is not QueueStatus.ACTIVE:
        raise NothingToUndo(state=queue.status)
    require_current_view(line, actor, saw)
    if last.called is not None:
        _return_called(line, last, last.called)
    current = return_left(line, last, last.left) if last.left is not None else None
    completed = last.left_status is TokenStatus.COMPLETED
    queue = line.work.put(
        _with_current(queue, current, last.left_since).but(
            consultations=queue.consultations[:-1] if completed else queue.consultations,
            last_move=Move(action="undo", by=actor.user_id, by_name=actor.name, at=line.now),
            updated_at=line.now,
        )
    )
    history.log_line(line.work, queue, "undo", actor, detail=last.action)
    due.schedule_fan_out(line.work, "moved", queue, reason="undone")
    return _result(line, queue, current, waiting_in_order(line.work, queue.queue_id, 1))


def _return_called(line: LineContext, last: Move, token_id: str) -> None:
    """Put the patient who was called in back in their place, and tell them."""
    work = line.work
    called = line.token(token_id)
    kept = visits.undo_open_visit(work, called)
    called = work.put(
        called.but(
            status=last.called_status or TokenStatus.CONFIRMED,
            place=last.called_place,
            actual_time=None,
            visit_id=kept,
            updated_at=work.now,
        )
    )
    work.put(waiting_of(called))
    notice = notice_about("news/not_yet", called, line.clinic, line.doctor, guard=Guard.WAITING)
    send(work, replace(notice, helps_until=work.now + timedelta(minutes=15)))


def return_left(line: LineContext, last: Move, token_id: str) -> Token | None:
    """Make the token that left in *last* the one being served again; None if cancelled since.

    The head of the queue is the caller's to write.
    """
    work = line.work
    left = line.token(token_id)
    if left.status is TokenStatus.CANCELLED:
        return None
    if left.place is not None:  # skipped, and has said "here" since
        waiting = work.get(Waiting, left.queue_id, left.place)
        if waiting is not None:
            work.delete(waiting)
    if last.left_status is TokenStatus.SKIPPED:
        left = visits.open_visit(work, left)
    else:
        visits.reopen_visit(work, left)
        count_visit(work, left, -1)
        day = date.fromisoformat(left.date)
        if live_booking(work, left.contact_id, left.patient_id, left.doctor_id, day) is None:
            write_live_booking(work, left)
    counted = left.cash_paise + left.upi_paise
    collected = counted if left.counted else left.collected_paise - last.left_collected
    left = left.but(collected_paise=collected)
    back = work.put(
        left.but(
            status=TokenStatus.CURRENT,
            place=None,
            actual_time=last.left_since,
            completed_at=None,
            payment_status=payment_status_now(left),
            updated_at=work.now,
        )
    )
    return ledger.record_collection(work, back)


def advance(line: LineContext, actor: Actor, ending: Ending, waiting: list[Waiting]) -> MoveResult:
    """End the consultation going on and call in the first of *waiting*: nobody if it is empty.

    The second of *waiting* is told that they are next. May not be repeated: each time it moves.

    Raises:
        NobodyWaiting: If *waiting* is empty and nobody is being served.
    """
    queue = line.queue
    if queue.current_token is None and not waiting:
        raise NobodyWaiting(state=queue.status)
    served = line.token(queue.current_token) if queue.current_token is not None else None
    left = end_consultation(line, served, ending) if served else None
    first = line.token(waiting[0].token_id) if waiting else None
    called = call_in(line, waiting[0], first) if first else None
    if len(waiting) > 1:
        notify_next(line, line.token(waiting[1].token_id))
    action = "next" if ending.status is TokenStatus.COMPLETED else "skip"
    move = Move(
        action=action,
        by=actor.user_id,
        by_name=actor.name,
        at=line.now,
        left=left.token_id if left else None,
        left_status=left.status if left else None,
        left_since=queue.current_since,
        left_collected=left.collected_paise - served.collected_paise if left and served else 0,
        called=first.token_id if first else None,
        called_status=first.status if first else None,
        called_place=first.place if first else None,
    )
    if called is not None:  # the doctor is there
        queue = queue.but(late_since=None, late_until=None)
    queue = line.work.put(
        _with_current(queue, called, line.now).but(
            consultations=_durations(line, ending), last_move=move, updated_at=line.now
        )
    )
    history.log_line(
        line.work,
        queue,
        ending.action or action,
        actor,
        detail=ending.remark.reason,
        notes=ending.remark.notes,
        left=left,
    )
    due.schedule_fan_out(line.work, "moved", queue)
    return _result(line, queue, called, waiting[1:])


def _durations(line: LineContext, ending: Ending) -> tuple[int, ...]:
    """Return the seconds that the day's last consultations took, with the one that ends now."""
    queue = line.queue
    if (
        queue.current_token is None
        or queue.current_since is None
        or ending.status is not TokenStatus.COMPLETED
    ):
        return queue.consultations
    seconds = int((line.now - queue.current_since).total_seconds())
    return (*queue.consultations, seconds)[-KEPT_CONSULTATIONS:]


def _with_current(queue: Queue, current: Token | None, since: datetime | None) -> Queue:
    """Return the head with *current* being served *since* that instant, or with nobody."""
    return queue.but(
        current_token=current.token_id if current else None,
        current_number=current.number if current else None,
        current_since=since if current else None,
    )


def _result(
    line: LineContext, queue: Queue, current: Token | None, waiting: list[Waiting]
) -> MoveResult:
    following = line.token(waiting[0].token_id) if waiting else None
    return MoveResult(queue, current, following)
