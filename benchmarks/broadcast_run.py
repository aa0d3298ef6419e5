"""Sends one message to many while a doctor calls patients in; started by `benchmarks/broadcast`.

Web, worker, clock and Redis are real processes; a small server plays Meta and notes when each
message came to it.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from domain.actions.booking.desk import add_walk_in
from domain.actions.booking.queues import current_line
from domain.actions.broadcasts import broadcasts
from domain.actors import Actor
from domain.model.base import Record
from domain.model.broadcasts import Audience, AudienceKind, Broadcast, BroadcastStatus
from domain.model.clinics import Doctor
from domain.model.people import ClinicPatient
from domain.names import fold_name
from domain.scopes import ClinicScope, SystemScope
from tests.e2e.installation import PARTS, SECRET, Installation, Json, city
from tests.people import (
    CITY_SENDER,
    a_doctor,
    a_person,
    a_user,
    address_of,
)

CHUNK = 20
"""People stored in one transaction."""
CALLS_EVERY = 6.5
"""Seconds between two calls in; a "next" typed sooner is asked about."""
GOAL_SECONDS = 1.0
ANNOUNCED = {"clinic_name": "City Medical Center", "announcement": "Closed on Monday"}


@dataclass(frozen=True)
class Plan:
    """How many people get the message, how fast the number sends, and how the provider answers."""

    recipients: int = 10_000
    rate: int = 80
    latency_ms: float = 100.0
    statuses: int = 0
    audience: AudienceKind = AudienceKind.PHONES


class Clinic(Installation):
    """An installation whose provider is the small server."""

    def __init__(self, folder: Path, plan: Plan) -> None:
        super().__init__(folder, SEND_RATE=str(plan.rate))
        self.plan = plan
        provider = self.processes["simulator"]
        provider.command = [
            *(sys.executable, "-m", "benchmarks.broadcast_provider"),
            *("--port", str(self.meta_port), "--latency-ms", str(plan.latency_ms)),
            *("--statuses", str(plan.statuses), "--webhook", self.hook, "--secret", SECRET),
        ]
        self._seen: list[tuple[float, str]] = []

    def start(self) -> None:
        """Start everything and wait until it works."""
        self.start_redis()
        for name in ("simulator", *PARTS):
            self.processes[name].start()
        self.until(lambda: self.answers(self.meta_url), "the provider")
        self.until_web_answers()

    def seen(self) -> list[tuple[float, str]]:
        """Return when each message came to the provider, and its id."""
        answer = self.http.get(f"{self.meta_url}/?after={len(self._seen)}", timeout=30).json()
        self._seen += [(at, ours) for at, ours in answer["seen"]]
        return self._seen

    def reports_wait(self) -> int:
        """Return how many statuses the provider has not reported yet."""
        waiting: int = self.http.get(
            f"{self.meta_url}/?after={len(self._seen)}", timeout=30
        ).json()["waiting"]
        return waiting

    def cast(self, patients: int = 0) -> None:
        """Store a clinic where it is noon, one doctor, and everybody who gets the message."""
        now = datetime.now(UTC)
        self.clinic = city(now)
        hours = {"start_time": "10:00", "end_time": "20:00", "lunch_break": None}
        khan = a_doctor(
            self.clinic, "doc_khan", "Dr. Khan", "+919876543012", now, advance_amount=0, **hours
        )
        khan = khan.but(daily_limit=200, consultation_duration=5)
        farida = a_user(self.clinic, "usr_farida", "Farida", "+919876543010", now)
        self._store(self.clinic, [khan], farida)
        self.numbers = [f"+9170{n:08d}" for n in range(patients or self.plan.recipients)]
        people = [
            _records(n, phone, self.clinic.clinic_id, now) for n, phone in enumerate(self.numbers)
        ]
        for start in range(0, len(people), CHUNK):
            work = self.parts.open_work(SystemScope("fill a store for a benchmark"))
            for record in (r for some in people[start : start + CHUNK] for r in some):
                work.put(record)
            work.commit()

    def adds(self, phone: str) -> None:
        """Add a person to the doctor's line."""
        work = self.parts.open_work(ClinicScope(self.clinic.clinic_id))
        doctor = work.get(Doctor, self.clinic.clinic_id, "doc_khan")
        assert doctor is not None
        line = current_line(work, self.clinic, doctor)
        actor = Actor("usr_farida", "Farida")
        add_walk_in(line, actor, phone, "A patient")
        work.commit()

    def says(self, text: str) -> None:
        """Send *text* as the doctor."""
        now = time.time()
        message = {
            "from": "919876543012",
            "id": f"wamid.in.{now}",
            "timestamp": str(int(now)),
            "type": "text",
            "text": {"body": text},
        }
        value = {
            "messaging_product": "whatsapp",
            "metadata": {"display_phone_number": "918040000000", "phone_number_id": CITY_SENDER},
            "contacts": [{"profile": {"name": "Dr. Khan"}, "wa_id": "919876543012"}],
            "messages": [message],
        }
        entry = {"id": "900800700", "changes": [{"field": "messages", "value": value}]}
        body: Json = {"object": "whatsapp_business_account", "entry": [entry]}
        assert self.post(body).status_code == 200


def _records(number: int, phone: str, clinic_id: str, now: datetime) -> Iterator[Record]:
    name = f"Patient {number}"
    patient, contact = a_person(f"p{number:05d}", name, phone, now)
    yield from (patient, contact, address_of(contact))
    yield ClinicPatient(
        clinic_id=clinic_id,
        patient_id=patient.patient_id,
        patient_phone=phone,
        name=name,
        name_key=fold_name(name),
        opted_in_at=now,
        created_at=now,
        updated_at=now,
    )


@dataclass
class Measured:
    """What a broadcast took; instants are Unix seconds."""

    began: float
    ended: float
    counted: float
    broadcast: Broadcast
    arrivals: list[tuple[float, str]]
    turns: list[float]
    """Seconds from "next" to the call at the provider, in the middle of the broadcast."""
    before: list[float]
    """The same without a broadcast."""


def run(town: Clinic, plan: Plan) -> Measured:
    """Send the broadcast of *plan*, calling patients in meanwhile."""
    for n in range(10 + int(plan.recipients / plan.rate * 2 / CALLS_EVERY)):
        town.adds(f"+9190{n:08d}")
    town.says("start")
    asked = [_call_in(town) for _ in range(5)]
    quiet = len(asked)
    work = town.parts.open_work(ClinicScope(town.clinic.clinic_id))
    phones = town.numbers if plan.audience is AudienceKind.PHONES else ()
    broadcast = broadcasts.begin_broadcast(
        work,
        town.clinic,
        name="office/clinic_announcement",
        values=ANNOUNCED,
        to=broadcasts.Addressees(Audience(kind=plan.audience), phones),
        by=Actor("usr_farida", "Farida"),
    )
    work.commit()
    began = time.time()
    most = began + plan.recipients / plan.rate * 6 + 60
    while True:
        asked.append(_call_in(town))
        now = town.work().get(Broadcast, broadcast.clinic_id, broadcast.broadcast_id)
        assert now is not None
        if now.status is BroadcastStatus.COMPLETED or time.time() > most:
            break
    counted = time.time()
    town.until(lambda: town.reports_wait() == 0, "all statuses are told", 120)
    arrivals = town.seen()
    mine = [(at, ours) for at, ours in arrivals if broadcast.broadcast_id in ours]
    calls = dict(reversed([(ours, at) for at, ours in arrivals]))
    turns = sorted(
        (
            m
            for m in (
                town.message(r["messageId"])
                for r in town.rows("messages")
                if r["name"] == "news/your_turn"
            )
        ),
        key=lambda m: m.created_at,
    )
    times = []
    for at, turn in zip(asked, turns, strict=False):
        times.append((at, calls.get(turn.message_id, float("inf")) - at))
    last = max((at for at, _ in mine), default=began)
    return Measured(
        began,
        last,
        counted,
        now,
        mine,
        [t for at, t in times[quiet:] if at < last],
        [t for _, t in times[:quiet]],
    )


def _call_in(town: Clinic) -> float:
    """Call the next patient in, after a moment; return when."""
    time.sleep(CALLS_EVERY)
    at = time.time()
    town.says("next")
    return at


def lines(plan: Plan, found: Measured) -> list[str]:
    """Return the result in words."""
    took, allowed = found.ended - found.began, plan.recipients / plan.rate
    seconds = Counter(int(at - found.began) for at, _ in found.arrivals)
    twice = sum(count > 1 for count in Counter(ours for _, ours in found.arrivals).values())
    first = min(at for at, _ in found.arrivals) - found.began
    said = {
        "recipients": f"{found.broadcast.total}: {found.broadcast.sent} sent,"
        f" {found.broadcast.failed} failed, {twice} twice",
        "took": f"{took:.1f} s; the rate allows {allowed:.1f} s ({took / allowed:.2f} times);"
        f" the first after {first:.1f} s",
        "a second": f"{plan.recipients / took:.1f} on average, {max(seconds.values())} at most;"
        f" the number may {plan.rate}",
        "counted": f"{found.counted - found.ended:.1f} s after the last",
        "your turn": spread(found.turns),
        "without it": spread(found.before),
    }
    return [f"{name:<14}{words}" for name, words in said.items()]


def spread(times: list[float]) -> str:
    """Return how long calling patients in took, in words."""
    if not times:
        return "nobody was called in"
    ordered = sorted(times)
    late = sum(t > GOAL_SECONDS for t in times)
    return (
        f"{len(times)} calls in, p50 {ordered[len(ordered) // 2]:.2f} s, most {ordered[-1]:.2f} s;"
        f" {late} over {GOAL_SECONDS:g} s"
    )


def main() -> None:
    """Measure a broadcast and print the result."""
    parser = argparse.ArgumentParser(prog="benchmarks/broadcast", description=__doc__)
    parser.add_argument("--recipients", type=int, default=10_000)
    parser.add_argument("--rate", type=int, default=80, help="SEND_RATE, messages a second")
    parser.add_argument("--latency-ms", type=float, default=100.0, help="of the provider")
    parser.add_argument("--statuses", type=int, default=0, choices=range(4), help="a message")
    parser.add_argument("--all", action="store_true", help="to all patients, not to numbers")
    asked = parser.parse_args()
    plan = Plan(
        recipients=asked.recipients,
        rate=asked.rate,
        latency_ms=asked.latency_ms,
        statuses=asked.statuses,
        audience=AudienceKind.ALL_PATIENTS if asked.all else AudienceKind.PHONES,
    )
    with tempfile.TemporaryDirectory(prefix="pulseops-broadcast-") as name:
        load = os.getloadavg()[0]
        town = Clinic(Path(name), plan)
        try:
            town.cast()
            town.start()
            found = run(town, plan)
        finally:
            town.close()
    print(
        f"{plan.recipients:,} recipients ({plan.audience.lower()}), {plan.latency_ms:g} ms a call,"
        f" {plan.statuses} statuses each; {os.cpu_count()} CPUs, load {load:.1f} before\n"
    )
    print("\n".join(lines(plan, found)))


if __name__ == "__main__":
    main()
