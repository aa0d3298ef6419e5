"""A doctor's day as it can be booked: its head, its free slots, its online sales."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from domain.actions.booking.queues import plan_queue
from domain.errors import NotFound
from domain.model.clinics import Clinic, Doctor
from domain.model.queues import Queue, QueueStatus, Seat, Slot, Token
from domain.timetable import is_open, open_days, slot_time
from domain.work import Work


@dataclass(frozen=True)
class Day:
    """One doctor's day and what of it is taken."""

    queue: Queue
    """Its head; version 0 while nothing was sold, as it is not stored then."""
    open: bool
    """Whether the doctor sees patients that day and the line is not closed."""
    seats: dict[str, Seat]

    def is_taken(self, number: int, now: datetime) -> bool:
        """Return whether slot *number* is sold, or held by a hold that has not run out."""
        seat = self.seats.get(f"slot#{number:03d}")
        return seat is not None and not _ran_out(seat, now)

    def free(self, now: datetime) -> list[Slot]:
        """Return the slots that can be sold online now: free, ahead, within the daily limit."""
        if not self.open or self.queue.sales_stopped_at or self.free_limit(1, now) is None:
            return []
        slots = self.queue.timetable
        return [s for s in slots if slot_time(s) > now and not self.is_taken(s.number, now)]

    def free_limit(self, preferred: int, now: datetime) -> int | None:
        """Return which of the day's online sales is unused, or None when all are sold.

        Begins the search at the slot's own number, so that buyers of different slots do not
        contend for the same one.
        """
        limit = self.queue.daily_limit
        # Sales made before the limit was lowered have numbers above it; they count too.
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
        NotFound: If there is none, or they are outside the scope.
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
    """Yield every taken slot and online sale of a queue, read consistently."""
    after = None
    while True:
        page = work.query(Seat, queue_id, limit=400, after=after)
        yield from page.records
        after = page.after
        if after is None:
            return


def exceeded_limit(work: Work, clinic: Clinic, doctor: Doctor, day: date) -> int | None:
    """Return the daily limit of *day* if staff have booked beyond it, else None."""
    view = read_day(work, clinic, doctor, day)
    slots = [int(s.removeprefix("slot#")) for s in view.seats if s.startswith("slot#")]
    booked = sum(view.is_taken(number, work.now) for number in slots)
    return view.queue.daily_limit if booked > view.queue.daily_limit else None


def next_open(work: Work, clinic: Clinic, doctor: Doctor, after: date) -> date | None:
    """Return the first day after *after* that has a free slot, or None."""
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
