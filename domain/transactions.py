"""The one retry loop: a unit of work that lost against another is run again on fresh reads.

Concurrency is optimistic: nobody waits for a lock, and a commit whose reads have changed since
fails as a `Conflict`. The number of tries and the pauses between them are set here alone.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

from domain.errors import Conflict, StillConflicting
from domain.work import Work

T = TypeVar("T")
Pause = Callable[[float], None]
"""Waits for a number of seconds before the next try; what it raises ends the tries."""

TRIES = 10
FIRST_PAUSE_SECONDS = 0.002
LONGEST_PAUSE_SECONDS = 0.128
"""The longest pause doubles with each lost try, up to this (back-off); half a second in all."""


def transact(
    open_work: Callable[[], Work], act: Callable[[Work], T], *, pause: Pause = time.sleep
) -> T:
    """Run *act* on a new unit of work and commit it; return what *act* returns.

    On a conflict it is run again on fresh reads, so *act* must do nothing outside its unit of work.
    An exception of *act* ends the tries, and nothing is written.

    Raises:
        StillConflicting: If every try conflicted; nothing is written.
        StoreUnavailable: If the store does not answer; the transaction may be written.
    """

    def attempt() -> T:
        work = open_work()
        result = act(work)
        work.commit()
        return result

    return retry_on_conflict(attempt, pause=pause)


def retry_on_conflict(attempt: Callable[[], T], *, pause: Pause = time.sleep) -> T:
    """Return what *attempt* returns, repeating it while it raises `Conflict`.

    For an *attempt* that commits by itself, in several steps or in its own way; else use
    `transact`. Pauses are random, so that those who conflicted do not meet again (jitter).

    Raises:
        StillConflicting: If every try conflicted.
    """
    lost = 0
    while True:
        try:
            return attempt()
        except Conflict as conflict:
            lost += 1
            if lost == TRIES:
                raise StillConflicting(f"lost {TRIES} times against others; {conflict}") from None
        longest = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2 ** (lost - 1))
        pause(random.uniform(0, longest))  # noqa: S311 - jitter is no secret


def at_once(_seconds: float) -> None:
    """A `Pause` of no length, for threads in which other work waits."""
