"""Periods of figures, in days of the clinic's zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from domain.errors import Invalid


class PeriodName(StrEnum):
    """How a period is asked for; each ends today, `yesterday` and `custom` apart."""

    TODAY = "today"
    YESTERDAY = "yesterday"
    LAST_7_DAYS = "last_7_days"
    LAST_30_DAYS = "last_30_days"
    LAST_90_DAYS = "last_90_days"
    THIS_MONTH = "this_month"
    CUSTOM = "custom"


LONGEST_DAYS = 366
"""Most days of a custom period."""
WEEK, MONTH = 7, 30
"""Days of weekly and monthly growth, compared with as many days before them."""


@dataclass(frozen=True)
class Period:
    """Consecutive days; `first` and `last` are included."""

    name: PeriodName
    first: date
    last: date

    @property
    def days(self) -> int:
        """The number of days."""
        return (self.last - self.first).days + 1

    @property
    def before(self) -> Period:
        """The preceding period, of as many days."""
        return self.ending(self.first - timedelta(days=1), self.days)

    def ending(self, last: date, days: int) -> Period:
        """Return the period of *days* days that ends with *last*."""
        return Period(self.name, last - timedelta(days=days - 1), last)

    def __contains__(self, day: str) -> bool:
        """Whether *day* (ISO, as in `DayFigures`) is in the period."""
        return self.first.isoformat() <= day <= self.last.isoformat()


def period_of(
    name: PeriodName, today: date, start: date | None = None, end: date | None = None
) -> Period:
    """Return the period called *name* as of *today*, a day of the clinic's zone.

    Raises:
        Invalid: If a custom period lacks an end, is the wrong way round, lies ahead or is longer
            than a year; or if days are given for another period.
    """
    if name is PeriodName.CUSTOM:
        return _custom(today, start, end)
    if start is not None or end is not None:
        field = "startDate" if start is not None else "endDate"
        raise Invalid(field, "Is only for the period custom.")
    if name is PeriodName.YESTERDAY:
        yesterday = today - timedelta(days=1)
        return Period(name, yesterday, yesterday)
    return Period(name, today - timedelta(days=_DAYS_BACK.get(name, today.day - 1)), today)


_DAYS_BACK = {
    PeriodName.TODAY: 0,
    PeriodName.LAST_7_DAYS: 6,
    PeriodName.LAST_30_DAYS: 29,
    PeriodName.LAST_90_DAYS: 89,
}
"""Days from the first to the last; a period not named here is this month."""


def _custom(today: date, start: date | None, end: date | None) -> Period:
    if start is None:
        raise Invalid("startDate", "Is needed for a custom period.")
    if end is None:
        raise Invalid("endDate", "Is needed for a custom period.")
    if end > today:
        raise Invalid("endDate", "Lies in the future.")
    if start > end:
        raise Invalid("startDate", "Is after the end.")
    period = Period(PeriodName.CUSTOM, start, end)
    if period.days > LONGEST_DAYS:
        raise Invalid("startDate", f"A period has at most {LONGEST_DAYS} days.")
    return period
