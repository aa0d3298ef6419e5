"""Bringing the days that are sold after a doctor's changed hours, days off, limit or departure.

Numbers of a sold day are frozen: new hours only add slots, with higher numbers, or withdraw some.
A day that is taken away is closed. The heads of the nearest days are written with the change; a job
brings the others and everybody's token after it, and looks again a minute later for bookings that
were in flight.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from domain import due
from domain.actions.booking import booking, history
from domain.actions.booking.days import Day, all_seats, next_open
from domain.actions.booking.seats import notify_line_shortened
from domain.actions.line import lifecycle
from domain.actions.messages import notices
from domain.actions.messages.notices import push_question
from domain.actions.messages.outbox import Draft, send
from domain.actions.payments import refunds
from domain.actors import Actor
from domain.due import OpenWork, chunks, finish, tokens_of
from domain.errors import ConfirmationNeeded
from domain.model.clinics import Clinic, Doctor, StaffStatus
from domain.model.due import Due
from domain.model.messages import Consent, Option
from domain.model.queues import (
    LIVE,
    PaymentStatus,
    Queue,
    QueueStatus,
    Slot,
    Token,
    TokenStatus,
    hold_ran_out,
)
from domain.rules import CHOICE_HOURS, CLOSE_CHUNK
from domain.timetable import fits, hours, is_open, slot_time, timetable, today
from domain.work import Work

HEADS_AT_ONCE = 8
"""Days whose heads are written with the change itself; each may take ten items of a transaction."""
AGAIN = timedelta(minutes=1)


def sold_days(work: Work, clinic: Clinic, doctor_id: str) -> list[Queue]:
    """Return the heads of a doctor's days that are stored and not over, soonest first."""
    first = (today(clinic, work.now) - timedelta(days=1)).isoformat()
    found: list[Queue] = []
    after = None
    while True:
        page = work.query(Queue, doctor_id, between=(first, "9999-12-31"), limit=100, after=after)
        found += [q for q in page.records if q.status is not QueueStatus.CLOSED]
        after = page.after
        if after is None:
            return found


def check_days(
    work: Work, clinic: Clinic, before: Doctor, doctor: Doctor, planned: Clinic | None = None
) -> None:
    """See that a change takes no day away on which somebody is booked.

    *planned* is the clinic as it will be, if that changes.

    Raises:
        ConfirmationNeeded: If it does; names the days (fact `days`).
    """
    taken = [
        queue.date
        for queue in sold_days(work, clinic, doctor.doctor_id)
        if is_open(clinic, before, date.fromisoformat(queue.date))
        and not is_open(planned or clinic, doctor, date.fromisoformat(queue.date))
        and _is_booked(work, queue)
    ]
    if taken:
        raise ConfirmationNeeded(
            f"{doctor.name} has bookings on {', '.join(taken)}. With confirm, those days are "
            "closed: everybody is told, and chooses another day or a refund.",
            days=", ".join(taken),
        )


def apply_to_sold_days(work: Work, clinic: Clinic, doctor: Doctor, actor: Actor) -> None:
    """Let the sold days follow what *doctor*, as just written, says of them."""
    for queue in sold_days(work, clinic, doctor.doctor_id)[:HEADS_AT_ONCE]:
        _follow(work, clinic, doctor, queue, actor)
    schedule_sold_days(work, clinic, doctor.doctor_id, actor)


def schedule_sold_days(work: Work, clinic: Clinic, doctor_id: str | None, actor: Actor) -> None:
    """Have a job bring sold days after a change: one doctor's, or with None all of the clinic's."""
    for at in (work.now, work.now + AGAIN):
        about = due.Subject(
            work.ids.new("change_"), clinic_id=clinic.clinic_id, doctor_id=doctor_id
        )
        due.schedule(work, "follow_schedule", at, about, by=actor.user_id, by_name=actor.name)


def update_sold_days(open_work: OpenWork, item: Due) -> None:
    """Bring sold days, and then the tokens on them, after a change; a day at a time."""
    work = open_work()
    actor = Actor(str(item.values.get("by")), str(item.values.get("by_name")))
    clinic = work.get(Clinic, item.clinic_id or "")
    for doctor in _doctors(work, item) if clinic else ():
        assert clinic is not None  # noqa: S101 - looked at by the loop
        for found in sold_days(work, clinic, doctor.doctor_id):
            _bring(open_work, found, actor)
    finish(open_work, item)


def _doctors(work: Work, item: Due) -> Iterator[Doctor]:
    if item.doctor_id is not None:
        doctor = work.get(Doctor, item.clinic_id or "", item.doctor_id)
        return iter([doctor] if doctor else [])
    return iter(work.query(Doctor, item.clinic_id or "", limit=1000).records)


def _bring(open_work: OpenWork, found: Queue, actor: Actor) -> None:
    work = open_work()
    refs = (Clinic, (found.clinic_id,)), (Doctor, (found.clinic_id, found.doctor_id))
    clinic, doctor = work.fetch(refs)
    queue = work.get(Queue, found.doctor_id, found.date)
    if queue is None or not isinstance(clinic, Clinic) or not isinstance(doctor, Doctor):
        return
    if queue.status is QueueStatus.CLOSED:
        return
    work.check(doctor)  # a change since is followed instead
    queue = _follow(work, clinic, doctor, queue, actor)
    work.commit()
    lost = {s.number for s in queue.withdrawn if slot_time(s) > work.now}
    if not lost or queue.status is QueueStatus.CLOSED:
        return
    another = next_open(work, clinic, doctor, date.fromisoformat(queue.date) - timedelta(days=1))
    holders = [t for t in tokens_of(work, queue.queue_id) if _has_lost(t, lost)]
    for chunk in chunks(holders, CLOSE_CHUNK):
        work = open_work()
        for holder in chunk:
            token = work.get(Token, holder.queue_id, holder.token_id)
            if token is not None and _has_lost(token, lost):
                _end(work, clinic, doctor, token, another, actor)
        work.commit()


_ENDED = {TokenStatus.PENDING, TokenStatus.CONFIRMED, TokenStatus.SKIPPED}
"""Whose slot can be withdrawn; who has arrived is still seen."""


def _has_lost(token: Token, lost: set[int]) -> bool:
    return token.status in _ENDED and token.number in lost


def _follow(work: Work, clinic: Clinic, doctor: Doctor, queue: Queue, actor: Actor) -> Queue:
    """Close a day the doctor no longer sees patients on; else give it the new hours and limit."""
    day = date.fromisoformat(queue.date)
    if not is_open(clinic, doctor, day):
        if queue.status is QueueStatus.SCHEDULED and not _is_booked(work, queue):
            return queue
        removed = doctor.status is not StaffStatus.ACTIVE
        reason = lifecycle.DOCTOR_REMOVED if removed else lifecycle.DAY_OFF
        return lifecycle.close(work, clinic, doctor, queue, actor, reason)
    changed = _rearranged(work, clinic, doctor, queue, day)
    if changed == queue:
        return queue
    changed = work.put(changed.but(updated_at=work.now))
    history.log_line(work, changed, "hours", actor)
    if queue.status is QueueStatus.ACTIVE:
        due.schedule_fan_out(work, "moved", changed)
    return changed


def _rearranged(work: Work, clinic: Clinic, doctor: Doctor, queue: Queue, day: date) -> Queue:
    """Return the head of a sold day under the doctor's hours and limit of now.

    What is past stays; slots that still fit stay under their numbers, as do those that fit again.
    """
    begin, end = hours(clinic, doctor, day)
    step = queue.minutes * 60
    kept: list[Slot] = []
    withdrawn: list[Slot] = []
    for slot in queue.timetable:
        stays = slot_time(slot) <= work.now or fits(clinic, doctor, day, slot, queue.minutes)
        (kept if stays else withdrawn).append(slot)
    for slot in queue.withdrawn:
        comes_back = slot_time(slot) > work.now and fits(clinic, doctor, day, slot, queue.minutes)
        (kept if comes_back and _is_clear(slot, kept, step) else withdrawn).append(slot)
    as_sold = doctor.but(consultation_duration=queue.minutes)
    wanted = [
        slot
        for slot in timetable(clinic, as_sold, day)
        if slot_time(slot) > work.now and _is_clear(slot, kept, step)
    ]
    if wanted:
        seats = {s.seat: s for s in all_seats(work, queue.queue_id)}
        last = Day(queue, open=True, seats=seats).last_number
        kept += [Slot(last + n, slot.at) for n, slot in enumerate(wanted, start=1)]
    return queue.but(
        timetable=tuple(sorted(kept, key=lambda s: s.at)),
        withdrawn=tuple(sorted(withdrawn, key=lambda s: s.at)),
        daily_limit=doctor.daily_limit,
        planned_start=begin,
        planned_end=end,
    )


def _is_clear(slot: Slot, others: list[Slot], seconds: int) -> bool:
    """Whether a consultation of so many *seconds* at *slot* meets none of *others*."""
    return all(abs(other.at - slot.at) >= seconds for other in others)


def _is_booked(work: Work, queue: Queue) -> bool:
    """Whether somebody holds a live token of that day."""
    found = tokens_of(work, queue.queue_id)
    return any(t.status in LIVE and not hold_ran_out(t, work.now) for t in found)


def _end(
    work: Work,
    clinic: Clinic,
    doctor: Doctor,
    token: Token,
    another: date | None,
    actor: Actor,
) -> None:
    """End a booking whose slot is withdrawn; its money waits for another time of their choice."""
    ended = booking.cancel_keeping_money(work, token, "SLOT_WITHDRAWN")
    notify_line_shortened(work, token)
    history.log_token(work, token, "cancel", actor, detail="SLOT_WITHDRAWN")
    paid = ended.capture_id is not None and ended.payment_status is PaymentStatus.PAID
    options: list[Option] = []
    if paid:
        refunds.hold_for_rebooking(work, ended, CHOICE_HOURS)
        if another is not None:
            options.append(Option(id=f"again:{token.token_id}", label="another_button"))
        options.append(Option(id=f"back:{token.token_id}", label="back_button"))
    send(
        work,
        Draft(
            "news/withdrawn",
            to=token.contact_id,
            clinic=clinic,
            about=token,
            values={
                **notices.notice_values(token, doctor),
                "paid": token.paid_paise if paid else 0,
                "hours": CHOICE_HOURS,
            },
            options=options,
            consent=Consent.TOKEN,
            message_id=f"msg_withdrawn_{token.token_id}",
        ),
    )
    if options:
        push_question(work, clinic, token, "withdrawn", options)
