"""The catalogue: the purpose of each message, samples of its values, and its approved templates.

`templates/catalogue/<flow>.toml` has a table for each message; `common.toml` has groups of sample
values that several messages share.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import msgspec

from bot.channels.templates import Category
from domain.model.messages import Option

COMMON = "common"


class Variant(msgspec.Struct, frozen=True, kw_only=True):
    """One approved template of a message; the first that fits the message is used."""

    variant: str = ""
    """Distinguishes the templates of one message, in their names and blocks."""
    buttons: tuple[str, ...] = ()
    """The labels of the options that the message must have, in this order."""
    when: str | None = None
    """The name of a value that must be true, if any."""
    order: bool = False
    """Whether it carries the status of an order, and is submitted as such a template."""
    asks_number: bool = False
    """Whether it has WhatsApp's own button that shares the phone number."""


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """Values to render a message with, for tests, previews and Meta's reviewers."""

    title: str = ""
    groups: tuple[str, ...] = msgspec.field(default=(), name="with")
    """The tables of common.toml whose values it includes."""
    values: dict[str, Any] = {}
    none: tuple[str, ...] = ()
    """The variables that are None, which TOML cannot express."""
    options: tuple[Option, ...] = ()
    url: str | None = None


class Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One message of the catalogue."""

    purpose: str
    category: Category | None = None
    """Set if the message may be sent outside the service window, as a template."""
    template: tuple[Variant, ...] = (Variant(),)
    sample: tuple[Sample, ...]


def read_catalogue(folder: Path) -> dict[str, Entry]:
    """Return the entry of each message (flow/message), with its samples filled from the groups.

    Raises:
        msgspec.ValidationError: If a file has a field that an entry does not have.
    """
    groups = tomllib.loads((folder / f"{COMMON}.toml").read_text(encoding="utf-8"))
    entries: dict[str, Entry] = {}
    for path in sorted(folder.glob("*.toml")):
        if path.stem == COMMON:
            continue
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
        for message, table in tables.items():
            entry = msgspec.convert(table, Entry)
            samples = tuple(_fill_sample(sample, groups) for sample in entry.sample)
            entries[f"{path.stem}/{message}"] = msgspec.structs.replace(entry, sample=samples)
    return entries


def _fill_sample(sample: Sample, groups: dict[str, dict[str, Any]]) -> Sample:
    values: dict[str, Any] = {}
    for group in sample.groups:
        values |= groups[group]
    values |= sample.values
    values |= dict.fromkeys(sample.none)
    return msgspec.structs.replace(sample, values=values)
