"""From an `Outbound` to heyoo's method that sends it, with its arguments.

Meta refuses a message that is over a limit, so texts are cut here, though the tests of
`templates/` make sure that our words fit. Ids cannot be cut: Meta refuses one that is too long.
"""

from __future__ import annotations

from bot.channels.cloud import limits, orders
from bot.channels.cloud.client import CloudClient
from bot.channels.cloud.errors import reason
from bot.channels.fit import ELLIPSIS, cut, fit_buttons
from bot.channels.text import linked_text, parameter, plain_text
from domain.channel import (
    Choice,
    ErrorClass,
    OrderNews,
    OrderRequest,
    Outbound,
    SendFailed,
    TemplateCall,
)
from domain.model.messages import Attachment

NO_CODE_TO_USER_ID = 131062


def compose_envelope(message: Outbound) -> dict[str, object]:
    """Return the fields of every message, whatever its type, that heyoo's methods do not know.

    Raises:
        SendFailed: If the message has no address, or is a login code to a WhatsApp user id: Meta
            sends codes to phone numbers only.
    """
    return {
        "recipient_type": "individual",
        **_recipient(message),
        **({"context": {"message_id": message.quotes}} if message.quotes else {}),
        "biz_opaque_callback_data": message.message_id,
    }


def send_content(client: CloudClient, message: Outbound) -> object:
    """Send *message* by heyoo's method for its type; return Meta's answer.

    The first that the message has decides its type: what it reacts to, a template, an order,
    choices, a place, a document, a link. Up to three short choices become buttons; more, longer
    ones or ones with a second line become a list. heyoo has no method for orders and links: they
    use its general call. A plain message is text, unless it is a template.

    Raises:
        SendFailed, SendUnknown: As `CloudClient` does. Not to be repeated blindly.
    """
    to = _number(message)
    if message.reacts_to is not None:
        return client.send_reaction(message.text, message.reacts_to, to)
    if message.template is not None:
        call = message.template
        components = _components(call, message.order) or None
        # Meta writes en_GB where BCP 47 writes en-GB.
        return client.send_template(call.name, to, components, call.language.replace("-", "_"))
    if message.is_plain:
        return _send_text(client, to, message)
    file = message.attachment
    if file is not None and file.reference is not None:
        return _send_file(client, to, message, file)
    return _send_form(client, to, message)


def _send_form(client: CloudClient, to: str | None, message: Outbound) -> object:
    if message.order is not None:
        return _send_interactive(client, to, orders.interactive(message, message.order))
    if message.choices:
        return _send_choices(client, to, message)
    if message.place is not None:
        where = message.place
        latitude, longitude = float(where.latitude), float(where.longitude)
        return client.send_location(latitude, longitude, where.name, where.address or None, to)
    if message.document and message.url:
        # Meta fetches it from its address after it has taken the message.
        caption = cut(message.text, limits.CAPTION_MAX)
        return client.send_document(message.url, to, caption, filename=message.document)
    if message.url and message.url_label:
        return _send_interactive(client, to, _link(message, message.url))
    return _send_text(client, to, message)


def _send_file(client: CloudClient, to: str | None, message: Outbound, file: Attachment) -> object:
    """Send a file by Meta's id of it; heyoo's methods leave out the name of a document.

    WhatsApp shows no words below a voice note.
    """
    part: dict[str, object] = {"id": file.reference}
    if file.kind != "audio" and message.text:
        part["caption"] = cut(message.text, limits.CAPTION_MAX)
    if file.kind == "document":
        part["filename"] = file.name
    return client.send_custom_json({"type": file.kind, file.kind: part}, to)


def _number(message: Outbound) -> str | None:
    """Return the phone as Meta takes it; None if the envelope names the recipient instead."""
    # Without the plus sign Meta may put the business's own country code before it.
    return "+" + message.phone.removeprefix("+") if message.phone else None


def _recipient(message: Outbound) -> dict[str, object]:
    if message.phone:
        return {}
    if message.wa_user_id is None:
        raise SendFailed(ErrorClass.NEVER, None, "The person has no address to write to.")
    if message.template is not None and message.template.code is not None:
        raise SendFailed(ErrorClass.NEVER, NO_CODE_TO_USER_ID, reason(NO_CODE_TO_USER_ID))
    return {"recipient": message.wa_user_id}


def _send_interactive(client: CloudClient, to: str | None, part: dict[str, object]) -> object:
    return client.send_custom_json({"type": "interactive", "interactive": part}, to)


def _send_choices(client: CloudClient, to: str | None, message: Outbound) -> object:
    if fit_buttons(message.choices, limits.BUTTONS_MAX, limits.BUTTON_TITLE_MAX):
        return client.send_reply_button(_buttons(message), to)
    # In spite of its name it sends a list.
    return client.send_button(_list(message), to)


def _send_text(client: CloudClient, to: str | None, message: Outbound) -> object:
    text = plain_text(message, limits.TEXT_BODY_MAX)
    if message.quotes:
        return client.reply_to_message(message.quotes, to, text, preview_url=False)
    return client.send_message(text, to, preview_url=False)


def _buttons(message: Outbound) -> dict[str, object]:
    return {
        "type": "button",
        "body": {"text": linked_text(message, limits.BUTTON_BODY_MAX)},
        "action": {
            "buttons": [
                {"type": "reply", "reply": {"id": c.id, "title": c.words}} for c in message.choices
            ]
        },
    }


def _list(message: Outbound) -> dict[str, object]:
    """Return a list as heyoo takes it: heyoo adds the type, and wraps the text."""
    rows = [_row(choice) for choice in message.choices[: limits.LIST_ROWS_MAX]]
    return {
        "body": linked_text(message, limits.LIST_BODY_MAX),
        "action": {
            # Meta refuses a list whose button has no words.
            "button": cut(message.choices_label, limits.LIST_LABEL_MAX) or ELLIPSIS,
            "sections": [{"rows": rows}],
        },
    }


def _row(choice: Choice) -> dict[str, object]:
    row: dict[str, object] = {
        "id": choice.id,
        "title": cut(choice.words, limits.LIST_ROW_TITLE_MAX),
    }
    if choice.more:
        row["description"] = cut(choice.more, limits.LIST_ROW_DESCRIPTION_MAX)
    return row


def _link(message: Outbound, url: str) -> dict[str, object]:
    return {
        "type": "cta_url",
        "body": {"text": cut(message.text, limits.URL_BODY_MAX)},
        "action": {
            "name": "cta_url",
            "parameters": {
                "display_text": cut(message.url_label, limits.URL_LABEL_MAX),
                "url": url,
            },
        },
    }


def _components(
    call: TemplateCall, order: OrderRequest | OrderNews | None
) -> list[dict[str, object]]:
    components = _code(call.code) if call.code is not None else _parameters(call)
    if isinstance(order, OrderNews):
        components.append(orders.component(order))
    return components


def _parameters(call: TemplateCall) -> list[dict[str, object]]:
    components: list[dict[str, object]] = []
    if call.parameters:
        most = limits.TEMPLATE_BODY_MAX
        named = [
            {"type": "text", "parameter_name": name, "text": parameter(value, most)}
            for name, value in call.parameters.items()
        ]
        components.append({"type": "body", "parameters": named})
    components += [
        {
            "type": "button",
            "sub_type": "quick_reply",
            "index": str(index),
            "parameters": [{"type": "payload", "payload": payload}],
        }
        for index, payload in enumerate(call.payloads)
    ]
    return components


def _code(code: str) -> list[dict[str, object]]:
    """Return an authentication template's components, which carry the code twice.

    The button that copies the code is a `url` button in this call, whatever it was named when
    the template was made (Meta, "Copy code authentication templates").
    """
    parameter: dict[str, object] = {"type": "text", "text": code}
    return [
        {"type": "body", "parameters": [parameter]},
        {"type": "button", "sub_type": "url", "index": "0", "parameters": [parameter]},
    ]
