"""What follows: everything that was written down to be done later, or to be told to many.

Each handler takes the due item and a way to open units of work, commits in steps that stay small,
and may be killed and run again at any line. The item is deleted in the last step's transaction, or
in that of its only one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from typing import TypeVar

from domain.actions import booking, due, line, payments
from domain.actions.days import line_of, read_day
from domain.actions.messages import send, sender_of
from domain.actions.news import worth_telling
from domain.actions.people import contact_by_phone, new_contact
from domain.model.base import stamp
from domain.model.clinics import Clinic, Doctor
from domain.model.conversations import Push
from domain.model.due import Due
from domain.model.messages import Consent, Message, Option, Urgency
from domain.model.queues import (
    WAITING,
    PaymentStatus,
    Progress,
    Queue,
    QueueStatus,
    Slot,
    Token,
    TokenStatus,
)
from domain.rules import (
    CHOICE_HOURS,
    CLOSE_CHUNK,
    EXPAND_CHUNK,
    QUIET_BEFORE_CLOSE_MINUTES,
    RATING_AFTER_SECONDS,
    REMINDER_BEFORE_MINUTES,
)
from domain.timetable import open_days, slot_time
from domain.waiting import expect, expect_all
from domain.work import Work

OpenWork = Callable[[], Work]
T = TypeVar("T")


def moved(open_work: OpenWork, item: Due) -> None:
    """The line moved: raise news for those to whom it makes a difference."""
    work = open_work()
    place = _place(work, item)
    if place is None:
        return _finish(open_work, item)
    clinic, doctor, queue = place
    if queue.status is QueueStatus.ACTIVE:
        everybody = line_of(work, queue.queue_id)
        expected = expect_all(queue, everybody, work.now)
        forced = item.values.get("reason") == "resumed"
        for chunk in _chunks(list(zip(everybody, expected, strict=True)), EXPAND_CHUNK):
            work = open_work()
            refs = [(Progress, (queue.queue_id, w.token_id)) for w, _ in chunk]
            work.fetch(refs)
            for waiting, when in chunk:
                row = work.get(Progress, queue.queue_id, waiting.token_id)
                if when.ahead == 0 and not forced:
                    token = work.get(Token, queue.queue_id, waiting.token_id)
                    if token is not None and row is not None and row.told_ahead != 0:
                        line.tell_next(work, clinic, doctor, token)
                elif worth_telling(work, row, when) or (forced and not (row and row.pending)):
                    _raise_progress(work, clinic, doctor, queue, waiting.token_id, row, item)
            work.commit()
    return _finish(open_work, item)


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
        name="news/progress",
        message_id=message_id,
        contact_id=token.contact_id,
        clinic=clinic,
        about=token,
        guard="progress",
        values={**booking.facts(token, doctor), "reason": item.values.get("reason")},
        urgency=Urgency.NEWS,
        consent=Consent.TOKEN,
        helps_until=work.now + timedelta(minutes=10),
    )
    row = row or Progress(queue_id=queue.queue_id, token_id=token_id, clinic_id=queue.clinic_id)
    work.put(row.but(pending=message_id))


def paused(open_work: OpenWork, item: Due) -> None:
    """Tell those who wait of a pause, with its reason and how long it may take."""
    _tell_halted(open_work, item, "news/paused")


def emergency(open_work: OpenWork, item: Due) -> None:
    """Tell those who wait of an emergency and let each choose: wait, another day, or cancel."""
    _tell_halted(open_work, item, "news/emergency")


def _tell_halted(open_work: OpenWork, item: Due, name: str) -> None:
    work = open_work()
    place = _place(work, item)
    if place is None:
        return _finish(open_work, item)
    clinic, doctor, queue = place
    since = stamp(queue.paused_at) if queue.paused_at else ""
    status = QueueStatus.EMERGENCY if name == "news/emergency" else QueueStatus.PAUSED
    if queue.status is status:
        everybody = line_of(work, queue.queue_id)
        another = next_open(work, clinic, doctor, date.fromisoformat(queue.date))
        minutes = None
        if queue.resume_expected_at and queue.paused_at:
            minutes = int((queue.resume_expected_at - queue.paused_at).total_seconds() // 60)
        for chunk in _chunks(everybody, EXPAND_CHUNK):
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
                    name=name,
                    message_id=message_id,
                    contact_id=token.contact_id,
                    clinic=clinic,
                    about=token,
                    guard="halted",
                    values={
                        **booking.facts(token, doctor),
                        "minutes": minutes,
                        "reason": queue.pause_reason,
                    },
                    options=options,
                    consent=Consent.TOKEN,
                    helps_until=work.now + timedelta(minutes=minutes or 60),
                )
                if options:
                    push(work, clinic, token, "emergency", options)
            work.commit()
    return _finish(open_work, item)


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


def push(
    work: Work, clinic: Clinic, token: Token, question: str, options: Sequence[Option]
) -> None:
    """Remember that an event has put a question to a token's contact, so a digit can answer it."""
    conversation = f"{sender_of(work, clinic)}#{token.contact_id}"
    before = work.get(Push, conversation)
    work.put(
        Push(
            version=before.version if before else 0,
            conversation=conversation,
            contact_id=token.contact_id,
            clinic_id=token.clinic_id,
            question=question,
            token_id=token.token_id,
            queue_id=token.queue_id,
            offered=tuple(o.id for o in options),
            at=work.now,
        )
    )


def closed(open_work: OpenWork, item: Due) -> None:
    """Bring everybody's token after a closed day: no-shows, and cancellations with their money.

    Runs again a minute later for bookings that were in flight.
    """
    work = open_work()
    place = _place(work, item)
    if place is None or place[2].status is not QueueStatus.CLOSED:
        return _finish(open_work, item)
    clinic, doctor, queue = place
    another = next_open(work, clinic, doctor, date.fromisoformat(queue.date))
    unserved = [t for t in _tokens(work, queue.queue_id) if t.status in _UNSERVED]
    for chunk in _chunks(unserved, CLOSE_CHUNK):
        work = open_work()
        for found in chunk:
            token = work.get(Token, found.queue_id, found.token_id)
            if token is not None and token.status in _UNSERVED:
                _end(work, clinic, doctor, queue, token, another)
        work.commit()
    return _finish(open_work, item)


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
        booking.release(work, token)
        work.put(
            token.but(
                status=TokenStatus.NO_SHOW, place=None, limit_number=None, updated_at=work.now
            )
        )
        return
    ended = booking.give_back(work, token, "CLINIC_CLOSED")
    paid = ended.capture_id is not None and ended.payment_status is PaymentStatus.PAID
    at_once = queue.close_reason == "NOT_STARTED"
    options: list[Option] = []
    if paid and at_once:
        booking.refund(work, ended, "NOT_STARTED")
    elif paid:
        payments.keep_for_another_day(work, ended, CHOICE_HOURS)
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
        name="news/closed",
        message_id=f"msg_closed_{token.token_id}",
        contact_id=token.contact_id,
        clinic=clinic,
        about=token,
        values={
            **booking.facts(token, doctor),
            "paid": token.paid_paise,
            "refunded": paid and at_once,
            "hours": CHOICE_HOURS,
        },
        options=options,
        consent=Consent.TOKEN,
    )
    if options:
        push(work, clinic, token, "closed", options)


def hold_ends(open_work: OpenWork, item: Due) -> None:
    """Free a slot nobody paid for in time, and tell who held it."""
    work = open_work()
    work.delete(item)
    token = work.get(Token, item.queue_id or "", item.token_id or "")
    if token is not None and booking.hold_ran_out(token, work.now):
        token = booking.expire(work, token)
    # Whoever wanted the slot may have ended the hold already; what was given up ended earlier.
    if token is not None and token.status is TokenStatus.EXPIRED and token.updated_at >= item.at:
        clinic = work.get(Clinic, token.clinic_id)
        doctor = work.get(Doctor, token.clinic_id, token.doctor_id)
        if clinic and doctor:
            send(
                work,
                name="booking/hold_ended",
                message_id=f"msg_hold_{token.token_id}",
                contact_id=token.contact_id,
                clinic=clinic,
                about=token,
                values=booking.facts(token, doctor),
                options=[Option(id=f"doc:{doctor.doctor_id}", label="again_button")],
                consent=Consent.TOKEN,
                helps_until=work.now + timedelta(minutes=30),
            )
    work.commit()


def remind(open_work: OpenWork, item: Due) -> None:
    """Remind a waiting patient once, an hour before the time now expected."""
    work = open_work()
    work.delete(item)
    token = work.get(Token, item.queue_id or "", item.token_id or "")
    place = _place(work, item)
    if token and place and token.status in WAITING and not token.reminded:
        clinic, doctor, queue = place
        before = [w for w in line_of(work, queue.queue_id) if w.place < (token.place or "")]
        when = expect(queue, before, token.estimated_time, arrived=False, now=work.now)
        remind_at = when.start - timedelta(minutes=REMINDER_BEFORE_MINUTES)
        if remind_at > work.now + timedelta(minutes=5):
            due.later(
                work,
                "remind",
                remind_at,
                token.token_id,
                clinic_id=item.clinic_id,
                doctor_id=item.doctor_id,
                date=item.date,
                queue_id=item.queue_id,
                token_id=item.token_id,
            )
        elif token.status is not TokenStatus.ARRIVED:
            work.put(token.but(reminded=True))
            send(
                work,
                name="news/reminder",
                message_id=f"msg_remind_{token.token_id}",
                contact_id=token.contact_id,
                clinic=clinic,
                about=token,
                guard="soon",
                values=booking.facts(token, doctor),
                options=[
                    Option(id=f"here:{token.token_id}", label="here_button"),
                    Option(id=f"cancel:{token.token_id}", label="cancel_button"),
                ],
                urgency=Urgency.NEWS,
                consent=Consent.NEWS,
                helps_until=when.end,
            )
    work.commit()


def ask_rating(open_work: OpenWork, item: Due) -> None:
    """Ask a patient how the visit was, unless the completion was taken back."""
    work = open_work()
    work.delete(item)
    token = work.get(Token, item.queue_id or "", item.token_id or "")
    after = timedelta(seconds=RATING_AFTER_SECONDS)
    message_id = f"msg_rate_{item.token_id}"
    if (
        token is not None
        and token.status is TokenStatus.COMPLETED
        and token.completed_at is not None
        and token.completed_at + after == item.at
        and work.get(Message, message_id) is None
    ):
        place = _place(work, item)
        if place is not None:
            clinic, doctor, _ = place
            options = [
                Option(id=f"rate:{token.token_id}:{n}", label="stars", values={"stars": n})
                for n in (1, 2, 3, 4, 5)
            ]
            send(
                work,
                name="news/rate",
                message_id=message_id,
                contact_id=token.contact_id,
                clinic=clinic,
                about=token,
                guard="completed",
                values=booking.facts(token, doctor),
                options=options,
                urgency=Urgency.NEWS,
                consent=Consent.NEWS,
                helps_until=work.now + timedelta(hours=12),
            )
            push(work, clinic, token, "rating", options)
    work.commit()


def ask_resume(open_work: OpenWork, item: Due) -> None:
    """Ask the doctor once whether to go on, when a pause or an emergency has lasted its time."""
    work = open_work()
    work.delete(item)
    place = _place(work, item)
    if place is not None:
        clinic, doctor, queue = place
        halted = {QueueStatus.PAUSED, QueueStatus.EMERGENCY}
        if queue.status in halted and queue.resume_expected_at == item.at:
            contact = contact_by_phone(work, doctor.whatsapp_number) or new_contact(
                work,
                phone=doctor.whatsapp_number,
                wa_user_id=None,
                profile_name=doctor.name,
                verified=False,
            )
            send(
                work,
                name="line/ask_resume",
                contact_id=contact.contact_id,
                clinic=clinic,
                values={"doctor": doctor.name, "line": queue.status.value},
                options=[
                    Option(id=f"resume:{doctor.doctor_id}", label="resume_button"),
                ],
                helps_until=work.now + timedelta(hours=2),
            )
    work.commit()


def auto_close(open_work: OpenWork, item: Due) -> None:
    """Close a line left open long past its planned end, or a day never started."""
    work = open_work()
    work.delete(item)
    place = _place(work, item)
    if place is not None and place[2].status is not QueueStatus.CLOSED:
        clinic, doctor, queue = place
        last = queue.last_move.at if queue.last_move else queue.started_at
        quiet = timedelta(minutes=QUIET_BEFORE_CLOSE_MINUTES)
        if last is not None and work.now - last < quiet:
            due.about_queue(work, "auto_close", last + quiet, queue)
        else:
            line.close(work, clinic, doctor, queue, line.CLOCK, "AUTO_CLOSED")
    work.commit()


def refund_waiting(open_work: OpenWork, item: Due) -> None:
    """Return money that waited for another day in vain."""
    work = open_work()
    work.delete(item)
    payments.refund_waiting(work, item.capture_id or "")
    work.commit()


def announce(open_work: OpenWork, item: Due) -> None:
    """Send what a doctor says to everybody who holds a live token of that day."""
    work = open_work()
    place = _place(work, item)
    if place is None:
        return _finish(open_work, item)
    clinic, doctor, queue = place
    live = [t for t in _tokens(work, queue.queue_id) if t.status in _TOLD]
    for chunk in _chunks(live, EXPAND_CHUNK):
        work = open_work()
        for token in chunk:
            message_id = f"msg_announce_{token.token_id}_{stamp(item.at)}"
            if work.get(Message, message_id) is None:
                send(
                    work,
                    name="news/announcement",
                    message_id=message_id,
                    contact_id=token.contact_id,
                    clinic=clinic,
                    about=token,
                    values={**booking.facts(token, doctor), "text": item.values.get("text")},
                    urgency=Urgency.BULK,
                    consent=Consent.NEWS,
                    helps_until=queue.planned_end + timedelta(hours=2),
                )
        work.commit()
    return _finish(open_work, item)


_TOLD = WAITING | {TokenStatus.CURRENT, TokenStatus.SKIPPED}


def next_open(work: Work, clinic: Clinic, doctor: Doctor, after: date) -> date | None:
    """Return the first day after *after* with a slot to be had, or None."""
    for day in open_days(clinic, doctor, work.now):
        if day > after and read_day(work, clinic, doctor, day).free(work.now):
            return day
    return None


def nearest_slot(
    work: Work, clinic: Clinic, doctor: Doctor, day: date, token: Token
) -> Slot | None:
    """Return the free slot of *day* at the token's time of day, or the nearest to it."""
    free = read_day(work, clinic, doctor, day).free(work.now)
    at = token.estimated_time.astimezone(clinic.zone)
    wanted = at + (day - date.fromisoformat(token.date))
    return min(free, key=lambda s: abs((slot_time(s) - wanted).total_seconds()), default=None)


HANDLERS: dict[str, Callable[[OpenWork, Due], None]] = {
    "moved": moved,
    "pause": paused,
    "emergency": emergency,
    "closed": closed,
    "closed_again": closed,
    "hold_ends": hold_ends,
    "remind": remind,
    "ask_rating": ask_rating,
    "ask_resume": ask_resume,
    "auto_close": auto_close,
    "refund_waiting": refund_waiting,
    "announce": announce,
}
"""Who does what is due. Refunds are the workers' own, as they ask the gateway."""


def _place(work: Work, item: Due) -> tuple[Clinic, Doctor, Queue] | None:
    clinic = work.get(Clinic, item.clinic_id or "")
    doctor = work.get(Doctor, item.clinic_id or "", item.doctor_id or "")
    queue = work.get(Queue, item.doctor_id or "", item.date or "")
    return (clinic, doctor, queue) if clinic and doctor and queue else None


def _tokens(work: Work, queue_id: str) -> Iterator[Token]:
    after = None
    while True:
        page = work.query(Token, queue_id, limit=200, after=after)
        yield from page.records
        after = page.after
        if after is None:
            return


def _chunks(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    for begin in range(0, len(items), size):
        yield items[begin : begin + size]


def _finish(open_work: OpenWork, item: Due) -> None:
    work = open_work()
    work.delete(item)
    work.commit()
