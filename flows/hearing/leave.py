"""Days off as staff write them: "5 dec", "1-3 jan", "5, 7 dec and monday", "5 se 8 dec tak"."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from flows.hearing.dates import find_days
from flows.hearing.figures import heard, number_of
from flows.hearing.lexicon import Word
from flows.hearing.spans import covered

MOST_DAYS = 62
"""The longest time off that is taken by a message."""
RANGE = frozenset({"-", "–", "—"})
COMMA = frozenset({",", ";", "&", "+", "\n"})
SAYS_NOTHING = (
    "say:filler",
    "say:polite",
    "link:of",
    "link:between",
    "clock:till_it",
    "link:on_it",
)


def read_days_off(words: Sequence[Word], today: date) -> list[date] | None:
    """Return the days that all of *words* name, in their order; None if some cannot be read.

    A number alone takes the month of the date behind it. Days that are only named loosely ("next
    week") cannot be read, nor can those that are past or more than MOST_DAYS.
    """
    found: list[date] = []
    waiting: list[list[int]] = []
    """Numbers before the date that has their month."""
    for item in _items(words):
        days = _days_of(item, today)
        if days is None:
            numbers = [number_of(w) for w in item if not _says_nothing(w)]
            if len(numbers) != 1 or numbers[0] is None:
                return None
            waiting.append([numbers[0]])
            continue
        for numbers_before in waiting:
            try:
                found += [days[0].replace(day=n) for n in numbers_before]
            except ValueError:
                return None
        waiting = []
        found += days
    if waiting or not found or min(found) < today or len(set(found)) > MOST_DAYS:
        return None
    return sorted(set(found))


def _items(words: Sequence[Word]) -> Iterator[list[Word]]:
    """Yield what stands between commas and "and"."""
    item: list[Word] = []
    for word in words:
        if word.text in COMMA or heard(word, "link:and"):
            if item:
                yield item
            item = []
        else:
            item.append(word)
    if item:
        yield item


def _days_of(item: Sequence[Word], today: date) -> list[date] | None:
    """Return the days of one item: a day, or all from the first to the last of two."""
    whole = _one_day(item, today)
    if whole is not None:
        return [whole]
    ends = [i for i, w in enumerate(item) if w.text in RANGE or heard(w, "link:to", "clock:till")]
    for at in ends:
        before = [w for w in item[:at] if not _says_nothing(w)]
        last = _one_day(item[at + 1 :], today)
        if last is None or not before:
            continue
        number = number_of(before[0]) if len(before) == 1 else None
        first = _one_day(item[:at], today) if number is None else _in_month(last, number)
        if first is not None and first < last and (last - first).days < MOST_DAYS:
            return [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return None


def _one_day(item: Sequence[Word], today: date) -> date | None:
    """Return the one day that all of *item* names."""
    spans = find_days(item, today)
    if len(spans) != 1 or spans[0].value.loose:
        return None
    explained = covered(spans)
    rest = [w for i, w in enumerate(item) if i not in explained]
    return spans[0].value.day if all(_says_nothing(w) for w in rest) else None


def _in_month(day: date, number: int) -> date | None:
    try:
        return day.replace(day=number)
    except ValueError:
        return None


def _says_nothing(word: Word) -> bool:
    is_sign = not word.text[0].isalnum() and word.text not in RANGE
    return is_sign or (not word.text.isdecimal() and word.has(*SAYS_NOTHING))
