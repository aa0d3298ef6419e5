"""Places in the line: who waits, in the order of being called.

A place is a key, and the line is read in the order of its keys:

    00008             token 8: numbers mostly follow the times of their slots
    00008+1736930700  a slot that later hours added after that of token 8, under a higher number
    00008~...         a patient who was skipped and has come back, or was moved, right after token 8
    (...              a patient whom the desk gave priority, before all numbers

A patient who is late keeps their place, and may be called after others (`domain.call_order`).
"""

from __future__ import annotations

from domain.call_order import in_call_order, is_late
from domain.model.queues import Queue, Token, TokenStatus, Waiting
from domain.waiting import Expectation, expect_all
from domain.work import Work

MOST_WAITING = 1000
"""How many of a line are read; no day has so many slots."""


def waiting_in_order(work: Work, queue_id: str, limit: int = MOST_WAITING) -> list[Waiting]:
    """Return who waits, in the order of being called, at most *limit* of them."""
    called, _ = first_called(work, queue_id, limit)
    return called


def first_called(work: Work, queue_id: str, count: int) -> tuple[list[Waiting], list[Waiting]]:
    """Return the *count* who are called first, and those passed over before the first of them.

    The rest of the line is read only if one of the first *count* places is a late person's.
    """
    standing = _by_place(work, queue_id, count)
    if not any(is_late(entry, work.now) for entry in standing):
        return standing, []
    if len(standing) == count:
        standing = _by_place(work, queue_id, MOST_WAITING)
    called = in_call_order(standing, work.now)
    return called[:count], [entry for entry in standing if entry.place < called[0].place]


def expectation_of(work: Work, queue: Queue, token: Token) -> Expectation | None:
    """Return when the turn of *token* is expected; None unless it stands in the line."""
    return expected_after(work, queue, token)[0]


def expected_after(
    work: Work, queue: Queue, token: Token
) -> tuple[Expectation | None, list[Waiting]]:
    """Return when the turn of *token* is expected, and those called before it, in their order.

    There is no expectation unless it stands in the line.
    """
    line = waiting_in_order(work, token.queue_id)
    for position, found in enumerate(expect_all(queue, line, work.now)):
        if line[position].token_id == token.token_id:
            return found, line[:position]
    return None, []


def _by_place(work: Work, queue_id: str, limit: int) -> list[Waiting]:
    """Return who waits, by their places, at most *limit* of them."""
    found: list[Waiting] = []
    after = None
    while len(found) < limit:
        page = work.query(Waiting, queue_id, limit=min(400, limit - len(found)), after=after)
        found += page.records
        after = page.after
        if after is None:
            break
    return found


def waiting_of(token: Token) -> Waiting:
    """Return the record of *token* in the line, where its `place` says.

    Raises:
        ValueError: If it has no place.
    """
    if token.place is None:
        raise ValueError("only a token with a place stands in the line")
    return Waiting(
        queue_id=token.queue_id,
        place=token.place,
        clinic_id=token.clinic_id,
        token_id=token.token_id,
        number=token.number,
        at=token.estimated_time,
        arrived=token.status is TokenStatus.ARRIVED,
        late_until=token.late_until,
    )


def put_in_place(work: Work, token: Token) -> None:
    """Write the record of *token* in the line anew, or for the first time.

    Raises:
        ValueError: If it has no place.
    """
    entry = waiting_of(token)
    stored = work.get(Waiting, entry.queue_id, entry.place)
    work.put(entry.but(version=stored.version if stored else 0))


def place_by_time(queue: Queue, number: int) -> str:
    """Return the place of a booking that is confirmed: by the time of its slot.

    Numbers follow the time, except those of slots that later hours added before others. Withdrawn
    slots count too, as they may come back.
    """
    known = sorted((*queue.timetable, *queue.withdrawn), key=lambda s: s.at, reverse=True)
    in_order: list[int] = []
    at = None
    for slot in known:
        is_in_order = not in_order or slot.number < in_order[-1]
        if slot.number == number and not is_in_order:
            at = slot.at
        elif is_in_order and at is not None:
            return f"{_number_key(slot.number)}+{at:010d}"
        if is_in_order:
            in_order.append(slot.number)
    return _number_key(number) if at is None else f"{_number_key(0)}+{at:010d}"


def place_on_return(work: Work, token: Token) -> str:
    """Return the place of a skipped patient who has come: after the first in line.

    With nobody in line it is that of their number.
    """
    first = waiting_in_order(work, token.queue_id, 1)
    return f"{first[0].place}~{work.ids.new('')}" if first else _number_key(token.number)


def place_in_front(work: Work) -> str:
    """Return a place before all numbers, behind those that were given so before."""
    return f"{_FRONT}{work.ids.new('')}"


def place_between(work: Work, before: str, after: str | None) -> str:
    """Return a new place behind *before* ("": the front) and ahead of *after* (None: the end).

    Each is different, so that a patient who returns to an earlier place finds it free.
    """
    unique = work.ids.new("")
    # Behind the last that was put there, where it fits: places in places grow longer each time.
    flat = f"{before[:_DIGITS]}{_BEHIND}{unique}"
    if before < flat and (after is None or flat < after):
        return flat
    return f"{_key_between(before, after)}{unique}"


def _key_between(before: str, after: str | None) -> str:
    """Return a key of which every continuation sorts between *before* and *after*.

    No key ends with the lowest letter, so there is always room.
    """
    if after is None or not after.startswith(before):
        return f"{before}{_BEHIND}"
    first = ord(after[len(before)])
    if first == _LOWEST:
        return _key_between(f"{before}{chr(_LOWEST)}", after)
    middle = (_LOWEST + first) // 2
    return f"{before}{chr(middle)}" if middle > _LOWEST else f"{before}{chr(_LOWEST)}{_BEHIND}"


_DIGITS = 5
_LOWEST = ord("!")
_BEHIND = "~"
_FRONT = "("


def _number_key(number: int) -> str:
    return f"{number:0{_DIGITS}d}"
