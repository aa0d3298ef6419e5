"""Lines for the person at the terminal."""

import contextlib
from pathlib import Path

LAST_LINES = 12


def say(line: str = "") -> None:
    """Print a line; do nothing if the terminal is gone."""
    with contextlib.suppress(OSError, ValueError):
        print(line, flush=True)


def show_end_of(log: Path) -> None:
    """Print the last lines of a log, if there is one."""
    with contextlib.suppress(OSError):
        for line in log.read_text(errors="replace").splitlines()[-LAST_LINES:]:
            say(f"    {line}")
