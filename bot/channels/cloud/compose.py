"""From an `Outbound` to the JSON that Meta's `/messages` takes.

Meta refuses a message that is over a limit, so each one is kept here, though the tests of the
words see to it that none is met. Ids cannot be cut; one that is too long is refused by Meta.
"""

from __future__ import annotations

from bot.channels.cloud import limits, orders
from bot.channels.cloud.errors import reason
from bot.channels.fit import ELLIPSIS, cut
from domain.channel import (
    Choice,
    ErrorClass,
    OrderNews,
    OrderRequest,
    Outbound,
    SendFailed,
    TemplateCall,
)

NO_CODE_TO_USER_ID = 131062
EMPTY_PARAMETER = "–"
"""Meta refuses an empty parameter, and a patient may have no name."""


def compose(message: Outbound) -> dict[str, object]:
    """Return the body of the call that sends *message*, without `messaging_product`.

    A template goes before everything else, then an order, choices, a document, a link. Up to three
    short choices become buttons; more, longer ones or ones with a second line become a list.

    Raises:
        SendFailed: If the message has no address, or is a login code for a WhatsApp user id: Meta
            takes those for phone numbers only.
    """
    return {
        "recipient_type": "individual",
        **_address(message),
        **_content(message),
        **({"context": {"message_id": message.quotes}} if message.quotes else {}),
        "biz_opaque_callback_data": message.message_id,
    }


def _address(message: Outbound) -> dict[str, object]:
    if message.phone:
        # Without the plus sign Meta may put the business's own country code before it.
        return {"to": "+" + message.phone.removeprefix("+")}
    if message.wa_user_id is None:
        raise SendFailed(ErrorClass.NEVER, None, "The person has no address to write to.")
    if message.template is not None and message.template.code is not None:
        raise SendFailed(ErrorClass.NEVER, NO_CODE_TO_USER_ID, reason(NO_CODE_TO_USER_ID))
    return {"recipient": message.wa_user_id}


def _content(message: Outbound) -> dict[str, object]:
    if message.template is not None:
        return {"type": "template", "template": _template(message.template, message.order)}
    if message.order is not None:
        return {"type": "interactive", "interactive": orders.interactive(message, message.order)}
    if message.choices:
        return {"type": "interactive", "interactive": _choices(message)}
    if message.document and message.url:
        return {"type": "document", "document": _document(message, message.url)}
    if message.url and message.url_label:
        return {"type": "interactive", "interactive": _link(message, message.url)}
    return {
        "type": "text",
        "text": {"preview_url": False, "body": _body(message, limits.TEXT_BODY_MAX)},
    }


def _body(message: Outbound, most: int) -> str:
    """Return the text, with the link under it, since these shapes have no button for one."""
    if not message.url:
        return cut(message.text, most)
    link = f"{message.url_label}: {message.url}" if message.url_label else message.url
    return cut(message.text, most - len(link) - 2) + "\n\n" + link


def _choices(message: Outbound) -> dict[str, object]:
    return _buttons(message) if _fit_buttons(message.choices) else _list(message)


def _fit_buttons(choices: tuple[Choice, ...]) -> bool:
    return (
        len(choices) <= limits.BUTTONS_MAX
        and all(len(c.words) <= limits.BUTTON_TITLE_MAX and not c.more for c in choices)
        # Meta refuses two buttons with the same words; rows of a list may have them.
        and len({c.words for c in choices}) == len(choices)
    )


def _buttons(message: Outbound) -> dict[str, object]:
    return {
        "type": "button",
        "body": {"text": _body(message, limits.BUTTON_BODY_MAX)},
        "action": {
            "buttons": [
                {"type": "reply", "reply": {"id": c.id, "title": c.words}} for c in message.choices
            ]
        },
    }


def _list(message: Outbound) -> dict[str, object]:
    rows = [_row(choice) for choice in message.choices[: limits.LIST_ROWS_MAX]]
    return {
        "type": "list",
        "body": {"text": _body(message, limits.LIST_BODY_MAX)},
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


def _document(message: Outbound, url: str) -> dict[str, object]:
    """Return a document, which Meta fetches from *url* after it has taken the message."""
    return {
        "link": url,
        "filename": message.document,
        "caption": cut(message.text, limits.CAPTION_MAX),
    }


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


def _template(
    call: TemplateCall, order: OrderRequest | OrderNews | None = None
) -> dict[str, object]:
    template: dict[str, object] = {
        "name": call.name,
        # Meta writes en_GB where BCP 47 writes en-GB.
        "language": {"code": call.language.replace("-", "_")},
    }
    components = _code(call.code) if call.code is not None else _parameters(call)
    if isinstance(order, OrderNews):
        components.append(orders.component(order))
    if components:
        template["components"] = components
    return template


def _parameters(call: TemplateCall) -> list[dict[str, object]]:
    components: list[dict[str, object]] = []
    if call.parameters:
        named = [
            {"type": "text", "parameter_name": name, "text": _parameter(value)}
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


def _parameter(value: str) -> str:
    """Return *value* on one line: Meta refuses line breaks, tabs and more than four spaces."""
    return cut(" ".join(value.split()), limits.TEMPLATE_BODY_MAX) or EMPTY_PARAMETER


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
