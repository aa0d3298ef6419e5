"""Telling everybody in a line: progress, pauses, emergencies, announcements."""

from __future__ import annotations

from datetime import date, timedelta

from domain.actions.booking.days import next_open
from domain.actions.booking.places import waiting_in_order
from domain.actions.delivery.freshness import worth_telling
from domain.actions.line import calling
from domain.actions.messages import notices
from domain.actions.messages.notices import push_question
from domain.actions.messages.outbox import Draft, send
from domain.due import OpenWork, chunks, context_of, finish
from domain.model.base import stamp
from domain.model.clinics import Clinic, Doctor
from domain.model.due import Due
from domain.model.messages import Consent, Guard, Message, Option, Urgency
from domain.model.queues import (
    WAITING,
    Progress,
    Queue,
    QueueStatus,
    Token,
)
from domain.rules import (
    EXPAND_CHUNK,
)
from domain.waiting import expect_all
from domain.work import Work


def notify_line_moved(open_work: OpenWork, item: Due) -> None:
    """The line moved: raise news for those to whom it makes a difference."""
    work = open_work()
    place = context_of(work, item)
    if place is None:
        return finish(open_work, item)
    clinic, doctor, queue = place
    if queue.status is QueueStatus.ACTIVE:
        everybody = waiting_in_order(work, queue.queue_id)
        expected = expect_all(queue, everybody, work.now)
        forced = item.values.get("reason") == "resumed"
        for chunk in chunks(list(zip(everybody, expected, strict=True)), EXPAND_CHUNK):
            work = open_work()
            refs = [(Progress, (queue.queue_id, w.token_id)) for w, _ in chunk]
            work.fetch(refs)
            for waiting, when in chunk:
                row = work.get(Progress, queue.queue_id, waiting.token_id)
                if when.ahead == 0 and not forced:
                    token = work.get(Token, queue.queue_id, waiting.token_id)
                    if token is not None and row is not None and row.told_ahead != 0:
                        calling.notify_next(work, clinic, doctor, token)
                elif worth_telling(work, row, when) or (forced and not (row and row.pending)):
                    _raise_progress(work, clinic, doctor, queue, waiting.token_id, row, item)
            work.commit()
    return finish(open_work, item)


def _raise_progress(
    work: Work,
    clinic: Clinic,
    doctor: Doctor,
    queue: Queue,
    token_id: str,
    row: Progress | None,
    item: Due,
) -> None:
    token = work.get(Token, queue.queue_id, token_id)
    if token is None or token.status not in WAITING:
        return
    message_id = f"msg_{item.kind}_{token_id}_{stamp(item.at)}"
    if work.get(Message, message_id) is not None:
        return
    send(
        work,
        Draft(
            "news/progress",
            to=token.contact_id,
            clinic=clinic,
            about=token,
            guard=Guard.PROGRESS,
            values={**notices.notice_values(token, doctor), "reason": item.values.get("reason")},
            urgency=Urgency.NEWS,
            consent=Consent.TOKEN,
            helps_until=work.now + timedelta(minutes=10),
            message_id=message_id,
        ),
    )
    row = row or Progress(queue_id=queue.queue_id, token_id=token_id, clinic_id=queue.clinic_id)
    work.put(row.but(pending=message_id))


def notify_paused(open_work: OpenWork, item: Due) -> None:
    """Tell those who wait of a pause, with its reason and how long it may take."""
    _tell_halted(open_work, item, "news/paused")


def notify_emergency(open_work: OpenWork, item: Due) -> None:
    """Tell those who wait of an emergency and let each choose: wait, another day, or cancel."""
    _tell_halted(open_work, item, "news/emergency")


def _tell_halted(open_work: OpenWork, item: Due, name: str) -> None:
    work = open_work()
    place = context_of(work, item)
    if place is None:
        return finish(open_work, item)
    clinic, doctor, queue = place
    since = stamp(queue.paused_at) if queue.paused_at else ""
    status = QueueStatus.EMERGENCY if name == "news/emergency" else QueueStatus.PAUSED
    if queue.status is status:
        everybody = waiting_in_order(work, queue.queue_id)
        another = next_open(work, clinic, doctor, date.fromisoformat(queue.date))
        minutes = None
        if queue.resume_expected_at and queue.paused_at:
            minutes = round((queue.resume_expected_at - queue.paused_at).total_seconds() / 60)
        for chunk in chunks(everybody, EXPAND_CHUNK):
            work = open_work()
            work.fetch([(Token, (queue.queue_id, w.token_id)) for w in chunk])
            for waiting in chunk:
                token = work.get(Token, queue.queue_id, waiting.token_id)
                message_id = f"msg_{item.kind}_{waiting.token_id}_{since}"
                if token is None or work.get(Message, message_id) is not None:
                    continue
                asks = status is QueueStatus.EMERGENCY
                options = _choices(token, another) if asks else []
                send(
                    work,
                    Draft(
                        name,
                        to=token.contact_id,
                        clinic=clinic,
                        about=token,
                        guard=Guard.HALTED,
                        values={
                            **notices.notice_values(token, doctor),
                            "minutes": minutes,
                            "reason": queue.pause_reason,
                        },
                        options=options,
                        consent=Consent.TOKEN,
                        helps_until=work.now + timedelta(minutes=minutes or 60),
                        message_id=message_id,
                    ),
                )
                if options:
                    push_question(work, clinic, token, "emergency", options)
            work.commit()
    return finish(open_work, item)


def _choices(token: Token, another: date | None) -> list[Option]:
    later = []
    if another is not None:
        values = {"day": another.isoformat()}
        later = [Option(id=f"later:{token.token_id}", label="later_button", values=values)]
    return [
        Option(id=f"wait:{token.token_id}", label="wait_button"),
        *later,
        Option(
            id=f"drop:{token.token_id}",
            label="drop_button",
            values={"paid": token.paid_paise},
        ),
    ]
