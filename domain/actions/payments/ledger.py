"""The ledger: where every paisa is, by clinic and day, and whether it all adds up (invariant I3).

A day is the clinic's own. What was captured online that day is in a seat, waits for another day, or
goes back; what the desk took stands beside it. Only a clinic's admins and the product itself read
it: a doctor has no business with payments.

What clinics pay for the product is in none of their ledgers but in the product's own
(`PRODUCT_LEDGER`), whose days are UTC's; there it has paid an invoice, or goes back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import Protocol, TypeVar
from zoneinfo import ZoneInfo

from domain.errors import Invalid
from domain.model.base import Record, stamp
from domain.model.clinics import Clinic, Doctor
from domain.model.money import (
    PRODUCT,
    Capture,
    Collection,
    Disposition,
    Payment,
    Refund,
    RefundStatus,
    RequestStatus,
)
from domain.model.queues import PaymentStatus, Token
from domain.model.subscriptions import Invoice, InvoiceStatus
from domain.periods import PeriodName, period_of
from domain.ports import Page
from domain.timetable import today
from domain.work import Work

BY_TIME = "clinicId-at-idx"
CHUNK = 100
LONGEST_DAYS = 31
"""Of so many days at most payments are listed at once, as each day is added up."""
R = TypeVar("R", Capture, Collection)


class Owner(Protocol):
    """Whose ledger it is; a clinic is one."""

    @property
    def clinic_id(self) -> str:
        """What the ledger's rows carry."""

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which days are meant."""


@dataclass(frozen=True)
class _Product:
    clinic_id: str
    zone: ZoneInfo


PRODUCT_LEDGER: Owner = _Product(PRODUCT, ZoneInfo("UTC"))
"""The product itself, whom clinics pay."""


@dataclass(frozen=True)
class Statement:
    """One day of a clinic's money, in paise.

    `captured` is what payers gave online that day; `seated`, `waiting` and `refunded` are where
    that money is now, so that the four add up to nothing. Of `refunded`, `sent_back` is what the
    gateway says has been returned, and `failed` what it could not return: somebody must.
    `collected` is what the desk took that day. In the product's own ledger `invoiced` is what has
    paid clinics' bills, in the place of seats.
    """

    captured: int = 0
    seated: int = 0
    waiting: int = 0
    invoiced: int = 0
    refunded: int = 0
    sent_back: int = 0
    failed: int = 0
    collected: int = 0
    payments: int = 0
    """How many payments were captured."""

    @property
    def difference(self) -> int:
        """What was captured and is nowhere: always 0."""
        return self.captured - self.seated - self.waiting - self.invoiced - self.refunded

    def __add__(self, other: Statement) -> Statement:
        """Return both days together."""
        return Statement(**{k: v + getattr(other, k) for k, v in vars(self).items()})


@dataclass(frozen=True)
class LedgerEntry:
    """A captured payment with all that belongs to it, as a list of payments shows it."""

    capture: Capture
    refund: Refund | None
    payment: Payment | None
    token: Token | None
    """The booking that it pays for, or was meant for."""
    doctor: Doctor | None
    invoice: Invoice | None
    """What a clinic paid with it, or meant to, in the place of a booking."""


@dataclass(frozen=True)
class LedgerPage:
    """Payments in the order asked for; `after` continues them, None at the end."""

    payments: list[LedgerEntry]
    after: str | None


def record_collection(work: Work, token: Token) -> Token:
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


@dataclass(frozen=True)
class DailyPayments:
    """What a clinic's admins ask for: payments of some days, and what each day adds up to."""

    page: LedgerPage
    statements: dict[date, Statement]
    """By day, each day there; nothing on the pages that follow the first."""


def list_daily_payments(
    work: Work,
    clinic: Clinic,
    first: date | None,
    last: date | None,
    *,
    limit: int,
    after: str | None = None,
) -> DailyPayments:
    """Return the payments captured from *first* to *last*, the newest first, and those days' money.

    Without *last* it is until today, without *first* the last day alone. *after* is a former
    page's.

    Raises:
        Invalid: If the days are the wrong way round, lie ahead, or are too many.
        ValueError: If *after* is not of such a list.
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


def statement_of(work: Work, clinic: Owner, day: date) -> Statement:
    """Return *day*'s money of a clinic, or of the product itself (`PRODUCT_LEDGER`)."""
    total = Statement()
    for chunk in _chunks(work, clinic, day):
        captures, refunds = _fresh(work, chunk)
        for capture in captures:
            total += _of_capture(capture, refunds.get(capture.capture_id))
    collected = sum(row.amount_paise for row in _read_day(work, Collection, clinic, day))
    return total + Statement(collected=collected)


def find_discrepancies(work: Work, clinic: Owner, day: date) -> list[str]:
    """Return the ids of the day's payments whose rows contradict one another; there are none.

    A payment in a seat or waiting is held by exactly the token that it names, with its amount, and
    has no refund; one that paid an invoice is named by it and covers it. Any other has a refund of
    its amount, and neither a token nor an invoice holds it.
    """
    return [
        entry.capture.capture_id
        for chunk in _chunks(work, clinic, day)
        for entry in _entries(work, chunk)
        if not _adds_up(entry)
    ]


def _of_capture(capture: Capture, refund: Refund | None) -> Statement:
    amount, where = capture.amount_paise, capture.disposition
    returned = refund.status if refund else None
    return Statement(
        captured=amount,
        seated=amount if where is Disposition.SEAT else 0,
        waiting=amount if where is Disposition.WAITING else 0,
        invoiced=amount if where is Disposition.INVOICE else 0,
        refunded=amount if where is Disposition.REFUND else 0,
        sent_back=amount if returned is RefundStatus.PROCESSED else 0,
        failed=amount if returned is RefundStatus.FAILED else 0,
        payments=1,
    )


def _adds_up(entry: LedgerEntry) -> bool:
    capture, refund, token, invoice = entry.capture, entry.refund, entry.token, entry.invoice
    if token is None and invoice is None:
        return False
    is_held = token is not None and token.capture_id == capture.capture_id and token.paid_paise > 0
    is_paid = invoice is not None and invoice.capture_id == capture.capture_id
    if capture.disposition is Disposition.REFUND:
        is_back = refund is not None and refund.amount_paise == capture.amount_paise
        return is_back and not is_held and not is_paid
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
        and is_held
        and token.paid_paise == capture.amount_paise
        and token.payment_status is PaymentStatus.PAID
    )


def _chunks(work: Work, clinic: Owner, day: date) -> Iterator[list[Capture]]:
    found = _read_day(work, Capture, clinic, day)
    while chunk := list(islice(found, CHUNK)):
        yield chunk


def _fresh(work: Work, found: Sequence[Capture]) -> tuple[list[Capture], dict[str, Refund]]:
    """Return payments and their refunds as they are now, read by key: an index may lag."""
    keys = [c.capture_id for c in found]
    rows = work.fetch(
        [(Capture, (k, "CAPTURE")) for k in keys] + [(Refund, (k, "REFUND")) for k in keys]
    )
    refunds = {r.capture_id: r for r in rows if isinstance(r, Refund)}
    return [c for c in rows if isinstance(c, Capture)], refunds


def _entries(work: Work, found: Sequence[Capture]) -> list[LedgerEntry]:
    """Return payments with what belongs to them, all of it read by key."""
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
    """Return the first and the last instant of the clinic's days, as rows are ordered by."""
    begin = datetime.combine(first, time.min, clinic.zone)
    end = datetime.combine(last + timedelta(days=1), time.min, clinic.zone)
    return stamp(begin.astimezone(UTC)), stamp(end.astimezone(UTC) - timedelta(milliseconds=1))
