"""People who say that they are late: what is noted, and who is told."""

from __future__ import annotations

from datetime import datetime, timedelta

from domain import due
from domain.actions.booking import history
from domain.actions.booking.places import put_in_place
from domain.actions.booking.tokens import state_of
from domain.actions.line.lifecycle import ARRIVE_EARLY
from domain.actors import Actor, person_of
from domain.errors import NotNow
from domain.model.queues import WAITING, Queue, QueueStatus, Token, TokenStatus
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
