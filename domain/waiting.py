"""When a waiting patient's consultation is expected to start: a range, from the day so far.

The line is a queue with one server, the doctor. A consultation starts when the doctor is free and
the patient is there (Lindley's recursion, 1952), so the chain of starts is computed twice in one
pass: for a good day and for a slow one. The ends of the range are nearly the 15 % and 85 %
quantiles of the start: about seven promises in ten are kept, whether two are ahead or twenty.
`tests/unit/rules/test_waiting_simulation.py` measures it on simulated days.

A patient who said that they are late is passed over as `next` does it (`domain.call_order`), at
the instant when the doctor is likely to be free. The model knows nothing of breaks that nobody
announced, nor of how a clinic treats a patient who has come while another before them, who said
nothing, has not.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from domain.call_order import is_late, last_here
from domain.model.queues import RUNNING, Queue, QueueStatus, Waiting

QUANTILE = 1.04
"""The standard normal's 85 % quantile: standard deviations from the mean to either end."""

CREDIBILITY_OF_HISTORY = 6.0
"""The weight of the doctor's history, in consultations of today (Bühlmann's credibility).

The factor is the variance within a day over that between days: single consultations vary by about
half their mean, a doctor's days by about a fifth; (0.5 / 0.2)² ≈ 6."""
CREDIBILITY_OF_PLAN = 2.0
"""The same for the planned length, which misses a doctor's true mean by a third: (0.5 / 0.35)²."""

COEFFICIENT_OF_VARIATION = 0.5
"""Standard deviation of a consultation over its mean, before the day has shown its own.

Reviews of outpatient scheduling report 0.35 to 0.85 (Cayirli and Veral, 2003)."""
LEAST_VARIATION = 0.35
MOST_VARIATION = 0.85
"""The bounds within which today's own coefficient is believed."""

WINSOR_LOW = 1 / 3
WINSOR_HIGH = 2.0
"""The least and the most that a duration counts, in medians of the day (winsorising).

Of lognormal durations with a coefficient of 0.5 one in 20 is above twice the median, one in 100
below a third. A procedure of an hour, or two "next" in a row, says little about the next ones."""

INTERRUPTIONS = 0.1
"""What a slow day adds to each consultation, as a share of its mean.

Two things are missing from the mean: rare long consultations, cut by winsorising (one in 30 at
three times the mean adds 6 %), and breaks to come that nobody has announced (10 minutes in 4 hours
add 4 %)."""

RESIDUAL = 0.45
"""Mean residual life of a consultation that has taken its mean, as a share of the time elapsed.

A lognormal one with a coefficient of 0.5 has 0.46 of its mean left after 1.0 mean, 0.47 after 2.0.
Beyond the mean the share is of the time elapsed: it is one of the rare long ones then."""

SHOW = 0.9
"""The probability, until their slot, that a patient who has not checked in is seen.

No-shows are 5 to 30 %."""
SHOW_LATE = 0.5
LATE = 30 * 60.0
"""From the slot on the probability falls evenly, to SHOW_LATE after LATE seconds and no further:
many patients in the waiting room never check in."""

EARLINESS = 20 * 60.0
"""How long before their slot people come at the earliest: check-ins are spread by 10 minutes around
10 minutes before the slot (Cerruti et al., 2023), so one in six comes more than 20 before it, and
one in six after it. The slot itself is therefore the late end."""

LATENESS_ERROR = 10 * 60.0
"""How far from the time they said late people come, either way: as check-ins are spread."""

LATE_START = 20 * 60.0
PAUSE_OVERRUN = 5 * 60.0
EMERGENCY_OVERRUN = 15 * 60.0
UNKNOWN_PAUSE = 30 * 60.0
"""The slack on the start of the day, on the end of a pause or an emergency, and on a pause without
a known end, in seconds. Once a delay is longer than its slack, as much again is allowed for: a
delay of unknown cause is as likely as not to last as long again (Lindy's law)."""
EMERGENCY_SHARE = 0.5
"""An emergency's slack is also at least this share of its announced length."""

CHANGEOVER = 90.0
"""Slack on every range in seconds: the call, the walk to the door, a "next" pressed late."""

STEP = 5
"""Minutes to which a range is rounded outward; finer would promise what cannot be known."""


@dataclass(frozen=True)
class Expectation:
    """When a patient's consultation is likely to start.

    Attributes:
        ahead: People before them, the one being seen not counted.
        start: The earliest likely start, in UTC.
        end: The latest likely start, in UTC.
        certain: False if the doctor is late to start, a pause has no known end or is over its time,
            or the line is closed.
    """

    ahead: int
    start: datetime
    end: datetime
    certain: bool

    def minutes(self, now: datetime) -> tuple[int, int]:
        """Return the range in minutes from *now*, rounded outward to STEP.

        The high end is above the low one, except in (0, 0): the whole range is past.
        """
        if self.end <= now:
            return 0, 0
        low = max(0, math.floor((self.start - now).total_seconds() / (60 * STEP))) * STEP
        high = math.ceil((self.end - now).total_seconds() / (60 * STEP)) * STEP
        return low, max(high, low + STEP)


@dataclass(frozen=True)
class Pace:
    """How long this doctor's consultations take today, in seconds.

    Attributes:
        mean: The mean of a consultation.
        sd: The standard deviation of a single one.
        error: The standard error of `mean`, which all consultations to come have in common.
    """

    mean: float
    sd: float
    error: float


def estimate_pace(queue: Queue) -> Pace:
    """Estimate the pace from today's consultations, shrunk towards history or else the plan."""
    if queue.prior_minutes:
        weight, prior = CREDIBILITY_OF_HISTORY, queue.prior_minutes * 60.0
    else:
        weight, prior = CREDIBILITY_OF_PLAN, max(1, queue.minutes) * 60.0
    today = queue.consultations
    count = weight + len(today)
    ranked = sorted((*today, *[prior] * int(weight)))
    median = (ranked[len(ranked) // 2] + ranked[(len(ranked) - 1) // 2]) / 2
    low, high = WINSOR_LOW * median, WINSOR_HIGH * median
    believed = [min(max(seconds, low), high) for seconds in today]
    mean = (weight * prior + sum(believed)) / count
    variance = weight * (COEFFICIENT_OF_VARIATION * mean) ** 2
    variance += sum((seconds - mean) ** 2 for seconds in believed)
    sd = min(max(math.sqrt(variance / count), LEAST_VARIATION * mean), MOST_VARIATION * mean)
    return Pace(mean, sd, sd / math.sqrt(count))


def expect_all(queue: Queue, line: Sequence[Waiting], now: datetime) -> list[Expectation]:
    """Return when each in *line*, in the order of being called *now*, is likely to be called in.

    `ahead` counts those called before them if all were called now. A late person may be expected
    before people ahead of them: their turn comes when they do.
    """
    walk = _Walk(queue, now)
    found: dict[str, Expectation] = {}
    ahead = {entry.place: count for count, entry in enumerate(line)}
    for entry in _as_called(line, walk) if any(is_late(e, now) for e in line) else line:
        found[entry.place] = walk.expect(entry, ahead[entry.place])
        walk.pass_by(entry)
    return [found[entry.place] for entry in line]


def _as_called(line: Sequence[Waiting], walk: _Walk) -> Iterator[Waiting]:
    """Give those in *line* in the order in which *walk*, which goes past each, will find them.

    It is that of `call_order.in_call_order` at the instant of each call.
    """
    standing = sorted(line, key=lambda entry: entry.place)
    last = last_here(standing)
    passed: list[Waiting] = []
    for place, entry in enumerate(standing):
        while (back := next((e for e in passed if not is_late(e, walk.at)), None)) is not None:
            passed.remove(back)
            yield back
        if place > last:
            yield from passed
            passed.clear()
        if place < last and is_late(entry, walk.at):
            passed.append(entry)
        else:
            yield entry
    yield from passed


class _Walk:
    """Walks down the line, and keeps when the doctor is free for the next patient.

    `low` and `high` are seconds from now: the doctor's next free moment on a good and a slow day.
    Neither ever falls, so nobody is expected before a patient ahead of them. `work` and `variance`
    are the mean and variance of the consultations held without a gap until then, and `spread` is
    the distance of an end of the range from the mean that they cause: consultations vary
    independently of each other, but share the error of the estimated pace.
    """

    __slots__ = (
        "certain", "high", "low", "now", "origin", "pace", "spread", "variance", "work",
    )  # fmt: skip

    def __init__(self, queue: Queue, now: datetime) -> None:
        self.now = now = now.astimezone(UTC)
        # Results are whole seconds and never past, so they count from the next whole second.
        self.origin = now
        if now.microsecond:
            self.origin = now.replace(microsecond=0) + timedelta(seconds=1)
        self.pace = estimate_pace(queue)
        self.work = 0.0
        self.variance = 0.0
        self.spread = 0.0
        self.low, self.high, self.certain = _free(queue, now)
        elapsed = _elapsed(queue, now)
        if elapsed is None:
            return
        remaining = max(self.pace.mean - elapsed, RESIDUAL * max(self.pace.mean, elapsed))
        if queue.status is QueueStatus.ACTIVE and self.high == 0:
            self._add(remaining, self.pace.sd**2)
        else:
            # The patient inside when the break began has left by now, or is seen on after it.
            self.high += remaining

    @property
    def at(self) -> datetime:
        """When the doctor is likely to be free: between a good and a slow day."""
        return self.now + timedelta(seconds=(self.low + self.high) / 2)

    def pass_by(self, entry: Waiting) -> None:
        """Go past *entry*: wait for the patient until their slot, and see them if they come."""
        mean, sd = self.pace.mean, self.pace.sd
        if entry.arrived:
            self._add(mean, sd * sd)
            return
        awaited = self._awaited(entry)
        show = SHOW
        if awaited <= 0:
            show -= (SHOW - SHOW_LATE) * min(1.0, -awaited / LATE)
        elif entry.late_until is None or is_late(entry, self.at):
            self._wait_until(awaited, EARLINESS if entry.late_until is None else LATENESS_ERROR)
        # Mean and variance of a consultation that takes place with the probability `show`.
        self._add(show * mean, show * sd * sd + show * (1 - show) * mean * mean)

    def expect(self, entry: Waiting, ahead: int) -> Expectation:
        """Return the expectation of *entry*, who is called now, after *ahead* people."""
        low, high = self.low - CHANGEOVER, self.high + CHANGEOVER
        if not entry.arrived:
            awaited = self._awaited(entry)
            if entry.late_until is None:
                low, high = max(low, awaited - EARLINESS), max(high, awaited)
            else:
                low = max(low, awaited - LATENESS_ERROR)
                high = max(high, awaited + LATENESS_ERROR)
        return Expectation(
            ahead,
            self.origin + timedelta(seconds=math.floor(max(0.0, low))),
            self.origin + timedelta(seconds=math.ceil(high)),
            self.certain,
        )

    def _awaited(self, entry: Waiting) -> float:
        """Return when a patient who is not here is to come, at the latest, in seconds from now."""
        return (max(entry.at, entry.late_until or entry.at) - self.now).total_seconds()

    def _wait_until(self, slot: float, earliness: float) -> None:
        """Wait for a patient who comes by *slot*, in seconds from now, or up to *earliness* before.

        Delays before an idle gap no longer matter. The share of them that remains is the part of
        the range in which the doctor is busy until *slot*.
        """
        if slot > self.low:
            busy = (self.high - slot) / (self.high - self.low) if slot < self.high else 0.0
            self.work *= busy
            self.variance *= busy
            self.spread = self._spread()
        self.low = max(self.low, slot - earliness)
        self.high = max(self.high, slot)

    def _add(self, mean: float, variance: float) -> None:
        """Add a consultation, or the rest of one."""
        self.work += mean
        self.variance += variance
        spread = self._spread()
        more = spread - self.spread
        self.spread = spread
        self.low += max(0.0, mean - more)
        self.high += (1 + INTERRUPTIONS) * mean + more

    def _spread(self) -> float:
        error = self.work / self.pace.mean * self.pace.error
        return QUANTILE * math.sqrt(self.variance + error * error)


def _free(queue: Queue, now: datetime) -> tuple[float, float, bool]:
    """Return when the doctor is free, early and late in seconds from *now*, and whether certain."""
    if queue.status is QueueStatus.CLOSED:
        return 0.0, 0.0, False
    known = True
    if queue.status is QueueStatus.ACTIVE:
        if queue.late_until is None or (queue.current_token and queue.late_until <= now):
            return 0.0, 0.0, True  # the doctor is there, or is taken to be with the patient inside
        due, slack = queue.late_until, PAUSE_OVERRUN
    elif queue.status is QueueStatus.SCHEDULED:
        due, slack = max(queue.planned_start, queue.late_until or queue.planned_start), LATE_START
    else:
        since = queue.paused_at or now
        expected = queue.resume_expected_at
        known = expected is not None
        due = expected or since
        slack = PAUSE_OVERRUN if known else UNKNOWN_PAUSE
        if queue.status is QueueStatus.EMERGENCY:
            announced = (due - since).total_seconds()
            slack = max(slack, EMERGENCY_OVERRUN, EMERGENCY_SHARE * announced)
    ahead = (due - now).total_seconds()
    low = max(0.0, ahead)
    return low, low + max(slack, -ahead), known and ahead >= 0


def _elapsed(queue: Queue, now: datetime) -> float | None:
    """Return the seconds the current consultation has taken, breaks left out; None without one."""
    since = queue.current_since
    if queue.current_token is None or since is None or queue.status not in RUNNING:
        return None
    until, resumed, paused = now, queue.resumed_at, queue.paused_at
    if queue.status is not QueueStatus.ACTIVE and paused is not None:
        until = min(now, paused)
    elapsed = (until - since).total_seconds()
    if queue.status is QueueStatus.ACTIVE and resumed is not None and since < resumed <= now:
        elapsed = (now - resumed).total_seconds()
        if paused is not None and since < paused < resumed:
            elapsed += (paused - since).total_seconds()
    if queue.late_since is not None and queue.late_until is not None:
        away = min(now, queue.late_until) - max(since, queue.late_since)
        elapsed -= max(0.0, away.total_seconds())
    return max(0.0, elapsed)
