"""One process of the product: its command, its session and its log."""

import os
import signal
from dataclasses import dataclass, field


@dataclass
class Part:
    """One process of the product, its session and its log."""

    name: str
    command: list[str]
    process: int = 0
    status: int | None = None
    restarts: list[float] = field(default_factory=list)
    again_at: float | None = None

    @property
    def running(self) -> bool:
        """Whether it was started and has not ended."""
        return self.process != 0 and self.status is None


def how_it_ended(status: int) -> str:
    """Return an exit status in words."""
    code = os.waitstatus_to_exitcode(status)
    return f"exit code {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"
