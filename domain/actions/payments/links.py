"""A link at the gateway: made at the first press, polled, and cancelled when its hold ends.

An invoice has no hold, so its link stays open until it is paid.

Nothing here calls the gateway. Each question to it is a due item that is written with its cause
(transactional outbox). So no money is lost when the gateway's notice is, or when a process is
killed between two lines.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from domain import due
from domain.errors import NotNow
from domain.gateway import Link, LinkRequest, LinkStatus
from domain.model.base import stamp
from domain.model.due import Due, shard_of
from domain.model.money import Payment, RequestStatus
from domain.model.queues import Token, TokenStatus
from domain.model.subscriptions import Invoice, InvoiceStatus
from domain.work import Work

CHECK_INTERVAL = timedelta(minutes=2)
"""How often the gateway is asked about a link that can be paid: a notice may be lost."""
LONGEST_INTERVAL = timedelta(days=1)
"""The longest interval for an invoice, which may be open for months: it grows with its age."""
CHECKS_AFTER_END = (
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=12),
    timedelta(hours=24),
    timedelta(hours=72),
)
"""The pauses between the checks after a request ended: UPI may capture days late."""


def begin_link(work: Work, payment_id: str, return_url: str) -> LinkRequest:
    """Record that a link is about to be made, schedule its polling, and return what to ask for.

    Commit this before the gateway is called: a call without an answer may have made the link.
    *return_url* is where the payer's browser goes when it is done. May be repeated.

    Raises:
        NotFound: If there is no such request for payment.
        NotNow: If it cannot be paid any more (detail `state`).
    """
    payment = work.require(Payment, payment_id)
    description, until = _require_payable(work, payment)
    if payment.link_asked_at is None:
        schedule_polling(work, payment, until)
        payment = work.put(payment.but(link_asked_at=work.now))
    return LinkRequest(
        payment_id=payment_id,
        amount_paise=payment.amount_paise,
        description=description,
        token_id=payment.token_id or None,
        held_until=until,
        return_url=return_url,
    )


def schedule_polling(work: Work, payment: Payment, until: datetime | None) -> None:
    """Schedule the first check of a request with the gateway, unless it is polled already.

    *until* is when it can no longer be paid; None: no end.
    """
    if payment.link_asked_at is not None or payment.ordered_at is not None:
        return
    first_check = work.now + CHECK_INTERVAL
    if until is not None:
        first_check = min(first_check, max(until, work.now + timedelta(seconds=1)))
    schedule_for_payment(work, "watch_payment", first_check, payment)


def schedule_for_payment(work: Work, kind: str, at: datetime, payment: Payment) -> None:
    """Schedule *kind* about a request for payment for *at*."""
    about = due.Subject(
        payment.payment_id, clinic_id=payment.clinic_id, token_id=payment.token_id or None
    )
    due.schedule(work, kind, at, about, payment=payment.payment_id)


def _require_payable(work: Work, payment: Payment) -> tuple[str, datetime | None]:
    """Return what a payer reads at the gateway, and until when it can be paid (None: no end).

    Raises:
        NotNow: If it cannot be paid any more.
    """
    if payment.invoice_id is not None:
        invoice = work.require(Invoice, payment.clinic_id, payment.invoice_id)
        if payment.status is not RequestStatus.OPEN or invoice.status is not InvoiceStatus.OPEN:
            raise NotNow(state=invoice.status)
        return f"PulseOps, {invoice.period_start} to {invoice.period_end}", None
    token = work.require(Token, payment.queue_id, payment.token_id)
    if payment.status is not RequestStatus.OPEN or token.status is not TokenStatus.PENDING:
        raise NotNow(state=token.status)
    if token.held_until is None or token.held_until <= work.now:
        raise NotNow(state=TokenStatus.EXPIRED)
    return f"Advance, token {token.token_number}", token.held_until


def record_link(work: Work, link: Link) -> Payment:
    """Record the gateway's link of a request for payment: its id and address.

    Raises:
        NotFound: If there is no such request for payment.
    """
    payment = work.require(Payment, link.payment_id)
    if link.link_id is not None and payment.gateway_link_id != link.link_id:
        payment = work.put(payment.but(gateway_link_id=link.link_id, gateway_url=link.url))
    return payment


def record_made_link(work: Work, link: Link) -> Payment:
    """Record a link that was just made; if it or its request has ended, schedule a check.

    Raises:
        NotFound: If there is no such request for payment.
    """
    payment = record_link(work, link)
    if payment.status is not RequestStatus.OPEN or link.status is not LinkStatus.OPEN:
        schedule_check(work, payment)
    return payment


def schedule_check(work: Work, payment: Payment) -> None:
    """Schedule an immediate check of a request with the gateway.

    The check records what was paid, and cancels the link of a request that has ended. Nothing is
    scheduled for a request that the gateway was never told of.
    """
    if payment.link_asked_at is None and payment.ordered_at is None:
        return
    key = f"{stamp(work.now)}#look_payment#{payment.payment_id}"
    if work.get(Due, shard_of("look_payment", payment.payment_id), key) is not None:
        return  # one check answers several notices of the same instant
    schedule_for_payment(work, "look_payment", work.now, payment)


def schedule_capture_lookup(work: Work, capture_id: str) -> None:
    """Schedule a look-up of the request that a capture pays: the notice of it did not say."""
    about = due.Subject(capture_id, capture_id=capture_id)
    due.schedule(work, "find_capture", work.now, about)


def next_check(payment: Payment, item: Due, now: datetime) -> tuple[timedelta, int] | None:
    """Return how long to wait before the next check, and how many were made since the end.

    None: no further check is needed.
    """
    if payment.status is RequestStatus.OPEN:
        if payment.held_until is None:
            known_for = now - (payment.link_asked_at or now)
            return min(LONGEST_INTERVAL, max(CHECK_INTERVAL, known_for / 4)), 0
        left = payment.held_until - now
        return max(timedelta(seconds=1), min(CHECK_INTERVAL, left)), 0
    asked = item.values.get("asked") or 0
    step = int(asked)
    return (CHECKS_AFTER_END[step], step + 1) if step < len(CHECKS_AFTER_END) else None
