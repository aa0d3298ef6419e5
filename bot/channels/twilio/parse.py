"""Reads Twilio's webhooks: each POST has one message or one status."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from bot.channels.numbers import e164
from bot.channels.places import place
from bot.channels.twilio.channel import WHATSAPP
from bot.channels.twilio.errors import classify, reason
from domain.model.messages import Place
from flows.inbound import Inbound, StatusUpdate

ID_MAX = 256
ADDRESS_MAX = 1024
CODE_DIGITS_MAX = 8
"""Digits of an error code; Twilio's have five."""
STATUSES: Final = {
    "sent": "sent",
    "delivered": "delivered",
    "read": "read",
    "failed": "failed",
    "undelivered": "failed",
    "canceled": "failed",
}
"""From Twilio's statuses to ours. Those before `sent` are ignored."""
TEXTS: Final = ("Body", "ButtonPayload", "ButtonText", "ListId", "ListTitle")
"""Fields of which a text or a tap has at least one."""
MEDIA: Final = {"audio", "image", "video"}


def parse_status(form: Mapping[str, str], our_id: str | None, now: datetime) -> StatusUpdate | None:
    """Return the status of our message *our_id*, or None if it is not acted on."""
    word = STATUSES.get(form.get("MessageStatus", ""))
    provider_id = _id(form.get("MessageSid"))
    if word is None or provider_id is None:
        return None
    code = _code(form.get("ErrorCode"))
    return StatusUpdate(
        message_id=our_id,
        provider_id=provider_id,
        status=word,
        at=now.astimezone(UTC).replace(microsecond=0),
        error_code=code,
        error_kind=classify(code) if word == "failed" else None,
        error_text=reason(code) if word == "failed" and code is not None else None,
    )


def parse_inbound(form: Mapping[str, str], now: datetime) -> Inbound | None:
    """Return the message in *form*, or None if it is no WhatsApp message to us.

    A choice is read from `ButtonPayload`, then `ListId`; else it is the text: `ListTitle`,
    `ButtonText` or `Body`.
    """
    message_id = _id(form.get("MessageSid"))
    sender = e164(form.get("To"))
    phone, wa_user_id = _person_ids(form)
    is_whatsapp = form.get("From", "").startswith(WHATSAPP)
    if message_id is None or sender is None or not is_whatsapp or not (phone or wa_user_id):
        return None
    kind, media = _kind(form)
    words = form.get("ListTitle") or form.get("ButtonText") or form.get("Body") or ""
    choice = form.get("ButtonPayload") or form.get("ListId")
    # A button without an id of ours may repeat its words in place of one.
    if choice and choice != words and kind == "text":
        kind = "tap"
    return Inbound(
        message_id=message_id,
        sender=sender,
        display_number=sender,
        kind=kind,
        sent_at=now.astimezone(UTC).replace(microsecond=0),
        phone=phone,
        wa_user_id=wa_user_id,
        profile_name=_text(form.get("ProfileName", "")) or None,
        text=_text(words or choice or ""),
        choice=_text(choice) if kind == "tap" and choice else None,
        answers=_id(form.get("OriginalRepliedMessageSid")),
        media=media,
        source=_id(form.get("MediaUrl0"), ADDRESS_MAX) if kind == "media" else None,
        place=_place(form) if kind == "location" else None,
    )


def _place(form: Mapping[str, str]) -> Place | None:
    named = _text(form.get("Label", "")), _text(form.get("Address", ""))
    return place(form.get("Latitude"), form.get("Longitude"), *named)


def _person_ids(form: Mapping[str, str]) -> tuple[str | None, str | None]:
    """Return the phone and the WhatsApp user id of the person; a user id in `From` has letters."""
    written = form.get("From", "").removeprefix(WHATSAPP)
    user_id = _id(form.get("ExternalUserId", "").removeprefix(WHATSAPP))
    if any(c.isalpha() for c in written):
        return e164(form.get("WaId")), user_id or _id(written)
    return e164(written), user_id


def _kind(form: Mapping[str, str]) -> tuple[str, str | None]:
    if form.get("MessageType") == "reaction":
        return "reaction", None
    if form.get("Latitude") and form.get("Longitude"):
        return "location", None
    if form.get("NumMedia", "0").strip() not in {"", "0"}:
        content_type = form.get("MediaContentType0", "")
        kind = content_type.partition("/")[0]
        if "vcard" in content_type:
            return "contacts", None
        return "media", kind if kind in MEDIA else "document"
    if form.get("MessageType") == "contacts":
        return "contacts", None
    return "text" if any(map(form.get, TEXTS)) else "unsupported", None


def _id(value: str | None, most: int = ID_MAX) -> str | None:
    """Return *value* if it can be an identifier: one printable word, not too long."""
    if not value or len(value) > most:
        return None
    return value if value.isprintable() and " " not in value else None


def _text(value: str) -> str:
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _code(value: str | None) -> int | None:
    is_code = value and value.isascii() and value.isdigit() and len(value) <= CODE_DIGITS_MAX
    return int(value) if value and is_code else None
