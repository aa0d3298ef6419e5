"""Promises of domain.waiting measured on simulated days of many clinics.

Every day differs: the doctor's true pace, which neither plan nor history knows exactly; how much
consultations vary, with an odd long one; when the doctor starts; pauses, announced and not, and
emergencies; who comes early, late or never, and who checks in. The simulated clinic knows nothing
of the estimate's constants. Everybody in the line is told every few minutes; what somebody was told
is judged if they were there when their turn came. Run with `-s` to see the figures.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from statistics import fmean, median

import pytest

from domain.model.queues import Queue, QueueStatus, Slot, Waiting
from domain.waiting import expect_all

pytestmark = pytest.mark.slow

MIDNIGHT = datetime(2026, 3, 2, tzinfo=UTC)
OPENS = 9 * 60.0
"""Minutes since midnight, as all times of the simulation."""
LOOK_EVERY = 7.0
DAYS = 120


def instant(minutes: float) -> datetime:
    return MIDNIGHT + timedelta(seconds=round(minutes * 60))


@dataclass
class Person:
    number: int
    slot: float
    comes: float
    """When they are there; infinite for a no-show."""
    checks_in: bool
    missed: bool = False
    """Called while absent: what they were told held for somebody who was there."""
    seen: float = math.nan
    """When their consultation began."""


@dataclass
class Promise:
    person: Person
    told: float
    ahead: int
    low: float
    high: float
    slot: float
    planned: float
    certain: bool
    arrived: bool
    situation: str

    @property
    def kept(self) -> bool:
        return self.low <= self.person.seen <= self.high

    @property
    def error(self) -> float:
        return abs((self.low + self.high) / 2 - self.person.seen)

    @property
    def slot_error(self) -> float:
        return abs(max(self.slot, self.told) - self.person.seen)

    @property
    def planned_error(self) -> float:
        return abs(self.told + self.planned * self.ahead - self.person.seen)


@dataclass
class Day:
    """A clinic's day, played from before the doctor comes until nobody waits."""

    chance: Random
    promises: list[Promise] = field(default_factory=list)

    def __post_init__(self) -> None:
        chance = self.chance
        self.planned = chance.choice([5, 8, 10, 15, 20])
        self.typical = self.planned * chance.lognormvariate(0, 0.3)
        self.pace = self.typical * chance.lognormvariate(0, 0.15)
        self.variation = chance.uniform(0.35, 0.75)
        self.waits_for_slot = chance.random() < 0.5
        self.people = self.book()
        self.line = list(self.people)
        self.skipped: list[Person] = []
        self.head = Queue(
            doctor_id="DOC_1",
            date="2026-03-02",
            queue_id="QUE_1",
            clinic_id="CLN_1",
            timetable=tuple(Slot(p.number, int(instant(p.slot).timestamp())) for p in self.people),
            minutes=self.planned,
            prior_minutes=max(1, round(self.typical)) if chance.random() < 0.7 else None,
            planned_start=instant(OPENS),
            planned_end=instant(OPENS + 8 * 60),
            created_at=MIDNIGHT,
            updated_at=MIDNIGHT,
        )
        self.time = OPENS - 40.0
        self.looked = self.time

    def book(self) -> list[Person]:
        chance = self.chance
        no_show, check_in = chance.uniform(0.03, 0.25), chance.choice([0.5, 0.9, 0.9, 1.0])
        people = []
        slot = OPENS
        for number in range(1, chance.randint(14, 36)):
            if number == 13 and chance.random() < 0.5:
                slot += 60
            if chance.random() < 0.85:
                comes = slot + chance.gauss(-10, 12) + 25 * (chance.random() < 0.07)
                if chance.random() < no_show:
                    comes = math.inf
                people.append(Person(number, slot, comes, chance.random() < check_in))
            slot += self.planned
        return people

    def play(self) -> list[Promise]:
        chance = self.chance
        self.until(OPENS + max(-5, chance.gauss(8, 12)) + 30 * (chance.random() < 0.08))
        self.head = self.head.but(status=QueueStatus.ACTIVE, started_at=instant(self.time))
        while self.line:
            if chance.random() < self.pace / 300:
                self.pause()
            self.rejoin()
            person = self.line[0]
            if person.comes > self.time:
                if person.slot > self.time and (self.waits_for_slot or not self.anybody()):
                    self.head = self.head.but(current_token=None, current_since=None)
                    self.until(min(person.comes, person.slot))
                if person.comes > self.time:
                    self.skip(person)
                    continue
            self.see(person)
        return [p for p in self.promises if p.person.seen > 0 and not p.person.missed]

    def anybody(self) -> bool:
        return any(p.comes <= self.time for p in self.line)

    def rejoin(self) -> None:
        for person in [p for p in self.skipped if p.comes <= self.time]:
            self.skipped.remove(person)
            self.line.insert(1, person)

    def skip(self, person: Person) -> None:
        self.line.remove(person)
        person.missed = True
        self.until(self.time + 1)
        if person.comes < math.inf:
            self.skipped.append(person)

    def see(self, person: Person) -> None:
        self.line.remove(person)
        person.seen = self.time
        self.head = self.head.but(
            current_token=f"TKN_{person.number}", current_since=instant(self.time)
        )
        began = self.time
        sigma = math.sqrt(math.log(1 + self.variation**2))
        takes = self.pace * self.chance.lognormvariate(-sigma * sigma / 2, sigma)
        if self.chance.random() < 0.03:
            takes *= self.chance.uniform(2, 4)
        self.until(self.time + max(0.5, takes))
        seconds = round((self.time - began) * 60)
        self.head = self.head.but(consultations=(*self.head.consultations, seconds)[-20:])

    def pause(self) -> None:
        """Break between two consultations; who was seen last stays the current one meanwhile."""
        chance = self.chance
        emergency = chance.random() < 0.2
        length = chance.choice([30, 45, 60]) if emergency else chance.choice([10, 15, 20, 30])
        known = emergency or chance.random() < 0.8
        self.head = self.head.but(
            status=QueueStatus.EMERGENCY if emergency else QueueStatus.PAUSED,
            paused_at=instant(self.time),
            resume_expected_at=instant(self.time + length) if known else None,
        )
        self.until(self.time + length * chance.lognormvariate(0.05, 0.35 if emergency else 0.2))
        self.head = self.head.but(
            status=QueueStatus.ACTIVE, resumed_at=instant(self.time), resume_expected_at=None
        )

    def until(self, then: float) -> None:
        """Let time pass, and tell everybody every few minutes."""
        while self.looked <= then:
            self.time = max(self.time, self.looked)
            self.look()
            self.looked += LOOK_EVERY
        self.time = max(self.time, then)

    def look(self) -> None:
        line = [
            Waiting(
                queue_id="QUE_1",
                place=f"{place:04d}",
                clinic_id="CLN_1",
                token_id=f"TKN_{person.number}",
                number=person.number,
                at=instant(person.slot),
                arrived=person.checks_in and person.comes <= self.time,
            )
            for place, person in enumerate(self.line)
        ]
        found = expect_all(self.head, line, instant(self.time))
        situation = self.head.status.value
        if self.head.status is QueueStatus.SCHEDULED:
            situation = "LATE START" if self.time > OPENS else "BEFORE START"
        for person, entry, expectation in zip(self.line, line, found, strict=True):
            low, high = (
                (end - MIDNIGHT).total_seconds() / 60
                for end in (expectation.start, expectation.end)
            )
            self.promises.append(
                Promise(
                    person, self.time, expectation.ahead, low, high, person.slot, self.planned,
                    expectation.certain, entry.arrived, situation,
                )
            )  # fmt: skip


@dataclass
class Figures:
    promises: list[Promise]

    @property
    def kept(self) -> float:
        return fmean(p.kept for p in self.promises)

    @property
    def early(self) -> float:
        return fmean(p.person.seen < p.low for p in self.promises)

    @property
    def width(self) -> float:
        return median(p.high - p.low for p in self.promises)

    @property
    def error(self) -> float:
        return median(p.error for p in self.promises)

    @property
    def slot_error(self) -> float:
        return median(p.slot_error for p in self.promises)

    @property
    def planned_error(self) -> float:
        return median(p.planned_error for p in self.promises)

    def __str__(self) -> str:
        return (
            f"{len(self.promises):6} promises, kept {self.kept:6.1%}, before the range"
            f" {self.early:5.1%}, width {self.width:5.1f} min, error {self.error:4.1f}"
            f" (planned slot {self.slot_error:4.1f}, plan x ahead {self.planned_error:4.1f})"
        )


@pytest.fixture(scope="module")
def promises() -> list[Promise]:
    days = [Day(Random(f"clinic day {seed}")) for seed in range(DAYS)]  # noqa: S311 -- repeatable
    return [promise for day in days for promise in day.play()]


@pytest.fixture(scope="module")
def near(promises) -> list[Promise]:
    return [p for p in promises if 1 <= p.ahead <= 10]


def by(promises: list[Promise], key: Callable[[Promise], object]) -> Iterator[tuple[str, Figures]]:
    for value in sorted({key(p) for p in promises}, key=str):
        yield str(value), Figures([p for p in promises if key(p) == value])


def distance(promise: Promise) -> str:
    bounds = ((0, 0), (1, 2), (3, 5), (6, 10), (11, 99))
    low, high = next((low, high) for low, high in bounds if low <= promise.ahead <= high)
    return f"{low:2} to {high:2} ahead"


def test_figures_are_shown(promises, near):
    tables = [[("1 to 10 ahead", Figures(near))], by(promises, distance)]
    tables += [
        by(near, lambda p: p.situation),
        by(near, lambda p: "certain" if p.certain else "nobody can know"),
        by(near, lambda p: f"plan of {p.planned:2} min"),
        by(near, lambda p: "checked in" if p.arrived else "not checked in"),
    ]
    rows = [f"{name:16}{figures}" for table in tables for name, figures in table]
    print("", *rows, sep="\n")  # noqa: T201 -- the figures are there to be read
    assert len(near) > 10_000


def test_about_seven_promises_in_ten_are_kept(near):
    assert 0.65 < Figures(near).kept < 0.85


def test_promises_are_kept_as_often_when_few_are_ahead_as_when_many_are(promises):
    kept = [figures.kept for _, figures in by(promises, distance)]
    assert min(kept) > 0.6
    assert max(kept) < 0.9


@pytest.mark.parametrize("key", ["situation", "planned", "certain", "arrived"])
def test_promises_are_kept_in_every_situation(near, key):
    for name, figures in by(near, lambda p: getattr(p, key)):
        assert 0.55 < figures.kept < 0.95, name


def test_a_patient_is_seldom_called_before_the_range(near):
    """Being called while still at home is worse than waiting a little longer."""
    assert Figures(near).early < 0.15


def test_the_middle_of_the_range_beats_both_naive_answers(near):
    figures = Figures(near)
    assert figures.error < 0.85 * figures.slot_error
    assert figures.error < 0.6 * figures.planned_error


def test_the_middle_beats_the_planned_slot_at_every_distance_promised(near):
    for name, figures in by(near, distance):
        assert figures.error < figures.slot_error, name


def test_a_range_is_narrower_the_nearer_the_turn(promises):
    widths = [figures.width for _, figures in by(promises, distance)]
    assert widths == sorted(widths)


def test_a_range_stays_short_enough_to_plan_by(near):
    assert Figures(near).width < 60


def test_a_range_is_wider_while_nobody_can_know(near):
    figures = dict(by(near, lambda p: p.certain))
    assert figures["False"].width > figures["True"].width
