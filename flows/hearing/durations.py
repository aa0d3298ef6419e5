"""Lengths of time in a sentence, in minutes."""

from __future__ import annotations

from collections.abc import Sequence

from flows.hearing.clocks import DAY, HALF_DAY, TWO_DIGITS
from flows.hearing.figures import (
    HOUR,
    amount_at,
    digits_of,
    half_more,
    heard,
    is_counted,
    key_of,
    number_of,
    sections_of,
    sign,
    word_at,
)
from flows.hearing.lexicon import Word
from flows.hearing.meaning import DurationSaid
from flows.hearing.spans import Span, pick
from flows.hearing.times import find_clocks

MOST_HOURS = 100
"""A number of hours with more digits is a clock's: 1730 hrs."""
UNKNOWN = 0
"""The minutes of a unit that is none of a pause, such as seconds."""

_Length = tuple[int, int | None]
"""The position after a length, and its minutes; None if it says no number of them."""


def find_durations(words: Sequence[Word], now_minute: int | None) -> list[Span[DurationSaid]]:
    """Return the lengths of time that *words* name in minutes and hours, in their order.

    Of a range ("10 ya 15 minute") the longer one counts, and half minutes are rounded up. "till
    2:30" is the time from *now_minute*, the clinic's minute of the day, to the next such time: the
    nearer one if the half of the day was not named, and past midnight too. Its minutes are None if
    *now_minute* is None or no clock time was named ("till evening"). They are None, too, for "few
    minutes" or "thodi der". Days are no lengths of time here, and a number without a unit is none:
    see `bare_minutes`.
    """
    found: list[Span[DurationSaid]] = []
    at = 0
    while at < len(words):
        length = _length_at(words, at)
        if length is None:
            at += 1
        else:
            found.append(Span(at, length[0], DurationSaid(length[1])))
            at = length[0]
    if any(w.has("clock:till", "clock:till_it") for w in words):
        found += _until(words, now_minute)
    return pick(found)


def bare_minutes(words: Sequence[Word]) -> Span[DurationSaid] | None:
    """Return the minutes that begin *words*, those after a command: "15", "for 10", "15 lunch".

    A length of time with its unit counts as well. The minutes are None if a number is there that
    is not surely one of minutes: "1x", "15 patients", "5 pm", "1.5". Without a number at the
    beginning the whole result is None.
    """
    start = 0
    while heard(word_at(words, start), "link:for"):
        start += 1
    length = _length_at(words, start)
    if length is not None:
        return Span(0, length[0], DurationSaid(length[1]))
    word = word_at(words, start)
    if number_of(word) is None or word.has("unsure:number"):
        return None
    first = amount_at(words, start)
    if first is None:
        return None
    end, sixtieths = first
    if heard(word_at(words, end), "link:to") and number_of(word_at(words, end + 1)) is not None:
        end, last = amount_at(words, end + 1) or first
        if last <= sixtieths:
            return Span(0, end, DurationSaid(None))
        sixtieths = last
    if sixtieths % HOUR or _goes_on(words, start, end):
        return Span(0, end, DurationSaid(None))
    return Span(0, end, DurationSaid(sixtieths // HOUR))


def _goes_on(words: Sequence[Word], start: int, end: int) -> bool:
    """Return whether what follows makes the number something else than minutes."""
    after = word_at(words, end)
    return (
        is_counted(words, start, end)
        or number_of(after) is not None
        or not _NO_REASON.isdisjoint(sections_of(after))
        or (
            after.glued
            and (after.text[:1].isalpha() or number_of(word_at(words, end + 1)) is not None)
        )
    )


_NO_REASON = frozenset({"clock", "fraction", "vague"})
"""The sections of words that make a number before them something else than minutes."""


def _length_at(words: Sequence[Word], at: int) -> _Length | None:
    """Read the length of time at *at*, a range of two included."""
    first = _single_at(words, at)
    if first is None:
        return None
    end, minutes = first
    if heard(word_at(words, end), "link:to"):
        second = _single_at(words, end + 1)
        if second is not None:
            longer = None if minutes is None or second[1] is None else max(minutes, second[1])
            return second[0], longer
    return first


def _single_at(words: Sequence[Word], at: int) -> _Length | None:
    word = word_at(words, at)
    if _BEGINNINGS.isdisjoint(sections_of(word)):
        return None
    vague = None if word.slip else key_of(word, "vague")  # "much time" is not "kuch time"
    if vague == "whole":
        return at + 1, None
    if vague is not None:
        unit = _unit_at(words, at + 1)
        if unit is None:
            return None
        return at + 2, 2 * unit if unit and vague == "pair" else None
    if heard(word, "unit:hour"):
        end = half_more(words, at + 1)  # "hour and a half"
        return (end, HOUR * 3 // 2) if end else None
    return _clocked(words, at) or _counted_at(words, at)


_BEGINNINGS = frozenset({"number", "fraction", "vague", "unit", "link"})
"""The sections of the words that a length may begin with."""


def _clocked(words: Sequence[Word], at: int) -> _Length | None:
    """Read 1:30 hours; with two digits of hours it is a time of the day, 17:30 hrs."""
    hours, minutes = digits_of(words[at]), digits_of(word_at(words, at + 2))
    if hours is None or minutes is None or not sign(word_at(words, at + 1), ":"):
        return None
    if len(words[at].text) >= TWO_DIGITS or minutes >= HOUR:
        return None
    return (at + 4, hours * HOUR + minutes) if _unit_at(words, at + 3) == HOUR else None


def _counted_at(words: Sequence[Word], at: int) -> _Length | None:
    """Read a number of units, of two numbers the longer: "10 min", "10 ya 15 min", "1h30"."""
    amount = (at + 1, HOUR) if heard(words[at], "link:an") else amount_at(words, at)
    if amount is None or _is_part_of_number(words, at):
        return None
    end, sixtieths = amount
    unit = _unit_at(words, end)
    if unit is None:
        range_sign = heard(word_at(words, end), "link:to")
        second = amount_at(words, end + 1 if range_sign else end)
        if second is None or (not range_sign and second[1] <= sixtieths):
            return None
        end, sixtieths = second[0], max(sixtieths, second[1])
        unit = _unit_at(words, end)
    if unit is None or (unit == HOUR and sixtieths >= MOST_HOURS * HOUR):
        return None
    if unit == UNKNOWN:
        return end + 1, None
    minutes = -(-sixtieths * unit // HOUR)
    return _and_minutes(words, end + 1, minutes) if unit == HOUR else (end + 1, minutes)


def _is_part_of_number(words: Sequence[Word], at: int) -> bool:
    """Return whether the number at *at* goes on from the word before: the 30 of 5:30 or A30."""
    before = word_at(words, at - 1)
    return words[at].glued and (
        before.text in {":", ".", "/", "₹", "$", "#"} or before.text.isalpha()
    )


def _and_minutes(words: Sequence[Word], at: int, minutes: int) -> _Length:
    """Add what follows hours: "1h30", "1 hour 15 minutes", "1 ghanta aur 15 minute"."""
    end = half_more(words, at)
    if end is not None:
        return end, minutes + HOUR // 2
    start = at + 1 if heard(word_at(words, at), "link:and") else at
    more = number_of(word_at(words, start))
    if more is None or more >= HOUR:
        return at, minutes
    unit = _unit_at(words, start + 1)
    if unit == 1:
        return start + 2, minutes + more
    after = word_at(words, start + 1)
    if (
        start == at
        and unit is None
        and not is_counted(words, start, start + 1)
        and "clock" not in sections_of(after)
    ):
        return start + 1, minutes + more
    return at, minutes


def _unit_at(words: Sequence[Word], at: int) -> int | None:
    """Return the minutes of the unit at *at*; None if there is none."""
    word = word_at(words, at)
    if word.has("unit:minute"):
        return 1
    if word.has("unit:hour"):
        return HOUR
    if word.has("unit:second"):
        return UNKNOWN
    if word.glued and word.raw.islower():  # "34M" is a man of 34 years
        if word.has("unit:minute_letter"):
            return 1
        if word.has("unit:hour_letter"):
            return HOUR
    return None


def _until(words: Sequence[Word], now_minute: int | None) -> list[Span[DurationSaid]]:
    found = []
    for span in find_clocks(words):
        if span.value.till:
            time = span.value.time
            minutes = None
            if time.minute is not None and now_minute is not None:
                cycle = HALF_DAY if time.either_half else DAY
                minutes = (time.minute - now_minute) % cycle or cycle
            found.append(Span(span.start, span.end, DurationSaid(minutes, until=True)))
    return found
