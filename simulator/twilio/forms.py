"""The shapes of Twilio's webhooks: forms of the fields that its guides document.

Twilio itself learns from Meta what people do; so do these, from messages as Meta's webhooks have
them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.config import Number, Phone
    from simulator.model import Message, Status

Payload = dict[str, Any]
Form = dict[str, str]

WHATSAPP = "whatsapp:"
API_VERSION = "2010-04-01"
MEDIA_HOST = "https://api.twilio.com"


def sender_address(number: Number) -> str:
    """Return the address of a business number."""
    return f"{WHATSAPP}+{number.display_phone_number}"


def person_address(phone: Phone) -> str:
    """Return the address of a person: their number, or their user id if that is hidden."""
    return WHATSAPP + (f"+{phone.wa_id}" if phone.send_phone else phone.user_id)


def inbound(account: str, number: Number, phone: Phone, message: Payload) -> Form:
    """Return the form of a person's message.

    Args:
        account: The account's sid.
        number: The business number written to.
        phone: Who wrote.
        message: The message as Meta's webhooks have it.
    """
    kind, sid = message["type"], message["id"]
    form = {
        "MessageSid": sid,
        "SmsMessageSid": sid,
        "SmsSid": sid,
        "AccountSid": account,
        "From": person_address(phone),
        "To": sender_address(number),
        "Body": "",
        "NumMedia": "0",
        "NumSegments": "1",
        "SmsStatus": "received",
        "ProfileName": phone.name,
        "MessageType": kind,
        "ApiVersion": API_VERSION,
    }
    if phone.send_phone:
        form["WaId"] = phone.wa_id
    else:
        form["ExternalUserId"] = person_address(phone)
    form |= FIELDS.get(kind, _file(account))(message)
    context = message.get("context")
    if context:
        form["OriginalRepliedMessageSid"] = context["id"]
        form["OriginalRepliedMessageSender"] = f"{WHATSAPP}+{context['from'].removeprefix('+')}"
    return form


def status(account: str, number: Number, to: str, message: Message, step: Status) -> Form:
    """Return the form of one step in an outgoing message's life; *to* is the recipient."""
    form = {
        "MessageSid": message.id,
        "SmsSid": message.id,
        "MessageStatus": step.status,
        "SmsStatus": step.status,
        "AccountSid": account,
        "From": sender_address(number),
        "To": to,
        "ChannelPrefix": "whatsapp",
        "ChannelToAddress": to.removeprefix(WHATSAPP),
        "ApiVersion": API_VERSION,
    }
    if step.errors:
        form["ErrorCode"] = str(step.errors[0]["code"])
        form["ChannelStatusMessage"] = step.errors[0]["message"]
    else:
        form["EventType"] = step.status.upper()
    return form


def _text(message: Payload) -> Form:
    return {"Body": message["text"]["body"]}


def _button(message: Payload) -> Form:
    words, identity = message["button"]["text"], message["button"].get("payload")
    tapped = {} if identity is None else {"ButtonPayload": identity}
    return {"Body": words, "ButtonText": words, **tapped}


def _interactive(message: Payload) -> Form:
    kind = message["interactive"]["type"]
    reply = message["interactive"][kind]
    if kind == "list_reply":
        return {"Body": reply["title"], "ListTitle": reply["title"], "ListId": reply["id"]}
    words = reply["title"]
    return {
        "MessageType": "button",
        "Body": words,
        "ButtonText": words,
        "ButtonPayload": reply["id"],
    }


def _location(message: Payload) -> Form:
    place = message["location"]
    named = {"Address": place.get("address"), "Label": place.get("name")}
    return {
        "Latitude": str(place["latitude"]),
        "Longitude": str(place["longitude"]),
        **{field: text for field, text in named.items() if text},
    }


def _contacts(message: Payload) -> Form:
    sid = message["id"]
    return {
        "NumMedia": "1",
        "MediaContentType0": "text/vcard",
        "MediaUrl0": f"{MEDIA_HOST}/{API_VERSION}/Messages/{sid}/Media/0",
    }


def _reaction(message: Payload) -> Form:
    reaction = message["reaction"]
    return {
        "Body": reaction.get("emoji", ""),
        "OriginalRepliedMessageSid": reaction["message_id"],
    }


def _file(account: str) -> Callable[[Payload], Form]:
    def fields(message: Payload) -> Form:
        """Return the fields of a file; of anything that has none there are no fields."""
        file = message.get(message["type"])
        if not isinstance(file, dict) or "mime_type" not in file:
            return {}
        path = f"{API_VERSION}/Accounts/{account}/Messages/{message['id']}/Media/{file['id']}"
        return {
            "Body": file.get("caption", ""),
            "NumMedia": "1",
            "MediaContentType0": file["mime_type"],
            "MediaUrl0": f"{MEDIA_HOST}/{path}",
        }

    return fields


FIELDS: dict[str, Callable[[Payload], Form]] = {
    "text": _text,
    "button": _button,
    "interactive": _interactive,
    "location": _location,
    "contacts": _contacts,
    "reaction": _reaction,
}
