"""One demo at a time in a folder of data."""

import fcntl
import os
import time
from pathlib import Path

from bin.supervisor.errors import Failed
from bin.supervisor.processes import PARTS_MAY_TAKE, running


def lock(var: Path) -> int:
    """Take ``var/`` for this process; the guardian inherits and keeps it until all parts ended.

    Raises:
        Failed: If another demo runs there.
    """
    handle = os.open(var / "demo.lock", os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + PARTS_MAY_TAKE + 4.0
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(handle, 32, 0).decode().strip()
            # A guardian may still be ending what a killed supervisor left.
            gone = holder.isdigit() and all(int(holder) != p for p, _, _ in running())
            if not gone or time.monotonic() > deadline:
                raise Failed(f"a demo is already running in {var} (process {holder})") from None
            time.sleep(0.1)
        else:
            os.ftruncate(handle, 0)
            os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
            return handle
