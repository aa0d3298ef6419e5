"""A load generator: a few processes, each with many keep-alive connections and one event loop.

Each connection owns its people and waits for each answer, so that one person's messages never
overtake each other. Every webhook is made and signed when it is sent, as Meta's are.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import multiprocessing
import random
import resource
import selectors
import socket
import time
from collections import deque
from dataclasses import dataclass, field
from itertools import count
from multiprocessing.connection import Connection

SENDER = "100200300400500"
DISPLAY = "918040001000"


@dataclass(frozen=True)
class Plan:
    """What to send, where, for how long."""

    port: int
    path: str
    secret: bytes
    seconds: float
    connections: int
    people: int
    """How many persons write, over all connections."""
    steps: tuple[tuple[str, str], ...]
    """What each person sends in turn: (`text`, words) or (`tap`, option id)."""
    rate: float | None = None
    """Arrivals a second at random instants; None: each connection sends as soon as answered."""
    once: bool = False
    """End when everybody has written one message."""
    run: str = "0"
    """Makes ids of messages unique among runs."""


@dataclass
class Outcome:
    """The result of a load."""

    answered: int = 0
    refused: int = 0
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Answers of 200 a second."""
        return self.answered / self.seconds

    def percentile(self, part: float) -> float:
        """Return the latency in milliseconds that *part* of all answers stayed under."""
        ordered = sorted(self.latencies)
        return 1000 * ordered[min(len(ordered) - 1, int(len(ordered) * part))]


def run(plan: Plan, processes: int = 2) -> Outcome:
    """Generate the load of *plan* with *processes* processes."""
    begin = time.monotonic() + 0.5
    pipes: list[Connection] = []
    for place in range(processes):
        ours, theirs = multiprocessing.Pipe()
        multiprocessing.Process(
            target=_work, args=(plan, place, processes, begin, theirs), daemon=True
        ).start()
        pipes.append(ours)
    total = Outcome()
    for pipe in pipes:
        one: Outcome = pipe.recv()
        total.answered += one.answered
        total.refused += one.refused
        total.seconds = max(total.seconds, one.seconds)
        total.cpu_seconds += one.cpu_seconds
        total.latencies += one.latencies
    return total


class _Line:
    """One connection, the people who write through it, and what is under way."""

    def __init__(self, plan: Plan, people: list[int]) -> None:
        self.plan = plan
        self.people = deque(people)
        self.step = dict.fromkeys(people, 0)
        self.socket = socket.create_connection(("127.0.0.1", plan.port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.since = 0.0
        self.heard = b""

    def send(self, number: int, since: float) -> None:
        person = self.people[0]
        self.people.rotate(-1)
        step = self.plan.steps[self.step[person] % len(self.plan.steps)]
        self.step[person] += 1
        self.since = since
        self.heard = b""
        self.socket.sendall(_request(self.plan, person, number, step))

    def read(self) -> int | None:
        """Return the status once the whole answer is there."""
        self.heard += self.socket.recv(65536)
        head, end, body = self.heard.partition(b"\r\n\r\n")
        if not end:
            return None
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
        return int(head[9:12]) if len(body) >= length else None


def _request(plan: Plan, person: int, number: int, step: tuple[str, str]) -> bytes:
    phone = f"9197{person:08d}"
    kind, words = step
    message: dict[str, object] = {
        "from": phone,
        "from_user_id": f"IN.{person:016d}",
        "id": f"wamid.{plan.run}.{person}.{number}",
        "timestamp": str(int(time.time())),
    }
    if kind == "text":
        message |= {"type": "text", "text": {"body": words}}
    else:
        reply = {"id": words, "title": "…"}
        message |= {
            "type": "interactive",
            "interactive": {"type": "list_reply", "list_reply": reply},
            "context": {"from": DISPLAY, "id": "wamid.OUT"},
        }
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": DISPLAY, "phone_number_id": SENDER},
        "contacts": [
            {
                "profile": {"name": f"Person {person}"},
                "wa_id": phone,
                "user_id": message["from_user_id"],
            }
        ],
        "messages": [message],
    }
    change = {"field": "messages", "value": value}
    entry = [{"id": "200000000000001", "changes": [change]}]
    body = json.dumps({"object": "whatsapp_business_account", "entry": entry}).encode()
    signature = hmac.new(plan.secret, body, hashlib.sha256).hexdigest()
    return (
        f"POST {plan.path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"X-Hub-Signature-256: sha256={signature}\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body


def _work(plan: Plan, place: int, processes: int, begin: float, tell: Connection) -> None:
    share = plan.connections // processes
    mine = list(range(place, plan.people, processes))
    lines = [_Line(plan, mine[i::share]) for i in range(share)]
    arrivals = _arrivals(plan, processes, random.Random(place))
    outcome = Outcome()
    time.sleep(max(0.0, begin - time.monotonic()))
    used = resource.getrusage(resource.RUSAGE_SELF)
    most = len(mine) if plan.once else None
    _drive(plan, lines, arrivals, begin, most, outcome)
    outcome.seconds = time.monotonic() - begin
    now = resource.getrusage(resource.RUSAGE_SELF)
    outcome.cpu_seconds = now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime
    tell.send(outcome)


def _arrivals(plan: Plan, processes: int, chance: random.Random) -> deque[float] | None:
    """Return instants (seconds from the beginning) at which messages arrive, or None for a closed
    loop."""
    if plan.rate is None:
        return None
    instants: deque[float] = deque()
    at = 0.0
    while (at := at + chance.expovariate(plan.rate / processes)) < plan.seconds:
        instants.append(at)
    return instants


def _drive(
    plan: Plan,
    lines: list[_Line],
    arrivals: deque[float] | None,
    begin: float,
    most: int | None,
    outcome: Outcome,
) -> None:
    """Send and read until the time or the messages are over and everything is answered."""
    selector = selectors.DefaultSelector()
    for line in lines:
        selector.register(line.socket, selectors.EVENT_READ, line)
    numbers = count()
    idle = deque(lines)
    busy = sent = 0
    end = begin + plan.seconds
    while True:
        now = time.monotonic()
        while idle:
            if arrivals is None:
                if (most is None and now >= end) or sent == most:
                    break
                since = time.monotonic()
            else:
                if not arrivals or begin + arrivals[0] > now:
                    break
                # Waiting for a free connection counts: people do not wait to press send.
                since = begin + arrivals.popleft()
            idle.popleft().send(next(numbers), since)
            busy += 1
            sent += 1
        if not busy and not arrivals and (arrivals is not None or now >= end or sent == most):
            return
        wait = begin + arrivals[0] - now if arrivals and idle else 1.0
        for key, _ in selector.select(max(0.0, wait)):
            if _read(key.data, outcome):
                busy -= 1
                idle.append(key.data)


def _read(line: _Line, outcome: Outcome) -> bool:
    """Take in what came on *line*; return whether the answer is complete."""
    status = line.read()
    if status is None:
        return False
    outcome.latencies.append(time.monotonic() - line.since)
    if status == 200:
        outcome.answered += 1
    else:
        outcome.refused += 1
    return True
