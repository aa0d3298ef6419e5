"""Which lengths of time a sentence names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.hearing.durations import bare_minutes, find_durations
from flows.hearing.meaning import DurationSaid
from tests.ears import the_ear

LEXICON = the_ear().lexicon
NOW = 13 * 60 + 45


def durations(text: str, now: int | None = NOW) -> list[DurationSaid]:
    return [s.value for s in find_durations(LEXICON.words(text), now)]


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("10 min", 10),
        ("10m", 10),
        ("10 mint", 10),
        ("15 minutes late", 15),
        ("10mins", 10),
        ("१५ मिनट", 15),
        ("das minute", 10),
        ("twenty five minutes", 25),
        ("1 hour", 60),
        ("an hour", 60),
        ("1hr", 60),
        ("1 hoour", 60),
        ("half an hour", 30),
        ("half hr", 30),
        ("1/2 hour", 30),
        ("½ hr", 30),
        ("1.5 hours", 90),
        ("1.25 hours", 75),
        ("1½ hr", 90),
        ("1 1/2 hours", 90),
        ("1h30", 90),
        ("1h 30m", 90),
        ("1 hour 15", 75),
        ("1 hour 15 minutes", 75),
        ("1 ghanta aur 15 minute", 75),
        ("1:30 hours", 90),
        ("hour and a half", 90),
        ("an hour and a half", 90),
        ("2 and a half hours", 150),
        ("ek ghanta", 60),
        ("एक घंटा", 60),
        ("aadha ghanta", 30),
        ("आधा घंटा", 30),
        ("adhe ghante me", 30),
        ("dedh ghanta", 90),
        ("dhai ghante", 150),
        ("sawa ghanta", 75),
        ("sava do ghante", 135),
        ("paune ghanta", 45),
        ("paune do ghante", 105),
        ("saade teen ghante", 210),
        ("do ghante", 120),
        ("couple of minutes", 2),
        ("2.5 min", 3),
        ("1 hour 5 baje", 60),
        ("1 hour 15 patients", 60),
    ],
)
def test_a_length_is_read_in_minutes(text: str, minutes: int) -> None:
    assert durations(text) == [DurationSaid(minutes)]


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("10-15 min", 15),
        ("10 to 15 min", 15),
        ("10 ya 15 minute", 15),
        ("das pandrah minute", 15),
        ("10 min to 15 min", 15),
        ("30 min - 1 hour", 60),
        ("half hour to 1 hour", 60),
        ("do teen ghante", 180),
    ],
)
def test_of_a_range_the_longer_one_counts(text: str, minutes: int) -> None:
    assert durations(text) == [DurationSaid(minutes)]


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("till 2:30", 45),
        ("2:30 tak", 45),
        ("until 3", 75),
        ("til 1", 675),
        ("till 1:45", 720),
        ("till 1 pm", 1395),
        ("sham 5 baje tak", 195),
        ("raat 1 baje tak", 675),
        ("upto noon", 1335),
    ],
)
def test_until_is_the_time_to_the_next_such_time(text: str, minutes: int) -> None:
    assert durations(text) == [DurationSaid(minutes, until=True)]


@pytest.mark.parametrize(("text", "now"), [("till evening", NOW), ("till 3", None)])
def test_until_a_time_that_is_not_known_has_no_minutes(text: str, now: int | None) -> None:
    assert durations(text, now) == [DurationSaid(None, until=True)]


@pytest.mark.parametrize(
    "text", ["few minutes", "thodi der", "थोड़ी देर", "a while", "some time", "kuch ghante", "30 sec"]
)
def test_a_vague_length_has_no_minutes(text: str) -> None:
    assert durations(text) == [DurationSaid(None)]


@pytest.mark.parametrize(
    "text",
    [
        "45",
        "10-15",
        "2 days",
        "2 din",
        "half day",
        "few people",
        "Ravi 34 M",
        "5 pm",
        "1730 hrs",
        "17:30 hrs",
        "₹10 min",
        "5:30 min",
        "10 se 12 baje tak",
        "kal tak",
        "an appointment",
        "hour",
        "how much time",
        "",
    ],
)
def test_what_is_no_length_in_minutes_is_left_out(text: str) -> None:
    assert durations(text) == []


def test_a_length_says_which_words_it_is_made_of() -> None:
    (span,) = find_durations(LEXICON.words("break for 1 hour 15 minutes lunch"), NOW)
    assert (span.start, span.end) == (2, 6)


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("15", 15),
        ("१५", 15),
        ("fifteen", 15),
        ("for 10", 10),
        ("for about 10", 10),
        ("approx 20", 20),
        ("15 lunch", 15),
        ("15, chai", 15),
        ("10-15", 15),
        ("10 to 15", 15),
        ("15 minutes lunch", 15),
        ("for half an hour", 30),
    ],
)
def test_a_command_may_begin_with_bare_minutes(text: str, minutes: int) -> None:
    span = bare_minutes(LEXICON.words(text))
    assert span is not None
    assert span.value == DurationSaid(minutes)


@pytest.mark.parametrize(
    "text",
    [
        "1x",
        "1.5",
        "1/2",
        "15 patients",
        "15 days",
        "15 20",
        "15-10",
        "15th",
        "5 pm",
        "2:30",
        "15/2",
        "15 9876543210",
    ],
)
def test_a_number_that_is_not_surely_minutes_is_asked_about(text: str) -> None:
    span = bare_minutes(LEXICON.words(text))
    assert span is not None
    assert span.value == DurationSaid(None)


@pytest.mark.parametrize("text", ["", "lunch", "lunch 15", "do", "for lunch", "₹15"])
def test_words_that_begin_with_no_number_have_no_bare_minutes(text: str) -> None:
    assert bare_minutes(LEXICON.words(text)) is None


@given(st.integers(0, 599), st.sampled_from(["{} min", "{}m", "{} minute", "{} मिनट", "{}mins"]))
def test_every_count_of_minutes_is_read(minutes: int, form: str) -> None:
    assert durations(form.format(minutes)) == [DurationSaid(minutes)]
    span = bare_minutes(LEXICON.words(str(minutes)))
    assert span is not None
    assert span.value == DurationSaid(minutes)


@given(st.integers(1, 12), st.integers(1, 59))
def test_every_count_of_hours_and_minutes_is_read(hours: int, minutes: int) -> None:
    for form in ("{}h{}", "{} hr {} min", "{} hours and {} minutes", "{} ghante {} minute"):
        assert durations(form.format(hours, minutes)) == [DurationSaid(hours * 60 + minutes)]


@given(st.integers(0, 1439), st.integers(0, 23), st.integers(0, 59))
def test_until_is_never_past(now: int, hour: int, minute: int) -> None:
    (said,) = durations(f"till {hour}:{minute:02}", now)
    assert said.minutes is not None
    assert 0 < said.minutes <= (720 if 1 <= hour <= 12 else 1440)
    assert (now + said.minutes - hour * 60 - minute) % 720 == 0


@given(st.text())
def test_any_text_can_be_searched(text: str) -> None:
    words = LEXICON.words(text)
    assert all(0 <= s.start < s.end <= len(words) for s in find_durations(words, NOW))
    bare_minutes(words)
