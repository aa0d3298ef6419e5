from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from domain.errors import Busy
from domain.fair_gate import FairGate

STRANGER, OWNER = "203.0.113.9", "198.51.100.7"
PATIENCE = 10.0


class Counter:
    """A gate of one slot, those who asked at it, and in which order they went in."""

    def __init__(self, most_waiting: int = 5) -> None:
        self.gate = FairGate(slots=1, wait_seconds=PATIENCE, most_waiting=most_waiting)
        self.pool = ThreadPoolExecutor(20)
        self.order: list[str] = []

    def ask(self, who: str) -> Future[None]:
        """Let *who* ask, in a thread; return when they wait in the queue or are in."""

        def work() -> None:
            with self.gate.turn(who):
                self.order.append(who)

        waiting = self._waiting()
        asked = self.pool.submit(work)
        until(lambda: asked.done() or self._waiting() > waiting)
        return asked

    def _waiting(self) -> int:
        with self.gate._lock:
            return sum(len(queue) for queue in self.gate._queues.values())


def until(holds: Callable[[], bool]) -> None:
    """Wait until *holds* is true."""
    pause = threading.Event()
    for _ in range(int(PATIENCE / 0.001)):
        if holds():
            return
        pause.wait(0.001)
    raise AssertionError("It never came to that.")


def test_one_from_another_network_is_next_however_many_wait_from_the_first() -> None:
    counter = Counter()
    with counter.gate.turn(STRANGER):
        asked = [counter.ask(STRANGER) for _ in range(4)]
        asked.append(counter.ask(OWNER))
    for future in asked:
        future.result(PATIENCE)
    assert counter.order[:1] == [OWNER]
    assert counter.order.count(STRANGER) == 4


def test_one_network_cannot_fill_the_queue() -> None:
    counter = Counter(most_waiting=2)
    with counter.gate.turn(STRANGER):
        waiting = [counter.ask(STRANGER) for _ in range(2)]
        with pytest.raises(Busy), counter.gate.turn(STRANGER):
            pass
        waiting.append(counter.ask(OWNER))
    for future in waiting:
        future.result(PATIENCE)
    assert sorted(counter.order) == sorted([OWNER, STRANGER, STRANGER])


def test_who_waits_too_long_is_told_to_come_again_and_keeps_nobody_waiting() -> None:
    gate = FairGate(slots=1, wait_seconds=0.01, most_waiting=2)
    with gate.turn(STRANGER), pytest.raises(Busy) as refusal, gate.turn(OWNER):
        pass
    assert refusal.value.details["retry_after_seconds"] == 2
    with gate.turn(OWNER):
        pass


def test_a_slot_is_free_again_after_a_failure() -> None:
    gate = FairGate(slots=1, wait_seconds=0.01, most_waiting=2)
    with pytest.raises(ZeroDivisionError), gate.turn(OWNER):
        _ = 1 / 0
    with gate.turn(STRANGER):
        pass
