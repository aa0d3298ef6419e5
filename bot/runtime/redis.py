"""Where time, ids and bells come from in a running process."""

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
"""After a failure Redis is not asked again for this long (design, 3.4)."""
RUNG_MILLISECONDS = 400
"""A job rung once is not queued again until it begins, or for so long."""
LISTEN_SECONDS = 30.0
"""How long one wait for a ring lasts; a connection that broke unnoticed is found by its end."""
log = structlog.get_logger()


def connect(redis_url: str) -> Redis:
    """Return a Redis client that waits a fifth of a second at most and never retries."""
    return Redis.from_url(
        redis_url,
        socket_timeout=BELL_TIMEOUT_SECONDS,
        socket_connect_timeout=BELL_TIMEOUT_SECONDS,
        retry=None,
        health_check_interval=0,
    )


def job_queue(redis: Redis, shard_job: str) -> Queue:
    """Return the RQ queue that *shard_job* goes to; arguments are JSON."""
    return Queue(QUEUES[shard_job], connection=redis, serializer=JSONSerializer)


QUEUES = {"deliver": "deliver", "act": "act"}
"""The queue of each job: delivery never waits behind what follows from events."""


def listen(redis: Redis, heard: Callable[[str], None]) -> NoReturn:
    """Call *heard* with what is rung for on live pages (a doctor), for ever.

    What is rung while Redis is away is not heard: whoever listens looks by themself now and then.
    """
    while True:
        try:
            with redis.pubsub(ignore_subscribe_messages=True) as ears:  # type: ignore[no-untyped-call]
                ears.psubscribe(f"{LIVE}:*")
                while True:
                    message = ears.get_message(timeout=LISTEN_SECONDS)
                    if message is not None:
                        heard(message["channel"].decode().partition(":")[2])
        except RedisError as error:
            log.warning("redis_unreachable", error=type(error).__name__)
            time.sleep(LEFT_ALONE_SECONDS)


class RedisBell:
    """Queues an RQ job; what it would do is in the store, so a bell unheard only delays it."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._silent_until = 0.0
        self._lock = threading.Lock()

    @property
    def is_heard(self) -> bool:
        """Whether Redis answered when last asked."""
        return time.monotonic() >= self._silent_until

    def ring(self, job: str, shard: str) -> None:
        """Wake *job* for *shard* unless it was woken a moment ago and has not begun."""
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
        """Note that *job* has begun for *shard*: a ring from now on wakes it anew."""
        try:
            self._redis.delete(f"rung:{job}:{shard}")
        except RedisError:
            self._silent_until = time.monotonic() + LEFT_ALONE_SECONDS
