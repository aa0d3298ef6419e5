"""How many calls a user and a network address may make (API_LIMIT).

Counted in Redis, so that all processes count together; while it cannot be reached each process
counts for itself.
"""

from __future__ import annotations

import math
import time

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage, RedisStorage, Storage
from limits.strategies import FixedWindowRateLimiter
from redis import Redis
from redis.exceptions import RedisError

from domain.errors import TooMany
from domain.networks import subscriber_network

ADDRESS_TIMES = 10
"""An address may be a clinic's whole staff behind one router (the deployment contract)."""
LEFT_ALONE_SECONDS = 1.0
"""How long a process counts alone after Redis failed."""


class Limits:
    """Counts calls in fixed windows."""

    def __init__(self, redis: Redis | None, api_limit: str) -> None:
        """Count in *redis*, or in this process alone if there is none.

        Raises:
            ValueError: If *api_limit* is not in the notation of the `limits` package.
        """
        self._of_user = parse(api_limit)
        self._of_address = _multiply(self._of_user, ADDRESS_TIMES)
        here = MemoryStorage()
        self._alone = FixedWindowRateLimiter(here)
        self._together = self._alone if redis is None else _limiter_in(redis)
        self._alone_until = 0.0

    def count_user(self, user_id: str) -> None:
        """Count a call of a user.

        Raises:
            TooMany: If it is one too many; says after how many seconds to try again.
        """
        self._count(self._of_user, "user", user_id)

    def count_address(self, address: str) -> None:
        """Count a call from the network of *address* (`subscriber_network`); raises as above."""
        self._count(self._of_address, "address", subscriber_network(address))

    def _count(self, limit: RateLimitItem, kind: str, who: str) -> None:
        counting = self._alone if time.monotonic() < self._alone_until else self._together
        try:
            ends = _count_hit(counting, limit, kind, who)
        except RedisError:
            self._alone_until = time.monotonic() + LEFT_ALONE_SECONDS
            ends = _count_hit(self._alone, limit, kind, who)
        if ends is not None:
            raise TooMany(retry_after_seconds=max(1, math.ceil(ends - time.time())))


def _count_hit(
    counting: FixedWindowRateLimiter, limit: RateLimitItem, kind: str, who: str
) -> float | None:
    """Count a call; return when its window ends (seconds since 1970) if it is one too many."""
    if counting.hit(limit, kind, who):
        return None
    return counting.get_window_stats(limit, kind, who)[0]


def _limiter_in(redis: Redis) -> FixedWindowRateLimiter:
    storage: Storage = RedisStorage(
        "redis://localhost", connection_pool=redis.connection_pool, key_prefix="limit"
    )
    return FixedWindowRateLimiter(storage)


def _multiply(limit: RateLimitItem, times: int) -> RateLimitItem:
    return type(limit)(limit.amount * times, limit.multiples, limit.namespace)
