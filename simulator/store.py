"""Keeps the simulator's memory on disk, so that a restart keeps the chats."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

# Changes are collected this long and written in one transaction: a busy simulator writes ten times
# a second instead of a thousand, and loses at most a tenth of a second when it is killed.
FLUSH_SECONDS = 0.1


class Store:
    """Records by kind and key in one SQLite file, written in the background.

    Without a directory nothing is stored. Safe to use from any thread. A transaction is written
    whole or not at all, so a kill at any moment leaves a readable file.
    """

    def __init__(self, directory: Path | None) -> None:
        """Open (and create, if needed) the file in *directory*."""
        self._dirty: dict[tuple[str, str], bytes | None] = {}
        self._wiped: set[str] = set()
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._closing = False
        self._path = None
        if directory is None:
            return
        directory.mkdir(parents=True, exist_ok=True)
        self._path = directory / "simulator.db"
        with contextlib.closing(self._connect()) as connection, connection:
            connection.execute(
                "CREATE TABLE IF NOT EXISTS records"
                " (kind TEXT, key TEXT, body BLOB, PRIMARY KEY (kind, key)) WITHOUT ROWID"
            )
        self._thread = threading.Thread(target=self._run, name="store", daemon=True)
        self._thread.start()

    def _connect(self) -> sqlite3.Connection:
        if self._path is None:
            raise RuntimeError("this store keeps nothing")
        connection = sqlite3.connect(self._path, timeout=10)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        return connection

    def load(self, kind: str) -> list[bytes]:
        """Return all records of *kind*, in the order of their keys."""
        if self._path is None:
            return []
        with contextlib.closing(self._connect()) as connection:
            rows = connection.execute(
                "SELECT body FROM records WHERE kind = ? ORDER BY key", (kind,)
            )
            return [body for (body,) in rows]

    def put(self, kind: str, key: str, body: bytes) -> None:
        """Store *body*, replacing an earlier one."""
        self._note(kind, key, body)

    def delete(self, kind: str, key: str) -> None:
        """Delete a record, if it exists."""
        self._note(kind, key, None)

    def wipe(self, *kinds: str) -> None:
        """Delete all records of *kinds*."""
        if self._path is None:
            return
        with self._lock:
            self._dirty = {k: v for k, v in self._dirty.items() if k[0] not in kinds}
            self._wiped.update(kinds)
        self._wake.set()

    def close(self) -> None:
        """Write all pending changes, and stop."""
        if self._path is None or self._closing:
            return
        self._closing = True
        self._wake.set()
        self._thread.join(timeout=5)

    def _note(self, kind: str, key: str, body: bytes | None) -> None:
        if self._path is None:
            return
        with self._lock:
            self._dirty[kind, key] = body
        self._wake.set()

    def _run(self) -> None:
        with contextlib.closing(self._connect()) as connection:
            while True:
                self._wake.wait()
                self._wake.clear()
                self._flush(connection)
                if self._closing:
                    self._flush(connection)
                    return
                threading.Event().wait(FLUSH_SECONDS)

    def _flush(self, connection: sqlite3.Connection) -> None:
        with self._lock:
            dirty, self._dirty = self._dirty, {}
            wiped, self._wiped = self._wiped, set()
        if not dirty and not wiped:
            return
        with connection:
            for kind in wiped:
                connection.execute("DELETE FROM records WHERE kind = ?", (kind,))
            connection.executemany(
                "INSERT INTO records VALUES (?, ?, ?)"
                " ON CONFLICT (kind, key) DO UPDATE SET body = excluded.body",
                [(kind, key, body) for (kind, key), body in dirty.items() if body is not None],
            )
            connection.executemany(
                "DELETE FROM records WHERE kind = ? AND key = ?",
                [place for place, body in dirty.items() if body is None],
            )
