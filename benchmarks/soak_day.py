"""Runs a clinic's day while everything around it fails; started by `benchmarks/soak`.

The people are threads here; the product's processes, Redis and the simulated provider are real
ones. The provider refuses, answers slowly, keeps or drops its answers, repeats and shuffles its
webhooks, while web, worker, clock and Redis are killed (kill -9) at random and started again.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.soak_counts import Account, Outage, account_of
from benchmarks.soak_people import Counts, Doctor, Patient, Stage
from tests.e2e.installation import DEADLINE, Installation, city
from tests.people import a_doctor, a_user

DOCTORS = ("Dr. Meera", "Dr. Khan", "Dr. Bose", "Dr. Rao", "Dr. Iyer", "Dr. Das")
FREE = 2
"""So many of the doctors ask for no advance."""
KILLED = ("web", "worker", "clock", "redis")
READY = {"worker": 2, "clock": 1}
"""How many processes of a part say when they are ready."""
RATING_SECONDS = 35.0
SETTLING_SECONDS = 240.0
LEFT = {"ask_rating", "refund", "unheard", "hold_ends", "moved", "closed", "closed_again"}
"""Kinds of due items that are waited for at the end of the day."""


@dataclass(frozen=True)
class Plan:
    """How large a day is, and how much goes wrong in it."""

    patients: int = 300
    doctors: int = 6
    seconds: float = 600.0
    """How long the doctors work at least; patients come in the first two thirds."""
    pace: float = 5.0
    """Seconds a consultation takes."""
    kill_every: float = 15.0
    """Seconds from one kill to the next, on average; 0: nobody is killed."""
    faults: dict[str, object] = field(
        default_factory=lambda: {
            "latency_ms": 250,
            "latency_jitter_ms": 150,
            "error_rate": 0.08,
            "drop_rate": 0.015,
            "timeout_rate": 0.005,
            "hang_seconds": 15,
            "duplicate_webhooks": 0.15,
            "shuffle_statuses": True,
        }
    )
    seed: int = 1


class Clinic(Installation):
    """An installation with as many doctors and patients as a day is planned for."""

    def __init__(self, folder: Path, plan: Plan) -> None:
        super().__init__(folder, HOLD_MINUTES="1")
        self.plan = plan

    def cast(self, patients: int = 0) -> None:
        """Store a clinic where it is noon, its doctors, and give everybody a phone."""
        now = datetime.now(UTC)
        self.clinic = city(now)
        hours = {"start_time": "10:00", "end_time": "20:00", "lunch_break": None}
        doctors = [
            a_doctor(
                self.clinic,
                f"doc_{n}",
                name,
                f"+9198765430{n + 11}",
                now,
                consultation_duration=5,
                daily_limit=200,
                advance_amount=0 if n < FREE else 50,
                **hours,
            )
            for n, name in enumerate(DOCTORS[: self.plan.doctors])
        ]
        farida = a_user(self.clinic, "usr_farida", "Farida", "+919876543010", now)
        self._store(self.clinic, doctors, farida)
        self.doctor_ids = [d.doctor_id for d in doctors]
        self.doctors = [
            self.person(d.name, d.whatsapp_number.removeprefix("+"), "doctor") for d in doctors
        ]
        self.patients = [
            self.person(f"Patient {n}", f"9198764{n:05d}")
            for n in range(patients or self.plan.patients)
        ]


class Killer:
    """Ends processes at random, and starts them again after a moment.

    All in the thread that started them: the system ends them with the thread.
    """

    def __init__(self, town: Installation, every: float, chance: random.Random) -> None:
        self.town, self.every, self.chance = town, every, chance
        self.outages: list[Outage] = []
        self.failures: list[str] = []

    def rage(self, over: Callable[[], bool]) -> None:
        """Kill one after another until *over*; all is up again then."""
        names: list[str] = []
        while not over():
            pause = time.monotonic() + self.chance.uniform(0.5, 1.5) * self.every
            while not over() and (time.monotonic() < pause or not self.every):
                time.sleep(0.2)
            if over():
                return
            names = names or self.chance.sample(KILLED, len(KILLED))
            try:
                self._kill(names.pop())
            except AssertionError as error:
                self.failures.append(str(error))

    def _kill(self, name: str) -> None:
        process = self.town.processes[name]
        ready = self._ready(name)
        began = time.time()
        process.kill()
        time.sleep(self.chance.uniform(0.2, 3.0))
        if name == "redis":
            self.town.start_redis()
        else:
            self.town.restart(name)
            wanted = ready + READY.get(name, 0)
            self.town.until(lambda: self._ready(name) >= wanted, f"{name} again", DEADLINE)
        self.outages.append(Outage(name, began, time.time()))

    def _ready(self, name: str) -> int:
        log = self.town.processes[name].log
        return log.read_text(errors="replace").count("worker_ready") if log.exists() else 0


def spend(town: Clinic, plan: Plan) -> Account:
    """Run the day of *plan* in *town*, which is up; return its counts."""
    chance = random.Random(plan.seed)
    stage, counts = Stage(town), Counts()
    ends = time.monotonic() + plan.seconds
    doctors = [
        Doctor(person, random.Random(n), stage, plan.pace, lambda: time.monotonic() > ends)
        for n, person in enumerate(town.doctors)
    ]
    for n, person in enumerate(town.patients):
        doctor_id = town.doctor_ids[n % len(town.doctor_ids)]
        patient = Patient(person, doctor_id, random.Random(plan.seed * 10_000 + n), stage, counts)
        stage.later(chance.uniform(0, plan.seconds * 2 / 3), patient.come)
    killer = Killer(town, plan.kill_every, chance)
    began = time.time()
    with town.faults(**plan.faults, seed=plan.seed):
        stage.begin()
        threads = [threading.Thread(target=d.work, daemon=True) for d in doctors]
        for thread in threads:
            stage.later(plan.seconds / 10, thread.start)
        longest = time.monotonic() + plan.seconds * 2 + 120
        killer.rage(lambda: all(d.closed for d in doctors) or time.monotonic() > longest)
    time.sleep(RATING_SECONDS)
    settled = settle(town)
    stage.end()
    account = account_of(town, killer.outages, began)
    account.pressed, account.turned_away = counts.pressed, counts.turned_away
    account.troubles += [*stage.failures, *killer.failures, *settled]
    account.troubles += [f"{d.person.name} never closed" for d in doctors if not d.closed]
    return account


def settle(town: Installation) -> list[str]:
    """Wait until all work is done; after too long, return what is left."""
    deadline = time.monotonic() + SETTLING_SECONDS
    while time.monotonic() < deadline:
        webhooks = town.control("GET", "/webhooks?wait=5")["pending"]
        items = [row for row in town.rows("due") if row["kind"] in LEFT]
        waiting = town.outbox()
        if not webhooks and not items and not waiting and not town.due():
            return []
        time.sleep(0.5)
    kinds = sorted({row["kind"] for row in items} | {d.kind for d in town.due()})
    return [
        f"left after {SETTLING_SECONDS:g} s: {webhooks} webhooks, {len(waiting)} messages, {kinds}"
    ]


@contextmanager
def opened(folder: Path, plan: Plan) -> Iterator[Clinic]:
    """Run an installation for *plan*."""
    town = Clinic(folder, plan)
    try:
        town.cast()
        town.start()
        yield town
    finally:
        town.close()


def main() -> None:
    """Run a day and print its counts; exit with 1 if anything was lost or said twice."""
    parser = argparse.ArgumentParser(prog="benchmarks/soak", description=__doc__)
    parser.add_argument("--patients", type=int, default=300)
    parser.add_argument("--doctors", type=int, default=6, choices=range(1, len(DOCTORS) + 1))
    parser.add_argument("--seconds", type=float, default=600.0, help="of the doctors' day")
    parser.add_argument("--pace", type=float, default=5.0, help="seconds a consultation takes")
    parser.add_argument("--kill-every", type=float, default=15.0, help="seconds; 0: no kills")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="an empty folder that keeps store and logs")
    asked = parser.parse_args()
    plan = Plan(
        patients=asked.patients,
        doctors=asked.doctors,
        seconds=asked.seconds,
        pace=asked.pace,
        kill_every=asked.kill_every,
        seed=asked.seed,
    )
    with tempfile.TemporaryDirectory(prefix="pulseops-soak-") as name:
        folder = asked.keep or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        load = os.getloadavg()[0]
        with opened(folder, plan) as town:
            account = spend(town, plan)
    print(f"{plan.patients} patients, {plan.doctors} doctors, {plan.seconds:g} s of a day,")
    print(f"a kill every {plan.kill_every:g} s; {os.cpu_count()} CPUs, load {load:.1f} before\n")
    print("\n".join(account.lines()))
    sys.exit(bool(account.wrongs()))


if __name__ == "__main__":
    main()
