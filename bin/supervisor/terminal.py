"""What the person at the terminal reads."""

import contextlib


def say(line: str = "") -> None:
    """Print a line for the person at the terminal, if it is still there."""
    with contextlib.suppress(OSError, ValueError):
        print(line, flush=True)
