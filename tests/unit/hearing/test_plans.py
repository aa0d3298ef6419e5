"""Working hours and days off, as staff write them."""

from __future__ import annotations

import pytest

from flows.hearing.hours import read_hours
from flows.hearing.leave import read_days_off
from tests.ears import MONDAY, the_ear


def hours(text: str) -> list[str] | None:
    """Return what is read as "12345 10:00-13:00 17:00-20:00" for each group of days."""
    found = read_hours(the_ear().lexicon.words(text))
    if found is None:
        return None
    return [
        " ".join(
            [
                "".join(str(d + 1) for d in group.days or ()),
                *(f"{clock(s.start)}-{clock(s.end)}" for s in group.sessions),
            ]
        ).strip()
        for group in found
    ]


def clock(minute: int) -> str:
    return f"{minute // 60}:{minute % 60:02d}"


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("10-1, 5-8 mon-sat", ["123456 10:00-13:00 17:00-20:00"]),
        ("10am to 1pm", ["10:00-13:00"]),
        ("10 baje se 1 baje tak", ["10:00-13:00"]),
        ("from 10 to 1", ["10:00-13:00"]),
        ("9-9", ["9:00-21:00"]),
        ("5-8", ["17:00-20:00"]),
        ("7-9 am", ["7:00-9:00"]),
        ("6-9 am", ["6:00-9:00"]),
        ("5-8 pm", ["17:00-20:00"]),
        ("9-5 pm", ["9:00-17:00"]),
        ("10-2 am", ["22:00-2:00"]),
        ("12-3", ["12:00-15:00"]),
        ("10:30-1:30 and 5-8", ["10:30-13:30 17:00-20:00"]),
        ("20:00-06:00", ["20:00-6:00"]),
        ("8 pm - 6 am", ["20:00-6:00"]),
        ("mon-fri 10-1, 5-8; sat 10-12", ["12345 10:00-13:00 17:00-20:00", "6 10:00-12:00"]),
        ("10-1 mon wed fri, 5-8 tue", ["135 10:00-13:00", "2 17:00-20:00"]),
        ("10-1 fri-mon", ["1567 10:00-13:00"]),
        ("सुबह 10 से 1, शाम 5 से 8 सोम से शनि", ["123456 10:00-13:00 17:00-20:00"]),
        ("", None),
        ("10", None),
        ("mon-sat", None),
        ("10-1 tomorrow", None),
        ("are long", None),
        ("25-26", None),
        ("10-1, 12-3", None),
        ("5-8, 10-1", None),
        ("10-1 mon, 5-8 mon", None),
        ("mon 10-1, 5-8 please sharma", None),
    ],
)
def test_hours(text: str, read: list[str] | None) -> None:
    assert hours(text) == read


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("5 dec", ["12-05"]),
        ("1-3 jan", ["01-01", "01-02", "01-03"]),
        ("5 se 7 dec tak", ["12-05", "12-06", "12-07"]),
        ("5 dec se 7 dec tak", ["12-05", "12-06", "12-07"]),
        ("1 से 3 जनवरी", ["01-01", "01-02", "01-03"]),
        ("5, 7 dec and friday", ["11-29", "12-05", "12-07"]),
        ("30 dec - 2 jan", ["12-30", "12-31", "01-01", "01-02"]),
        ("5-12-2030", ["12-05"]),
        ("on 5 dec please", ["12-05"]),
        ("kal", ["11-26"]),
        ("mon-wed", ["11-25", "11-26", "11-27"]),
        ("", None),
        ("yesterday", None),
        ("next week", None),
        ("after 5 dec", None),
        ("not 5 dec", None),
        ("maybe 5 dec", None),
        ("5 dec 2pm", None),
        ("5 dec for a conference", None),
        ("3-1 jan", None),
        ("5", None),
        ("30, 31 feb", None),
        ("1 dec - 1 mar", None),
    ],
)
def test_days_off(text: str, days: list[str] | None) -> None:
    found = read_days_off(the_ear().lexicon.words(text), MONDAY)
    assert (None if found is None else [f"{day:%m-%d}" for day in found]) == days
    assert found is None or min(found) >= MONDAY
