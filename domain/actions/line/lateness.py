"""People who say that they are late: what is noted, and who is told."""

from __future__ import annotations

from datetime import datetime, timedelta

from domain import due
from domain.actions.booking import history
from domain.actions.booking.places import put_in_place, waiting_in_order
from domain.actions.booking.queues import ARRIVE_EARLY, ensure_queue
from domain.actions.booking.tokens import state_of
from domain.actions.delivery.freshness import worth_telling
from domain.actions.line.preconditions import state_after
from domain.actors import Actor, person_of
from domain.errors import NotNow
from domain.line_context import LineContext
from domain.model.queues import WAITING, Progress, Queue, QueueStatus, Token, TokenStatus
from domain.waiting import expect_all
from domain.work import Work


def announce_patient_late(
    work: Work, token: Token, minutes: int, actor: Actor | None = None
) -> Token:
    """Note that a patient comes *minutes* after their slot, or from now if it is past.

    They keep their place, and until then `next` passes over them for somebody who is here. One who
    had checked in is not here any more. Said again, it replaces what was said before. *actor* is
    who says so, if not the patient.

    Raises:
        NotNow: If the token does not wait, is over, or is for another day (its detail `state` says
            which).
    """
    queue = work.get(Queue, token.doctor_id, token.date)
    state = state_of(token, queue, work.now)
    if state not in WAITING | {TokenStatus.PENDING}:
        raise NotNow(f"The token is {state.value}.", state=state)
    if queue is not None and queue.planned_start - work.now > ARRIVE_EARLY:
        raise NotNow("The booking is for another day.", state=state)
    until = max(token.estimated_time, work.now) + timedelta(minutes=minutes)
    if state is TokenStatus.ARRIVED:
        token = token.but(status=TokenStatus.CONFIRMED, arrived_at=None)
    token = work.put(token.but(late_until=until, updated_at=work.now))
    if token.place is not None:
        put_in_place(work, token)
    history.log_token(work, token, "late", actor or person_of(token), detail=f"{minutes} min")
    if queue is not None and queue.status is QueueStatus.ACTIVE:
        due.schedule_fan_out(work, "moved", queue)
    _schedule_end(work, token, until)
    return token


def announce_doctor_late(line: LineContext, actor: Actor, minutes: int) -> Queue:
    """Note that the doctor is *minutes* late or away; 0: on time after all. Return the queue.

    Before the start the minutes count from the planned start, or from now if it is past. The line
    is not paused: its start, or the next call in, ends the lateness. Those whose time moves by it
    are told once. Said again, it replaces what was said before.

    Raises:
        NotNow: If the line is paused, stopped or closed.
    """
    status = state_after(line.queue, "late")
    if not minutes and line.queue.late_until is None:
        return line.queue
    begin = line.now
    if status is QueueStatus.SCHEDULED:
        begin = max(begin, line.queue.planned_start)
    queue = line.work.put(
        ensure_queue(line.work, line.queue).but(
            late_since=line.now if minutes else None,
            late_until=begin + timedelta(minutes=minutes) if minutes else None,
            updated_at=line.now,
        )
    )
    action, detail = ("late", f"{minutes} min") if minutes else ("on-time", None)
    history.log_line(line.work, queue, action, actor, detail=detail)
    due.schedule_fan_out(line.work, "moved", queue, reason="late" if minutes else "on time")
    return queue


def count_told(line: LineContext) -> tuple[int, int]:
    """Return how many of those who wait have to be told that their time moved, and of how many."""
    waiting = waiting_in_order(line.work, line.queue.queue_id)
    expected = expect_all(line.queue, waiting, line.now)
    refs = [(Progress, (entry.queue_id, entry.token_id)) for entry in waiting]
    told = {p.token_id: p for p in line.work.fetch(refs) if isinstance(p, Progress)}
    moved = [
        worth_telling(line.work, told.get(entry.token_id), found, pending_counts=False)
        for entry, found in zip(waiting, expected, strict=True)
    ]
    return sum(moved), len(moved)


def _schedule_end(work: Work, token: Token, until: datetime) -> None:
    """Schedule news for when the patient is waited for again, and may be next in the line.

    The item has an id of its own: several people may be late until the same instant.
    """
    line = due.Subject(
        work.ids.new("late_"),
        clinic_id=token.clinic_id,
        doctor_id=token.doctor_id,
        date=token.date,
        queue_id=token.queue_id,
    )
    due.schedule(work, "moved", until, line)
