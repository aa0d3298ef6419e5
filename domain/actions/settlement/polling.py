"""Reconciliation with the payment gateway: it is asked until a payment or refund ends (I3).

Each handler works in three steps. It claims its due item by rescheduling it (a lease): one worker
at a time asks about one thing, and if it is killed the item is due again. Then it calls the
gateway, with no transaction open. Then it commits the answer.

A handler may be killed and run again at any line: the gateway knows a link by its request and a
refund by its capture, and a repeated refund asks what there is before it makes one. After
`StillConflicting` the claimed item is due again by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial

from domain import due
from domain.actions.clinics import billing
from domain.actions.payments import by_hand, links, orders, refunds
from domain.actions.settlement import captures
from domain.due import OpenWork
from domain.errors import Conflict, NotFound
from domain.gateway import (
    Gateway,
    GatewayPayment,
    GatewayRefused,
    IdempotencyKeyTaken,
    Link,
    LinkStatus,
    RefundAnswer,
)
from domain.model.due import Due
from domain.model.money import Payment, Refund, RefundStatus, RequestStatus
from domain.transactions import transact
from domain.work import Work

PATIENCE = timedelta(seconds=30)
LONGEST_PATIENCE = timedelta(hours=1)
"""How long an item is claimed: doubled at each try (back-off), and longer than any call takes."""
REFUND_CHECKS = (
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
)
LATER_REFUND_CHECK = timedelta(hours=24)
"""The pauses between the checks of a refund: those in the list, then this one until it ends."""
MOST_REFUSALS = 12
"""How many refusals in a row make one final: about six hours, with the back-off."""
MOST_LOOKUPS = 5
"""How often an unknown capture is looked up before it is taken for another installation's."""


def poll_payment(open_work: OpenWork, gateway: Gateway, item: Due) -> None:
    """Check a request for payment, and schedule the next check, until days after its end."""
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
    """Check a request for payment once; cancel its link if the request has ended."""
    claimed = _claim(open_work, item)
    if claimed is not None:
        with _ending_after_refusals(open_work, claimed):
            _ask_gateway(open_work, gateway, claimed)
        transact(open_work, lambda work: work.delete(claimed))


def look_up_capture(open_work: OpenWork, gateway: Gateway, item: Due) -> None:
    """Look up the request that a capture pays, and record it; it may be another installation's."""
    claimed = _claim(open_work, item)
    if claimed is None:
        return
    with _ending_after_refusals(open_work, claimed):
        link = gateway.find_link(item.capture_id or "")
    if link is not None:
        _record_link(open_work, gateway, link)
    elif claimed.attempts < MOST_LOOKUPS:
        return
    transact(open_work, lambda work: work.delete(claimed))


def carry_out_refund(open_work: OpenWork, gateway: Gateway, item: Due) -> None:
    """Request a refund, or check how far it has come; again later until it is made or failed."""
    claimed = _claim(open_work, item)
    if claimed is None:
        return
    wanted = open_work().get(Refund, item.capture_id or "", "REFUND")
    if wanted is None or wanted.status in _ENDED:
        transact(open_work, lambda work: work.delete(claimed))
        return
    _request_refund(open_work, gateway, wanted, may_give_up=claimed.attempts > MOST_REFUSALS)

    def schedule_next(work: Work) -> None:
        now = work.get(Refund, wanted.capture_id, "REFUND")
        if now is None or now.status in _ENDED:
            work.delete(claimed)
            return
        asked = int(claimed.values.get("asked") or 0)
        after = REFUND_CHECKS[asked] if asked < len(REFUND_CHECKS) else LATER_REFUND_CHECK
        due.reschedule(work, claimed, after, attempts=0, asked=asked + 1)

    transact(open_work, schedule_next)


_ENDED = {RefundStatus.PROCESSED, RefundStatus.FAILED}


def _request_refund(
    open_work: OpenWork, gateway: Gateway, wanted: Refund, *, may_give_up: bool
) -> None:
    """Request a refund unless the gateway has it already, and record its answer.

    What people have returned by hand is recorded too: then less may be left to refund, or nothing.

    Raises:
        GatewayRefused: If it is refused for now, as for want of balance. With *may_give_up*, or
            if another request has taken its key, a refusal is an answer: FAILED.
    """
    key = wanted.capture_id
    if wanted.attempts and _is_known(open_work, gateway, key):
        return

    def begin(work: Work) -> Refund | None:
        now = work.get(Refund, key, "REFUND")
        if now is None or now.status in _ENDED:
            return None
        body = now.request_body if now.attempts else gateway.draft_refund(key, now.amount_paise)
        return work.put(now.but(request_body=body, attempts=now.attempts + 1))

    asked = transact(open_work, begin)
    if asked is None:
        return
    try:
        answer = gateway.refund(key, asked.amount_paise, asked.request_body)
    except GatewayRefused as refusal:
        # It may have been made before, by us or by hand.
        if _is_known(open_work, gateway, key):
            return
        # Never under another key: both refunds might be made.
        if not may_give_up and not isinstance(refusal, IdempotencyKeyTaken):
            raise
        answer = RefundAnswer("", RefundStatus.FAILED)
    _record_answer(open_work, key, answer)


def _record_answer(open_work: OpenWork, capture_id: str, answer: RefundAnswer) -> None:
    def record(work: Work) -> None:
        now = work.get(Refund, capture_id, "REFUND")
        if now is not None:
            refunds.record_refund_status(work, now, answer.status, answer.gateway_refund_id)

    transact(open_work, record)


def _is_known(open_work: OpenWork, gateway: Gateway, capture_id: str) -> bool:
    """Record the gateway's refunds of a capture; return whether ours is among them, or not needed.

    One made by hand counts as ours where it takes its place.
    """
    try:
        _record_refunds(open_work, gateway, capture_id)
    except GatewayRefused:
        return False  # it knows no such payment, or will not say
    ours = open_work().get(Refund, capture_id, "REFUND")
    return ours is None or ours.gateway_refund_id is not None


def _record_refunds(open_work: OpenWork, gateway: Gateway, capture_id: str) -> None:
    """Record every refund that the gateway has of a capture: ours first, then those by hand."""
    for made in gateway.fetch_refunds(capture_id):
        transact(
            open_work,
            partial(by_hand.record_gateway_refund, capture_id=capture_id, made=made),
        )


def _ask_gateway(open_work: OpenWork, gateway: Gateway, item: Due) -> Payment | None:
    """Record every payment that the gateway has for a request; return the request, None if gone.

    The link of a request that has ended is cancelled. An invoice whose link has expired gets a new
    request.
    """
    payment = open_work().get(Payment, str(item.values.get("payment") or ""))
    if payment is not None and payment.link_asked_at is not None:
        payment = _ask_about_link(open_work, gateway, payment)
    if payment is not None and payment.ordered_at is not None:
        payment = _ask_about_orders(open_work, gateway, payment)
    return payment


def _ask_about_orders(open_work: OpenWork, gateway: Gateway, payment: Payment) -> Payment | None:
    """Record what was paid by a request's orders inside WhatsApp."""
    for order in orders.orders_of(open_work(), payment.payment_id):
        paid = gateway.fetch_order_payments(orders.gateway_order(order))
        _record_payments(open_work, gateway, payment.payment_id, paid)
    return open_work().get(Payment, payment.payment_id)


def _ask_about_link(open_work: OpenWork, gateway: Gateway, asked: Payment) -> Payment | None:
    """Record what was paid by a request's link, and cancel the link if the request has ended."""
    link = gateway.fetch_link(asked.payment_id, asked.gateway_link_id)
    if link is None:
        return asked
    _record_link(open_work, gateway, link)
    if link.status is not LinkStatus.OPEN and asked.invoice_id is not None:
        transact(open_work, lambda work: billing.replace_request(work, link.payment_id))
    payment = open_work().get(Payment, asked.payment_id)
    if payment is None or payment.status is RequestStatus.OPEN:
        return payment
    if link.status is LinkStatus.OPEN:
        ended = gateway.cancel_link(payment.payment_id, payment.gateway_link_id)
        if ended is not None:
            _record_link(open_work, gateway, ended)
    return payment


def _record_link(open_work: OpenWork, gateway: Gateway, link: Link) -> None:
    """Record a link: its id and address, and every payment made by it."""
    try:
        transact(open_work, lambda work: links.record_link(work, link))
        _record_payments(open_work, gateway, link.payment_id, link.payments)
    except NotFound:
        return  # another installation's request, at the same gateway


def _record_payments(
    open_work: OpenWork, gateway: Gateway, payment_id: str, payments: tuple[GatewayPayment, ...]
) -> None:
    """Record payments, and the refunds of those of which more has gone back than we know."""
    for paid in payments:
        transact(
            open_work,
            partial(
                captures.record_capture,
                payment_id=payment_id,
                capture_id=paid.capture_id,
                amount_paise=paid.amount_paise,
                order=paid.order,
            ),
        )
        if by_hand.is_news(open_work(), paid.capture_id, paid.returned_paise):
            _record_refunds(open_work, gateway, paid.capture_id)


def _claim(open_work: OpenWork, item: Due) -> Due | None:
    """Claim a due item by rescheduling it (a lease); None if another worker has claimed it."""
    work = open_work()
    current = work.get(Due, item.shard, item.due)
    if current is None:
        return None
    patience = min(PATIENCE * 2 ** min(current.attempts, 10), LONGEST_PATIENCE)
    put_off = due.reschedule(work, current, patience)
    try:
        work.commit()  # not tried again: a conflict means that another worker has it
    except Conflict:
        return None
    return open_work().get(Due, put_off.shard, put_off.due)


@contextmanager
def _ending_after_refusals(open_work: OpenWork, claimed: Due) -> Iterator[None]:
    """Delete the item if the gateway refuses once too often; the refusal is raised again."""
    try:
        yield
    except GatewayRefused:
        if claimed.attempts > MOST_REFUSALS:
            transact(open_work, lambda work: work.delete(claimed))
        raise
