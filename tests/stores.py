"""Stores for tests: a DynamoDB engine on a loopback port, and fresh stores of either kind."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from store.dynamodb import DynamoStore
from store.port import Store
from store.sqlite import SqliteStore

ENDPOINT_VARIABLE = "AWS_ENDPOINT_URL_DYNAMODB"
REGION = "ap-south-1"
START_SECONDS = 20.0


@contextmanager
def dynamodb_engine() -> Iterator[str]:
    """Give the address of a DynamoDB engine: the one the environment names, else ministack."""
    given = os.environ.get(ENDPOINT_VARIABLE)
    if given:
        yield given
        return
    with emulated("dynamodb") as endpoint:
        yield endpoint


@contextmanager
def emulated(service: str) -> Iterator[str]:
    """Give the address of ministack, on loopback, playing *service* of AWS."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "SERVICES": service,
        "LOG_LEVEL": "ERROR",
    }
    program = Path(sys.executable).with_name("ministack")
    with subprocess.Popen(
        [str(program)], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as engine:
        try:
            endpoint = f"http://127.0.0.1:{port}"
            _wait_for(endpoint, engine)
            yield endpoint
        finally:
            engine.terminate()
            try:
                engine.wait(5)
            except subprocess.TimeoutExpired:
                engine.kill()


def _wait_for(endpoint: str, engine: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + START_SECONDS
    while True:
        try:
            with urllib.request.urlopen(endpoint + "/_ministack/health", timeout=1):  # noqa: S310
                return
        except OSError as error:
            if engine.poll() is not None or time.monotonic() > until:
                raise RuntimeError("ministack did not start") from error
        time.sleep(0.02)


def dynamodb_store(
    endpoint: str, prefix: str = "pulseops-", now: Callable[[], float] = time.time
) -> DynamoStore:
    """Return a store on the engine at *endpoint*; credentials are the environment's, or dummies."""
    given = (
        {}
        if os.environ.get("AWS_ACCESS_KEY_ID")
        else {
            "aws_access_key_id": "test",
            "aws_secret_access_key": "test",
        }
    )
    return DynamoStore(REGION, prefix, now, endpoint_url=endpoint, **given)


def sqlite_store(folder: Path, now: Callable[[], float] = time.time) -> Store:
    """Return a store with all its tables in a new file in *folder*."""
    store = SqliteStore(folder / "pulseops.db", "pulseops-", now)
    store.create_tables()
    return store


class StoppedClock:
    """Seconds since 1970 that pass only when told to."""

    START = 1_893_456_000.0
    """The first instant of 2030, UTC."""

    def __init__(self) -> None:
        self.seconds = self.START

    def __call__(self) -> float:
        return self.seconds

    def reset(self) -> None:
        self.seconds = self.START

    def advance(self, seconds: float) -> None:
        self.seconds += seconds
