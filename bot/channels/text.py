"""A message as text alone, which every provider takes: links written out, choices numbered."""

from __future__ import annotations

from bot.channels.fit import cut, utf16_units
from domain.channel import Choice, Outbound

NOTHING = "–"
"""Stands for an empty value, which no provider takes: a patient may have no name."""


def one_line(text: str) -> str:
    """Return *text* on one line, with single blanks."""
    return " ".join(text.split())


def parameter(value: str, most: int) -> str:
    """Return *value* as a template's parameter: on one line, cut to *most*, `NOTHING` if blank.

    Providers refuse line breaks, tabs and more than four spaces there.
    """
    return cut(one_line(value), most) or NOTHING


def linked_text(message: Outbound, most: int) -> str:
    """Return the text of *message*, at most *most* long with its link, if any, written below."""
    if not message.url:
        return cut(message.text, most)
    link = f"{message.url_label}: {message.url}" if message.url_label else message.url
    return cut(message.text, most - utf16_units(link) - 2) + "\n\n" + link


def plain_text(message: Outbound, most: int) -> str:
    """Return the text of *message* with its link and its numbered choices below it.

    A digit picks an option in every conversation. Choices that the text numbers already are not
    repeated. If all is longer than *most*, the text above the choices is cut.
    """
    text = linked_text(message, most)
    if all(f"{n}. {choice.words}" in text for n, choice in enumerate(message.choices, start=1)):
        return text
    lines = [f"{n}. {_in_full(choice)}" for n, choice in enumerate(message.choices, start=1)]
    below = "\n\n" + "\n".join(lines)
    return linked_text(message, most - utf16_units(below)) + below


def _in_full(choice: Choice) -> str:
    return f"{choice.words} ({choice.more})" if choice.more else choice.words
