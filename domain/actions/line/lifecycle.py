"""Opening, pausing, resuming and closing a doctor's line, and checking in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import msgspec

from domain import due
from domain.actions.booking import history
from domain.actions.booking.places import place_on_return, put_in_place, waiting_in_order
from domain.actions.booking.queues import ARRIVE_EARLY, ensure_queue, get_queue
from domain.actions.booking.seats import release_seat
from domain.actions.line.consultations import Ending, end_consultation, notify_next
from domain.actions.line.preconditions import state_after
from domain.actions.staff.alerts import Alert, alert_doctor
from domain.actors import CLOCK, SILENT, Actor, Remark, person_of
from domain.closing import can_reopen, is_unseen, settles_at
from domain.due import OpenWork, context_of
from domain.errors import Invalid, NotNow
from domain.line_context import LineContext
from domain.model.due import Due
from domain.model.messages import Option, Urgency
from domain.model.queues import (
    HALTED,
    RUNNING,
    WAITING,
    Move,
    Queue,
    QueueStatus,
    Token,
    TokenStatus,
)
from domain.rules import AUTO_CLOSE_HOURS, QUIET_BEFORE_CLOSE_MINUTES, TAKEN_BACK_MINUTES
from domain.timetable import hours, today
from domain.work import Work


@dataclass(frozen=True)
class Hours:
    """The day's times as the person who starts the line gives them; None: not said."""

    start: datetime | None = None
    end: datetime | None = None


def start(line: LineContext, actor: Actor, said: Hours = Hours()) -> Queue:
    """Open a day's line and tell those who wait.

    A line of an earlier day that was left open is closed in the same transaction, and today's is
    opened. The times *said* are kept to be shown; the line runs from now on all the same.

    Raises:
        NotNow: If it is open or over already.
        Invalid: If the times said cannot be those of one day.
    """
    line = _close_left_open(line, actor)
    work = line.work
    _check_hours(said, work.now)
    status = state_after(line.queue, "start")
    queue = work.put(
        ensure_queue(work, line.queue).but(
            status=status,
            started_at=work.now,
            said_start=said.start,
            said_end=said.end,
            late_since=None,
            late_until=None,
            updated_at=work.now,
        )
    )
    history.log_line(work, queue, "start", actor)
    for first in waiting_in_order(work, queue.queue_id, 1):
        notify_next(line, line.token(first.token_id))
    due.schedule_fan_out(work, "moved", queue, reason="started")
    return queue


def _close_left_open(line: LineContext, actor: Actor) -> LineContext:
    """Close a line of an earlier day whose hours are over; return today's in its place."""
    work, queue = line.work, line.queue
    day = today(line.clinic, work.now)
    begin, _ = hours(line.clinic, line.doctor, day)
    is_left_open = queue.status in RUNNING and queue.planned_end <= work.now
    if is_left_open and line.day < day and begin - work.now <= START_EARLY:
        close(line, actor, "NEXT_DAY_STARTED")
        return replace(line, queue=get_queue(work, line.clinic, line.doctor, day))
    return line


def _check_hours(said: Hours, now: datetime) -> None:
    """Raise `Invalid` unless the times said are near *now* and those of one day."""
    if said.start is not None and abs(said.start - now) > timedelta(days=1):
        raise Invalid("startTime", "Is on another day.")
    begin = said.start or now
    if said.end is not None and not begin < said.end <= begin + timedelta(days=1):
        raise Invalid("estimatedEndTime", "Is not within a day of the start.")


def pause(
    line: LineContext, actor: Actor, length: int | datetime | None, reason: str | None
) -> Queue:
    """Stop calling for *length* minutes, or until that instant; those who wait are told.

    Raises:
        NotNow: Unless the line is ACTIVE.
        Invalid: If the pause would be over already.
    """
    return _halt(line, actor, "pause", length, reason)


def emergency(line: LineContext, actor: Actor, length: int | datetime) -> Queue:
    """Stop calling because of an emergency; those who wait choose what to do.

    *length* is in minutes, or the instant at which it may be over.

    Raises:
        NotNow: Unless the line is ACTIVE or PAUSED.
        Invalid: If the emergency would be over already.
    """
    return _halt(line, actor, "emergency", length, EMERGENCY)


EMERGENCY = "EMERGENCY"
"""The reason of a pause that makes it an emergency."""
EMERGENCY_MINUTES = 30
"""How long an emergency is taken to last if nobody says."""


def _halt(
    line: LineContext,
    actor: Actor,
    action: str,
    length: int | datetime | None,
    reason: str | None,
) -> Queue:
    work = line.work
    status = state_after(line.queue, action)
    until = work.now + timedelta(minutes=length) if isinstance(length, int) else length
    if until is not None and until <= work.now:
        raise Invalid("estimatedResumeTime", "Is in the past.")
    queue = work.put(
        line.queue.but(
            status=status,
            paused_at=work.now,
            pause_reason=reason,
            resume_expected_at=until,
            late_since=None,
            late_until=None,
            last_move=step(line, actor, "emergency" if action == "emergency" else "pause"),
            updated_at=work.now,
        )
    )
    minutes = round((until - work.now).total_seconds() / 60) if until is not None else None
    detail = ", ".join(w for w in (reason, f"{minutes} min" if minutes else None) if w)
    history.log_line(work, queue, action, actor, detail=detail or None)
    tell_halted(work, queue, actor)
    if until is not None:
        due.schedule_for_queue(work, "ask_resume", until, queue, by=actor.user_id)
    return queue


def tell_halted(work: Work, queue: Queue, actor: Actor) -> None:
    """Schedule that those who wait hear of the pause or emergency that the line is in."""
    if queue.status is QueueStatus.EMERGENCY:
        due.schedule_fan_out(work, "emergency", queue, by=actor.user_id)
    else:
        due.schedule_fan_out(work, "pause", queue, by=actor.user_id)


def change_pause(
    line: LineContext, actor: Actor, length: int | datetime | None, reason: str | None
) -> Queue:
    """Pause for *length* minutes from now, or until that instant, instead of as long as was said.

    Those who wait hear of it. The reason stays unless another is given.

    Raises:
        NotNow: Unless the line is PAUSED.
        Invalid: If the pause would be over already.
    """
    return _halt(line, actor, "change-pause", length, reason or line.queue.pause_reason)


def extend_pause(line: LineContext, actor: Actor, minutes: int) -> Queue:
    """Let a pause last so many *minutes* more than was said; those who wait hear of it.

    Raises:
        NotNow: Unless the line is PAUSED.
    """
    planned = line.queue.resume_expected_at
    begin = planned if planned is not None and planned > line.now else line.now
    return change_pause(line, actor, begin + timedelta(minutes=minutes), None)


def resume(line: LineContext, actor: Actor) -> Queue:
    """Go on after a pause or an emergency; those who wait are told.

    Raises:
        NotNow: Unless the line is PAUSED or in EMERGENCY.
    """
    status = state_after(line.queue, "resume")
    queue = line.work.put(
        line.queue.but(
            status=status,
            resumed_at=line.now,
            pause_reason=None,
            resume_expected_at=None,
            last_move=step(line, actor, "resume"),
            updated_at=line.now,
        )
    )
    history.log_line(line.work, queue, "resume", actor)
    due.schedule_fan_out(line.work, "moved", queue, reason="resumed")
    return queue


def close(line: LineContext, actor: Actor, reason: str) -> Queue:
    """End the day's line and complete the token being served.

    Schedules `settle_closed_day`, which ends all other tokens, and again for a minute later. A
    close by staff (*reason* CLOSED_BY_STAFF) is settled after a minute in which nobody is told, and
    can be taken back for ten.

    Raises:
        NotNow: If it is closed already.
    """
    work = line.work
    status = state_after(line.queue, "close")
    queue = ensure_queue(work, line.queue)
    move = step(line, actor, "close")
    if queue.current_token is not None:
        served = line.token(queue.current_token)
        left = end_consultation(line, served, Ending(TokenStatus.COMPLETED))
        move = msgspec.structs.replace(
            move,
            left=left.token_id,
            left_status=left.status,
            left_since=queue.current_since,
            left_collected=left.collected_paise - served.collected_paise,
        )
    never_started = queue.started_at is None
    queue = work.put(
        queue.but(
            status=status,
            current_token=None,
            current_number=None,
            current_since=None,
            last_move=move if reason == CLOSED_BY_STAFF else None,
            closed_at=work.now,
            close_reason="NOT_STARTED" if never_started and reason not in DECIDED else reason,
            resume_expected_at=None,
            late_since=None,
            late_until=None,
            updated_at=work.now,
        )
    )
    history.log_line(work, queue, "close", actor, detail=reason)
    settled = settles_at(queue)
    due.schedule_for_queue(work, "closed", settled, queue)
    due.schedule_for_queue(work, "closed_again", settled + timedelta(minutes=1), queue)
    return queue


def step(line: LineContext, actor: Actor, action: str) -> Move:
    """Return the record of an action that changes the state of a line, for `undo`."""
    queue = line.queue
    return Move(
        action=action,
        by=actor.user_id,
        by_name=actor.name,
        at=line.now,
        status=queue.status,
        pause_reason=queue.pause_reason,
        resume_expected_at=queue.resume_expected_at,
    )


ADDED_BY_MISTAKE = "ADDED_BY_MISTAKE"
"""Why a walk-in was cancelled who was taken back."""
CLOSED_BY_STAFF = "CLOSED_BY_STAFF"
"""The reason of a close that a person made, and may take back."""
DAY_OFF, DOCTOR_REMOVED = "DAY_OFF", "DOCTOR_REMOVED"
DECIDED = frozenset({DAY_OFF, DOCTOR_REMOVED})
"""Reasons of a close by which somebody took the day away, whether it had begun or not.

After a day off the money waits for another day; when the doctor has left it is refunded."""

START_EARLY = timedelta(hours=4)
"""How long before today's hours `start` means today's line, though yesterday's was left open."""


def check_in(
    work: Work, token: Token, actor: Actor | None = None, remark: Remark = SILENT
) -> Token:
    """Check a patient in; one who was skipped stands in the line again, after the first.

    One who was late is not any more: with the first place in the line they are next.

    *actor* is who says so, if not the patient. May be repeated.

    Raises:
        NotNow: If the token is not waiting, or its line is closed (its detail `state` says which),
            or begins in more than 12 hours.
    """
    queue = work.get(Queue, token.doctor_id, token.date)
    is_closed = queue is not None and queue.status is QueueStatus.CLOSED
    if queue is not None and is_closed and (actor is not None or not is_unseen(queue, work.now)):
        raise NotNow(state=queue.status)
    if token.status is TokenStatus.ARRIVED:
        return token
    if queue is not None and queue.planned_start - work.now > ARRIVE_EARLY:
        raise NotNow("The booking is for another day.", state=token.status)
    if token.status is TokenStatus.SKIPPED:
        token = token.but(place=place_on_return(work, token))
    elif token.status not in WAITING:
        raise NotNow(state=token.status)
    was_late = token.late_until is not None
    arrived = work.put(
        token.but(
            status=TokenStatus.ARRIVED, arrived_at=work.now, late_until=None, updated_at=work.now
        )
    )
    put_in_place(work, arrived)
    if was_late and queue is not None and queue.status is QueueStatus.ACTIVE:
        due.schedule_fan_out(work, "moved", queue)
    by = actor or person_of(token)
    history.log_token(work, arrived, "check-in", by, detail=remark.reason, notes=remark.notes)
    return arrived


def mark_no_show(work: Work, token: Token, actor: Actor, remark: Remark = SILENT) -> Token:
    """End the token of a patient who was called and never came; the advance is forfeited."""
    release_seat(work, token)
    history.log_token(work, token, "no-show", actor, detail=remark.reason, notes=remark.notes)
    return work.put(
        token.but(status=TokenStatus.NO_SHOW, place=None, limit_number=None, updated_at=work.now)
    )


def ask_resume(open_work: OpenWork, item: Due) -> None:
    """Ask the doctor once whether to go on, when a pause or an emergency has lasted its time."""
    work = open_work()
    work.delete(item)
    line = context_of(work, item)
    is_halted = line is not None and line.queue.status in HALTED
    if line is not None and is_halted and line.queue.resume_expected_at == item.at:
        _ask_doctor_to_resume(line)
    work.commit()


def _ask_doctor_to_resume(line: LineContext) -> None:
    doctor = line.doctor
    alert_doctor(
        line.work,
        line.clinic,
        doctor,
        Alert(
            name="line/ask_resume",
            values={"doctor": doctor.name, "line": line.queue.status.value},
            options=[Option(id=f"resume:{doctor.doctor_id}", label="resume_button")],
            urgency=Urgency.NOW,
            helps_for=timedelta(hours=2),
        ),
    )


def auto_close(open_work: OpenWork, item: Due) -> None:
    """Close a line left open long past its planned end, or a day never started.

    One that staff may still reopen is looked at again when they no longer can.
    """
    work = open_work()
    work.delete(item)
    line = context_of(work, item)
    if line is not None and can_reopen(line.queue, work.now):
        later = work.now + timedelta(minutes=TAKEN_BACK_MINUTES)
        due.schedule_for_queue(work, "auto_close", later, line.queue)
    elif line is not None and line.queue.status is not QueueStatus.CLOSED:
        close_at = _auto_close_at(line.queue, work.now)
        if close_at is not None:
            due.schedule_for_queue(work, "auto_close", close_at, line.queue)
        else:
            close(line, CLOCK, "AUTO_CLOSED")
    work.commit()


def _auto_close_at(queue: Queue, now: datetime) -> datetime | None:
    """Return when to look again: after longer hours, or a line still in use; None: close now."""
    close_at = queue.planned_end + timedelta(hours=AUTO_CLOSE_HOURS)
    if close_at > now:  # its hours were made longer since
        return close_at
    last_used = queue.last_move.at if queue.last_move else queue.started_at
    quiet = timedelta(minutes=QUIET_BEFORE_CLOSE_MINUTES)
    if last_used is not None and now - last_used < quiet:
        return last_used + quiet
    return None
