"""Orders: what the business asks people to pay inside WhatsApp, and their payments.

This also plays the payment gateway that the business's payment configuration is connected to. The
payments lookup and webhooks report every attempt, as Meta's do.
"""

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING, Any, Literal

from simulator import envelope, limits
from simulator.dialect import Webhook
from simulator.errors import GraphError, invalid

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.config import Number, Phone
    from simulator.model import Message
    from simulator.webhooks import Courier
    from simulator.world import World

Payload = dict[str, Any]
Outcome = Literal["paid", "failed", "pending"]

FINAL = ("completed", "canceled")
# The statuses of the payment and of its attempt in webhooks, step by step.
STEPS: dict[Outcome, tuple[tuple[str, str], ...]] = {
    "paid": (("pending", "pending"), ("captured", "success")),
    "failed": (("pending", "failed"),),
    "pending": (("pending", "pending"),),
}
# The wrong order, and the pause, in which statuses arrive when they are shuffled.
SHUFFLE_SECONDS = 0.15


class CannotPayError(LookupError):
    """No order on the phone can be paid in this way."""


class Orders:
    """Keeps orders, takes payments for them and reports those through *courier*."""

    def __init__(self, world: World, courier: Courier) -> None:
        """Work on *world*."""
        self._world = world
        self._courier = courier

    def check(self, number: Number, payload: Payload) -> None:
        """Refuse an order whose reference its business has used before.

        Raises:
            GraphError: 131009, if it has.
        """
        interactive = payload.get("interactive") or {}
        if interactive.get("type") == "order_details":
            reference = interactive["action"]["parameters"]["reference_id"]
            if self._find(number.phone_number_id, reference) is not None:
                path = "interactive.action.parameters.reference_id"
                raise invalid(path, "must be unique for each order")

    def follow(self, number: Number, told: Payload) -> GraphError | None:
        """Set an order's status as the business says; return the reason if it cannot be set."""
        message = self._find(number.phone_number_id, told["reference_id"])
        if message is None:
            return GraphError(2046, "There is no order with that reference_id.")
        order, status = message.order, told["order"]["status"]
        if order["status"] in FINAL:
            return GraphError(2046, f"The order is {order['status']} already.")
        moving = any(a["status"] in ("success", "pending") for a in order["attempts"])
        if status == "canceled" and moving:
            return GraphError(2047, "A payment was made for the order, or is on its way.")
        order["status"] = status
        self._world.save_message(message)
        return None

    def pay(self, phone: Phone, message_id: str | None, outcome: Outcome, *, late: bool) -> Payload:
        """Pay an order as the person would: that of *message_id*, or the newest that can be paid.

        *late* pays even an order that is over, as a slow bank may.

        Raises:
            CannotPayError: If there is none.
        """
        world = self._world
        with world.lock:
            message = next(self._payable(phone, message_id, late=late), None)
            if message is None:
                raise CannotPayError("no order can be paid")
            now = int(time.time())
            attempt = {
                "id": f"order_{secrets.token_hex(7)}",
                "pg_transaction_id": f"pay_{secrets.token_hex(7)}",
                "type": "razorpay",
                "status": STEPS[outcome][-1][1],
                "created_timestamp": now,
                "updated_timestamp": now,
                "method": {"type": "upi"},
            }
            message.order["attempts"].append(attempt)
            world.save_message(message)
            self._report(phone, message, attempt, outcome)
            return dict(attempt)

    def lookup(self, number: Number, configuration: str, reference: str) -> Payload:
        """Return the answer of Meta's payments lookup about an order.

        Raises:
            GraphError: 100, if no such order was shown with that configuration.
        """
        with self._world.lock:
            message = self._find(number.phone_number_id, reference)
            if message is None or message.order["configuration"] != configuration:
                raise GraphError(100, "There is no payment with that reference_id.")
            order = message.order
            payment = {
                "reference_id": reference,
                "status": _state(order["attempts"]),
                "currency": "INR",
                "amount": {"value": order["amount"], "offset": limits.ORDER_OFFSET},
                "transactions": [dict(a) for a in order["attempts"]],
            }
            return {"payments": [payment]}

    def _payable(self, phone: Phone, message_id: str | None, *, late: bool) -> Iterator[Message]:
        known = self._world.config.payment_configurations
        for message in self._world.in_chat(phone.wa_id, None):
            order = message.order
            if not order.get("reference") or message.has("failed"):
                continue
            if message_id not in (None, message.id):
                continue
            # Meta accepts a message with an unknown configuration, but its order cannot be paid.
            if known is not None and order["configuration"] not in known:
                continue
            over = order["status"] in FINAL or order["expires"] <= time.time()
            if late or not (over or _state(order["attempts"]) == "captured"):
                yield message

    def _report(self, phone: Phone, message: Message, attempt: Payload, outcome: Outcome) -> None:
        number = self._world.config.number(message.number)
        if number is None:
            return
        settings, steps = self._world.faults, STEPS[outcome]
        for index, (status, word) in enumerate(steps):
            body = envelope.payment(
                self._world.config, number, phone, message, {**attempt, "status": word}, status
            )
            lane, delay = f"payment/{message.id}", settings.status_delay_ms / 1000 * (index + 1)
            if settings.shuffle_statuses:
                lane, delay = "", delay + (len(steps) - 1 - index) * SHUFFLE_SECONDS
            self._courier.send("status", lane, Webhook(body), delay=delay)

    def _find(self, number_id: str, reference: str) -> Message | None:
        for messages in self._world.messages.values():
            for message in reversed(messages):
                if message.number == number_id and message.order.get("reference") == reference:
                    return message
        return None


def told_by(payload: Payload) -> Payload | None:
    """Return the order's status in a call to `/messages`, if it has one."""
    interactive = payload.get("interactive") or {}
    if payload.get("type") == "interactive" and interactive.get("type") == "order_status":
        parameters: Payload = interactive["action"]["parameters"]
        return parameters
    if payload.get("type") != "template":
        return None
    for component in payload["template"].get("components", []):
        if isinstance(component, dict) and component.get("type") == "order_status":
            told: Payload = component["parameters"][0]["order_status"]
            return told
    return None


def _state(attempts: list[Payload]) -> str:
    words = {a["status"] for a in attempts}
    if "success" in words:
        return "captured"
    return "pending" if attempts else "new"
