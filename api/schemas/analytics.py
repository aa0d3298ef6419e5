"""Figures of a period: the clinic's, a doctor's, the flow of patients, revenue."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import MISSING, Field

from api.schemas.base import Data, Day, Id, Path, Query
from domain.periods import PeriodName

Share = Annotated[str, Field(description="Whole percent, such as 15%.")]
Minutes = Annotated[str, Field(description="Whole minutes, such as 18 minutes.")]
Stars = Annotated[float, Field(description="1 to 5, one decimal.")]
Rupees = Annotated[int, Field(description="Whole rupees.")]


class Granularity(StrEnum):
    """How finely the flow of patients is asked for."""

    HOURLY = "hourly"
    DAILY = "daily"


class Breakdown(StrEnum):
    """What revenue is broken down by; both are answered."""

    BY_DOCTOR = "by_doctor"
    BY_CONSULTATION_TYPE = "by_consultation_type"


class DoctorFiguresPath(Path):
    """One doctor."""

    doctor_id: Id


class PeriodQuery(Query):
    """Which days, in the clinic's zone."""

    period: PeriodName = PeriodName.LAST_30_DAYS
    start_date: Day | None = Field(default=None, description="With `custom` only, as is endDate.")
    end_date: Day | None = Field(default=None, description="Included; not after today.")


class MetricsQuery(PeriodQuery):
    """Which days, and which figures of them."""

    metrics: str | None = Field(
        default=None, max_length=200, description="Some of a comma-separated list; all if left out."
    )


class IncludeQuery(PeriodQuery):
    """Which days, and which blocks of figures of them."""

    include: str | None = Field(
        default=None,
        max_length=200,
        description="Some of patients, revenue, ratings; all if left out.",
    )


class FlowQuery(PeriodQuery):
    """Which days, and by what."""

    period: PeriodName = PeriodName.LAST_7_DAYS
    granularity: Granularity = Granularity.HOURLY


class RevenueQuery(PeriodQuery):
    """Which days, and by what."""

    breakdown: Breakdown = Breakdown.BY_DOCTOR


class DoctorNamed(Data):
    """Whose figures they are."""

    doctor_id: str
    name: str


class DashboardSummary(Data):
    """A clinic's period in five numbers."""

    total_revenue: Rupees | MISSING = MISSING
    total_patients: int | MISSING = Field(
        default=MISSING, description="Different patients, over all doctors."
    )
    total_tokens: int | MISSING = Field(
        default=MISSING, description="Completed, cancelled after confirmation, and no-shows."
    )
    average_tokens_per_day: int | MISSING = MISSING
    patient_satisfaction: Stars | MISSING | None = MISSING


class DashboardTrends(Data):
    """Against the period before."""

    revenue_growth: Share | MISSING | None = MISSING
    patient_growth: Share | MISSING | None = MISSING
    average_wait_time: Minutes | MISSING | None = MISSING


class TopDoctor(Data):
    """One of those who completed most."""

    doctor_id: str
    name: str
    tokens_completed: int | MISSING = MISSING
    revenue: Rupees | MISSING = MISSING
    avg_consultation_time: Minutes | MISSING | None = MISSING


class DashboardData(Data):
    """A clinic at a glance."""

    summary: DashboardSummary
    trends: DashboardTrends
    top_doctors: list[TopDoctor]


class TokenCounts(Data):
    """How a doctor's bookings ended."""

    total_tokens: int
    completed_tokens: int
    cancelled_tokens: int
    no_show_tokens: int
    completion_rate: Annotated[str, Field(description="One decimal, such as 95.8%.")] | None


class PatientCounts(Data):
    """A doctor's patients, each counted once."""

    total_patients: int
    new_patients: int = Field(description="Whom the doctor had never seen before.")
    return_patients: int
    average_visits_per_patient: float | None


class RevenueBlock(Data):
    """What was collected."""

    total_revenue: Rupees
    advance_collected: Rupees = Field(description="Online, and not given back.")
    consultation_revenue: Rupees = Field(description="At the desk.")
    average_revenue_per_day: Rupees


class Efficiency(Data):
    """How the line ran."""

    average_consultation_time: Minutes | None
    average_wait_time: Minutes | None
    patient_satisfaction: Stars | None
    punctuality_score: Share | None = Field(
        description="Called in at most 15 minutes after the planned time."
    )


class StatsTrends(Data):
    """Against the period before, with a sign."""

    patient_growth: Share | None
    revenue_growth: Share | MISSING | None = MISSING
    efficiency_improvement: Share | None = Field(description="By how much the average wait fell.")


class StatsData(Data):
    """A doctor's statistics; a doctor is told no revenue."""

    doctor: DoctorNamed
    period: PeriodName
    performance: TokenCounts
    patients: PatientCounts | MISSING = MISSING
    revenue: RevenueBlock | MISSING = MISSING
    efficiency: Efficiency | MISSING = MISSING
    trends: StatsTrends


class PerformanceBlock(Data):
    """What a doctor did."""

    total_tokens: int | MISSING = MISSING
    completed_tokens: int | MISSING = MISSING
    cancelled_tokens: int | MISSING = MISSING
    no_show_tokens: int | MISSING = MISSING
    total_revenue: Rupees | MISSING = MISSING
    average_consultation_time: Minutes | None
    patient_satisfaction: Stars | None


class PerformanceTrends(Data):
    """Of tokens, at the end of the period."""

    daily_average: int
    weekly_growth: Share | None = Field(description="The last 7 days against the 7 before.")
    monthly_growth: Share | None = Field(description="The last 30 days against the 30 before.")


class PatientMetrics(Data):
    """Tokens of patients new to the doctor and of others."""

    new_patients: int
    returning_patients: int
    patient_retention_rate: Share | None


class PerformanceData(Data):
    """A doctor's performance; a doctor is told no revenue."""

    doctor: DoctorNamed
    performance: PerformanceBlock
    trends: PerformanceTrends | MISSING = MISSING
    patient_metrics: PatientMetrics | MISSING = MISSING


class FlowRowData(Data):
    """One hour of the day over the whole period, or one day."""

    hour: str | MISSING = MISSING
    date: Day | MISSING = MISSING
    arrivals: int
    departures: int
    waiting: int = Field(description="Who had come and not left by its end; each day from zero.")


class BottleneckData(Data):
    """An hour in which people waited at least a quarter longer than on average."""

    time_slot: str
    wait_time: Minutes
    reason: str


class FlowData(Data):
    """How patients move through the clinic."""

    patient_flow: list[FlowRowData]
    peak_hours: list[str]
    average_wait_time: Minutes | None
    bottlenecks: list[BottleneckData]


class RevenueTotals(Data):
    """The period's income."""

    total_revenue: Rupees
    total_consultations: int
    average_consultation_fee: Rupees | None
    growth_rate: Share | None


class DoctorRevenue(Data):
    """One doctor's part of it."""

    doctor_id: str
    name: str
    revenue: Rupees
    consultations: int


class RevenueBreakdown(Data):
    """Whose it is, and what for."""

    by_doctor: list[DoctorRevenue]
    by_consultation_type: dict[str, int]


class RevenueTrends(Data):
    """How it develops, at the end of the period."""

    daily_average: Rupees
    weekly_growth: Share | None
    monthly_growth: Share | None


class RevenueData(Data):
    """A clinic's revenue."""

    revenue: RevenueTotals
    breakdown: RevenueBreakdown
    trends: RevenueTrends
