"""What is asked to see whether the product works: each probe raises if its dependency does not."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from redis import Redis

from domain.model.base import stamp
from domain.model.clinics import Claim
from domain.ports import Clock, Records
from domain.scopes import SystemScope

Probe = Callable[[], None]
HEALTH = "health"
"""The key in Redis that is written, and the one in the store that is read and does not exist."""
KEPT_SECONDS = 60
REMEMBERED_SECONDS = 30.0
"""How long the result of a connection to the provider is reused: checks come every few seconds."""


def store_probe(records: Records) -> Probe:
    """Return a probe that reads something from the store."""

    def ask() -> None:
        records.get(SystemScope("see whether the store answers"), [(Claim, (HEALTH,))])

    return ask


def redis_probe(redis: Redis, clock: Clock) -> Probe:
    """Return a probe that writes to Redis: a full or read-only one answers a ping."""

    def ask() -> None:
        redis.set(HEALTH, stamp(clock.now()), ex=KEPT_SECONDS)

    return ask


def reachability_probe(url: str, timeout: float = 1.0) -> Probe:
    """Return a probe that connects to the host of *url* and reuses the result for a while.

    It sends nothing, so that checks spend neither a provider's quota nor our token.
    """
    parts = urlsplit(url)
    address = (parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80))
    last: list[tuple[float, OSError | None]] = []

    def ask() -> None:
        now = time.monotonic()
        if not last or now - last[-1][0] > REMEMBERED_SECONDS:
            error: OSError | None = None
            try:
                socket.create_connection(address, timeout).close()
            except OSError as failed:
                error = failed
            last[:] = [(now, error)]
        if last[-1][1] is not None:
            raise ConnectionError(address[0]) from last[-1][1]

    return ask
