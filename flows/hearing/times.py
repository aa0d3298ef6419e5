"""Times of the day in a sentence: clock times, parts of the day, and both together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from domain.timetable import PartOfDay
from flows.hearing.clocks import HALF_DAY, HUNDRED, Clock, clock_at, from_hour, in_part
from flows.hearing.figures import heard, is_counted, key_of, number_of, word_at
from flows.hearing.lexicon import Word
from flows.hearing.meaning import TimeSaid
from flows.hearing.spans import Span, covered

MOST_AROUND = 5
"""Words that may stand between a time and the words that say more of it."""
PARTS = {
    "morning": PartOfDay.MORNING,
    "afternoon": PartOfDay.AFTERNOON,
    "evening": PartOfDay.EVENING,
    "night": PartOfDay.EVENING,
}


@dataclass(frozen=True, slots=True)
class ClockSaid:
    """A time that was named, and whether as the end of something: "till 5", "5 baje tak"."""

    time: TimeSaid
    till: bool = False


@dataclass(slots=True)
class _Around:
    """What the words around a time say of it."""

    start: int
    end: int
    part: str | None = None
    about: bool = False
    bound: str = "at"
    till: bool = False
    since: bool = False
    between: bool = False


def as_clock(number: int) -> TimeSaid | None:
    """Return the time that the bare *number* names when a time was asked for: 5, 17, 530 or 1730.

    None if it is no time. In a sentence a bare number is none.
    """
    hour, minute = divmod(number, HUNDRED) if number >= HUNDRED else (number, 0)
    clock = from_hour(0, hour, minute, sure=True)
    return TimeSaid(clock.minute, clock.either) if clock else None


def find_times(words: Sequence[Word]) -> list[Span[TimeSaid]]:
    """Return the times of the day that *words* name, in their order.

    Of a range ("5-6 baje") it is the time after its beginning. If one clock time and one part of
    the day stand apart ("sham ko aana hai, 5 baje"), each span says both. Ages, token numbers,
    money and lengths of time are none, nor is a time since which something lasts.
    """
    return [Span(s.start, s.end, s.value.time, s.weight) for s in find_clocks(words)]


def find_clocks(words: Sequence[Word]) -> list[Span[ClockSaid]]:
    """Return the same as `find_times`, and of each time whether something lasts until then."""
    found: list[Span[ClockSaid]] = []
    at = least = 0
    while at < len(words):
        span = _span_at(words, at, least)
        if span is None:
            at += 1
        else:
            at = least = span.end
            if span.value is not None:
                found.append(Span(span.start, span.end, span.value, span.weight))
    taken = covered(found)
    for at, word in enumerate(words):
        if at not in taken and key_of(word, "part"):
            part = _part_at(words, at)
            if part:
                found.append(part)
    return _joined(sorted(found, key=lambda s: s.start))


def _joined(found: list[Span[ClockSaid]]) -> list[Span[ClockSaid]]:
    """Give the only clock time and the only part of the day of a sentence each other's value."""
    clocks = [s for s in found if s.value.time.minute is not None and s.value.time.part is None]
    parts = [s for s in found if s.value.time.minute is None]
    if len(clocks) != 1 or len(parts) != 1 or len(found) > len(clocks) + len(parts):
        return found
    clock, part = clocks[0].value, parts[0].value.time.part
    if not clock.time.either_half or part is None or clock.time.minute is None:
        return found
    key = next(k for k, p in PARTS.items() if p is part)
    minute, either = in_part(clock.time.minute, key)
    joint = replace(clock, time=replace(clock.time, minute=minute, either_half=either, part=part))
    return [replace(s, value=joint) for s in found]


def _span_at(words: Sequence[Word], at: int, least: int) -> Span[ClockSaid | None] | None:
    """Return the clock time or range that begins at *at*, with the words around it."""
    first = clock_at(words, at)
    if first is None:
        return None
    last = None
    if heard(word_at(words, first.end), "link:to", "link:and"):
        last = clock_at(words, first.end + 1)
    if last is not None:
        span = _range(words, at, least, first, last)
        if span is not None:
            return span
    return _single(words, at, least, first)


def _single(
    words: Sequence[Word], at: int, least: int, clock: Clock
) -> Span[ClockSaid | None] | None:
    around = _listen(words, at, clock.end, least)
    if not clock.sure:
        alone = (around.start, around.end) == (at, clock.end)
        other = not clock.either or words[at].has("unsure:number")
        if alone or other or is_counted(words, at, clock.end):
            return None
    if around.since:
        return Span(around.start, around.end, None)
    if around.bound == "at" and (
        around.between or heard(word_at(words, around.end), "link:since_it")
    ):
        around.bound = "after"  # "from 5", "5 baje se"
    minute, either = clock.minute, clock.either
    if either and around.part:
        minute, either = in_part(minute, around.part)
    return _said(around, minute, either=either)


def _range(
    words: Sequence[Word], at: int, least: int, first: Clock, last: Clock
) -> Span[ClockSaid | None] | None:
    """Return the range from *first* to *last*; None if the words are none, as in 2-3 tablets."""
    around = _listen(words, at, last.end, least)
    joined_by_and = not heard(word_at(words, first.end), "link:to")
    if joined_by_and and not around.between:
        return None
    known = first.sure or last.sure or around.part or around.between or around.bound != "at"
    if not known or is_counted(words, at, last.end):
        return None
    stop, stop_either = last.minute, last.either
    if stop_either and around.part:
        stop, stop_either = in_part(stop, around.part)
    begin, either = first.minute, first.either
    if either and not stop_either:
        fitting = [m for m in (begin, begin + HALF_DAY) if m < stop]
        if fitting:
            begin, either = max(fitting), False
    around.bound, around.till = "after", False
    return _said(around, begin, either=either)


def _said(around: _Around, minute: int, *, either: bool) -> Span[ClockSaid | None]:
    part = PARTS[around.part] if around.part else None
    time = TimeSaid(minute, either, around.about, around.bound, part)
    return Span(around.start, around.end, ClockSaid(time, around.till))


def _part_at(words: Sequence[Word], at: int) -> Span[ClockSaid] | None:
    """Return the part of the day at *at*; None if something lasts since then ("subah se")."""
    around = _listen(words, at, at + 1, 0)
    lasting = heard(word_at(words, at + 1), "link:since_it")
    part = key_of(words[at], "part")
    if around.since or lasting or part is None:
        return None
    time = TimeSaid(None, about=around.about, bound=around.bound, part=PARTS[part])
    return Span(around.start, around.end, ClockSaid(time, around.till))


def _listen(words: Sequence[Word], start: int, end: int, least: int) -> _Around:
    """Read what the words before and after a time say of it, not before the word *least*."""
    around = _Around(start, end)
    for at in range(start - 1, max(least, start - MOST_AROUND) - 1, -1):
        word = words[at]
        if not word.concepts:
            break
        if _before(around, word):
            around.start = at
        elif not heard(word, "link:inside"):
            break
    for at in range(end, min(len(words), end + MOST_AROUND)):
        word = words[at]
        if not word.concepts:
            break
        if _after(around, word, words, at):
            around.end = at + 1
        elif not heard(word, "link:inside"):
            break
    return around


def _before(around: _Around, word: Word) -> bool:
    """Take *word*, before the time, into account; return whether it says something of it."""
    free = around.bound == "at"
    if heard(word, "clock:about"):
        around.about = True
    elif heard(word, "clock:after") and free:
        around.bound = "after"
    elif heard(word, "clock:before", "clock:by") and free:
        around.bound = "before"
    elif heard(word, "clock:till") and free:
        around.bound, around.till = "before", True
    elif heard(word, "link:between"):
        around.between = True
    elif heard(word, "link:since"):
        around.since = True
    elif key_of(word, "part") and around.part is None:
        around.part = key_of(word, "part")
    else:
        return heard(word, "link:at")
    return True


def _after(around: _Around, word: Word, words: Sequence[Word], at: int) -> bool:
    """Take *word*, after the time, into account; return whether it says something of it."""
    free = around.bound == "at"
    if heard(word, "clock:about_it"):
        around.about = True
    elif heard(word, "clock:after_it") and free:
        around.bound = "after"
    elif heard(word, "clock:before_it") and free:
        around.bound = "before"
    elif heard(word, "clock:till_it") and free:
        around.bound, around.till = "before", True
    elif heard(word, "link:between_it"):
        around.between = True
    elif key_of(word, "part") and around.part is None and not _begins_clock(words, at):
        around.part = key_of(word, "part")
    else:
        return False
    return True


def _begins_clock(words: Sequence[Word], at: int) -> bool:
    """Return whether the part of the day at *at* belongs to the next time: "10 baje, sham 5"."""
    following = at + 1
    while heard(word_at(words, following), "link:inside"):
        following += 1
    return number_of(word_at(words, following)) is not None
