"""A message in words, as the renderer returns it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from domain.channel import Choice, TemplateCall
from domain.errors import PulseOpsError


class NoTemplate(PulseOpsError):
    """The message has no approved template, so it cannot be sent outside the service window."""


@dataclass(frozen=True)
class Rendered:
    """A message in words: free-form, or a template with the text that it shows."""

    text: str
    choices: tuple[Choice, ...] = ()
    choices_label: str = ""
    url: str | None = None
    url_label: str = ""
    document: str | None = None
    """The name of the file at `url`, if it goes as a document."""
    about: str = ""
    until: str = ""
    """Of an order or its status, in few words: what is paid for, and how long it is held."""
    template: TemplateCall | None = None
    category: str = "service"
    """WhatsApp's price category: "service", or the template's."""


@dataclass(frozen=True)
class ShownOption:
    """An option as a body shows it, with the number that people may type."""

    number: int
    id: str
    label: str
    values: Mapping[str, Any]
    title: str
    more: str
    long: str
    """The option in full, where the title is too short."""
