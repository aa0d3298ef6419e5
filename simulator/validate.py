"""Checks an outgoing message as strictly as Meta documents, and refuses with Meta's codes."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

from simulator import limits
from simulator.errors import GraphError, invalid, missing

if TYPE_CHECKING:
    from collections.abc import Callable

Payload = dict[str, Any]

# "`to` accepts +, hyphens, parentheses, spaces" (Meta, "Send messages").
RECIPIENT = re.compile(r"^\+?[0-9() \-]+$")
RECIPIENT_DIGITS = range(7, 16)
USER_ID = re.compile(r"^[A-Z]{2}\.[A-Za-z0-9]{1,128}$")
HTTP_URL = re.compile(r"^https?://[^\s]+$")
REFERENCE = re.compile(r"^[A-Za-z0-9_.-]+$")
GATEWAYS = ("razorpay", "payu", "billdesk", "zaakpay")
ORDER_STATUSES = ("pending", "processing", "partially_shipped", "shipped", "completed", "canceled")
MEDIA_TYPES = ("image", "document", "video", "audio", "sticker")


def message(payload: object) -> Payload:
    """Return a call to `/messages`; refuse one that Meta would refuse. Not for read receipts.

    Raises:
        GraphError: 100, 131008, 131009 or 131051, as Meta would answer.
    """
    if not isinstance(payload, dict):
        raise GraphError(100, "The request body must be a JSON object.")
    if payload.get("messaging_product") != "whatsapp":
        raise GraphError(
            100,
            "messaging_product must be 'whatsapp'.",
            message="(#100) The parameter messaging_product is required.",
        )
    if payload.get("recipient_type", "individual") != "individual":
        raise invalid("recipient_type", "must be 'individual'")
    _recipient(payload)
    data = payload.get("biz_opaque_callback_data")
    if data is not None:
        _text(data, "biz_opaque_callback_data", limits.CALLBACK_DATA_MAX)
    context = payload.get("context")
    if context is not None:
        _text(_object(context, "context").get("message_id"), "context.message_id", 512)
    kind = payload.get("type", "text")
    check = CHECKS.get(kind) if isinstance(kind, str) else None
    if check is None:
        raise GraphError(131051, f"Message type '{kind}' is not supported.")
    if kind not in payload:
        raise missing(str(kind))
    if kind == "reaction" and context is not None:
        raise invalid("context", "cannot be used with a reaction")
    check(_object(payload[kind], str(kind)))
    return payload


def forms(payload: Payload) -> set[str]:
    """Return the forms of a checked message, as `refused_forms` of the settings names them."""
    kind = payload.get("type", "text")
    found = {str(kind)}
    if kind == "interactive":
        found.add(payload["interactive"]["type"])
    if payload.get("context") is not None:
        found.add("context")
    return found


def _recipient(payload: Payload) -> None:
    if "to" in payload:
        to = payload["to"]
        if not isinstance(to, str) or not to.strip():
            raise missing("to")
        digits = re.sub(r"[^0-9]", "", to)
        if not RECIPIENT.match(to) or len(digits) not in RECIPIENT_DIGITS:
            raise invalid("to", "is not a phone number")
    elif "recipient" in payload:
        recipient = payload["recipient"]
        if not isinstance(recipient, str) or not USER_ID.match(recipient):
            raise invalid("recipient", "is not a business-scoped user id")
    else:
        raise missing("to")


def _object(value: object, path: str) -> Payload:
    if value is None:
        raise missing(path)
    if not isinstance(value, dict):
        raise invalid(path, "must be an object")
    return value


def _array(value: object, path: str) -> list[Any]:
    if value is None:
        raise missing(path)
    if not isinstance(value, list):
        raise invalid(path, "must be an array")
    return value


def _text(value: object, path: str, longest: int) -> str:
    """Return *value* if it is a string with something in it, of at most *longest* UTF-16 units."""
    if value is None:
        raise missing(path)
    if not isinstance(value, str):
        raise invalid(path, "must be a string")
    if not value.strip():
        raise missing(path)
    length = limits.length(value)
    if length > longest:
        raise invalid(path, f"must be at most {longest} characters long, is {length}")
    return value


def _unique(values: list[str], path: str) -> None:
    if len(set(values)) != len(values):
        raise invalid(path, "must be unique")


def _text_message(text: Payload) -> None:
    _text(text.get("body"), "text.body", limits.TEXT_BODY_MAX)
    if not isinstance(text.get("preview_url", False), bool):
        raise invalid("text.preview_url", "must be true or false")


def _media(kind: str) -> Callable[[Payload], None]:
    def check(media: Payload) -> None:
        given = [name for name in ("id", "link") if media.get(name)]
        if len(given) != 1:
            raise missing(f"{kind}.id or {kind}.link")
        if "link" in given and not HTTP_URL.match(str(media["link"])):
            raise invalid(f"{kind}.link", "is not a URL")
        if media.get("filename") is not None:
            if kind != "document":
                raise invalid(f"{kind}.filename", "is not allowed")
            _text(media["filename"], "document.filename", limits.FILENAME_MAX)
        if media.get("caption") is not None:
            if kind in ("audio", "sticker"):
                raise invalid(f"{kind}.caption", "is not allowed")
            _text(media["caption"], f"{kind}.caption", limits.CAPTION_MAX)

    return check


def _location(location: Payload) -> None:
    for name, bound in (("latitude", 90), ("longitude", 180)):
        try:
            value = float(location[name])
        except KeyError:
            raise missing(f"location.{name}") from None
        except (TypeError, ValueError):
            raise invalid(f"location.{name}", "must be a number") from None
        if abs(value) > bound:
            raise invalid(f"location.{name}", f"must be between -{bound} and {bound}")


def _reaction(reaction: Payload) -> None:
    _text(reaction.get("message_id"), "reaction.message_id", 512)
    if not isinstance(reaction.get("emoji"), str):
        raise missing("reaction.emoji")


def _template(template: Payload) -> None:
    _text(template.get("name"), "template.name", limits.TEMPLATE_NAME_MAX)
    language = _object(template.get("language"), "template.language")
    _text(language.get("code"), "template.language.code", 10)
    _array(template.get("components", []), "template.components")


def _interactive(interactive: Payload) -> None:
    kind = interactive.get("type")
    if kind is None:
        raise missing("interactive.type")
    check = INTERACTIVE.get(kind) if isinstance(kind, str) else None
    if check is None:
        raise invalid("interactive.type", f"'{kind}' is not supported")
    longest = limits.LIST_BODY_MAX if kind == "list" else limits.BUTTON_BODY_MAX
    body = _object(interactive.get("body"), "interactive.body")
    _text(body.get("text"), "interactive.body.text", longest)
    if interactive.get("footer") is not None:
        footer = _object(interactive["footer"], "interactive.footer")
        _text(footer.get("text"), "interactive.footer.text", limits.FOOTER_MAX)
    if interactive.get("header") is not None:
        _header(_object(interactive["header"], "interactive.header"), kind)
    check(_object(interactive.get("action"), "interactive.action"))


def _header(header: Payload, kind: str) -> None:
    header_type = header.get("type")
    if header_type == "text":
        _text(header.get("text"), "interactive.header.text", limits.HEADER_TEXT_MAX)
    elif header_type in ("image", "video", "document") and kind != "list":
        _media(header_type)(_object(header.get(header_type), f"interactive.header.{header_type}"))
    else:
        raise invalid("interactive.header.type", f"'{header_type}' is not allowed for '{kind}'")


def _buttons(action: Payload) -> None:
    path = "interactive.action.buttons"
    buttons = _array(action.get("buttons"), path)
    if not 1 <= len(buttons) <= limits.BUTTONS_MAX:
        raise invalid(path, f"must have 1 to {limits.BUTTONS_MAX} buttons, has {len(buttons)}")
    ids, titles = [], []
    for index, button in enumerate(buttons):
        here = f"{path}[{index}]"
        if _object(button, here).get("type") != "reply":
            raise invalid(f"{here}.type", "must be 'reply'")
        reply = _object(button.get("reply"), f"{here}.reply")
        ids.append(_text(reply.get("id"), f"{here}.reply.id", limits.BUTTON_ID_MAX))
        titles.append(_text(reply.get("title"), f"{here}.reply.title", limits.BUTTON_TITLE_MAX))
    _unique(ids, f"{path}[].reply.id")
    _unique(titles, f"{path}[].reply.title")


def _list(action: Payload) -> None:
    _text(action.get("button"), "interactive.action.button", limits.LIST_LABEL_MAX)
    path = "interactive.action.sections"
    sections = _array(action.get("sections"), path)
    if not 1 <= len(sections) <= limits.LIST_SECTIONS_MAX:
        raise invalid(path, f"must have 1 to {limits.LIST_SECTIONS_MAX} sections")
    ids = []
    for index, section in enumerate(sections):
        here = f"{path}[{index}]"
        title = _object(section, here).get("title")
        # Meta asks for section titles only where there is more than one section.
        if len(sections) > 1 or title:
            _text(title, f"{here}.title", limits.LIST_SECTION_TITLE_MAX)
        rows = _array(section.get("rows"), f"{here}.rows")
        if not rows:
            raise missing(f"{here}.rows")
        for at, row in enumerate(rows):
            there = f"{here}.rows[{at}]"
            ids.append(_text(_object(row, there).get("id"), f"{there}.id", limits.LIST_ROW_ID_MAX))
            _text(row.get("title"), f"{there}.title", limits.LIST_ROW_TITLE_MAX)
            if row.get("description"):
                _text(row["description"], f"{there}.description", limits.LIST_ROW_DESCRIPTION_MAX)
    if len(ids) > limits.LIST_ROWS_MAX:
        raise invalid(path, f"must have at most {limits.LIST_ROWS_MAX} rows, has {len(ids)}")
    _unique(ids, f"{path}[].rows[].id")


def _cta_url(action: Payload) -> None:
    if action.get("name") != "cta_url":
        raise invalid("interactive.action.name", "must be 'cta_url'")
    path = "interactive.action.parameters"
    parameters = _object(action.get("parameters"), path)
    _text(parameters.get("display_text"), f"{path}.display_text", limits.CTA_LABEL_MAX)
    url = _text(parameters.get("url"), f"{path}.url", limits.TEMPLATE_URL_MAX)
    if not HTTP_URL.match(url):
        raise invalid(f"{path}.url", "is not a URL")


def _location_request(action: Payload) -> None:
    if action.get("name") != "send_location":
        raise invalid("interactive.action.name", "must be 'send_location'")


def order_status(told: object, path: str) -> None:
    """Refuse the status of an order if its form is not the one that Meta takes.

    Raises:
        GraphError: 131008 or 131009.
    """
    parameters = _object(told, path)
    _reference(parameters, path)
    order = _object(parameters.get("order"), f"{path}.order")
    if order.get("status") not in ORDER_STATUSES:
        raise invalid(f"{path}.order.status", f"must be one of {', '.join(ORDER_STATUSES)}")
    if order.get("description") is not None:
        _text(order["description"], f"{path}.order.description", limits.ORDER_DESCRIPTION_MAX)


def _reference(parameters: Payload, path: str) -> None:
    here = f"{path}.reference_id"
    reference = _text(parameters.get("reference_id"), here, limits.ORDER_REFERENCE_MAX)
    if not REFERENCE.match(reference):
        raise invalid(here, "may have letters, digits, underscores, hyphens and dots")


def _amount(value: object, path: str, least: int = 1) -> int:
    amount = _object(value, path)
    if amount.get("offset") != limits.ORDER_OFFSET:
        raise invalid(f"{path}.offset", f"must be {limits.ORDER_OFFSET}")
    paise = amount.get("value")
    if not isinstance(paise, int) or isinstance(paise, bool) or paise < least:
        raise invalid(f"{path}.value", "must be a positive integer")
    return paise


def _order_details(action: Payload) -> None:
    if action.get("name") != "review_and_pay":
        raise invalid("interactive.action.name", "must be 'review_and_pay'")
    path = "interactive.action.parameters"
    parameters = _object(action.get("parameters"), path)
    _reference(parameters, path)
    if parameters.get("type") not in ("digital-goods", "physical-goods"):
        raise invalid(f"{path}.type", "must be 'digital-goods' or 'physical-goods'")
    if parameters.get("currency") != "INR":
        raise invalid(f"{path}.currency", "must be 'INR'")
    _payment_settings(parameters, path)
    total = _amount(parameters.get("total_amount"), f"{path}.total_amount")
    order = _object(parameters.get("order"), f"{path}.order")
    if order.get("status") != "pending":
        raise invalid(f"{path}.order.status", "must be 'pending'")
    _expiration(order, f"{path}.order.expiration")
    subtotal = 0
    for index, item in enumerate(_array(order.get("items"), f"{path}.order.items")):
        subtotal += _item(item, f"{path}.order.items[{index}]")
    if _amount(order.get("subtotal"), f"{path}.order.subtotal") != subtotal:
        raise invalid(f"{path}.order.subtotal", "must be the sum of the items")
    if total != subtotal + _amount(order.get("tax"), f"{path}.order.tax", 0):
        raise invalid(f"{path}.total_amount", "must be subtotal and tax")


def _payment_settings(parameters: Payload, path: str) -> None:
    settings = _array(parameters.get("payment_settings"), f"{path}.payment_settings")
    here = f"{path}.payment_settings[0]"
    if len(settings) != 1 or _object(settings[0], here).get("type") != "payment_gateway":
        raise invalid(here, "must be one payment_gateway")
    gateway = _object(settings[0].get("payment_gateway"), f"{here}.payment_gateway")
    kind = gateway.get("type")
    if kind not in GATEWAYS:
        raise invalid(f"{here}.payment_gateway.type", f"must be one of {', '.join(GATEWAYS)}")
    longest = limits.PAYMENT_CONFIGURATION_MAX
    _text(gateway.get("configuration_name"), f"{here}.configuration_name", longest)
    given = _object(gateway.get(kind, {}), f"{here}.payment_gateway.{kind}")
    if given.get("receipt") is not None:
        _text(given["receipt"], f"{here}.receipt", limits.ORDER_RECEIPT_MAX)
    notes = _object(given.get("notes", {}), f"{here}.notes")
    if len(notes) > limits.ORDER_NOTES_MAX:
        raise invalid(f"{here}.notes", f"must be at most {limits.ORDER_NOTES_MAX}")
    for name, note in notes.items():
        _text(note, f"{here}.notes.{name}", limits.ORDER_NOTE_MAX)


def _expiration(order: Payload, path: str) -> None:
    expiration = _object(order.get("expiration"), path)
    timestamp = _text(expiration.get("timestamp"), f"{path}.timestamp", 12)
    least = time.time() + limits.ORDER_LIFE_SECONDS
    if not timestamp.isdecimal() or int(timestamp) < least:
        raise invalid(f"{path}.timestamp", f"must be {limits.ORDER_LIFE_SECONDS} s ahead")
    _text(expiration.get("description"), f"{path}.description", limits.ORDER_DESCRIPTION_MAX)


def _item(value: object, path: str) -> int:
    item = _object(value, path)
    _text(item.get("name"), f"{path}.name", limits.ORDER_ITEM_MAX)
    for name in ("country_of_origin", "importer_name"):
        _text(item.get(name), f"{path}.{name}", limits.IMPORTER_MAX)
    address = _object(item.get("importer_address"), f"{path}.importer_address")
    for name in ("address_line1", "country_code"):
        _text(address.get(name), f"{path}.importer_address.{name}", limits.ADDRESS_MAX)
    quantity = item.get("quantity")
    if not isinstance(quantity, int) or isinstance(quantity, bool) or quantity < 1:
        raise invalid(f"{path}.quantity", "must be a positive integer")
    return quantity * _amount(item.get("amount"), f"{path}.amount")


def _order_status(action: Payload) -> None:
    if action.get("name") != "review_order":
        raise invalid("interactive.action.name", "must be 'review_order'")
    order_status(action.get("parameters"), "interactive.action.parameters")


INTERACTIVE = {
    "order_details": _order_details,
    "order_status": _order_status,
    "button": _buttons,
    "list": _list,
    "cta_url": _cta_url,
    "location_request_message": _location_request,
}
CHECKS = {
    "text": _text_message,
    "interactive": _interactive,
    "template": _template,
    "location": _location,
    "reaction": _reaction,
    **{kind: _media(kind) for kind in MEDIA_TYPES},
}
