"""Opening, pausing, resuming and closing a doctor's line, and checking in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from domain import actors, due
from domain.actions.booking import history
from domain.actions.booking.days import read_day
from domain.actions.booking.places import place_on_return, waiting_in_order, waiting_of
from domain.actions.booking.queues import ensure_queue
from domain.actions.booking.seats import release_seat
from domain.actions.line.calling import end_consultation, notify_next
from domain.actions.line.preconditions import not_undoable, state_after
from domain.actions.staff.alerts import Alert, alert_doctor
from domain.actors import SILENT, Actor, Remark, person_of
from domain.due import OpenWork, context_of
from domain.errors import Invalid, NotNow
from domain.model.clinics import Clinic, Doctor
from domain.model.due import Due
from domain.model.messages import Option, Urgency
from domain.model.queues import (
    RUNNING,
    WAITING,
    Queue,
    QueueStatus,
    Token,
    TokenStatus,
    Waiting,
)
from domain.rules import AUTO_CLOSE_HOURS, QUIET_BEFORE_CLOSE_MINUTES
from domain.timetable import hours, today
from domain.work import Work


@dataclass(frozen=True)
class Hours:
    """The day's times as whoever starts the line gives them."""

    start: datetime | None = None
    end: datetime | None = None


def start(
    work: Work,
    clinic: Clinic,
    doctor: Doctor,
    queue: Queue,
    actor: Actor,
    said: Hours = Hours(),
) -> Queue:
    """Open a day's line and tell those who wait.

    A line of an earlier day that nobody has closed ends in the same write, and today's begins.
    What is *said* of its times is kept to be shown; the line runs from now on all the same.

    Raises:
        NotNow: If it is open or over already.
        Invalid: If the times said cannot be those of one day.
    """
    begins = today(clinic, work.now)
    begin, _ = hours(clinic, doctor, begins)
    is_left_open = queue.status in RUNNING and queue.planned_end <= work.now
    if is_left_open and queue.date < begins.isoformat() and begin - work.now <= START_EARLY:
        close(work, clinic, doctor, queue, actor, "NEXT_DAY_STARTED")
        queue = read_day(work, clinic, doctor, begins).queue
    _check(said, work.now)
    status = state_after(queue, "start")
    queue = ensure_queue(work, queue)
    queue = work.put(
        queue.but(
            status=status,
            started_at=work.now,
            said_start=said.start,
            said_end=said.end,
            updated_at=work.now,
        )
    )
    history.log_line(work, queue, "start", actor)
    waiting = waiting_in_order(work, queue.queue_id, 1)
    if waiting:
        first = work.require(Token, queue.queue_id, waiting[0].token_id)
        notify_next(work, clinic, doctor, first)
    due.schedule_fan_out(work, "moved", queue, reason="started")
    return queue


def _check(said: Hours, now: datetime) -> None:
    if said.start is not None and abs(said.start - now) > timedelta(days=1):
        raise Invalid("startTime", "Is on another day.")
    begin = said.start or now
    if said.end is not None and not begin < said.end <= begin + timedelta(days=1):
        raise Invalid("estimatedEndTime", "Is not within a day of the start.")


def pause(
    work: Work,
    queue: Queue,
    actor: Actor,
    length: int | datetime | None,
    reason: str | None,
) -> Queue:
    """Stop calling for *length* minutes, or until that instant; those who wait are told.

    Raises:
        NotNow: Unless the line is ACTIVE.
    """
    return _halt(work, queue, actor, "pause", length, reason)


def emergency(work: Work, queue: Queue, actor: Actor, length: int | datetime) -> Queue:
    """Stop calling because of an emergency; those who wait choose what to do.

    *length* is in minutes, or the instant at which it may be over.

    Raises:
        NotNow: Unless the line is ACTIVE or PAUSED.
    """
    return _halt(work, queue, actor, "emergency", length, EMERGENCY)


EMERGENCY = "EMERGENCY"
"""The reason of a pause that makes it an emergency."""
EMERGENCY_MINUTES = 30
"""How long an emergency is taken to last if nobody says."""


def resume(work: Work, queue: Queue, actor: Actor) -> Queue:
    """Go on after a pause or an emergency.

    Raises:
        NotNow: Unless the line is PAUSED or in EMERGENCY.
    """
    status = state_after(queue, "resume")
    queue = work.put(
        queue.but(
            status=status,
            resumed_at=work.now,
            pause_reason=None,
            resume_expected_at=None,
            updated_at=work.now,
        )
    )
    history.log_line(work, queue, "resume", actor)
    due.schedule_fan_out(work, "moved", queue, reason="resumed")
    return queue


def close(
    work: Work, clinic: Clinic, doctor: Doctor, queue: Queue, actor: Actor, reason: str
) -> Queue:
    """End the day's line: whoever is being served is done; a job brings the others after it.

    Raises:
        NotNow: If it is closed already.
    """
    status = state_after(queue, "close")
    if queue.version == 0:
        queue = ensure_queue(work, queue)
    if queue.current_token is not None:
        left = work.require(Token, queue.queue_id, queue.current_token)
        end_consultation(work, clinic, doctor, left, TokenStatus.COMPLETED)
    never_started = queue.started_at is None
    queue = work.put(
        queue.but(
            status=status,
            current_token=None,
            current_number=None,
            current_since=None,
            last_move=None,
            closed_at=work.now,
            close_reason="NOT_STARTED" if never_started and reason not in DECIDED else reason,
            resume_expected_at=None,
            updated_at=work.now,
        )
    )
    history.log_line(work, queue, "close", actor, detail=reason)
    due.schedule_fan_out(work, "closed", queue)
    due.schedule_for_queue(work, "closed_again", work.now + timedelta(minutes=1), queue)
    return queue


DAY_OFF, DOCTOR_REMOVED = "DAY_OFF", "DOCTOR_REMOVED"
DECIDED = frozenset({DAY_OFF, DOCTOR_REMOVED})
"""Why a day is closed that somebody took away, begun or not; money waits only after a day off."""

START_EARLY = timedelta(hours=4)
"""So long before today's hours `start` means today's line, though yesterday's was left open."""


def _halt(
    work: Work,
    queue: Queue,
    actor: Actor,
    action: str,
    length: int | datetime | None,
    reason: str | None,
) -> Queue:
    status = state_after(queue, action)
    until = work.now + timedelta(minutes=length) if isinstance(length, int) else length
    if until is not None and until <= work.now:
        raise Invalid("estimatedResumeTime", "Is in the past.")
    minutes = round((until - work.now).total_seconds() / 60) if until is not None else None
    queue = work.put(
        queue.but(
            status=status,
            paused_at=work.now,
            pause_reason=reason,
            resume_expected_at=until,
            last_move=not_undoable(queue),
            updated_at=work.now,
        )
    )
    history.log_line(
        work,
        queue,
        action,
        actor,
        detail=", ".join(w for w in (reason, f"{minutes} min" if minutes else None) if w) or None,
    )
    due.schedule_fan_out(work, action, queue, by=actor.user_id)
    if until is not None:
        due.schedule_for_queue(work, "ask_resume", until, queue, by=actor.user_id)
    return queue


def check_in(
    work: Work, token: Token, actor: Actor | None = None, remark: Remark = SILENT
) -> Token:
    """Note that a patient has come; one who was skipped stands after the next of the line.

    *actor* is who says so, if not the patient. May be repeated.

    Raises:
        NotNow: If the token is not waiting, or its line is closed (fact `state`).
    """
    queue = work.get(Queue, token.doctor_id, token.date)
    if queue is not None and queue.status is QueueStatus.CLOSED:
        raise NotNow(state=queue.status)
    if token.status is TokenStatus.ARRIVED:
        return token
    if queue is not None and queue.planned_start - work.now > ARRIVE_EARLY:
        raise NotNow("The booking is for another day.", state=token.status)
    if token.status is TokenStatus.SKIPPED:
        token = token.but(place=place_on_return(work, token))
    elif token.status not in WAITING:
        raise NotNow(state=token.status)
    arrived = work.put(
        token.but(status=TokenStatus.ARRIVED, arrived_at=work.now, updated_at=work.now)
    )
    stored = work.get(Waiting, token.queue_id, arrived.place or "")
    work.put(waiting_of(arrived).but(version=stored.version if stored else 0))
    by = actor or person_of(token)
    history.log_token(
        work,
        arrived,
        "check-in",
        by,
        detail=remark.reason,
        notes=remark.notes,
    )
    return arrived


ARRIVE_EARLY = timedelta(hours=12)
"""Nobody has come to a line that is to begin later than this."""


def no_show(work: Work, token: Token, actor: Actor, remark: Remark = SILENT) -> Token:
    """End a skipped token: who was called never came, and the advance is forfeited."""
    release_seat(work, token)
    history.log_token(
        work,
        token,
        "no-show",
        actor,
        detail=remark.reason,
        notes=remark.notes,
    )
    return work.put(
        token.but(status=TokenStatus.NO_SHOW, place=None, limit_number=None, updated_at=work.now)
    )


def ask_resume(open_work: OpenWork, item: Due) -> None:
    """Ask the doctor once whether to go on, when a pause or an emergency has lasted its time."""
    work = open_work()
    work.delete(item)
    place = context_of(work, item)
    if place is not None:
        clinic, doctor, queue = place
        halted = {QueueStatus.PAUSED, QueueStatus.EMERGENCY}
        if queue.status in halted and queue.resume_expected_at == item.at:
            alert_doctor(
                work,
                clinic,
                doctor,
                Alert(
                    name="line/ask_resume",
                    values={"doctor": doctor.name, "line": queue.status.value},
                    options=[
                        Option(id=f"resume:{doctor.doctor_id}", label="resume_button"),
                    ],
                    urgency=Urgency.NOW,
                    helps_for=timedelta(hours=2),
                ),
            )
    work.commit()


def auto_close(open_work: OpenWork, item: Due) -> None:
    """Close a line left open long past its planned end, or a day never started."""
    work = open_work()
    work.delete(item)
    place = context_of(work, item)
    if place is not None and place[2].status is not QueueStatus.CLOSED:
        clinic, doctor, queue = place
        last = queue.last_move.at if queue.last_move else queue.started_at
        quiet = timedelta(minutes=QUIET_BEFORE_CLOSE_MINUTES)
        close_at = queue.planned_end + timedelta(hours=AUTO_CLOSE_HOURS)
        if close_at > work.now:  # its hours were made longer since
            due.schedule_for_queue(work, "auto_close", close_at, queue)
        elif last is not None and work.now - last < quiet:
            due.schedule_for_queue(work, "auto_close", last + quiet, queue)
        else:
            close(work, clinic, doctor, queue, actors.CLOCK, "AUTO_CLOSED")
    work.commit()
