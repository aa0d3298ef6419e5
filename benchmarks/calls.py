"""A load generator for calls of the API: connections that each send their own requests in turn."""

from __future__ import annotations

import resource
import selectors
import socket
import time
from collections import deque
from collections.abc import Sequence

from benchmarks.load import Outcome

GET, POST = "GET", "POST"


def request(method: str, path: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    """Return the bytes of a request on a connection that stays open."""
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class _Line:
    """One connection, and what it still has to send."""

    def __init__(self, port: int, requests: Sequence[bytes], *, again: bool) -> None:
        self.waiting = deque(requests)
        self.again = again
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.since = 0.0
        self.heard = b""

    def send(self) -> bool:
        """Send the next request; return whether there was one."""
        if not self.waiting:
            return False
        sent = self.waiting.popleft()
        if self.again:
            self.waiting.append(sent)
        self.heard = b""
        self.since = time.monotonic()
        self.socket.sendall(sent)
        return True

    def read(self) -> int | None:
        """Return the status once the whole answer is there."""
        self.heard += self.socket.recv(262_144)
        head, end, body = self.heard.partition(b"\r\n\r\n")
        if not end:
            return None
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
        return int(head[9:12]) if len(body) >= length else None


def run(port: int, lines: Sequence[Sequence[bytes]], seconds: float, *, again: bool) -> Outcome:
    """Send the requests of each line one after another, all lines side by side.

    Args:
        port: Where the server is.
        lines: For each connection, what it sends.
        seconds: After this long nothing more is sent.
        again: Whether a line begins anew when all is sent; else it ends.
    """
    selector = selectors.DefaultSelector()
    outcome = Outcome()
    used = resource.getrusage(resource.RUSAGE_SELF)
    opened = [_Line(port, requests, again=again) for requests in lines]
    begin = time.monotonic()
    busy = 0
    for line in opened:
        selector.register(line.socket, selectors.EVENT_READ, line)
        busy += line.send()
    while busy:
        for key, _ in selector.select(1.0):
            line = key.data
            status = line.read()
            if status is None:
                continue
            outcome.latencies.append(time.monotonic() - line.since)
            if 200 <= status < 300:
                outcome.answered += 1
            else:
                outcome.refused += 1
            if time.monotonic() - begin >= seconds or not line.send():
                busy -= 1
    outcome.seconds = time.monotonic() - begin
    now = resource.getrusage(resource.RUSAGE_SELF)
    outcome.cpu_seconds = now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime
    for line in opened:
        line.socket.close()
    return outcome
