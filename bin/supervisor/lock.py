"""One demo at a time in a folder of data."""

import fcntl
import os
import time
from pathlib import Path

from bin.supervisor.errors import Failed
from bin.supervisor.parts import STOP_SECONDS
from bin.supervisor.processes import running_processes

GUARDIAN_SECONDS = 4.0
"""What a guardian may take beyond the time that it gives the parts."""


def lock_folder(var: Path) -> int:
    """Lock ``var/`` for this demo; the guardian inherits the lock and holds it to its own end.

    Returns:
        The file descriptor that holds the lock.

    Raises:
        Failed: If another demo holds it.
    """
    handle = os.open(var / "demo.lock", os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + STOP_SECONDS + GUARDIAN_SECONDS
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(handle, 32, 0).decode().strip()
            # Its supervisor may be dead, and the guardian about to end what is left.
            dead = holder.isdigit() and all(int(holder) != p for p, _ in running_processes())
            if not dead or time.monotonic() > deadline:
                raise Failed(f"a demo is already running in {var} (process {holder})") from None
            time.sleep(0.1)
        else:
            os.ftruncate(handle, 0)
            os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
            return handle
