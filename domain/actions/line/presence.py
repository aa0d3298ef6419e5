"""Whether a doctor is in, as people who ask are told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from domain.actions.booking.places import waiting_in_order
from domain.actions.booking.queues import get_queue
from domain.model.clinics import Clinic, Doctor
from domain.model.queues import Queue, QueueStatus
from domain.rules import TIME_MOVED_MINUTES
from domain.timetable import hours, is_open, open_days
from domain.waiting import STEP, expect_all
from domain.work import Work


class Whereabouts(StrEnum):
    """Where a doctor is in their day."""

    OFF = "OFF"
    """They see nobody that day."""
    EXPECTED = "EXPECTED"
    """Their hours have not begun, nor have they."""
    LATE = "LATE"
    """Their hours have begun, but they have not."""
    IN = "IN"
    BREAK = "BREAK"
    EMERGENCY = "EMERGENCY"
    OVER = "OVER"
    """The line is closed, or the hours have passed without them."""


@dataclass(frozen=True)
class Presence:
    """Where a doctor is, and since when; instants are in UTC."""

    whereabouts: Whereabouts
    day: date
    """The clinic's day that it is about."""
    since: datetime | None = None
    """When they began, or the break or emergency did; the planned start before that."""
    until: datetime | None = None
    """The end of their day, or of the break or emergency; None where it is not known."""
    minutes_late: int = 0
    """By how much the line is behind the times of its slots; 0 below TIME_MOVED_MINUTES."""
    serving: int | None = None
    next_start: datetime | None = None
    """When they see patients next, if not that day any more; None if no such day can be booked."""


def presence_of(work: Work, clinic: Clinic, doctor: Doctor, day: date | None = None) -> Presence:
    """Return where *doctor* is on *day*, a date of the clinic's zone; None: now."""
    queue = get_queue(work, clinic, doctor, day)
    on = date.fromisoformat(queue.date)
    match queue.status:
        case QueueStatus.SCHEDULED if not is_open(clinic, doctor, on):
            return Presence(Whereabouts.OFF, on, next_start=_next_start(work, clinic, doctor, on))
        case QueueStatus.SCHEDULED if queue.planned_end > work.now:
            has_begun = queue.planned_start <= work.now
            where = Whereabouts.LATE if has_begun else Whereabouts.EXPECTED
            return Presence(where, on, since=queue.planned_start, until=queue.planned_end)
        case QueueStatus.SCHEDULED | QueueStatus.CLOSED:
            return Presence(Whereabouts.OVER, on, next_start=_next_start(work, clinic, doctor, on))
        case QueueStatus.ACTIVE:
            return Presence(
                Whereabouts.IN,
                on,
                since=queue.started_at,
                until=queue.said_end or queue.planned_end,
                minutes_late=_minutes_late(work, queue),
                serving=queue.current_number,
            )
    where = Whereabouts.BREAK if queue.status is QueueStatus.PAUSED else Whereabouts.EMERGENCY
    until = queue.resume_expected_at
    return Presence(
        where, on, since=queue.paused_at, until=until if until and until > work.now else None
    )


def _next_start(work: Work, clinic: Clinic, doctor: Doctor, after: date) -> datetime | None:
    days = (d for d in open_days(clinic, doctor, work.now) if d > after)
    day = next(days, None)
    return hours(clinic, doctor, day)[0] if day else None


def _minutes_late(work: Work, queue: Queue) -> int:
    """Return by how much the next patient is expected after the time of their slot."""
    for first in waiting_in_order(work, queue.queue_id, 1):
        expected = expect_all(queue, [first], work.now)[0]
        middle = expected.start + (expected.end - expected.start) / 2
        late = (middle - first.at) // timedelta(minutes=STEP) * STEP
        return late if late >= TIME_MOVED_MINUTES else 0
    return 0
