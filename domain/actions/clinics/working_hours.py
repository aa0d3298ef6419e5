"""A doctor's hours: sessions of a week beside the plain hours, and whether they fit each other."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from itertools import pairwise
from typing import Any

from domain.errors import Invalid
from domain.model.clinics import Clinic, Doctor, Session
from domain.timetable import WEEKDAYS, timetable, today
from domain.work import Work

DAY_MINUTES = 24 * 60
SUMMED_UP = ("sessions", "start_time", "end_time", "lunch_break", "working_days")
"""The fields of a doctor's hours: `sum_up` keeps them in step."""


def sum_up(doctor: Doctor | None, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that follow from *wanted*: sessions and the plain hours go together.

    New sessions are summed up in the plain hours; plain hours that are new take sessions away.

    Raises:
        Invalid: If sessions of one day overlap.
    """
    if wanted.get("sessions") is None:
        plain = {"start_time", "end_time", "lunch_break"} & wanted.keys()
        return {"sessions": ()} if plain and doctor and doctor.sessions else {}
    sessions: tuple[Session, ...] = wanted["sessions"]
    if not sessions:
        return {}
    days = tuple(d for d in WEEKDAYS if any(d in s.days for s in sessions))
    gaps: list[tuple[int, str]] = []
    for day in days:
        of_day = sorted((s for s in sessions if day in s.days), key=lambda s: s.start_time)
        for before, after in pairwise(of_day):
            gap = _minutes(after.start_time) - _minutes(before.end_time)
            if gap < 0 or before.end_time <= before.start_time:
                raise Invalid("sessions", "The sessions of a day must follow each other.")
            if gap:
                gaps.append((gap, f"{before.end_time}-{after.start_time}"))
    ends = [(s.end_time <= s.start_time, s.end_time) for s in sessions]
    return {
        "start_time": min(s.start_time for s in sessions),
        "end_time": max(ends)[1],
        "lunch_break": max(gaps, key=lambda g: g[0])[1] if gaps else None,
        "working_days": days,
    }


def require_consistent(work: Work, clinic: Clinic, doctor: Doctor) -> None:
    """Raise `Invalid`, with the field, unless a doctor's fee, break and hours fit each other."""
    if doctor.advance_amount > doctor.consultation_fee:
        raise Invalid("advanceAmount", "The advance cannot be more than the fee.")
    has_lunch = doctor.lunch_break is not None and not doctor.sessions
    if has_lunch and not _lunch_fits(doctor, doctor.lunch_break or ""):
        raise Invalid("lunchBreak", "The break must begin and end within the hours.")
    first = today(clinic, work.now)
    week = (first + timedelta(days=n) for n in range(len(WEEKDAYS) if doctor.sessions else 1))
    if not all(timetable(clinic, doctor, day) for day in week):
        field = "sessions" if doctor.sessions else "endTime"
        raise Invalid(field, "These hours leave no time for a consultation.")


def _lunch_fits(doctor: Doctor, lunch: str) -> bool:
    begin, _, end = lunch.partition("-")
    opens, closes = _minutes(doctor.start_time), _minutes(doctor.end_time)
    length = (closes - opens) % DAY_MINUTES or DAY_MINUTES
    leaves, returns = ((_minutes(t) - opens) % DAY_MINUTES for t in (begin, end))
    return leaves < returns <= length


def _minutes(clock: str) -> int:
    hour, _, minute = clock.partition(":")
    return int(hour) * 60 + int(minute)


def sessions_of(doctor: Doctor, weekday: str) -> list[tuple[str, str]]:
    """Return the hours of a *weekday* (MON to SUN) on which the doctor works, without breaks.

    Each is a pair of clock times; an end at or before its start is on the next day.
    """
    found = sorted((s.start_time, s.end_time) for s in doctor.sessions if weekday in s.days)
    if found or doctor.lunch_break is None or doctor.sessions:
        return found or [(doctor.start_time, doctor.end_time)]
    leaves, _, returns = doctor.lunch_break.partition("-")
    whole = [(doctor.start_time, leaves), (returns, doctor.end_time)]
    return [(start, end) for start, end in whole if start != end]


def fields_of_week(week: Mapping[str, list[tuple[str, str]]]) -> dict[str, Any]:
    """Return the fields of a doctor who works on the weekdays of *week*, in those hours.

    The plain hours are used where they say it all: all days alike, with one break at most.
    """
    days = tuple(d for d in WEEKDAYS if d in week)
    alike = [week[d] for d in days if week[d] != week[days[0]]] == []
    hours = week[days[0]]
    if alike and len(hours) <= 2:  # noqa: PLR2004 - a break lies between two sessions
        gap = f"{hours[0][1]}-{hours[-1][0]}" if len(hours) > 1 else None
        plain = {"start_time": hours[0][0], "end_time": hours[-1][1], "lunch_break": gap}
        return {**plain, "working_days": days}
    sessions = [
        Session(
            days=tuple(d for d in days if span in week[d]), start_time=span[0], end_time=span[1]
        )
        for span in sorted({span for d in days for span in week[d]})
    ]
    return {"sessions": tuple(sessions)}
