"""A doctor's line: shown, moved, paused, closed, by the actions of WhatsApp (specification 6.6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from api.frame.calls import Answer, Call
from api.frame.days import day_of, page_of
from api.frame.routes import Resource
from api.schemas.base import rupees
from api.schemas.queues import (
    Called,
    Closed,
    CurrentQueue,
    DoctorLateCall,
    DoctorsQueue,
    Late,
    LinePath,
    OfDay,
    PauseCall,
    Paused,
    Queues,
    QueueShown,
    QueuesQuery,
    Reopened,
    Resumed,
    Sight,
    SkipCall,
    Skipped,
    StartCall,
    Started,
    Summary,
    TokenInLine,
    Undone,
)
from domain.actions.booking import tokens
from domain.actions.booking.days import require_doctor
from domain.actions.booking.queues import get_queue, queues_of_clinic
from domain.actions.line import calling, lateness, lifecycle, reopening, undoing
from domain.actions.line.calling import MoveResult
from domain.actions.line.lifecycle import Hours
from domain.actions.line.preconditions import SeenState
from domain.actors import Remark
from domain.line_context import LineContext
from domain.model.queues import HALTED, Queue, Token, number_text
from domain.permissions import EVERYBODY, Permission
from domain.work import Work

queues = Resource("queues", "Doctors' lines: who is in, who waits, and what moves them.")


@queues.get("/queues", needs=Permission.VIEW_ALL_QUEUES, answers=Queues)
def list_queues(work: Work, call: Call, query: QueuesQuery) -> Answer:
    """List the lines of all doctors of the clinic on one day."""
    lines = queues_of_clinic(work, call.caller.clinic_id, day_of(query.date))
    after = call.read_cursor(query.cursor)
    page, more = page_of(lines, lambda pair: pair[0].doctor_id, query.limit, after)
    shown = [
        DoctorsQueue(doctor_name=doctor.name, **_fields(queue, tokens.tokens_of_day(work, queue)))
        for doctor, queue in page
    ]
    return Answer(Queues(queues=shown, total_count=len(lines), next_cursor=call.next_cursor(more)))


@queues.get("/doctors/<doctorId>/queue/current", needs=EVERYBODY, answers=CurrentQueue, audits=True)
def current_queue(work: Work, call: Call, path: LinePath) -> Answer:
    """Show the line that runs now, or today's, with its bookings.

    Who is being served comes first, then who waits in the order of being called, then all others
    by number. What was cancelled or not paid in time is left out.
    """
    queue = line_of(work, call, path).queue
    found = tokens.tokens_of_day(work, queue)
    listed = tokens.sort_for_desk(found, work.now)
    call.shown += [t.patient_id for t in listed]
    return Answer(
        CurrentQueue(
            queue=QueueShown(**_fields(queue, found)),
            tokens=[_in_line(t) for t in listed],
        )
    )


@queues.post(
    "/doctors/<doctorId>/queue/start", needs=EVERYBODY, answers=Started, optional_body=True
)
def start_queue(work: Work, call: Call, path: LinePath, body: StartCall) -> Answer:
    """Open the day's line; those who wait are told."""
    line = line_of(work, call, path)
    said = Hours(body.start_time, body.estimated_end_time)
    queue = lifecycle.start(line, call.caller.actor, said)
    begun = queue.said_start or queue.started_at or work.now
    return Answer(
        Started(
            queue_id=queue.queue_id,
            status=queue.status,
            start_time=begun,
            estimated_end_time=queue.said_end or queue.planned_end,
        ),
        "Queue started successfully",
    )


@queues.post(
    "/doctors/<doctorId>/queue/call-next",
    needs=EVERYBODY,
    answers=Called,
    audits=True,
    optional_body=True,
)
def call_next(work: Work, call: Call, path: LinePath, body: Sight) -> Answer:
    """Complete who is being served and call the next in.

    A late patient is passed over for somebody who is here. With nobody waiting `currentToken` is
    null. With `currentToken` in the body the call is judged by that alone: 409 LINE_MOVED if
    somebody else is being served. Without it, it is refused when another person has moved the line
    within five seconds.
    """
    line = line_of(work, call, path)
    moved = calling.call_next(line, call.caller.actor, seen_state(body))
    call.patient_id = moved.current.patient_id if moved.current else None
    message = "Next patient called" if moved.current else "Nobody is waiting"
    return Answer(Called(**move_fields(moved)), message)


@queues.post(
    "/doctors/<doctorId>/queue/skip",
    needs=EVERYBODY,
    answers=Skipped,
    audits=True,
    optional_body=True,
)
def skip_token(work: Work, call: Call, path: LinePath, body: SkipCall) -> Answer:
    """Skip who was called and is not there, and call the next; they may rejoin.

    `currentToken` in the body is judged as in `call-next`.
    """
    line = line_of(work, call, path)
    remark = Remark(body.reason, body.notes)
    moved = calling.skip(line, call.caller.actor, seen_state(body), remark)
    call.patient_id = moved.current.patient_id if moved.current else None
    return Answer(
        Skipped(
            skipped_token=line.queue.current_token or "",
            skipped_token_number=number_text(line.queue.current_number or 0),
            next_token=moved.queue.current_token,
            next_token_number=_number(moved.queue.current_number),
            reason=body.reason,
        ),
        "Token skipped successfully",
    )


@queues.post(
    "/doctors/<doctorId>/queue/undo",
    needs=EVERYBODY,
    answers=Undone,
    audits=True,
    optional_body=True,
)
def undo_move(work: Work, call: Call, path: LinePath, body: Sight) -> Answer:
    """Take back what staff did last; those who were told of it are told again.

    A `call-next` or `skip`, as long as nothing later moved the line; a pause, a resume, a close, or
    a walk-in of the caller's own within ten minutes besides. `undone` names it. `currentToken` in
    the body is judged as in `call-next`.
    """
    line = line_of(work, call, path)
    undone = undoing.undo(line, call.caller.actor, seen_state(body))
    moved = undone.moved
    shown = undone.token or moved.current
    call.patient_id = shown.patient_id if shown else None
    fields = move_fields(moved)
    return Answer(Undone(undone=undone.action, **fields), "The last move was taken back")


@queues.post("/doctors/<doctorId>/queue/pause", needs=EVERYBODY, answers=Paused, optional_body=True)
def pause_queue(work: Work, call: Call, path: LinePath, body: PauseCall) -> Answer:
    """Stop calling for a while; those who wait are told.

    The reason EMERGENCY is the emergency: those who wait choose between waiting, another day and
    their money. It lasts until `estimatedResumeTime`, else 30 minutes; either ends by `resume`.
    """
    line, until = line_of(work, call, path), body.estimated_resume_time
    actor = call.caller.actor
    if body.reason == lifecycle.EMERGENCY:
        queue = lifecycle.emergency(line, actor, until or lifecycle.EMERGENCY_MINUTES)
    else:
        queue = lifecycle.pause(line, actor, until, body.reason)
    return Answer(
        Paused(
            status=queue.status,
            pause_reason=queue.pause_reason,
            paused_at=queue.paused_at or work.now,
            estimated_resume_time=queue.resume_expected_at,
        ),
        "Queue paused successfully",
    )


@queues.post("/doctors/<doctorId>/queue/late", needs=EVERYBODY, answers=Late)
def announce_doctor_late(work: Work, call: Call, path: LinePath, body: DoctorLateCall) -> Answer:
    """Note that the doctor is late or away; those whose time moves are told the new one.

    The line is not paused: its start, or the next call in, ends it. Said again it replaces what was
    said; 0 takes it back.
    """
    line = line_of(work, call, path)
    queue = lateness.announce_doctor_late(line, call.caller.actor, body.minutes)
    told, booked = lateness.count_told(replace(line, queue=queue))
    message = "Doctor is late" if queue.late_until else "Doctor is on time"
    late = Late(status=queue.status, late_until=queue.late_until, booked=booked, told=told)
    return Answer(late, message)


@queues.post("/doctors/<doctorId>/queue/resume", needs=EVERYBODY, answers=Resumed)
def resume_queue(work: Work, call: Call, path: LinePath) -> Answer:
    """Go on after a pause or an emergency; those who wait are told."""
    queue = lifecycle.resume(line_of(work, call, path), call.caller.actor)
    return Answer(
        Resumed(
            status=queue.status,
            resumed_at=queue.resumed_at or work.now,
            current_token=queue.current_token,
            current_token_number=_number(queue.current_number),
        ),
        "Queue resumed successfully",
    )


@queues.post("/doctors/<doctorId>/queue/close", needs=EVERYBODY, answers=Closed)
def close_queue(work: Work, call: Call, path: LinePath) -> Answer:
    """End the day; who was not seen is told, and their money waits for another day of theirs.

    For a minute nobody is told, and no money moves; for ten minutes `queue/reopen` takes it back.
    """
    line = line_of(work, call, path)
    queue = lifecycle.close(line, call.caller.actor, lifecycle.CLOSED_BY_STAFF)
    counts = tokens.count_tokens(tokens.tokens_of_day(work, queue))
    return Answer(
        Closed(
            status=queue.status,
            closed_at=queue.closed_at or work.now,
            summary=Summary(
                total_tokens=counts.total,
                completed_tokens=counts.completed,
                skipped_tokens=counts.skipped,
                pending_tokens=counts.pending,
            ),
        ),
        "Queue closed successfully",
    )


@queues.post("/doctors/<doctorId>/queue/reopen", needs=EVERYBODY, answers=Reopened)
def reopen_queue(work: Work, call: Call, path: LinePath) -> Answer:
    """Take back a close by staff, for ten minutes; who was told of it is told again.

    Who was being served is being served again. Bookings that the close has ended meanwhile come
    back in a moment, but for those whose patients have booked again. Who was refunded pays at the
    clinic.
    """
    queue = reopening.reopen(line_of(work, call, path), call.caller.actor)
    return Answer(
        Reopened(
            status=queue.status,
            current_token=queue.current_token,
            current_token_number=_number(queue.current_number),
        ),
        "Queue reopened successfully",
    )


def line_of(work: Work, call: Call, path: LinePath, query: OfDay | None = None) -> LineContext:
    """Return the line of a doctor of the caller's clinic: that of a day, or the current one.

    Raises:
        NotFound: If there is no such doctor in the caller's scope.
    """
    clinic, doctor = require_doctor(work, call.caller.clinic_id, path.doctor_id)
    day = day_of(query.date) if query else None
    return LineContext(work, clinic, doctor, get_queue(work, clinic, doctor, day))


def seen_state(body: Sight) -> SeenState:
    """Return what a caller saw of the line."""
    return SeenState(button=body.names_current, current=body.current_token)


def _fields(queue: Queue, found: Sequence[Token]) -> dict[str, Any]:
    counts = tokens.count_tokens(found)
    halted = queue.status in HALTED
    known = queue.version > 0
    begin = queue.said_start or queue.started_at or queue.planned_start
    return {
        "queue_id": queue.queue_id,
        "doctor_id": queue.doctor_id,
        "date": queue.date,
        "status": queue.status,
        "current_token": queue.current_token,
        "current_token_number": _number(queue.current_number),
        "total_tokens": counts.total,
        "completed_tokens": counts.completed,
        "pending_tokens": counts.pending,
        "skipped_tokens": counts.skipped,
        "start_time": begin if known else None,
        "estimated_end_time": (queue.said_end or queue.planned_end) if known else None,
        "pause_reason": queue.pause_reason if halted else None,
        "paused_at": queue.paused_at if halted else None,
        "estimated_resume_time": queue.resume_expected_at if halted else None,
        "late_until": queue.late_until,
        "closed_at": queue.closed_at,
    }


def _in_line(token: Token) -> TokenInLine:
    return TokenInLine(
        token_id=token.token_id,
        token_number=token.token_number,
        patient_id=token.patient_id,
        patient_phone=token.patient_phone,
        patient_name=token.patient_name,
        status=token.status,
        estimated_time=token.estimated_time,
        actual_time=token.actual_time,
        arrived_at=token.arrived_at,
        late_until=tokens.announced_lateness(token),
        balance_due=rupees(tokens.balance_paise(token)),
    )


def move_fields(moved: MoveResult) -> dict[str, Any]:
    """Return the fields of an answer that says who is in and who is next."""
    now, following = moved.current, moved.following
    return {
        "current_token": now.token_id if now else None,
        "current_token_number": now.token_number if now else None,
        "patient_id": now.patient_id if now else None,
        "patient_name": now.patient_name if now else None,
        "patient_phone": now.patient_phone if now else None,
        "estimated_time": now.estimated_time if now else None,
        "next_token": following.token_id if following else None,
        "next_token_number": following.token_number if following else None,
    }


def _number(number: int | None) -> str | None:
    return None if number is None else number_text(number)
