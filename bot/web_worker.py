"""The web process's worker: people who send slowly, or nothing, hold no more than their share.

A thread reads each request. Without deadlines as many half-sent requests as there are threads would
stop the product for everybody; without shares one network could renew them for ever.
"""

from __future__ import annotations

import contextlib
import select
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from gunicorn.http.message import Request
from gunicorn.http.parser import RequestParser
from gunicorn.http.unreader import SocketUnreader
from gunicorn.workers.gthread import TConn, ThreadWorker

from domain.networks import subscriber_network

HEAD_SECONDS = 10.0
"""How long the first line and the headers of a request may take, from its first byte."""
BODY_SECONDS = 20.0
"""How long its body may take after them: 256 KB over a phone's slow connection."""
SHARE = 8
"""One part in so many of the threads may wait for requests of one network."""
LEAST_SHARE = 4


class Shares:
    """The connections that the process waits for, by network; the oldest gives way to a new one.

    Most requests are whole a moment after their connection, so it is not the newest that is slow.
    """

    def __init__(self, most: int) -> None:
        """Wait for *most* of one network."""
        self._most = most
        self._lock = threading.Lock()
        self._waiting: dict[str, dict[Connection, None]] = {}

    def begin(self, network: str, connection: Connection) -> None:
        """Wait for *connection*. May be repeated."""
        with self._lock:
            waiting = self._waiting.setdefault(network, {})
            waiting.setdefault(connection)
            oldest = next(iter(waiting)) if len(waiting) > self._most else None
            if oldest is not None:
                del waiting[oldest]
        if oldest is not None:
            oldest.give_way()

    def end(self, network: str, connection: Connection) -> None:
        """Wait for it no more. May be repeated."""
        with self._lock:
            waiting = self._waiting.get(network, {})
            waiting.pop(connection, None)
            if not waiting:
                self._waiting.pop(network, None)


class Connection(TConn):  # type: ignore[misc]  # gunicorn has no types
    """A connection that is waited for within its network's share."""

    def __init__(self, like: TConn, shares: Shares, pool: ThreadPoolExecutor) -> None:
        """Take over the connection *like*, which was just accepted."""
        super().__init__(like.cfg, like.sock, like.client, like.server)
        host = like.client[0] if isinstance(like.client, tuple) else "unknown"
        self._network = subscriber_network(host)
        self.initialized: bool = False
        self._shares = shares
        self._pool = pool
        self._is_over = threading.Event()

    def init(self) -> None:
        """Read requests with a deadline each. HTTP/2 and TLS are left to what stands in front."""
        if not self.initialized:
            self.initialized = True
            self.sock.setblocking(True)
            self.parser = _Parser(self)

    def wait_for_data(self, timeout: float) -> bool:
        """Return whether something arrives in time."""
        if super().wait_for_data(0):
            return True
        self.begin_waiting()
        return bool(super().wait_for_data(timeout))

    def close(self, graceful: bool = False) -> None:  # noqa: FBT001, FBT002 - as gunicorn has it
        """Close it. The sender gets time to read the answer, which a thread waits for.

        Gunicorn waits for that in the thread that accepts connections, up to two seconds each.
        """
        if graceful and not self.is_over():
            self.begin_waiting()
            try:
                self._pool.submit(self._close_gracefully)
            except RuntimeError:  # the process ends
                self._close_gracefully()
            return
        self.end_waiting()
        super().close()

    def _close_gracefully(self) -> None:
        try:
            super().close(graceful=True)
        finally:
            self.end_waiting()

    def begin_waiting(self) -> None:
        """Count this connection as waited for; the oldest of its network may have to give way."""
        self._shares.begin(self._network, self)

    def end_waiting(self) -> None:
        """Count it no more."""
        self._shares.end(self._network, self)

    def is_over(self) -> bool:
        """Return whether nothing more is read from it."""
        return self._is_over.is_set()

    def give_way(self) -> None:
        """Read nothing more; whoever waits for this connection goes on at once."""
        self._is_over.set()
        with contextlib.suppress(OSError):  # closed already
            self.sock.shutdown(socket.SHUT_RD)


class _Parser(RequestParser):  # type: ignore[misc]
    """Reads one request after another, each within its deadlines."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection.cfg, connection.sock, connection.client)
        self._connection = connection
        self.unreader = _Unreader(connection)

    def __next__(self) -> Request:
        self._connection.end_waiting()  # for its first byte
        self.unreader.ends_at = time.monotonic() + HEAD_SECONDS
        message = super().__next__()
        self.unreader.ends_at = time.monotonic() + BODY_SECONDS
        return message


class _Unreader(SocketUnreader):  # type: ignore[misc]
    """Reads until a deadline; after it, it is as if the sender had hung up."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection.sock)
        self._connection = connection
        self.ends_at = 0.0

    def chunk(self, size_hint: int | None = None) -> bytes:
        size = max(self.mxchunk, min(size_hint or 0, self.max_body_chunk))
        if self._connection.is_over():
            return b""
        try:
            return bytes(self.sock.recv(size, socket.MSG_DONTWAIT))
        except BlockingIOError:
            pass
        self._connection.begin_waiting()
        has_arrived = self._arrives()
        self._connection.end_waiting()
        if not has_arrived:
            self._connection.give_way()
        if self._connection.is_over():
            return b""
        return bytes(self.sock.recv(size, socket.MSG_DONTWAIT))

    def _arrives(self) -> bool:
        poll = select.poll()
        poll.register(self.sock, select.POLLIN)
        left = self.ends_at - time.monotonic()
        return left > 0 and bool(poll.poll(left * 1000))


class WebWorker(ThreadWorker):  # type: ignore[misc]
    """Gunicorn's threaded worker, with `Connection` for each connection."""

    most_waiting = LEAST_SHARE
    """How many connections of one network are waited for at once."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self._shares = Shares(self.most_waiting)

    def enqueue_req(self, conn: TConn) -> None:
        """Have the requests of *conn* read by a thread."""
        if not isinstance(conn, Connection):
            conn = Connection(conn, self._shares, self.tpool)
        super().enqueue_req(conn)


def worker_class(threads: int, *, behind_proxy: bool) -> type[WebWorker]:
    """Return the class of workers with *threads* each.

    Behind a proxy all requests come from one address, so that a share would be everybody's; the
    proxy must take whole requests before it passes them on.
    """

    class Sized(WebWorker):
        most_waiting = threads if behind_proxy else max(LEAST_SHARE, threads // SHARE)

    return Sized
