"""Measures live pages in one web process; started by `benchmarks/streams`."""

from __future__ import annotations

import argparse
import contextlib
import http.client
import os
import platform
import selectors
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from api.frame import jwts
from api.frame.engine import EXTENSION
from api.frame.hub import MOST_STREAMS
from benchmarks import load
from benchmarks.load import Plan
from benchmarks.webhook_turn import ROOT, SECRET, free_ports, row, started, wait_for
from bin.supervisor.redis_server import redis_program
from bot.app import create_app
from bot.config.settings import read_settings
from bot.wiring import build
from domain.actions.staff import sessions
from domain.model.clinics import Role, User
from domain.scopes import SystemScope

CLINIC, DOCTOR = "clinic_demo_city", "doc_demo_city_1"
LINE = f"/api/v1/doctors/{DOCTOR}/queue"
WITHIN_SECONDS = 1.0
"""Until when everybody should have seen an update (docs/architecture.md)."""
OPENED_AT_ONCE = 50


@dataclass
class Pages:
    """Open pages, read by one event loop; notes when each saw the newest event."""

    port: int
    tokens: list[str]
    """Of a session for each page, as a thousand people have them."""
    sockets: list[socket.socket] = field(default_factory=list)
    refused: int = 0

    def open(self) -> None:
        """Open a page for each token and read the snapshot of each."""
        for begin in range(0, len(self.tokens), OPENED_AT_ONCE):
            some = [self._ask(token) for token in self.tokens[begin : begin + OPENED_AT_ONCE]]
            for each in some:
                text = b""
                while b"event: queue_update" not in text and b" 503 " not in text:
                    piece = each.recv(65536)
                    if not piece:
                        sys.exit("a page was not opened: " + text.decode()[:200])
                    text += piece
                if b" 503 " in text:
                    self.refused += 1
                    each.close()
                else:
                    self.sockets.append(each)

    def _ask(self, token: str) -> socket.socket:
        made = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        lines = (
            f"GET {LINE}/stream HTTP/1.1",
            "Host: localhost",
            f"Authorization: Bearer {token}",
        )
        made.sendall("\r\n".join((*lines, "", "")).encode())
        return made

    def watch(self, seconds: float) -> list[float]:
        """Return when each page that saw an event within *seconds* saw it."""
        seen: dict[socket.socket, float] = {}
        until = time.monotonic() + seconds
        with selectors.DefaultSelector() as ready:
            for each in self.sockets:
                ready.register(each, selectors.EVENT_READ)
            while len(seen) < len(self.sockets) and (left := until - time.monotonic()) > 0:
                for key, _ in ready.select(left):
                    page = key.fileobj
                    assert isinstance(page, socket.socket)
                    if b"event: queue_update" in page.recv(65536):
                        seen.setdefault(page, time.monotonic())
        return list(seen.values())

    def close(self) -> None:
        """Leave all pages."""
        for each in self.sockets:
            each.close()


def main() -> None:
    """Open the pages, move the line, and measure what that does to other calls."""
    parser = argparse.ArgumentParser(prog="benchmarks/streams", description=__doc__)
    parser.add_argument("--streams", type=int, default=1000, help="open at once")
    parser.add_argument("--updates", type=int, default=10, help="how often the line changes")
    parser.add_argument("--seconds", type=float, default=8.0, help="of each webhook measurement")
    parser.add_argument("--rate", type=float, default=50.0, help="webhooks a second")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pulseops-streams-") as name:
        folder = Path(name)
        with server(folder) as (port, environment):
            measure(port, staff_tokens(environment, asked.streams), asked)


def measure(port: int, tokens: list[str], asked: argparse.Namespace) -> None:
    """Print what one process does with no page open, and with all of them."""
    print(f"{os.cpu_count()} CPUs, {platform.machine()}, Python {platform.python_version()}")
    print(f"one process, {asked.streams} pages of one line, {asked.rate:g} webhooks a second\n")
    row("", "a second", "p50 ms", "p99 ms", "most ms")
    disturbed(port, asked, "webhooks, no page open", "before")
    lived(port, "/live, no page open")
    call(port, tokens[0], "start")
    pages = Pages(port, tokens)
    began = time.monotonic()
    pages.open()
    opening = time.monotonic() - began
    disturbed(port, asked, f"webhooks, {len(pages.sockets)} open", "beside")
    lived(port, f"/live, {len(pages.sockets)} open")
    delays: list[float] = []
    lost = 0
    for number in range(asked.updates):
        begun: list[float] = []
        action = "resume" if number % 2 else "pause"
        mover = threading.Timer(0.1, _change, (port, tokens[0], action, begun))
        mover.start()
        seen = pages.watch(8.0)
        mover.join()
        lost += len(pages.sockets) - len(seen)
        delays += [at - begun[0] for at in seen]
    row("an update, from the call on", *_spread(delays))
    full = Pages(port, tokens[:1])
    if len(pages.sockets) >= MOST_STREAMS:
        full.open()
    pages.close()
    disturbed(port, asked, "webhooks, all closed again", "after")
    print(
        f"\n{asked.streams} pages opened in {opening:.1f} s, {pages.refused} of them refused; one"
        f" more: {'refused with 503' if full.refused else 'not tried'}.\n"
        f"{asked.updates} updates: {len(delays)} of {asked.updates * len(pages.sockets)} seen,"
        f" {sum(d <= WITHIN_SECONDS for d in delays) / max(1, len(delays)):.1%} of these within"
        f" {WITHIN_SECONDS:g} s; {lost} lost."
    )


def disturbed(port: int, asked: argparse.Namespace, name: str, run: str) -> None:
    """Send webhooks at a steady rate and print how long they took."""
    found = load.run(
        Plan(
            port=port,
            path="/api/v1/webhooks/whatsapp",
            secret=SECRET.encode(),
            seconds=asked.seconds,
            connections=8,
            people=200,
            steps=(("text", "hi"),),
            rate=asked.rate,
            run=run,
        )
    )
    row(name, f"{found.rate:,.0f}", *_spread(found.latencies)[1:])


def lived(port: int, name: str, times: int = 300) -> None:
    """Ask /live one after another and print how long that took."""
    took = []
    asked = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    with contextlib.closing(asked):
        for _ in range(times):
            began = time.monotonic()
            asked.request("GET", "/live")
            asked.getresponse().read()
            took.append(time.monotonic() - began)
    row(name, *_spread(took))


def _change(port: int, token: str, action: str, begun: list[float]) -> None:
    begun.append(time.monotonic())
    call(port, token, action)


def call(port: int, token: str, action: str) -> None:
    """Do something to the line."""
    asked = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    with contextlib.closing(asked):
        asked.request("POST", f"{LINE}/{action}", headers={"Authorization": f"Bearer {token}"})
        answer = asked.getresponse()
        if answer.status != http.HTTPStatus.OK:
            sys.exit(f"{action}: {answer.status} {answer.read().decode()}")


def _spread(seconds: list[float]) -> tuple[str, ...]:
    if not seconds:
        return ("-",) * 4
    ordered = sorted(seconds)
    p99 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
    shown = (statistics.median(ordered), p99, ordered[-1])
    return ("", *(f"{1000 * each:.1f}" for each in shown))


def staff_tokens(environment: dict[str, str], number: int) -> list[str]:
    """Return access tokens of the demo clinic's admin, each of a session of its own."""
    parts = build(read_settings(environment))
    services = create_app(parts).extensions[EXTENSION]
    scope = SystemScope("measure live pages")
    users = parts.open_work(scope).query(User, CLINIC).records
    admin = next(user for user in users if user.role is Role.ADMIN)
    found: list[str] = []
    while len(found) < number:
        work = parts.open_work(scope)
        some = [sessions.start_session(work, admin) for _ in range(min(100, number - len(found)))]
        work.commit()
        found += [jwts.access_token(services, admin, s) for s in some]
    return found


@contextlib.contextmanager
def server(folder: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Run Redis and one web process with the demo clinics in *folder*."""
    redis_port, port = free_ports(2)
    environment = {
        "PATH": f"{ROOT / '.venv' / 'bin'}:{os.environ['PATH']}",
        "DATABASE_URL": f"sqlite:///{folder / 'pulseops.db'}",
        "REDIS_URL": f"redis://127.0.0.1:{redis_port}/0",
        "WHATSAPP_WEBHOOK_SECRET": SECRET,
        "WHATSAPP_API_URL": "http://127.0.0.1:9/v26.0",
        "API_LIMIT": "1000000 per minute",
        "WEB_PROCESSES": "1",
        "PORT": str(port),
    }
    with contextlib.ExitStack() as stack:
        redis = [redis_program(), "--port", str(redis_port), "--bind", "127.0.0.1"]
        redis += ["--dir", str(folder), "--appendonly", "yes", "--save", ""]
        stack.enter_context(started(folder, "redis", redis, environment))
        pulseops = [sys.executable, "-m", "flask", "--app", "bot", "pulseops"]
        for words in (["init-db"], ["seed", "--demo"]):
            done = subprocess.run(
                [*pulseops, *words], cwd=ROOT, env=environment, capture_output=True, check=False
            )
            if done.returncode:
                sys.exit(done.stderr.decode() or done.stdout.decode())
        gunicorn = ["gunicorn", "-c", "bot/gunicorn.py", "bot:create_app()"]
        stack.enter_context(started(folder, "web", gunicorn, environment))
        wait_for(port, "/live", 200)
        yield port, environment


if __name__ == "__main__":
    main()
