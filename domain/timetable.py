"""A doctor's calendar: which days are open, and which slots a day has."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise

from domain.model.clinics import Clinic, Doctor, StaffStatus
from domain.model.queues import Slot

WEEKDAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
NOON, EVENING = "12:00", "17:00"
"""When the afternoon and the evening begin, by the clinic's clock."""


class PartOfDay(StrEnum):
    """A part of a doctor's day that a patient may prefer."""

    MORNING = "MORNING"
    """Before noon."""
    AFTERNOON = "AFTERNOON"
    """From noon until the evening."""
    EVENING = "EVENING"
    """From 17:00, and after midnight where the hours reach past it."""


def today(clinic: Clinic, now: datetime) -> date:
    """Return the clinic's date at *now*."""
    return now.astimezone(clinic.zone).date()


def is_open(clinic: Clinic, doctor: Doctor, day: date) -> bool:
    """Return whether *doctor* sees patients on *day*, a date of the clinic's zone."""
    return (
        doctor.status is StaffStatus.ACTIVE
        and WEEKDAYS[day.weekday()] in doctor.working_days
        and day not in doctor.days_off
        and day not in clinic.holidays
    )


def is_within_reach(clinic: Clinic, day: date, now: datetime) -> bool:
    """Return whether *day* is not further ahead than the clinic's bookings reach."""
    return day <= today(clinic, now) + timedelta(days=clinic.booking_days)


def open_days(clinic: Clinic, doctor: Doctor, now: datetime) -> list[date]:
    """Return the days that can be booked now, in order: today and up to booking_days ahead.

    A day is the date its hours begin on, so yesterday is one of them until they end.
    """
    first = today(clinic, now)
    # Yesterday's hours may reach past midnight.
    days = (first + timedelta(days=n) for n in range(-1, clinic.booking_days + 1))
    return [d for d in days if is_open(clinic, doctor, d) and hours(clinic, doctor, d)[1] > now]


def hours(clinic: Clinic, doctor: Doctor, day: date) -> tuple[datetime, datetime]:
    """Return when the doctor's hours of *day* begin and end, in UTC; breaks lie between.

    An end at or before the start lies on the next day.
    """
    spans = _spans(clinic, doctor, day)
    return spans[0][0], spans[-1][1]


def _spans(clinic: Clinic, doctor: Doctor, day: date) -> list[tuple[datetime, datetime]]:
    """Return the doctor's sessions of *day* in order; on a weekday without any, the usual hours."""
    weekday = WEEKDAYS[day.weekday()]
    found = sorted((s.start_time, s.end_time) for s in doctor.sessions if weekday in s.days)
    return [_span(clinic, day, *s) for s in found or [(doctor.start_time, doctor.end_time)]]


def _span(clinic: Clinic, day: date, start: str, end: str) -> tuple[datetime, datetime]:
    # Clock times are compared: instants may swap in a night when the clocks change.
    last_day = day + timedelta(days=1) if _clock(end) <= _clock(start) else day
    return _local(clinic, day, start), _local(clinic, last_day, end)


def timetable(clinic: Clinic, doctor: Doctor, day: date) -> tuple[Slot, ...]:
    """Return the slots of *day* in order, numbered from 1.

    Steps are taken in UTC, so that a change of the clocks neither loses nor doubles a slot. A slot
    that would reach into a break begins after it; one that would end after hours is left out.
    """
    begin, end = hours(clinic, doctor, day)
    step = timedelta(minutes=doctor.consultation_duration)
    breaks = pauses(clinic, doctor, day)
    found: list[Slot] = []
    at = begin
    while at + step <= end:
        after = next((stop for start, stop in breaks if at < stop and at + step > start), None)
        if after is not None:
            at = after
            continue
        found.append(Slot(len(found) + 1, int(at.timestamp())))
        at += step
    return tuple(found)


def fits(clinic: Clinic, doctor: Doctor, day: date, slot: Slot, minutes: int) -> bool:
    """Return whether a consultation of *minutes* at *slot* lies in the hours of *day*."""
    begin, end = hours(clinic, doctor, day)
    at = slot_time(slot)
    over = at + timedelta(minutes=minutes)
    breaks = pauses(clinic, doctor, day)
    return begin <= at and over <= end and not any(at < b and over > a for a, b in breaks)


def slot_time(slot: Slot) -> datetime:
    """Return the instant *slot* is planned for, in UTC."""
    return datetime.fromtimestamp(slot.at, UTC)


def part_of_day(clinic: Clinic, day: date, slot: Slot) -> PartOfDay:
    """Return the part of *day*, the date its hours begin on, in which *slot* begins."""
    at = slot_time(slot)
    if at < _local(clinic, day, NOON):
        return PartOfDay.MORNING
    return PartOfDay.AFTERNOON if at < _local(clinic, day, EVENING) else PartOfDay.EVENING


def numbers_in_part(
    clinic: Clinic, day: date, slots: Iterable[Slot], part: PartOfDay | None
) -> frozenset[int]:
    """Return the numbers of those *slots* of *day* that begin in *part*; none if it is None."""
    if part is None:
        return frozenset()
    return frozenset(s.number for s in slots if part_of_day(clinic, day, s) is part)


def pauses(clinic: Clinic, doctor: Doctor, day: date) -> list[tuple[datetime, datetime]]:
    """Return the breaks in the doctor's hours of *day*, in order, each with its two ends in UTC."""
    if doctor.sessions:
        spans = _spans(clinic, doctor, day)
        return [(a[1], b[0]) for a, b in pairwise(spans) if a[1] < b[0]]
    lunch = _lunch(clinic, doctor, day)
    return [lunch] if lunch else []


def _lunch(clinic: Clinic, doctor: Doctor, day: date) -> tuple[datetime, datetime] | None:
    """Return when the lunch break of *day* begins and ends; None if the doctor takes none."""
    if not doctor.lunch_break:
        return None
    first, _, last = doctor.lunch_break.partition("-")
    start = _local(clinic, day, first)
    if start < _local(clinic, day, doctor.start_time):
        day += timedelta(days=1)
        start = _local(clinic, day, first)
    if _clock(last) < _clock(first):
        day += timedelta(days=1)
    stop = _local(clinic, day, last)
    return (start, stop) if stop > start else None


def _local(clinic: Clinic, day: date, clock: str) -> datetime:
    return datetime.combine(day, _clock(clock), clinic.zone).astimezone(UTC)


def _clock(text: str) -> time:
    hour, _, minute = text.strip().partition(":")
    return time(int(hour), int(minute))
