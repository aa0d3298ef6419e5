"""From an `Outbound` to the arguments of Twilio's `Messages`.

Buttons and lists are content resources that must exist at Twilio first (`contents.menus`). Without
them the choices are sent as numbered text: a digit picks an option in every conversation.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from bot.channels.fit import ELLIPSIS, cut
from bot.channels.twilio import limits
from bot.channels.twilio.errors import NO_TEMPLATE, reason
from domain.channel import Choice, ErrorClass, Outbound, SendFailed, TemplateCall

EMPTY = "–"
"""Twilio takes no empty variable, and a patient may have no name."""
MENU = "menu_"
"""What the names of menus begin with."""
ANY_LANGUAGE = "en"
"""Menus hold no words of their own, so there is one for each shape, in no language."""

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
    if message.choices:
        return _menu(message, contents) or {"body": numbered_text(message)}
    if message.document and message.url:
        return {"body": cut(message.text, limits.TEXT_BODY_MAX), "media_url": [message.url]}
    return {"body": _with_link(message, message.text)}


def numbered_text(message: Outbound) -> str:
    """Return the text with numbered choices under it, unless the text has all of them already."""
    lines = [f"{n}. {_in_full(c)}" for n, c in enumerate(message.choices, start=1)]
    named = [f"{n}. {c.words}" in message.text for n, c in enumerate(message.choices, start=1)]
    if all(named):
        return _with_link(message, message.text)
    below = "\n".join(lines)
    text = cut(message.text, limits.TEXT_BODY_MAX - len(below) - 2)
    return _with_link(message, f"{text}\n\n{below}")


def _in_full(choice: Choice) -> str:
    return f"{choice.words} ({choice.more})" if choice.more else choice.words


def _with_link(message: Outbound, text: str) -> str:
    if not message.url:
        return cut(text, limits.TEXT_BODY_MAX)
    link = f"{message.url_label}: {message.url}" if message.url_label else message.url
    return cut(text, limits.TEXT_BODY_MAX - len(link) - 2) + "\n\n" + link


def _menu(message: Outbound, contents: Contents) -> dict[str, str] | None:
    """Return *message* as a menu; None if it does not fit or the account has none of its shape."""
    choices = message.choices[: limits.LIST_ROWS_MAX]
    text = _with_link(message, message.text)
    fits = len(text) <= limits.MENU_BODY_MAX and all(len(c.id) <= limits.ID_MAX for c in choices)
    if not fits:
        return None
    variables = [text]
    if _fit_buttons(choices):
        name = menu_name("buttons", len(choices))
        for choice in choices:
            variables += [choice.words, choice.id]
    else:
        has_more = any(c.more for c in choices)
        name = menu_name("rows" if has_more else "list", len(choices))
        variables.append(cut(message.choices_label, limits.LIST_LABEL_MAX) or ELLIPSIS)
        for choice in choices:
            variables += [cut(choice.words, limits.LIST_ROW_TITLE_MAX), choice.id]
            if has_more:
                variables.append(cut(choice.more, limits.LIST_ROW_DESCRIPTION_MAX) or EMPTY)
    sid = contents(name, ANY_LANGUAGE)
    return _content(sid, variables) if sid else None


def menu_name(shape: str, choices: int) -> str:
    """Return the name of the content resource for a menu of *shape* with this many choices."""
    return f"{MENU}{shape}_{choices}"


def _fit_buttons(choices: tuple[Choice, ...]) -> bool:
    return (
        len(choices) <= limits.BUTTONS_MAX
        and all(len(c.words) <= limits.BUTTON_TITLE_MAX and not c.more for c in choices)
        and len({c.words for c in choices}) == len(choices)
    )


def _template(call: TemplateCall, contents: Contents) -> dict[str, str]:
    sid = contents(call.name, call.language)
    if sid is None:
        raise SendFailed(ErrorClass.LANGUAGE, NO_TEMPLATE, reason(NO_TEMPLATE))
    if call.code is not None:
        return _content(sid, [call.code])
    filled = [_one_line(value) for value in call.parameters.values()]
    return _content(sid, [*filled, *call.payloads])


def _content(sid: str, variables: list[str]) -> dict[str, str]:
    numbers = {str(n): value for n, value in enumerate(variables, start=1)}
    return {
        "content_sid": sid,
        **({"content_variables": json.dumps(numbers, ensure_ascii=False)} if numbers else {}),
    }


def _one_line(value: str) -> str:
    """Return *value* on one line: WhatsApp refuses line breaks, tabs and rows of spaces."""
    return cut(" ".join(value.split()), limits.TEMPLATE_BODY_MAX) or EMPTY
