"""Sentences as people write them, each with what must happen: the files of `tests/hearing/`.

The world in which they are said, and what the fields mean, is explained at the top of
`patients.toml` and `staff.toml`.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "hearing"
PATIENTS = (
    "patients", "patients_more", "patients_third", "patients_fourth", "patients_fifth",
    "patients_held_out",
    "patients_held_out_more",
)  # fmt: skip
STAFF = ("staff", "staff_more", "staff_held_out", "staff_held_out_more")
HELD_OUT = tuple(name for name in (*PATIENTS, *STAFF) if "held_out" in name)
"""Kept aside: they only measure."""
SEEN = tuple(name for name in (*PATIENTS, *STAFF) if name not in HELD_OUT)
"""What words and rules are made with in view."""
LISTS = {"does", "also", "doctor"}  # one value may stand without brackets


@dataclass(frozen=True)
class Sentence:
    """One sentence, the place where it is said, and what must happen.

    Only the fields above *trap* are always there. Of the others, None or an empty tuple means: this
    is not looked at.
    """

    text: str
    at: str
    """What the conversation has come to, or who of the staff writes."""
    lang: str
    """en, hi (Devanagari), hinglish (Latin letters) or other."""
    kind: str
    does: tuple[str, ...]
    """What must happen; any one of them is right."""
    trap: bool = False
    """Whether a reader of single words would act or answer wrongly."""
    also: tuple[str, ...] = ()
    """Further wishes that the same message answers."""
    doctor: tuple[str, ...] = ()
    """Keys of the doctors that fit."""
    day: str | None = None
    """"+1" (days from today), an ISO date, "past" or "beyond"."""
    time: str | None = None
    """"17:00", or MORNING, AFTERNOON or EVENING."""
    bound: str | None = None
    """after or before the time."""
    person: str | None = None
    """me, a kinship such as father, or "name:Riya"."""
    name: str | None = None
    age: int | None = None
    gender: str | None = None
    minutes: int | None = None
    number: int | None = None
    """A token's number."""
    option: int | None = None
    """The place, from 1, of the offered option."""
    phone: str | None = None
    """E.164."""
    reason: str | None = None
    words: str | None = None
    """What is announced."""
    code: str | None = None
    """By which a newcomer joins a clinic."""


def read_sentences(name: str) -> list[Sentence]:
    """Return the sentences of a file, in its order; none if there is no such file.

    Args:
        name: the file's name without its ending, such as `patients_held_out`.

    Raises:
        TypeError: a sentence has a field that is not known, or lacks one that is needed.
    """
    path = FOLDER / f"{name}.toml"
    if not path.exists():
        return []
    entries: list[dict[str, Any]] = tomllib.loads(path.read_text("utf-8"))["sentences"]
    return [_sentence(entry) for entry in entries]


def _sentence(entry: dict[str, Any]) -> Sentence:
    fields: dict[str, Any] = {
        key: _as_tuple(value) if key in LISTS else value for key, value in entry.items()
    }
    return Sentence(**fields)


def _as_tuple(value: str | list[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)
