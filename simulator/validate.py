"""Checks an outgoing message as strictly as Meta documents, and refuses with Meta's codes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from simulator import limits, order_rules
from simulator.errors import GraphError, invalid, missing
from simulator.values import read_array, read_object, read_text, require_unique

if TYPE_CHECKING:
    from collections.abc import Callable

Payload = dict[str, Any]

# "`to` accepts +, hyphens, parentheses, spaces" (Meta, "Send messages").
RECIPIENT = re.compile(r"^\+?[0-9() \-]+$")
RECIPIENT_DIGITS = range(7, 16)
USER_ID = re.compile(r"^[A-Z]{2}\.[A-Za-z0-9]{1,128}$")
HTTP_URL = re.compile(r"^https?://[^\s]+$")
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
        read_text(data, "biz_opaque_callback_data", limits.CALLBACK_DATA_MAX)
    context = payload.get("context")
    if context is not None:
        read_text(read_object(context, "context").get("message_id"), "context.message_id", 512)
    kind = payload.get("type", "text")
    check = CHECKS.get(kind) if isinstance(kind, str) else None
    if check is None:
        raise GraphError(131051, f"Message type '{kind}' is not supported.")
    if kind not in payload:
        raise missing(str(kind))
    if kind == "reaction" and context is not None:
        raise invalid("context", "cannot be used with a reaction")
    check(read_object(payload[kind], str(kind)))
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


def _text_message(text: Payload) -> None:
    read_text(text.get("body"), "text.body", limits.TEXT_BODY_MAX)
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
            read_text(media["filename"], "document.filename", limits.FILENAME_MAX)
        if media.get("caption") is not None:
            if kind in ("audio", "sticker"):
                raise invalid(f"{kind}.caption", "is not allowed")
            read_text(media["caption"], f"{kind}.caption", limits.CAPTION_MAX)

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
    read_text(reaction.get("message_id"), "reaction.message_id", 512)
    if not isinstance(reaction.get("emoji"), str):
        raise missing("reaction.emoji")


def _template(template: Payload) -> None:
    read_text(template.get("name"), "template.name", limits.TEMPLATE_NAME_MAX)
    language = read_object(template.get("language"), "template.language")
    read_text(language.get("code"), "template.language.code", 10)
    read_array(template.get("components", []), "template.components")


def _interactive(interactive: Payload) -> None:
    kind = interactive.get("type")
    if kind is None:
        raise missing("interactive.type")
    check = INTERACTIVE.get(kind) if isinstance(kind, str) else None
    if check is None:
        raise invalid("interactive.type", f"'{kind}' is not supported")
    longest = limits.LIST_BODY_MAX if kind == "list" else limits.BUTTON_BODY_MAX
    body = read_object(interactive.get("body"), "interactive.body")
    read_text(body.get("text"), "interactive.body.text", longest)
    if interactive.get("footer") is not None:
        footer = read_object(interactive["footer"], "interactive.footer")
        read_text(footer.get("text"), "interactive.footer.text", limits.FOOTER_MAX)
    if interactive.get("header") is not None:
        _header(read_object(interactive["header"], "interactive.header"), kind)
    check(read_object(interactive.get("action"), "interactive.action"))


def _header(header: Payload, kind: str) -> None:
    header_type = header.get("type")
    if header_type == "text":
        read_text(header.get("text"), "interactive.header.text", limits.HEADER_TEXT_MAX)
    elif header_type in ("image", "video", "document") and kind != "list":
        _media(header_type)(
            read_object(header.get(header_type), f"interactive.header.{header_type}")
        )
    else:
        raise invalid("interactive.header.type", f"'{header_type}' is not allowed for '{kind}'")


def _buttons(action: Payload) -> None:
    path = "interactive.action.buttons"
    buttons = read_array(action.get("buttons"), path)
    if not 1 <= len(buttons) <= limits.BUTTONS_MAX:
        raise invalid(path, f"must have 1 to {limits.BUTTONS_MAX} buttons, has {len(buttons)}")
    ids, titles = [], []
    for index, button in enumerate(buttons):
        here = f"{path}[{index}]"
        if read_object(button, here).get("type") != "reply":
            raise invalid(f"{here}.type", "must be 'reply'")
        reply = read_object(button.get("reply"), f"{here}.reply")
        ids.append(_id(reply.get("id"), f"{here}.reply.id", limits.BUTTON_ID_MAX))
        titles.append(read_text(reply.get("title"), f"{here}.reply.title", limits.BUTTON_TITLE_MAX))
    require_unique(ids, f"{path}[].reply.id")
    require_unique(titles, f"{path}[].reply.title")


def _id(value: object, path: str, longest: int) -> str:
    """Return the id of a button or a row; spaces around it are refused ("Reply buttons")."""
    identity = read_text(value, path, longest)
    if identity != identity.strip():
        raise invalid(path, "cannot have leading or trailing spaces")
    return identity


def _list(action: Payload) -> None:
    read_text(action.get("button"), "interactive.action.button", limits.LIST_LABEL_MAX)
    path = "interactive.action.sections"
    sections = read_array(action.get("sections"), path)
    if not 1 <= len(sections) <= limits.LIST_SECTIONS_MAX:
        raise invalid(path, f"must have 1 to {limits.LIST_SECTIONS_MAX} sections")
    ids = []
    for index, section in enumerate(sections):
        here = f"{path}[{index}]"
        title = read_object(section, here).get("title")
        # Meta asks for section titles only where there is more than one section.
        if len(sections) > 1 or title is not None:
            read_text(title, f"{here}.title", limits.LIST_SECTION_TITLE_MAX)
        rows = read_array(section.get("rows"), f"{here}.rows")
        if not rows:
            raise missing(f"{here}.rows")
        for at, row in enumerate(rows):
            there = f"{here}.rows[{at}]"
            ids.append(
                _id(read_object(row, there).get("id"), f"{there}.id", limits.LIST_ROW_ID_MAX)
            )
            read_text(row.get("title"), f"{there}.title", limits.LIST_ROW_TITLE_MAX)
            if row.get("description") is not None:
                read_text(
                    row["description"], f"{there}.description", limits.LIST_ROW_DESCRIPTION_MAX
                )
    if len(ids) > limits.LIST_ROWS_MAX:
        raise invalid(path, f"must have at most {limits.LIST_ROWS_MAX} rows, has {len(ids)}")
    require_unique(ids, f"{path}[].rows[].id")


def _cta_url(action: Payload) -> None:
    if action.get("name") != "cta_url":
        raise invalid("interactive.action.name", "must be 'cta_url'")
    path = "interactive.action.parameters"
    parameters = read_object(action.get("parameters"), path)
    read_text(parameters.get("display_text"), f"{path}.display_text", limits.CTA_LABEL_MAX)
    url = read_text(parameters.get("url"), f"{path}.url", limits.TEMPLATE_URL_MAX)
    if not HTTP_URL.match(url):
        raise invalid(f"{path}.url", "is not a URL")


def _location_request(action: Payload) -> None:
    if action.get("name") != "send_location":
        raise invalid("interactive.action.name", "must be 'send_location'")


INTERACTIVE = {
    "order_details": order_rules.check_details,
    "order_status": order_rules.check_status,
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
