"""Orders inside WhatsApp as Meta takes them: the request for a payment, and how it ended.

Source: Meta, "Receive payments via payment gateways on WhatsApp", "Send order status template".
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from bot.channels.cloud import limits
from bot.channels.fit import cut
from domain.channel import OrderNews, OrderRequest, Outbound

CURRENCY, OFFSET = "INR", 100
"""Amounts are in hundredths of a rupee; Meta takes these orders in India alone."""
GATEWAY = "razorpay"
COUNTRY, COUNTRY_CODE = "India", "IN"
PIN = re.compile(r"\b[1-9]\d{5}\b")
"""A postal code of India's within an address."""


def interactive(message: Outbound, order: OrderRequest | OrderNews) -> dict[str, object]:
    """Return the interactive part of a message that is an order, or the status of one."""
    body = {"text": cut(message.text, limits.ORDER_BODY_MAX)}
    if isinstance(order, OrderNews):
        parameters: Mapping[str, object] = _status(order)
        action, kind = "review_order", "order_status"
    else:
        parameters, action, kind = _details(order), "review_and_pay", "order_details"
    return {"type": kind, "body": body, "action": {"name": action, "parameters": parameters}}


def component(order: OrderNews) -> dict[str, object]:
    """Return the component by which a template says how an order ended."""
    return {
        "type": "order_status",
        "parameters": [{"type": "order_status", "order_status": _status(order)}],
    }


def _status(order: OrderNews) -> dict[str, object]:
    about = cut(order.about, limits.ORDER_WORDS_MAX)
    said = {"status": order.status} | ({"description": about} if about else {})
    return {"reference_id": order.reference, "order": said}


def _details(order: OrderRequest) -> dict[str, object]:
    amount = {"value": order.amount_paise, "offset": OFFSET}
    # The gateway keeps these with the payment, so that its owner can be found there as well.
    notes = {
        "paymentId": order.payment_id,
        "tokenId": order.token_id,
        "order": order.reference,
    }
    gateway = {
        "type": GATEWAY,
        "configuration_name": order.configuration,
        GATEWAY: {"receipt": order.payment_id, "notes": notes},
    }
    item = {
        "retailer_id": order.token_id,
        "name": cut(order.about, limits.ORDER_ITEM_MAX),
        "amount": amount,
        "quantity": 1,
        "country_of_origin": COUNTRY,
        "importer_name": cut(order.seller, limits.IMPORTER_MAX),
        "importer_address": _address(order),
    }
    return {
        "reference_id": order.reference,
        "type": "digital-goods",
        "currency": CURRENCY,
        "payment_settings": [{"type": "payment_gateway", "payment_gateway": gateway}],
        "total_amount": amount,
        "order": {
            "status": "pending",
            "type": "quick_pay",
            "expiration": {
                "timestamp": str(int(order.expires_at.timestamp())),
                "description": cut(order.until, limits.ORDER_WORDS_MAX),
            },
            "items": [item],
            "subtotal": amount,
            "tax": {"value": 0, "offset": OFFSET},
        },
    }


def _address(order: OrderRequest) -> dict[str, str]:
    """Return a clinic's one line of address in parts; its last part is taken for the town."""
    line = " ".join(order.address.split()) or order.seller
    *_, last = [part.strip() for part in line.split(",")]
    pin = PIN.search(line)
    town = PIN.sub("", last).strip(" -–.") or last
    address = {
        "address_line1": cut(line, limits.ADDRESS_MAX),
        "city": cut(town, limits.ADDRESS_MAX),
        "country_code": COUNTRY_CODE,
    }
    return address | ({"postal_code": pin.group()} if pin else {})
