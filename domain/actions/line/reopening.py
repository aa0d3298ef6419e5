"""A line that was closed by mistake goes on, with those whom the close had ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from domain import due
from domain.actions.booking import history
from domain.actions.booking.days import read_day
from domain.actions.booking.places import place_by_time, waiting_of
from domain.actions.booking.seats import live_booking, take_seats, write_live_booking
from domain.actions.booking.tokens import CLINIC_CLOSED
from domain.actions.line import calling, lifecycle
from domain.actions.messages.notices import notice_about
from domain.actions.messages.outbox import send
from domain.actors import CLOCK, Actor
from domain.closing import as_told, can_reopen
from domain.due import OpenWork, chunks, context_of, finish, tokens_of
from domain.errors import NotNow
from domain.line_context import LineContext
from domain.model.base import stamp
from domain.model.due import Due
from domain.model.money import Capture, Disposition
from domain.model.queues import (
    PaymentStatus,
    Queue,
    QueueStatus,
    Token,
    TokenStatus,
    Waiting,
)
from domain.rules import CLOSE_CHUNK
from domain.work import Work


def reopen(line: LineContext, actor: Actor) -> Queue:
    """Let a line that staff closed in the last ten minutes go on as it was.

    The patient who was being served is being served again. `take_back_close`, due at once, brings
    back those whom the close has ended meanwhile, and tells those who were told.

    Raises:
        NotNow: If it is not closed, was not closed by staff, or ten minutes ago or more.
    """
    queue, last = line.queue, line.queue.last_move
    if last is None or not can_reopen(queue, line.now):
        raise NotNow("A line can be reopened for ten minutes.", state=queue.status, action="reopen")
    served = calling.return_left(line, last, last.left) if last.left is not None else None
    closed_at = queue.closed_at
    queue = line.work.put(
        queue.but(
            status=last.status or QueueStatus.ACTIVE,
            current_token=served.token_id if served else None,
            current_number=served.number if served else None,
            current_since=last.left_since if served else None,
            resume_expected_at=last.resume_expected_at,
            closed_at=None,
            close_reason=None,
            last_move=lifecycle.step(line, actor, "reopen"),
            updated_at=line.now,
        )
    )
    history.log_line(line.work, queue, "reopen", actor)
    ended = stamp(closed_at) if closed_at else ""
    due.schedule_fan_out(line.work, "reopened", queue, closed_at=ended)
    return queue


def take_back_close(open_work: OpenWork, item: Due) -> None:
    """Bring back the tokens that the close of a reopened line ended; tell their patients.

    Who has booked again meanwhile is left alone. A line that is closed again, of which nobody is
    told yet, counts as open: that close may be taken back as well. May be repeated at any point.
    """
    line = context_of(open_work(), item)
    closed_at = datetime.fromisoformat(str(item.values["closed_at"]))
    if line is not None and _goes_on(line.queue, line.now):
        found = tokens_of(line.work, line.queue.queue_id)
        ended = [t for t in found if _was_ended(t, closed_at)]
        for chunk in chunks(ended, CLOSE_CHUNK):
            _bring_back_some(replace(line, work=open_work()), chunk, closed_at)
        if ended:
            work = open_work()
            due.schedule_fan_out(work, "moved", line.queue)
            work.commit()
    finish(open_work, item)


def _goes_on(queue: Queue, now: datetime) -> bool:
    """Return whether a line is open, or closed so lately that its patients are not told."""
    return as_told(queue, now).status is not QueueStatus.CLOSED


def _was_ended(token: Token, closed_at: datetime) -> bool:
    """Return whether the close at *closed_at* ended *token*."""
    if token.status is TokenStatus.NO_SHOW:
        return token.lost_place is not None and token.updated_at >= closed_at
    return (
        token.status is TokenStatus.CANCELLED
        and token.cancel_reason == CLINIC_CLOSED
        and token.cancelled_at is not None
        and token.cancelled_at >= closed_at
    )


def _bring_back_some(line: LineContext, ended: Sequence[Token], closed_at: datetime) -> None:
    """Bring some tokens back, in one transaction, as long as the line stays reopened."""
    queue = line.work.get(Queue, line.doctor.doctor_id, line.queue.date)
    if queue is None or not _goes_on(queue, line.now):
        return
    line.work.check(queue)
    for found in ended:
        token = line.work.get(Token, found.queue_id, found.token_id)
        if token is not None and _was_ended(token, closed_at):
            back = _bring_back(line, token)
            if token.status is TokenStatus.CANCELLED:
                _tell(line, back or token, closed_at, ended=back is None)
    line.work.commit()


def _bring_back(line: LineContext, token: Token) -> Token | None:
    """Let *token* be what it was; None if its seat or its money is elsewhere."""
    work, day = line.work, date.fromisoformat(token.date)
    if token.lost_place is None:  # an unpaid hold: its request for payment has ended
        return None
    if live_booking(work, token.contact_id, token.patient_id, token.doctor_id, day) is not None:
        return None
    view = read_day(work, line.clinic, line.doctor, day)
    if view.is_taken(token.number, work.now):
        return None
    back = _with_money(work, token)
    if back is None:
        return None
    limit = view.free_limit(token.number, work.now) if token.source == "BOT" else None
    back = back.but(limit_number=limit, lost_place=None, updated_at=work.now)
    take_seats(work, view, back)
    if token.status is TokenStatus.NO_SHOW:
        back = work.put(back.but(status=TokenStatus.SKIPPED))
    else:
        status = TokenStatus.ARRIVED if token.arrived_at else TokenStatus.CONFIRMED
        place = _free_place(work, line.queue, token)
        back = work.put(back.but(status=status, place=place, cancelled_at=None, cancel_reason=None))
        work.put(waiting_of(back))
    write_live_booking(work, back)
    history.log_token(work, back, "reopen", CLOCK)
    return back


def _with_money(work: Work, token: Token) -> Token | None:
    """Return *token* with what is still paid for it; None if that pays for another booking now."""
    if token.capture_id is None:
        return token if token.advance_paise == 0 else None
    capture = work.get(Capture, token.capture_id, "CAPTURE")
    if capture is None or capture.disposition is Disposition.REFUND:  # they owe at the clinic
        return token.but(capture_id=None, paid_paise=0, payment_status=PaymentStatus.PENDING)
    if capture.disposition is not Disposition.WAITING:
        return token if token.status is TokenStatus.NO_SHOW else None
    work.put(capture.but(disposition=Disposition.SEAT))
    return token


def _free_place(work: Work, queue: Queue, token: Token) -> str:
    """Return the place that *token* had, or that of its number if somebody stands there now."""
    place = token.lost_place or ""
    if place and work.get(Waiting, token.queue_id, place) is None:
        return place
    return place_by_time(queue, token.number)


def _tell(line: LineContext, token: Token, closed_at: datetime, *, ended: bool) -> None:
    """Tell a patient who was told of the close that the line goes on."""
    notice = notice_about("news/reopened", token, line.clinic, line.doctor, values={"ended": ended})
    message_id = f"msg_reopened_{token.token_id}_{stamp(closed_at)}"
    send(line.work, replace(notice, message_id=message_id))
