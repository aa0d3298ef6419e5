"""The ledger: where every paisa is, by clinic and day, and whether it all adds up (invariant I3).

A day is the clinic's own. What was captured online that day is in a seat, waits for another day, or
goes back; what the desk took stands beside it. Only a clinic's admins and the product itself read
it: a doctor has no business with payments.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeVar

from domain.model.base import stamp
from domain.model.clinics import Clinic
from domain.model.money import Capture, Collection, Disposition, Payment, Refund, RefundStatus
from domain.model.queues import PaymentStatus, Token
from domain.ports import Page
from domain.work import Work

BY_TIME = "clinicId-at-idx"
READ = 100
R = TypeVar("R", Capture, Collection, Refund)


@dataclass(frozen=True)
class Statement:
    """One day of a clinic's money, in paise.

    `captured` is what payers gave online that day; `seated`, `waiting` and `refunded` are where
    that money is now, so that the four add up to nothing. Of `refunded`, `sent_back` is what the
    gateway says has been returned, and `failed` what it could not return: somebody must.
    `collected` is what the desk took that day.
    """

    captured: int = 0
    seated: int = 0
    waiting: int = 0
    refunded: int = 0
    sent_back: int = 0
    failed: int = 0
    collected: int = 0
    payments: int = 0
    """How many payments were captured."""

    @property
    def difference(self) -> int:
        """What was captured and is nowhere: always 0."""
        return self.captured - self.seated - self.waiting - self.refunded

    def __add__(self, other: Statement) -> Statement:
        """Return both days together."""
        return Statement(**{k: v + getattr(other, k) for k, v in vars(self).items()})


@dataclass(frozen=True)
class Paid:
    """A captured payment with all that belongs to it, as a list of payments shows it."""

    capture: Capture
    refund: Refund | None
    payment: Payment | None
    token: Token | None
    """The booking that it pays for, or was meant for."""


@dataclass(frozen=True)
class PaidPage:
    """Payments in the order asked for; `after` continues them, None at the end."""

    payments: list[Paid]
    after: str | None


def collect(work: Work, token: Token) -> Token:
    """Write what the desk has taken for *token*, as the token says; return the token.

    Called whenever that changes: by completing a consultation, and by taking it back.
    """
    row = work.get(Collection, token.token_id, "DESK")
    if (row.amount_paise if row else 0) != token.collected_paise:
        work.put(
            Collection(
                version=row.version if row else 0,
                capture_id=token.token_id,
                clinic_id=token.clinic_id,
                token_id=token.token_id,
                queue_id=token.queue_id,
                doctor_id=token.doctor_id,
                patient_id=token.patient_id,
                amount_paise=token.collected_paise,
                at=work.now,
            )
        )
    return token


def list_payments(
    work: Work,
    clinic: Clinic,
    first: date,
    last: date,
    *,
    limit: int = 50,
    after: str | None = None,
) -> PaidPage:
    """Return the payments captured from *first* to *last*, the newest first.

    *after* is a former page's. The list is found by an index, and may miss the last moments; what
    it shows of each payment is true now.

    Raises:
        ValueError: If *after* is not of such a list, or *limit* not 1 to 1,000.
    """
    page = work.query(
        Capture,
        clinic.clinic_id,
        index=BY_TIME,
        between=_span(clinic, first, last),
        limit=limit,
        after=after,
        descending=True,
    )
    return PaidPage(_with_all(work, page.records), page.after)


def list_collections(
    work: Work,
    clinic: Clinic,
    first: date,
    last: date,
    *,
    limit: int = 50,
    after: str | None = None,
) -> Page[Collection]:
    """Return what the desk took from *first* to *last*, the newest first; paged as payments are.

    What was taken back is among it, with no amount.
    """
    return work.query(
        Collection,
        clinic.clinic_id,
        index=BY_TIME,
        between=_span(clinic, first, last),
        limit=limit,
        after=after,
        descending=True,
    )


def statement(work: Work, clinic: Clinic, day: date) -> Statement:
    """Return *day*'s money of a clinic."""
    total = Statement()
    for paid in _payments(work, clinic, day):
        total += _of(paid)
    collected = sum(row.amount_paise for row in _rows(work, Collection, clinic, day))
    return total + Statement(collected=collected)


def discrepancies(work: Work, clinic: Clinic, day: date) -> list[str]:
    """Return the ids of the day's payments whose rows contradict one another; there are none.

    A payment in a seat or waiting is held by exactly the token that it names, with its amount, and
    has no refund; any other has a refund of its amount, and no token holds it.
    """
    return [paid.capture.capture_id for paid in _payments(work, clinic, day) if not _adds_up(paid)]


def _of(paid: Paid) -> Statement:
    amount = paid.capture.amount_paise
    refund = paid.refund.status if paid.refund else None
    where = paid.capture.disposition
    return Statement(
        captured=amount,
        seated=amount if where is Disposition.SEAT else 0,
        waiting=amount if where is Disposition.WAITING else 0,
        refunded=amount if where is Disposition.REFUND else 0,
        sent_back=amount if refund is RefundStatus.PROCESSED else 0,
        failed=amount if refund is RefundStatus.FAILED else 0,
        payments=1,
    )


def _adds_up(paid: Paid) -> bool:
    capture, refund, token = paid.capture, paid.refund, paid.token
    if token is None:
        return False
    is_held = token.capture_id == capture.capture_id and token.paid_paise > 0
    if capture.disposition is Disposition.REFUND:
        return refund is not None and refund.amount_paise == capture.amount_paise and not is_held
    return (
        refund is None
        and is_held
        and token.paid_paise == capture.amount_paise
        and token.payment_status is PaymentStatus.PAID
    )


def _payments(work: Work, clinic: Clinic, day: date) -> Iterator[Paid]:
    chunk: list[Capture] = []
    for capture in _rows(work, Capture, clinic, day):
        chunk.append(capture)
        if len(chunk) == READ:
            yield from _with_all(work, chunk)
            chunk = []
    yield from _with_all(work, chunk)


def _with_all(work: Work, found: Sequence[Capture]) -> list[Paid]:
    """Return payments with what belongs to them, all of it read by key: an index may lag."""
    keys = [c.capture_id for c in found]
    rows = work.fetch(
        [(Capture, (k, "CAPTURE")) for k in keys] + [(Refund, (k, "REFUND")) for k in keys]
    )
    captures = [c for c in rows if isinstance(c, Capture)]
    refunds = {r.capture_id: r for r in rows if isinstance(r, Refund)}
    others = work.fetch(
        [(Payment, (c.payment_id,)) for c in captures]
        + [(Token, (c.queue_id, c.token_id)) for c in captures]
    )
    payments = {p.payment_id: p for p in others if isinstance(p, Payment)}
    tokens = {t.token_id: t for t in others if isinstance(t, Token)}
    return [
        Paid(c, refunds.get(c.capture_id), payments.get(c.payment_id), tokens.get(c.token_id))
        for c in captures
    ]


def _rows(work: Work, kind: type[R], clinic: Clinic, day: date) -> Iterator[R]:
    span, after = _span(clinic, day, day), None
    while True:
        page = work.query(
            kind, clinic.clinic_id, index=BY_TIME, between=span, limit=READ, after=after
        )
        yield from page.records
        after = page.after
        if after is None:
            return


def _span(clinic: Clinic, first: date, last: date) -> tuple[str, str]:
    """Return the first and the last instant of the clinic's days, as rows are ordered by."""
    begin = datetime.combine(first, time.min, clinic.zone)
    end = datetime.combine(last + timedelta(days=1), time.min, clinic.zone)
    return stamp(begin.astimezone(UTC)), stamp(end.astimezone(UTC) - timedelta(milliseconds=1))
