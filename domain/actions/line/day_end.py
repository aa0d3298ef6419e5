"""Bringing everybody's token after a closed day."""

from __future__ import annotations

from datetime import date

from domain.actions.booking import booking, history
from domain.actions.booking.days import next_open
from domain.actions.booking.tokens import CLINIC_CLOSED
from domain.actions.line.lifecycle import DOCTOR_REMOVED, no_show
from domain.actions.messages import notices
from domain.actions.messages.notices import push_question
from domain.actions.messages.outbox import Draft, send
from domain.actions.payments import refunds
from domain.actors import CLOCK
from domain.due import OpenWork, chunks, context_of, finish, tokens_of
from domain.model.clinics import Clinic, Doctor
from domain.model.due import Due
from domain.model.messages import Consent, Option
from domain.model.queues import (
    WAITING,
    PaymentStatus,
    Queue,
    QueueStatus,
    Token,
    TokenStatus,
)
from domain.rules import (
    CHOICE_HOURS,
    CLOSE_CHUNK,
)
from domain.work import Work


def settle_closed_day(open_work: OpenWork, item: Due) -> None:
    """Bring everybody's token after a closed day: no-shows, and cancellations with their money.

    Runs again a minute later for bookings that were in flight.
    """
    work = open_work()
    place = context_of(work, item)
    if place is None or place[2].status is not QueueStatus.CLOSED:
        return finish(open_work, item)
    clinic, doctor, queue = place
    another = next_open(work, clinic, doctor, date.fromisoformat(queue.date))
    unserved = [t for t in tokens_of(work, queue.queue_id) if t.status in _UNSERVED]
    for chunk in chunks(unserved, CLOSE_CHUNK):
        work = open_work()
        for found in chunk:
            token = work.get(Token, found.queue_id, found.token_id)
            if token is not None and token.status in _UNSERVED:
                _end(work, clinic, doctor, queue, token, another)
        work.commit()
    return finish(open_work, item)


_UNSERVED = WAITING | {TokenStatus.PENDING, TokenStatus.SKIPPED}


def _end(
    work: Work,
    clinic: Clinic,
    doctor: Doctor,
    queue: Queue,
    token: Token,
    another: date | None,
) -> None:
    if token.status is TokenStatus.SKIPPED:
        no_show(work, token, CLOCK)
        return
    ended = booking.cancel_keeping_money(work, token, CLINIC_CLOSED)
    history.log_token(work, ended, "cancel", CLOCK, detail=CLINIC_CLOSED)
    paid = ended.capture_id is not None and ended.payment_status is PaymentStatus.PAID
    at_once = queue.close_reason in {"NOT_STARTED", DOCTOR_REMOVED}
    options: list[Option] = []
    if paid and at_once:
        refunds.refund_token(work, ended, queue.close_reason or "NOT_STARTED")
    elif paid:
        refunds.hold_for_rebooking(work, ended, CHOICE_HOURS)
        if another is not None:
            options.append(
                Option(
                    id=f"again:{token.token_id}",
                    label="again_button",
                    values={"day": another.isoformat()},
                )
            )
        options.append(Option(id=f"back:{token.token_id}", label="back_button"))
    send(
        work,
        Draft(
            "news/closed",
            to=token.contact_id,
            clinic=clinic,
            about=token,
            values={
                **notices.notice_values(token, doctor),
                "paid": token.paid_paise,
                "refunded": paid and at_once,
                "hours": CHOICE_HOURS,
            },
            options=options,
            consent=Consent.TOKEN,
            message_id=f"msg_closed_{token.token_id}",
        ),
    )
    if options:
        push_question(work, clinic, token, "closed", options)
