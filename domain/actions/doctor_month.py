"""What a doctor did this month, from its days: patients, tokens, ratings, revenue."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from domain.actions.steps import tokens_of
from domain.model.clinics import Clinic, Doctor
from domain.model.queues import Queue, Token, TokenStatus
from domain.model.visits import Rating
from domain.timetable import today
from domain.work import Work

DAYS_OF_A_MONTH = 31


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
    """Return what *doctor* did this month; reads the month's days, not an index."""
    now = today(clinic, work.now)
    span = (now.replace(day=1).isoformat(), now.isoformat())
    days = work.query(Queue, doctor.doctor_id, between=span, limit=DAYS_OF_A_MONTH).records
    counted: list[Token] = []
    stars: list[int] = []
    for day in days:
        counted += [t for t in tokens_of(work, day.queue_id) if _counts(t)]
        stars += [r.stars for r in work.query(Rating, day.queue_id, limit=1000).records]
    return Month(
        patients=len({t.patient_id for t in counted}),
        tokens=len(counted),
        rating=_mean(stars),
        revenue_paise=sum(_revenue(t) for t in counted),
    )


def _counts(token: Token) -> bool:
    if token.status is TokenStatus.CANCELLED:
        return token.confirmed_at is not None
    return token.status in {TokenStatus.COMPLETED, TokenStatus.NO_SHOW}


def _revenue(token: Token) -> int:
    """A cancelled token's money is on its way back, or waits for another day."""
    if token.status is TokenStatus.CANCELLED:
        return 0
    return token.paid_paise + token.collected_paise


def _mean(stars: list[int]) -> float | None:
    if not stars:
        return None
    mean = Decimal(sum(stars)) / len(stars)
    return float(mean.quantize(Decimal("0.1"), ROUND_HALF_UP))
