"""Processes are killed on a busy day and started again: nothing is lost and nothing said twice."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from itertools import cycle
from pathlib import Path

import pytest

from domain.model.messages import MessageStatus
from tests.e2e.conftest import running
from tests.e2e.installation import PARTS, Crowd, Installation, Person

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e 2")]

AT_ONCE = 12
REDIS_GONE_SECONDS = 8.0
DELIVERED = {MessageStatus.DELIVERED, MessageStatus.READ}


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with running(tmp_path_factory.mktemp("kills"), patients=7 * AT_ONCE) as installation:
        yield installation


def a_busy_day(
    town: Installation,
    people: list[Person],
    doctor: str,
    strike: Callable[[], None],
    strikes: tuple[int, ...] = (2, 6),
) -> None:
    """Let *people* book at once and *strike* meanwhile; all get what they came for.

    *strikes* says how many have booked each time.
    """
    crowd = Crowd()
    with town.faults(latency_ms=60, latency_jitter_ms=40):
        for n, person in enumerate(people):
            crowd.add(person.books, doctor, n % 8)
        for done in strikes:
            crowd.until_done(done)
            strike()
        crowd.join()
    town.settle(60)
    numbers = {p.wa_id for p in people}
    tokens = [t for t in town.rows("tokens") if t["patientPhone"].removeprefix("+") in numbers]
    assert sorted(t["status"] for t in tokens) == ["CONFIRMED"] * len(people)
    assert len({t["number"] for t in tokens}) == len(people)
    assert {m["status"] for m in town.rows("messages")} <= DELIVERED
    assert {how_often for message, how_often in town.sent().items() if message} == {1}
    for row in town.rows("ledger"):
        seat = row.get("disposition") == "SEAT"
        assert seat or row.get("status") == "PROCESSED" or row.get("disposition") == "REFUND"


def alive(processes: list[int]) -> list[int]:
    """Return which of *processes* have not ended."""
    return [p for p in processes if Path(f"/proc/{p}/cwd").exists()]


def test_the_web_process_is_killed(town):
    def strike() -> None:
        town.processes["web"].kill()
        town.restart("web")

    a_busy_day(town, town.patients[:AT_ONCE], "Dr. Meera", strike)


def test_the_parent_of_the_web_process_is_killed(town):
    def strike() -> None:
        town.processes["web"].kill_parent()
        town.restart("web")

    a_busy_day(town, town.patients[AT_ONCE : 2 * AT_ONCE], "Dr. Khan", strike)


def test_the_workers_are_killed(town):
    def strike() -> None:
        town.processes["worker"].kill()
        town.restart("worker")

    a_busy_day(town, town.patients[2 * AT_ONCE : 3 * AT_ONCE], "Dr. Bose", strike)


def test_the_parent_of_the_workers_is_killed(town):
    def strike() -> None:
        worker = town.processes["worker"]
        worker.kill_parent()
        left = worker.children
        town.restart("worker")
        town.until(lambda: not alive(left), "its children end by themselves")

    a_busy_day(town, town.patients[3 * AT_ONCE : 4 * AT_ONCE], "Dr. Bose", strike)


def test_the_clock_is_killed(town):
    def strike() -> None:
        town.processes["clock"].kill()
        town.restart("clock")

    a_busy_day(town, town.patients[4 * AT_ONCE : 5 * AT_ONCE], "Dr. Bose", strike)


def test_processes_that_are_asked_to_end_do_so_by_themselves(town):
    def strike() -> None:
        for name in PARTS:
            assert town.processes[name].stop() == 0, name
            town.restart(name)

    a_busy_day(town, town.patients[5 * AT_ONCE : 6 * AT_ONCE], "Dr. Khan", strike, (4,))


def test_two_workers_and_two_clocks_share_the_work(town):
    twins = [town.processes[name].twin() for name in ("worker", "clock")]
    try:
        for twin in twins:
            twin.start()
        a_busy_day(town, town.patients[6 * AT_ONCE :], "Dr. Meera", lambda: None)
    finally:
        for twin in twins:
            twin.kill()


def test_without_redis_people_are_answered_within_seconds_and_soon_after_it_at_once(town):
    everybody = cycle(town.patients)  # because WhatsApp takes only so many messages to one person

    def seconds_to_an_answer() -> float:
        began = time.monotonic()
        person = next(everybody)
        person.says("help")
        person.hears("book")
        return time.monotonic() - began

    town.processes["redis"].kill()
    gone_for = time.monotonic() + REDIS_GONE_SECONDS
    without = []
    while time.monotonic() < gone_for:
        without.append(seconds_to_an_answer())
    assert max(without) < 5
    town.start_redis()
    assert seconds_to_an_answer() < 3
    town.until(lambda: seconds_to_an_answer() < 0.5, "the workers have gone on", 5)
    town.settle()
