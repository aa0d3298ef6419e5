"""Records in a store: how they become items, and who may see them.

The walls between clinics and doctors (invariant I7) are here and nowhere else: every read carries a
scope, and `visible` alone decides. A record that the scope may not see is absent.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from functools import cache
from typing import TypeVar

import msgspec

from domain.model.base import Record, stamp
from domain.ports import Changes, Page, Query, Ref
from domain.scopes import ClinicScope, ContactScope, DoctorScope, Scope, SystemScope
from store.port import (
    MAX_LIMIT,
    Change,
    Check,
    CheckAbsent,
    Delete,
    Key,
    Put,
    Request,
    Row,
    Store,
    cursor,
)
from store.schema import TABLES

R = TypeVar("R", bound=Record)

KIND = "recordKind"
"""The attribute with the kind of record, in a table of several kinds."""


class StoredRecords:
    """Implements `domain.ports.Records` on a store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def get(self, scope: Scope, refs: Sequence[Ref]) -> list[Record | None]:
        """Read records by key, consistently, in the order asked; see `Records.get`."""
        may_see = visible(scope)
        rows = self._store.get([_key(kind, key) for kind, key in refs])
        found: list[Record | None] = []
        for (kind, _), row in zip(refs, rows, strict=True):
            record = None if row is None else decode(kind, row)
            found.append(record if record is not None and may_see(record) else None)
        return found

    def query(self, scope: Scope, query: Query[R]) -> Page[R]:
        """Read one partition of a table or an index, in order; see `Records.query`.

        Raises:
            ValueError: If `after` is not a cursor of this query, or `limit` not 1 to 1,000.
        """
        may_see = visible(scope)
        kind, index, limit, after = query.kind, query.index, query.limit, query.after
        if not 1 <= limit <= MAX_LIMIT:
            raise ValueError(f"a page has 1 to {MAX_LIMIT} records, not {limit}")
        seen: list[tuple[Row, R]] = []
        # One record more than asked for shows whether this page is the last.
        while len(seen) <= limit:
            page = self._store.query(
                kind.TABLE,
                query.equals,
                index=index,
                between=query.between,
                limit=min(limit + 1, MAX_LIMIT),
                after=after,
                descending=query.descending,
            )
            for row in page.rows:
                record = decode(kind, row)
                if record is not None and may_see(record):
                    seen.append((row, record))
            after = page.after
            if after is None:
                break
        more = len(seen) > limit
        return Page(
            [record for _, record in seen[:limit]],
            cursor(kind.TABLE, index, seen[limit - 1][0]) if more else None,
        )

    def commit(self, changes: Changes) -> None:
        """Write all of *changes* or nothing; see `Records.commit`."""
        # What was sent first is kept on the object: the store recognises a repetition only if it
        # is the same write to the letter, under the same request.
        sent: _Sent | None = vars(changes).get(_SENT)
        if sent is None:
            sent = _Sent(_items(changes), self._store.request())
            vars(changes)[_SENT] = sent
        if sent.changes:
            self._store.write(sent.changes, sent.request)


_SENT = "_sent"


@dataclass(frozen=True, slots=True)
class _Sent:
    changes: list[Change]
    request: Request


def _items(changes: Changes) -> list[Change]:
    items: list[Change] = [
        Put(record.TABLE, encode(record), expect=record.version) for record in changes.puts
    ]
    items += [Delete(_key_of(record), record.version) for record in changes.deletes]
    items += [Check(_key_of(record), record.version) for record in changes.checks]
    items += [CheckAbsent(_key(kind, key)) for kind, key in changes.absent]
    return items


def _key(kind: type[Record], key: tuple[str, ...]) -> Key:
    if len(key) != len(kind.KEY):
        raise ValueError(f"a key of {kind.__name__} is {', '.join(kind.KEY)}")
    return Key(kind.TABLE, *key)


def _key_of(record: Record) -> Key:
    return _key(type(record), tuple(str(getattr(record, name)) for name in record.KEY))


# How a record is written


@dataclass(frozen=True, slots=True)
class _Shape:
    """How a kind of record is written."""

    always: tuple[tuple[str, str], ...]
    """Fields of the key and the indexes, with their attributes: stored even if a default."""
    required: tuple[str, ...]
    """Attributes without a default: one that an item does not have was None."""
    mark: str | None
    """The kind's name, if its table has several kinds."""


@cache
def _shape(kind: type[Record]) -> _Shape:
    indexed = TABLES[kind.TABLE].indexed
    fields = msgspec.structs.fields(kind)
    return _Shape(
        tuple((f.name, f.encode_name) for f in fields if f.encode_name in indexed),
        tuple(f.encode_name for f in fields if f.required),
        kind.__name__ if TABLES[kind.TABLE].mixed else None,
    )


def encode(record: Record) -> Row:
    """Return *record* as an item.

    Defaults are left out, except in attributes of a key or an index. Instants there are texts of
    fixed width, so that they sort by time.
    """
    row: Row = msgspec.to_builtins(record)
    shape = _shape(type(record))
    for name, attribute in shape.always:
        value = getattr(record, name)
        if isinstance(value, datetime):
            value = stamp(value)
        elif isinstance(value, date):
            value = value.isoformat()
        elif isinstance(value, Enum):
            value = value.value
        row[attribute] = value
    if shape.mark is not None:
        row[KIND] = shape.mark
    return row


def decode(kind: type[R], row: Row) -> R | None:
    """Return the record that *row* holds, or None if it is of another kind in the same table.

    Raises:
        msgspec.ValidationError: If the item does not fit *kind*, so that it was not written by us.
    """
    shape = _shape(kind)
    if shape.mark is not None and row.get(KIND) != shape.mark:
        return None
    for attribute in shape.required:
        row.setdefault(attribute, None)
    return msgspec.convert(row, kind)


# Who may see a record


def visible(scope: Scope) -> Callable[[Record], bool]:
    """Return a function that says whether a record can be seen through *scope*.

    A clinic sees the records with its clinicId; a doctor those of them with their doctorId or none.
    A contact sees the records with their contactId, of the clinic they talk to or of none; among
    records of no contact, only that clinic's. Records of no clinic and no contact are the
    product's own.

    Raises:
        TypeError: If *scope* is not a scope.
    """
    match scope:
        case SystemScope():
            return lambda _: True
        case ClinicScope(clinic_id):
            return lambda record: _field(record, "clinic_id") == clinic_id
        case DoctorScope(clinic_id, doctor_id):
            return lambda record: (
                _field(record, "clinic_id") == clinic_id
                and _field(record, "doctor_id") in (None, doctor_id)
            )
        case ContactScope(contact_id, clinic_id):
            return lambda record: _contact_sees(record, contact_id, clinic_id)
        case _:
            raise TypeError("a read needs a scope")


def _contact_sees(record: Record, contact_id: str, clinic_id: str | None) -> bool:
    clinic = _field(record, "clinic_id")
    if hasattr(record, "contact_id"):
        elsewhere = clinic is not None and clinic_id is not None and clinic != clinic_id
        return _field(record, "contact_id") == contact_id and not elsewhere
    return record.SHOWN and clinic is not None and clinic == clinic_id


def _field(record: Record, name: str) -> str | None:
    value: str | None = getattr(record, name, None)
    return value
