"""Which queue is meant: the head of a doctor's day, stored or as it would be planned now."""

from __future__ import annotations

import base64
import hashlib
from datetime import date, datetime, timedelta

from domain import due
from domain.line_context import LineContext
from domain.model.base import Record
from domain.model.clinics import Clinic, Doctor, StaffStatus
from domain.model.queues import RUNNING, Queue, QueueStatus
from domain.rules import AUTO_CLOSE_HOURS
from domain.timetable import hours, timetable, today
from domain.work import Work

ARRIVE_EARLY = timedelta(hours=12)
"""How long before a line's planned start a check-in is taken."""


def get_queue(work: Work, clinic: Clinic, doctor: Doctor, day: date | None) -> Queue:
    """Return the head of *day*, or for None the current one; version 0 if it is not stored yet."""
    if day is None:
        return current_queue(work, clinic, doctor)
    stored = work.get(Queue, doctor.doctor_id, day.isoformat())
    return stored or plan_queue(work, clinic, doctor, day)


def current_queue(work: Work, clinic: Clinic, doctor: Doctor) -> Queue:
    """Return the head that commands mean (see `pick_current`); version 0 if not stored yet."""
    day = today(clinic, work.now)
    dates = [(day - timedelta(days=1)).isoformat(), day.isoformat()]
    of_yesterday, of_today = work.fetch([(Queue, (doctor.doctor_id, d)) for d in dates])
    return pick_current(of_yesterday, of_today, work.now) or plan_queue(work, clinic, doctor, day)


def current_line(work: Work, clinic: Clinic, doctor: Doctor) -> LineContext:
    """Return the doctor's current queue with all that an action upon it needs."""
    return LineContext(work, clinic, doctor, current_queue(work, clinic, doctor))


def pick_current(
    of_yesterday: Record | None, of_today: Record | None, now: datetime
) -> Queue | None:
    """Return which of two days' heads commands mean; None: today's, which is not stored yet.

    A line that runs comes first, today's before yesterday's; then yesterday's that was not started
    while its hours last; else it is today's.
    """
    if isinstance(of_today, Queue) and of_today.status in RUNNING:
        return of_today
    if isinstance(of_yesterday, Queue) and _goes_on(of_yesterday, now):
        return of_yesterday
    return of_today if isinstance(of_today, Queue) else None


def is_present(work: Work, clinic: Clinic, doctor_id: str, day: str) -> bool:
    """Return whether the line of *day* is one of now: today's, or last night's that still goes on.

    Today's is not yet while it is ARRIVE_EARLY and more to its hours, as just after midnight.

    A booking belongs to the day on which its line's hours began, so after midnight that is
    yesterday's until the line is over.
    """
    present = today(clinic, work.now)
    if day not in {present.isoformat(), (present - timedelta(days=1)).isoformat()}:
        return False
    queue = work.get(Queue, doctor_id, day)
    if queue is None:
        return False
    if day == present.isoformat():
        return queue.planned_start - work.now <= ARRIVE_EARLY
    return _goes_on(queue, work.now)


def _goes_on(queue: Queue, now: datetime) -> bool:
    """Return whether yesterday's line runs, or may still be started within its hours."""
    not_started = queue.status is QueueStatus.SCHEDULED and queue.planned_end > now
    return queue.status in RUNNING or not_started


def ensure_queue(work: Work, queue: Queue) -> Queue:
    """Store the head of a day at its first sale, and schedule its closing; later, only return it.

    A day that nobody closes is closed some hours after its planned end (AUTO_CLOSE_HOURS).
    """
    if queue.version:
        return queue
    queue = work.put(queue)
    close_at = queue.planned_end + timedelta(hours=AUTO_CLOSE_HOURS)
    due.schedule_for_queue(work, "auto_close", max(close_at, work.now), queue)
    return queue


def queues_of_clinic(work: Work, clinic_id: str, day: date | None) -> list[tuple[Doctor, Queue]]:
    """Return the queue of each doctor of the clinic, by doctorId, as `get_queue` finds it.

    A doctor who has left is listed only where there was a queue.

    Raises:
        NotFound: If the clinic is outside the scope.
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
    found = [(d, get_queue(work, clinic, d, day)) for d in doctors]
    return [(d, q) for d, q in found if q.version or d.status is StaffStatus.ACTIVE]


def plan_queue(work: Work, clinic: Clinic, doctor: Doctor, day: date) -> Queue:
    """Return the head of a day without bookings, with the slots, fee and advance as set now."""
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
        time_zone=clinic.time_zone,
        created_at=work.now,
        updated_at=work.now,
    )


def queue_id_of(doctor_id: str, day: str) -> str:
    """Return the id of a doctor's day: the same before its first booking as afterwards.

    It cannot be guessed without the doctor's id, which nobody can guess.
    """
    digest = hashlib.sha256(f"{doctor_id}#{day}".encode()).digest()
    return f"queue_{base64.b32encode(digest[:16]).decode().rstrip('=')}"
