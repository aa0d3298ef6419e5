"""Finds what WhatsApp would refuse in our message templates, before they are submitted.

All providers submit to the same review, so the rules are the same at Meta and at Twilio. Characters
are counted as UTF-16 units.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, get_args

from bot.channels.fit import utf16_units
from bot.channels.templates import Category, TemplateDefinition

# "Template components".
NAME_MAX = 512
BODY_MAX = 1024
HEADER_MAX = 60
FOOTER_MAX = 60
BUTTONS_MAX = 10
LABEL_MAX = 25
# "Authentication templates".
CODE_MINUTES = range(1, 91)

NAME = re.compile(r"[a-z0-9_]+")
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Z]{2})?")
VARIABLE = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
VARIABLE_NAME = re.compile(r"[a-z][a-z0-9_]*")
ADJACENT = re.compile(r"\}\}\s*\{\{")
SPACES = re.compile(r" {5,}")
MARKUP = re.compile(r"[*_~`]")


def all_problems(definitions: Iterable[TemplateDefinition]) -> list[str]:
    """Return every problem, each with its template; empty if all can be submitted."""
    every = list(definitions)
    found = [f"{d.name} ({d.language}): {said}" for d in every for said in problems(d)]
    times = Counter((d.name, d.language) for d in every)
    found += [f"{n} ({tag}): there are {k} of it" for (n, tag), k in times.items() if k > 1]
    return found


def problems(definition: TemplateDefinition) -> list[str]:
    """Return what WhatsApp would refuse in *definition*, in words; empty if it would take it."""
    return [*_identity(definition), *_components(definition)]


def _identity(definition: TemplateDefinition) -> Iterator[str]:
    name = definition.name
    if not NAME.fullmatch(name) or len(name) > NAME_MAX:
        yield f"the name has more than lower-case letters, digits and _, or more than {NAME_MAX}"
    if not LANGUAGE.fullmatch(definition.language):
        yield f"{definition.language!r} is no language like en or en-GB"
    if definition.category not in get_args(Category):
        yield f"the category {definition.category!r} is none of {', '.join(get_args(Category))}"


def _components(definition: TemplateDefinition) -> Iterator[str]:
    for part in definition.payload()["components"]:
        match part["type"]:
            case "HEADER":
                yield from _plain("the header", part["text"], HEADER_MAX)
            case "BODY" if definition.category != "AUTHENTICATION":
                yield from _body(definition.body, definition.examples)
            case "FOOTER" if "code_expiration_minutes" in part:
                if part["code_expiration_minutes"] not in CODE_MINUTES:
                    yield f"a code must be good for {CODE_MINUTES[0]} to {CODE_MINUTES[-1]} minutes"
            case "FOOTER":
                yield from _plain("the footer", part["text"], FOOTER_MAX)
            case "BUTTONS":
                yield from _buttons(part["buttons"])


def _body(text: str, examples: dict[str, str]) -> Iterator[str]:
    if not text.strip():
        yield "the body is empty"
    if utf16_units(text) > BODY_MAX:
        yield f"the body has {utf16_units(text)} characters, more than {BODY_MAX}"
    if "\t" in text or SPACES.search(text):
        yield "the body has a tab, or more than four spaces in a row"
    if "\n\n\n" in text:
        yield "the body has more than two line breaks in a row"
    yield from _variables(text, examples)


def _variables(text: str, examples: dict[str, str]) -> Iterator[str]:
    names = list(dict.fromkeys(VARIABLE.findall(text)))
    between = VARIABLE.sub(" ", text)
    if "{{" in between or "}}" in between:
        yield "the body has braces that are no variable"
    for name in names:
        if not VARIABLE_NAME.fullmatch(name):
            yield f"the variable {name!r} is not named in lower-case letters, digits and _"
    # Signs do not count: no page says whether an emoji before a variable, or a full stop after it,
    # is text to a reviewer.
    pieces = VARIABLE.split(text)
    if names and not _has_words(pieces[0]):
        yield "the body begins with a variable"
    if names and not _has_words(pieces[-1]):
        yield "the body ends with a variable"
    if ADJACENT.search(text):
        yield "two variables stand side by side in the body"
    used = len(VARIABLE.findall(text))
    words = sum(map(_has_words, between.split()))
    # Meta does not publish its rule; templates with this many words have been approved.
    needed = 2 * used + 1
    if used and words < needed:
        yield f"{used} variables need at least {needed} words beside them; there are {words}"
    yield from _examples(text, names, examples)


def _examples(text: str, names: list[str], examples: dict[str, str]) -> Iterator[str]:
    for name in names:
        example = examples.get(name, "")
        if not example.strip():
            yield f"the variable {name!r} has no example"
        elif "\n" in example or "\t" in example or SPACES.search(example):
            yield f"the example of {name!r} has a line break, a tab or more than four spaces"
    for name in examples:
        if name not in names:
            yield f"there is an example of {name!r}, which the body does not have"
    filled = VARIABLE.sub(lambda found: examples.get(found[1], ""), text)
    length = utf16_units(filled)
    if length > BODY_MAX >= utf16_units(text):
        yield f"the body with its examples has {length} characters, more than {BODY_MAX}"


def _buttons(buttons: list[dict[str, Any]]) -> Iterator[str]:
    if len(buttons) > BUTTONS_MAX:
        yield f"there are {len(buttons)} buttons, more than {BUTTONS_MAX}"
    labels = [str(button["text"]) for button in buttons if "text" in button]
    for label in labels:
        yield from _plain(f"the button {label!r}", label, LABEL_MAX)
    if len(set(labels)) < len(labels):
        yield "two buttons have the same words"


def _plain(what: str, text: str, longest: int) -> Iterator[str]:
    """Yield the problems of a text that may have no variables and no markup."""
    if not text.strip():
        yield f"{what} is empty"
    if utf16_units(text) > longest:
        yield f"{what} has {utf16_units(text)} characters, more than {longest}"
    if "{{" in text or "}}" in text:
        yield f"{what} has a variable"
    if "\n" in text or "\t" in text:
        yield f"{what} has a line break or a tab"
    if MARKUP.search(text):
        yield f"{what} has markup"
    if any(unicodedata.category(c) == "So" for c in text):
        yield f"{what} has an emoji"


def _has_words(text: str) -> bool:
    """Return whether *text* has a letter or a digit, in any script."""
    return any(c.isalnum() for c in text)
