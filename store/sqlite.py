"""The store in one file: SQLite in WAL mode, every commit on disk before it is answered.

A process has one connection that writes and a few that read. Transactions of several threads that
arrive together are committed as one (group commit): they share one fsync, and each still succeeds
or conflicts by itself. Between processes SQLite's lock decides. We wait for it by retrying with
jitter, because SQLite's own busy timeout starves a second busy writer.
"""

from __future__ import annotations

import random
import sqlite3
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from domain.errors import StoreUnavailable
from store import schema
from store.forks import register
from store.port import (
    Change,
    CheckAbsent,
    Delete,
    Key,
    PreparedChange,
    Put,
    Request,
    Row,
    RowPage,
    conflict,
    cursor,
    is_live,
    is_possible,
    plan_query,
    prepare,
)
from store.schema import TABLES
from store.statements import Statements

PATIENCE_SECONDS = 5.0
"""How long a read or a write waits for another process before StoreUnavailable."""
READERS = 8
"""Connections of a process that read; more threads take turns (a read takes some 20 µs)."""
GROUP = 128
"""The most transactions in one commit."""
REMEMBERED = 20_000
"""How many requests are remembered as done: more than are written until a repetition comes."""
KEYS_A_READ = 50
"""Keys read by one statement."""

_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_PRAGMAS = (
    "journal_mode=wal",
    "synchronous=full",
    "busy_timeout=0",
    "foreign_keys=on",
    "temp_store=memory",
    "wal_autocheckpoint=4000",
    "journal_size_limit=67108864",
)


class _Job:
    """A queued transaction: what to write, and its outcome."""

    __slots__ = ("deadline", "done", "error", "prepared", "request")

    def __init__(self, prepared: list[PreparedChange], request: Request, deadline: float) -> None:
        self.prepared = prepared
        self.request = request
        self.deadline = deadline
        self.done = False
        self.error: Exception | None = None


class SqliteStore:
    """Implements `store.port.Store` on one SQLite file."""

    def __init__(self, path: Path, prefix: str, now: Callable[[], float] = time.time) -> None:
        self._path = path
        self._prefix = prefix
        self._now = now
        self._sql = Statements(prefix)
        self._inherited: list[object] = []
        self._reset()
        register(self)

    def _reset(self) -> None:
        self._lock = threading.Lock()
        self._queue: deque[_Job] = deque()
        self._writer: sqlite3.Connection | None = None
        self._readers: deque[sqlite3.Connection] = deque()
        self._free = threading.BoundedSemaphore(READERS)
        self._applied: OrderedDict[str, None] = OrderedDict()

    def after_fork(self) -> None:
        """Keep the parent's connections unused: a child may neither use nor close them."""
        self._inherited.append((self._writer, self._readers))
        self._reset()

    # Reading

    def get(self, keys: Sequence[Key]) -> list[Row | None]:
        """Return the items under *keys*; see `Store.get`."""
        wanted = [key for key in dict.fromkeys(keys) if is_possible(key)]
        found: dict[Key, Row] = {}
        now = self._now()
        for start in range(0, len(wanted), KEYS_A_READ):
            some = wanted[start : start + KEYS_A_READ]
            parameters: list[object] = []
            for position, key in enumerate(some):
                parameters += (position, key.partition, key.sort or "")
            sql = self._sql.get(tuple(key.table for key in some))
            for position, ttl, body in self._read(sql, parameters):
                if ttl is None or ttl > now:
                    found[some[position]] = msgspec.json.decode(body)
        return [found.get(key) for key in keys]

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
        """Return a page of a table or an index; see `Store.query`."""
        wanted = plan_query(table, equals, index, between, limit, after)
        if wanted.nothing or wanted.start == ():
            return RowPage([], None)
        sql = self._sql.query(
            table,
            index,
            low=wanted.low is not None,
            high=wanted.high is not None,
            start=wanted.start is not None,
            descending=descending,
        )
        parameters: list[object] = [equals, int(self._now())]
        parameters += [bound for bound in (wanted.low, wanted.high) if bound is not None]
        parameters += wanted.start or ()
        parameters.append(limit + 1)
        found = self._read(sql, parameters)
        rows: list[Row] = [msgspec.json.decode(body) for (body,) in found[:limit]]
        return RowPage(rows, cursor(table, index, rows[-1]) if len(found) > limit else None)

    def _read(self, sql: str, parameters: Sequence[object]) -> list[Any]:
        """Return all rows of a query, read on a free connection."""
        free, readers = self._free, self._readers
        if not free.acquire(timeout=PATIENCE_SECONDS):
            raise StoreUnavailable("no connection came free to read with")
        try:
            connection = readers.pop() if readers else self._open()
            try:
                found = _retry_while_busy(
                    lambda: connection.execute(sql, parameters).fetchall(),
                    time.monotonic() + PATIENCE_SECONDS,
                )
            except StoreUnavailable:
                connection.close()
                raise
            readers.append(connection)
            return found
        finally:
            free.release()

    # Writing

    def request(self) -> Request:
        """Return a new request for `write`; see `Store.request`."""
        return Request.new(self._now())

    def write(self, changes: Sequence[Change], request: Request) -> None:
        """Make all of *changes* or none; see `Store.write`."""
        job = _Job(prepare(changes), request, time.monotonic() + PATIENCE_SECONDS)
        self._queue.append(job)
        # The thread with the lock commits all that is queued; the others find their write done.
        with self._lock:
            while not job.done:
                self._commit_queued(job)
        if job.error is not None:
            raise job.error

    def _commit_queued(self, leader: _Job) -> None:
        """Commit what is queued, in order, up to GROUP. The caller holds the writer's lock."""
        try:
            writer = self._begin(leader.deadline)
        except StoreUnavailable as error:
            # The others go on waiting: each has its own deadline, and takes the lock next.
            self._queue.remove(leader)
            leader.done, leader.error = True, error
            return
        group = [self._queue.popleft() for _ in range(min(len(self._queue), GROUP))]
        try:
            self._apply(writer, group)
            writer.execute("COMMIT")
        except BaseException as error:
            # After any error, no write of the group may count as done.
            self._abandon_writer()
            for job in group:
                job.error = StoreUnavailable(f"SQLite could not commit: {error}")
                job.error.__cause__ = error
            if not isinstance(error, sqlite3.Error):
                raise
        else:
            for job in group:
                if job.error is None:
                    self._applied[job.request.id] = None
            while len(self._applied) > REMEMBERED:
                self._applied.popitem(last=False)
        finally:
            for job in group:
                job.done = True

    def _apply(self, writer: sqlite3.Connection, group: list[_Job]) -> None:
        """Check each transaction in turn, then write the result of all.

        SQLite's write lock is held, so what was read stays true until the commit. The number of
        statements matters more than their cost: Python releases its global lock in each, and with
        many threads gets it back only after a while.
        """
        changed: dict[Key, PreparedChange] = {}
        ids: set[str] = set()
        for job in group:
            if job.request.id in self._applied or job.request.id in ids:
                continue
            failed = self._failed_conditions(writer, job, changed)
            if failed:
                job.error = conflict(failed)
            else:
                ids.add(job.request.id)
                changed.update(
                    (each.key, each)
                    for each in job.prepared
                    if isinstance(each.change, (Put, Delete))
                )
        puts: dict[str, list[object]] = {}
        for key, each in changed.items():
            if each.row is None or each.body is None:
                writer.execute(self._sql.delete(key.table), (key.partition, key.sort or ""))
            else:
                version, ttl = each.row[schema.VERSION], each.row.get(schema.TTL)
                puts.setdefault(key.table, []).extend(
                    (key.partition, key.sort or "", version, ttl, each.body.decode())
                )
        for table, values in puts.items():
            self._put(writer, table, values)

    def _failed_conditions(
        self, writer: sqlite3.Connection, job: _Job, changed: dict[Key, PreparedChange]
    ) -> list[Key]:
        """Return the items whose condition fails, given what the group has *changed* already."""
        failed = []
        for each, stored in zip(job.prepared, self._versions(writer, job), strict=True):
            before = changed.get(each.key)
            version = stored if before is None else _version_after(before, job.request.at)
            if version != _expected(each.change):
                failed.append(each.key)
        return failed

    def _versions(self, writer: sqlite3.Connection, job: _Job) -> tuple[int, ...]:
        """Return the stored version of each item of a transaction, 0 if it is absent."""
        parameters: list[object] = []
        for each in job.prepared:
            parameters += (each.key.partition, each.key.sort or "", job.request.at)
        sql = self._sql.versions(tuple(each.key.table for each in job.prepared))
        versions: tuple[int, ...] = writer.execute(sql, parameters).fetchone()
        return versions

    def _put(self, writer: sqlite3.Connection, table: str, values: list[object]) -> None:
        """Write rows of five values each, in batches whose sizes are powers of two.

        That keeps the number of different statements small, so that all of them stay prepared.
        """
        start = 0
        while start < len(values):
            rows = 1 << min(((len(values) - start) // 5).bit_length() - 1, 5)
            end = start + rows * 5
            writer.execute(self._sql.put(table, rows), values[start:end])
            start = end

    def _begin(self, deadline: float) -> sqlite3.Connection:
        if self._writer is None:
            self._writer = self._open()
        writer = self._writer
        _retry_while_busy(lambda: writer.execute("BEGIN IMMEDIATE"), deadline)
        return writer

    def _abandon_writer(self) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()  # Rolls back what is open.

    # Upkeep

    def create_tables(self) -> None:
        """Create the file, tables and indexes that are missing; see `Store.create_tables`."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            # For the owner only; SQLite gives the files beside it the same permissions.
            self._path.touch(mode=0o600)
        except OSError as error:
            raise StoreUnavailable(f"cannot make {self._path}") from error
        with self._transaction() as writer:
            for table in TABLES.values():
                for statement in schema.ddl(table, self._prefix):
                    writer.execute(statement)

    def purge(self, limit: int) -> int:
        """Remove up to *limit* expired items; see `Store.purge`."""
        now = int(self._now())
        removed = 0
        for table in TABLES:
            if removed < limit:
                with self._transaction() as writer:
                    sql = self._sql.purge(table)
                    removed += writer.execute(sql, (now, limit - removed)).rowcount
        return removed

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            writer = self._begin(time.monotonic() + PATIENCE_SECONDS)
            try:
                yield writer
                writer.execute("COMMIT")
            except sqlite3.Error as error:
                self._abandon_writer()
                raise StoreUnavailable(f"SQLite: {error}") from error

    def close(self) -> None:
        """Close all connections that are not in use; see `Store.close`."""
        with self._lock:
            self._abandon_writer()
        while self._readers:
            self._readers.pop().close()

    def _open(self) -> sqlite3.Connection:
        try:
            connection = sqlite3.connect(
                self._path,
                isolation_level=None,
                timeout=0,
                check_same_thread=False,
                cached_statements=1024,
            )
        except sqlite3.Error as error:
            raise StoreUnavailable(f"SQLite cannot open {self._path}") from error
        connection.text_factory = bytes  # Bodies go straight into the JSON decoder.
        deadline = time.monotonic() + PATIENCE_SECONDS
        for pragma in _PRAGMAS:
            _retry_while_busy(partial(connection.execute, f"PRAGMA {pragma}"), deadline)
        return connection


T = TypeVar("T")


def _retry_while_busy(action: Callable[[], T], deadline: float) -> T:
    """Return what *action* returns, retried with jitter while another process holds the lock."""
    while True:
        try:
            return action()
        except sqlite3.Error as error:
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF
            if code not in _BUSY:
                raise StoreUnavailable(f"SQLite: {error}") from error
            if time.monotonic() > deadline:
                raise StoreUnavailable("another process kept the file locked") from error
        time.sleep(random.uniform(0.0001, 0.002))  # noqa: S311 - jitter is no secret


def _expected(change: Change) -> int:
    """Return the version that *change* expects, 0 for an absent item."""
    return 0 if isinstance(change, CheckAbsent) else change.expect


def _version_after(done: PreparedChange, at: int) -> int:
    """Return the version of an item after *done*, an earlier change of the commit; 0 if absent."""
    if done.row is None or not is_live(done.row, at):
        return 0
    version: int = done.row[schema.VERSION]
    return version
