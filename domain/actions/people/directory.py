"""The directory: how a clinic, or one of its doctors, finds a patient by name or phone.

A patient has several small entries in each owner's directory: one by the whole name (which orders
the list), one by each word of the name, one by phone. A search reads the entries that begin with
the text typed, from the owner's partition only, and reads them consistently. The number of
patients is kept as a sharded counter.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from domain.actors import Caller
from domain.model.people import (
    Association,
    AssociationStatus,
    ClinicPatient,
    DirectoryCount,
    DirectoryEntry,
)
from domain.names import fold_name
from domain.phones import normalise
from domain.transactions import transact
from domain.work import Work

NAME, WORD, PHONE = "name", "word", "phone"
SEPARATOR = "\x1f"
"""Separates the parts of an entry's key; no name contains it, and it sorts before a blank."""
HIGHEST = "\U0010ffff"
"""Sorts after any text: ends a range of keys."""
MOST_WORDS = 8
"""Words of a name with an entry of their own; later words only narrow a search."""
PAGE = 1000
SHARDS = 64
"""Parts of an owner's counter, all read in one page."""


def add_entries(work: Work, owner: Caller, patient_id: str, name: str, phone: str | None) -> None:
    """Add a patient to the directory of *owner*, by *name* and *phone*; may be repeated."""
    for entry in _entries(owner, patient_id, fold_name(name), phone):
        before = work.get(DirectoryEntry, entry.owner, entry.entry)
        if before is None and entry.entry.startswith(NAME):
            _change_count(work, owner, patient_id, 1)
        work.put(entry.but(version=before.version if before else 0))


def remove_entries(
    work: Work, owner: Caller, patient_id: str, name: str, phone: str | None
) -> None:
    """Remove a patient from the directory of *owner*; *name* and *phone* are those entered."""
    _remove(work, owner, _entries(owner, patient_id, fold_name(name), phone))


def _remove(work: Work, owner: Caller, entries: Iterable[DirectoryEntry]) -> None:
    for entry in entries:
        before = work.get(DirectoryEntry, entry.owner, entry.entry)
        if before is not None and entry.entry.startswith(NAME):
            _change_count(work, owner, entry.patient_id, -1)
        if before is not None:
            work.delete(before)


def replace_phone(
    work: Work, owner: Caller, patient_id: str, name: str, old: str | None, new: str | None
) -> None:
    """Replace the phone *old* of a patient's entries in the directory of *owner* by *new*."""
    name_key = fold_name(name)
    kept = {entry.entry for entry in _entries(owner, patient_id, name_key, new)}
    for entry in _entries(owner, patient_id, name_key, old):
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
    """Return the part of a counter that counts a patient."""
    return f"{zlib.crc32(patient_id.encode()) % SHARDS:02d}"


def count_patients(work: Work, owner: Caller) -> int:
    """Return how many patients *owner* has."""
    return sum(c.patients for c in work.query(DirectoryCount, owner.owner, limit=SHARDS).records)


def _entries(
    owner: Caller, patient_id: str, name_key: str, phone: str | None
) -> Iterator[DirectoryEntry]:
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
    """A patient's position in a list ordered by name."""

    name_key: str
    patient_id: str


@dataclass(frozen=True)
class DirectoryPage:
    """A page of patients by name; `more` is whether others follow, `total` counts all pages."""

    entries: list[Cursor]
    more: bool
    total: int


def list_by_name(work: Work, owner: Caller, limit: int, after: Cursor | None) -> DirectoryPage:
    """Return the patients of *owner* that follow *after*, ordered by name."""
    low, high = _prefix_range(NAME, "")
    if after is not None:
        low = f"{_entry_key(NAME, after.name_key, after.patient_id)}{SEPARATOR}"
    page = work.query(DirectoryEntry, owner.owner, between=(low, high), limit=limit)
    entries = [Cursor(e.name_key, e.patient_id) for e in page.records]
    return DirectoryPage(entries, page.after is not None, count_patients(work, owner))


def find_by_name(
    work: Work, owner: Caller, name: str, phone: str | None, limit: int, after: Cursor | None
) -> DirectoryPage:
    """Return the patients of *owner* who match *name* and *phone*, ordered by name.

    Each word of *name* must begin a word of the patient's, in any order; their number must begin
    with *phone*. What is empty is not compared; if both are, nobody matches.
    """
    words = fold_name(name).split()
    if phone:
        span = _prefix_range(PHONE, phone)
    elif words:
        span = _prefix_range(WORD, max(words, key=len))
    else:
        return DirectoryPage([], more=False, total=0)
    matching = {
        (entry.name_key, entry.patient_id)
        for entry in _read_entries(work, owner, span)
        if _name_matches(entry.name_key, words)
    }
    last = (after.name_key, after.patient_id) if after else ("", "")
    rest = sorted(key for key in matching if key > last)
    entries = [Cursor(*key) for key in rest[:limit]]
    return DirectoryPage(entries, len(rest) > limit, len(matching))


def parse_phone_prefix(work: Work, text: str) -> str | None:
    """Return the beginning of a phone number typed into a search, as E.164; None if it is none.

    A leading blank is a plus sign, which a URL decodes so. A number that is incomplete, and has no
    country code, is taken to be of the first accepted country.
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
    of_patient = name_key.split()
    return all(any(own.startswith(word) for own in of_patient) for word in words)


def _read_entries(work: Work, owner: Caller, span: tuple[str, str]) -> Iterator[DirectoryEntry]:
    after = None
    while True:
        page = work.query(DirectoryEntry, owner.owner, between=span, limit=PAGE, after=after)
        yield from page.records
        after = page.after
        if after is None:
            return


# After an upgrade that folds names in another way


def rebuild_entries(open_work: Callable[[], Work], owner: Caller) -> int:
    """Enter the patients of *owner* anew whose names are folded in an older way; return how many.

    Who is no patient any more is removed. Each patient is a transaction, so this may be repeated,
    and run while the clinic works.

    Raises:
        StillConflicting: If a patient changed at every try; those before are done.
    """
    span = _prefix_range(NAME, "")
    every = _read_entries(open_work(), owner, span)
    outdated = [entry for entry in every if fold_name(entry.name_key) != entry.name_key]
    for entry in outdated:
        transact(open_work, partial(_replace_entries, owner=owner, outdated=entry))
    return len(outdated)


def _replace_entries(work: Work, owner: Caller, outdated: DirectoryEntry) -> None:
    patient_id = outdated.patient_id
    name_key, phone = outdated.name_key, outdated.patient_phone
    _remove(work, owner, _entries(owner, patient_id, name_key, phone))
    if owner.doctor_id is None:
        record = work.get(ClinicPatient, owner.clinic_id, patient_id)
        if record is not None:
            work.put(record.but(name_key=fold_name(record.name)))
            add_entries(work, owner, patient_id, record.name, record.patient_phone)
        return
    known = work.get(Association, owner.doctor_id, patient_id)
    if known is not None and known.status is AssociationStatus.ACTIVE:
        add_entries(work, owner, patient_id, known.patient_name, known.patient_phone)
