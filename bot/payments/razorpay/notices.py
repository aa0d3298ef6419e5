"""What an event of Razorpay's means: a capture, a failed attempt, a change of a link, a refund.

An event is a snapshot: it may come twice, late or out of order, and contradict another. So only
what it says of a payment or a refund itself is used. For anything else the gateway is asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from bot.payments.razorpay.gateway import CAPTURED, CURRENCY, REFUND_STATUSES, is_our_refund
from domain.gateway import GatewayRefund


@dataclass(frozen=True)
class CaptureNotice:
    """A payment was captured."""

    capture_id: str
    amount_paise: int
    payment_id: str | None
    """The request that it pays; None if the event does not tell."""
    order: str | None = None
    """The reference of the order inside WhatsApp that it paid."""


@dataclass(frozen=True)
class FailureNotice:
    """An attempt to pay failed; another may succeed, or this one late."""

    payment_id: str | None


@dataclass(frozen=True)
class UnclearNotice:
    """A link has changed; the gateway must be asked how."""

    payment_id: str


@dataclass(frozen=True)
class RefundNotice:
    """A refund has a new status."""

    capture_id: str
    refund: GatewayRefund


@dataclass(frozen=True)
class IgnoredNotice:
    """An event that needs no action."""


Notice = CaptureNotice | FailureNotice | UnclearNotice | RefundNotice | IgnoredNotice

PAYING: Final = frozenset({"payment_link.paid", "payment.captured", "order.paid"})
LINKS: Final = frozenset(
    {"payment_link.partially_paid", "payment_link.cancelled", "payment_link.expired"}
)
REFUNDS: Final = frozenset(
    {"refund.created", "refund.processed", "refund.failed", "refund.speed_changed"}
)
FAILING: Final = "payment.failed"
"""The events of these four names are acted on; every other is only answered and counted."""


def read_notice(payload: dict[str, Any]) -> Notice:
    """Return what an event means.

    Raises:
        ValueError: If we know the event, but not its shape.
    """
    event = str(payload.get("event"))
    if event in PAYING:
        return _capture_notice(payload)
    if event in LINKS:
        payment_id = _request(payload)
        return UnclearNotice(payment_id) if payment_id else IgnoredNotice()
    if event in REFUNDS:
        return _refund_notice(payload)
    if event == FAILING:
        return FailureNotice(_request(payload))
    return IgnoredNotice()


def _capture_notice(payload: dict[str, Any]) -> Notice:
    payment = _entity(payload, "payment")
    payment_id = _request(payload)
    amount = payment.get("amount")
    is_captured = payment.get("status") in CAPTURED and payment.get("currency") == CURRENCY
    if not is_captured or not isinstance(amount, int) or isinstance(amount, bool) or amount <= 0:
        # Something was paid, but the event does not say by which capture: ask the gateway.
        if payment_id is None:
            raise ValueError("a payment that was not captured")
        return UnclearNotice(payment_id)
    return CaptureNotice(_text(payment, "id"), amount, payment_id, _note(payload, "order"))


def _refund_notice(payload: dict[str, Any]) -> Notice:
    refund = _entity(payload, "refund")
    status = REFUND_STATUSES.get(str(refund.get("status")))
    amount = refund.get("amount")
    if status is None or not isinstance(amount, int) or isinstance(amount, bool):
        raise ValueError("a refund in an unknown state")
    capture_id = _text(refund, "payment_id")
    is_ours = is_our_refund(refund, capture_id)
    return RefundNotice(
        capture_id, GatewayRefund(_text(refund, "id"), amount, status, is_ours=is_ours)
    )


def _request(payload: dict[str, Any]) -> str | None:
    """Return the request for payment that an event is about, if it says so.

    It is the reference of a link. Payments and orders carry it in their notes, which we gave to the
    link or to the order inside WhatsApp; payers cannot write them.
    """
    reference = _entity(payload, "payment_link").get("reference_id")
    if isinstance(reference, str) and reference:
        return reference
    return _note(payload, "paymentId")


def _note(payload: dict[str, Any], what: str) -> str | None:
    for name in ("payment", "order"):
        notes = _entity(payload, name).get("notes")  # without any it is a list, or null
        noted = notes.get(what) if isinstance(notes, dict) else None
        if isinstance(noted, str) and noted:
            return noted
    return None


def _entity(payload: dict[str, Any], name: str) -> dict[str, Any]:
    inside = payload.get("payload")
    part = inside.get(name) if isinstance(inside, dict) else None
    entity = part.get("entity") if isinstance(part, dict) else None
    return entity if isinstance(entity, dict) else {}


def _text(entity: dict[str, Any], name: str) -> str:
    value = entity.get(name)
    if not isinstance(value, str) or not value:
        raise ValueError(f"{name} is missing")
    return value
