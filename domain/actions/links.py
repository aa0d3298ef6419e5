"""A link at the gateway: asked for when its page is pressed, watched, and ended with the hold.

Nothing here calls the gateway. What it is to be asked is a due item, written with its cause, so
that a notice that is lost, or a process killed between two lines, loses no money.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from domain.actions import due
from domain.actions.days import the_token
from domain.errors import NotFound, NotNow
from domain.gateway import Link, LinkRequest, LinkStatus
from domain.model.due import Due
from domain.model.money import Payment, RequestStatus
from domain.model.queues import TokenStatus
from domain.work import Work

WHILE_OPEN = timedelta(minutes=2)
"""How often the gateway is asked about a link that can be paid: a notice may have been lost."""
AFTERWARDS = (
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=12),
    timedelta(hours=24),
    timedelta(hours=72),
)
"""How long after it is over it is asked again, one after another: UPI may capture days late."""


def ask_link(work: Work, payment_id: str, page: str) -> LinkRequest:
    """Note that the gateway is about to be asked for a link, and have it watched from then on.

    Committed before the call, as nobody knows afterwards how far a call came. *page* is where the
    payer's browser goes when it is done.

    Raises:
        NotFound: If there is no such request for payment.
        NotNow: If there is nothing to pay any more (fact `state`).
    """
    payment = work.get(Payment, payment_id)
    if payment is None:
        raise NotFound
    token = the_token(work, payment.queue_id, payment.token_id)
    until = token.held_until
    if payment.status is not RequestStatus.OPEN or token.status is not TokenStatus.PENDING:
        raise NotNow(state=token.status)
    if until is None or until <= work.now:
        raise NotNow(state=TokenStatus.EXPIRED)
    if payment.link_asked_at is None:
        payment = work.put(payment.but(link_asked_at=work.now))
        due.later(
            work,
            "watch_payment",
            min(work.now + WHILE_OPEN, max(until, work.now + timedelta(seconds=1))),
            payment_id,
            clinic_id=payment.clinic_id,
            token_id=payment.token_id,
            values={"payment": payment_id},
        )
    return LinkRequest(
        payment_id=payment_id,
        amount_paise=payment.amount_paise,
        description=f"Advance, token {token.token_number}",
        token_id=token.token_id,
        held_until=until,
        page=page,
    )


def note_link(work: Work, link: Link) -> Payment:
    """Record where a request for payment can be paid.

    Raises:
        NotFound: If there is no such request for payment.
    """
    payment = work.get(Payment, link.payment_id)
    if payment is None:
        raise NotFound
    if payment.gateway_link_id != link.link_id:
        payment = work.put(payment.but(gateway_link_id=link.link_id, gateway_url=link.url))
    return payment


def keep_link(work: Work, link: Link) -> Payment:
    """Record the link that was asked for; if it is over already, or its request is, look again.

    Raises:
        NotFound: If there is no such request for payment.
    """
    payment = note_link(work, link)
    if payment.status is not RequestStatus.OPEN or link.status is not LinkStatus.OPEN:
        look_now(work, payment)
    return payment


def look_now(work: Work, payment: Payment) -> None:
    """Have the gateway asked about a request for payment at once, if it knows of it at all.

    What was paid is recorded; if the request is over, so is its link then.
    """
    if payment.link_asked_at is None:
        return
    due.later(
        work,
        "look_payment",
        work.now,
        payment.payment_id,
        clinic_id=payment.clinic_id,
        token_id=payment.token_id,
        values={"payment": payment.payment_id},
    )


def find_capture(work: Work, capture_id: str) -> None:
    """Have the gateway asked which link a payment came by: its notice did not say."""
    due.later(work, "find_capture", work.now, capture_id, capture_id=capture_id)


def next_look(payment: Payment, item: Due, now: datetime) -> tuple[timedelta, int] | None:
    """Return in how long the gateway is asked again, and how often it was since the end.

    None if it was asked often enough.
    """
    if payment.status is RequestStatus.OPEN:
        left = payment.held_until - now if payment.held_until else WHILE_OPEN
        return max(timedelta(seconds=1), min(WHILE_OPEN, left)), 0
    asked = item.values.get("asked") or 0
    step = int(asked)
    return (AFTERWARDS[step], step + 1) if step < len(AFTERWARDS) else None
