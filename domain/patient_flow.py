"""Patient flow: arrivals, departures, waits and bottlenecks, by hour and by day."""

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
"""How much longer than average people waited who came in an hour that is a bottleneck."""
HOURS_OF_A_DAY = 24


class Reason(StrEnum):
    """Why the waits of an hour were longer than average; the value is shown to people."""

    VOLUME = "High patient volume"
    """More arrivals than departures."""
    LONG = "Long consultations"
    """Those that began in it took longer than average."""
    STALLED = "The line stood still"
    """Neither: the line began late, or was paused."""


@dataclass
class FlowRow:
    """One hour of the day summed over all days, or one day summed over all hours."""

    label: str
    arrivals: int = 0
    departures: int = 0
    waiting: int = 0
    """Patients who had come and not left by its end; each day starts at zero."""
    waits: int = 0
    wait_seconds: int = 0
    consultations: int = 0
    consultation_seconds: int = 0


@dataclass(frozen=True)
class Bottleneck:
    """An hour with long waits."""

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
    """The hours with most arrivals, in order."""
    wait_minutes: int | None
    bottlenecks: list[Bottleneck]
    """The longest wait first."""


def flow(days: Sequence[DayFigures], period: Period) -> Flow:
    """Return the flow of patients in *period*, by hour and by day in the clinic's zone."""
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
            # Hours after midnight are 24 and more: they are added to those of the morning.
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
    return Reason.STALLED
