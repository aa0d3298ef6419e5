"""Strangers who send half a request, or nothing, keep nobody from the product."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing

import pytest

from tests.e2e.conftest import running
from tests.e2e.installation import Installation

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e 2")]

THREADS = 16
STRANGERS = 5 * THREADS
HOOK = b"POST /api/v1/webhooks/whatsapp HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
SIGNED = b"X-Hub-Signature-256: sha256=" + b"0" * 64 + b"\r\n"
HALF_SENT = {
    "nothing": b"",
    "half a line": b"GET /li",
    "half the headers": b"GET /live HTTP/1.1\r\nHost: x\r\n",
    "no body": HOOK + SIGNED + b"Content-Length: 100\r\n\r\n",
    "half a body": HOOK + SIGNED + b"Content-Length: 3000000\r\n\r\n" + b" " * 2000,
    "half a call of the API": (
        b"POST /api/v1/auth/clinic/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        b'Content-Length: 90\r\n\r\n{"whatsapp'
    ),
}


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    settings = {"WEB_PROCESSES": "1", "WEB_THREADS": str(THREADS)}
    with running(tmp_path_factory.mktemp("slow"), settings=settings) as installation:
        yield installation


def connect(town: Installation, begins: bytes, held: ExitStack) -> socket.socket:
    """Return a connection on which *begins* was sent."""
    stranger = held.enter_context(closing(socket.create_connection(("127.0.0.1", town.port), 10)))
    stranger.settimeout(30)
    stranger.sendall(begins)
    return stranger


@pytest.mark.parametrize("begins", HALF_SENT.values(), ids=HALF_SENT)
def test_more_half_sent_requests_than_threads_stop_nobody(
    town: Installation, begins: bytes
) -> None:
    with ExitStack() as held:
        for _ in range(STRANGERS):
            connect(town, begins, held)
        began = time.monotonic()
        for _ in range(5):
            assert town.http.get(f"{town.url}/live", timeout=5).ok
        assert time.monotonic() - began < 2
        asha = town.patients[0]
        asha.says("hi")
        asha.hears("")


def test_who_sends_nothing_more_is_hung_up_on(town: Installation) -> None:
    with ExitStack() as held:
        began = time.monotonic()
        stranger = connect(town, HALF_SENT["half the headers"], held)
        assert stranger.recv(100) == b""
        assert time.monotonic() - began < 15


def test_a_body_that_cannot_be_signed_is_refused_before_it_is_sent(town: Installation) -> None:
    with ExitStack() as held:
        began = time.monotonic()
        stranger = connect(town, HOOK + b"Content-Length: 3000000\r\n\r\n", held)
        assert stranger.recv(100).startswith(b"HTTP/1.1 403")
        assert time.monotonic() - began < 2
