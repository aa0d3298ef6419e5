"""Running a doctor's line: start, next, skip, pause, emergency, resume, close, undo."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from domain.actions import due, history, visits
from domain.actions.booking import (
    drop_booking,
    facts,
    keep_booking,
    live_booking,
    waiting_of,
)
from domain.actions.days import keep_queue, line_of, place_of, read_day, the_token
from domain.actions.messages import send
from domain.actions.people import count_visit
from domain.errors import LineMoved, NobodyWaiting, NothingToUndo, NotNow
from domain.model.clinics import Clinic, Doctor
from domain.model.messages import Consent, Message, MessageStatus, Option
from domain.model.queues import (
    WAITING,
    Move,
    PaymentStatus,
    Queue,
    QueueStatus,
    Token,
    TokenStatus,
    Waiting,
)
from domain.rules import (
    KEPT_CONSULTATIONS,
    MOVE_TOLERANCE_SECONDS,
    OTHERS_MOVE_SECONDS,
    RATING_AFTER_SECONDS,
)
from domain.timetable import hours, today
from domain.work import Work


@dataclass(frozen=True)
class Actor:
    """Who acts on a line; the clock acts as `system`."""

    user_id: str
    name: str


CLOCK = Actor("system", "PulseOps")


@dataclass(frozen=True)
class Saw:
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


@dataclass(frozen=True)
class Moved:
    """The line after a move: its head, who is in now, who is next."""

    queue: Queue
    current: Token | None
    following: Token | None


def start(work: Work, clinic: Clinic, doctor: Doctor, queue: Queue, actor: Actor) -> Queue:
    """Open a day's line and tell those who wait.

    A line of an earlier day that nobody has closed ends in the same write, and today's begins.

    Raises:
        NotNow: If it is open or over already.
    """
    begins = today(clinic, work.now)
    begin, _ = hours(clinic, doctor, begins)
    is_left_open = queue.status in RUNNING and queue.planned_end <= work.now
    if is_left_open and queue.date < begins.isoformat() and begin - work.now <= START_EARLY:
        close(work, clinic, doctor, queue, actor, "NEXT_DAY_STARTED")
        queue = read_day(work, clinic, doctor, begins).queue
    status = _after(queue, "start")
    queue = keep_queue(work, queue)
    queue = work.put(queue.but(status=status, started_at=work.now, updated_at=work.now))
    history.note_line(work, queue, "start", by=actor.user_id, by_name=actor.name)
    waiting = line_of(work, queue.queue_id, 1)
    if waiting:
        first = the_token(work, queue.queue_id, waiting[0].token_id)
        tell_next(work, clinic, doctor, first)
    due.event(work, "moved", queue, reason="started")
    return queue


def call_next(
    work: Work, clinic: Clinic, doctor: Doctor, queue: Queue, actor: Actor, saw: Saw
) -> Moved:
    """Complete the token being served and call the next of the line in.

    With nobody waiting it only completes.

    Raises:
        NotNow: Unless the line is ACTIVE.
        NobodyWaiting: If nobody waits and nobody is being served.
        LineMoved: If the line is not as the actor saw it; nothing has moved then.
    """
    _after(queue, "next")
    judge(work, queue, actor, saw)
    return _advance(work, clinic, doctor, queue, actor, TokenStatus.COMPLETED)


def skip(work: Work, clinic: Clinic, doctor: Doctor, queue: Queue, actor: Actor, saw: Saw) -> Moved:
    """Mark the token that was called and did not come SKIPPED, and call the next.

    Raises:
        NotNow: Unless the line is ACTIVE and somebody was called.
        LineMoved: If the line is not as the actor saw it.
    """
    _after(queue, "skip")
    judge(work, queue, actor, saw)
    if queue.current_token is None:
        raise NobodyWaiting(state=queue.status)
    return _advance(work, clinic, doctor, queue, actor, TokenStatus.SKIPPED)


def judge(work: Work, queue: Queue, actor: Actor, saw: Saw) -> None:
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


def pause(work: Work, queue: Queue, actor: Actor, minutes: int | None, reason: str | None) -> Queue:
    """Stop calling for a while; those who wait are told how long it may take.

    Raises:
        NotNow: Unless the line is ACTIVE.
    """
    return _halt(work, queue, actor, "pause", minutes, reason)


def emergency(work: Work, queue: Queue, actor: Actor, minutes: int) -> Queue:
    """Stop calling because of an emergency; those who wait choose what to do.

    Raises:
        NotNow: Unless the line is ACTIVE or PAUSED.
    """
    return _halt(work, queue, actor, "emergency", minutes, "EMERGENCY")


def resume(work: Work, queue: Queue, actor: Actor) -> Queue:
    """Go on after a pause or an emergency.

    Raises:
        NotNow: Unless the line is PAUSED or in EMERGENCY.
    """
    status = _after(queue, "resume")
    queue = work.put(
        queue.but(
            status=status,
            resumed_at=work.now,
            pause_reason=None,
            resume_expected_at=None,
            updated_at=work.now,
        )
    )
    history.note_line(work, queue, "resume", by=actor.user_id, by_name=actor.name)
    due.event(work, "moved", queue, reason="resumed")
    return queue


def close(
    work: Work, clinic: Clinic, doctor: Doctor, queue: Queue, actor: Actor, reason: str
) -> Queue:
    """End the day's line: whoever is being served is done; a job brings the others after it.

    Raises:
        NotNow: If it is closed already.
    """
    status = _after(queue, "close")
    if queue.version == 0:
        queue = keep_queue(work, queue)
    if queue.current_token is not None:
        left = the_token(work, queue.queue_id, queue.current_token)
        _leave(work, clinic, doctor, left, TokenStatus.COMPLETED)
    never_started = queue.started_at is None
    queue = work.put(
        queue.but(
            status=status,
            current_token=None,
            current_number=None,
            current_since=None,
            last_move=None,
            closed_at=work.now,
            close_reason="NOT_STARTED" if never_started else reason,
            resume_expected_at=None,
            updated_at=work.now,
        )
    )
    history.note_line(work, queue, "close", by=actor.user_id, by_name=actor.name, detail=reason)
    due.event(work, "closed", queue)
    due.about_queue(work, "closed_again", work.now + timedelta(minutes=1), queue)
    return queue


def undo(work: Work, clinic: Clinic, doctor: Doctor, queue: Queue, actor: Actor, saw: Saw) -> Moved:
    """Take back the last next or skip: who was called waits again, who left is being served.

    The visit opened and the balance collected by it go too, and whoever was called is told.
    Bookings, check-ins and payments since do not matter; a later move, pause or close does.

    Raises:
        NothingToUndo: If there is no such move.
        LineMoved: If the line is not as the actor saw it.
    """
    last = queue.last_move
    if last is None or last.action == "undo" or queue.status is not QueueStatus.ACTIVE:
        raise NothingToUndo(state=queue.status)
    judge(work, queue, actor, saw)
    if last.called is not None:
        called = the_token(work, queue.queue_id, last.called)
        visits.undo_open(work, called)
        called = work.put(
            called.but(
                status=last.called_status or TokenStatus.CONFIRMED,
                place=last.called_place,
                actual_time=None,
                visit_id=None,
                updated_at=work.now,
            )
        )
        work.put(waiting_of(called))
        send(
            work,
            name="news/not_yet",
            contact_id=called.contact_id,
            clinic=clinic,
            about=called,
            guard="waiting",
            values=facts(called, doctor),
            consent=Consent.TOKEN,
            helps_until=work.now + timedelta(minutes=15),
        )
    current = _return_left(work, queue, last) if last.left is not None else None
    consultations = queue.consultations
    if last.left_status is TokenStatus.COMPLETED:
        consultations = consultations[:-1]
    queue = work.put(
        queue.but(
            current_token=current.token_id if current else None,
            current_number=current.number if current else None,
            current_since=last.left_since if current else None,
            consultations=consultations,
            last_move=Move(action="undo", by=actor.user_id, by_name=actor.name, at=work.now),
            updated_at=work.now,
        )
    )
    history.note_line(work, queue, "undo", by=actor.user_id, by_name=actor.name, detail=last.action)
    due.event(work, "moved", queue, reason="undone")
    return _moved(work, queue, current, line_of(work, queue.queue_id))


def _return_left(work: Work, queue: Queue, last: Move) -> Token | None:
    left = the_token(work, queue.queue_id, last.left or "")
    if left.status is TokenStatus.CANCELLED:
        return None
    if left.place is not None:  # skipped, and has said "here" since
        waiting = work.get(Waiting, left.queue_id, left.place)
        if waiting is not None:
            work.delete(waiting)
    if last.left_status is TokenStatus.SKIPPED:
        left = visits.open_visit(work, left)
    else:
        visits.reopen(work, left)
        count_visit(work, left, -1)
        day = date.fromisoformat(left.date)
        if live_booking(work, left.contact_id, left.patient_id, left.doctor_id, day) is None:
            keep_booking(work, left)
    return work.put(
        left.but(
            status=TokenStatus.CURRENT,
            place=None,
            actual_time=last.left_since,
            completed_at=None,
            collected_paise=left.collected_paise - last.left_collected,
            payment_status=_paid_before(left),
            updated_at=work.now,
        )
    )


def _paid_before(token: Token) -> PaymentStatus:
    return PaymentStatus.PAID if token.capture_id else PaymentStatus.PENDING


def _advance(
    work: Work,
    clinic: Clinic,
    doctor: Doctor,
    queue: Queue,
    actor: Actor,
    left_status: TokenStatus,
) -> Moved:
    line = line_of(work, queue.queue_id, 3)
    if queue.current_token is None and not line:
        raise NobodyWaiting(state=queue.status)
    left = collected = None
    consultations = queue.consultations
    if queue.current_token is not None:
        before = the_token(work, queue.queue_id, queue.current_token)
        left = _leave(work, clinic, doctor, before, left_status)
        collected = left.collected_paise - before.collected_paise
        if left_status is TokenStatus.COMPLETED and queue.current_since is not None:
            seconds = int((work.now - queue.current_since).total_seconds())
            consultations = (*consultations, seconds)[-KEPT_CONSULTATIONS:]
    called = called_before = None
    if line:
        called_before = the_token(work, queue.queue_id, line[0].token_id)
        called = _call(work, clinic, doctor, called_before, line[0])
        if len(line) > 1:
            following = the_token(work, queue.queue_id, line[1].token_id)
            tell_next(work, clinic, doctor, following)
    action = "next" if left_status is TokenStatus.COMPLETED else "skip"
    queue = work.put(
        queue.but(
            current_token=called.token_id if called else None,
            current_number=called.number if called else None,
            current_since=work.now if called else None,
            consultations=consultations,
            last_move=Move(
                action=action,
                by=actor.user_id,
                by_name=actor.name,
                at=work.now,
                left=left.token_id if left else None,
                left_status=left.status if left else None,
                left_since=queue.current_since,
                left_collected=collected or 0,
                called=called.token_id if called else None,
                called_status=called_before.status if called_before else None,
                called_place=called_before.place if called_before else None,
            ),
            updated_at=work.now,
        )
    )
    history.note_line(work, queue, action, by=actor.user_id, by_name=actor.name)
    due.event(work, "moved", queue)
    return _moved(work, queue, called, line[1:])


def _moved(work: Work, queue: Queue, current: Token | None, line: list[Waiting]) -> Moved:
    following = the_token(work, queue.queue_id, line[0].token_id) if line else None
    return Moved(queue, current, following)


def _call(work: Work, clinic: Clinic, doctor: Doctor, token: Token, waiting: Waiting) -> Token:
    work.delete(waiting)
    token = visits.open_visit(work, token)
    token = work.put(
        token.but(status=TokenStatus.CURRENT, place=None, actual_time=work.now, updated_at=work.now)
    )
    send(
        work,
        name="news/your_turn",
        contact_id=token.contact_id,
        clinic=clinic,
        about=token,
        guard="current",
        values=facts(token, doctor),
        consent=Consent.TOKEN,
    )
    return token


def tell_next(work: Work, clinic: Clinic, doctor: Doctor, token: Token) -> None:
    """Tell a patient that they are next, once.

    Again only if it was no longer true when it was to leave, or if they have stood elsewhere since.
    """
    message_id = base = f"msg_next_{token.token_id}_{token.place}"
    repeat = 1
    while (before := work.get(Message, message_id)) is not None:
        if before.status is not MessageStatus.DROPPED or repeat == MOST_REPEATS:
            return
        repeat += 1
        message_id = f"{base}_{repeat}"
    send(
        work,
        name="news/next_in_line",
        message_id=message_id,
        contact_id=token.contact_id,
        clinic=clinic,
        about=token,
        guard="first",
        values=facts(token, doctor),
        options=[]
        if token.status is TokenStatus.ARRIVED
        else [Option(id=f"here:{token.token_id}", label="here_button")],
        consent=Consent.TOKEN,
        order=1,
    )


START_EARLY = timedelta(hours=4)
"""So long before today's hours `start` means today's line, though yesterday's was left open."""
RUNNING = frozenset({QueueStatus.ACTIVE, QueueStatus.PAUSED, QueueStatus.EMERGENCY})
MOST_REPEATS = 5
"""How often the same patient may be told that they are next, however often moves are undone."""


def _leave(work: Work, clinic: Clinic, doctor: Doctor, token: Token, status: TokenStatus) -> Token:
    """End a consultation, or mark who did not come; ask for a rating, or say how to rejoin."""
    if status is TokenStatus.SKIPPED:
        visits.undo_open(work, token)
        left = token.but(status=status, visit_id=None, actual_time=None, updated_at=work.now)
        send(
            work,
            name="news/skipped",
            contact_id=token.contact_id,
            clinic=clinic,
            about=token,
            guard="skipped",
            values=facts(token, doctor),
            options=[Option(id=f"here:{token.token_id}", label="here_button")],
            consent=Consent.TOKEN,
        )
        return work.put(left)
    visits.complete(work, token)
    count_visit(work, token, 1)
    drop_booking(work, token)
    due.later(
        work,
        "ask_rating",
        work.now + timedelta(seconds=RATING_AFTER_SECONDS),
        token.token_id,
        clinic_id=token.clinic_id,
        doctor_id=token.doctor_id,
        date=token.date,
        queue_id=token.queue_id,
        token_id=token.token_id,
    )
    return work.put(
        token.but(
            status=status,
            completed_at=work.now,
            collected_paise=token.amount_paise - token.paid_paise,
            payment_status=PaymentStatus.PAID,
            updated_at=work.now,
        )
    )


def _halt(
    work: Work,
    queue: Queue,
    actor: Actor,
    action: str,
    minutes: int | None,
    reason: str | None,
) -> Queue:
    status = _after(queue, action)
    until = work.now + timedelta(minutes=minutes) if minutes is not None else None
    queue = work.put(
        queue.but(
            status=status,
            paused_at=work.now,
            pause_reason=reason,
            resume_expected_at=until,
            last_move=_no_longer_undoable(queue),
            updated_at=work.now,
        )
    )
    history.note_line(
        work,
        queue,
        action,
        by=actor.user_id,
        by_name=actor.name,
        detail=f"{minutes} min" if minutes is not None else None,
    )
    due.event(work, action, queue, by=actor.user_id)
    if until is not None:
        due.about_queue(work, "ask_resume", until, queue, by=actor.user_id)
    return queue


def _no_longer_undoable(queue: Queue) -> Move | None:
    """Keep who moved last and when, which later moves are judged by, but nothing to take back."""
    last = queue.last_move
    return last and Move(action="undo", by=last.by, by_name=last.by_name, at=last.at)


def _after(queue: Queue, action: str) -> QueueStatus:
    status = STATES.get((queue.status, action))
    if status is None:
        raise NotNow(state=queue.status, action=action)
    return status


def _line_moved(queue: Queue) -> LineMoved:
    last = queue.last_move
    return LineMoved(
        by_name=last.by_name if last else None,
        action=last.action if last else None,
        at=last.at if last else None,
        current=queue.current_number,
    )


def check_in(work: Work, token: Token) -> Token:
    """Note that a patient has come; one who was skipped stands after the next of the line.

    May be repeated.

    Raises:
        NotNow: If the token is not waiting, or its line is closed (fact `state`).
    """
    queue = work.get(Queue, token.doctor_id, token.date)
    if queue is not None and queue.status is QueueStatus.CLOSED:
        raise NotNow(state=queue.status)
    if token.status is TokenStatus.ARRIVED:
        return token
    if token.status is TokenStatus.SKIPPED:
        first = line_of(work, token.queue_id, 1)
        place = f"{first[0].place}~{work.ids.new('')}" if first else place_of(token.number)
        token = token.but(place=place)
    elif token.status not in WAITING:
        raise NotNow(state=token.status)
    arrived = work.put(
        token.but(status=TokenStatus.ARRIVED, arrived_at=work.now, updated_at=work.now)
    )
    stored = work.get(Waiting, token.queue_id, arrived.place or "")
    work.put(waiting_of(arrived).but(version=stored.version if stored else 0))
    history.note(work, arrived, "check-in", by=token.contact_id, by_name=token.patient_name)
    return arrived
