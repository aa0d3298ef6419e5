"""One way to try again: a unit of work that lost against others is run anew on what is true now.

Concurrency is optimistic: nobody waits for a lock, and whoever read what has changed since loses
with a `Conflict`. How often, how long and how that ends is decided here alone.
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
"""Waits so many seconds before the next try; what it raises ends the tries."""

TRIES = 10
FIRST_PAUSE_SECONDS = 0.002
LONGEST_PAUSE_SECONDS = 0.128
"""The longest pause doubles from the first to this with each lost try; half a second in all."""


def transact(
    open_work: Callable[[], Work], act: Callable[[Work], T], *, pause: Pause = time.sleep
) -> T:
    """Run *act* on a new unit of work and commit it; return what *act* returns.

    While others are faster it is run again on fresh reads, so *act* must do nothing outside its
    unit of work. What it raises ends the tries, and nothing is written.

    Raises:
        StillConflicting: If others were faster every time.
        StoreUnavailable: If the store does not answer; it may have been written.
    """

    def attempt() -> T:
        work = open_work()
        result = act(work)
        work.commit()
        return result

    return retry_on_conflict(attempt, pause=pause)


def retry_on_conflict(attempt: Callable[[], T], *, pause: Pause = time.sleep) -> T:
    """Return what *attempt* returns, repeating it while it raises `Conflict`.

    For what commits by itself, in more than one step or in its own way; else see `transact`. The
    pauses are random, so that those who lost against each other do not meet again.

    Raises:
        StillConflicting: If others were faster every time.
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
    """Try again without a pause, for those in whose thread others wait."""
