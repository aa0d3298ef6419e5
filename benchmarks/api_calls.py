"""Measures API calls in a small and a large installation; started by `benchmarks/api`."""

from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import hashlib
import hmac
import json
import os
import platform
import sqlite3
import statistics
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

from benchmarks import calls
from benchmarks.clinics import Worked, fill
from benchmarks.load import Outcome
from benchmarks.webhook_turn import (
    busy_seconds,
    free_ports,
    fsync_ms,
    own_seconds,
    row,
    started,
    wait_for,
)
from bin.supervisor.redis_server import redis_program
from bot.config.settings import read_settings
from bot.wiring import build

SMALL, LARGE = 10, 10_000
FLAT = 1.2
CONNECTIONS = 20
WAITING = 12
"""People of each doctor who are there to be called."""
CALLED = 10
SECRET = "benchmark-secret"
WRITES = ("booking", "call-next")

Lines = list[list[bytes]]


def main() -> None:
    """Measure each kind of call in both installations in turn; print rates and ratios."""
    parser = argparse.ArgumentParser(prog="benchmarks/api", description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=3, help="small and large alternate so often")
    parser.add_argument("--clinics", type=int, default=LARGE, help="of the large installation")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pulseops-api-") as name:
        folder = Path(name)
        with servers(folder, asked.clinics) as found:
            measure(folder, found, asked)


class Installation:
    """A web process on a store of its own, and the calls that are sent to it."""

    def __init__(self, port: int, worked: list[Worked]) -> None:
        self.port = port
        self._worked = worked
        self._booked = 0
        self._day = dt.datetime.now(ZoneInfo("Asia/Kolkata")).date()

    def lines(self, kind: str, seconds: float) -> Lines:
        """Return the requests of each connection."""
        make = {"list": self._list, "search": self._search, "booking": self._booking}
        if kind == "call-next":
            return self._call_next()
        return make[kind](int(seconds * 2000 / CONNECTIONS))

    def _list(self, _times: int) -> Lines:
        return [[self._get(n, "/doctors?limit=50")] for n in range(CONNECTIONS)]

    def _search(self, _times: int) -> Lines:
        return [
            [self._get(n, f"/patients/search?name={name}") for name in ("asha", "rav", "meena")]
            for n in range(CONNECTIONS)
        ]

    def _booking(self, times: int) -> Lines:
        """Book a slot of its own for a person of its own, each time."""
        return [[self._book(n, self._next()) for _ in range(times)] for n in range(CONNECTIONS)]

    def _next(self) -> int:
        self._booked += 1
        return self._booked

    def _book(self, line: int, number: int) -> bytes:
        worked = self._worked[line % len(self._worked)]
        doctor = worked.doctors[number % len(worked.doctors)]
        round_ = number // len(worked.doctors) // 2
        day = self._day + dt.timedelta(days=1 + round_ // 90 % 13)
        slot = dt.datetime.combine(day, dt.time(), ZoneInfo("Asia/Kolkata"))
        slot += dt.timedelta(minutes=15 * (round_ % 90))
        body = {
            "patientPhone": f"+9171{number:08d}",
            "patientName": f"Person {_letters(number)}",
            "preferredTime": slot.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "payAtClinic": True,
        }
        return self._post(worked, f"/doctors/{doctor}/tokens", body)

    def _call_next(self) -> Lines:
        """Return the calls that move each doctor's line CALLED times, over one connection."""
        doctors = [(worked, doctor) for worked in self._worked for doctor in worked.doctors]
        lines: Lines = [[] for _ in range(CONNECTIONS)]
        for _ in range(CALLED):
            for n, (worked, doctor) in enumerate(doctors):
                lines[n % CONNECTIONS].append(
                    self._post(worked, f"/doctors/{doctor}/queue/call-next", None)
                )
        return lines

    def open_lines(self) -> None:
        """Add people who wait to each doctor's line, and start the lines."""
        lines: Lines = [[] for _ in range(CONNECTIONS)]
        doctors = [(worked, doctor) for worked in self._worked for doctor in worked.doctors]
        for n, (worked, doctor) in enumerate(doctors):
            for _ in range(WAITING):
                number = 50_000_000 + self._next()
                body = {
                    "patientPhone": f"+9172{number:08d}",
                    "patientName": f"Person {_letters(number)}",
                    "payAtClinic": True,
                }
                lines[n % CONNECTIONS].append(self._post(worked, f"/doctors/{doctor}/tokens", body))
            lines[n % CONNECTIONS].append(
                self._post(worked, f"/doctors/{doctor}/queue/start", None)
            )
        opened = calls.run(self.port, lines, 600, again=False)
        if opened.refused:
            sys.exit(f"{opened.refused} of {opened.answered + opened.refused} could not be set up")

    def _get(self, line: int, path: str) -> bytes:
        worked = self._worked[line % len(self._worked)]
        return calls.request("GET", "/api/v1" + path, _authorization(worked))

    def _post(self, worked: Worked, path: str, body: object) -> bytes:
        headers = _authorization(worked) | {"Content-Type": "application/json"}
        sent = b"" if body is None else json.dumps(body).encode()
        return calls.request("POST", "/api/v1" + path, headers, sent)


def _authorization(worked: Worked) -> dict[str, str]:
    return {"Authorization": f"Bearer {worked.token}"}


def _letters(number: int) -> str:
    return "".join(chr(ord("a") + int(digit)) for digit in str(number)).capitalize()


def measure(
    folder: Path, found: tuple[int, Installation, Installation], asked: argparse.Namespace
) -> None:
    """Run all measurements on servers that are up, and print them."""
    floor_port, small, large = found
    print(
        f"{os.cpu_count()} CPUs, {platform.machine()}, Python {platform.python_version()},"
        f" SQLite {sqlite3.sqlite_version}, fsync {fsync_ms(folder):.2f} ms"
    )
    print(
        f"{SMALL} and {asked.clinics:,} clinics, {CONNECTIONS} connections,"
        f" {asked.seconds:g} s each\n"
    )
    row("", "a second", "p50 ms", "p99 ms", "generator", "others")
    body = b'{"call": "floor"}'
    signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    signed = {"X-Hub-Signature-256": f"sha256={signature}", "Content-Type": "application/json"}
    floors = {
        "read": [[calls.request("GET", "/item/k7", {})]] * CONNECTIONS,
        "write": [[calls.request("POST", "/floor", signed, body)]] * CONNECTIONS,
    }
    floor = {
        kind: shown(f"floor: {kind} one item", floor_port, lines, asked.seconds, again=True).rate
        for kind, lines in floors.items()
    }
    lines: list[str] = []
    for kind in ("list", "search", "booking"):
        rates: dict[str, list[float]] = {"small": [], "large": []}
        for number in range(1, asked.rounds + 1):
            for name, one in (("small", small), ("large", large)):
                sent = one.lines(kind, asked.seconds)
                outcome = shown(
                    f"{kind} {number}: {name}",
                    one.port,
                    sent,
                    asked.seconds,
                    again=kind != "booking",
                )
                rates[name].append(fair(outcome))
        lines.append(summary(kind, rates, floor))
    rates = {"small": [], "large": []}
    for name, one in (("small", small), ("large", large)):
        one.open_lines()
        outcome = shown(f"call-next: {name}", one.port, one.lines("call-next", 0), 600, again=False)
        rates[name].append(fair(outcome))
    lines.append(summary("call-next", rates, floor))
    print("\n" + "\n".join(lines))


def fair(outcome: Outcome) -> float:
    """Return the rate; stop unless every call did what it should."""
    if outcome.refused:
        sys.exit(f"not a fair run: {outcome.refused} refused, {outcome.answered} answered")
    return outcome.rate


def summary(kind: str, rates: dict[str, list[float]], floor: dict[str, float]) -> str:
    """Return a line with the rates' ratio and their part of the floor."""
    small, large = (statistics.median(rates[name]) for name in ("small", "large"))
    least = floor["write" if kind in WRITES else "read"]
    growth = small / large
    return (
        f"{kind + ':':<11} {large / least:.2f} of the floor; cost from few to many clinics"
        f" x {growth:.2f} ({'flat' if growth <= FLAT else 'not flat'})"
    )


def shown(name: str, port: int, lines: Lines, seconds: float, *, again: bool) -> Outcome:
    """Run *lines* and print the result, and how much else the machine did meanwhile."""
    busy, ours = busy_seconds(), own_seconds()
    found = calls.run(port, lines, seconds, again=again)
    room = (os.cpu_count() or 1) * found.seconds
    others = busy_seconds() - busy - (own_seconds() - ours)
    row(
        name,
        f"{found.rate:,.0f}",
        f"{found.percentile(0.5):.1f}",
        f"{found.percentile(0.99):.1f}",
        f"{100 * found.cpu_seconds / room:.0f} %",
        f"{max(0.0, 100 * others / room):.0f} %",
    )
    return found


@contextlib.contextmanager
def servers(folder: Path, clinics: int) -> Iterator[tuple[int, Installation, Installation]]:
    """Run Redis, the floor, and the product's web process for both installations."""
    redis_port, floor_port, small_port, large_port = free_ports(4)
    environment = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "REDIS_URL": f"redis://127.0.0.1:{redis_port}/0",
        "WHATSAPP_WEBHOOK_SECRET": SECRET,
        "WHATSAPP_API_URL": "http://127.0.0.1:9/v26.0",
        "FLOOR_SECRET": SECRET,
        "FLOOR_DATABASE": str(folder / "floor.db"),
        "JWT_ACCESS_EXPIRY": "1d",
        "API_LIMIT": "100000000 per minute",
        "LOG_LEVEL": "warning",
    }
    with contextlib.ExitStack() as stack:
        redis = [redis_program(), "--port", str(redis_port), "--bind", "127.0.0.1"]
        redis += ["--dir", str(folder), "--save", ""]
        stack.enter_context(started(folder, "redis", redis, environment))
        found = []
        for name, number, port in (("small", SMALL, small_port), ("large", clinics, large_port)):
            own = environment | {
                "DATABASE_URL": f"sqlite:///{folder / name}.db",
                "PORT": str(port),
            }
            parts = build(read_settings(own))
            parts.store.create_tables()
            found.append(Installation(port, fill(parts, number)))
            parts.store.close()
            stack.enter_context(started(folder, name, [*GUNICORN, "bot:create_app()"], own))
        own = environment | {"PORT": str(floor_port)}
        stack.enter_context(
            started(folder, "floor", [*GUNICORN, "benchmarks.floor:create_app()"], own)
        )
        for name, port in (("small", small_port), ("large", large_port)):
            try:
                wait_for(port, "/live", 200)
            except SystemExit:
                sys.exit((folder / f"{name}.log").read_text()[-3000:])
        wait_for(floor_port, "/nothing", 405)
        yield floor_port, found[0], found[1]


GUNICORN = ["gunicorn", "-c", "bot/gunicorn.py"]


if __name__ == "__main__":
    main()
