"""Payment links, orders and refunds at Razorpay: `domain.gateway.Gateway`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import structlog

from bot.observability.logs import sender_id
from bot.payments.razorpay.client import RazorpayClient, UnknownConflict
from bot.payments.razorpay.signature import is_signed_return
from domain.gateway import (
    GatewayPayment,
    GatewayRefund,
    GatewayRefused,
    GatewayUnavailable,
    IdempotencyKeyTaken,
    Link,
    LinkRequest,
    LinkStatus,
    Orders,
    PaymentAttempt,
    RefundAnswer,
    ShownOrder,
)
from domain.model.money import RefundStatus

LEAST_LIFE = timedelta(minutes=16)
"""Razorpay refuses a link of less than 15 minutes, and clocks differ. We cancel it earlier."""
CURRENCY = "INR"
CAPTURED = frozenset({"captured", "refunded"})
"""States of a payment whose money has arrived, refunded or not."""
LINK_STATUSES = {
    "created": LinkStatus.OPEN,
    "partially_paid": LinkStatus.OPEN,
    "paid": LinkStatus.PAID,
    "cancelled": LinkStatus.OVER,
    "expired": LinkStatus.OVER,
}
REFUND_STATUSES = {
    "pending": RefundStatus.REQUESTED,
    "processed": RefundStatus.PROCESSED,
    "failed": RefundStatus.FAILED,
}
MOST_REFUNDS = 100
log = structlog.get_logger()


class RazorpayGateway:
    """Implements `domain.gateway.Gateway`. A request's id is the link's `reference_id`."""

    takes_money_here = False

    def __init__(
        self,
        client: RazorpayClient,
        key_secret: str,
        now: Callable[[], datetime],
        orders: Orders | None = None,
    ) -> None:
        self._client = client
        self._orders = orders
        self._key_secret = key_secret
        self._now = now

    def make_link(self, asked: LinkRequest) -> Link:
        """Return the link of a request; make it unless there is one.

        Razorpay takes a reference once. It learns nothing of the patient from us: its own page asks
        the payer for what it needs.
        """
        wanted: dict[str, Any] = {
            "amount": asked.amount_paise,
            "currency": CURRENCY,
            "accept_partial": False,
            "reference_id": asked.payment_id,
            "description": asked.description,
            "notify": {"sms": False, "email": False},
            "reminder_enable": False,
            "notes": {"paymentId": asked.payment_id},
            "callback_url": asked.return_url,
            "callback_method": "get",
        }
        if asked.token_id is not None:
            wanted["notes"]["tokenId"] = asked.token_id
        if asked.held_until is not None:
            # Without this it stays open for half a year, Razorpay's longest.
            expires = max(asked.held_until, self._now() + LEAST_LIFE)
            wanted["expire_by"] = int(expires.timestamp())
        try:
            return _link(self._client.payment_link.create(wanted))
        except GatewayRefused:
            # Most likely it was made before: by another press, or one without an answer.
            made = self.fetch_link(asked.payment_id, None)
            if made is None:
                raise
            return made

    def fetch_link(self, payment_id: str, link_id: str | None) -> Link | None:
        """Return the link of a request with every payment made by it."""
        entity = (
            self._client.payment_link.fetch(link_id)
            if link_id
            else self._find_entity({"reference_id": payment_id}, payment_id)
        )
        return None if entity is None else self._with_all_payments(entity)

    def find_link(self, capture_id: str) -> Link | None:
        """Return the link, or the order, that a capture paid."""
        entity = self._find_entity({"payment_id": capture_id}, None)
        return (
            self._find_by_order(capture_id) if entity is None else self._with_all_payments(entity)
        )

    def fetch_order_payments(self, order: ShownOrder) -> tuple[GatewayPayment, ...]:
        """Return the payments of an order inside WhatsApp.

        It is found by its receipt, which is our request's id, and by what WhatsApp says of it. So
        its payments are found even while WhatsApp does not answer.
        """
        by_receipt = self._client.order.all({"receipt": order.payment_id})
        known = {o["id"]: o for o in _items(by_receipt, "items") if isinstance(o.get("id"), str)}
        ours = {i for i, o in known.items() if _reference(o) == order.reference}
        away: GatewayUnavailable | None = None
        try:
            told = self._attempts(order)
        except GatewayUnavailable as error:
            told, away = (), error
        ours |= {t.order_id for t in told if t.order_id is not None}
        found = [t for i in sorted(ours) for t in self._order_payments(i, order.reference)]
        if any(t.succeeded for t in told) and not found:
            # The configuration belongs to another account at Razorpay.
            log.error("order_paid_elsewhere", provider="razorpay", sender=sender_id(order.sender))
        if away is not None and not found:
            raise away
        return tuple(found)

    def _attempts(self, order: ShownOrder) -> tuple[PaymentAttempt, ...]:
        """Return what WhatsApp says of an order; nothing where no payments are made there."""
        if self._orders is None:
            return ()
        return self._orders.fetch_attempts(order.sender, order.configuration, order.reference)

    def _order_payments(self, order_id: str, reference: str | None) -> Iterator[GatewayPayment]:
        """Yield the payments captured for an order; none if it is of another account."""
        try:
            payments = list(_items(self._client.order.payments(order_id), "items"))
        except GatewayRefused:
            return
        for taken in _captured(payments, "id"):
            yield replace(taken, order=reference)

    def _find_by_order(self, capture_id: str) -> Link | None:
        """Return the request that a capture without a link paid; None if it cannot be told."""
        try:
            payment = self._client.payment.fetch(capture_id)
            order = self._client.order.fetch(str(payment.get("order_id")))
        except GatewayRefused:
            return None
        request = _note(order, "paymentId") or _note(payment, "paymentId") or order.get("receipt")
        if not isinstance(request, str) or not request:
            return None
        reference = _reference(order) or _reference(payment)
        taken = tuple(replace(t, order=reference) for t in _captured([payment], "id"))
        return Link(request, None, None, LinkStatus.PAID, taken)

    def cancel_link(self, payment_id: str, link_id: str | None) -> Link | None:
        """Cancel a link, and return it as it is then."""
        if link_id is None:
            found = self.fetch_link(payment_id, None)
            if found is None or found.status is not LinkStatus.OPEN:
                return found
            link_id = found.link_id
        try:
            self._client.payment_link.cancel(link_id)
        except GatewayRefused:
            now = self.fetch_link(payment_id, link_id)
            if now is None or now.status is LinkStatus.OPEN:
                raise
            return now
        # Fetched again: a payment may have come in between.
        return self.fetch_link(payment_id, link_id)

    def draft_refund(self, capture_id: str, amount_paise: int) -> str:
        """Return the body of a refund as JSON; Razorpay compares the bodies under a key."""
        return json.dumps(_unkept_body(capture_id, amount_paise))

    def refund(self, capture_id: str, amount_paise: int, body: str | None) -> RefundAnswer:
        """Refund a capture; its id is Razorpay's idempotency key for the refund."""
        wanted = json.loads(body) if body else _unkept_body(capture_id, amount_paise)
        headers = {"X-Refund-Idempotency": f"refund-{capture_id}"}
        try:
            return _refund(self._client.payment.refund(capture_id, wanted, headers=headers))
        except UnknownConflict as conflict:
            # Most likely still in progress. A refusal is repeated too, but not for ever.
            raise GatewayRefused(str(conflict)) from conflict
        except IdempotencyKeyTaken:
            log.warning("refund_key_taken", provider="razorpay", captureId=capture_id)
            raise

    def fetch_refunds(self, capture_id: str) -> tuple[GatewayRefund, ...]:
        """Return the refunds of a capture; ours name the capture in their notes."""
        answer = self._client.payment.fetch_multiple_refund(capture_id, {"count": MOST_REFUNDS})
        made = [_gateway_refund(item) for item in _items(answer, "items")]
        return tuple(sorted(made, key=lambda refund: not refund.is_ours))

    def is_proven_return(self, payment_id: str, query: Mapping[str, str]) -> bool:
        """Return whether Razorpay's page sent this browser back, for this request."""
        return is_signed_return(payment_id, query, self._key_secret)

    def _find_entity(self, query: dict[str, str], reference: str | None) -> dict[str, Any] | None:
        """Return the link that *query* finds; None if there is none."""
        answer = self._client.payment_link.all(query)
        found = [
            entity
            for entity in _items(answer, "payment_links")
            if reference is None or entity.get("reference_id") == reference
        ]
        # An entry of the list has fewer fields than the link itself.
        return None if not found else self._client.payment_link.fetch(str(found[0].get("id")))

    def _with_all_payments(self, entity: dict[str, Any]) -> Link:
        """Return a link with all its payments; only the link's order names late ones."""
        link = _link(entity)
        order_id = entity.get("order_id")
        if not isinstance(order_id, str) or not order_id:
            return link
        if not order_id.startswith("order_"):
            order_id = f"order_{order_id}"
        try:
            payments = list(_items(self._client.order.payments(order_id), "items"))
        except GatewayRefused:
            return link
        known = {t.capture_id: t for t in link.payments}
        known |= {t.capture_id: t for t in _captured(payments, "id")}
        return Link(link.payment_id, link.link_id, link.url, link.status, tuple(known.values()))


def _reference(entity: dict[str, Any]) -> str | None:
    """Return the reference of the order inside WhatsApp in an entity's notes, if there is one."""
    return _note(entity, "order")


def _note(entity: dict[str, Any], name: str) -> str | None:
    notes = entity.get("notes")  # without any it is a list, or null
    noted = notes.get(name) if isinstance(notes, dict) else None
    return noted if isinstance(noted, str) and noted else None


def _link(entity: dict[str, Any]) -> Link:
    try:
        return Link(
            payment_id=str(entity["reference_id"]),
            link_id=str(entity["id"]),
            url=str(entity["short_url"]),
            status=LINK_STATUSES[entity["status"]],
            payments=tuple(_captured(_items(entity, "payments"), "payment_id")),
        )
    except (KeyError, TypeError) as error:
        raise GatewayUnavailable("a link that cannot be read") from error


def _captured(
    payments: Iterator[dict[str, Any]] | list[dict[str, Any]], name: str
) -> Iterator[GatewayPayment]:
    for payment in payments:
        if payment.get("status") not in CAPTURED or not isinstance(payment.get(name), str):
            continue
        if payment.get("currency", CURRENCY) != CURRENCY:
            log.error("foreign_currency", provider="razorpay", captureId=payment[name])
            continue
        returned = payment.get("amount_refunded") or 0
        yield GatewayPayment(payment[name], _paise(payment), returned_paise=int(returned))


def _paise(entity: dict[str, Any]) -> int:
    """Return an amount, which Razorpay sends as a number or as a string."""
    try:
        return int(entity["amount"])
    except (KeyError, TypeError, ValueError) as error:
        raise GatewayUnavailable("an amount that cannot be read") from error


def _unkept_body(capture_id: str, amount_paise: int) -> dict[str, Any]:
    """Return the body of a refund that was requested before bodies were kept; it never changes.

    `draft_refund` uses it as well until new refunds need another.
    """
    return {
        "amount": amount_paise,
        "speed": "normal",
        "receipt": capture_id,
        "notes": {"captureId": capture_id},
    }


def _refund(entity: dict[str, Any]) -> RefundAnswer:
    try:
        return RefundAnswer(str(entity["id"]), REFUND_STATUSES[entity["status"]])
    except (KeyError, TypeError) as error:
        raise GatewayUnavailable("a refund that cannot be read") from error


def is_our_refund(entity: dict[str, Any], capture_id: str) -> bool:
    """Return whether a refund says that the product asked for it, as `draft_refund` has it say."""
    return _note(entity, "captureId") == capture_id


def _gateway_refund(entity: dict[str, Any]) -> GatewayRefund:
    answer, capture_id = _refund(entity), str(entity.get("payment_id"))
    return GatewayRefund(
        answer.gateway_refund_id,
        _paise(entity),
        answer.status,
        is_ours=is_our_refund(entity, capture_id),
    )


def _items(answer: dict[str, Any], name: str) -> Iterator[dict[str, Any]]:
    """Yield the entities of a list, which may be null."""
    items = answer.get(name)
    for item in items if isinstance(items, list) else []:
        if isinstance(item, dict):
            yield item
