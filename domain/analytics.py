"""Figures of a period, and the five views of them.

Every number is worked out here, once, from the figures of days:

| figure | is |
| --- | --- |
| totalTokens | completed + cancelled after confirmation + no-show |
| completionRate | completed / totalTokens, percent with one decimal |
| totalPatients | different patients among those tokens, over the whole period |
| newPatients | who of them the doctor had never seen; `/performance` counts tokens |
| returningPatients, returnPatients | the others |
| averageVisitsPerPatient | totalTokens / totalPatients, one decimal |
| patientRetentionRate | tokens of returning patients / totalTokens, whole percent |
| totalRevenue | advanceCollected + consultationRevenue |
| advanceCollected | paid online for bookings of the period and not given back |
| consultationRevenue | collected at the desk |
| averageConsultationFee | totalRevenue / completed, whole rupees, rounded down |
| averageTokensPerDay, dailyAverage | of totalTokens or totalRevenue a day of the period, down |
| averageConsultationTime | from being called in to completion, mean, whole minutes |
| averageWaitTime | from coming to being called in, mean, whole minutes |
| patientSatisfaction | mean stars, one decimal |
| punctualityScore | called in at most 15 minutes after the planned time, whole percent |
| …Growth, growthRate | against as many days just before, whole percent |
| weeklyGrowth, monthlyGrowth | the last 7 (30) days of the period against the 7 (30) before |
| efficiencyImprovement | by how much averageWaitTime fell against the period before, percent |

Coming is the check-in, from the beginning of the doctor's hours at the earliest; without one it is
the planned time, or the call if that was earlier. A figure of nothing (no rating, no period before)
is None. Halves are rounded up.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from domain.model.figures import DayFigures
from domain.periods import MONTH, WEEK, Period

TOP_DOCTORS = 5


# Rounding


def half_up(numerator: int, denominator: int) -> int:
    """Return the quotient as a whole number; halves are rounded away from zero."""
    sign = -1 if (numerator < 0) != (denominator < 0) else 1
    size, by = abs(numerator), abs(denominator)
    return sign * ((2 * size + by) // (2 * by))


def one_decimal(numerator: int, denominator: int) -> float | None:
    """Return the quotient with one decimal, half up; None if *denominator* is 0."""
    return half_up(numerator * 10, denominator) / 10 if denominator else None


def percent(part: int, whole: int) -> int | None:
    """Return *part* in percent of *whole*; None if *whole* is 0."""
    return half_up(part * 100, whole) if whole else None


def minutes(seconds: int, count: int) -> int | None:
    """Return the mean in whole minutes; None if *count* is 0."""
    return half_up(seconds, 60 * count) if count else None


def growth(now: int, before: int) -> int | None:
    """Return the growth from *before* to *now* in percent; None if *before* is 0."""
    return half_up((now - before) * 100, before) if before else None


# Sums


@dataclass
class Totals:
    """Sums over days. Patients are sets, so that each counts once."""

    completed: int = 0
    cancelled: int = 0
    no_show: int = 0
    new_tokens: int = 0
    online_paise: int = 0
    desk_paise: int = 0
    paise_by_type: Counter[str] = field(default_factory=Counter)
    patients: set[str] = field(default_factory=set)
    new_patients: set[str] = field(default_factory=set)
    punctual: int = 0
    stars: int = 0
    ratings: int = 0
    waits: int = 0
    wait_seconds: int = 0
    consultations: int = 0
    consultation_seconds: int = 0

    @property
    def tokens(self) -> int:
        """Tokens that count: completed, cancelled after confirmation, no-show."""
        return self.completed + self.cancelled + self.no_show

    @property
    def revenue_paise(self) -> int:
        """Collected online and at the desk."""
        return self.online_paise + self.desk_paise

    @property
    def wait_minutes(self) -> int | None:
        """Mean wait."""
        return minutes(self.wait_seconds, self.waits)

    @property
    def consultation_minutes(self) -> int | None:
        """Mean length of a consultation."""
        return minutes(self.consultation_seconds, self.consultations)

    @property
    def satisfaction(self) -> float | None:
        """Mean stars."""
        return one_decimal(self.stars, self.ratings)

    def add(self, day: DayFigures) -> None:
        """Add the figures of a day."""
        for name in _SUMMED:
            setattr(self, name, getattr(self, name) + getattr(day, name))
        self.paise_by_type.update(day.paise_by_type)
        self.patients.update(day.patients)
        self.new_patients.update(day.new_patients)
        for hour in day.hours:
            self.waits += hour.waits
            self.wait_seconds += hour.wait_seconds
            self.consultations += hour.consultations
            self.consultation_seconds += hour.consultation_seconds


_SUMMED = (
    "completed", "cancelled", "no_show", "new_tokens", "online_paise", "desk_paise",
    "punctual", "stars", "ratings",
)  # fmt: skip


def total(days: Iterable[DayFigures], period: Period) -> Totals:
    """Sum those of *days* that are in *period*."""
    totals = Totals()
    for day in days:
        if day.date in period:
            totals.add(day)
    return totals


def with_previous(period: Period) -> Period:
    """Return *period* together with the preceding one, with which a dashboard compares it."""
    return Period(period.name, period.before.first, period.last)


def days_needed(period: Period) -> Period:
    """Return the days that the views of *period* need, for weekly and monthly growth too."""
    first = min(period.before.first, period.ending(period.last, 2 * MONTH).first)
    return Period(period.name, first, period.last)


def rupees(paise: int) -> int:
    """Convert to whole rupees, rounded down."""
    return paise // 100


def revenue_trend(days: Sequence[DayFigures], period: Period, span: int) -> int | None:
    """Return the growth, in percent, of the last *span* days' revenue against as many before."""
    last = period.ending(period.last, span)
    return growth(total(days, last).revenue_paise, total(days, last.before).revenue_paise)


def token_trend(days: Sequence[DayFigures], period: Period, span: int) -> int | None:
    """Return the growth, in percent, of the last *span* days' tokens against as many before."""
    last = period.ending(period.last, span)
    return growth(total(days, last).tokens, total(days, last.before).tokens)


# The views


@dataclass(frozen=True)
class DoctorTotals:
    """The sums of one of a clinic's doctors."""

    doctor_id: str
    totals: Totals


def by_doctor(days: Iterable[DayFigures], period: Period) -> list[DoctorTotals]:
    """Sum the days in *period* for each doctor."""
    found: defaultdict[str, Totals] = defaultdict(Totals)
    for day in days:
        if day.date in period:
            found[day.doctor_id].add(day)
    return [DoctorTotals(doctor_id, totals) for doctor_id, totals in found.items()]


@dataclass(frozen=True)
class Dashboard:
    """A clinic's main figures."""

    totals: Totals
    tokens_per_day: int
    revenue_growth: int | None
    patient_growth: int | None
    top_doctors: list[DoctorTotals]
    """By tokens completed, then by revenue, highest first."""


def dashboard(days: Sequence[DayFigures], period: Period) -> Dashboard:
    """Calculate a clinic's dashboard from the figures of all its doctors."""
    now, before = total(days, period), total(days, period.before)
    busy = [d for d in by_doctor(days, period) if d.totals.completed]
    busy.sort(key=lambda d: (-d.totals.completed, -d.totals.revenue_paise, d.doctor_id))
    return Dashboard(
        totals=now,
        tokens_per_day=now.tokens // period.days,
        revenue_growth=growth(now.revenue_paise, before.revenue_paise),
        patient_growth=growth(len(now.patients), len(before.patients)),
        top_doctors=busy[:TOP_DOCTORS],
    )


@dataclass(frozen=True)
class Performance:
    """One doctor's work, counted in tokens."""

    totals: Totals
    daily_average: int
    weekly_growth: int | None
    monthly_growth: int | None
    retention: int | None


def performance(days: Sequence[DayFigures], period: Period) -> Performance:
    """Calculate a doctor's performance from the figures of their days."""
    now = total(days, period)
    return Performance(
        totals=now,
        daily_average=now.tokens // period.days,
        weekly_growth=token_trend(days, period, WEEK),
        monthly_growth=token_trend(days, period, MONTH),
        retention=percent(now.tokens - now.new_tokens, now.tokens),
    )


@dataclass(frozen=True)
class Stats:
    """One doctor's work, counted in patients."""

    totals: Totals
    completion_rate: float | None
    visits_per_patient: float | None
    revenue_per_day: int
    """Whole rupees."""
    punctuality: int | None
    patient_growth: int | None
    revenue_growth: int | None
    efficiency_improvement: int | None


def stats(days: Sequence[DayFigures], period: Period) -> Stats:
    """Calculate a doctor's statistics from the figures of their days."""
    now, before = total(days, period), total(days, period.before)
    waited, waited_before = now.wait_minutes, before.wait_minutes
    faster = None
    if waited is not None and waited_before:
        # From the exact means: they may differ by less than a minute.
        mean, mean_before = now.wait_seconds * before.waits, before.wait_seconds * now.waits
        faster = half_up((mean_before - mean) * 100, mean_before)
    return Stats(
        totals=now,
        completion_rate=one_decimal(now.completed * 100, now.tokens),
        visits_per_patient=one_decimal(now.tokens, len(now.patients)),
        revenue_per_day=rupees(now.revenue_paise // period.days),
        punctuality=percent(now.punctual, now.waits),
        patient_growth=growth(len(now.patients), len(before.patients)),
        revenue_growth=growth(now.revenue_paise, before.revenue_paise),
        efficiency_improvement=faster,
    )


@dataclass(frozen=True)
class Revenue:
    """A clinic's revenue."""

    totals: Totals
    average_fee: int | None
    """Whole rupees."""
    growth_rate: int | None
    doctors: list[DoctorTotals]
    """By revenue, highest first."""
    rupees_by_type: dict[str, int]
    daily_average: int
    """Whole rupees."""
    weekly_growth: int | None
    monthly_growth: int | None


def revenue(days: Sequence[DayFigures], period: Period) -> Revenue:
    """Calculate a clinic's revenue, by doctor and by consultation type."""
    now, before = total(days, period), total(days, period.before)
    earning = [d for d in by_doctor(days, period) if d.totals.revenue_paise or d.totals.completed]
    earning.sort(key=lambda d: (-d.totals.revenue_paise, -d.totals.completed, d.doctor_id))
    return Revenue(
        totals=now,
        average_fee=rupees(now.revenue_paise // now.completed) if now.completed else None,
        growth_rate=growth(now.revenue_paise, before.revenue_paise),
        doctors=earning,
        rupees_by_type={kind: rupees(p) for kind, p in sorted(now.paise_by_type.items())},
        daily_average=rupees(now.revenue_paise // period.days),
        weekly_growth=revenue_trend(days, period, WEEK),
        monthly_growth=revenue_trend(days, period, MONTH),
    )
