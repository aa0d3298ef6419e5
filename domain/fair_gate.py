"""Costly work taken in fair turns: one asker's flood makes no other asker wait for it."""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from domain.errors import Busy


@dataclass(eq=False)
class _Waiting:
    """Somebody in the queue; *turn* is set when they may begin."""

    turn: threading.Event = field(default_factory=threading.Event)


class FairGate:
    """Lets a few in at once; those who wait go in by turns of their askers, not by arrival.

    It counts in this process alone: the work it guards uses this process's time.
    """

    def __init__(self, *, slots: int, wait_seconds: float, most_waiting: int) -> None:
        """Let *slots* work at once; of one asker *most_waiting* calls may wait for so long each."""
        self._free = slots
        self._wait_seconds = wait_seconds
        self._most_waiting = most_waiting
        self._lock = threading.Lock()
        self._queues: dict[str, deque[_Waiting]] = {}
        """Those who wait, by asker; the asker whose turn is next stands first."""
        self._inside: Counter[str] = Counter()

    @contextmanager
    def turn(self, asker: str) -> Iterator[None]:
        """Hold one slot for *asker* while the block runs.

        Raises:
            Busy: If too many of theirs wait already, or nothing got free in time.
        """
        self._enter(asker)
        try:
            yield
        finally:
            self._leave(asker)

    def _enter(self, asker: str) -> None:
        with self._lock:
            if self._free and not self._queues:
                self._admit(asker)
                return
            queue = self._queues.setdefault(asker, deque())
            if len(queue) >= self._most_waiting:
                raise _busy()
            waiting = _Waiting()
            queue.append(waiting)
        if waiting.turn.wait(self._wait_seconds):
            return
        with self._lock:
            if waiting.turn.is_set():  # let in at the last moment
                return
            self._forget(asker, waiting)
        raise _busy()

    def _leave(self, asker: str) -> None:
        with self._lock:
            # Chosen before the leaver is counted out: whoever was inside just now comes after those
            # who were not.
            following = self._next_asker() if self._queues else None
            self._inside[asker] -= 1
            if not self._inside[asker]:
                del self._inside[asker]
            self._free += 1
            if following is not None:
                queue = self._queues.pop(following)
                waiting = queue.popleft()
                if queue:  # and then it is the last in turn
                    self._queues[following] = queue
                self._admit(following)
                waiting.turn.set()

    def _next_asker(self) -> str:
        """Return whose turn it is: of those with the fewest inside, the first in turn."""
        return min(self._queues, key=lambda asker: self._inside[asker])

    def _admit(self, asker: str) -> None:
        self._free -= 1
        self._inside[asker] += 1

    def _forget(self, asker: str, waiting: _Waiting) -> None:
        queue = self._queues[asker]
        queue.remove(waiting)
        if not queue:
            del self._queues[asker]


def _busy() -> Busy:
    return Busy("Many people are signing in; please try again.", retry_after_seconds=2)
