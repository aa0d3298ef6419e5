"""What Meta refuses in an order and in the status of one.

Source: Meta, "Receive payments via payment gateways on WhatsApp".
"""

from __future__ import annotations

import re
import time
from typing import Any

from simulator import limits
from simulator.errors import invalid
from simulator.values import read_array, read_object, read_text

Payload = dict[str, Any]

REFERENCE = re.compile(r"[A-Za-z0-9_.-]+")
GATEWAYS = ("razorpay", "payu", "billdesk", "zaakpay")
ORDER_STATUSES = ("pending", "processing", "partially_shipped", "shipped", "completed", "canceled")
ADDRESS_REQUIRED = ("address_line1", "country_code")
ADDRESS = (*ADDRESS_REQUIRED, "address_line2", "city", "zone_code", "postal_code")


def check_told(told: object, path: str) -> None:
    """Refuse the status of an order if its form is not the one that Meta takes.

    Raises:
        GraphError: 131008 or 131009.
    """
    parameters = read_object(told, path)
    _reference(parameters, path)
    order = read_object(parameters.get("order"), f"{path}.order")
    if order.get("status") not in ORDER_STATUSES:
        raise invalid(f"{path}.order.status", f"must be one of {', '.join(ORDER_STATUSES)}")
    if order.get("description") is not None:
        read_text(order["description"], f"{path}.order.description", limits.ORDER_DESCRIPTION_MAX)


def _reference(parameters: Payload, path: str) -> None:
    here = f"{path}.reference_id"
    reference = read_text(parameters.get("reference_id"), here, limits.ORDER_REFERENCE_MAX)
    if not REFERENCE.fullmatch(reference):
        raise invalid(here, "may have letters, digits, underscores, hyphens and dots")


def _amount(value: object, path: str, least: int = 1) -> int:
    amount = read_object(value, path)
    if amount.get("offset") != limits.ORDER_OFFSET:
        raise invalid(f"{path}.offset", f"must be {limits.ORDER_OFFSET}")
    paise = amount.get("value")
    if not isinstance(paise, int) or isinstance(paise, bool) or paise < least:
        raise invalid(f"{path}.value", "must be a positive integer")
    return paise


def check_details(action: Payload) -> None:
    """Refuse the action of a message that asks for a payment.

    Raises:
        GraphError: 131008 or 131009.
    """
    if action.get("name") != "review_and_pay":
        raise invalid("interactive.action.name", "must be 'review_and_pay'")
    path = "interactive.action.parameters"
    parameters = read_object(action.get("parameters"), path)
    _reference(parameters, path)
    if parameters.get("type") not in ("digital-goods", "physical-goods"):
        raise invalid(f"{path}.type", "must be 'digital-goods' or 'physical-goods'")
    if parameters.get("currency") != "INR":
        raise invalid(f"{path}.currency", "must be 'INR'")
    _payment_settings(parameters, path)
    total = _amount(parameters.get("total_amount"), f"{path}.total_amount")
    order = read_object(parameters.get("order"), f"{path}.order")
    if total != _total(order, f"{path}.order"):
        raise invalid(f"{path}.total_amount", "must be subtotal, tax and shipping less discount")


def _total(order: Payload, path: str) -> int:
    if order.get("status") != "pending":
        raise invalid(f"{path}.status", "must be 'pending'")
    if order.get("type", "quick_pay") != "quick_pay":
        raise invalid(f"{path}.type", "must be 'quick_pay'")
    _expiration(order, f"{path}.expiration")
    items = read_array(order.get("items"), f"{path}.items")
    subtotal = sum(_item(item, f"{path}.items[{at}]") for at, item in enumerate(items))
    if _amount(order.get("subtotal"), f"{path}.subtotal") != subtotal:
        raise invalid(f"{path}.subtotal", "must be the sum of the items")
    total = subtotal + _amount(order.get("tax"), f"{path}.tax", 0)
    for name, sign in (("shipping", 1), ("discount", -1)):
        if order.get(name) is not None:
            total += sign * _amount(order[name], f"{path}.{name}", 0)
    return total


def _payment_settings(parameters: Payload, path: str) -> None:
    settings = read_array(parameters.get("payment_settings"), f"{path}.payment_settings")
    here = f"{path}.payment_settings[0]"
    if len(settings) != 1 or read_object(settings[0], here).get("type") != "payment_gateway":
        raise invalid(here, "must be one payment_gateway")
    gateway = read_object(settings[0].get("payment_gateway"), f"{here}.payment_gateway")
    kind = gateway.get("type")
    if kind not in GATEWAYS:
        raise invalid(f"{here}.payment_gateway.type", f"must be one of {', '.join(GATEWAYS)}")
    longest = limits.PAYMENT_CONFIGURATION_MAX
    read_text(gateway.get("configuration_name"), f"{here}.configuration_name", longest)
    given = read_object(gateway.get(kind, {}), f"{here}.payment_gateway.{kind}")
    if given.get("receipt") is not None:
        read_text(given["receipt"], f"{here}.receipt", limits.ORDER_RECEIPT_MAX)
    notes = read_object(given.get("notes", {}), f"{here}.notes")
    if len(notes) > limits.ORDER_NOTES_MAX:
        raise invalid(f"{here}.notes", f"must be at most {limits.ORDER_NOTES_MAX}")
    for name, note in notes.items():
        read_text(note, f"{here}.notes.{name}", limits.ORDER_NOTE_MAX)


def _expiration(order: Payload, path: str) -> None:
    expiration = read_object(order.get("expiration"), path)
    timestamp = read_text(expiration.get("timestamp"), f"{path}.timestamp", 12)
    least = time.time() + limits.ORDER_LIFE_SECONDS
    if not timestamp.isdecimal() or int(timestamp) < least:
        raise invalid(f"{path}.timestamp", f"must be {limits.ORDER_LIFE_SECONDS} s ahead")
    read_text(expiration.get("description"), f"{path}.description", limits.ORDER_DESCRIPTION_MAX)


def _item(value: object, path: str) -> int:
    item = read_object(value, path)
    read_text(item.get("name"), f"{path}.name", limits.ORDER_ITEM_MAX)
    for name in ("country_of_origin", "importer_name"):
        read_text(item.get(name), f"{path}.{name}", limits.IMPORTER_MAX)
    address = read_object(item.get("importer_address"), f"{path}.importer_address")
    for name in ADDRESS:
        if name in address or name in ADDRESS_REQUIRED:
            read_text(address.get(name), f"{path}.importer_address.{name}", limits.ADDRESS_MAX)
    quantity = item.get("quantity")
    if not isinstance(quantity, int) or isinstance(quantity, bool) or quantity < 1:
        raise invalid(f"{path}.quantity", "must be a positive integer")
    amount = _amount(item.get("amount"), f"{path}.amount")
    if item.get("sale_amount") is not None:
        amount = _amount(item["sale_amount"], f"{path}.sale_amount")
    return quantity * amount


def check_status(action: Payload) -> None:
    """Refuse the action of a message that says how an order stands.

    Raises:
        GraphError: 131008 or 131009.
    """
    if action.get("name") != "review_order":
        raise invalid("interactive.action.name", "must be 'review_order'")
    check_told(action.get("parameters"), "interactive.action.parameters")
