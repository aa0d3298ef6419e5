"""What the bell says on live pages, through a real Redis, and while there is none."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from redis.exceptions import RedisError

from bot.runtime.redis import RedisBell, connect, listen
from domain.work import LIVE
from tests.redis_server import redis_server

pytestmark = pytest.mark.slow


class Enough(BaseException):
    """Ends what listens for ever."""


def test_who_listens_hears_whose_line_moved_and_begins_anew_after_a_loss(tmp_path: Path) -> None:
    with redis_server(tmp_path) as url:
        redis = connect(url)
        bell = RedisBell(redis)
        heard: list[str] = []
        came = threading.Event()

        def hear(doctor_id: str) -> None:
            heard.append(doctor_id)
            came.set()
            if doctor_id == "doc_meera":
                raise Enough

        def run() -> None:
            with pytest.raises(Enough):
                listen(redis, hear)

        thread = threading.Thread(target=run)
        thread.start()
        _ring_until(bell, "doc_khan", came)
        came.clear()
        redis.execute_command("CLIENT", "KILL", "TYPE", "PUBSUB")
        _ring_until(bell, "doc_meera", came)
        thread.join(10)
        assert not thread.is_alive()
        assert (heard[0], heard[-1]) == ("doc_khan", "doc_meera")
        # It was said, not stored: no job waits for anybody.
        assert [key for key in redis.keys("*") if b"rung" in key or b"rq" in key] == []


def _ring_until(bell: RedisBell, doctor_id: str, came: threading.Event) -> None:
    """Ring as often as it takes: nobody knows when a listener has begun."""
    for _ in range(200):
        bell.ring(LIVE, doctor_id)
        if came.wait(0.05):
            return
    raise AssertionError("nobody hears the bell")


def test_a_ring_without_redis_is_lost_and_nothing_else() -> None:
    bell = RedisBell(connect("redis://127.0.0.1:1/0"))
    bell.ring(LIVE, "doc_khan")
    assert not bell.is_heard
    with pytest.raises(RedisError):
        connect("redis://127.0.0.1:1/0").ping()
