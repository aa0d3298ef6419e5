"""Telling everybody in a line of a change: progress, pauses, emergencies (fan-out).

Each function handles a due item. It may run again at any point: what was written is not written
twice, because the id of each message is that of its event and token.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from domain.actions.booking.days import next_open
from domain.actions.booking.places import waiting_in_order
from domain.actions.delivery.freshness import DOCTORS_NEWS, worth_telling
from domain.actions.line.consultations import notify_next
from domain.actions.messages.notices import notice_about, push_question
from domain.actions.messages.outbox import send
from domain.due import OpenWork, chunks, context_of, finish
from domain.line_context import LineContext
from domain.model.base import stamp
from domain.model.due import Due
from domain.model.messages import Guard, Message, Option, Urgency
from domain.model.queues import WAITING, Progress, QueueStatus, Token, Waiting
from domain.rules import EXPAND_CHUNK
from domain.waiting import Expectation, expect_all


def notify_line_moved(open_work: OpenWork, item: Due) -> None:
    """Tell those who wait what the move changes for them; after a pause, everybody.

    Before the start, only that the doctor is late, or on time after all, can change anything.
    """
    line = context_of(open_work(), item)
    awaited = item.values.get("reason") in DOCTORS_NEWS
    states = {QueueStatus.ACTIVE} | ({QueueStatus.SCHEDULED} if awaited else set())
    if line is not None and line.queue.status in states:
        waiting = waiting_in_order(line.work, line.queue.queue_id)
        expected = expect_all(line.queue, waiting, line.now)
        for chunk in chunks(list(zip(waiting, expected, strict=True)), EXPAND_CHUNK):
            _tell_progress(replace(line, work=open_work()), chunk, item)
    finish(open_work, item)


def _tell_progress(
    line: LineContext, expectations: Sequence[tuple[Waiting, Expectation]], item: Due
) -> None:
    """Tell some of those who wait, in one transaction."""
    line.work.fetch([(Progress, (line.queue.queue_id, w.token_id)) for w, _ in expectations])
    for waiting, expected in expectations:
        _tell_if_worth(line, waiting.token_id, expected, item)
    line.work.commit()


def _tell_if_worth(line: LineContext, token_id: str, expected: Expectation, item: Due) -> None:
    """Tell a patient that they are next, or of progress that makes a difference to them."""
    known = line.work.get(Progress, line.queue.queue_id, token_id)
    reason = item.values.get("reason")
    has_resumed = reason == "resumed"
    if expected.ahead == 0 and not has_resumed and reason not in DOCTORS_NEWS:
        token = line.work.get(Token, line.queue.queue_id, token_id)
        if token is not None and known is not None and known.told_ahead != 0:
            notify_next(line, token)
    elif worth_telling(line.work, known, expected) or (
        has_resumed and not (known and known.pending)
    ):
        _write_progress(line, token_id, known, item)


def _write_progress(line: LineContext, token_id: str, known: Progress | None, item: Due) -> None:
    """Write a patient's news of their turn; its values are computed when it is sent."""
    work, queue = line.work, line.queue
    token = work.get(Token, queue.queue_id, token_id)
    if token is None or token.status not in WAITING:
        return
    message_id = f"msg_{item.kind}_{token_id}_{stamp(item.at)}"
    if work.get(Message, message_id) is not None:
        return
    reason = item.values.get("reason")
    notice = notice_about(
        "news/progress",
        token,
        line.clinic,
        line.doctor,
        guard=Guard.PROGRESS,
        values={"reason": reason},
    )
    helps_until = work.now + timedelta(minutes=10)
    send(
        work,
        replace(notice, urgency=Urgency.NEWS, helps_until=helps_until, message_id=message_id),
    )
    known = known or Progress(queue_id=queue.queue_id, token_id=token_id, clinic_id=queue.clinic_id)
    work.put(known.but(pending=message_id))


def notify_paused(open_work: OpenWork, item: Due) -> None:
    """Tell those who wait of a pause, with its reason and how long it may take."""
    _notify_halted(open_work, item, QueueStatus.PAUSED)


def notify_emergency(open_work: OpenWork, item: Due) -> None:
    """Tell those who wait of an emergency and offer each: wait, another day, or cancel."""
    _notify_halted(open_work, item, QueueStatus.EMERGENCY)


def _notify_halted(open_work: OpenWork, item: Due, status: QueueStatus) -> None:
    """Tell all who wait, if the line is still in the state that the event is about."""
    line = context_of(open_work(), item)
    if line is not None and line.queue.status is status:
        another = next_open(line.work, line.clinic, line.doctor, line.day)
        for chunk in chunks(waiting_in_order(line.work, line.queue.queue_id), EXPAND_CHUNK):
            _tell_halted(replace(line, work=open_work()), chunk, item, another)
    finish(open_work, item)


def _tell_halted(
    line: LineContext, waiting: Sequence[Waiting], item: Due, another: date | None
) -> None:
    """Tell some of those who wait, in one transaction."""
    work, queue = line.work, line.queue
    since = stamp(queue.paused_at) if queue.paused_at else ""
    work.fetch([(Token, (queue.queue_id, w.token_id)) for w in waiting])
    for place in waiting:
        token = work.get(Token, queue.queue_id, place.token_id)
        message_id = f"msg_{item.kind}_{place.token_id}_{since}"
        if token is None or work.get(Message, message_id) is not None:
            continue
        if queue.status is QueueStatus.EMERGENCY:
            options = _choices(token, another)
            _write_halted(line, token, "news/emergency", options, message_id)
            push_question(work, line.clinic, token, "emergency", options)
        else:
            _write_halted(line, token, "news/paused", [], message_id)
    work.commit()


def _write_halted(
    line: LineContext, token: Token, name: str, options: list[Option], message_id: str
) -> None:
    minutes = _announced_minutes(line)
    notice = notice_about(
        name,
        token,
        line.clinic,
        line.doctor,
        guard=Guard.HALTED,
        values={"minutes": minutes, "reason": line.queue.pause_reason},
        options=options,
    )
    helps_until = line.now + timedelta(minutes=minutes or 60)
    send(line.work, replace(notice, helps_until=helps_until, message_id=message_id))


def _announced_minutes(line: LineContext) -> int | None:
    """Return how long the pause or emergency is to take, if that was said."""
    queue = line.queue
    if queue.resume_expected_at is None or queue.paused_at is None:
        return None
    return round((queue.resume_expected_at - queue.paused_at).total_seconds() / 60)


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
