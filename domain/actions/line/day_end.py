"""What a closed day owes: bookings cancelled, no-shows marked, money returned or held."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from domain.actions.booking import booking, history
from domain.actions.booking.days import next_open
from domain.actions.booking.tokens import CLINIC_CLOSED
from domain.actions.line.lifecycle import DOCTOR_REMOVED, mark_no_show
from domain.actions.messages.notices import notice_about, push_question
from domain.actions.messages.outbox import send
from domain.actions.payments import refunds
from domain.actors import CLOCK
from domain.closing import settles_at
from domain.due import OpenWork, chunks, context_of, finish, tokens_of
from domain.line_context import LineContext
from domain.model.base import stamp
from domain.model.due import Due
from domain.model.messages import Option
from domain.model.queues import WAITING, PaymentStatus, Queue, QueueStatus, Token, TokenStatus
from domain.rules import CHOICE_HOURS, CLOSE_CHUNK

UNSERVED = WAITING | {TokenStatus.PENDING, TokenStatus.SKIPPED}
"""Statuses of tokens that a closed day ends."""


def settle_closed_day(open_work: OpenWork, item: Due) -> None:
    """End every token of a closed day: the skipped are no-shows, the others are cancelled.

    It is scheduled twice, the second time a minute later for bookings committed meanwhile. May be
    repeated at any point. A line that was reopened is left as it is.
    """
    line = context_of(open_work(), item)
    if line is None or not _is_to_settle(line.queue, line.now):
        return finish(open_work, item)
    another = next_open(line.work, line.clinic, line.doctor, line.day)
    unserved = [t for t in tokens_of(line.work, line.queue.queue_id) if t.status in UNSERVED]
    for chunk in chunks(unserved, CLOSE_CHUNK):
        line = replace(line, work=open_work())
        queue = line.work.get(Queue, line.doctor.doctor_id, line.queue.date)
        if queue is None or not _is_to_settle(queue, line.now):
            break
        line.work.check(queue)  # nobody reopens it meanwhile
        for found in chunk:
            token = line.work.get(Token, found.queue_id, found.token_id)
            if token is not None and token.status in UNSERVED:
                _end_token(line, token, another)
        line.work.commit()
    return finish(open_work, item)


def _is_to_settle(queue: Queue, now: datetime) -> bool:
    """Return whether a queue is closed, and was long enough ago that nobody takes it for a slip."""
    return queue.status is QueueStatus.CLOSED and now >= settles_at(queue)


def _end_token(line: LineContext, token: Token, another: date | None) -> None:
    """End one token; what was paid goes back at once, or waits for the patient's choice.

    The choice is offered for CHOICE_HOURS: *another* day, or a refund. Nobody chooses if the day
    was never started or the doctor has left.
    """
    work, queue = line.work, line.queue
    if token.status is TokenStatus.SKIPPED:
        absent = mark_no_show(work, token, CLOCK)
        work.put(absent.but(lost_place=""))
        return
    ended = booking.cancel_keeping_money(work, token, CLINIC_CLOSED)
    ended = work.put(ended.but(lost_place=token.place))
    history.log_token(work, ended, "cancel", CLOCK, detail=CLINIC_CLOSED)
    paid = ended.capture_id is not None and ended.payment_status is PaymentStatus.PAID
    at_once = queue.close_reason in {"NOT_STARTED", DOCTOR_REMOVED}
    options: list[Option] = []
    if paid and at_once:
        refunds.refund_token(work, ended, queue.close_reason or "NOT_STARTED")
    elif paid:
        refunds.hold_for_rebooking(work, ended, CHOICE_HOURS)
        options = _choices(token, another)
    notice = notice_about(
        "news/closed",
        token,
        line.clinic,
        line.doctor,
        values={
            "paid": token.paid_paise,
            "refunded": paid and at_once,
            "hours": CHOICE_HOURS,
        },
        options=options,
    )
    # Named by the close: after a reopening the line may be closed again, and who was told is told.
    closed = stamp(queue.closed_at) if queue.closed_at else ""
    send(work, replace(notice, message_id=f"msg_closed_{token.token_id}_{closed}"))
    if options:
        push_question(work, line.clinic, token, "closed", options)


def _choices(token: Token, another: date | None) -> list[Option]:
    """Return the buttons by which a patient chooses *another* day, if there is one, or a refund."""
    back = Option(id=f"back:{token.token_id}", label="back_button")
    if another is None:
        return [back]
    day = {"day": another.isoformat()}
    return [Option(id=f"again:{token.token_id}", label="again_button", values=day), back]
