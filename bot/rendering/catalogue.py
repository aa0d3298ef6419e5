"""What each message is for, samples of its variables, and the approved templates it has.

`templates/catalogue/<flow>.toml` holds a table a message; `common.toml` holds groups of sample
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
    """One approved template of a message; the first that fits a message is taken."""

    variant: str = ""
    """Tells several templates of a message apart, in their names and blocks."""
    buttons: tuple[str, ...] = ()
    """The labels of the options it is for, in their order."""
    when: str | None = None
    """A value that must be true; None: none."""
    order: bool = False
    """Whether it brings the status of an order, for which it has to be submitted."""
    asks_number: bool = False
    """Whether it has WhatsApp's own button, with words of WhatsApp's, that shares the number."""


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """Values with which a message can be rendered, for tests, previews and Meta's reviewers."""

    title: str = ""
    groups: tuple[str, ...] = msgspec.field(default=(), name="with")
    """Names of tables in common.toml whose values it takes."""
    values: dict[str, Any] = {}
    none: tuple[str, ...] = ()
    """Variables that are None, which TOML cannot say."""
    options: tuple[Option, ...] = ()
    url: str | None = None


class Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the catalogue says of one message."""

    purpose: str
    category: Category | None = None
    """Given if the message may go outside the service window, as a template."""
    template: tuple[Variant, ...] = (Variant(),)
    sample: tuple[Sample, ...]


def read_catalogue(folder: Path) -> dict[str, Entry]:
    """Return the entry of each message (flow/message), its samples filled from the groups.

    Raises:
        msgspec.ValidationError: If a file says something this module does not know.
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
