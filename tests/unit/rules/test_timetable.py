"""A doctor's day in the clinic's zone: open days, hours, consultations and their numbers."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from domain.model.clinics import Clinic, Doctor, Session, StaffStatus
from domain.model.queues import Slot
from domain.timetable import (
    PartOfDay,
    fits,
    hours,
    is_open,
    numbers_in_part,
    open_days,
    pauses,
    slot_time,
    timetable,
    today,
)
from tests.people import MONDAY, a_clinic, a_doctor

SPRING, AUTUMN = date(2030, 3, 31), date(2030, 10, 27)
"""When clocks change in London: an hour is lost at one, and one comes twice."""


def clinic(**changes: Any) -> Clinic:
    return a_clinic("clinic_1", "Clinic", "+919876543001", **changes)


def doctor(**changes: Any) -> Doctor:
    return a_doctor(clinic(), "doc_1", "Dr. Who", "+919876543011", **changes)


def local(where: Clinic, who: Doctor, day: date) -> list[str]:
    slots = timetable(where, who, day)
    return [slot_time(s).astimezone(where.zone).strftime("%H:%M") for s in slots]


def test_an_ordinary_day_is_numbered_from_one_and_skips_lunch() -> None:
    slots = timetable(clinic(), doctor(), MONDAY)
    assert [s.number for s in slots] == list(range(1, 29))
    times = local(clinic(), doctor(), MONDAY)
    assert times[0] == "09:00"
    assert times[15:17] == ["12:45", "14:00"]
    assert times[-1] == "16:45"


def test_a_consultation_that_would_reach_into_lunch_begins_after_it() -> None:
    slow = doctor(consultation_duration=50)
    assert local(clinic(), slow, MONDAY) == [
        "09:00", "09:50", "10:40", "11:30", "14:00", "14:50", "15:40"
    ]  # fmt: skip


@pytest.mark.parametrize("day", [SPRING, AUTUMN])
def test_a_change_of_clocks_neither_loses_nor_doubles_a_slot(day: date) -> None:
    london = clinic(time_zone="Europe/London")
    night = doctor(start_time="00:00", end_time="04:00", lunch_break=None, consultation_duration=30)
    slots = [slot_time(s) for s in timetable(london, night, day)]
    assert {b - a for a, b in pairwise(slots)} == {timedelta(minutes=30)}
    assert len(slots) == (6 if day == SPRING else 10)
    assert local(london, night, day)[-1] == "03:30"


def test_hours_are_compared_by_the_clock_when_the_clocks_change() -> None:
    london = clinic(time_zone="Europe/London")
    begin, end = hours(london, doctor(start_time="01:30", end_time="02:15"), SPRING)
    assert end - begin < timedelta(hours=2)
    begin, end = hours(london, doctor(start_time="01:30", end_time="02:00"), AUTUMN)
    assert end - begin == timedelta(minutes=90)


def test_hours_end_after_midnight_when_the_end_is_not_after_the_start() -> None:
    night = doctor(start_time="21:00", end_time="02:00", lunch_break="23:30-00:30")
    begin, end = hours(clinic(), night, MONDAY)
    assert end - begin == timedelta(hours=5)
    times = local(clinic(), night, MONDAY)
    assert times[:2] == ["21:00", "21:15"]
    assert times[9:11] == ["23:15", "00:30"]
    assert times[-1] == "01:45"
    late_lunch = doctor(start_time="21:00", end_time="02:00", lunch_break="00:00-01:00")
    assert local(clinic(), late_lunch, MONDAY)[11:13] == ["23:45", "01:00"]
    whole = doctor(start_time="09:00", end_time="09:00", lunch_break=None)
    assert len(timetable(clinic(), whole, MONDAY)) == 96


def test_a_day_is_the_clinics_own() -> None:
    at = datetime(2030, 11, 24, 20, 0, tzinfo=UTC)
    assert today(clinic(), at) == MONDAY
    assert today(clinic(time_zone="UTC"), at) == MONDAY - timedelta(days=1)


def test_days_off_holidays_and_working_days_are_closed() -> None:
    assert is_open(clinic(), doctor(), MONDAY)
    assert not is_open(clinic(holidays=(MONDAY,)), doctor(), MONDAY)
    assert not is_open(clinic(), doctor(days_off=(MONDAY,)), MONDAY)
    assert not is_open(clinic(), doctor(working_days=("TUE",)), MONDAY)
    assert not is_open(clinic(), doctor(status=StaffStatus.INACTIVE), MONDAY)


def test_open_days_are_today_and_so_many_ahead() -> None:
    where = clinic(booking_days=3, holidays=(MONDAY + timedelta(days=1),))
    morning = datetime(2030, 11, 25, 3, 0, tzinfo=UTC)
    days = [MONDAY + timedelta(days=n) for n in (0, 2, 3)]
    assert open_days(where, doctor(), morning) == days
    evening = datetime(2030, 11, 25, 11, 30, tzinfo=UTC)
    assert open_days(where, doctor(), evening) == days[1:]
    assert open_days(clinic(booking_days=0), doctor(), morning) == [MONDAY]


def test_after_midnight_the_night_that_began_yesterday_is_still_open() -> None:
    night = doctor(start_time="21:00", end_time="02:00")
    half_past_midnight = datetime(2030, 11, 24, 19, 0, tzinfo=UTC)
    found = open_days(clinic(booking_days=0), night, half_past_midnight)
    assert found == [MONDAY - timedelta(days=1), MONDAY]


def times_in(where: Clinic, who: Doctor, part: PartOfDay | None) -> list[str]:
    slots = timetable(where, who, MONDAY)
    found = numbers_in_part(where, MONDAY, slots, part)
    return [t for s, t in zip(slots, local(where, who, MONDAY), strict=True) if s.number in found]


@pytest.mark.parametrize("zone", ["Asia/Kolkata", "UTC"])
def test_the_parts_of_a_day_meet_at_noon_and_at_five_by_the_clinics_clock(zone: str) -> None:
    where = clinic(time_zone=zone)
    half = doctor(start_time="11:00", end_time="18:00", lunch_break=None, consultation_duration=30)
    assert times_in(where, half, PartOfDay.MORNING) == ["11:00", "11:30"]
    afternoon = times_in(where, half, PartOfDay.AFTERNOON)
    assert (afternoon[0], afternoon[-1]) == ("12:00", "16:30")
    assert times_in(where, half, PartOfDay.EVENING) == ["17:00", "17:30"]
    assert times_in(where, half, None) == []


def test_hours_past_midnight_belong_to_the_evening_they_began_in() -> None:
    night = doctor(start_time="16:00", end_time="02:00", lunch_break=None, consultation_duration=60)
    assert times_in(clinic(), night, PartOfDay.MORNING) == []
    assert times_in(clinic(), night, PartOfDay.EVENING)[-2:] == ["00:00", "01:00"]


def test_sessions_stand_over_the_plain_hours_and_days_may_differ() -> None:
    who = doctor(
        consultation_duration=30,
        sessions=(
            Session(days=("MON", "TUE"), start_time="10:00", end_time="11:30"),
            Session(days=("MON",), start_time="17:00", end_time="18:00"),
            Session(days=("MON",), start_time="20:00", end_time="01:00"),
            Session(days=("SAT",), start_time="09:00", end_time="10:00"),
        ),
        working_days=("MON", "TUE", "SAT"),
    )
    first = ["10:00", "10:30", "11:00"]
    evening = ["17:00", "17:30"]
    night = ["20:00", "20:30", "21:00", "21:30", "22:00", "22:30", "23:00", "23:30", "00:00"]
    assert local(clinic(), who, MONDAY) == [*first, *evening, *night, "00:30"]
    assert local(clinic(), who, MONDAY + timedelta(days=1)) == first
    assert local(clinic(), who, MONDAY + timedelta(days=5)) == ["09:00", "09:30"]
    begin, end = hours(clinic(), who, MONDAY)
    assert end - begin == timedelta(hours=15)
    breaks = [(b - a) for a, b in pauses(clinic(), who, MONDAY)]
    assert breaks == [timedelta(hours=5.5), timedelta(hours=2)]
    in_a_break = Slot(1, int((begin + timedelta(hours=2)).timestamp()))
    assert not fits(clinic(), who, MONDAY, in_a_break, 30)
    assert all(fits(clinic(), who, MONDAY, s, 30) for s in timetable(clinic(), who, MONDAY))
