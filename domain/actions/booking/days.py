"""A doctor's day as it can be booked: its head, its free slots, its online sales."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from domain import due
from domain.errors import NotFound
from domain.model.base import Record
from domain.model.clinics import Clinic, Doctor, StaffStatus
from domain.model.queues import Queue, QueueStatus, Seat, Slot, Token, Waiting
from domain.rules import AUTO_CLOSE_HOURS
from domain.timetable import hours, is_open, open_days, slot_time, timetable, today
from domain.work import Work


@dataclass(frozen=True)
class Day:
    """One doctor's day and what of it is taken."""

    queue: Queue
    """Its head; not yet stored (version 0) while nothing was sold."""
    open: bool
    """Whether the doctor sees patients that day and the line is not closed."""
    seats: dict[str, Seat]

    def is_taken(self, number: int, now: datetime) -> bool:
        """Return whether slot *number* is sold, or held by a hold that has not run out."""
        seat = self.seats.get(f"slot#{number:03d}")
        return seat is not None and not _ran_out(seat, now)

    def free(self, now: datetime) -> list[Slot]:
        """Return the slots that can be sold online now: free, ahead, within the daily limit."""
        if not self.open or self.free_limit(1, now) is None:
            return []
        slots = self.queue.timetable
        return [s for s in slots if slot_time(s) > now and not self.is_taken(s.number, now)]

    def free_limit(self, preferred: int, now: datetime) -> int | None:
        """Return which of the day's online sales is unused, or None when all are sold.

        Begins the search at the slot's own number, so that buyers of different slots do not
        contend for the same one.
        """
        limit = self.queue.daily_limit
        # A limit lowered since leaves sales above it, which count though their numbers are gone.
        used = (s for s in self.seats.values() if s.seat.startswith("limit#"))
        if sum(not _ran_out(s, now) for s in used) >= limit:
            return None
        for step in range(limit):
            number = (preferred - 1 + step) % limit + 1
            seat = self.seats.get(f"limit#{number:03d}")
            if seat is None or _ran_out(seat, now):
                return number
        return None

    @property
    def last_number(self) -> int:
        """The highest number of the day, whether planned or given to a walk-in."""
        given = (int(s.seat[5:]) for s in self.seats.values() if s.seat.startswith("slot#"))
        known = (*self.queue.timetable, *self.queue.withdrawn)
        return max([*given, *(s.number for s in known)], default=0)


def _ran_out(seat: Seat, now: datetime) -> bool:
    return seat.held_until is not None and seat.held_until <= now


def require_doctor(work: Work, clinic_id: str, doctor_id: str) -> tuple[Clinic, Doctor]:
    """Return a doctor with their clinic.

    Raises:
        NotFound: If there is none, or they lie behind a wall.
    """
    clinic, doctor = work.fetch([(Clinic, (clinic_id,)), (Doctor, (clinic_id, doctor_id))])
    if not isinstance(clinic, Clinic) or not isinstance(doctor, Doctor):
        raise NotFound
    return clinic, doctor


def read_day(work: Work, clinic: Clinic, doctor: Doctor, day: date) -> Day:
    """Return *doctor*'s *day*, as stored or as it would be planned now."""
    queue = work.get(Queue, doctor.doctor_id, day.isoformat())
    if queue is None:
        return Day(plan_queue(work, clinic, doctor, day), is_open(clinic, doctor, day), {})
    seats = all_seats(work, queue.queue_id)
    is_still_open = queue.status is not QueueStatus.CLOSED and is_open(clinic, doctor, day)
    return Day(queue, is_still_open, {s.seat: s for s in seats})


def all_seats(work: Work, queue_id: str) -> Iterable[Seat]:
    """Return everything taken of a queue, read consistently."""
    after = None
    while True:
        page = work.query(Seat, queue_id, limit=400, after=after)
        yield from page.records
        after = page.after
        if after is None:
            return


def plan_queue(work: Work, clinic: Clinic, doctor: Doctor, day: date) -> Queue:
    """Return the head of a day nobody has booked yet; numbers, fee and advance are as of now."""
    begin, end = hours(clinic, doctor, day)
    return Queue(
        doctor_id=doctor.doctor_id,
        date=day.isoformat(),
        queue_id=queue_id_of(doctor.doctor_id, day.isoformat()),
        clinic_id=clinic.clinic_id,
        timetable=timetable(clinic, doctor, day),
        fee_paise=doctor.consultation_fee * 100,
        advance_paise=doctor.advance_amount * 100,
        daily_limit=doctor.daily_limit,
        minutes=doctor.consultation_duration,
        prior_minutes=doctor.typical_minutes,
        planned_start=begin,
        planned_end=end,
        created_at=work.now,
        updated_at=work.now,
    )


def queue_id_of(doctor_id: str, day: str) -> str:
    """Return the id of a doctor's day: the same before its first booking as afterwards.

    It cannot be guessed without the doctor's id, which nobody can guess.
    """
    digest = hashlib.sha256(f"{doctor_id}#{day}".encode()).digest()
    return f"queue_{base64.b32encode(digest[:16]).decode().rstrip('=')}"


def ensure_stored(work: Work, queue: Queue) -> Queue:
    """Store the head of a day at its first sale, and have the clock close the day in the end."""
    if queue.version:
        return queue
    queue = work.put(queue)
    close_at = queue.planned_end + timedelta(hours=AUTO_CLOSE_HOURS)
    due.schedule_for_queue(work, "auto_close", max(close_at, work.now), queue)
    return queue


def current_queue(work: Work, clinic: Clinic, doctor: Doctor) -> Queue:
    """Return the head that commands mean: an open line of yesterday, else today's.

    Today's may not be stored yet (version 0).
    """
    day = today(clinic, work.now)
    dates = [(day - timedelta(days=1)).isoformat(), day.isoformat()]
    yesterday, now = work.fetch([(Queue, (doctor.doctor_id, d)) for d in dates])
    head = pick_current(yesterday, now, work.now)
    return head or plan_queue(work, clinic, doctor, day)


def queue_on(work: Work, clinic: Clinic, doctor: Doctor, day: date | None) -> Queue:
    """Return the head of *day*, or the one that commands mean; perhaps not stored (version 0)."""
    if day is None:
        return current_queue(work, clinic, doctor)
    stored = work.get(Queue, doctor.doctor_id, day.isoformat())
    return stored or plan_queue(work, clinic, doctor, day)


def queues_of_clinic(work: Work, clinic_id: str, day: date | None) -> list[tuple[Doctor, Queue]]:
    """Return the line of each doctor of the clinic, by doctorId, as `queue_of` finds it.

    Who has left is among them only where there was a line.

    Raises:
        NotFound: If the clinic lies behind a wall.
    """
    clinic = work.require(Clinic, clinic_id)
    doctors: list[Doctor] = []
    after = None
    while True:
        page = work.query(Doctor, clinic_id, limit=400, after=after)
        doctors += page.records
        after = page.after
        if after is None:
            break
    first = day or today(clinic, work.now) - timedelta(days=1)
    dates = [first] if day else [first, first + timedelta(days=1)]
    work.fetch([(Queue, (d.doctor_id, x.isoformat())) for d in doctors for x in dates])
    lines = [(d, queue_on(work, clinic, d, day)) for d in doctors]
    return [(d, q) for d, q in lines if q.version or d.status is StaffStatus.ACTIVE]


def pick_current(yesterday: Record | None, today_s: Record | None, now: datetime) -> Queue | None:
    """Return which of two days' heads commands mean; None if it is today's and not stored yet."""
    running = {QueueStatus.ACTIVE, QueueStatus.PAUSED, QueueStatus.EMERGENCY}
    if isinstance(today_s, Queue) and today_s.status in running:
        return today_s
    if isinstance(yesterday, Queue) and (
        yesterday.status in running
        or (yesterday.status is QueueStatus.SCHEDULED and yesterday.planned_end > now)
    ):
        return yesterday
    return today_s if isinstance(today_s, Queue) else None


def beyond_limit(work: Work, clinic: Clinic, doctor: Doctor, day: date) -> int | None:
    """Return the limit of *day* if more than that are booked now: staff may go beyond it."""
    view = read_day(work, clinic, doctor, day)
    slots = [int(s.removeprefix("slot#")) for s in view.seats if s.startswith("slot#")]
    booked = sum(view.is_taken(number, work.now) for number in slots)
    return view.queue.daily_limit if booked > view.queue.daily_limit else None


def waiting_in_order(work: Work, queue_id: str, limit: int = 1000) -> list[Waiting]:
    """Return who waits, in the order of being called, at most *limit* of them."""
    found: list[Waiting] = []
    after = None
    while len(found) < limit:
        page = work.query(Waiting, queue_id, limit=min(400, limit - len(found)), after=after)
        found += page.records
        after = page.after
        if after is None:
            break
    return found


def line_key_of_number(number: int) -> str:
    """Return where in the line a token number stands of itself."""
    return f"{number:05d}"


def line_key(queue: Queue, number: int) -> str:
    """Return where in the line of a day a number stands: by its time.

    Numbers follow the time, but for slots that later hours added before others. What was withdrawn
    counts too, as it may come back.
    """
    known = sorted((*queue.timetable, *queue.withdrawn), key=lambda s: s.at, reverse=True)
    in_order: list[int] = []
    at = None
    for slot in known:
        is_in_order = not in_order or slot.number < in_order[-1]
        if slot.number == number and not is_in_order:
            at = slot.at
        elif is_in_order and at is not None:
            return f"{line_key_of_number(slot.number)}+{at:010d}"
        if is_in_order:
            in_order.append(slot.number)
    return line_key_of_number(number) if at is None else f"{line_key_of_number(0)}+{at:010d}"


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
