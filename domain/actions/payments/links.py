"""A link at the gateway: asked for when its page is pressed, watched, and ended with the hold.

An invoice's has no hold: it lives until it is paid.

Nothing here calls the gateway. What it is to be asked is a due item, written with its cause, so
that a notice that is lost, or a process killed between two lines, loses no money.
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
"""How often the gateway is asked about a link that can be paid: a notice may have been lost."""
LONGEST_INTERVAL = timedelta(days=1)
"""The same of an invoice in the end, which may be open for months: the longer, the less often."""
CHECKS_AFTER_END = (
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=12),
    timedelta(hours=24),
    timedelta(hours=72),
)
"""How long after it is over it is asked again, one after another: UPI may capture days late."""


def begin_link(work: Work, payment_id: str, return_url: str) -> LinkRequest:
    """Note that the gateway is about to be asked for a link, and have it watched from then on.

    Committed before the call, as nobody knows afterwards how far a call came. *return_url* is where
    the payer's browser goes when it is done.

    Raises:
        NotFound: If there is no such request for payment.
        NotNow: If there is nothing to pay any more (fact `state`).
    """
    payment = work.require(Payment, payment_id)
    description, until = _what_and_until(work, payment)
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
    """Have the gateway asked about a request from now on, unless it is already.

    *until* is when it can no longer be paid.
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


def _what_and_until(work: Work, payment: Payment) -> tuple[str, datetime | None]:
    """Return what a payer reads at the gateway, and until when it can be paid; None: no end."""
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
    """Record where a request for payment can be paid.

    Raises:
        NotFound: If there is no such request for payment.
    """
    payment = work.require(Payment, link.payment_id)
    if link.link_id is not None and payment.gateway_link_id != link.link_id:
        payment = work.put(payment.but(gateway_link_id=link.link_id, gateway_url=link.url))
    return payment


def record_made_link(work: Work, link: Link) -> Payment:
    """Record the link that was asked for; if it is over already, or its request is, look again.

    Raises:
        NotFound: If there is no such request for payment.
    """
    payment = record_link(work, link)
    if payment.status is not RequestStatus.OPEN or link.status is not LinkStatus.OPEN:
        schedule_check(work, payment)
    return payment


def schedule_check(work: Work, payment: Payment) -> None:
    """Have the gateway asked about a request for payment at once, if it knows of it at all.

    What was paid is recorded; if the request is over, so is its link then.
    """
    if payment.link_asked_at is None and payment.ordered_at is None:
        return
    key = f"{stamp(work.now)}#look_payment#{payment.payment_id}"
    if work.get(Due, shard_of("look_payment", payment.payment_id), key) is not None:
        return  # several notices of one instant are one reason to ask
    schedule_for_payment(work, "look_payment", work.now, payment)


def schedule_capture_lookup(work: Work, capture_id: str) -> None:
    """Have the gateway asked which link a payment came by: its notice did not say."""
    about = due.Subject(capture_id, capture_id=capture_id)
    due.schedule(work, "find_capture", work.now, about)


def next_check(payment: Payment, item: Due, now: datetime) -> tuple[timedelta, int] | None:
    """Return in how long the gateway is asked again, and how often it was since the end.

    None if it was asked often enough.
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
