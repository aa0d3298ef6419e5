"""Which times of the day a sentence names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.timetable import PartOfDay
from flows.hearing.meaning import TimeSaid
from flows.hearing.times import as_clock, find_times
from tests.ears import the_ear

LEXICON = the_ear().lexicon
MORNING, AFTERNOON, EVENING = PartOfDay


def times(text: str) -> list[TimeSaid]:
    return [s.value for s in find_times(LEXICON.words(text))]


def clock(text: str) -> str:
    """Return the only time of *text* as HH:MM, with "?" if either half may be meant."""
    (time,) = times(text)
    assert time.minute is not None
    return f"{time.minute // 60:02}:{time.minute % 60:02}{'?' * time.either_half}"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("5 baje", "05:00?"),
        ("5 bje", "05:00?"),
        ("5 bajeee", "05:00?"),
        ("paanch baje", "05:00?"),
        ("५ बजे", "05:00?"),
        ("5 o'clock", "05:00?"),
        ("at 5", "05:00?"),
        ("@5", "05:00?"),
        ("5:30", "05:30?"),
        ("६:३०", "06:30?"),
        ("5.30 ko aaunga", "05:30?"),
        ("5.30 pm", "17:30"),
        ("5-30 pm", "17:30"),
        ("5 30 pm", "17:30"),
        ("530pm", "17:30"),
        ("5pm", "17:00"),
        ("5 p.m.", "17:00"),
        ("5 baje pm", "17:00"),
        ("12am", "00:00"),
        ("12 pm", "12:00"),
        ("12:30", "00:30?"),
        ("17:00", "17:00"),
        ("17:30 pm", "17:30"),
        ("1730 hrs", "17:30"),
        ("0930hrs", "09:30"),
        ("1200 hrs", "12:00"),
        ("05:30 hrs", "05:30"),
        ("10:30:00", "10:30?"),
        ("half past 5", "05:30?"),
        ("quarter to 6", "05:45?"),
        ("quarter past six", "06:15?"),
        ("10 past 5", "05:10?"),
        ("saade paanch", "05:30?"),
        ("साढ़े पाँच बजे", "05:30?"),
        ("sava 5", "05:15?"),
        ("paune 6", "05:45?"),
        ("paune 1 baje", "00:45?"),
        ("pone 5 baje", "04:45?"),
        ("paunne chaar baje", "03:45?"),
        ("16:45 slot", "16:45"),
        ("Radha 5 baje", "05:00?"),
        ("dedh baje", "01:30?"),
        ("dhai baje", "02:30?"),
        ("5 baj kar 20 minute", "05:20?"),
        ("noon", "12:00"),
        ("12 noon", "12:00"),
        ("2 noon", "14:00"),
        ("midnight", "00:00"),
        ("token 8 10 am", "10:00"),
    ],
)
def test_a_clock_time_is_read(text: str, said: str) -> None:
    assert clock(text) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("subah 9", "09:00"),
        ("9 in the morning", "09:00"),
        ("morning 12", "12:00"),
        ("dopahar 12 baje", "12:00"),
        ("dopahar 2", "14:00"),
        ("dopahar 11 baje", "11:00"),
        ("शाम 6 बजे", "18:00"),
        ("sham 6", "18:00"),
        ("sham ko 6 baje", "18:00"),
        ("6 in the evening", "18:00"),
        ("evening at 6.30", "18:30"),
        ("saade paanch baje sham", "17:30"),
        ("raat 8", "20:00"),
        ("raat 12 baje", "00:00"),
        ("raat 1 baje", "01:00"),
    ],
)
def test_a_part_of_the_day_says_which_half_is_meant(text: str, said: str) -> None:
    assert clock(text) == said


def test_a_time_has_its_part_of_the_day() -> None:
    assert times("sham 6") == [TimeSaid(18 * 60, part=EVENING)]


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("subah", MORNING),
        ("सवेरे", MORNING),
        ("kal savere", MORNING),
        ("morning", MORNING),
        ("dopahar", AFTERNOON),
        ("after lunch", AFTERNOON),
        ("lunch ke baad", AFTERNOON),
        ("sham ko", EVENING),
        ("evening please", EVENING),
        ("raat", EVENING),
        ("tonight", EVENING),
        ("office ke baad", EVENING),
    ],
)
def test_a_part_of_the_day_alone_is_a_time(text: str, part: PartOfDay) -> None:
    assert times(text) == [TimeSaid(part=part)]


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("6-ish", TimeSaid(360, either_half=True, about=True)),
        ("6ish", TimeSaid(360, either_half=True, about=True)),
        ("around 5", TimeSaid(300, either_half=True, about=True)),
        ("5 ke aaspaas", TimeSaid(300, either_half=True, about=True)),
        ("करीब 5 बजे", TimeSaid(300, either_half=True, about=True)),
        ("after 6", TimeSaid(360, either_half=True, bound="after")),
        ("5 ke baad", TimeSaid(300, either_half=True, bound="after")),
        ("6 baje ke baad", TimeSaid(360, either_half=True, bound="after")),
        ("6pm onwards", TimeSaid(1080, bound="after")),
        ("from 6 pm", TimeSaid(1080, bound="after")),
        ("5 baje se free hu", TimeSaid(300, either_half=True, bound="after")),
        ("evening after 6", TimeSaid(1080, bound="after", part=EVENING)),
        ("before 11", TimeSaid(660, either_half=True, bound="before")),
        ("11 se pehle", TimeSaid(660, either_half=True, bound="before")),
        ("by 5", TimeSaid(300, either_half=True, bound="before")),
        ("5 baje tak", TimeSaid(300, either_half=True, bound="before")),
    ],
)
def test_a_time_may_be_loose_or_a_bound(text: str, time: TimeSaid) -> None:
    assert times(text) == [time]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("between 5 and 6", "05:00?"),
        ("5-6 baje", "05:00?"),
        ("5 se 6 ke beech", "05:00?"),
        ("5 to 6 pm", "17:00"),
        ("11-1 pm", "11:00"),
        ("11 to 1:30 pm", "11:00"),
        ("sham 5 se 7", "17:00"),
        ("5pm - 6pm", "17:00"),
        ("5:30-6:30 pm", "17:30"),
        ("5.30-6.30 baje", "05:30?"),
    ],
)
def test_of_a_range_it_is_after_the_beginning(text: str, said: str) -> None:
    assert clock(text) == said
    assert times(text)[0].bound == "after"


def test_a_part_of_the_day_said_elsewhere_counts_for_the_only_clock_time() -> None:
    said = TimeSaid(1020, part=EVENING)
    assert times("sham ko aana hai, 5 baje") == [said, said]


def test_each_time_has_its_own_part_of_the_day() -> None:
    assert times("subah 10 ya sham 5 baje") == [
        TimeSaid(600, part=MORNING),
        TimeSaid(1020, part=EVENING),
    ]
    assert [t.minute for t in times("10 baje, sham 5 baje")] == [600, 1020]


@pytest.mark.parametrize(
    "text",
    [
        "5",
        "5-6",
        "2 to 3 tablets",
        "5 and 6",
        "token 5",
        "after token 5",
        "#5",
        "for 2 people",
        "after 5 days",
        "after 10 min",
        "in 2 hours",
        "saade teen ghante",
        "10-15 min",
        "5 saal",
        "on 5",
        "after 5 dec",
        "around 20",
        "around 5th",
        "before 5/12/2026",
        "₹5.50",
        "5.12",
        "25:00",
        "2560 hrs",
        "05:75 hrs",
        "5 bajkar",
        "moon",
        "last night",
        "5:3 pm",
        "12:75",
        "120/80",
        "9876543210",
        "good morning",
        "shubh prabhat",
        "subah se dard hai",
        "since morning",
        "since 10 am",
        "bata do ke baad",
        "i am 34",
        "fine",
        "line",
        "Shyam 5 baar",
        "",
    ],
)
def test_what_is_no_time_is_left_out(text: str) -> None:
    assert times(text) == []


def test_a_number_word_that_may_be_another_word_is_no_hour() -> None:
    assert times("book kar do sham ko") == [TimeSaid(part=EVENING)]


@pytest.mark.parametrize(
    ("number", "time"),
    [
        (5, TimeSaid(300, either_half=True)),
        (12, TimeSaid(0, either_half=True)),
        (17, TimeSaid(1020)),
        (0, TimeSaid(0)),
        (530, TimeSaid(330, either_half=True)),
        (1730, TimeSaid(1050)),
        (24, None),
        (61, None),
        (575, None),
        (9876543210, None),
    ],
)
def test_a_bare_number_is_a_time_for_a_caller_that_asked_for_one(
    number: int, time: TimeSaid | None
) -> None:
    assert as_clock(number) == time


@given(st.integers(0, 23), st.integers(0, 59), st.sampled_from(["{}:{:02}", "{:02}:{:02}"]))
def test_every_time_of_a_clock_is_read(hour: int, minute: int, form: str) -> None:
    (time,) = times(f"kal {form.format(hour, minute)} aaunga")
    assert time.minute is not None
    assert time.either_half is (1 <= hour <= 12)
    most = 720 if time.either_half else 1440
    assert time.minute == (hour * 60 + minute) % most


@given(st.integers(1, 12), st.integers(0, 59), st.sampled_from(["am", "pm"]))
def test_every_time_with_its_half_is_read(hour: int, minute: int, half: str) -> None:
    said = hour % 12 * 60 + minute + (720 if half == "pm" else 0)
    assert times(f"{hour}:{minute:02} {half}") == [TimeSaid(said)]


@given(st.text())
def test_any_text_can_be_searched(text: str) -> None:
    words = LEXICON.words(text)
    assert all(0 <= s.start < s.end <= len(words) for s in find_times(words))
