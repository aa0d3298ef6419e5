"""Where there is still room: the next open day, the nearest slot."""

from __future__ import annotations

from datetime import date

from domain.actions.days import read_day
from domain.model.clinics import Clinic, Doctor
from domain.model.queues import (
    Slot,
    Token,
)
from domain.timetable import open_days, slot_time
from domain.work import Work


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
