"""Whom a change of hours, days off or holidays moves: asked before it is made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from domain.actions.line import schedule_changes
from domain.actions.line.zone_changes import is_moved
from domain.due import tokens_of
from domain.errors import ConfirmationNeeded
from domain.line_context import LineContext
from domain.model.clinics import Clinic, Doctor
from domain.model.queues import LIVE, Queue, Token, hold_ran_out
from domain.timetable import is_open, slot_time
from domain.work import Work

MOST_NAMED = 5
"""How many of those affected a sentence names."""


@dataclass(frozen=True)
class Change:
    """A doctor and their clinic, before a change and after it."""

    clinic: Clinic
    doctor: Doctor
    planned_clinic: Clinic
    planned: Doctor


@dataclass(frozen=True)
class Affected:
    """A booking that a change would end, or that another time zone would move."""

    token: Token
    day_off: bool
    """Whether the whole day is taken away; else only the time of the slot."""


def find_affected(work: Work, change: Change) -> list[Affected]:
    """Return the live bookings that *change* would end, in the order of their times."""
    found: list[Affected] = []
    for queue in schedule_changes.sold_days(work, change.clinic, change.doctor.doctor_id):
        found += _affected_of_day(work, change, queue)
    return sorted(found, key=lambda a: (a.token.estimated_time, a.token.number))


LOSE_TIME = (
    "With confirm they lose their time: everybody is told, and chooses another time or a refund."
)
OTHER_ZONE = (
    "With confirm everybody keeps the clock time they were told; with keepClockTimes false they "
    "keep the moment, and those whom it brings outside the hours are told, and choose another time "
    "or a refund."
)
"""What becomes of those affected, as the refusal says it."""


def require_confirmed(work: Work, changes: Sequence[Change]) -> None:
    """Raise `ConfirmationNeeded` if *changes* would end bookings, one for each doctor.

    Raises:
        ConfirmationNeeded: Its detail `affected` lists the bookings, `days` the days that would be
            taken away.
    """
    found: list[Affected] = []
    for change in changes:
        found += find_affected(work, change)
    if not found:
        return
    zone = changes[0].clinic.zone
    words = ", ".join(_words(a.token, zone) for a in found[:MOST_NAMED])
    more = f" and {len(found) - MOST_NAMED} more" if len(found) > MOST_NAMED else ""
    doctors = {c.doctor.doctor_id: c.doctor.name for c in changes}
    names = list(dict.fromkeys(doctors[a.token.doctor_id] for a in found))
    raise ConfirmationNeeded(
        f"Patients of {', '.join(names)} are booked: {words}{more}. {_outcome(changes[0])}",
        days=", ".join(dict.fromkeys(a.token.date for a in found if a.day_off)),
        affected=[_listed(a, doctors[a.token.doctor_id]) for a in found],
    )


def _outcome(change: Change) -> str:
    is_same_zone = change.clinic.time_zone == change.planned_clinic.time_zone
    return LOSE_TIME if is_same_zone else OTHER_ZONE


def _affected_of_day(work: Work, change: Change, queue: Queue) -> list[Affected]:
    day = date.fromisoformat(queue.date)
    was_open = is_open(change.clinic, change.doctor, day)
    if not is_open(change.planned_clinic, change.planned, day):
        return [Affected(t, day_off=True) for t in _live(work, queue)] if was_open else []
    if change.clinic.time_zone != change.planned_clinic.time_zone:
        before, after = change.clinic, change.planned_clinic
        return [
            Affected(t, day_off=False)
            for t in _live(work, queue)
            if t.estimated_time > work.now and is_moved(t.estimated_time, before, after)
        ]
    line = LineContext(work, change.planned_clinic, change.planned, queue)
    later = schedule_changes.plan_hours(line)
    lost = {s.number for s in later.withdrawn if slot_time(s) > work.now}
    lost -= {s.number for s in queue.withdrawn}
    if not lost:
        return []
    holders = [t for t in _live(work, queue) if schedule_changes.has_lost(t, lost)]
    return [Affected(t, day_off=False) for t in holders]


def _live(work: Work, queue: Queue) -> list[Token]:
    found = tokens_of(work, queue.queue_id)
    return [t for t in found if t.status in LIVE and not hold_ran_out(t, work.now)]


def _words(token: Token, zone: ZoneInfo) -> str:
    at = token.estimated_time.astimezone(zone)
    return f"#{token.number} {token.patient_name} {at:%d %b %H:%M}"


def _listed(affected: Affected, doctor: str) -> dict[str, object]:
    token = affected.token
    return {
        "token_id": token.token_id,
        "token_number": token.token_number,
        "patient_id": token.patient_id,
        "patient_name": token.patient_name,
        "doctor_id": token.doctor_id,
        "doctor_name": doctor,
        "date": token.date,
        "estimated_time": token.estimated_time,
        "day_off": affected.day_off,
    }
