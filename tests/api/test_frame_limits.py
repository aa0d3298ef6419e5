"""How many calls a user and a network address may make, counted by all processes together."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from redis import Redis

import api.app
from api.frame import limits
from api.frame.limits import Limits
from bot.runtime.redis import connect
from tests.api.hits import hits
from tests.api.office import Client, Office
from tests.api.shelf import shelf
from tests.people import Cast
from tests.redis_server import redis_server
from tests.stage import Stage

ADDRESS = "/shelf/cards/doc_meera"


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with redis_server(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    with contextlib.closing(connect(redis_url)) as client:
        client.flushall()
        yield client


@pytest.fixture
def limited(stage: Stage, cast: Cast, redis: Redis, monkeypatch: pytest.MonkeyPatch) -> Office:
    """Return an office whose users may call three times an hour."""
    del cast
    monkeypatch.setattr(api.app, "RESOURCES", (shelf(),))
    settings = replace(stage.parts.settings, api_limit="3 per hour")
    stage.parts = replace(stage.parts, settings=settings, redis=redis)
    return Office(stage)


def statuses(client: Client, times: int, path: str = ADDRESS) -> list[int]:
    return [client.get(path).status_code for _ in range(times)]


def test_a_user_is_told_when_to_come_back(limited: Office, redis: Redis) -> None:
    admin = limited.admin
    assert statuses(admin, 3) == [200] * 3
    answer = admin.get(ADDRESS)
    assert answer.status_code == 429
    assert answer.json is not None
    assert answer.json["error"]["code"] == "RATE_LIMITED"
    (key,) = redis.keys("limit*usr_farida*")
    assert abs(int(answer.headers["Retry-After"]) - int(redis.ttl(key))) <= 1


def test_each_user_is_counted_apart_and_all_sessions_of_one_together(limited: Office) -> None:
    assert statuses(limited.admin, 2) + statuses(limited.admin, 2) == [200, 200, 200, 429]
    assert statuses(limited.doctor, 1) == [200]


def test_a_network_address_may_make_ten_times_as_many(limited: Office) -> None:
    assert statuses(limited.stranger, 31, "/shelf/public") == [200] * 30 + [429]
    # Whoever calls from there; and what is refused for want of a token counts too.
    assert statuses(limited.admin, 1) == [429]


def test_guessing_tokens_counts_for_the_address(limited: Office) -> None:
    assert statuses(Client(limited, "guess"), 31) == [401] * 30 + [429]


def test_what_others_than_staff_call_is_outside_of_it(limited: Office) -> None:
    statuses(limited.stranger, 31, "/shelf/public")
    for path in ("/health", "/live", "/metrics", "/openapi.json", "/docs"):
        assert limited.http.get(path).status_code == 200
    webhook = limited.http.post("/api/v1/webhooks/whatsapp", json={})
    assert webhook.status_code in {401, 403}


COUNTING = """
import sys
from api.frame.limits import Limits
from bot.runtime.redis import connect
from tests.api.hits import hits
print(hits(Limits(connect(sys.argv[1]), "40 per hour"), 30))
"""


@pytest.mark.slow
def test_two_processes_count_together(redis: Redis, redis_url: str) -> None:
    del redis
    command = [sys.executable, "-c", COUNTING, redis_url]
    root = Path(__file__).resolve().parents[2]
    running = [
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) for _ in range(2)
    ]
    through = [int(each.communicate(timeout=60)[0]) for each in running]
    assert sum(through) == 40


def test_without_redis_each_process_counts_for_itself(redis_url: str) -> None:
    del redis_url
    nowhere = connect("redis://127.0.0.1:1/0")
    assert [hits(Limits(nowhere, "3 per hour"), 5) for _ in range(2)] == [3, 3]
    assert hits(Limits(None, "3 per hour"), 5) == 3


def test_redis_that_hangs_is_left_alone_and_found_again(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "LEFT_ALONE_SECONDS", 0.5)
    server = int(redis.info("server")["process_id"])
    counting = Limits(redis, "3 per hour")
    assert hits(counting, 2) == 2
    os.kill(server, signal.SIGSTOP)
    try:
        began = time.monotonic()
        assert hits(counting, 5) == 3  # of its own
        assert time.monotonic() - began < 2
    finally:
        os.kill(server, signal.SIGCONT)
    deadline = time.monotonic() + 10
    while not redis.exists("limit:LIMITER/user/usr_asha/3/1/hour"):
        hits(counting, 1, "usr_asha")
        assert time.monotonic() < deadline, "Redis is never asked again"
    assert hits(counting, 5) <= 1  # two were counted before it hung
