"""Processes, as the kernel shows them in ``/proc``."""

import contextlib
import ctypes
import os
import signal
from collections.abc import Iterator
from pathlib import Path

MARK = "PULSEOPS_DEMO"
"""A variable in the environment of all parts, inherited by every process that they start."""
PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36


def prctl(option: int, value: int) -> None:
    """Call Linux's prctl; elsewhere do nothing (the guardian does not depend on it)."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)


def running_processes() -> Iterator[tuple[int, int]]:
    """Yield (process, session) of every process that has not ended; nothing without ``/proc``."""
    for entry in Path("/proc").iterdir() if Path("/proc/self/stat").exists() else ():
        if not entry.name.isdigit():
            continue
        try:
            # The name, in brackets, may contain anything; the fields after it are plain.
            state, _parent, _group, session = (
                (entry / "stat").read_text(errors="replace").rpartition(")")[2].split()[:4]
            )
        except (OSError, ValueError):
            continue
        if state not in "ZX":
            yield int(entry.name), int(session)


def session_members(session: int) -> list[int]:
    """Return the processes of a session, grandchildren and orphans included."""
    return [process for process, own in running_processes() if own == session]


def marked_processes(token: str) -> list[int]:
    """Return the processes with a supervisor's mark, in whichever session they are now."""
    mark = f"{MARK}={token}".encode()
    found = []
    for process, _ in running_processes():
        with contextlib.suppress(OSError):
            if mark in Path(f"/proc/{process}/environ").read_bytes().split(b"\0"):
                found.append(process)
    return found


def send_signal(process: int, number: signal.Signals) -> None:
    """Send a signal to a process; do nothing if it has ended."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(process, number)
