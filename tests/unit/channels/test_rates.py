"""How fast a number may send, where Redis keeps count and where it cannot be reached."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from bot.channels.rates import PAIR_BURST, Rates
from bot.runtime.redis import RedisBell, connect
from tests.redis_server import redis_server


class Hand:
    """A monotonic clock moved by hand."""

    at = 1000.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    with redis_server(Path(tmp_path_factory.mktemp("redis"))) as url:
        yield connect(url)


@pytest.fixture
def nobody() -> Redis:
    """Return a Redis that is not there."""
    return connect("redis://127.0.0.1:1/0")


def test_a_number_books_a_tenth_of_a_second_ahead_and_no_more(nobody: Redis) -> None:
    rates = Rates(nobody, 80, Hand())
    waits = [rates.take("sender") for _ in range(20)]
    booked = [w for w in waits if w is not None]
    assert len(booked) == 9
    assert booked == sorted(booked)
    assert booked[0] == 0
    assert booked[-1] == pytest.approx(0.1)


def test_the_bucket_fills_with_time(nobody: Redis) -> None:
    hand = Hand()
    rates = Rates(nobody, 10, hand)
    assert rates.take("sender") == 0
    assert rates.take("sender") == pytest.approx(0.1)
    assert rates.take("sender") is None
    hand.at += 10
    assert rates.take("sender") == 0


def test_a_moment_given_back_is_had_by_the_next(nobody: Redis) -> None:
    rates = Rates(nobody, 10, Hand())
    assert rates.take("sender") == 0
    assert rates.take("sender") == pytest.approx(0.1)
    rates.give_back("sender")
    assert rates.take("sender") == pytest.approx(0.1)
    assert rates.take("sender") is None


def test_what_is_given_back_to_an_empty_bucket_lets_nobody_go_before_now(nobody: Redis) -> None:
    rates = Rates(nobody, 10, Hand())
    for _ in range(5):
        rates.give_back("sender")
    assert [rates.take("sender") for _ in range(3)] == [0, pytest.approx(0.1), None]


def test_processes_give_back_to_one_bucket(redis: Redis) -> None:
    one, other = Rates(redis, 1), Rates(redis, 1)
    assert one.take("given") == 0
    assert other.take("given") is None
    one.give_back("given")
    assert other.take("given") == pytest.approx(0, abs=0.001)
    assert one.take("given") is None


def test_numbers_do_not_share_a_bucket(nobody: Redis) -> None:
    rates = Rates(nobody, 1, Hand())
    assert rates.take("one") == 0
    assert rates.take("one") is None
    assert rates.take("two") == 0


def test_one_person_gets_a_burst_of_45_and_then_one_in_six_seconds(nobody: Redis) -> None:
    hand = Hand()
    rates = Rates(nobody, 1000, hand)
    assert [rates.take_pair("s", "asha") for _ in range(PAIR_BURST)] == [True] * PAIR_BURST
    assert not rates.take_pair("s", "asha")
    assert rates.take_pair("s", "ravi")
    hand.at += 6.1
    assert rates.take_pair("s", "asha")
    assert not rates.take_pair("s", "asha")


def test_redis_counts_for_all_processes_alike(redis: Redis) -> None:
    one, other = Rates(redis, 1), Rates(redis, 1)
    assert one.take("shared") == 0
    assert other.take("shared") is None
    burst = [rates.take_pair("s", "asha") for rates in (one, other) * 23]
    assert burst.count(True) == PAIR_BURST


def test_a_bell_queues_one_job_until_it_begins(redis: Redis) -> None:
    redis.flushdb()
    bell = RedisBell(redis)
    bell.ring("deliver", "03")
    bell.ring("deliver", "03")
    assert redis.llen("rq:queue:deliver") == 1
    bell.mark_started("deliver", "03")
    bell.ring("deliver", "03")
    assert redis.llen("rq:queue:deliver") == 2
    assert bell.is_heard


def test_a_bell_nobody_hears_is_left_alone_and_never_raises(nobody: Redis) -> None:
    bell = RedisBell(nobody)
    bell.ring("deliver", "03")
    assert not bell.is_heard
    bell.ring("deliver", "03")
    bell.mark_started("deliver", "03")
