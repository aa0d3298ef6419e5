"""A server that plays the provider, and each provider on it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from domain.channel import Channel
from tests.contract.channels.providers import PROVIDERS, Meta, Server, Twilio


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.released.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(params=PROVIDERS.values(), ids=list(PROVIDERS))
def provider(request: pytest.FixtureRequest, server: Server) -> Iterator[Meta | Twilio]:
    provider = request.param(server)
    yield provider
    provider.session.close()


@pytest.fixture
def channel(provider: Meta | Twilio) -> Channel:
    return provider.channel()


@pytest.fixture
def nobody_there() -> str:
    """Return an address where nothing listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    return f"http://127.0.0.1:{port}"


@pytest.fixture
def meta(server: Server) -> Iterator[Meta]:
    meta = Meta(server)
    yield meta
    meta.session.close()


@pytest.fixture
def twilio(server: Server) -> Iterator[Twilio]:
    twilio = Twilio(server)
    yield twilio
    twilio.session.close()
