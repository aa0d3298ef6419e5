"""The corpus: what people write, in which situation, and what must happen."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FILES = ("patients", "patients_more", "staff", "staff_more", "patients_held_out", "staff_held_out")
HELD_OUT = ("patients_held_out", "staff_held_out")
"""Kept aside while the ear is built: nobody reads them to mend it."""
FOLDER = Path(__file__).parent / "hearing"


@dataclass(frozen=True)
class Sentence:
    """One line of the corpus; its fields are explained at the top of each file."""

    text: str
    at: str
    lang: str
    kind: str
    does: tuple[str, ...]
    trap: bool = False
    doctor: str | tuple[str, ...] | None = None
    day: str | None = None
    time: str | None = None
    bound: str | None = None
    person: str | None = None
    age: int | None = None
    gender: str | None = None
    minutes: int | None = None
    number: int | None = None
    option: int | None = None
    phone: str | None = None
    name: str | None = None
    reason: str | None = None
    words: str | None = None
    code: str | None = None
    also: tuple[str, ...] = ()


def read_sentences(name: str) -> list[Sentence]:
    """Return the sentences of one file."""
    lines = tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))["sentences"]
    return [_sentence(line) for line in lines]


def _sentence(line: dict[str, Any]) -> Sentence:
    line = {k: tuple(v) if isinstance(v, list) else v for k, v in line.items()}
    for several in ("does", "also"):
        if isinstance(line.get(several), str):
            line[several] = (line[several],)
    return Sentence(**line)
