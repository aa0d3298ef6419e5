"""Days in a sentence: named, counted from today, by weekday or by date."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import MAXYEAR, date, timedelta

from flows.hearing.figures import (
    fraction_of,
    heard,
    is_counted,
    key_of,
    number_of,
    sections_of,
    sign,
    word_at,
)
from flows.hearing.lexicon import Word
from flows.hearing.spans import Span, pick

WEEK = 7
SATURDAY = 5
MOST_DAY = 31
MONTHS = 12
MOST_AHEAD = 366
"""Days or weeks counted from today beyond this many days are no day of a visit."""
CENTURY = 100
YEAR_DIGITS = 4
LEAST_ORDINAL = 4
"""From here an ordinal alone is a day of the month; "1st" may be the first of several things."""
DAYS_FROM_TODAY = {
    "today": 0,
    "tomorrow": 1,
    "after_tomorrow": 2,
    "yesterday": -1,
    "before_yesterday": -2,
}
UNSURE = 0.9
"""The weight of a date whose number may be another word: "kar do"."""


@dataclass(frozen=True, slots=True)
class DaySaid:
    """A day that was named, by the clinic's calendar. It may be past."""

    day: date
    loose: bool = False
    """Whether several days were named ("next week", "after Friday"); *day* is their first."""


_Found = tuple[int, int, date, bool]
"""Where a day begins and ends in a sentence, the day, and whether it is loose."""


def find_days(words: Sequence[Word], today: date) -> list[Span[DaySaid]]:
    """Return the days that *words* name, in their order, seen from *today*.

    "kal" is tomorrow: a message to a clinic speaks of what comes. A weekday alone, or with "this",
    is the next one, today included; "coming" leaves today out; "next" is the one of next week, and
    weeks begin on Monday. A day of the month is the next one, today included. A day and month
    without a year is the nearest one, so it may be past; so are "yesterday" and "last Monday".
    A weekday beside a date that falls on it
    only confirms it. "5/12" is day and month. "next week" is its Monday and "weekend" its Saturday, loosely;
    "after Friday" is Saturday, loosely. A day since which something lasts ("kal se bukhar") or
    before which something is wanted is left out, and so are ages, lengths of time, money, token
    numbers and phone numbers.
    """
    found = [
        Span(start, end, DaySaid(day, loose), UNSURE if _is_unsure(words, start) else 1.0)
        for start, end, day, loose in _every(words, today)
    ]
    heard_days = [s for span in pick(found) if (s := _bounded(words, span)) is not None]
    wanted = [s for s in heard_days if not _is_denied(words, s)]
    return _agreed(words, wanted or heard_days)


def _every(words: Sequence[Word], today: date) -> Iterator[_Found]:
    for at, word in enumerate(words):
        for section in sections_of(word):
            for read in _READERS.get(section, ()):
                found = read(words, at, today)
                if found is not None:
                    yield found


def _is_unsure(words: Sequence[Word], at: int) -> bool:
    return words[at].has("unsure:number")


def _bounded(words: Sequence[Word], span: Span[DaySaid]) -> Span[DaySaid] | None:
    """Take the words around a day into account: since, before and after it."""
    before, after = word_at(words, span.start - 1), word_at(words, span.end)
    if heard(before, "link:since", "clock:before") or heard(
        after, "link:since_it", "clock:before_it"
    ):
        return None
    later = heard(after, "clock:after_it")
    if not later and not heard(before, "clock:after"):
        return span
    said = DaySaid(span.value.day + timedelta(days=1), loose=True)
    return Span(span.start - (not later), span.end + later, said, span.weight)


def _is_denied(words: Sequence[Word], span: Span[DaySaid]) -> bool:
    """Return whether another day is wanted: "not Friday", "kal nahi", "kal ki jagah"."""
    before = _skip_back(words, span.start - 1)
    after = span.end + heard(word_at(words, span.end), "link:on_it")
    return heard(word_at(words, before), "link:not") or heard(word_at(words, after), "link:not_it")


def _agreed(words: Sequence[Word], spans: Sequence[Span[DaySaid]]) -> list[Span[DaySaid]]:
    """Join each weekday with the date beside it if that falls on it: "Mon 30 Nov"."""
    found: list[Span[DaySaid]] = []
    for span in spans:
        last = found[-1] if found else None
        if last is None or any(
            w.text not in _BESIDE and not heard(w, "link:of") for w in words[last.end : span.start]
        ):
            found.append(span)
            continue
        weekdays = [_weekday_in(words, s) for s in (last, span)]
        day = next(
            (s.value for s, key in zip((last, span), weekdays, strict=True) if not key), None
        )
        if day and any(key == str(day.day.isoweekday()) for key in weekdays):
            found[-1] = Span(last.start, span.end, day, last.weight)
        else:
            found.append(span)
    return found


_BESIDE = frozenset({",", "(", ")", "-", "."})
"""Signs between a weekday and its date."""


def _weekday_in(words: Sequence[Word], span: Span[DaySaid]) -> str | None:
    keys = (key_of(w, "weekday") for w in words[span.start : span.end])
    return next((k for k in keys if k), None)


def _named(words: Sequence[Word], at: int, today: date) -> _Found | None:
    """Read "today", "kal", "day after tomorrow", "weekend"."""
    key = key_of(words[at], "day")
    if key is None:
        return None
    if key == "weekend":
        return _weekend(words, at, today)
    end = at + 1
    if key == "after_tomorrow":
        before = word_at(words, at - 1)
        if number_of(before) is not None or heard(before, "link:an"):
            return None  # "1 day after"
        if key_of(word_at(words, end), "day") == "tomorrow":
            end += 1
    return at, end, today + timedelta(days=DAYS_FROM_TODAY[key]), False


def _weekend(words: Sequence[Word], at: int, today: date) -> _Found:
    week = key_of(word_at(words, at - 1), "week")
    saturday = today + timedelta(days=SATURDAY - today.weekday())
    if week == "next":
        saturday += timedelta(days=WEEK)
    return at - (week is not None), at + 1, max(saturday, today), True


def _weekday(words: Sequence[Word], at: int, today: date) -> _Found | None:
    """Read "Monday", "next Monday", "agle somvar", "Monday next week"."""
    key = key_of(words[at], "weekday")
    after = word_at(words, at + 1)
    if key is None or heard(after, "clock:oclock") or (after.glued and after.text.isdecimal()):
        return None  # "sat baje" is 7 o'clock, SUN77 a clinic's code
    day = today + timedelta(days=(int(key) - 1 - today.weekday()) % WEEK)
    of_next_week = _monday(today) + timedelta(days=WEEK + int(key) - 1)
    before = _skip_back(words, at - 1)
    if _is_next_week(words, before - 1):
        return before - 1, at + 1, of_next_week, False
    week_at = at + 1
    while heard(word_at(words, week_at), "link:of", "link:in"):
        week_at += 1
    if _is_next_week(words, week_at):
        return at, week_at + 2, of_next_week, False
    week = key_of(word_at(words, at - 1), "week")
    if week == "next":
        day = of_next_week
    elif week == "coming" and day == today:
        day += timedelta(days=WEEK)
    elif week == "last":
        day -= timedelta(days=WEEK)
    return at - (week is not None), at + 1, day, False


def _skip_back(words: Sequence[Word], at: int) -> int:
    while heard(word_at(words, at), "link:of", "link:on"):
        at -= 1
    return at


def _is_next_week(words: Sequence[Word], at: int) -> bool:
    return key_of(word_at(words, at), "week") in {"next", "coming"} and heard(
        word_at(words, at + 1), "unit:week"
    )


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _next_week(words: Sequence[Word], at: int, today: date) -> _Found | None:
    """Read "next week", "agle hafte"."""
    if not _is_next_week(words, at):
        return None
    return at, at + 2, _monday(today) + timedelta(days=WEEK), True


def _ahead(words: Sequence[Word], at: int, today: date) -> _Found | None:
    """Read "in 2 days", "after a week", "3 days later", "do din baad"."""
    number = 1 if heard(words[at], "link:an") else number_of(words[at])
    unit = word_at(words, at + 1)
    week = heard(unit, "unit:week")
    if number is None or not (week or heard(unit, "unit:day")):
        return None
    days = number * WEEK if week else number
    before = heard(word_at(words, at - 1), "link:in")
    later = heard(word_at(words, at + 2), "link:later_it")
    if not (before or later) or days > MOST_AHEAD:
        return None
    return at - before, at + 2 + later, today + timedelta(days=days), False


def _with_month(words: Sequence[Word], at: int, today: date) -> _Found | None:
    """Read "1st Dec", "1 दिसंबर", "1st of December 2026"."""
    number = number_of(words[at])
    if number is None or not 1 <= number <= MOST_DAY:
        return None
    end = at + 1
    if heard(word_at(words, end), "ordinal:ending"):
        end += 1
    while heard(word_at(words, end), "link:of") or word_at(words, end).text == "-":
        end += 1
    month = _month_of(word_at(words, end))
    if month is None:
        return None
    return _dated(words, (at, end + 1), (number, month), today)


def _after_month(words: Sequence[Word], at: int, today: date) -> _Found | None:
    """Read "Dec 1", "December the 1st, 2026"."""
    month = _month_of(words[at])
    if month is None:
        return None
    end = at + 1
    while heard(word_at(words, end), "link:of") or word_at(words, end).text == "-":
        end += 1
    number = number_of(word_at(words, end))
    if number is None or not 1 <= number <= MOST_DAY:
        return None
    end += 1
    following = word_at(words, end)
    if heard(following, "ordinal:ending"):
        end += 1
    elif heard(following, "clock:oclock", "clock:am", "clock:pm") or sign(following, ":"):
        return None
    return _dated(words, (at, end), (number, month), today)


def _month_of(word: Word) -> int | None:
    key = key_of(word, "month")
    return int(key) if key else None


def _dated(
    words: Sequence[Word], place: tuple[int, int], said: tuple[int, int], today: date
) -> _Found | None:
    """Return the date of a day and month, with the year that may follow."""
    start, end = place
    year_at = end
    while word_at(words, year_at).text in {",", "-", "."}:
        year_at += 1
    text = word_at(words, year_at).text
    if text.isdecimal() and len(text) == YEAR_DIGITS and text.startswith("20"):
        day = _day(int(text), said[1], said[0])
        return None if day is None else (start, year_at + 1, day, False)
    day = _nearest(said[0], said[1], today)
    return None if day is None else (start, end, day, False)


def _in_figures(words: Sequence[Word], at: int, today: date) -> _Found | None:
    """Read 5/12, 05-12-2026, 5.12.26 and 2026-12-05; a dash or dot alone is no date."""
    numbers = [words[at]]
    mark = word_at(words, at + 1)
    if not sign(mark, "/", "-", ".") or not numbers[0].text.isdecimal():
        return None
    if words[at].glued and word_at(words, at - 1).text in {"/", "-", ".", "+"}:
        return None
    end = at + 1
    while word_at(words, end).text == mark.text and word_at(words, end + 1).text.isdecimal():
        numbers.append(words[end + 1])
        end += 2
    figures = [n.text for n in numbers]
    if any(not n.glued for n in numbers[1:]) or not _is_date(figures, mark.text):
        return None
    if is_counted(words, at, end) or fraction_of(word_at(words, end)):
        return None
    if len(figures) == len(("day", "month")):
        day = _nearest(int(figures[0]), int(figures[1]), today)
    elif len(figures[0]) == YEAR_DIGITS:
        day = _day(int(figures[0]), int(figures[1]), int(figures[2]))
    else:
        year = int(figures[2])
        day = _day(
            year if year >= CENTURY else 20 * CENTURY + year, int(figures[1]), int(figures[0])
        )
    return None if day is None else (at, end, day, False)


def _is_date(figures: list[str], mark: str) -> bool:
    """Return whether numbers joined by *mark* have a date's lengths: 5/12, 5-12-26, 2026-12-05."""
    lengths = [len(f) for f in figures]
    if len(figures) == len(("day", "month")):
        return mark == "/" and max(lengths) <= len("12")
    if len(figures) != len(("day", "month", "year")):
        return False
    year, others = (
        (lengths[0], lengths[1:]) if lengths[0] == YEAR_DIGITS else (lengths[2], lengths[:2])
    )
    return year in {2, YEAR_DIGITS} and max(others) <= len("12")


def _of_month(words: Sequence[Word], at: int, today: date) -> _Found | None:
    """Read "26 ko", "26 tarikh", "26th", "on the 5th", "tarikh 26"; "5th floor" is none."""
    word = words[at]
    number = number_of(word)
    if number is None or not 1 <= number <= MOST_DAY or word.has("unsure:number"):
        return None
    before = word_at(words, at - 1)
    article = before.text == "the"
    named = heard(word_at(words, at - 1 - article), "link:on")
    end = at + 1
    ending = heard(word_at(words, end), "ordinal:ending") and word_at(words, end).glued
    end += ending
    if heard(word_at(words, end), "link:on_it"):
        named, end = True, end + 1
    ordinal = ending or word.has("ordinal:word")
    alone = ending and (number >= LEAST_ORDINAL or article)
    if not (named or alone) or is_counted(words, at, end if ordinal else at + 1):
        return None
    if _is_hour(words, at) or (not ordinal and word.slip):
        return None
    start = at - article - (heard(word_at(words, at - 1 - article), "link:on"))
    return start, end, _of_next_month(number, today), False


def _is_hour(words: Sequence[Word], at: int) -> bool:
    """Return whether the number at *at* is an hour: "sham 5 ko", "on 5 pm"."""
    after = word_at(words, at + 1)
    return (
        heard(after, "clock:oclock", "clock:am", "clock:pm", "clock:baj_kar")
        or key_of(word_at(words, at - 1), "part") is not None
        or heard(word_at(words, at - 1), "link:at")
    )


def _of_next_month(number: int, today: date) -> date:
    """Return the first day from *today* that is day *number* of its month."""
    month = today.replace(day=1)
    while True:
        day = _day(month.year, month.month, number)
        if day is not None and day >= today:
            return day
        month = (month + timedelta(days=MOST_DAY)).replace(day=1)


def _nearest(number: int, month: int, today: date) -> date | None:
    """Return day *number* of *month* in the year that brings it nearest to *today*."""
    years = (today.year - 1, today.year, today.year + 1)
    days = [d for year in years if (d := _day(year, month, number)) is not None]
    return min(days, key=lambda d: abs(d - today), default=None)


def _day(year: int, month: int, number: int) -> date | None:
    try:
        return date(min(year, MAXYEAR), month, number)
    except ValueError:
        return None


_READERS: Mapping[str, tuple[Callable[[Sequence[Word], int, date], _Found | None], ...]] = {
    "day": (_named,),
    "weekday": (_weekday,),
    "week": (_next_week,),
    "month": (_after_month,),
    "number": (_ahead, _with_month, _in_figures, _of_month),
    "link": (_ahead,),
}
"""What may begin with a word, by the sections it has a concept in."""
