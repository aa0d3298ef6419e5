"""The ledger: where every paisa is, by clinic and day, and whether it all adds up (invariant I3).

Every capture is in exactly one of these: it pays for a seat, is kept for another day, is refunded,
or (where a clinic pays the product) has paid an invoice. But for what a person returned of it in
the gateway's dashboard, which is a total of its own. What the desk collects is listed beside
the captures. Days are the clinic's own. Only a clinic's admins and the product itself read a
ledger, never a doctor.

What clinics pay for the product is in a ledger of the product (`PRODUCT_LEDGER`), whose days are
UTC's, and in no clinic's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import Protocol, TypeVar
from zoneinfo import ZoneInfo

from domain.actors import Actor
from domain.errors import Invalid
from domain.model.base import Record, stamp
from domain.model.clinics import Clinic, Doctor
from domain.model.money import (
    PRODUCT,
    Capture,
    Collection,
    Disposition,
    Method,
    Outstanding,
    Payment,
    Refund,
    RefundStatus,
    RequestStatus,
)
from domain.model.queues import PaymentStatus, Token, TokenStatus
from domain.model.subscriptions import Invoice, InvoiceStatus
from domain.periods import PeriodName, period_of
from domain.ports import Page
from domain.timetable import today
from domain.work import Work

BY_TIME = "clinicId-at-idx"
CHUNK = 100
LONGEST_DAYS = 31
"""The longest span that is listed at once: the totals of each day are computed anew."""
R = TypeVar("R", Capture, Collection, Outstanding)


class Owner(Protocol):
    """Whose ledger it is: a clinic's, or the product's."""

    @property
    def clinic_id(self) -> str:
        """The `clinic_id` of the ledger's rows."""

    @property
    def zone(self) -> ZoneInfo:
        """The time zone in which the ledger's days begin and end."""


@dataclass(frozen=True)
class _Product:
    clinic_id: str
    zone: ZoneInfo


PRODUCT_LEDGER: Owner = _Product(PRODUCT, ZoneInfo("UTC"))
"""The product's own ledger: what clinics pay for it."""


@dataclass(frozen=True)
class Statement:
    """One day's totals, in paise; each part of `captured` is in one of the next five."""

    captured: int = 0
    """What payers paid online that day, wherever it is now."""
    seated: int = 0
    """Of that: what pays for seats."""
    waiting: int = 0
    """Of that: what is kept for another day, after a clinic closed."""
    invoiced: int = 0
    """Of that: what paid clinics' bills; only in the product's own ledger."""
    refunded: int = 0
    """Of that: what is to be refunded, whether the gateway has done so yet or not."""
    by_hand: int = 0
    """Of that: what a person returned in the gateway's dashboard."""
    sent_back: int = 0
    """Of `refunded`: what the gateway has refunded."""
    failed: int = 0
    """Of `refunded`: what the gateway could not refund, so that a person must."""
    collected: int = 0
    """What the desk took that day; no part of `captured`."""
    cash: int = 0
    """Of `collected`: what the desk counted in cash."""
    upi: int = 0
    """Of `collected`: what the desk counted by UPI."""
    due: int = 0
    """What is still due for consultations completed that day."""
    payments: int = 0
    """How many payments were captured."""

    @property
    def difference(self) -> int:
        """What was captured and is in no other total: always 0 (I3)."""
        kept = self.seated + self.waiting + self.invoiced
        return self.captured - kept - self.refunded - self.by_hand

    def __add__(self, other: Statement) -> Statement:
        """Return the totals of both."""
        return Statement(**{k: v + getattr(other, k) for k, v in vars(self).items()})


@dataclass(frozen=True)
class LedgerEntry:
    """One capture with all that belongs to it, as a list of payments shows it."""

    capture: Capture
    refund: Refund | None
    payment: Payment | None
    token: Token | None
    """The booking that it pays for, or was meant to pay for."""
    doctor: Doctor | None
    invoice: Invoice | None
    """The bill that it pays, or was meant to pay; None for a patient's payment."""


@dataclass(frozen=True)
class LedgerPage:
    """A page of payments; `after` is the cursor of the next one, None at the end."""

    payments: list[LedgerEntry]
    after: str | None


def record_collection(work: Work, token: Token, by: Actor | None = None) -> Token:
    """Write into the ledger what the desk collected for *token*, and what is still due.

    The amounts are the token's own. Call it whenever they change: when a consultation is completed,
    when that is undone, and when the desk counts, which *by* does. May be repeated: there is one
    row a token and way. Return the token.
    """
    counted = {Method.CASH: token.cash_paise, Method.UPI: token.upi_paise}
    _put_collection(work, token, None, token.collected_paise - sum(counted.values()), by)
    for method, paise in counted.items():
        _put_collection(work, token, method, paise, by)
    _put_outstanding(work, token)
    return token


def outstanding_paise(token: Token) -> int:
    """Return what is still due for *token*: 0 until it is completed."""
    if token.status is not TokenStatus.COMPLETED:
        return 0
    return max(0, token.amount_paise - token.paid_paise - token.collected_paise)


def _put_collection(
    work: Work, token: Token, method: Method | None, paise: int, by: Actor | None
) -> None:
    name = f"DESK#{method}" if method else "DESK"
    row = work.get(Collection, token.token_id, name)
    if (row.amount_paise if row else 0) == paise:
        return
    work.put(
        Collection(
            version=row.version if row else 0,
            capture_id=token.token_id,
            row=name,
            clinic_id=token.clinic_id,
            token_id=token.token_id,
            queue_id=token.queue_id,
            doctor_id=token.doctor_id,
            patient_id=token.patient_id,
            amount_paise=paise,
            method=method,
            by=by.user_id if by else None,
            by_name=by.name if by else None,
            at=work.now,
        )
    )


def _put_outstanding(work: Work, token: Token) -> None:
    row, paise = work.get(Outstanding, token.token_id, "DUE"), outstanding_paise(token)
    if (row.amount_paise if row else 0) == paise:
        return
    work.put(
        Outstanding(
            version=row.version if row else 0,
            capture_id=token.token_id,
            clinic_id=token.clinic_id,
            token_id=token.token_id,
            queue_id=token.queue_id,
            doctor_id=token.doctor_id,
            patient_id=token.patient_id,
            amount_paise=paise,
            at=token.completed_at or work.now,
        )
    )


@dataclass(frozen=True)
class DailyPayments:
    """The payments of some days, and each day's totals."""

    page: LedgerPage
    statements: dict[date, Statement]
    """Every day of the span; empty on each page but the first."""


def list_daily_payments(
    work: Work,
    clinic: Clinic,
    first: date | None,
    last: date | None,
    *,
    limit: int,
    after: str | None = None,
) -> DailyPayments:
    """Return the payments captured from *first* to *last*, the newest first, and each day's totals.

    *last* defaults to today, *first* to *last*. *after* is the cursor of the page before.

    Raises:
        Invalid: If *last* is before *first* or lies ahead, or the days are more than LONGEST_DAYS.
        ValueError: If *after* is no cursor of such a list.
    """
    now = today(clinic, work.now)
    until = last or now
    period = period_of(PeriodName.CUSTOM, now, first or until, until)
    if period.days > LONGEST_DAYS:
        raise Invalid("startDate", f"Payments are listed of {LONGEST_DAYS} days at most.")
    page = list_payments(work, clinic, period.first, period.last, limit=limit, after=after)
    days = (period.first + timedelta(days=n) for n in range(0 if after else period.days))
    return DailyPayments(page, {day: statement_of(work, clinic, day) for day in days})


def list_payments(
    work: Work,
    clinic: Owner,
    first: date,
    last: date,
    *,
    limit: int = 50,
    after: str | None = None,
) -> LedgerPage:
    """Return the payments captured from *first* to *last*, the newest first.

    *after* is the cursor of the page before. An index finds the payments, so those of the last
    moments may be missing; each payment that is listed is read by key and up to date.

    Raises:
        ValueError: If *after* is no cursor of such a list, or *limit* not 1 to 1,000.
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
    return LedgerPage(_entries(work, page.records), page.after)


def list_collections(
    work: Work,
    clinic: Owner,
    first: date,
    last: date,
    *,
    limit: int = 50,
    after: str | None = None,
) -> Page[Collection]:
    """Return what the desk took from *first* to *last*, the newest first; paged as payments are.

    A collection that was undone is among them, with the amount 0.
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


def statement_of(work: Work, clinic: Owner, day: date) -> Statement:
    """Return *day*'s totals of a clinic, or of the product (`PRODUCT_LEDGER`)."""
    total = Statement()
    for chunk in _chunks(work, clinic, day):
        captures, refunds = _fresh(work, chunk)
        for capture in captures:
            total += _of_capture(capture, refunds.get(capture.capture_id))
    for row in _read_day(work, Collection, clinic, day):
        paise = row.amount_paise
        total += Statement(
            collected=paise,
            cash=paise if row.method is Method.CASH else 0,
            upi=paise if row.method is Method.UPI else 0,
        )
    due = sum(row.amount_paise for row in _read_day(work, Outstanding, clinic, day))
    return total + Statement(due=due)


def find_discrepancies(work: Work, clinic: Owner, day: date) -> list[str]:
    """Return the ids of *day*'s captures whose rows contradict one another: none, by invariant I3.

    A capture that pays for a seat or waits has no refund; its token names it, with what is left.
    One that paid an invoice has no refund, is named by the invoice and covers it. Every other has a
    refund of all that was not returned by hand, and no token or invoice names it as its payment.
    """
    return [
        entry.capture.capture_id
        for chunk in _chunks(work, clinic, day)
        for entry in _entries(work, chunk)
        if not _adds_up(entry)
    ]


def _of_capture(capture: Capture, refund: Refund | None) -> Statement:
    left, where = capture.left_paise, capture.disposition
    returned = refund.status if refund else None
    ours = refund.amount_paise if refund else 0
    return Statement(
        captured=capture.amount_paise,
        seated=left if where is Disposition.SEAT else 0,
        waiting=left if where is Disposition.WAITING else 0,
        invoiced=left if where is Disposition.INVOICE else 0,
        refunded=left if where is Disposition.REFUND else 0,
        by_hand=capture.returned_paise,
        sent_back=ours if returned is RefundStatus.PROCESSED else 0,
        failed=capture.owed_paise + (ours if returned is RefundStatus.FAILED else 0),
        payments=1,
    )


def _adds_up(entry: LedgerEntry) -> bool:
    capture, refund, token, invoice = entry.capture, entry.refund, entry.token, entry.invoice
    if token is None and invoice is None:
        return False
    is_held = token is not None and token.capture_id == capture.capture_id and token.paid_paise > 0
    is_paid = invoice is not None and invoice.capture_id == capture.capture_id
    if capture.disposition is Disposition.REFUND:
        promised = (refund.amount_paise if refund else 0) + capture.owed_paise
        return promised == capture.left_paise and not is_held and not is_paid
    if invoice is not None:
        return (
            refund is None
            and is_paid
            and invoice.status is InvoiceStatus.PAID
            and capture.disposition is Disposition.INVOICE
            and entry.payment is not None
            and entry.payment.status is RequestStatus.PAID
            and capture.amount_paise >= entry.payment.amount_paise
        )
    return (
        refund is None
        and token is not None
        and capture.disposition is not Disposition.INVOICE
        and token.capture_id == capture.capture_id
        and token.paid_paise == capture.left_paise
        and (token.payment_status is PaymentStatus.PAID or not capture.left_paise)
    )


def _chunks(work: Work, clinic: Owner, day: date) -> Iterator[list[Capture]]:
    found = _read_day(work, Capture, clinic, day)
    while chunk := list(islice(found, CHUNK)):
        yield chunk


def _fresh(work: Work, found: Sequence[Capture]) -> tuple[list[Capture], dict[str, Refund]]:
    """Return captures and their refunds, read again by key: an index may lag."""
    keys = [c.capture_id for c in found]
    rows = work.fetch(
        [(Capture, (k, "CAPTURE")) for k in keys] + [(Refund, (k, "REFUND")) for k in keys]
    )
    refunds = {r.capture_id: r for r in rows if isinstance(r, Refund)}
    return [c for c in rows if isinstance(c, Capture)], refunds


def _entries(work: Work, found: Sequence[Capture]) -> list[LedgerEntry]:
    """Return captures with what belongs to them, all of it read by key."""
    captures, refunds = _fresh(work, found)
    others = work.fetch(
        [(Payment, (c.payment_id,)) for c in captures]
        + [(Token, (c.queue_id, c.token_id)) for c in captures]
        + [(Doctor, (c.clinic_id, c.doctor_id)) for c in captures]
    )
    payments = {p.payment_id: p for p in others if isinstance(p, Payment)}
    tokens = {t.token_id: t for t in others if isinstance(t, Token)}
    doctors = {d.doctor_id: d for d in others if isinstance(d, Doctor)}
    billed = [p for p in payments.values() if p.invoice_id is not None]
    invoices = work.fetch([(Invoice, (p.clinic_id, p.invoice_id or "")) for p in billed])
    by_payment = {p.payment_id: i for p, i in zip(billed, invoices, strict=True)}

    def entry(capture: Capture) -> LedgerEntry:
        invoice: Record | None = by_payment.get(capture.payment_id)
        return LedgerEntry(
            capture=capture,
            refund=refunds.get(capture.capture_id),
            payment=payments.get(capture.payment_id),
            token=tokens.get(capture.token_id),
            doctor=doctors.get(capture.doctor_id),
            invoice=invoice if isinstance(invoice, Invoice) else None,
        )

    return [entry(capture) for capture in captures]


def _read_day(work: Work, kind: type[R], clinic: Owner, day: date) -> Iterator[R]:
    span, after = _span(clinic, day, day), None
    while True:
        page = work.query(
            kind, clinic.clinic_id, index=BY_TIME, between=span, limit=CHUNK, after=after
        )
        yield from page.records
        after = page.after
        if after is None:
            return


def _span(clinic: Owner, first: date, last: date) -> tuple[str, str]:
    """Return the first and the last instant of the ledger's days, as sort keys of `BY_TIME`."""
    begin = datetime.combine(first, time.min, clinic.zone)
    end = datetime.combine(last + timedelta(days=1), time.min, clinic.zone)
    return stamp(begin.astimezone(UTC)), stamp(end.astimezone(UTC) - timedelta(milliseconds=1))
