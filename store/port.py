"""The port: what the product asks of a store, in three verbs that SQLite and DynamoDB both have.

Items are whole rows of strings, integers, booleans, lists, dicts and None. There is no update
expression, no scan and no join. The limits are DynamoDB's, and both adapters enforce them, so that
what works on a laptop works on a cluster.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol
from uuid import uuid4

import msgspec

from domain.errors import Conflict
from store.schema import TABLES, TTL, VERSION, Table

Row = dict[str, Any]
"""An item: attribute to str, int, bool, list, dict or None. Never a float.

A tuple may be written for a list; it is read back as a list.
"""

MAX_CHANGES = 100
MAX_BYTES = 4 * 1024 * 1024
MAX_ITEM_BYTES = 400 * 1024
"""DynamoDB's limits of a transaction and of an item; both stores measure the item as JSON.

Source: docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
"""
MAX_PARTITION_BYTES = 2048
MAX_SORT_BYTES = 1024
MAX_LIMIT = 1000
"""The longest page of a query."""


class Key(NamedTuple):
    """Which item: table (without prefix), partition and sort key (None where there is none)."""

    table: str
    partition: str
    sort: str | None = None


@dataclass(frozen=True, slots=True)
class Put:
    """Write a whole item, which must now be at version *expect*, or absent if that is 0.

    The stored item's version is *expect* + 1. Attributes that are None are not stored.
    """

    table: str
    row: Row
    expect: int = 0

    @property
    def key(self) -> Key:
        """The item's key, read from its attributes."""
        return key_of(TABLES[self.table], self.row)


@dataclass(frozen=True, slots=True)
class Delete:
    """Remove the item, which must be at version *expect*."""

    key: Key
    expect: int


@dataclass(frozen=True, slots=True)
class Check:
    """Write nothing, but fail the transaction unless the item is at version *expect*."""

    key: Key
    expect: int


@dataclass(frozen=True, slots=True)
class CheckAbsent:
    """Write nothing, but fail the transaction if the item exists."""

    key: Key


Change = Put | Delete | Check | CheckAbsent


@dataclass(frozen=True, slots=True)
class Request:
    """Identifies a write (idempotency key): repeated under the same id, it acts once.

    *at* (seconds since 1970) is when the conditions judge expiry. It is part of the request because
    a repetition must be the same request to the letter.
    """

    id: str
    at: int

    @classmethod
    def new(cls, now: float) -> Request:
        """Return a request with a new id, made at *now*."""
        return cls(uuid4().hex, int(now))


class RowPage(NamedTuple):
    """A page of a query; *after* continues it and is None at the end."""

    rows: list[Row]
    after: str | None


class Store(Protocol):
    """A place for items. Safe for use by many threads, and by processes forked from one another.

    An item whose `ttl` is at or before now is absent at once, in reads and in conditions, whether
    or not it still takes up space.
    """

    def get(self, keys: Sequence[Key]) -> list[Row | None]:
        """Return the items under *keys* in their order, None for each that is absent.

        Consistent: sees every write that was answered before. Any number of keys, repeated ones
        too; not a snapshot across them.

        Raises:
            StoreUnavailable: If the store does not answer in time.
        """

    def query(
        self,
        table: str,
        equals: str,
        *,
        index: str | None = None,
        between: tuple[str, str] | None = None,
        limit: int = 100,
        after: str | None = None,
        descending: bool = False,
    ) -> RowPage:
        """Return a page of the items whose partition is *equals*, in the order of the sort key.

        Text sorts as its UTF-8 bytes do. *between* is inclusive. A table is read consistently; an
        index may lag behind its table, holds only items that have both its attributes, and does not
        define the order of items with the same sort key. A page is full unless it is the last, and
        *after* is None exactly at the end.

        Raises:
            ValueError: If there is no such table or index, *limit* is not 1 to 1,000, or *after*
                is not a cursor of this query.
            StoreUnavailable: If the store does not answer in time.
        """

    def write(self, changes: Sequence[Change], request: Request) -> None:
        """Make all of *changes* or none of them; each item may occur once.

        Can be repeated with the same *changes* and *request* for ten minutes: it then acts once.
        (SQLite remembers requests in the process, since only that process repeats them.)

        Raises:
            Conflict: If a condition did not hold; names every such item.
            ValueError: If the transaction is over a limit or malformed; nothing was sent.
            StoreUnavailable: If the store does not answer in time; it may or may not have acted.
        """

    def request(self) -> Request:
        """Return a new request for `write`, made now."""

    def create_tables(self) -> None:
        """Create the missing tables and indexes, and wait until they can be used.

        Raises:
            StoreUnavailable: If the store does not answer in time.
        """

    def purge(self, limit: int) -> int:
        """Free the space of up to *limit* expired items; return how many were removed.

        DynamoDB does that by itself: there this does nothing and returns 0.
        """

    def close(self) -> None:
        """Close connections. The store may be used again, and then opens new ones."""


class PreparedChange(NamedTuple):
    """A change within the limits, with the item as it will be stored."""

    change: Change
    key: Key
    row: Row | None
    body: bytes | None


def prepare(changes: Sequence[Change]) -> list[PreparedChange]:
    """Return *changes* ready to be written, after checking every limit.

    Raises:
        ValueError: If there is none or more than 100, an item occurs twice or is over 400 KB, all
            are over 4 MB, a key or an indexed attribute is not text, empty or too long, or a value
            is of a type that is not stored.
    """
    if not 0 < len(changes) <= MAX_CHANGES:
        raise ValueError(f"a transaction has 1 to {MAX_CHANGES} changes, not {len(changes)}")
    prepared: list[PreparedChange] = []
    total = 0
    for change in changes:
        row, body = None, None
        if isinstance(change, Put):
            table = TABLES[change.table]
            row = {name: value for name, value in change.row.items() if value is not None}
            row[VERSION] = change.expect + 1
            key = _checked(table, row)
            body = msgspec.json.encode(row)
            total += len(body)
            if len(body) > MAX_ITEM_BYTES:
                raise ValueError(f"an item of {change.table} is {len(body)} bytes, too large")
        else:
            key = change.key
            if (key.sort is None) is not (TABLES[key.table].sort is None) or not is_possible(key):
                raise ValueError(f"no item of {key.table} can have this key")
        prepared.append(PreparedChange(change, key, row, body))
    if total > MAX_BYTES:
        raise ValueError(f"a transaction of {total} bytes is too large")
    if len({p.key for p in prepared}) != len(prepared):
        raise ValueError("a transaction changes an item twice")
    return prepared


def _checked(table: Table, row: Row) -> Key:
    for value in row.values():
        if type(value) not in _SCALARS:
            _check_value(table, value)
    if type(row.get(TTL, 0)) is not int:
        raise ValueError(f"ttl of {table.name} is not a whole number of seconds")
    for name in table.indexed:
        value = row.get(name)
        if value is None and name not in table.key:
            continue
        most = MAX_PARTITION_BYTES if name == table.partition else MAX_SORT_BYTES
        # Without this check SQLite would take an item that DynamoDB refuses.
        if type(value) is not str or not _fits(value, most):
            raise ValueError(
                f"{name} of {table.name} is in a key or index: 1 to {most} bytes of text"
            )
    return key_of(table, row)


_SCALARS = frozenset({str, int, bool, type(None)})


def _check_value(table: Table, value: object) -> None:
    if type(value) in _SCALARS:
        return
    inner: Iterable[object]
    if isinstance(value, dict):
        if not all(type(name) is str for name in value):
            raise ValueError(f"{table.name} has a dict with a key that is not text")
        inner = value.values()
    elif isinstance(value, (list, tuple)):
        inner = value
    else:
        raise ValueError(f"{table.name} has a value of type {type(value).__name__}")  # noqa: TRY004 - as `prepare` says
    for each in inner:
        _check_value(table, each)


def key_of(table: Table, row: Row) -> Key:
    """Return the key of *row*, an item of *table*."""
    return Key(table.name, row[table.partition], row[table.sort] if table.sort else None)


def is_possible(key: Key) -> bool:
    """Return whether an item can have *key*: no part is empty or too long.

    Keys also come from outside, such as from the path of a request. DynamoDB raises an error for
    an impossible key; here there is just no such item.
    """
    return _fits(key.partition, MAX_PARTITION_BYTES) and (
        key.sort is None or _fits(key.sort, MAX_SORT_BYTES)
    )


def _fits(text: str, most: int) -> bool:
    if not text:
        return False
    try:
        return len(text.encode()) <= most
    except UnicodeEncodeError:  # A lone surrogate, which is no text.
        return False


def conflict(items: Iterable[Key]) -> Conflict:
    """Return the `Conflict` that names *items*."""
    return Conflict(tuple((item.table, item.partition, item.sort) for item in items))


def is_live(row: Row, now: float) -> bool:
    """Return whether *row* has no expiry, or one after *now*."""
    ttl = row.get(TTL)
    return ttl is None or ttl > now


class Range(NamedTuple):
    """A checked query, the same for both stores."""

    table: Table
    partition: str
    order: tuple[str, ...]
    low: str | None
    high: str | None
    start: tuple[str, ...] | None
    nothing: bool


def plan_query(
    table: str,
    equals: str,
    index: str | None,
    between: tuple[str, str] | None,
    limit: int,
    after: str | None,
) -> Range:
    """Check a query and return it.

    A key is never empty, so an empty bound is no bound. An empty partition has no items, and
    neither has an interval that ends before it begins. DynamoDB would raise an error for each.

    Raises:
        ValueError: As `Store.query`.
    """
    if table not in TABLES:
        raise ValueError(f"there is no table {table}")
    if not 1 <= limit <= MAX_LIMIT:
        raise ValueError(f"a page has 1 to {MAX_LIMIT} items, not {limit}")
    found = TABLES[table]
    partition, order = found.order(index)
    low, high = between or (None, None)
    nothing = not _fits(equals, MAX_PARTITION_BYTES) or (
        between is not None and (not between[1] or between[0] > between[1])
    )
    start = None if after is None else _read_cursor(after, len(order))
    return Range(found, partition, order, low or None, high or None, start, nothing)


def cursor(table: str, index: str | None, row: Row) -> str:
    """Return the cursor that continues a query after *row*.

    It holds the values that order the query, but no partition: each query decides anew which
    partition may be read.
    """
    _, order = TABLES[table].order(index)
    values = json.dumps([row[name] for name in order], ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(values.encode()).decode().rstrip("=")


def _read_cursor(text: str, parts: int) -> tuple[str, ...]:
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        values = json.loads(raw)
    except (binascii.Error, UnicodeError, ValueError) as error:
        raise ValueError("not a cursor") from error
    if (
        not isinstance(values, list)
        or len(values) != parts
        or not all(isinstance(value, str) and value for value in values)
    ):
        raise ValueError("not a cursor of this query")
    return tuple(values)
