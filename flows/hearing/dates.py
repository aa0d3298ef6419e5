"""Days in a sentence: named, counted from today, by weekday or by date."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from flows.hearing.figures import (
    heard,
    key_of,
    number_of,
    sections_of,
    word_at,
)
from flows.hearing.lexicon import Word
from flows.hearing.monthdays import (
    Found,
    also_said,
    day_and_month,
    day_of_month,
    in_figures,
    month_and_day,
)
from flows.hearing.spans import Span, pick

WEEK = 7
SATURDAY = 5
MOST_AHEAD = 366
"""Days or weeks counted from today beyond this many days are no day of a visit."""
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
    picked = pick(found)
    dates = [Span(s.start, s.end, s.value.day) for s in picked if not s.value.loose]
    others = [o for s in dates if (o := also_said(words, s)) is not None]
    found = pick([*picked, *(Span(o.start, o.end, DaySaid(o.value)) for o in others)])
    heard_days = [s for span in found if (s := _bounded(words, span)) is not None]
    wanted = [s for s in heard_days if not _is_denied(words, s)]
    if not wanted and all(_is_refused(words, s) for s in heard_days):
        return []
    return _agreed(words, wanted or heard_days)


def _every(words: Sequence[Word], today: date) -> Iterator[Found]:
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


def _is_refused(words: Sequence[Word], span: Span[DaySaid]) -> bool:
    """Return whether a day is refused, and no more is said: "kal nahi"."""
    after = span.end + heard(word_at(words, span.end), "link:on_it")
    ends = not word_at(words, after + 1).text[:1].isalnum()
    return heard(word_at(words, after), "link:not_it") and ends


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


def _named(words: Sequence[Word], at: int, today: date) -> Found | None:
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


def _weekend(words: Sequence[Word], at: int, today: date) -> Found:
    week = key_of(word_at(words, at - 1), "week")
    saturday = today + timedelta(days=SATURDAY - today.weekday())
    if week == "next":
        saturday += timedelta(days=WEEK)
    return at - (week is not None), at + 1, max(saturday, today), True


def _weekday(words: Sequence[Word], at: int, today: date) -> Found | None:
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


def _next_week(words: Sequence[Word], at: int, today: date) -> Found | None:
    """Read "next week", "agle hafte"."""
    if not _is_next_week(words, at):
        return None
    return at, at + 2, _monday(today) + timedelta(days=WEEK), True


def _ahead(words: Sequence[Word], at: int, today: date) -> Found | None:
    """Read "in 2 days", "after a week", "3 days later", "do din baad"."""
    number = 1 if heard(words[at], "link:an") else number_of(words[at])
    unit = word_at(words, at + 1)
    week = heard(unit, "unit:week")
    if number is None or not (week or heard(unit, "unit:day")):
        return None
    start = at
    first = number_of(word_at(words, at - 2)) if heard(word_at(words, at - 1), "link:to") else None
    if first is not None and first < number:
        start, number = at - 2, first  # "2-3 din baad"
    days = number * WEEK if week else number
    before = heard(word_at(words, start - 1), "link:in")
    later = heard(word_at(words, at + 2), "link:later_it")
    if not (before or later) or days > MOST_AHEAD:
        return None
    return start - before, at + 2 + later, today + timedelta(days=days), start != at


_READERS: Mapping[str, tuple[Callable[[Sequence[Word], int, date], Found | None], ...]] = {
    "day": (_named,),
    "weekday": (_weekday,),
    "week": (_next_week,),
    "month": (month_and_day,),
    "number": (_ahead, day_and_month, in_figures, day_of_month),
    "link": (_ahead,),
}
"""What may begin with a word, by the sections it has a concept in."""
