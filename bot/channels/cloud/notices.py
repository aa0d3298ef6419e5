"""Webhooks that are no messages: about templates, numbers, payments and people's preferences."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from bot.channels.cloud.values import Node, identifier, node, nodes, text, time
from bot.channels.numbers import e164
from flows.inbound import (
    EchoNotice,
    Notice,
    OrderNotice,
    PreferenceNotice,
    QualityNotice,
    TemplateNotice,
)

MARKETING = "marketing_messages"
STOPS, RESUMES = "stop", "resume"
NO_WORDS = {"reaction", "edit", "revoke"}
"""Echoes that are no answer to anybody."""
PAYMENT, FAILED = "payment", "failed"


def read_notices(entry: Node, change: Node, now: datetime) -> list[Notice] | None:
    """Return the notices in *change*; None if its field is not read here, or it is malformed."""
    reader = FIELDS.get(str(change.get("field")))
    if reader is None:
        return None
    found = reader(entry, node(change.get("value")), now)
    return found or None


def read_payment(status: Node) -> OrderNotice | None:
    """Return the notice in the status of a payment; None if it is malformed.

    Meta sends it among the statuses of messages. What it says of amounts is not trusted and not
    read: the gateway's books decide.
    """
    payment = node(status.get("payment"))
    reference, word = identifier(payment.get("reference_id")), text(status.get("status"))
    if reference is None or word is None:
        return None
    attempt = text(node(payment.get("transaction")).get("status"))
    return OrderNotice(reference, has_failed=FAILED in {attempt, word})


def _template(entry: Node, value: Node, now: datetime) -> list[Notice]:
    account = identifier(entry.get("id"))
    name = identifier(value.get("message_template_name"))
    language = identifier(value.get("message_template_language"))
    if account is None or name is None or language is None:
        return []
    reason = _word(value.get("reason"))
    return [
        TemplateNotice(
            account=account,
            name=name,
            language=language.replace("_", "-"),
            at=time(entry.get("time"), now),
            status=_word(value.get("event")),
            reason=None if reason == "NONE" else reason,
            category=_word(value.get("new_category")),
            quality=_word(value.get("new_quality_score")),
        )
    ]


def _quality(_: Node, value: Node, __: datetime) -> list[Notice]:
    number = e164(value.get("display_phone_number"))
    quality, limit = _word(value.get("event")), _word(value.get("current_limit"))
    return [QualityNotice(number, quality, limit)] if number and (quality or limit) else []


def _preferences(_: Node, value: Node, now: datetime) -> list[Notice]:
    told: list[Notice] = []
    for said in nodes(value.get("user_preferences"))[0]:
        phone, wa_user_id = e164(said.get("wa_id")), identifier(said.get("user_id"))
        wish = said.get("value")
        is_marketing = said.get("category") == MARKETING and wish in (STOPS, RESUMES)
        if is_marketing and (phone or wa_user_id):
            at = time(said.get("timestamp"), now)
            told.append(PreferenceNotice(phone, wa_user_id, wish == STOPS, at))
    return told


def _echoes(_: Node, value: Node, now: datetime) -> list[Notice]:
    """Read what people of the clinic wrote in the Business app; its words stay there."""
    sender = identifier(node(value.get("metadata")).get("phone_number_id"))
    told: list[Notice] = []
    for echo in nodes(value.get("message_echoes"))[0]:
        phone, wa_user_id = e164(echo.get("to")), identifier(echo.get("to_user_id"))
        if sender and (phone or wa_user_id) and text(echo.get("type")) not in NO_WORDS:
            at = time(echo.get("timestamp"), now)
            told.append(EchoNotice(sender, phone, wa_user_id, at))
    return told


def _word(value: object) -> str | None:
    said = text(value)
    return said.strip()[:200] or None if said is not None else None


# fmt: off
FIELDS: Final[dict[str, Callable[[Node, Node, datetime], list[Notice]]]] = {
    "message_template_status_update":  _template,
    "message_template_quality_update": _template,
    "template_category_update":        _template,
    "phone_number_quality_update":     _quality,
    "user_preferences":                _preferences,
    "smb_message_echoes":              _echoes,
}
# fmt: on
"""How each field is read. `messages` is read by `parse`; all other fields are ignored."""
