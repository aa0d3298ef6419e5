"""Measures conversation turns by webhook beside their floor; started by `benchmarks/turn`."""

from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import http.client
import os
import platform
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

from benchmarks import load
from benchmarks.load import Outcome, Plan
from bin.supervisor.redis_server import redis_program

ROOT = Path(__file__).resolve().parent.parent
SECRET = "benchmark-secret"
PART_OF_PEAK = 0.7


def main() -> None:
    """Measure, check that what was answered is stored, print a table."""
    parser = argparse.ArgumentParser(prog="benchmarks/turn", description=__doc__)
    parser.add_argument("--seconds", type=float, default=8.0, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=3, help="floor and turn alternate so often")
    parser.add_argument("--connections", type=int, default=32, help="open at once")
    parser.add_argument("--people", type=int, default=1000, help="who write")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pulseops-turn-") as name:
        folder = Path(name)
        with servers(folder) as (floor_port, turn_port):
            measure(folder, floor_port, turn_port, asked)


def measure(folder: Path, floor_port: int, turn_port: int, asked: argparse.Namespace) -> None:
    """Run all measurements on servers that are up, and print them."""
    today = dt.datetime.now(ZoneInfo("Asia/Kolkata")).date().isoformat()
    doctor = "doc_demo_city_1"
    turn = Plan(
        port=turn_port,
        path="/api/v1/webhooks/whatsapp",
        secret=SECRET.encode(),
        seconds=asked.seconds,
        connections=asked.connections,
        people=asked.people,
        steps=(("text", "hi"), ("tap", f"doc:{doctor}"), ("tap", f"day:{doctor}:{today}:1")),
    )
    floor = replace(turn, port=floor_port, path="/floor")
    print(
        f"{os.cpu_count()} CPUs, {platform.machine()}, Python {platform.python_version()},"
        f" SQLite {sqlite3.sqlite_version}, fsync {fsync_ms(folder):.2f} ms"
    )
    print(f"{asked.connections} connections, {asked.people} people, {asked.seconds:g} s each\n")

    row("", "a second", "p50 ms", "p99 ms", "generator", "others")
    ceiling = shown("a route that does nothing", replace(floor, path="/nothing", run="n"))
    newcomers = shown("a newcomer's first message", replace(turn, once=True, run="first"))
    load.run(replace(floor, seconds=1.0, run="warm"))
    floors: list[Outcome] = []
    turns: list[Outcome] = []
    for number in range(1, asked.rounds + 1):
        floors.append(shown(f"round {number}: floor", replace(floor, run=f"f{number}")))
        turns.append(shown(f"round {number}: turn", replace(turn, run=f"t{number}")))
    best, peak = (statistics.median(o.rate for o in found) for found in (floors, turns))
    shown("floor at 70 % of its peak", replace(floor, run="e", rate=PART_OF_PEAK * best))
    easy = shown("turn at 70 % of its peak", replace(turn, run="e", rate=PART_OF_PEAK * peak))
    check(folder, newcomers, [*turns, easy])
    ratios = sorted(t.rate / f.rate for f, t in zip(floors, turns, strict=True))
    print(
        f"\nturn / floor: {statistics.median(ratios):.2f}"
        f" (rounds: {ratios[0]:.2f} to {ratios[-1]:.2f})\n"
        f"With nothing to do, server and generator reach {ceiling.rate / best:.1f} times the"
        " floor's rate."
    )


def shown(name: str, plan: Plan) -> Outcome:
    """Run *plan* and print the result, and how much else the machine did meanwhile."""
    busy, ours = busy_seconds(), own_seconds()
    began = time.monotonic()
    found = load.run(plan)
    room = (os.cpu_count() or 1) * (time.monotonic() - began)
    others = busy_seconds() - busy - (own_seconds() - ours) - found.cpu_seconds
    row(
        name,
        f"{found.rate:,.0f}",
        f"{found.percentile(0.5):.1f}",
        f"{found.percentile(0.99):.1f}",
        f"{100 * found.cpu_seconds / room:.0f} %",
        f"{max(0.0, 100 * others / room):.0f} %",
    )
    return found


SESSIONS: set[int] = set()
"""Of the servers started here."""


def busy_seconds() -> float:
    """Return the processor time that the whole machine has used."""
    user, nice, system, _idle, _wait, *interrupts = (
        int(word) for word in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]
    )
    return (user + nice + system + sum(interrupts[:2])) / os.sysconf("SC_CLK_TCK")


def own_seconds() -> float:
    """Return the processor time that the servers started here have used, and this process."""
    used = 0
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            words = entry.read_text().rpartition(")")[2].split()
            if int(words[3]) in SESSIONS or entry.parent.name == str(os.getpid()):
                used += int(words[11]) + int(words[12])
    return used / os.sysconf("SC_CLK_TCK")


def check(folder: Path, newcomers: Outcome, turns: list[Outcome]) -> None:
    """Stop unless every 200 is a turn in the store that said what it should."""
    answered = newcomers.answered + sum(o.answered for o in turns)
    refused = newcomers.refused + sum(o.refused for o in turns)
    with contextlib.closing(sqlite3.connect(folder / "pulseops.db")) as database:

        def number(sql: str) -> int:
            return int(database.execute(sql).fetchone()[0])

        seen = number('SELECT count(*) FROM "pulseops-seen"')
        parked = number('SELECT count(*) FROM "pulseops-parked"')
        said = number(
            'SELECT count(*) FROM "pulseops-messages"'
            " WHERE json_extract(body, '$.name') IN ('booking/doctors', 'booking/slots')"
        )
    if (seen, parked, said, refused) != (answered, 0, answered, 0):
        sys.exit(
            f"not a fair run: {answered} answered 200, {refused} refused, {seen} in the store,"
            f" {said} replies as expected, {parked} parked"
        )


def row(*cells: str) -> None:
    """Print a line of the table."""
    print(f"{cells[0]:<28}" + "".join(f"{cell:>11}" for cell in cells[1:]), flush=True)


def fsync_ms(folder: Path) -> float:
    """Return the median time of writing 4 KB to disk for good."""
    times = []
    with (folder / "fsync").open("wb", buffering=0) as file:
        for _ in range(200):
            file.write(b"x" * 4096)
            began = time.perf_counter()
            os.fdatasync(file.fileno())
            times.append(time.perf_counter() - began)
    return 1000 * statistics.median(times)


@contextlib.contextmanager
def servers(folder: Path) -> Iterator[tuple[int, int]]:
    """Run Redis, the product's web process and the floor, each in *folder* on a port of its own."""
    redis_port, floor_port, turn_port = free_ports(3)
    environment = {
        "PATH": f"{ROOT / '.venv' / 'bin'}:{os.environ['PATH']}",
        "DATABASE_URL": f"sqlite:///{folder / 'pulseops.db'}",
        "REDIS_URL": f"redis://127.0.0.1:{redis_port}/0",
        "WHATSAPP_WEBHOOK_SECRET": SECRET,
        "WHATSAPP_API_URL": "http://127.0.0.1:9/v26.0",
        "FLOOR_SECRET": SECRET,
        "FLOOR_DATABASE": str(folder / "floor.db"),
    }
    gunicorn = ["gunicorn", "-c", "bot/gunicorn.py"]
    pulseops = [sys.executable, "-m", "flask", "--app", "bot", "pulseops"]
    with contextlib.ExitStack() as stack:
        redis = [redis_program(), "--port", str(redis_port), "--bind", "127.0.0.1"]
        redis += ["--dir", str(folder), "--appendonly", "yes", "--save", ""]
        stack.enter_context(started(folder, "redis", redis, environment))
        for words in (["init-db"], ["seed", "--demo"]):
            done = subprocess.run(
                [*pulseops, *words], cwd=ROOT, env=environment, capture_output=True, check=False
            )
            if done.returncode:
                sys.exit(done.stderr.decode() or done.stdout.decode())
        for name, app, port in (
            ("turn", "bot:create_app()", turn_port),
            ("floor", "benchmarks.floor:create_app()", floor_port),
        ):
            own = environment | {"PORT": str(port)}
            stack.enter_context(started(folder, name, [*gunicorn, app], own))
        wait_for(turn_port, "/live", 200)
        wait_for(floor_port, "/nothing", 405)
        yield floor_port, turn_port


@contextlib.contextmanager
def started(
    folder: Path, name: str, command: list[str], environment: dict[str, str]
) -> Iterator[None]:
    """Run a server in a session of its own, its output in a file."""
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True
        )
        SESSIONS.add(process.pid)
        try:
            yield
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def wait_for(port: int, path: str, status: int) -> None:
    """Wait until the server on *port* answers *path* with *status*."""
    for _ in range(150):
        asked = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
        with contextlib.closing(asked), contextlib.suppress(OSError):
            asked.request("GET", path)
            if asked.getresponse().status == status:
                return
        time.sleep(0.1)
    sys.exit(f"nothing answers on port {port}")


def free_ports(number: int) -> list[int]:
    """Return ports of this machine that nobody uses now."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(number)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


if __name__ == "__main__":
    main()
