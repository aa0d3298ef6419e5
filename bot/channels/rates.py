"""How fast a WhatsApp number may send: its rate, and the pair rate to one person."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from redis import Redis
from redis.exceptions import RedisError

BUCKET_SECONDS = 0.1
"""A number's token bucket holds 0.1 s of its rate, so that nothing urgent waits longer."""
PAIR_SECONDS = 6.0
PAIR_BURST = 45
"""Meta's pair rate: one message in 6 s to one person on average, with a burst of 45."""
KEPT_PAIRS = 50_000
KEPT_MILLISECONDS = 600_000
"""How long an unused bucket is kept: longer than any moment is booked ahead."""

# The generic cell rate algorithm: the key holds when the bucket would be empty again. Returns how
# many milliseconds to wait before sending (booked), or -1 if that would be more than allowed.
GCRA = f"""
local now = redis.call('TIME')
local at = now[1] * 1000 + now[2] / 1000
local empty = tonumber(redis.call('GET', KEYS[1]) or 0)
if empty < at then empty = at end
local wait = empty - at - tonumber(ARGV[2])
if wait > tonumber(ARGV[3]) then return -1 end
redis.call('SET', KEYS[1], empty + tonumber(ARGV[1]), 'PX', {KEPT_MILLISECONDS})
if wait < 0 then wait = 0 end
return math.ceil(wait)
"""


class Rates:
    """Books the moment of each message: in Redis for all processes, without it in this one."""

    def __init__(
        self, redis: Redis, per_second: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._script = redis.register_script(GCRA)
        self._interval_ms = 1000.0 / per_second
        self._local: dict[str, float] = {}
        self._lock = threading.Lock()
        self._clock = clock
        self._redis_after = 0.0

    def take(self, sender: str, longest: float = BUCKET_SECONDS) -> float | None:
        """Book a moment for one message of *sender*, and return the seconds until then.

        Returns None, with nothing booked, if that would be more than *longest* seconds.
        """
        return self._book(f"rate:{sender}", self._interval_ms, 0.0, longest * 1000)

    def give_back(self, sender: str) -> None:
        """Give back the booked moment of a message that *sender* did not send after all."""
        self._book(f"rate:{sender}", -self._interval_ms, 0.0, KEPT_MILLISECONDS)

    def take_pair(self, sender: str, contact_id: str) -> bool:
        """Book a message to one person; return False if the pair rate does not allow it now."""
        burst = PAIR_SECONDS * 1000 * (PAIR_BURST - 1)
        return self._book(f"pair:{sender}:{contact_id}", PAIR_SECONDS * 1000, burst, 0.0) == 0

    def _book(self, key: str, interval: float, burst: float, longest: float) -> float | None:
        if self._clock() >= self._redis_after:
            try:
                wait = int(self._script(keys=[key], args=[interval, burst, longest]))
            except RedisError:
                self._redis_after = self._clock() + 1.0
            else:
                return None if wait < 0 else wait / 1000
        return self._book_here(key, interval, burst, longest)

    def _book_here(self, key: str, interval: float, burst: float, longest: float) -> float | None:
        with self._lock:
            at = self._clock() * 1000
            empty = max(self._local.get(key, 0.0), at)
            wait = empty - at - burst
            if wait > longest:
                return None
            if len(self._local) > KEPT_PAIRS:
                self._local = {k: v for k, v in self._local.items() if v > at}
            self._local[key] = empty + interval
            return max(0.0, wait) / 1000
