"""Asking the payment gateway, until money is a seat or on its way back (invariant I3).

Each handler first puts its item off, so that one worker at a time asks about one thing and a killed
one is followed by another; then it calls, with nothing held open; then it writes what it heard. It
may be killed and run again at any line: a link is known by its request, a refund by its payment,
and whoever repeats asks the gateway first. If others were faster every time (`StillConflicting`)
the item, which is put off, comes again by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from domain import due
from domain.actions.clinics import billing
from domain.actions.payments import links, orders, refunds
from domain.actions.settlement import captures
from domain.due import OpenWork
from domain.errors import Conflict, NotFound
from domain.gateway import Gateway, GatewayPayment, GatewayRefused, Link, LinkStatus, RefundAnswer
from domain.model.due import Due
from domain.model.money import Payment, Refund, RefundStatus, RequestStatus
from domain.transactions import transact
from domain.work import Work

PATIENCE = timedelta(seconds=30)
LONGEST_PATIENCE = timedelta(hours=1)
"""A call without an answer is repeated after these, doubling; the first outlasts any call."""
REFUND_CHECKS = (
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
)
LATER_REFUND_CHECK = timedelta(hours=24)
"""When a refund under way is asked about: after these, and then by the day until it ends."""
MOST_REFUSALS = 12
"""After so many in a row, over half a day, the gateway's no to a question is taken as final."""
MOST_LOOKUPS = 5
"""How often it is asked whose a payment is, before it is taken for nobody's of ours."""


def poll_payment(open_work: OpenWork, gateway: Gateway, item: Due) -> None:
    """Ask about a request for payment while it can be paid, and a while longer."""
    claimed = _claim(open_work, item)
    if claimed is None:
        return
    with _ending_after_refusals(open_work, claimed):
        payment = _ask_gateway(open_work, gateway, claimed)

    def schedule_next(work: Work) -> None:
        now = work.get(Payment, payment.payment_id) if payment else None
        again = links.next_check(now, claimed, work.now) if now else None
        if again is None:
            work.delete(claimed)
        else:
            due.reschedule(work, claimed, again[0], attempts=0, asked=again[1])

    transact(open_work, schedule_next)


def check_payment(open_work: OpenWork, gateway: Gateway, item: Due) -> None:
    """Ask about a request for payment once, and end its link if it is over."""
    claimed = _claim(open_work, item)
    if claimed is not None:
        with _ending_after_refusals(open_work, claimed):
            _ask_gateway(open_work, gateway, claimed)
        transact(open_work, lambda work: work.delete(claimed))


def look_up_capture(open_work: OpenWork, gateway: Gateway, item: Due) -> None:
    """Ask whose a payment is, and record it; it may well be nobody's of ours."""
    claimed = _claim(open_work, item)
    if claimed is None:
        return
    with _ending_after_refusals(open_work, claimed):
        link = gateway.find_link(item.capture_id or "")
    if link is not None:
        _record_link(open_work, link)
    elif claimed.attempts < MOST_LOOKUPS:
        return
    transact(open_work, lambda work: work.delete(claimed))


def carry_out_refund(open_work: OpenWork, gateway: Gateway, item: Due) -> None:
    """Have a captured payment returned, and follow it until the gateway says how it ended."""
    claimed = _claim(open_work, item)
    if claimed is None:
        return
    wanted = open_work().get(Refund, item.capture_id or "", "REFUND")
    if wanted is None or wanted.status in _ENDED:
        transact(open_work, lambda work: work.delete(claimed))
        return
    answer = _request_refund(
        open_work, gateway, wanted, may_give_up=claimed.attempts > MOST_REFUSALS
    )

    def record(work: Work) -> None:
        now = work.get(Refund, wanted.capture_id, "REFUND")
        if now is None:
            work.delete(claimed)
            return
        now = refunds.record_refund_status(work, now, answer.status, answer.gateway_refund_id)
        if now.status in _ENDED:
            work.delete(claimed)
            return
        asked = int(claimed.values.get("asked") or 0)
        after = REFUND_CHECKS[asked] if asked < len(REFUND_CHECKS) else LATER_REFUND_CHECK
        due.reschedule(work, claimed, after, attempts=0, asked=asked + 1)

    transact(open_work, record)


_ENDED = {RefundStatus.PROCESSED, RefundStatus.FAILED}


def _request_refund(
    open_work: OpenWork, gateway: Gateway, wanted: Refund, *, may_give_up: bool
) -> RefundAnswer:
    """Return what the gateway says of a refund: asked for now, unless it was before.

    Raises:
        GatewayRefused: If it makes none now, as for want of balance, but may another time.
    """
    key, amount = wanted.capture_id, wanted.amount_paise
    if wanted.attempts:
        known = _known_refund(gateway, wanted)
        if known is not None:
            return known

    def begin(work: Work) -> None:
        now = work.get(Refund, key, "REFUND")
        if now is not None:
            work.put(now.but(attempts=now.attempts + 1))

    transact(open_work, begin)
    try:
        return gateway.refund(key, amount)
    except GatewayRefused:
        # It may be because it was made before, by us or by hand.
        known = _known_refund(gateway, wanted)
        if known is None and not may_give_up:
            raise
        return known or RefundAnswer("", RefundStatus.FAILED)


def _known_refund(gateway: Gateway, wanted: Refund) -> RefundAnswer | None:
    try:
        return gateway.fetch_refund(wanted.capture_id, wanted.amount_paise)
    except GatewayRefused:
        return None  # it knows no such payment, or none that it would tell about


def _ask_gateway(open_work: OpenWork, gateway: Gateway, item: Due) -> Payment | None:
    """Record what the gateway knows of a request; return the request, None if it is gone.

    The link of one that is over, or was paid another way, is ended; an invoice whose link is over
    can be paid by another request.
    """
    payment = open_work().get(Payment, str(item.values.get("payment") or ""))
    if payment is not None and payment.link_asked_at is not None:
        payment = _ask_about_link(open_work, gateway, payment)
    if payment is not None and payment.ordered_at is not None:
        payment = _ask_about_orders(open_work, gateway, payment)
    return payment


def _ask_about_orders(open_work: OpenWork, gateway: Gateway, payment: Payment) -> Payment | None:
    """Record what came by the orders of a request that were shown inside WhatsApp."""
    for order in orders.orders_of(open_work(), payment.payment_id):
        _record_payments(
            open_work, payment.payment_id, gateway.fetch_order_payments(orders.gateway_order(order))
        )
    return open_work().get(Payment, payment.payment_id)


def _ask_about_link(open_work: OpenWork, gateway: Gateway, asked: Payment) -> Payment | None:
    """Record what came by the link of a request, and end the link if the request is over."""
    link = gateway.fetch_link(asked.payment_id, asked.gateway_link_id)
    if link is None:
        return asked
    _record_link(open_work, link)
    if link.status is not LinkStatus.OPEN and asked.invoice_id is not None:
        transact(open_work, lambda work: billing.ask_anew(work, link.payment_id))
    payment = open_work().get(Payment, asked.payment_id)
    if payment is None or payment.status is RequestStatus.OPEN:
        return payment
    if link.status is LinkStatus.OPEN:
        ended = gateway.cancel_link(payment.payment_id, payment.gateway_link_id)
        if ended is not None:
            _record_link(open_work, ended)
    return payment


def _record_link(open_work: OpenWork, link: Link) -> None:
    """Write what is known of a link: its name, and every payment that came by it."""
    try:
        transact(open_work, lambda work: links.record_link(work, link))
        _record_payments(open_work, link.payment_id, link.payments)
    except NotFound:
        return  # another installation's, at the same gateway


def _record_payments(
    open_work: OpenWork, payment_id: str, payments: tuple[GatewayPayment, ...]
) -> None:
    for paid in payments:
        transact(
            open_work,
            lambda work, paid=paid: captures.record_capture(  # type: ignore[misc]
                work, payment_id, paid.capture_id, paid.amount_paise, paid.order
            ),
        )


def _claim(open_work: OpenWork, item: Due) -> Due | None:
    """Put an item off so that nobody else acts on it now; None if somebody else has it."""
    work = open_work()
    current = work.get(Due, item.shard, item.due)
    if current is None:
        return None
    patience = min(PATIENCE * 2 ** min(current.attempts, 10), LONGEST_PATIENCE)
    put_off = due.reschedule(work, current, patience)
    try:
        work.commit()  # not tried again: a conflict is the answer, that somebody else has it
    except Conflict:
        return None
    return open_work().get(Due, put_off.shard, put_off.due)


@contextmanager
def _ending_after_refusals(open_work: OpenWork, claimed: Due) -> Iterator[None]:
    """Let an item end whose question was refused too often; the refusal is passed on."""
    try:
        yield
    except GatewayRefused:
        if claimed.attempts > MOST_REFUSALS:
            transact(open_work, lambda work: work.delete(claimed))
        raise
