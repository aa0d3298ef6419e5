"""Faults of a store, for tests: wrappers of the port, around either store.

Each adds one fault and passes the rest on, so they can wrap one another. None is random: which read
or write is hit follows from a count.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

from domain.errors import StoreUnavailable
from store.port import (
    MAX_LIMIT,
    Change,
    Delete,
    Key,
    Put,
    Request,
    Row,
    RowPage,
    Store,
    conflict,
    cursor,
    key_of,
    plan_query,
)
from store.schema import TABLES


class Wrapper:
    """A store that passes everything on to another."""

    def __init__(self, inner: Store) -> None:
        self.inner = inner

    def get(self, keys: Sequence[Key]) -> list[Row | None]:
        """See `Store.get`."""
        return self.inner.get(keys)

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
        """See `Store.query`."""
        return self.inner.query(
            table,
            equals,
            index=index,
            between=between,
            limit=limit,
            after=after,
            descending=descending,
        )

    def write(self, changes: Sequence[Change], request: Request) -> None:
        """See `Store.write`."""
        self.inner.write(changes, request)

    def request(self) -> Request:
        """See `Store.request`."""
        return self.inner.request()

    def create_tables(self) -> None:
        """See `Store.create_tables`."""
        self.inner.create_tables()

    def purge(self, limit: int) -> int:
        """See `Store.purge`."""
        return self.inner.purge(limit)

    def close(self) -> None:
        """See `Store.close`."""
        self.inner.close()


class _Counted(Wrapper):
    """Hits every nth action; *every* can be changed at any time, and 0 hits none."""

    def __init__(self, inner: Store, every: int = 1) -> None:
        super().__init__(inner)
        self.every = every
        self.hits = 0
        self._count = 0
        self._counting = threading.Lock()

    def _is_hit(self) -> bool:
        with self._counting:
            self._count += 1
            hit = self.every > 0 and self._count % self.every == 0
            self.hits += hit
            return hit


class Conflicts(_Counted):
    """Every nth write does nothing, and conflicts on every item that it puts or deletes."""

    def write(self, changes: Sequence[Change], request: Request) -> None:
        """See `Store.write`."""
        if self._is_hit():
            raise conflict(c.key for c in changes if isinstance(c, (Put, Delete)))
        super().write(changes, request)


class Throttled(_Counted):
    """Every nth read or write is refused before anything is done."""

    def get(self, keys: Sequence[Key]) -> list[Row | None]:
        """See `Store.get`."""
        self._refuse()
        return super().get(keys)

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
        """See `Store.query`."""
        self._refuse()
        return super().query(
            table,
            equals,
            index=index,
            between=between,
            limit=limit,
            after=after,
            descending=descending,
        )

    def write(self, changes: Sequence[Change], request: Request) -> None:
        """See `Store.write`."""
        self._refuse()
        super().write(changes, request)

    def _refuse(self) -> None:
        if self._is_hit():
            raise StoreUnavailable("throttled")


class AppliedButUnanswered(_Counted):
    """Every nth write is done, but its answer is lost."""

    def write(self, changes: Sequence[Change], request: Request) -> None:
        """See `Store.write`."""
        super().write(changes, request)
        if self._is_hit():
            raise StoreUnavailable("no answer")


class Slow(Wrapper):
    """Every read and write first takes *seconds* of *sleep*."""

    def __init__(
        self, inner: Store, seconds: float, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        super().__init__(inner)
        self.seconds = seconds
        self._sleep = sleep

    def get(self, keys: Sequence[Key]) -> list[Row | None]:
        """See `Store.get`."""
        self._sleep(self.seconds)
        return super().get(keys)

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
        """See `Store.query`."""
        self._sleep(self.seconds)
        return super().query(
            table,
            equals,
            index=index,
            between=between,
            limit=limit,
            after=after,
            descending=descending,
        )

    def write(self, changes: Sequence[Change], request: Request) -> None:
        """See `Store.write`."""
        self._sleep(self.seconds)
        super().write(changes, request)


class LaggingIndex(Wrapper):
    """Indexes show old items: for *reads* more queries of an index, or until `release`.

    Each write restarts the count for the items that it changes. Tables are up to date.
    """

    def __init__(self, inner: Store, reads: int | None = None) -> None:
        """Wrap *inner*; with *reads* None, indexes lag until released."""
        super().__init__(inner)
        self._reads = reads
        self._old: dict[Key, tuple[Row | None, int | None]] = {}
        self._guard = threading.Lock()

    def release(self) -> None:
        """Make all indexes show the newest items."""
        with self._guard:
            self._old.clear()

    def write(self, changes: Sequence[Change], request: Request) -> None:
        """See `Store.write`."""
        with self._guard:
            keys = [change.key for change in changes if isinstance(change, (Put, Delete))]
            before = dict(zip(keys, self.inner.get(keys), strict=True))
            self.inner.write(changes, request)
            for key, row in before.items():
                old = self._old[key][0] if key in self._old else row
                self._old[key] = (old, self._reads)

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
        """See `Store.query`."""
        if index is None:
            return super().query(
                table, equals, between=between, limit=limit, after=after, descending=descending
            )
        wanted = plan_query(table, equals, index, between, limit, after)

        def sort_values(row: Row) -> tuple[str, ...]:
            return tuple(row[name] for name in wanted.order)

        with self._guard:
            rows = [] if wanted.nothing else self._stale(table, index, equals)
        low, high = wanted.low or "", wanted.high
        rows = [
            r
            for r in rows
            if low <= sort_values(r)[0] and (high is None or sort_values(r)[0] <= high)
        ]
        rows.sort(key=sort_values, reverse=descending)
        start = wanted.start
        if start is not None:
            rows = [
                r
                for r in rows
                if (sort_values(r) < start if descending else sort_values(r) > start)
            ]
        last = cursor(table, index, rows[limit - 1]) if len(rows) > limit else None
        return RowPage(rows[:limit], last)

    def _stale(self, table: str, index: str, equals: str) -> list[Row]:
        """Return the whole partition of an index with its old items, and count the read."""
        shown: dict[Key, Row] = {}
        after = None
        while True:
            page = self.inner.query(table, equals, index=index, limit=MAX_LIMIT, after=after)
            shown |= {key_of(TABLES[table], row): row for row in page.rows}
            after = page.after
            if after is None:
                break
        described = TABLES[table].index(index)
        for key, (row, left) in list(self._old.items()):
            if key.table != table:
                continue
            shown.pop(key, None)
            if (
                row is not None
                and row.get(described.partition) == equals
                and (described.sort in row)
            ):
                shown[key] = row
            if left is not None:
                if left <= 1:
                    del self._old[key]
                else:
                    self._old[key] = (row, left - 1)
        return list(shown.values())
