"""The least that any program answering calls durably must do, served like the product.

`POST /floor` checks the signature and commits one row, `GET /item/<key>` reads one; `POST /nothing`
answers at once, which shows how fast load generator and server are by themselves. Run by gunicorn
with the product's settings.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import random
import sqlite3
import threading
import time

from flask import Flask, Response, request


class OneRow:
    """A table, one writing connection a process under one lock, each commit on disk."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._writer: sqlite3.Connection | None = None
        self._here = threading.local()

    def commit(self, body: str) -> None:
        """Write one row; between processes, try again after a moment, as the product does."""
        with self._lock:
            writer = self._writer or self._open()
            while True:
                try:
                    writer.execute("BEGIN IMMEDIATE")
                    break
                except sqlite3.OperationalError:
                    time.sleep(random.uniform(0.0001, 0.002))
            writer.execute("INSERT INTO webhooks (body) VALUES (?)", (body,))
            writer.execute("COMMIT")

    def read(self, key: str) -> str:
        """Return the text of one item by its key, on a connection of the thread's own."""
        if not hasattr(self._here, "reader"):
            self._here.reader = sqlite3.connect(self._path, isolation_level=None)
        found = self._here.reader.execute("SELECT body FROM items WHERE key = ?", (key,))
        text: str = found.fetchone()[0]
        return text

    def fill(self) -> None:
        """Store the items that are read."""
        with self._lock:
            writer = self._writer or self._open()
            writer.execute("CREATE TABLE IF NOT EXISTS items (key TEXT PRIMARY KEY, body TEXT)")
            rows = [(f"k{n}", '{"name": "x"}') for n in range(100)]
            writer.executemany("INSERT OR IGNORE INTO items VALUES (?, ?)", rows)

    def _open(self) -> sqlite3.Connection:
        self._writer = sqlite3.connect(
            self._path, isolation_level=None, check_same_thread=False, timeout=5
        )
        for pragma in ("journal_mode=wal", "synchronous=full", "wal_autocheckpoint=4000"):
            self._writer.execute(f"PRAGMA {pragma}")
        self._writer.execute(
            "CREATE TABLE IF NOT EXISTS webhooks (id INTEGER PRIMARY KEY, body TEXT NOT NULL)"
        )
        self._writer.execute("PRAGMA busy_timeout=0")
        return self._writer


def create_app() -> Flask:
    """Return the two routes; FLOOR_SECRET and FLOOR_DATABASE come from the environment."""
    app = Flask("floor", static_folder=None)
    secret = os.environ["FLOOR_SECRET"].encode()
    rows = OneRow(os.environ["FLOOR_DATABASE"])
    rows.fill()

    @app.post("/floor")
    def floor() -> tuple[str, int] | Response:
        raw = request.get_data(cache=False)
        right = "sha256=" + hmac.new(secret, raw, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(right, request.headers.get("X-Hub-Signature-256", "")):
            return "", 403
        rows.commit(raw.decode())
        return Response('{"success":true}', mimetype="application/json")

    @app.get("/item/<key>")
    def item(key: str) -> Response:
        return Response(rows.read(key), mimetype="application/json")

    @app.post("/nothing")
    def nothing() -> Response:
        request.get_data(cache=False)
        return Response('{"success":true}', mimetype="application/json")

    return app
