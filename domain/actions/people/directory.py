"""Finding patients: among those of a clinic, or among those of one of its doctors.

A directory of small entries stands beside the records, and is read consistently: one entry by the
whole name (the list, in its order), one a word of the name, one by the phone. A search reads only
what begins with what is looked for, in the caller's own partition; how many there are in all is
counted as they come and go.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from domain.actors import Caller
from domain.model.people import DirectoryCount, DirectoryEntry
from domain.names import fold_name
from domain.phones import normalise
from domain.work import Work

NAME, WORD, PHONE = "name", "word", "phone"
SEPARATOR = "\x1f"
"""Parts the pieces of an entry; no name holds it, and it sorts before a blank."""
HIGHEST = "\U0010ffff"
MOST_WORDS = 8
"""Later words of a name find it only beside one of these."""
PAGE = 1000
SHARDS = 64
"""A count is kept in so many parts, read together in one page."""


def add_entries(work: Work, owner: Caller, patient_id: str, name: str, phone: str | None) -> None:
    """Let *owner* find the patient by *name* and *phone*; may be repeated."""
    for entry in _entries(owner, patient_id, name, phone):
        before = work.get(DirectoryEntry, entry.owner, entry.entry)
        if before is None and entry.entry.startswith(NAME):
            _change_count(work, owner, patient_id, 1)
        work.put(entry.but(version=before.version if before else 0))


def remove_entries(
    work: Work, owner: Caller, patient_id: str, name: str, phone: str | None
) -> None:
    """Let *owner* find the patient no more; *name* and *phone* are those entered."""
    for entry in _entries(owner, patient_id, name, phone):
        before = work.get(DirectoryEntry, entry.owner, entry.entry)
        if before is not None and entry.entry.startswith(NAME):
            _change_count(work, owner, patient_id, -1)
        if before is not None:
            work.delete(before)


def replace_phone(
    work: Work, owner: Caller, patient_id: str, name: str, old: str | None, new: str | None
) -> None:
    """Let *owner* find the patient, entered with the phone *old*, by *new* instead."""
    kept = {entry.entry for entry in _entries(owner, patient_id, name, new)}
    for entry in _entries(owner, patient_id, name, old):
        before = work.get(DirectoryEntry, entry.owner, entry.entry)
        if before is not None and entry.entry not in kept:
            work.delete(before)
    add_entries(work, owner, patient_id, name, new)


def _change_count(work: Work, owner: Caller, patient_id: str, change: int) -> None:
    shard = count_shard_of(patient_id)
    before = work.get(DirectoryCount, owner.owner, shard) or DirectoryCount(
        owner=owner.owner, shard=shard, clinic_id=owner.clinic_id, doctor_id=owner.doctor_id
    )
    work.put(before.but(patients=before.patients + change))


def count_shard_of(patient_id: str) -> str:
    """Return the part of a count that a patient is in."""
    return f"{zlib.crc32(patient_id.encode()) % SHARDS:02d}"


def count_patients(work: Work, owner: Caller) -> int:
    """Return how many patients *owner* has."""
    return sum(c.patients for c in work.query(DirectoryCount, owner.owner, limit=SHARDS).records)


def _entries(
    owner: Caller, patient_id: str, name: str, phone: str | None
) -> Iterator[DirectoryEntry]:
    name_key = fold_name(name)
    ways = [(NAME, name_key)]
    ways += [(WORD, word) for word in list(dict.fromkeys(name_key.split()))[:MOST_WORDS]]
    ways += [(PHONE, phone)] if phone else []
    for way, text in ways:
        yield DirectoryEntry(
            owner=owner.owner,
            entry=_entry_key(way, text, patient_id),
            clinic_id=owner.clinic_id,
            doctor_id=owner.doctor_id,
            patient_id=patient_id,
            name_key=name_key,
            patient_phone=phone,
        )


@dataclass(frozen=True)
class Cursor:
    """Where a patient stands in a list by name."""

    name_key: str
    patient_id: str


@dataclass(frozen=True)
class DirectoryPage:
    """A page of a list by name: whether it goes on, and how many there are in all."""

    places: list[Cursor]
    more: bool
    total: int


def list_by_name(work: Work, owner: Caller, limit: int, after: Cursor | None) -> DirectoryPage:
    """Return the patients of *owner* that come after a place, by name."""
    low, high = _prefix_range(NAME, "")
    if after is not None:
        low = f"{_entry_key(NAME, after.name_key, after.patient_id)}{SEPARATOR}"
    page = work.query(DirectoryEntry, owner.owner, between=(low, high), limit=limit)
    places = [Cursor(e.name_key, e.patient_id) for e in page.records]
    return DirectoryPage(places, page.after is not None, count_patients(work, owner))


def find_by_name(
    work: Work, owner: Caller, name: str, phone: str | None, limit: int, after: Cursor | None
) -> DirectoryPage:
    """Return those of the patients of *owner* whom *name* and *phone* fit, by name.

    Each word of *name* begins a word of theirs, in any order; *phone* is what their number begins
    with. Of what is given, all must fit; of nothing, nobody does.
    """
    words = fold_name(name).split()
    if phone:
        span = _prefix_range(PHONE, phone)
    elif words:
        span = _prefix_range(WORD, max(words, key=len))
    else:
        return DirectoryPage([], more=False, total=0)
    fitting = {
        (entry.name_key, entry.patient_id)
        for entry in _read_entries(work, owner, span)
        if _name_matches(entry.name_key, words)
    }
    last = (after.name_key, after.patient_id) if after else ("", "")
    rest = sorted(key for key in fitting if key > last)
    places = [Cursor(*key) for key in rest[:limit]]
    return DirectoryPage(places, len(rest) > limit, len(fitting))


def parse_phone_prefix(work: Work, text: str) -> str | None:
    """Return what a number typed into a search begins with, E.164; None if it is no number.

    A blank where the plus sign was is what addresses make of it. Without either, a number too
    short to be one is meant to be of the first accepted country.
    """
    text = "+" + text[1:] if text.startswith(" ") else text
    whole = normalise(text, work.rules.phone_countries)
    if whole is not None:
        return whole
    digits = "".join(c for c in text if c.isascii() and c.isdigit())
    if not digits or any(c.isalpha() for c in text):
        return None
    if text.startswith("+"):
        return f"+{digits}"
    return f"{work.rules.phone_countries[0]}{digits.lstrip('0')}"


def _entry_key(way: str, text: str, patient_id: str) -> str:
    return SEPARATOR.join((way, text, patient_id))


def _prefix_range(way: str, text: str) -> tuple[str, str]:
    return f"{way}{SEPARATOR}{text}", f"{way}{SEPARATOR}{text}{HIGHEST}"


def _name_matches(name_key: str, words: list[str]) -> bool:
    own = name_key.split()
    return all(any(mine.startswith(word) for mine in own) for word in words)


def _read_entries(work: Work, owner: Caller, span: tuple[str, str]) -> Iterator[DirectoryEntry]:
    after = None
    while True:
        page = work.query(DirectoryEntry, owner.owner, between=span, limit=PAGE, after=after)
        yield from page.records
        after = page.after
        if after is None:
            return
