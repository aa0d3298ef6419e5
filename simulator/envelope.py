"""The shapes of Meta's webhooks."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING, Any

import msgspec

from simulator import limits

if TYPE_CHECKING:
    from simulator.config import Config, Number, Phone
    from simulator.model import Message, Status

Payload = dict[str, Any]


def signature(app_secret: str, body: bytes) -> str:
    """Return the `X-Hub-Signature-256` of *body*: HMAC-SHA256 under the app secret."""
    return "sha256=" + hmac.new(app_secret.encode(), body, hashlib.sha256).hexdigest()


def change(config: Config, field: str, value: Payload) -> str:
    """Return the body of a webhook that carries one change."""
    payload = {
        "object": "whatsapp_business_account",
        "entry": [{"id": config.waba_id, "changes": [{"field": field, "value": value}]}],
    }
    return msgspec.json.encode(payload).decode()


def _value(number: Number) -> Payload:
    return {
        "messaging_product": "whatsapp",
        "metadata": {
            "display_phone_number": number.display_phone_number,
            "phone_number_id": number.phone_number_id,
        },
    }


def contact(phone: Phone) -> Payload:
    """Return the `contacts[]` element of a person; without a phone number for a username user."""
    profile = {"name": phone.name}
    if not phone.send_phone:
        profile["username"] = phone.username or phone.name.lower().replace(" ", ".")
        return {"profile": profile, "user_id": phone.user_id}
    return {"profile": profile, "wa_id": phone.wa_id, "user_id": phone.user_id}


def inbound(config: Config, number: Number, phone: Phone, message: Payload) -> str:
    """Return the webhook body of a message from a person.

    Args:
        config: Names the business account.
        number: The business number written to.
        phone: Who wrote.
        message: `id`, `timestamp`, `type`, the type's object, and `context` for a reply.
    """
    sender = {"from": phone.wa_id} if phone.send_phone else {}
    value = _value(number)
    value["contacts"] = [contact(phone)]
    value["messages"] = [{**sender, "from_user_id": phone.user_id, **message}]
    return change(config, "messages", value)


def echo(config: Config, number: Number, phone: Phone, message: Payload) -> str:
    """Return the webhook body of a message that was typed in the Business app itself."""
    value = _value(number)
    to = {"to": phone.wa_id} if phone.send_phone else {}
    sent = {"from": number.display_phone_number, **to, "to_user_id": phone.user_id, **message}
    value["message_echoes"] = [sent]
    return change(config, "smb_message_echoes", value)


def status(
    config: Config, number: Number, phone: Phone | None, message: Message, step: Status
) -> str:
    """Return the webhook body of one step in an outgoing message's life.

    Args:
        config: Names the business account.
        number: The business number that sent the message.
        phone: The recipient, or None for a number that is not on WhatsApp.
        message: The message.
        step: The step. `pricing` goes with `sent`, and once more with whichever of `delivered` and
            `read` is first.
    """
    element: Payload = {
        "id": message.id,
        "status": step.status,
        "timestamp": str(int(step.timestamp)),
    }
    # The phone number of a person with a username is sent only to a business that already used it.
    if not message.by_user_id:
        element["recipient_id"] = message.wa_id
    if phone is not None:
        element["recipient_user_id"] = phone.user_id
    if message.biz is not None:
        element["biz_opaque_callback_data"] = message.biz
    first_arrival = step.status == "read" and not message.has("delivered")
    if step.status in ("sent", "delivered") or first_arrival:
        element["pricing"] = {
            "billable": True,
            "pricing_model": "PMP",
            "type": "regular",
            "category": message.category,
        }
    value = _value(number)
    if step.errors:
        element["errors"] = step.errors
    elif phone is not None:
        value["contacts"] = [contact(phone)]
        if message.by_user_id:
            value["contacts"][0].pop("wa_id", None)
    value["statuses"] = [element]
    return change(config, "messages", value)


def payment(
    config: Config, number: Number, phone: Phone, message: Message, attempt: Payload, status: str
) -> str:
    """Return the webhook body of a step of an order's payment, which is one of the statuses."""
    order = message.order
    element = {
        "id": message.id,
        "recipient_id": message.wa_id,
        "type": "payment",
        "status": status,
        "timestamp": str(attempt["updated_timestamp"]),
        "payment": {
            "reference_id": order["reference"],
            "amount": {"value": order["amount"], "offset": limits.ORDER_OFFSET},
            "currency": "INR",
            "transaction": attempt,
            "receipt": order["receipt"],
            "notes": order["notes"],
        },
    }
    value = _value(number)
    value["contacts"] = [contact(phone)]
    value["statuses"] = [element]
    return change(config, "messages", value)


def template_approved(config: Config, template_id: str, name: str, language: str) -> str:
    """Return the webhook body that reports a template as approved."""
    value = {
        "event": "APPROVED",
        "message_template_id": int(template_id),
        "message_template_name": name,
        "message_template_language": language,
        "reason": "NONE",
    }
    return change(config, "message_template_status_update", value)
