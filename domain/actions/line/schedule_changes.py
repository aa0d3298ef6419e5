"""Changed hours, days off, limit or departure of a doctor, applied to the days that are sold.

Numbers of a sold day are frozen: new hours only add slots, with higher numbers, or withdraw some.
A day that is taken away is closed. The heads of the nearest days are written with the change; a due
item updates the other days and the tokens, and a second one a minute later covers bookings that
were committed meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from domain import due
from domain.actions.booking import booking, history
from domain.actions.booking.days import Day, all_seats, next_open
from domain.actions.booking.seats import notify_line_shortened
from domain.actions.line import lifecycle, zone_changes
from domain.actions.messages.notices import notice_about, push_question
from domain.actions.messages.outbox import send
from domain.actions.payments import refunds
from domain.actors import Actor
from domain.due import OpenWork, chunks, finish, tokens_of
from domain.line_context import LineContext
from domain.model.clinics import Clinic, Doctor, StaffStatus
from domain.model.due import Due
from domain.model.messages import Option
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


def apply_to_sold_days(work: Work, clinic: Clinic, doctor: Doctor, actor: Actor) -> None:
    """Update the nearest sold days to *doctor* as just written, and schedule the rest."""
    for queue in sold_days(work, clinic, doctor.doctor_id)[:HEADS_AT_ONCE]:
        _update_head(LineContext(work, clinic, doctor, queue), actor)
    schedule_sold_days(work, clinic, doctor.doctor_id, actor)


def schedule_sold_days(
    work: Work,
    clinic: Clinic,
    doctor_id: str | None,
    actor: Actor,
    *,
    zone_before: str | None = None,
    keep_clock: bool = False,
) -> None:
    """Schedule `update_sold_days` for one doctor, or with None for all of the clinic.

    *zone_before* is the clinic's time zone until now, if that changes: with *keep_clock* sold days
    keep their clock times, else their instants.
    """
    values: dict[str, str | int] = {"by": actor.user_id, "by_name": actor.name}
    if zone_before:
        values |= {"zone_before": zone_before, "keep_clock": int(keep_clock)}
    for at in (work.now, work.now + AGAIN):
        about = due.Subject(
            work.ids.new("change_"), clinic_id=clinic.clinic_id, doctor_id=doctor_id
        )
        due.schedule(work, "follow_schedule", at, about, **values)


def update_sold_days(open_work: OpenWork, item: Due) -> None:
    """Update the sold days and their tokens to a change, a day at a time. May be repeated."""
    work = open_work()
    actor = Actor(str(item.values.get("by")), str(item.values.get("by_name")))
    clinic = work.get(Clinic, item.clinic_id or "")
    if clinic is not None:
        for doctor in _doctors(work, item):
            for found in sold_days(work, clinic, doctor.doctor_id):
                _update_day(open_work, found, Told(actor, item.values))
    finish(open_work, item)


def _doctors(work: Work, item: Due) -> Iterator[Doctor]:
    if item.doctor_id is not None:
        doctor = work.get(Doctor, item.clinic_id or "", item.doctor_id)
        return iter([doctor] if doctor else [])
    return iter(work.query(Doctor, item.clinic_id or "", limit=1000).records)


@dataclass(frozen=True)
class Told:
    """Who made a change, and what a due item says of it."""

    actor: Actor
    values: Mapping[str, object]

    @property
    def zone(self) -> str | None:
        """The clinic's time zone before the change, if that changed: times were told in it."""
        zone = self.values.get("zone_before")
        return str(zone) if zone else None


def _update_day(open_work: OpenWork, found: Queue, told: Told) -> None:
    """Update one day: its head in one transaction, then its tokens in chunks."""
    line, actor = _read(open_work(), found), told.actor
    if line is None or line.queue.status is QueueStatus.CLOSED:
        return
    line.work.check(line.doctor)  # a later change has an item of its own
    keeps = told.zone is not None and bool(told.values.get("keep_clock"))
    if keeps and told.zone is not None:
        if line.queue.status is not QueueStatus.SCHEDULED:
            return  # it runs by the times that people have come for
        kept = zone_changes.keep_clock_times(line.queue, ZoneInfo(told.zone), line.clinic)
        line = replace(line, queue=kept if kept == line.queue else line.work.put(kept))
    queue = _update_head(line, actor)
    line.work.commit()
    if keeps:
        zone_changes.move_tokens(open_work, queue)
    lost = {s.number for s in queue.withdrawn if slot_time(s) > line.now}
    if lost and queue.status is not QueueStatus.CLOSED:
        _end_lost(open_work, line, lost, told)


def _read(work: Work, found: Queue) -> LineContext | None:
    refs = (Clinic, (found.clinic_id,)), (Doctor, (found.clinic_id, found.doctor_id))
    clinic, doctor = work.fetch(refs)
    queue = work.get(Queue, found.doctor_id, found.date)
    if queue is None or not isinstance(clinic, Clinic) or not isinstance(doctor, Doctor):
        return None
    return LineContext(work, clinic, doctor, queue)


def _end_lost(open_work: OpenWork, line: LineContext, lost: set[int], told: Told) -> None:
    """End the bookings of the day whose slots, by number, are withdrawn."""
    before = line.day - timedelta(days=1)  # another time of the same day will do
    another = next_open(line.work, line.clinic, line.doctor, before)
    holders = [t for t in tokens_of(line.work, line.queue.queue_id) if has_lost(t, lost)]
    for chunk in chunks(holders, CLOSE_CHUNK):
        line = replace(line, work=open_work())
        for holder in chunk:
            token = line.work.get(Token, holder.queue_id, holder.token_id)
            if token is not None and has_lost(token, lost):
                _end_booking(line, token, another, told)
        line.work.commit()


_ENDED = {TokenStatus.PENDING, TokenStatus.CONFIRMED, TokenStatus.SKIPPED}
"""Statuses whose slot can be withdrawn; a patient who has arrived is still seen."""


def has_lost(token: Token, lost: set[int]) -> bool:
    """Return whether *token* ends because the slots with the numbers *lost* are withdrawn."""
    return token.status in _ENDED and token.number in lost


def _update_head(line: LineContext, actor: Actor) -> Queue:
    """Close a day the doctor no longer sees patients on; else give it the new hours and limit."""
    queue = line.queue
    if not is_open(line.clinic, line.doctor, line.day):
        if queue.status is QueueStatus.SCHEDULED and not _is_booked(line.work, queue):
            return queue
        removed = line.doctor.status is not StaffStatus.ACTIVE
        return lifecycle.close(
            line, actor, lifecycle.DOCTOR_REMOVED if removed else lifecycle.DAY_OFF
        )
    changed = plan_hours(line)
    if changed == queue:
        return queue
    changed = line.work.put(changed.but(updated_at=line.now))
    history.log_line(line.work, changed, "hours", actor)
    if queue.status is QueueStatus.ACTIVE:
        due.schedule_fan_out(line.work, "moved", changed)
    return changed


def plan_hours(line: LineContext) -> Queue:
    """Return the head of a sold day with the doctor's present hours and limit.

    Past slots stay. Slots that still fit keep their numbers, and withdrawn ones that fit again get
    theirs back.
    """
    queue, now = line.queue, line.now
    kept, withdrawn = _keep_slots(line)
    as_sold = line.doctor.but(consultation_duration=queue.minutes)
    wanted = [
        slot
        for slot in timetable(line.clinic, as_sold, line.day)
        if slot_time(slot) > now and _is_clear(slot, kept, queue.minutes)
    ]
    if wanted:
        seats = {s.seat: s for s in all_seats(line.work, queue.queue_id)}
        last = Day(queue, open=True, seats=seats).last_number
        kept += [Slot(last + n, slot.at) for n, slot in enumerate(wanted, start=1)]
    begin, end = hours(line.clinic, line.doctor, line.day)
    return queue.but(
        timetable=tuple(sorted(kept, key=lambda s: s.at)),
        withdrawn=tuple(sorted(withdrawn, key=lambda s: s.at)),
        daily_limit=line.doctor.daily_limit,
        planned_start=begin,
        planned_end=end,
    )


def _keep_slots(line: LineContext) -> tuple[list[Slot], list[Slot]]:
    """Return the day's known slots that are offered under the present hours, and the others."""
    queue = line.queue

    def is_within_hours(slot: Slot) -> bool:
        return fits(line.clinic, line.doctor, line.day, slot, queue.minutes)

    kept: list[Slot] = []
    withdrawn: list[Slot] = []
    for slot in queue.timetable:
        stays = slot_time(slot) <= line.now or is_within_hours(slot)
        (kept if stays else withdrawn).append(slot)
    for slot in queue.withdrawn:
        fits_again = slot_time(slot) > line.now and is_within_hours(slot)
        comes_back = fits_again and _is_clear(slot, kept, queue.minutes)
        (kept if comes_back else withdrawn).append(slot)
    return kept, withdrawn


def _is_clear(slot: Slot, others: list[Slot], minutes: int) -> bool:
    """Whether a consultation of *minutes* at *slot* overlaps none at *others*."""
    return all(abs(other.at - slot.at) >= minutes * 60 for other in others)


def _is_booked(work: Work, queue: Queue) -> bool:
    """Whether somebody holds a live token of that day."""
    found = tokens_of(work, queue.queue_id)
    return any(t.status in LIVE and not hold_ran_out(t, work.now) for t in found)


def _end_booking(line: LineContext, token: Token, another: date | None, told: Told) -> None:
    """End a booking whose slot is withdrawn; what was paid waits for the patient's choice.

    The notice names the time as it was promised, in the zone of then. The choice is offered for
    CHOICE_HOURS: another time, if a day is open, or a refund.
    """
    work = line.work
    ended = booking.cancel_keeping_money(work, token, "SLOT_WITHDRAWN")
    notify_line_shortened(work, token)
    history.log_token(work, token, "cancel", told.actor, detail="SLOT_WITHDRAWN")
    paid = ended.capture_id is not None and ended.payment_status is PaymentStatus.PAID
    options: list[Option] = []
    if paid:
        refunds.hold_for_rebooking(work, ended, CHOICE_HOURS)
        if another is not None:
            options.append(Option(id=f"again:{token.token_id}", label="another_button"))
        options.append(Option(id=f"back:{token.token_id}", label="back_button"))
    notice = notice_about(
        "news/withdrawn",
        token,
        line.clinic,
        line.doctor,
        values={
            "paid": token.paid_paise if paid else 0,
            "hours": CHOICE_HOURS,
            **({"zone": told.zone} if told.zone else {}),
        },
        options=options,
    )
    send(work, replace(notice, message_id=f"msg_withdrawn_{token.token_id}"))
    if options:
        push_question(work, line.clinic, token, "withdrawn", options)
