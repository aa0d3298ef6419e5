"""Working hours as staff write them: "10-1, 5-8 mon-sat", "mon to fri 10am se 1, sat 10-12"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flows.hearing.clocks import DAY, HALF_DAY, Clock, clock_at, in_part
from flows.hearing.figures import HOUR, heard, key_of, word_at
from flows.hearing.lexicon import Word

EARLIEST = 7 * HOUR
"""A start that names no half of the day is not before this hour: "5-8" is in the evening."""
MOST_SESSIONS = 4
RANGE = frozenset({"-", "–", "—"})
COMMA = frozenset({",", ";", "/", ".", "&", "+", "\n"})
WEEK = 7
SAYS_NOTHING = ("say:filler", "say:polite", "link:and", "link:between", "clock:till_it")


@dataclass(frozen=True)
class SessionSaid:
    """Hours from *start* to *end*, in minutes of the day; an end at or before it is on the next."""

    start: int
    end: int


@dataclass(frozen=True)
class HoursSaid:
    """The hours of some weekdays (0 is Monday); None: of the days that the doctor works."""

    days: tuple[int, ...] | None
    sessions: tuple[SessionSaid, ...]


def read_hours(words: Sequence[Word]) -> tuple[HoursSaid, ...] | None:
    """Return the hours that all of *words* name; None if something in them cannot be read.

    Days may stand before their hours or after them. A start without its half of the day is in the
    day, and after the session before it; an end is the first such time after its start.
    """
    groups = _Groups()
    at = 0
    while at < len(words):
        days = _days_at(words, at)
        part = key_of(words[at], "part")
        session = None if days else _session_at(words, at + bool(part), groups.last_end, part)
        if days is not None:
            at = days[0]
            groups.add_days(days[1])
        elif session is not None:
            at = session[0]
            groups.add_session(session[1])
        elif _says_nothing(words[at]):
            at += 1
        else:
            return None
    return groups.complete()


class _Groups:
    """Days and sessions in the order in which they were written, put together."""

    def __init__(self) -> None:
        self._items: list[tuple[list[int], list[SessionSaid]]] = []
        self._days_first: bool | None = None

    @property
    def last_end(self) -> int | None:
        """When the session before ends, if the next one may be of the same day."""
        if not self._items or (self._days_first is False and self._items[-1][0]):
            return None
        sessions = self._items[-1][1]
        return sessions[-1].end if sessions else None

    def add_days(self, days: list[int]) -> None:
        if self._days_first is None:
            self._days_first = True
        begins = not self._items or (self._days_first and bool(self._items[-1][1]))
        if begins:
            self._items.append(([], []))
        self._items[-1][0].extend(days)

    def add_session(self, session: SessionSaid) -> None:
        if self._days_first is None:
            self._days_first = False
        if not self._items or (self._days_first is False and self._items[-1][0]):
            self._items.append(([], []))
        self._items[-1][1].append(session)

    def complete(self) -> tuple[HoursSaid, ...] | None:
        """Return what was put together; None if it is not complete or contradicts itself."""
        if not self._items or any(not sessions for _, sessions in self._items):
            return None
        all_days = [day for days, _ in self._items for day in days]
        if len(set(all_days)) < len(all_days) or any(not fits(s) for _, s in self._items):
            return None
        if len(self._items) > 1 and any(not days for days, _ in self._items):
            return None
        return tuple(
            HoursSaid(tuple(sorted(days)) or None, tuple(sessions))
            for days, sessions in self._items
        )


def fits(sessions: Sequence[SessionSaid]) -> bool:
    """Return whether *sessions* follow each other in one day; the last may reach past midnight."""
    if len(sessions) > MOST_SESSIONS:
        return False
    ends_before = -1
    for session in sessions:
        if session.start <= ends_before:
            return False
        ends_before = session.end if session.end > session.start else session.end + DAY
    return ends_before <= sessions[0].start + DAY


def _days_at(words: Sequence[Word], at: int) -> tuple[int, list[int]] | None:
    """Read a weekday, or a range of them: "mon-sat", "somvar se shanivar"."""
    first = _weekday(words[at])
    if first is None:
        return None
    end = _range_ends(words, at + 1)
    last = _weekday(word_at(words, end)) if end else None
    if last is None:
        return at + 1, [first]
    length = (last - first) % WEEK
    return end + 1, [(first + n) % WEEK for n in range(length + 1)]


def _weekday(word: Word) -> int | None:
    key = key_of(word, "weekday")
    return int(key) - 1 if key else None


def _session_at(
    words: Sequence[Word], at: int, after: int | None, part: str | None
) -> tuple[int, SessionSaid] | None:
    """Read two clock times with a range between them; the session before ended at *after*.

    *part* is the part of the day in which it begins, if that was named: "shaam 5 se 8".
    """
    first = clock_at(words, at) if at < len(words) else None
    end = _range_ends(words, first.end) if first else 0
    last = clock_at(words, end) if end else None
    if first is None or last is None:
        return None
    start = _start(first, last, after, part)
    finish = last.minute
    in_24 = words[at].text.isdecimal() and int(words[at].text) * HOUR > HALF_DAY  # "20:00-06:00"
    if last.either and not in_24:
        later = [m for m in (finish, finish + HALF_DAY) if m > start]
        finish = later[0] if later else finish
    wraps = finish <= start
    is_open = last.either and not in_24 and (after is not None or not first.either)
    if finish == start or (wraps and is_open):
        return None  # "5-8, 10-1": nobody knows
    return last.end, SessionSaid(start % DAY, finish % DAY)


def _start(first: Clock, last: Clock, after: int | None, part: str | None) -> int:
    """Return when a session begins, in the half of the day that is meant."""
    start = first.minute
    if not first.either:
        return start
    if part is not None:
        return in_part(start, part)[0]
    if not last.either:  # the latest before it: "5-8 pm", "6-9 am", "10-2 am"
        return start if start < last.minute <= start + HALF_DAY else start + HALF_DAY
    if start < EARLIEST or (after is not None and start < after <= start + HALF_DAY):
        start += HALF_DAY
    return start


def _range_ends(words: Sequence[Word], at: int) -> int:
    """Return where what follows "-", "to" or "se" begins; 0 if none of them is there."""
    word = word_at(words, at)
    return at + 1 if word.text in RANGE or heard(word, "link:to", "clock:till") else 0


def _says_nothing(word: Word) -> bool:
    return word.text in COMMA or word.has(*SAYS_NOTHING)
