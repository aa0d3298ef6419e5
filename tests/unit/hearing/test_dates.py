"""Which days a sentence names, seen from a Tuesday."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.hearing.dates import find_days
from tests.ears import the_ear

LEXICON = the_ear().lexicon
TODAY = date(2026, 11, 24)
MON, TUE, WED, THU, FRI, SAT, SUN = (TODAY + timedelta(days=n) for n in range(-1, 6))


def days(text: str, today: date = TODAY) -> list[date]:
    return [s.value.day for s in find_days(LEXICON.words(text), today)]


def after(number: int) -> date:
    return TODAY + timedelta(days=number)


@pytest.mark.parametrize(
    ("text", "ahead"),
    [
        ("aaj dikhana hai", 0),
        ("आज ही", 0),
        ("tonight", 0),
        ("today's", 0),
        ("tomorrow's appointment", 1),
        ("book for tmrw", 1),
        ("2moro please", 1),
        ("tomorow", 1),
        ("kal aana hai", 1),
        ("kl aaunga", 1),
        ("कल शाम", 1),
        ("day after tomorow", 2),
        ("the day after", 2),
        ("parso", 2),
        ("परसों आऊँगा", 2),
        ("in 2 days", 2),
        ("after 3 days", 3),
        ("3 days later", 3),
        ("2 din baad", 2),
        ("do din baad", 2),
        ("दो दिन बाद", 2),
        ("in a week", 7),
        ("2 hafte baad", 14),
        ("yesterday", -1),
        ("beeta kal", -1),
        ("day before yesterday", -2),
    ],
)
def test_a_day_is_counted_from_today(text: str, ahead: int) -> None:
    assert days(text) == [after(ahead)]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("friday", FRI),
        ("fri 5pm", FRI),
        ("wensday ok?", WED),
        ("thrusday", THU),
        ("itwar ko khula hai?", SUN),
        ("मंगलवार को", TUE),
        ("tuesday", TUE),
        ("this tuesday", TUE),
        ("is shukrawar", FRI),
        ("coming tuesday", after(7)),
        ("aane wale shukrawar ko", FRI),
        ("monday", after(6)),
        ("next monday", after(6)),
        ("next tuesday", after(7)),
        ("next friday", after(10)),
        ("agle somvar ko", after(6)),
        ("अगले शुक्रवार", after(10)),
        ("next week friday", after(10)),
        ("friday of next week", after(10)),
        ("agle hafte ke shukrawar ko", after(10)),
        ("last friday", after(-4)),
        ("pichle mangalwar", after(-7)),
    ],
)
def test_a_weekday_is_found_in_its_week(text: str, day: date) -> None:
    assert days(text) == [day]


def test_next_monday_said_on_a_saturday_is_in_two_days() -> None:
    assert days("next monday", SAT) == [SAT + timedelta(days=2)]


def test_next_monday_said_on_a_monday_is_in_a_week() -> None:
    assert days("next monday", MON) == [MON + timedelta(days=7)]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("26 ko", date(2026, 11, 26)),
        ("२६ को", date(2026, 11, 26)),
        ("26 tarikh ko", date(2026, 11, 26)),
        ("26th", date(2026, 11, 26)),
        ("24 ko", date(2026, 11, 24)),
        ("5 ko", date(2026, 12, 5)),
        ("on the 5th", date(2026, 12, 5)),
        ("on 1st", date(2026, 12, 1)),
        ("31 ko", date(2026, 12, 31)),
        ("1st dec", date(2026, 12, 1)),
        ("dec 1", date(2026, 12, 1)),
        ("december the 1st, 5pm", date(2026, 12, 1)),
        ("first of december", date(2026, 12, 1)),
        ("1 दिसंबर", date(2026, 12, 1)),
        ("15 decembar", date(2026, 12, 15)),
        ("2 jan", date(2027, 1, 2)),
        ("20 nov", date(2026, 11, 20)),
        ("2 jan 2028", date(2028, 1, 2)),
        ("5th of next month", date(2026, 12, 5)),
        ("agle mahine 28 tarikh ko", date(2026, 12, 28)),
        ("is mahine ki 30", date(2026, 11, 30)),
        ("5/12", date(2026, 12, 5)),
        ("५/१२", date(2026, 12, 5)),
        ("05-12-2026", date(2026, 12, 5)),
        ("5.12.2026", date(2026, 12, 5)),
        ("5/12/26 ko", date(2026, 12, 5)),
        ("2026-12-05", date(2026, 12, 5)),
    ],
)
def test_a_date_is_read(text: str, day: date) -> None:
    assert days(text) == [day]


@pytest.mark.parametrize(
    "text",
    [
        "Ravi 34 years",
        "5 saal ki beti",
        "wait 10-15 min",
        "fever for 3 days",
        "since 2 days",
        "2 din se bukhar hai",
        "subah se dard hai",
        "kal se bukhar hai",
        "since monday",
        "before friday",
        "₹500 paid",
        "Rs 26 ko",
        "#5",
        "token 26",
        "token 5 ko bulao",
        "26",
        "5.12",
        "5-12",
        "5th floor",
        "1st",
        "next patient",
        "may i come",
        "sham 5 ko",
        "sat baje",
        "98765 43210",
        "98-76-5432",
        "12/25",
        "120/80",
        "1/2 hour",
        "31 feb",
        "dec 5 pm",
        "dec",
        "Jane 5",
        "5-12-26-11",
        "31 of this month",
        "remember 5",
        "day",
        "a day after the visit",
        "join SUN77",
        "",
    ],
)
def test_what_is_no_day_of_a_visit_is_left_out(text: str) -> None:
    assert days(text) == []


def test_what_lasts_since_a_day_is_not_the_day_of_the_visit() -> None:
    assert days("kal se bukhar hai, aaj dikhana hai") == [TODAY]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("kal nahi, parso aana hai", after(2)),
        ("friday ko nahi saturday ko", SAT),
        ("not on friday, saturday", SAT),
        ("kal ki jagah parso", after(2)),
        ("monday instead of friday", after(6)),
        ("kal nahi aa sakta", after(1)),
    ],
)
def test_a_day_that_is_denied_yields_to_another(text: str, day: date) -> None:
    assert days(text) == [day]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Mon 30 Nov", [after(6)]),
        ("next monday, 7 dec", [after(13)]),
        ("4 dec (fri)", [after(10)]),
        ("tomorrow (Wed 25 Nov)", [WED]),
        ("शुक्र 27 नवंबर", [FRI]),
        ("monday 4 dec", [after(6), after(10)]),
        ("friday, saturday", [FRI, SAT]),
    ],
)
def test_a_weekday_beside_its_date_confirms_it(text: str, said: list[date]) -> None:
    assert days(text) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("parso ya friday ko", [after(2), FRI]),
        ("30 ko ya 1 ko", [date(2026, 11, 30), date(2026, 12, 1)]),
        ("26 or 27 ko", [THU, FRI]),
        ("26-27 nov", [THU, FRI]),
        ("27, 28 november", [FRI, SAT]),
        ("27 or 26 ko", [THU]),
    ],
)
def test_several_days_are_found_in_their_order(text: str, said: list[date]) -> None:
    assert days(text) == said


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("next week", after(6)),
        ("अगले हफ्ते", after(6)),
        ("weekend", SAT),
        ("next weekend", after(11)),
        ("after friday", SAT),
        ("26 ko ke baad", date(2026, 11, 27)),
        ("2-3 din baad", after(2)),
        ("in 2 to 3 days", after(2)),
        ("kal ke baad", after(2)),
    ],
)
def test_several_days_at_once_are_loose(text: str, first: date) -> None:
    found = [s.value for s in find_days(LEXICON.words(text), TODAY)]
    assert [(d.day, d.loose) for d in found] == [(first, True)]


def test_the_weekend_said_on_a_sunday_is_that_sunday() -> None:
    assert days("weekend", SUN) == [SUN]


def test_a_day_says_which_words_it_is_made_of() -> None:
    (span,) = find_days(LEXICON.words("please on the 5th at 6 pm"), TODAY)
    assert (span.start, span.end) == (1, 5)


def test_a_number_that_may_be_another_word_yields_to_a_surer_reading() -> None:
    assert days("book kar do dec 5") == [date(2026, 12, 5)]


@given(st.dates(date(2026, 1, 1), date(2029, 12, 31)))
def test_every_date_with_its_year_is_read(day: date) -> None:
    for form in ("%d/%m/%Y", "%d-%m-%y", "%Y-%m-%d", "%d %b %Y", "%B %d, %Y"):
        assert days(f"book {day:{form}}") == [day]


@given(st.dates(date(2026, 1, 1), date(2029, 12, 31)), st.integers(1, 31))
def test_a_day_of_the_month_is_never_past(today: date, number: int) -> None:
    (day,) = days(f"{number} ko", today)
    assert day.day == number
    assert today <= day <= today + timedelta(days=61)


@given(st.text())
def test_any_text_can_be_searched(text: str) -> None:
    words = LEXICON.words(text)
    assert all(0 <= s.start < s.end <= len(words) for s in find_days(words, TODAY))


def test_a_very_long_number_is_no_day() -> None:
    assert days("on " + "9" * 5000 + " ko") == []
