"""Figures: the clinic's dashboard, doctors, the flow of patients, revenue."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from pydantic import MISSING

from api.frame.calls import Answer, Call
from api.frame.days import day_of
from api.frame.routes import Resource
from api.schemas.analytics import (
    BottleneckData,
    DashboardData,
    DashboardSummary,
    DashboardTrends,
    DoctorFiguresPath,
    DoctorNamed,
    DoctorRevenue,
    Efficiency,
    FlowData,
    FlowQuery,
    FlowRowData,
    Granularity,
    IncludeQuery,
    MetricsQuery,
    PatientCounts,
    PatientMetrics,
    PerformanceBlock,
    PerformanceData,
    PerformanceTrends,
    PeriodQuery,
    RevenueBlock,
    RevenueBreakdown,
    RevenueData,
    RevenueQuery,
    RevenueTotals,
    RevenueTrends,
    StatsData,
    StatsTrends,
    TokenCounts,
    TopDoctor,
)
from domain import analytics as views
from domain import plans
from domain.actions.reports import figures
from domain.analytics import rupees
from domain.errors import Invalid
from domain.model.clinics import Clinic, Doctor
from domain.model.figures import DayFigures
from domain.patient_flow import FlowRow, flow
from domain.periods import Period, period_of
from domain.permissions import EVERYBODY, Permission
from domain.plans import Feature
from domain.timetable import today
from domain.work import Work

analytics = Resource("analytics", views.__doc__ or "")
METRICS = frozenset({"revenue", "patients", "tokens"})
BLOCKS = frozenset({"patients", "revenue", "ratings"})


@analytics.get("/clinics/analytics", needs=Permission.VIEW_ANALYTICS, answers=DashboardData)
def get_clinic_analytics(work: Work, call: Call, query: MetricsQuery) -> Answer:
    """Return the clinic's figures of a period; the same as the dashboard.

    `metrics`: some of revenue, patients, tokens.
    """
    return _dashboard(work, call, query)


@analytics.get(
    "/analytics/clinic/dashboard", needs=Permission.VIEW_ANALYTICS, answers=DashboardData
)
def get_dashboard(work: Work, call: Call, query: MetricsQuery) -> Answer:
    """Return the clinic at a glance.

    `metrics`: some of revenue, patients, tokens.
    """
    return _dashboard(work, call, query)


@analytics.get("/doctors/<doctorId>/stats", needs=EVERYBODY, answers=StatsData)
def get_doctor_stats(
    work: Work, call: Call, path: DoctorFiguresPath, query: IncludeQuery
) -> Answer:
    """Return a doctor's statistics, counted in patients.

    `include`: some of patients, revenue, ratings. A doctor sees their own and no revenue. In the
    Professional plan.
    """
    doctor = _doctor(work, call, path)
    period, days = _doctor_days(work, call, doctor, query)
    wanted = _parse_choice(call, query.include, BLOCKS, "include")
    found = views.stats(days, period)
    totals = found.totals
    return Answer(
        StatsData(
            doctor=DoctorNamed(doctor_id=doctor.doctor_id, name=doctor.name),
            period=period.name,
            performance=TokenCounts(
                total_tokens=totals.tokens,
                completed_tokens=totals.completed,
                cancelled_tokens=totals.cancelled,
                no_show_tokens=totals.no_show,
                completion_rate=_with_unit(found.completion_rate, "%"),
            ),
            patients=_render_patients(found) if "patients" in wanted else MISSING,
            revenue=_render_revenue(found) if "revenue" in wanted else MISSING,
            efficiency=Efficiency(
                average_consultation_time=_with_unit(totals.consultation_minutes, " minutes"),
                average_wait_time=_with_unit(totals.wait_minutes, " minutes"),
                patient_satisfaction=totals.satisfaction,
                punctuality_score=_with_unit(found.punctuality, "%"),
            )
            if "ratings" in wanted
            else MISSING,
            trends=StatsTrends(
                patient_growth=_with_sign(found.patient_growth),
                revenue_growth=_with_sign(found.revenue_growth) if "revenue" in wanted else MISSING,
                efficiency_improvement=_with_sign(found.efficiency_improvement),
            ),
        )
    )


@analytics.get(
    "/analytics/doctors/<doctorId>/performance", needs=EVERYBODY, answers=PerformanceData
)
def get_doctor_performance(
    work: Work, call: Call, path: DoctorFiguresPath, query: MetricsQuery
) -> Answer:
    """Return a doctor's performance, counted in tokens.

    `metrics`: some of tokens, revenue, patients. A doctor sees their own and no revenue. In the
    Professional plan.
    """
    doctor = _doctor(work, call, path)
    period, days = _doctor_days(work, call, doctor, query)
    wanted = _parse_choice(call, query.metrics, METRICS, "metrics")
    found = views.performance(days, period)
    totals = found.totals
    counted = "tokens" in wanted
    return Answer(
        PerformanceData(
            doctor=DoctorNamed(doctor_id=doctor.doctor_id, name=doctor.name),
            performance=PerformanceBlock(
                total_tokens=totals.tokens if counted else MISSING,
                completed_tokens=totals.completed if counted else MISSING,
                cancelled_tokens=totals.cancelled if counted else MISSING,
                no_show_tokens=totals.no_show if counted else MISSING,
                total_revenue=rupees(totals.revenue_paise) if "revenue" in wanted else MISSING,
                average_consultation_time=_with_unit(totals.consultation_minutes, " minutes"),
                patient_satisfaction=totals.satisfaction,
            ),
            trends=PerformanceTrends(
                daily_average=found.daily_average,
                weekly_growth=_with_unit(found.weekly_growth, "%"),
                monthly_growth=_with_unit(found.monthly_growth, "%"),
            )
            if counted
            else MISSING,
            patient_metrics=PatientMetrics(
                new_patients=totals.new_tokens,
                returning_patients=totals.tokens - totals.new_tokens,
                patient_retention_rate=_with_unit(found.retention, "%"),
            )
            if "patients" in wanted
            else MISSING,
        )
    )


@analytics.get("/analytics/patients/flow", needs=Permission.VIEW_ANALYTICS, answers=FlowData)
def get_patient_flow(work: Work, call: Call, query: FlowQuery) -> Answer:
    """Return how patients move through the clinic, by hour of its day or by day.

    In the Professional plan.
    """
    clinic = _clinic(work, call, Feature.FLOW_ANALYTICS)
    period = _period(work, clinic, query)
    found = flow(figures.figures_of_clinic(work, clinic.clinic_id, period), period)
    daily = query.granularity is Granularity.DAILY
    return Answer(
        FlowData(
            patient_flow=[
                _render_flow_row(row, daily=daily) for row in (found.days if daily else found.hours)
            ],
            peak_hours=found.peak_hours,
            average_wait_time=_with_unit(found.wait_minutes, " minutes"),
            bottlenecks=[
                BottleneckData(
                    time_slot=f"{slow.hour}-{_hour_after(slow.hour)}",
                    wait_time=f"{slow.wait_minutes} minutes",
                    reason=slow.reason.value,
                )
                for slow in found.bottlenecks
            ],
        )
    )


@analytics.get("/analytics/revenue", needs=Permission.VIEW_REVENUE, answers=RevenueData)
def get_revenue(work: Work, call: Call, query: RevenueQuery) -> Answer:
    """Return the clinic's revenue by doctor and by consultation type.

    In the Professional plan.
    """
    clinic = _clinic(work, call, Feature.REVENUE_ANALYTICS)
    period = _period(work, clinic, query)
    days = figures.figures_of_clinic(work, clinic.clinic_id, views.days_needed(period))
    found = views.revenue(days, period)
    names = _names(work, clinic, (d.doctor_id for d in found.doctors))
    return Answer(
        RevenueData(
            revenue=RevenueTotals(
                total_revenue=rupees(found.totals.revenue_paise),
                total_consultations=found.totals.completed,
                average_consultation_fee=found.average_fee,
                growth_rate=_with_unit(found.growth_rate, "%"),
            ),
            breakdown=RevenueBreakdown(
                by_doctor=[
                    DoctorRevenue(
                        doctor_id=d.doctor_id,
                        name=names(d.doctor_id),
                        revenue=rupees(d.totals.revenue_paise),
                        consultations=d.totals.completed,
                    )
                    for d in found.doctors
                ],
                by_consultation_type=found.rupees_by_type,
            ),
            trends=RevenueTrends(
                daily_average=found.daily_average,
                weekly_growth=_with_unit(found.weekly_growth, "%"),
                monthly_growth=_with_unit(found.monthly_growth, "%"),
            ),
        )
    )


def _render_patients(found: views.Stats) -> PatientCounts:
    totals = found.totals
    return PatientCounts(
        total_patients=len(totals.patients),
        new_patients=len(totals.new_patients),
        return_patients=len(totals.patients - totals.new_patients),
        average_visits_per_patient=found.visits_per_patient,
    )


def _render_revenue(found: views.Stats) -> RevenueBlock:
    totals = found.totals
    return RevenueBlock(
        total_revenue=rupees(totals.revenue_paise),
        advance_collected=rupees(totals.online_paise),
        consultation_revenue=rupees(totals.desk_paise),
        average_revenue_per_day=found.revenue_per_day,
    )


def _dashboard(work: Work, call: Call, query: MetricsQuery) -> Answer:
    clinic = _clinic(work, call, Feature.DASHBOARD)
    period = _period(work, clinic, query)
    wanted = _parse_choice(call, query.metrics, METRICS, "metrics")
    days = figures.figures_of_clinic(work, clinic.clinic_id, views.with_previous(period))
    found = views.dashboard(days, period)
    totals = found.totals
    names = _names(work, clinic, (d.doctor_id for d in found.top_doctors))
    money, people, tokens = (name in wanted for name in ("revenue", "patients", "tokens"))
    return Answer(
        DashboardData(
            summary=DashboardSummary(
                total_revenue=rupees(totals.revenue_paise) if money else MISSING,
                total_patients=len(totals.patients) if people else MISSING,
                total_tokens=totals.tokens if tokens else MISSING,
                average_tokens_per_day=found.tokens_per_day if tokens else MISSING,
                patient_satisfaction=totals.satisfaction if people else MISSING,
            ),
            trends=DashboardTrends(
                revenue_growth=_with_unit(found.revenue_growth, "%") if money else MISSING,
                patient_growth=_with_unit(found.patient_growth, "%") if people else MISSING,
                average_wait_time=_with_unit(totals.wait_minutes, " minutes")
                if tokens
                else MISSING,
            ),
            top_doctors=[
                TopDoctor(
                    doctor_id=d.doctor_id,
                    name=names(d.doctor_id),
                    tokens_completed=d.totals.completed if tokens else MISSING,
                    revenue=rupees(d.totals.revenue_paise) if money else MISSING,
                    avg_consultation_time=_with_unit(d.totals.consultation_minutes, " minutes")
                    if tokens
                    else MISSING,
                )
                for d in found.top_doctors
            ],
        )
    )


def _clinic(work: Work, call: Call, feature: Feature) -> Clinic:
    clinic = work.require(Clinic, call.caller.clinic_id)
    plans.require(clinic, feature)
    return clinic


def _doctor(work: Work, call: Call, path: DoctorFiguresPath) -> Doctor:
    return work.require(Doctor, call.caller.clinic_id, path.doctor_id)


def _doctor_days(
    work: Work, call: Call, doctor: Doctor, query: PeriodQuery
) -> tuple[Period, list[DayFigures]]:
    clinic = _clinic(work, call, Feature.DOCTOR_ANALYTICS)
    period = _period(work, clinic, query)
    return period, figures.figures_of_doctor(work, doctor.doctor_id, views.days_needed(period))


def _period(work: Work, clinic: Clinic, query: PeriodQuery) -> Period:
    return period_of(
        query.period,
        today(clinic, work.now),
        day_of(query.start_date, "startDate"),
        day_of(query.end_date, "endDate"),
    )


def _parse_choice(call: Call, text: str | None, known: frozenset[str], field: str) -> set[str]:
    """Return the figures that the caller chose; a doctor gets no revenue, chosen or not.

    Raises:
        Invalid: If one is unknown.
    """
    asked = {name.strip() for name in text.split(",")} if text is not None else set(known)
    if not asked <= known:
        raise Invalid(field, f"Is some of {', '.join(sorted(known))}.")
    return asked if call.caller.is_admin else asked - {"revenue"}


def _names(work: Work, clinic: Clinic, ids: Iterable[str]) -> Callable[[str], str]:
    found = work.fetch([(Doctor, (clinic.clinic_id, doctor_id)) for doctor_id in ids])
    names = {d.doctor_id: d.name for d in found if isinstance(d, Doctor)}
    return lambda doctor_id: names.get(doctor_id, "")


def _render_flow_row(row: FlowRow, *, daily: bool) -> FlowRowData:
    return FlowRowData(
        hour=MISSING if daily else row.label,
        date=row.label if daily else MISSING,
        arrivals=row.arrivals,
        departures=row.departures,
        waiting=row.waiting,
    )


def _hour_after(clock: str) -> str:
    return f"{(int(clock[:2]) + 1) % 24:02d}:00"


def _with_unit(value: float | None, unit: str) -> str | None:
    return None if value is None else f"{value}{unit}"


def _with_sign(percent: int | None) -> str | None:
    return None if percent is None else f"{percent:+d}%" if percent else "0%"
