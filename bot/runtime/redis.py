"""Redis: the bell that wakes workers and live pages, and the queues of jobs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import NoReturn

import structlog
from redis import Redis
from redis.exceptions import RedisError
from rq import Queue, Retry
from rq.serializers import JSONSerializer

from domain.work import LIVE

BELL_TIMEOUT_SECONDS = 0.2
LEFT_ALONE_SECONDS = 1.0
"""After a failure Redis is not asked again for this long."""
RUNG_MILLISECONDS = 400
"""How long a job that was rung for, and has not begun, is not queued again."""
LISTEN_SECONDS = 30.0
"""How long one wait for a ring lasts; at its end a connection that broke unnoticed is found."""
log = structlog.get_logger()


def connect(redis_url: str) -> Redis:
    """Return a Redis client that waits 0.2 s at most and never retries."""
    return Redis.from_url(
        redis_url,
        socket_timeout=BELL_TIMEOUT_SECONDS,
        socket_connect_timeout=BELL_TIMEOUT_SECONDS,
        retry=None,
        health_check_interval=0,
    )


def job_queue(redis: Redis, shard_job: str) -> Queue:
    """Return the RQ queue of *shard_job*, whose arguments are JSON."""
    return Queue(QUEUES[shard_job], connection=redis, serializer=JSONSerializer)


QUEUES = {"deliver": "deliver", "act": "act"}
"""The queue of each job: delivery never waits behind due items."""


def listen(redis: Redis, heard: Callable[[str], None]) -> NoReturn:
    """Call *heard* with each doctor whose live pages are rung for; never returns.

    Rings are lost while Redis is away, so the caller also looks by itself now and then.
    """
    while True:
        try:
            with redis.pubsub(ignore_subscribe_messages=True) as channel:  # type: ignore[no-untyped-call]  # no types
                channel.psubscribe(f"{LIVE}:*")
                while True:
                    message = channel.get_message(timeout=LISTEN_SECONDS)
                    if message is not None:
                        heard(message["channel"].decode().partition(":")[2])
        except RedisError as error:
            log.warning("redis_unreachable", error=type(error).__name__)
            time.sleep(LEFT_ALONE_SECONDS)


class RedisBell:
    """Queues RQ jobs. Their work is in the store, so a ring that is lost only delays it."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._silent_until = 0.0
        self._lock = threading.Lock()

    @property
    def is_heard(self) -> bool:
        """Whether Redis answered when last asked."""
        return time.monotonic() >= self._silent_until

    def ring(self, job: str, shard: str) -> None:
        """Wake *job* for *shard*, unless it was rung for a moment ago and has not begun."""
        if not self.is_heard:
            return
        try:
            if job == LIVE:
                self._redis.publish(f"{LIVE}:{shard}", 1)
            elif self._redis.set(f"rung:{job}:{shard}", 1, nx=True, px=RUNG_MILLISECONDS):
                job_queue(self._redis, job).enqueue(
                    f"workers.jobs.{job}",
                    shard,
                    job_timeout=60,
                    result_ttl=0,
                    failure_ttl=3600,
                    retry=Retry(max=2),
                )
        except RedisError as error:
            with self._lock:
                self._silent_until = time.monotonic() + LEFT_ALONE_SECONDS
            log.warning("redis_unreachable", error=type(error).__name__)

    def mark_started(self, job: str, shard: str) -> None:
        """Note that *job* has begun for *shard*: the next ring queues it again."""
        try:
            self._redis.delete(f"rung:{job}:{shard}")
        except RedisError:
            self._silent_until = time.monotonic() + LEFT_ALONE_SECONDS
