"""A worker process serves until it is told to end, with Redis or without it."""

from __future__ import annotations

import logging
import os
import signal
from types import SimpleNamespace
from typing import ClassVar

import pytest
from redis.exceptions import ConnectionError as RedisAway
from rq.exceptions import StopRequested

from workers import __main__ as process
from workers import context


@pytest.fixture(autouse=True)
def quiet(monkeypatch):
    """No real Redis, no pauses; the signals of this process are given back."""
    parts = SimpleNamespace(settings=SimpleNamespace(redis_url="redis://127.0.0.1:9/0"))
    monkeypatch.setattr(context, "parts", lambda: parts)
    monkeypatch.setattr(process, "RESTART_SECONDS", 0.0)
    monkeypatch.setattr(process.Worker, "asked_to_end", False)
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


def ask_to_end() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


class OneWhoWorks(process.Worker):
    """Stands in for RQ's worker: does what its turn says, and hears signals as RQ's does."""

    turns: ClassVar[list[object]] = []

    def __init__(self, *_: object, **__: object) -> None:
        self.name, self.scheduler, self.state_now = "one", None, "idle"
        self.pid, self.log = os.getpid(), logging.getLogger("one")

    def get_state(self) -> str:
        return self.state_now

    def set_shutdown_requested_date(self) -> None:
        raise RedisAway

    def take_turn(self) -> None:
        signal.signal(signal.SIGTERM, self.request_stop)
        turn = self.turns.pop(0)
        if isinstance(turn, Exception):
            raise turn
        if callable(turn):
            turn(self)


@pytest.fixture
def serve(monkeypatch):
    def run(*turns: object) -> int:
        OneWhoWorks.turns = list(turns)
        monkeypatch.setattr(process, "_run_worker", lambda queues: OneWhoWorks(queues).take_turn())
        process.serve(("deliver", "act"))
        return len(turns) - len(OneWhoWorks.turns)

    return run


def asked_while_idle(_worker: OneWhoWorks) -> None:
    with pytest.raises(StopRequested):
        ask_to_end()


def asked_while_busy(worker: OneWhoWorks) -> None:
    worker.state_now = "busy"
    ask_to_end()


def test_another_worker_follows_one_that_left_by_itself(serve):
    assert serve("left", RedisAway(), "left", asked_while_idle, "too many") == 4


def test_a_worker_that_is_asked_to_end_during_a_job_ends_after_it_without_redis_too(serve):
    assert serve(asked_while_busy, "too many") == 1


def test_a_process_that_is_asked_to_end_between_two_workers_ends(serve, monkeypatch):
    monkeypatch.setattr(process, "time", SimpleNamespace(sleep=lambda _seconds: ask_to_end()))
    assert serve(RedisAway(), "too many") == 1
