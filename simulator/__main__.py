"""Starts the simulator: `python -m simulator --config FILE`."""

from __future__ import annotations

import argparse
import ipaddress
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from gunicorn.app.base import BaseApplication
from gunicorn.workers import gthread
from gunicorn.workers.base import Worker

from simulator.app import create_app
from simulator.config import Config, ConfigError, load
from simulator.errors import GraphError
from simulator.parts import Parts, assemble
from simulator.templates import parse as parse_template

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

    from flask import Flask

# Open pages, hanging calls and waiting scripts hold a thread each; all three are bounded well below
# this, so there is always one for Meta's side.
THREADS = 200


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn with one process, whose memory is the simulated world, and many threads."""

    def __init__(self, config: Config, arguments: argparse.Namespace) -> None:
        """Serve *config* as the command line's *arguments* say."""
        self._config = config
        self._arguments = arguments
        self._parts: Parts | None = None
        super().__init__()

    def load_config(self) -> None:
        """Tell gunicorn how to serve."""
        host = self._arguments.host
        host = f"[{host}]" if ":" in host else host
        # A stop need not wait for idle connections: their clients are on this machine too.
        gthread.STOP_KEEPALIVE_LINGER = 0.1
        settings = {
            "bind": f"{host}:{self._arguments.port}",
            "worker_class": "gthread",
            "workers": 1,
            "threads": THREADS,
            "worker_connections": 2000,
            "keepalive": 30,
            # Streams end when the simulator stops, and nothing else takes longer.
            "graceful_timeout": 1,
            "timeout": 120,
            "loglevel": "warning",
            "control_socket_disable": True,
            "proc_name": "pulseops-simulator",
            "post_worker_init": self._begin,
            "worker_exit": self._end,
        }
        for name, value in settings.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """Build the application; in the worker process, where its threads live."""
        self._parts = assemble(self._config, self._arguments.state)
        self._parts.start()
        return create_app(self._parts, only_loopback=not self._arguments.allow_remote)

    def _begin(self, worker: Worker) -> None:
        """Print the address, and end open streams as soon as a signal says stop.

        Otherwise gunicorn would wait for the streams, and they for the next change.
        """

        def stop(number: int, frame: FrameType | None) -> None:
            # Calls run in other threads, which hold the world's lock for moments; this one never
            # holds it when a signal strikes.
            if self._parts is not None:
                self._parts.world.stop()
            worker.handle_exit(number, frame)

        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
            signal.signal(number, stop)
        host, port = self._arguments.host, self._arguments.port
        sys.stdout.write(f"WhatsApp simulator on http://{host}:{port}\n")
        sys.stdout.flush()

    def _end(self, _: object, __: object) -> None:
        if self._parts is not None:
            self._parts.stop()


def is_loopback(host: str) -> bool:
    """Return whether only this machine can reach *host*."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the simulator until it is told to stop."""
    parser = argparse.ArgumentParser(
        prog="python -m simulator",
        description="A provider's side of WhatsApp and the phones of the people, on this machine.",
    )
    parser.add_argument("--config", type=Path, required=True, help="the configuration, JSON")
    parser.add_argument("--port", type=int, default=8001)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--state", type=Path, help="directory that keeps the chats")
    parser.add_argument(
        "--allow-remote", action="store_true", help="let other machines use the simulator"
    )
    given = parser.parse_args(arguments)
    if not given.allow_remote and not is_loopback(given.host):
        parser.error(f"--host {given.host} is reachable from outside; --allow-remote permits it")
    try:
        config = load(given.config)
        for template in config.templates:
            parse_template(template)
    except (ConfigError, GraphError) as error:
        parser.error(str(error))
    Server(config, given).run()


if __name__ == "__main__":
    main()
