"""Reads Meta's webhooks: every message, status and notice in one.

One POST may carry up to a thousand updates over several entries, changes and people. What is
malformed or of no interest is counted and skipped, and the rest is read: Meta repeats for a week
what is not answered 200, and a malformed message would be malformed each time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final

from bot.channels.cloud.errors import classify
from bot.channels.cloud.notices import PAYMENT, read_notices, read_payment
from bot.channels.cloud.values import Node, identifier, node, nodes, text, time
from bot.channels.http import redact_numbers
from bot.channels.numbers import e164
from bot.channels.places import place
from flows.inbound import Inbound, Notice, StatusUpdate

CHANGES_OF_ADDRESS = frozenset({"user_changed_number", "user_changed_user_id"})
STATUSES = frozenset({"sent", "delivered", "read", "failed"})


@dataclass(frozen=True)
class Parsed:
    """The content of one webhook.

    `inbound` is in the order in which people wrote (by timestamp, then as listed); `statuses` and
    `notices`, which include those of payments, are in the order of the webhook. `ignored` counts
    what was malformed, or of a field or kind that is not read.
    """

    inbound: list[Inbound]
    statuses: list[StatusUpdate]
    ignored: int
    notices: list[Notice] = field(default_factory=list)


def parse(payload: object, received_at: datetime) -> Parsed:
    """Return everything in the webhook *payload*. Never raises, whatever JSON it is.

    Args:
        payload: The body as JSON, its signature checked.
        received_at: Now, aware; used where a timestamp is missing or absurd.
    """
    now = received_at.astimezone(UTC).replace(microsecond=0)
    inbound: list[Inbound] = []
    statuses: list[StatusUpdate] = []
    whole = node(payload)
    if whole.get("object") != "whatsapp_business_account":
        return Parsed(inbound, statuses, 1)
    notices: list[Notice] = []
    entries, ignored = nodes(whole.get("entry"))
    for entry in entries:
        changes, malformed = nodes(entry.get("changes"))
        ignored += malformed
        for change in changes:
            told = read_notices(entry, change, now)
            if told is not None:
                notices += told
                continue
            ignored += _read_change(change, now, inbound, statuses, notices)
    inbound.sort(key=lambda message: message.sent_at)  # Stable: equal times keep their order.
    came = [replace(message, received_at=received_at) for message in inbound]
    return Parsed(came, statuses, ignored, notices)


def _read_change(
    change: Node,
    now: datetime,
    inbound: list[Inbound],
    statuses: list[StatusUpdate],
    notices: list[Notice],
) -> int:
    """Add the content of *change* to the lists; return how many elements were ignored."""
    value = node(change.get("value"))
    if change.get("field") != "messages" or not value.keys() & {"messages", "statuses", "errors"}:
        return 1
    ignored = 0
    if "messages" in value:
        messages, ignored = nodes(value["messages"])
        contacts = _Contacts(value.get("contacts"))
        metadata = node(value.get("metadata"))
        for message in messages:
            read = _read_message(message, metadata, contacts, now)
            ignored += read is None
            inbound += [read] if read is not None else []
    if "statuses" in value:
        elements, malformed = nodes(value["statuses"])
        ignored += malformed
        for element in elements:
            if element.get("type") == PAYMENT:
                told = read_payment(element)
                ignored += told is None
                notices += [told] if told is not None else []
                continue
            update = _read_status(element, now)
            ignored += update is None
            statuses += [update] if update is not None else []
    if "errors" in value:
        # About the account as a whole. The answers to our own calls report the same.
        errors, malformed = nodes(value["errors"])
        ignored += malformed + len(errors)
    return ignored


# --- Messages -----------------------------------------------------------------------------------


class _Contacts:
    """The contacts of a change, found by id: in a batch their order means nothing."""

    def __init__(self, listed: object) -> None:
        contacts, _ = nodes(listed)
        self.by_user_id = {identifier(contact.get("user_id")): contact for contact in contacts}
        self.by_phone = {e164(contact.get("wa_id")): contact for contact in contacts}

    def of(self, phone: str | None, wa_user_id: str | None) -> Node:
        """Return the contact with *wa_user_id* or else *phone*; an empty one if there is none."""
        if wa_user_id is not None and wa_user_id in self.by_user_id:
            return self.by_user_id[wa_user_id]
        return self.by_phone.get(phone, {}) if phone is not None else {}


def _read_message(
    message: Node, metadata: Node, contacts: _Contacts, now: datetime
) -> Inbound | None:
    """Return *message*, or None if it is malformed or not acted on."""
    message_id, sender = identifier(message.get("id")), identifier(metadata.get("phone_number_id"))
    kind = message.get("type")
    # Messages in a group are ignored: others would read the answer.
    if message_id is None or sender is None or not isinstance(kind, str) or "group_id" in message:
        return None
    phone, wa_user_id = e164(message.get("from")), identifier(message.get("from_user_id"))
    contact = contacts.of(phone, wa_user_id)
    phone = phone or e164(contact.get("wa_id"))
    wa_user_id = wa_user_id or identifier(contact.get("user_id"))
    if phone is None and wa_user_id is None:
        return None
    bare = Inbound(
        message_id=message_id,
        sender=sender,
        display_number=e164(metadata.get("display_phone_number")),
        kind="unsupported",
        sent_at=time(message.get("timestamp"), now),
        phone=phone,
        wa_user_id=wa_user_id,
        profile_name=text(node(contact.get("profile")).get("name")) or None,
        answers=identifier(node(message.get("context")).get("id")),
    )
    return KINDS.get(kind, _read_unsupported)(bare, message)


def _read_text(bare: Inbound, message: Node) -> Inbound | None:
    body = text(node(message.get("text")).get("body"))
    return None if body is None else replace(bare, kind="text", text=body)


def _read_interactive(bare: Inbound, message: Node) -> Inbound | None:
    interactive = node(message.get("interactive"))
    kind = interactive.get("type")
    if kind not in ("button_reply", "list_reply"):
        # A form's answer (nfm_reply), or a type newer than this code.
        return bare if isinstance(kind, str) else None
    reply = node(interactive.get(kind))
    return _tap(bare, reply.get("id"), reply.get("title"))


def _read_button(bare: Inbound, message: Node) -> Inbound | None:
    """Read the tap on a template's quick reply.

    Without a payload of ours, Meta repeats the words on the button or leaves the payload out.
    """
    button = node(message.get("button"))
    payload, words = button.get("payload"), button.get("text")
    return _tap(bare, None if payload == words else payload, words)


def _tap(bare: Inbound, choice: object, words: object) -> Inbound | None:
    """Return the tap on *choice*, or, if it names none, its *words* as if they were typed."""
    chosen, said = text(choice), text(words) or ""
    if chosen:
        return replace(bare, kind="tap", choice=chosen, text=said)
    return replace(bare, kind="text", text=said) if said else None


def _read_media(bare: Inbound, message: Node) -> Inbound | None:
    kind = str(message["type"])
    file = node(message.get(kind))
    return replace(
        bare,
        kind="media",
        media=kind,
        text=text(file.get("caption")) or "",
        source=identifier(file.get("id")),
        file_name=text(file.get("filename")) or None,
    )


def _read_location(bare: Inbound, message: Node) -> Inbound | None:
    where = node(message.get("location"))
    named = text(where.get("name")) or "", text(where.get("address")) or ""
    found = place(where.get("latitude"), where.get("longitude"), *named)
    return replace(bare, kind="location", place=found) if where else None


def _read_contacts(bare: Inbound, message: Node) -> Inbound | None:
    cards, _ = nodes(message.get("contacts"))
    if not cards:
        return None
    phones, _ = nodes(cards[0].get("phones"))
    # Any other card is somebody the person knows. Meta puts the origin on the card or the message.
    origins = (message.get("origin"), cards[0].get("origin"))
    is_own = "contact_request" in origins and len(cards) == 1 and len(phones) == 1
    own = e164(phones[0].get("wa_id") or phones[0].get("phone")) if is_own else None
    return replace(bare, kind="contacts", own_phone=own)


def _read_reaction(bare: Inbound, message: Node) -> Inbound | None:
    """Read a reaction; its text is the emoji, or empty if the reaction was removed."""
    reaction = node(message.get("reaction"))
    answers = identifier(reaction.get("message_id"))
    if answers is None:
        return None
    return replace(bare, kind="reaction", answers=answers, text=text(reaction.get("emoji")) or "")


def _read_system(bare: Inbound, message: Node) -> Inbound | None:
    system = node(message.get("system"))
    new_phone, new_wa_user_id = e164(system.get("wa_id")), identifier(system.get("user_id"))
    changed = new_phone is not None or new_wa_user_id is not None
    if not changed or text(system.get("type")) not in CHANGES_OF_ADDRESS:
        return None
    return replace(bare, kind="system", new_phone=new_phone, new_wa_user_id=new_wa_user_id)


def _read_unsupported(bare: Inbound, _: Node) -> Inbound | None:
    return bare


def _ignore(_: Inbound, __: Node) -> Inbound | None:
    return None


# fmt: off
KINDS: Final[dict[str, Callable[[Inbound, Node], Inbound | None]]] = {
    "text":        _read_text,
    "interactive": _read_interactive,
    "button":      _read_button,
    "audio":       _read_media,
    "image":       _read_media,
    "video":       _read_media,
    "document":    _read_media,
    "sticker":     _read_media,
    "location":    _read_location,
    "contacts":    _read_contacts,
    "reaction":    _read_reaction,
    "system":      _read_system,
    "order":       _read_unsupported,
    "unsupported": _read_unsupported,
    "edit":        _ignore,   # A command must not run again because its text was edited,
    "revoke":      _ignore,   # and a deleted message has been acted on already.
}
# fmt: on
"""How each type is read. A type that is not listed is answered as unsupported."""


# --- Statuses -----------------------------------------------------------------------------------


def _read_status(status: Node, now: datetime) -> StatusUpdate | None:
    """Return *status*, or None if it is malformed or no message's status."""
    provider_id, word = identifier(status.get("id")), status.get("status")
    if provider_id is None or not isinstance(word, str) or word not in STATUSES:
        return None
    if status.get("type", "message") != "message":
        return None
    errors, _ = nodes(status.get("errors"))
    error = errors[0] if errors else {}
    code = error.get("code")
    number = code if isinstance(code, int) and not isinstance(code, bool) else None
    said = text(node(error.get("error_data")).get("details")) or text(error.get("title"))
    return StatusUpdate(
        message_id=identifier(status.get("biz_opaque_callback_data")),
        provider_id=provider_id,
        status=word,
        at=time(status.get("timestamp"), now),
        error_code=number,
        error_kind=classify(number) if word == "failed" else None,
        error_text=redact_numbers(said) if said else None,
        category=identifier(node(status.get("pricing")).get("category")),
        price_type=identifier(node(status.get("pricing")).get("type")),
    )
