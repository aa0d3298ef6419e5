"""Periods, in the clinic's days."""

from __future__ import annotations

from datetime import date

import pytest

from domain.errors import Invalid
from domain.periods import PeriodName, period_of

TODAY = date(2030, 3, 1)


@pytest.mark.parametrize(
    ("name", "first", "last", "days"),
    [
        ("today", "2030-03-01", "2030-03-01", 1),
        ("yesterday", "2030-02-28", "2030-02-28", 1),
        ("last_7_days", "2030-02-23", "2030-03-01", 7),
        ("last_30_days", "2030-01-31", "2030-03-01", 30),
        ("last_90_days", "2029-12-02", "2030-03-01", 90),
        ("this_month", "2030-03-01", "2030-03-01", 1),
    ],
)
def test_a_period_has_its_days(name, first, last, days):
    period = period_of(PeriodName(name), TODAY)
    assert (period.first.isoformat(), period.last.isoformat()) == (first, last)
    assert period.days == days


def test_the_period_before_is_as_long_and_ends_the_day_before():
    before = period_of(PeriodName.LAST_30_DAYS, TODAY).before
    assert (before.first, before.last) == (date(2030, 1, 1), date(2030, 1, 30))


def test_this_month_goes_up_to_today():
    period = period_of(PeriodName.THIS_MONTH, date(2030, 2, 14))
    assert (period.first, period.days) == (date(2030, 2, 1), 14)


def test_days_lie_in_a_period_with_both_ends():
    period = period_of(PeriodName.CUSTOM, TODAY, date(2030, 2, 1), date(2030, 2, 3))
    inside = [f"2030-02-0{day}" for day in range(1, 6) if f"2030-02-0{day}" in period]
    assert inside == ["2030-02-01", "2030-02-02", "2030-02-03"]


@pytest.mark.parametrize(
    ("name", "start", "end", "field"),
    [
        ("custom", None, None, "startDate"),
        ("custom", date(2030, 2, 1), None, "endDate"),
        ("custom", None, date(2030, 2, 1), "startDate"),
        ("custom", date(2030, 2, 2), date(2030, 2, 1), "startDate"),
        ("custom", date(2030, 2, 1), date(2030, 3, 2), "endDate"),
        ("custom", date(2029, 2, 1), date(2030, 3, 1), "startDate"),
        ("today", date(2030, 2, 1), None, "startDate"),
        ("today", None, date(2030, 2, 1), "endDate"),
    ],
)
def test_what_is_no_period_is_refused_by_field(name, start, end, field):
    with pytest.raises(Invalid) as refused:
        period_of(PeriodName(name), TODAY, start, end)
    assert refused.value.field == field
