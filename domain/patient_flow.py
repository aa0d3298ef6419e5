"""How patients move through a clinic: who comes when, who waits, and where it gets stuck."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from domain.analytics import Totals, minutes, total
from domain.model.figures import DayFigures
from domain.periods import Period

PEAK_HOURS = 3
BOTTLENECKS = 3
SLOWER_BY_PERCENT = 25
"""An hour is a bottleneck if those who came in it waited so much longer than the average."""
HOURS_OF_A_DAY = 24


class Reason(StrEnum):
    """Why people waited longer in an hour than they do on average."""

    VOLUME = "High patient volume"
    """More came than left."""
    LONG = "Long consultations"
    """Those that began in it took longer than they do on average."""
    STOOD = "The line stood still"
    """Neither: it began late, or was paused."""


@dataclass
class FlowRow:
    """An hour of the day, or a day, with all days or hours of it together."""

    label: str
    arrivals: int = 0
    departures: int = 0
    waiting: int = 0
    """Who had come and not left by its end, each day counted from zero."""
    waits: int = 0
    wait_seconds: int = 0
    consultations: int = 0
    consultation_seconds: int = 0


@dataclass(frozen=True)
class Bottleneck:
    """An hour in which people waited long."""

    hour: str
    wait_minutes: int
    reason: Reason


@dataclass(frozen=True)
class Flow:
    """How patients move through a clinic."""

    hours: list[FlowRow]
    """From the first hour with anybody in it to the last."""
    days: list[FlowRow]
    peak_hours: list[str]
    """When most came, in the order of the clock."""
    wait_minutes: int | None
    bottlenecks: list[Bottleneck]
    """The longest wait first."""


def flow(days: Sequence[DayFigures], period: Period) -> Flow:
    """Return the flow of patients by hour and by day, in the clinic's zone."""
    inside = [day for day in days if day.date in period]
    totals = total(days, period)
    hours = _by_hour(inside)
    busiest = sorted((h for h in hours if h.arrivals), key=lambda h: (-h.arrivals, h.label))
    return Flow(
        hours=hours,
        days=_by_day(inside),
        peak_hours=sorted(h.label for h in busiest[:PEAK_HOURS]),
        wait_minutes=totals.wait_minutes,
        bottlenecks=_bottlenecks(hours, totals),
    )


def _by_hour(days: Iterable[DayFigures]) -> list[FlowRow]:
    rows: dict[int, FlowRow] = {}
    for day in days:
        if not day.hours:
            continue
        present = 0
        known = {hour.hour: hour for hour in day.hours}
        for number in range(day.hours[0].hour, day.hours[-1].hour + 1):
            # After midnight it is the same hour of the clock as in the morning of the same day.
            row = rows.setdefault(number % HOURS_OF_A_DAY, FlowRow(_clock(number)))
            hour = known.get(number)
            if hour is not None:
                present += hour.arrivals - hour.departures
                _add(row, hour.arrivals, hour.departures)
                row.waits += hour.waits
                row.wait_seconds += hour.wait_seconds
                row.consultations += hour.consultations
                row.consultation_seconds += hour.consultation_seconds
            row.waiting += present
    if not rows:
        return []
    first, last = min(rows), max(rows)
    return [rows.get(number, FlowRow(_clock(number))) for number in range(first, last + 1)]


def _add(row: FlowRow, arrivals: int, departures: int) -> None:
    row.arrivals += arrivals
    row.departures += departures


def _by_day(days: Iterable[DayFigures]) -> list[FlowRow]:
    rows: dict[str, FlowRow] = {}
    for day in days:
        row = rows.setdefault(day.date, FlowRow(day.date))
        for hour in day.hours:
            _add(row, hour.arrivals, hour.departures)
            row.waiting += hour.arrivals - hour.departures
    return [rows[label] for label in sorted(rows)]


def _clock(hour: int) -> str:
    return f"{hour % HOURS_OF_A_DAY:02d}:00"


def _bottlenecks(hours: Iterable[FlowRow], totals: Totals) -> list[Bottleneck]:
    slow = [
        row
        for row in hours
        if row.waits
        and row.wait_seconds * totals.waits * 100
        >= totals.wait_seconds * row.waits * (100 + SLOWER_BY_PERCENT)
        and minutes(row.wait_seconds, row.waits)
    ]
    slow.sort(key=lambda row: (-row.wait_seconds / row.waits, row.label))
    return [
        Bottleneck(row.label, minutes(row.wait_seconds, row.waits) or 0, _reason(row, totals))
        for row in slow[:BOTTLENECKS]
    ]


def _reason(row: FlowRow, totals: Totals) -> Reason:
    if row.arrivals > row.departures:
        return Reason.VOLUME
    took = row.consultation_seconds * totals.consultations
    if row.consultations and took > totals.consultation_seconds * row.consultations:
        return Reason.LONG
    return Reason.STOOD
