"""Calling patients in: next, skip and undo, which are the moves of a line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from domain import due
from domain.actions.booking import history
from domain.actions.booking.places import waiting_in_order, waiting_of
from domain.actions.booking.seats import live_booking, remove_live_booking, write_live_booking
from domain.actions.line.preconditions import SeenState, require_current_view, state_after
from domain.actions.messages.notices import notice_values
from domain.actions.messages.outbox import Draft, send
from domain.actions.payments import ledger
from domain.actions.people.associations import count_visit
from domain.actions.visits import visits
from domain.actors import SILENT, Actor, Remark
from domain.errors import NobodyWaiting, NothingToUndo
from domain.model.clinics import Clinic, Doctor
from domain.model.messages import Consent, Guard, Message, MessageStatus, Option
from domain.model.queues import (
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
    RATING_AFTER_SECONDS,
)
from domain.work import Work


@dataclass(frozen=True)
class MoveResult:
    """The line after a move: its head, who is in now, who is next."""

    queue: Queue
    current: Token | None
    following: Token | None


def call_next(
    work: Work, clinic: Clinic, doctor: Doctor, queue: Queue, actor: Actor, saw: SeenState
) -> MoveResult:
    """Complete the token being served and call the next of the line in.

    With nobody waiting it only completes.

    Raises:
        NotNow: Unless the line is ACTIVE.
        NobodyWaiting: If nobody waits and nobody is being served.
        LineMoved: If the line is not as the actor saw it; nothing has moved then.
    """
    state_after(queue, "next")
    require_current_view(work, queue, actor, saw)
    ends = Ending(TokenStatus.COMPLETED)
    return advance(
        work, clinic, doctor, queue, actor, ends, waiting_in_order(work, queue.queue_id, 3)
    )


def skip(
    work: Work,
    clinic: Clinic,
    doctor: Doctor,
    queue: Queue,
    actor: Actor,
    saw: SeenState,
    remark: Remark = SILENT,
) -> MoveResult:
    """Mark the token that was called and did not come SKIPPED, and call the next.

    Raises:
        NotNow: Unless the line is ACTIVE and somebody was called.
        LineMoved: If the line is not as the actor saw it.
    """
    state_after(queue, "skip")
    require_current_view(work, queue, actor, saw)
    if queue.current_token is None:
        raise NobodyWaiting(state=queue.status)
    ends = Ending(TokenStatus.SKIPPED, remark=remark)
    return advance(
        work, clinic, doctor, queue, actor, ends, waiting_in_order(work, queue.queue_id, 3)
    )


def undo(
    work: Work, clinic: Clinic, doctor: Doctor, queue: Queue, actor: Actor, saw: SeenState
) -> MoveResult:
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
    require_current_view(work, queue, actor, saw)
    if last.called is not None:
        called = work.require(Token, queue.queue_id, last.called)
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
        send(
            work,
            Draft(
                "news/not_yet",
                to=called.contact_id,
                clinic=clinic,
                about=called,
                guard=Guard.WAITING,
                values=notice_values(called, doctor),
                consent=Consent.TOKEN,
                helps_until=work.now + timedelta(minutes=15),
            ),
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
    history.log_line(work, queue, "undo", actor, detail=last.action)
    due.schedule_fan_out(work, "moved", queue, reason="undone")
    return _moved(work, queue, current, waiting_in_order(work, queue.queue_id))


def _return_left(work: Work, queue: Queue, last: Move) -> Token | None:
    left = work.require(Token, queue.queue_id, last.left or "")
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
    back = work.put(
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
    return ledger.record_collection(work, back)


def _paid_before(token: Token) -> PaymentStatus:
    return PaymentStatus.PAID if token.capture_id else PaymentStatus.PENDING


@dataclass(frozen=True)
class Ending:
    """How a consultation ends, or that nobody came to it."""

    status: TokenStatus
    action: str | None = None
    """What the history calls it; None: as the moves of the whole line."""
    collected_paise: int | None = None
    """What was taken at the desk; None: what was owed."""
    remark: Remark = SILENT


def advance(
    work: Work,
    clinic: Clinic,
    doctor: Doctor,
    queue: Queue,
    actor: Actor,
    ends: Ending,
    line: list[Waiting],
) -> MoveResult:
    """End what is going on and call in the first of *line*: nobody, if that is empty.

    Raises:
        NobodyWaiting: If nobody is being served either.
    """
    left_status = ends.status
    if queue.current_token is None and not line:
        raise NobodyWaiting(state=queue.status)
    left = collected = None
    consultations = queue.consultations
    if queue.current_token is not None:
        before = work.require(Token, queue.queue_id, queue.current_token)
        left = end_consultation(work, clinic, doctor, before, left_status, ends.collected_paise)
        collected = left.collected_paise - before.collected_paise
        if left_status is TokenStatus.COMPLETED and queue.current_since is not None:
            seconds = int((work.now - queue.current_since).total_seconds())
            consultations = (*consultations, seconds)[-KEPT_CONSULTATIONS:]
    called = called_before = None
    if line:
        called_before = work.require(Token, queue.queue_id, line[0].token_id)
        called = _call(work, clinic, doctor, called_before, line[0])
        if len(line) > 1:
            following = work.require(Token, queue.queue_id, line[1].token_id)
            notify_next(work, clinic, doctor, following)
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
    history.log_line(
        work,
        queue,
        ends.action or action,
        actor,
        detail=ends.remark.reason,
        notes=ends.remark.notes,
        left=left,
    )
    due.schedule_fan_out(work, "moved", queue)
    return _moved(work, queue, called, line[1:])


def _moved(work: Work, queue: Queue, current: Token | None, line: list[Waiting]) -> MoveResult:
    following = work.require(Token, queue.queue_id, line[0].token_id) if line else None
    return MoveResult(queue, current, following)


def _call(work: Work, clinic: Clinic, doctor: Doctor, token: Token, waiting: Waiting) -> Token:
    work.delete(waiting)
    token = visits.open_visit(work, token)
    token = work.put(
        token.but(status=TokenStatus.CURRENT, place=None, actual_time=work.now, updated_at=work.now)
    )
    send(
        work,
        Draft(
            "news/your_turn",
            to=token.contact_id,
            clinic=clinic,
            about=token,
            guard=Guard.CURRENT,
            values=notice_values(token, doctor),
            consent=Consent.TOKEN,
        ),
    )
    return token


def notify_next(work: Work, clinic: Clinic, doctor: Doctor, token: Token) -> None:
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
        Draft(
            "news/next_in_line",
            to=token.contact_id,
            clinic=clinic,
            about=token,
            guard=Guard.FIRST,
            values=notice_values(token, doctor),
            options=[]
            if token.status is TokenStatus.ARRIVED
            else [Option(id=f"here:{token.token_id}", label="here_button")],
            consent=Consent.TOKEN,
            order=1,
            message_id=message_id,
        ),
    )


MOST_REPEATS = 5
"""How often the same patient may be told that they are next, however often moves are undone."""


def end_consultation(
    work: Work,
    clinic: Clinic,
    doctor: Doctor,
    token: Token,
    status: TokenStatus,
    collected_paise: int | None = None,
) -> Token:
    """End a consultation, or mark who did not come; ask for a rating, or say how to rejoin.

    Completion collects what is owed, or *collected_paise* of it.
    """
    if status is TokenStatus.SKIPPED:
        kept = visits.undo_open_visit(work, token)
        left = token.but(status=status, visit_id=kept, actual_time=None, updated_at=work.now)
        send(
            work,
            Draft(
                "news/skipped",
                to=token.contact_id,
                clinic=clinic,
                about=token,
                guard=Guard.SKIPPED,
                values=notice_values(token, doctor),
                options=[Option(id=f"here:{token.token_id}", label="here_button")],
                consent=Consent.TOKEN,
            ),
        )
        return work.put(left)
    visits.complete_visit(work, token)
    visits_in_all = count_visit(work, token, 1)
    remove_live_booking(work, token)
    due.schedule_for_token(
        work, "ask_rating", work.now + timedelta(seconds=RATING_AFTER_SECONDS), token
    )
    owed = max(0, token.amount_paise - token.paid_paise)
    collected = owed if collected_paise is None else collected_paise
    settled = collected >= owed or token.capture_id is not None
    done = work.put(
        token.but(
            status=status,
            completed_at=work.now,
            collected_paise=collected,
            new_patient=visits_in_all <= 1,
            payment_status=PaymentStatus.PAID if settled else token.payment_status,
            updated_at=work.now,
        )
    )
    return ledger.record_collection(work, done)
