"""A doctor's hours of a week, as messages say them."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from domain.actions.clinics.working_hours import sessions_of
from domain.model.clinics import Clinic, Doctor
from domain.timetable import WEEKDAYS


def week_lines(clinic: Clinic, doctor: Doctor, day: date) -> list[dict[str, Any]]:
    """Return the hours of each weekday on which the doctor works, days alike together.

    Each line has its `days` and its `sessions`, whose `from` and `to` are instants of *day*: only
    their clock times count.
    """

    def instant(clock: str) -> str:
        return datetime.combine(day, time.fromisoformat(clock), clinic.zone).isoformat()

    lines: list[dict[str, Any]] = []
    for weekday in (d for d in WEEKDAYS if d in doctor.working_days):
        sessions = [
            {"from": instant(start), "to": instant(end)}
            for start, end in sessions_of(doctor, weekday)
        ]
        if lines and lines[-1]["sessions"] == sessions:
            lines[-1]["days"].append(weekday)
        else:
            lines.append({"days": [weekday], "sessions": sessions})
    return lines
