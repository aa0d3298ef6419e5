"""From an `Outbound` to the arguments of Twilio's `Messages`.

Buttons and lists are content resources that must exist at Twilio first (`contents.menus`). Without
them the choices are sent as numbered text: a digit picks an option in every conversation.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from bot.channels.fit import ELLIPSIS, cut, fit_buttons, utf16_units
from bot.channels.text import linked_text, parameter, plain_text
from bot.channels.twilio import limits
from bot.channels.twilio.errors import NO_TEMPLATE, reason
from domain.channel import Choice, ErrorClass, Outbound, SendFailed, TemplateCall
from domain.model.messages import Place

MENU = "menu_"
"""What the names of menus begin with."""
ANY_LANGUAGE = "en"
"""Menus hold no words of their own, so there is one for each shape, in no language."""

BUTTONS, LIST, ROWS = "buttons", "list", "rows"
"""The shapes of menus: rows are a list whose items have a second line."""

Contents = Callable[[str, str], str | None]
"""From a name and a language to the sid of the content resource; None if the account has none."""


def compose(message: Outbound, contents: Contents) -> Mapping[str, str | list[str]]:
    """Return the arguments for *message*, without its addresses.

    Twilio takes no file name for a document. The caption is sent with it, but WhatsApp may not
    show it.

    Raises:
        SendFailed: If it is a template that the account does not have in that language.
    """
    if message.template is not None:
        return _template(message.template, contents)
    form = None if message.is_plain else _form(message, contents)
    return form or {"body": plain_text(message, limits.TEXT_BODY_MAX)}


def _form(message: Outbound, contents: Contents) -> Mapping[str, str | list[str]] | None:
    """Return *message* as a menu, a place or a document; None if it is words alone."""
    if message.attachment is not None and message.attachment.link is not None:
        words = cut(message.text, limits.TEXT_BODY_MAX)
        return {"body": words, "media_url": [message.attachment.link]}
    if message.choices:
        return _menu(message, contents)
    if message.place is not None:
        return _place(message.place)
    if message.document and message.url:
        return {"body": cut(message.text, limits.TEXT_BODY_MAX), "media_url": [message.url]}
    return None


def _place(place: Place) -> Mapping[str, str | list[str]]:
    """Return a place, whose name is the body and whose address its label (Twilio, "Location")."""
    # A bar would end the label.
    label = parameter(place.address or place.name, limits.LABEL_MAX).replace("|", "/")
    return {
        "body": parameter(place.name, limits.TEXT_BODY_MAX),
        "persistent_action": [f"geo:{place.latitude},{place.longitude}|{label}"],
    }


def _menu(message: Outbound, contents: Contents) -> dict[str, str] | None:
    """Return *message* as a menu; None if it does not fit or the account has none of its shape.

    Twilio takes no line break in a variable, so each line of the text has a variable of its own,
    and empty lines are left out.
    """
    choices = message.choices
    text = linked_text(message, limits.TEXT_BODY_MAX)
    lines = [parameter(line, limits.TEXT_BODY_MAX) for line in text.splitlines() if line.strip()]
    shape = _shape(choices)
    fits = (
        utf16_units(text) <= limits.MENU_BODY_MAX
        and all(utf16_units(line) <= limits.VARIABLE_MAX for line in lines)
        and all(len(choice.id) <= limits.ID_MAX for choice in choices)
        # Whether Twilio takes two rows with the same words is not documented.
        and len({choice.words for choice in choices}) == len(choices)
    )
    sid = contents(menu_name(shape, len(choices), len(lines)), ANY_LANGUAGE) if fits else None
    if sid is None:
        return None
    variables = list(lines)
    if shape != BUTTONS:
        variables.append(parameter(message.choices_label or ELLIPSIS, limits.LIST_LABEL_MAX))
    most = limits.BUTTON_TITLE_MAX if shape == BUTTONS else limits.LIST_ROW_TITLE_MAX
    for choice in choices:
        variables += [parameter(choice.words, most), choice.id]
        if shape == ROWS:
            variables.append(parameter(choice.more, limits.LIST_ROW_DESCRIPTION_MAX))
    return _content(sid, variables)


def _shape(choices: tuple[Choice, ...]) -> str:
    if fit_buttons(choices, limits.BUTTONS_MAX, limits.BUTTON_TITLE_MAX):
        return BUTTONS
    return ROWS if any(choice.more for choice in choices) else LIST


def menu_name(shape: str, choices: int, lines: int) -> str:
    """Return the name of the content resource for a menu of *shape*.

    It has so many choices below so many lines of text.
    """
    return f"{MENU}{shape}_{choices}_{lines}"


def _template(call: TemplateCall, contents: Contents) -> dict[str, str]:
    sid = contents(call.name, call.language)
    if sid is None:
        raise SendFailed(ErrorClass.LANGUAGE, NO_TEMPLATE, reason(NO_TEMPLATE))
    if call.code is not None:
        return _content(sid, [call.code])
    filled = [parameter(value, limits.TEMPLATE_BODY_MAX) for value in call.parameters.values()]
    return _content(sid, [*filled, *call.payloads])


def _content(sid: str, variables: list[str]) -> dict[str, str]:
    numbers = {str(n): value for n, value in enumerate(variables, start=1)}
    return {
        "content_sid": sid,
        **({"content_variables": json.dumps(numbers, ensure_ascii=False)} if numbers else {}),
    }
