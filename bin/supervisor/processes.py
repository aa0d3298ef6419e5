"""Processes, as the kernel shows them."""

import contextlib
import ctypes
import os
import signal
from collections.abc import Iterator
from pathlib import Path

MARK = "PULSEOPS_DEMO"  # In the environment of all parts and of whatever they start.
ASKED_TO_END = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PARTS_MAY_TAKE = 8.0  # Seconds to end when asked; gunicorn gives open requests five of them.
PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36


def prctl(option: int, value: int) -> None:
    """Call Linux's prctl; elsewhere do nothing (the guardian does not depend on it)."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)


def running() -> Iterator[tuple[int, int, int]]:
    """Yield (process, parent, session) of every process that has not ended."""
    for entry in Path("/proc").iterdir() if Path("/proc/self/stat").exists() else ():
        if not entry.name.isdigit():
            continue
        try:
            # The name, in brackets, may hold anything; what follows it may not.
            state, parent, _group, session = (
                (entry / "stat").read_text(errors="replace").rpartition(")")[2].split()[:4]
            )
        except (OSError, ValueError):
            continue
        if state not in "ZX":
            yield int(entry.name), int(parent), int(session)


def members(session: int) -> list[int]:
    """Return the processes of a session, grandchildren and orphans included."""
    return [process for process, _, own in running() if own == session]


def marked(token: str) -> list[int]:
    """Return the processes that one supervisor started, whatever session they moved to."""
    mark = f"{MARK}={token}".encode()
    found = []
    for process, _, _ in running():
        with contextlib.suppress(OSError):
            if mark in Path(f"/proc/{process}/environ").read_bytes().split(b"\0"):
                found.append(process)
    return found


def tell(process: int, number: signal.Signals) -> None:
    """Send a signal to a process that may have ended meanwhile."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(process, number)
