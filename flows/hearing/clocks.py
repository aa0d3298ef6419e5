"""Clock times in figures and words, without what else a sentence says of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from flows.hearing.figures import (
    ADDED,
    HOUR,
    digits_of,
    fraction_of,
    heard,
    is_counted,
    joins,
    number_of,
    sections_of,
    sign,
    word_at,
)
from flows.hearing.lexicon import Word

HALF_DAY = 12 * HOUR
DAY = 24 * HOUR
HUNDRED = 100
"""Of 1730, the hours are the hundreds."""
TWO_DIGITS = 2
LAST_OF_NIGHT = 5
"""The hour that "raat" no longer reaches: "raat 4" is before dawn, "raat 8" before midnight."""
FROM_LATE_MORNING = 10
"""The hours from which "dopahar" is before noon: "dopahar 11" is 11:00."""


@dataclass(frozen=True, slots=True)
class Clock:
    """A clock time at some words, before the words around it are heard."""

    end: int
    minute: int
    either: bool
    sure: bool
    """Whether it is a time by itself; a bare number is one only with words around it."""


def clock_at(words: Sequence[Word], at: int) -> Clock | None:
    """Read the clock time at *at* with its "baje" or "pm"; a bare hour is not sure."""
    if _BEGINNINGS.isdisjoint(sections_of(word_at(words, at))) or joins(words, at - 1, "/.:"):
        return None
    clock = _figures_at(words, at)
    if clock is None:
        return None
    end, half, sure = clock.end, "", clock.sure
    while True:
        word = word_at(words, end)
        if heard(word, "clock:am", "clock:pm") and not half:
            half = "am" if heard(word, "clock:am") else "pm"
        elif heard(word, "clock:oclock"):
            pass
        elif heard(word, "clock:noon") and not half:
            half = "pm"
        else:
            break
        sure, end = True, end + 1
    clock = replace(clock, end=end, sure=sure)
    return _in_half(clock if sure else _spaced(words, at, clock), half)


_BEGINNINGS = frozenset({"number", "clock", "fraction"})
"""The sections of the words that a clock time may begin with."""


def _is_half(word: Word) -> bool:
    return heard(word, "clock:am", "clock:pm")


def _spaced(words: Sequence[Word], at: int, clock: Clock) -> Clock:
    """Read "5 30 pm" after its hour; return *clock* where there are no such minutes."""
    minutes, half = word_at(words, clock.end), word_at(words, clock.end + 1)
    number = digits_of(minutes)
    if number is None or len(minutes.text) != TWO_DIGITS or number >= HOUR or not _is_half(half):
        return clock
    if heard(word_at(words, at - 1), "counted:label"):
        return clock  # "token 8 10 am"
    spaced = Clock(clock.end + 2, clock.minute + number, clock.either, sure=True)
    return _in_half(spaced, "am" if heard(half, "clock:am") else "pm")


def _in_half(clock: Clock, half: str) -> Clock:
    if not half or not clock.either:
        return clock
    minute = clock.minute % HALF_DAY + (HALF_DAY if half == "pm" else 0)
    return replace(clock, minute=minute, either=False)


def _figures_at(words: Sequence[Word], at: int) -> Clock | None:
    """Read hours and minutes at *at*, without what follows them."""
    word = words[at]
    if heard(word, "clock:noon"):
        return Clock(at + 1, HALF_DAY, either=False, sure=True)
    if heard(word, "clock:midnight"):
        return Clock(at + 1, 0, either=False, sure=True)
    quarter = _quarter_at(words, at)
    if quarter is not None:
        return quarter
    number = number_of(word)
    if number is None:
        return None
    return (
        _minutes_after(words, at, number)
        or _after_hour(words, at, number)
        or _four_digits(words, at)
        or from_hour(at + 1, number, 0, sure=False)
    )


def _quarter_at(words: Sequence[Word], at: int) -> Clock | None:
    """Read "half past 5", "quarter to 6", "saade paanch", "sava 5", "paune 6", "dedh baje"."""
    word, following = words[at], word_at(words, at + 1)
    fraction = fraction_of(word)
    if fraction in _LONE_QUARTERS and heard(following, "clock:oclock"):
        return Clock(at + 1, _LONE_QUARTERS[fraction], either=True, sure=True)
    added = ADDED.get(fraction or "")
    for concept, minutes in _QUARTERS.items():
        if heard(word, concept):
            added = minutes
    hour = number_of(following)
    if added is None or hour is None or not 1 <= hour <= HALF_DAY // HOUR:
        return None
    if heard(word_at(words, at + 2), "unit:hour", "unit:minute", "unit:day", "unit:month"):
        return None  # "saade teen ghante"
    minute = (hour * HOUR + added) % HALF_DAY
    return Clock(at + 2, minute, either=True, sure=True)


_QUARTERS = {"clock:half_past": 30, "clock:quarter_past": 15, "clock:quarter_to": -15}
_LONE_QUARTERS = {"one_half": 90, "two_half": 150, "plus_quarter": 75, "minus_quarter": 45}
"""Times that are said as an amount: "dedh baje" is 1:30."""


def _minutes_after(words: Sequence[Word], at: int, number: int) -> Clock | None:
    """Read 17:30, 5.30, 5-30 pm, and "5 bajkar 20 minute"."""
    mark, minutes = word_at(words, at + 1), word_at(words, at + 2)
    if heard(mark, "clock:baj_kar"):
        after = number_of(minutes)
        if after is None:
            return None
        end = at + 4 if heard(word_at(words, at + 3), "unit:minute") else at + 3
        return from_hour(end, number, after, sure=True)
    if not (sign(mark, ":", ".", "-") and minutes.glued and len(minutes.text) == TWO_DIGITS):
        return None
    after = digits_of(minutes)
    if after is None or not words[at].text.isdecimal():
        return None
    end, said = at + 3, _says_clock(word_at(words, at + 3))
    if heard(word_at(words, end), "unit:hour") and len(words[at].text) == TWO_DIGITS:
        return _of_24(end + 1, number, after)  # "17:30 hrs"
    if mark.text == "-" and (after <= DAY // HOUR or not said):
        return None  # a range
    if mark.text == "." and after % 5 and not said:
        return None
    if is_counted(words, at, end, "/.:"):
        if mark.text != ":" or not sign(word_at(words, end), ":"):
            return None
        end += 2  # the seconds of a program's clock
    return from_hour(end, number, after, sure=True)


def _says_clock(word: Word) -> bool:
    return heard(word, "clock:am", "clock:pm", "clock:oclock")


def _after_hour(words: Sequence[Word], at: int, number: int) -> Clock | None:
    """Read "10 past 5"."""
    hour = number_of(word_at(words, at + 2))
    if hour is None or number >= HOUR or not heard(word_at(words, at + 1), "clock:past"):
        return None
    return from_hour(at + 3, hour, number, sure=True)


def _four_digits(words: Sequence[Word], at: int) -> Clock | None:
    """Read "1730 hrs", "0930 hrs" and "530 pm"."""
    text, following = words[at].text, word_at(words, at + 1)
    if not text.isdecimal() or len(text) not in {3, 4}:
        return None
    hour, minute = divmod(int(text), HUNDRED)
    if heard(following, "unit:hour"):
        return _of_24(at + 2, hour, minute)
    return from_hour(at + 1, hour, minute, sure=False) if _says_clock(following) else None


def _of_24(end: int, hour: int, minute: int) -> Clock | None:
    """Return the clock time of a clock with 24 hours."""
    if hour >= DAY // HOUR or minute >= HOUR:
        return None
    return Clock(end, hour * HOUR + minute, either=False, sure=True)


def from_hour(end: int, hour: int, minute: int, *, sure: bool) -> Clock | None:
    """Return the clock time of *hour* and *minute*; from 1 to 12 it may be in either half."""
    if hour >= DAY // HOUR or minute >= HOUR:
        return None
    either = 1 <= hour <= HALF_DAY // HOUR
    return Clock(end, (hour * HOUR + minute) % (HALF_DAY if either else DAY), either, sure)


def in_part(minute: int, part: str) -> tuple[int, bool]:
    """Return *minute*, said without its half, in *part*; and whether either half may be meant."""
    hour = minute // HOUR
    if part == "morning":
        return (minute + HALF_DAY if hour == 0 else minute), False
    if part == "afternoon":
        return (minute if hour >= FROM_LATE_MORNING else minute + HALF_DAY), False
    if part == "night":
        return (minute if hour < LAST_OF_NIGHT else minute + HALF_DAY), False
    return minute + HALF_DAY, False
