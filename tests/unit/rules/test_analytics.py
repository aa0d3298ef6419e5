"""How figures are rounded, and what is None."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import analytics
from domain.analytics import growth, half_up, minutes, one_decimal, percent
from domain.model.figures import DayFigures, Hour
from domain.patient_flow import Reason, flow
from domain.periods import PeriodName, period_of

TODAY = date(2030, 1, 15)
WEEK = period_of(PeriodName.LAST_7_DAYS, TODAY)


@pytest.mark.parametrize(
    ("part", "whole", "found"),
    [(1, 2, 1), (3, 2, 2), (5, 4, 1), (7, 4, 2), (0, 3, 0), (-1, 2, -1), (-5, 4, -1)],
)
def test_halves_are_rounded_up(part, whole, found):
    assert half_up(part, whole) == found


@given(st.integers(-(10**12), 10**12), st.integers(1, 10**9))
def test_a_rounded_quotient_is_at_most_half_away(part, whole):
    assert abs(half_up(part, whole) - Fraction(part, whole)) <= Fraction(1, 2)


def test_a_figure_of_nothing_is_none():
    assert one_decimal(0, 0) is None
    assert percent(0, 0) is None
    assert minutes(0, 0) is None
    assert growth(5, 0) is None
    empty = analytics.stats([], WEEK)
    assert (empty.completion_rate, empty.punctuality, empty.patient_growth) == (None, None, None)
    assert (empty.totals.satisfaction, empty.revenue_per_day) == (None, 0)
    assert analytics.revenue([], WEEK).average_fee is None
    assert analytics.performance([], WEEK).retention is None
    assert flow([], WEEK).hours == []


def test_growth_is_negative_when_there_is_less():
    assert growth(95, 100) == -5
    assert growth(100, 100) == 0


def a_day(day: str, doctor: str = "doc_1", **facts: object) -> DayFigures:
    usual = {"doctor_id": doctor, "date": day, "clinic_id": "clinic_1", "queue_id": f"q-{day}"}
    return DayFigures(**(usual | facts))  # type: ignore[arg-type]


def test_averages_a_day_and_rupees_round_down():
    days = [a_day("2030-01-15", completed=13, online_paise=199, desk_paise=100)]
    assert analytics.dashboard(days, WEEK).tokens_per_day == 1
    assert analytics.rupees(299) == 2
    assert analytics.stats(days, WEEK).revenue_per_day == 0


def test_the_top_doctors_are_five_who_completed_most_then_earned_most():
    days = [
        a_day("2030-01-15", f"doc_{n}", completed=done, desk_paise=paise)
        for n, (done, paise) in enumerate(
            [(3, 100), (9, 100), (3, 900), (0, 999), (5, 0), (1, 0), (2, 0)]
        )
    ]
    top = [d.doctor_id for d in analytics.dashboard(days, WEEK).top_doctors]
    assert top == ["doc_1", "doc_4", "doc_2", "doc_0", "doc_6"]


def test_weekly_and_monthly_growth_look_at_the_end_of_the_period():
    days = [
        a_day("2030-01-15", completed=6, desk_paise=600),
        a_day("2030-01-05", completed=4, desk_paise=300),
        a_day("2029-12-05", completed=5, desk_paise=450),
    ]
    today = period_of(PeriodName.TODAY, TODAY)
    assert analytics.days_needed(today).first == date(2029, 11, 17)
    work = analytics.performance(days, today)
    assert (work.daily_average, work.weekly_growth, work.monthly_growth) == (6, 50, 100)
    assert analytics.revenue(days, today).monthly_growth == 100


def test_an_hour_of_long_consultations_is_a_bottleneck_for_that_reason():
    quick = Hour(
        hour=9, arrivals=4, departures=4, waits=4, wait_seconds=600,
        consultations=4, consultation_seconds=2400,
    )  # fmt: skip
    slow = Hour(
        hour=10, arrivals=2, departures=2, waits=2, wait_seconds=3000,
        consultations=2, consultation_seconds=3600,
    )  # fmt: skip
    found = flow([a_day("2030-01-15", hours=(quick, slow))], WEEK)
    assert found.wait_minutes == 10
    assert [(b.hour, b.wait_minutes, b.reason) for b in found.bottlenecks] == [
        ("10:00", 25, Reason.LONG)
    ]


def test_waiting_starts_from_zero_each_day_and_hours_without_anybody_are_shown():
    days = [
        a_day("2030-01-14", hours=(Hour(hour=9, arrivals=3, departures=1),)),
        a_day("2030-01-15", hours=(Hour(hour=9, arrivals=2), Hour(hour=12, departures=2))),
    ]
    found = flow(days, WEEK)
    assert [(r.label, r.arrivals, r.departures, r.waiting) for r in found.hours] == [
        ("09:00", 5, 1, 4),
        ("10:00", 0, 0, 2),
        ("11:00", 0, 0, 2),
        ("12:00", 0, 2, 0),
    ]
    assert [(r.label, r.waiting) for r in found.days] == [("2030-01-14", 2), ("2030-01-15", 0)]
