"""What a doctor did this month, from the figures of its days."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from domain.actions import figures
from domain.model.clinics import Clinic, Doctor
from domain.periods import Period, PeriodName
from domain.timetable import today
from domain.work import Work


@dataclass(frozen=True)
class Month:
    """A doctor's current month, of the clinic's zone, up to today."""

    patients: int
    """Different patients among the tokens."""
    tokens: int
    """Completed, cancelled after confirmation, and no-shows (specification notes, 10)."""
    rating: float | None
    """Mean of the stars, one decimal; None while nobody has rated."""
    revenue_paise: int
    """What was collected, online and at the desk."""


def month_of(work: Work, clinic: Clinic, doctor: Doctor) -> Month:
    """Return what *doctor* did this month; reads a month's days, however many tokens they had."""
    last = today(clinic, work.now)
    period = Period(PeriodName.THIS_MONTH, last.replace(day=1), last)
    days = figures.of_doctor(work, doctor.doctor_id, period)
    stars, ratings = sum(d.stars for d in days), sum(d.ratings for d in days)
    return Month(
        patients=len({patient for day in days for patient in day.patients}),
        tokens=sum(d.completed + d.cancelled + d.no_show for d in days),
        rating=_mean(stars, ratings),
        revenue_paise=sum(d.online_paise + d.desk_paise for d in days),
    )


def _mean(stars: int, ratings: int) -> float | None:
    if not ratings:
        return None
    return float((Decimal(stars) / ratings).quantize(Decimal("0.1"), ROUND_HALF_UP))
