"""Meta's rates: messages to one person, and messages of one number."""

from __future__ import annotations

from collections import deque

from simulator import limits
from simulator.errors import GraphError


class Rates:
    """Counts messages; call with the world's lock held.

    The pair rate is a leaky bucket (the "generic cell rate algorithm"): one message in six seconds,
    with a burst of 45. Throughput is a count over the last second.
    """

    def __init__(self) -> None:
        """Start with nothing sent."""
        self._due: dict[tuple[str, str], float] = {}
        self._recent: dict[str, deque[float]] = {}

    def pair(self, number: str, wa_id: str, now: float) -> None:
        """Count one message to one person.

        Raises:
            GraphError: 131056, if the burst is spent.
        """
        due = max(self._due.get((number, wa_id), 0.0), now)
        if due - now > (limits.PAIR_BURST - 1) * limits.PAIR_INTERVAL_SECONDS:
            raise GraphError(
                131056, "Too many messages sent from the sender phone number to the recipient."
            )
        self._due[number, wa_id] = due + limits.PAIR_INTERVAL_SECONDS

    def throughput(self, number: str, per_second: int, now: float) -> None:
        """Count one message of a number, in or out.

        Raises:
            GraphError: 130429, if *per_second* others went in the last second.
        """
        recent = self._recent.setdefault(number, deque())
        while recent and recent[0] <= now - 1:
            recent.popleft()
        if len(recent) >= per_second:
            raise GraphError(130429, "Cloud API message throughput has been reached.")
        recent.append(now)

    def inbound(self, number: str, now: float) -> None:
        """Count a person's message, which uses up throughput but is never refused."""
        self._recent.setdefault(number, deque()).append(now)

    def reset(self) -> None:
        """Forget what was sent."""
        self._due.clear()
        self._recent.clear()
