"""Days in a sentence that are said by their number: with a month, in figures, or alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import MAXYEAR, date, timedelta

from flows.hearing.figures import fraction_of, heard, is_counted, key_of, number_of, sign, word_at
from flows.hearing.lexicon import Word
from flows.hearing.spans import Span

MOST_DAY = 31
CENTURY = 100
YEAR_DIGITS = 4
LEAST_ORDINAL = 4
"""From here an ordinal alone is a day of the month; "1st" may be the first of several things."""

Found = tuple[int, int, date, bool]
"""Where a day begins and ends in a sentence, the day, and whether it is loose."""


def day_and_month(words: Sequence[Word], at: int, today: date) -> Found | None:
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


def month_and_day(words: Sequence[Word], at: int, today: date) -> Found | None:
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
) -> Found | None:
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


def in_figures(words: Sequence[Word], at: int, today: date) -> Found | None:
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


def day_of_month(words: Sequence[Word], at: int, today: date) -> Found | None:
    """Read "26 ko", "26th", "on the 5th", "5th of next month"; "5th floor" is none."""
    word = words[at]
    number = number_of(word)
    if number is None or not 1 <= number <= MOST_DAY or word.has("unsure:number"):
        return None
    article = word_at(words, at - 1).text == "the"
    on = heard(word_at(words, at - 1 - article), "link:on")
    end = at + 1
    ending = heard(word_at(words, end), "ordinal:ending") and word_at(words, end).glued
    end += ending
    ordinal = ending or word.has("ordinal:word")
    if is_counted(words, at, end if ordinal else at + 1) or _is_hour(words, at):
        return None
    on_it = heard(word_at(words, end), "link:on_it")
    end += on_it
    start = at - article - on
    month = _month_around(words, start, end, today)
    if month is not None:
        day = _day(month[2].year, month[2].month, number)
        return None if day is None else (month[0], month[1], day, False)
    alone = ending and (number >= LEAST_ORDINAL or article)
    if not (on or on_it or alone) or (not ordinal and word.slip):
        return None
    return start, end, _of_next_month(number, today), False


def _month_around(
    words: Sequence[Word], start: int, end: int, today: date
) -> tuple[int, int, date] | None:
    """Read "next month" or "is mahine" beside a day; return the new bounds and that month's 1st."""
    after, before = end, start - 1
    while heard(word_at(words, after), "link:of"):
        after += 1
    while heard(word_at(words, before), "link:of"):
        before -= 1
    for first in (after, before - 1):
        week, unit = key_of(word_at(words, first), "week"), word_at(words, first + 1)
        if week in {"this", "next", "coming"} and heard(unit, "unit:month"):
            month = today.replace(day=1)
            if week != "this":
                month = (month + timedelta(days=MOST_DAY)).replace(day=1)
            return min(start, first), max(end, first + 2), month
    return None


def also_said(words: Sequence[Word], span: Span[date]) -> Span[date] | None:
    """Return the day whose number stands before a date of the same month: "26 or 27 ko"."""
    between, at = word_at(words, span.start - 1), span.start - 2
    number = number_of(word_at(words, at))
    listed = heard(between, "link:to", "link:and") or between.text == ","
    if number is None or not listed or number_of(words[span.start]) != span.value.day:
        return None
    if not 1 <= number < span.value.day or is_counted(words, at, at + 1, "/.:"):
        return None
    return Span(at, at + 1, span.value.replace(day=number))


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
