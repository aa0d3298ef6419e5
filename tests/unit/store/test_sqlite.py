"""What only SQLite has to get right: other processes, forks, and commits that are shared."""

from __future__ import annotations

import multiprocessing
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from domain.errors import Conflict, StoreUnavailable
from store import sqlite
from store.port import Change, CheckAbsent, Delete, Key, Put, Request, Row
from store.sqlite import SqliteStore


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "pulseops.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    made = SqliteStore(path, "pulseops-")
    made.create_tables()
    yield made
    made.close()


def row(place: str, **more: object) -> Row:
    return {"queueId": "q", "place": place, **more}


def increment(store: SqliteStore, times: int) -> None:
    for _ in range(times):
        while True:
            [found] = store.get([Key("line", "q", "sum")])
            assert found is not None
            try:
                change = Put("line", row("sum", n=found["n"] + 1), found["version"])
                store.write([change], store.request())
                break
            except Conflict:
                continue


def increment_elsewhere(path: Path, times: int) -> None:
    store = SqliteStore(path, "pulseops-")
    increment(store, times)
    store.close()


def count(store: SqliteStore) -> object:
    [found] = store.get([Key("line", "q", "sum")])
    return found and found["n"]


@pytest.mark.slow
def test_two_processes_counting_in_one_item_lose_nothing(store: SqliteStore, path: Path) -> None:
    store.write([Put("line", row("sum", n=0))], store.request())
    context = multiprocessing.get_context("spawn")
    others = [context.Process(target=increment_elsewhere, args=(path, 100)) for _ in range(2)]
    for other in others:
        other.start()
    increment(store, 100)
    for other in others:
        other.join(30)
    assert [other.exitcode for other in others] == [0, 0]
    assert count(store) == 300


def test_a_forked_process_opens_connections_of_its_own(store: SqliteStore) -> None:
    store.write([Put("line", row("sum", n=0))], store.request())
    parents = store._writer
    child = multiprocessing.get_context("fork").Process(target=increment, args=(store, 20))
    with store._lock:  # The child must not wait for a lock whose owner it does not have.
        child.start()
        child.join(30)
    assert child.exitcode == 0
    increment(store, 20)
    assert count(store) == 40
    assert store._writer is parents


def test_writers_that_arrive_together_share_a_commit_and_keep_their_own_fate(
    store: SqliteStore,
) -> None:
    commits: list[str] = []
    outcomes: dict[int, object] = {}

    def write(number: int) -> None:
        # Each of ten seats is wanted by three; the losers' other changes must not stay.
        changes = [
            Put("line", row(f"seat{number % 10}", by=number)),
            Put("line", row(f"mine{number:02}")),
        ]
        try:
            store.write(changes, store.request())
            outcomes[number] = "won"
        except Conflict as lost:
            outcomes[number] = lost.items

    assert store._writer is not None
    store._writer.set_trace_callback(commits.append)
    threads = [threading.Thread(target=write, args=(number,)) for number in range(30)]
    with store._lock:
        for thread in threads:
            thread.start()
        while len(store._queue) < 30:
            pass
    for thread in threads:
        thread.join()
    assert commits.count("COMMIT") == 1
    rows = store.query("line", "q").rows
    won = {number for number, outcome in outcomes.items() if outcome == "won"}
    assert len(won) == 10
    for number in outcomes.keys() - won:
        assert outcomes[number] == (("line", "q", f"seat{number % 10}"),)
    assert {r["by"] for r in rows if "by" in r} == won
    assert {r["place"] for r in rows if "by" not in r} == {f"mine{n:02}" for n in won}


def test_in_a_shared_commit_the_later_sees_what_the_earlier_did(store: SqliteStore) -> None:
    request = store.request()
    jobs: list[tuple[list[Change], Request]] = [
        ([Put("line", row("a"))], store.request()),
        ([Put("line", row("a", n=2), 1)], store.request()),
        ([Delete(Key("line", "q", "a"), 2)], store.request()),
        ([CheckAbsent(Key("line", "q", "a")), Put("line", row("b"))], request),
        ([CheckAbsent(Key("line", "q", "a")), Put("line", row("b"))], request),
        ([Put("line", row("a", n=3))], store.request()),
        ([Put("line", row("c")), Delete(Key("line", "q", "b"), 7)], store.request()),
    ]
    failed = []

    def write(number: int) -> None:
        try:
            store.write(*jobs[number])
        except Conflict:
            failed.append(number)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(len(jobs))]
    with store._lock:
        for number, thread in enumerate(threads, 1):
            thread.start()
            while len(store._queue) < number:
                pass
    for thread in threads:
        thread.join()
    assert failed == [6]
    assert store.query("line", "q").rows == [
        row("a", n=3, version=1), row("b", version=1)
    ]  # fmt: skip


def test_a_file_locked_for_too_long_is_unavailable_and_nothing_is_written(
    store: SqliteStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "PATIENCE_SECONDS", 0.05)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    request = store.request()
    changes = [Put("line", row("a"))]
    with pytest.raises(StoreUnavailable, match="locked"):
        store.write(changes, request)
    assert store.query("line", "q").rows == []
    other.execute("ROLLBACK")
    other.close()
    store.write(changes, request)
    assert len(store.query("line", "q").rows) == 1


def test_what_sqlite_cannot_do_is_unavailable(tmp_path: Path) -> None:
    empty = SqliteStore(tmp_path / "empty.db", "pulseops-")
    for action in (
        lambda: empty.get([Key("seen", "a")]),
        lambda: empty.write([Put("seen", {"seen": "a"})], empty.request()),
        lambda: empty.purge(1),
    ):
        with pytest.raises(StoreUnavailable, match="no such table"):
            action()
    empty.create_tables()
    empty.write([Put("seen", {"seen": "a"})], empty.request())
    empty.close()
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnavailable, match="cannot make"):
        SqliteStore(tmp_path / "file" / "x.db", "pulseops-").create_tables()
    with pytest.raises(StoreUnavailable, match="cannot open"):
        SqliteStore(tmp_path / "nowhere" / "x.db", "pulseops-").get([Key("seen", "a")])


def test_many_threads_read_on_few_connections(store: SqliteStore) -> None:
    store.write([Put("line", row("a"))], store.request())
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(store.get([Key("line", "q", "a")])))
        for _ in range(60)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 60
    assert 1 <= len(store._readers) <= sqlite.READERS


def test_with_no_connection_free_a_read_gives_up(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "PATIENCE_SECONDS", 0.01)
    monkeypatch.setattr(store, "_free", threading.BoundedSemaphore(1))
    with store._free, pytest.raises(StoreUnavailable, match="no connection"):
        store.get([Key("line", "q", "a")])


def test_requests_are_remembered_only_so_long(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "REMEMBERED", 3)
    for place in "abcdef":
        store.write([Put("line", row(place))], store.request())
    assert len(store._applied) == 3


def test_more_than_one_group_is_committed_in_turn(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "GROUP", 2)
    threads = [
        threading.Thread(
            target=lambda n=n: store.write([Put("line", row(f"{n}"))], store.request())
        )
        for n in range(9)
    ]
    with store._lock:
        for thread in threads:
            thread.start()
        while len(store._queue) < 9:
            pass
    for thread in threads:
        thread.join()
    assert len(store.query("line", "q").rows) == 9


def test_every_commit_is_on_disk_before_it_is_answered(store: SqliteStore) -> None:
    connection = store._open()
    values = {
        p: connection.execute(f"PRAGMA {p}").fetchone()[0] for p in ("synchronous", "journal_mode")
    }
    connection.close()
    assert values == {"synchronous": 2, "journal_mode": b"wal"}


def test_an_error_nobody_expected_leaves_no_write_in_doubt_and_the_store_usable(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = store.request()
    with monkeypatch.context() as broken:
        broken.setattr(store, "_put", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            store.write([Put("line", row("a"))], request)
    assert store.query("line", "q").rows == []
    store.write([Put("line", row("a"))], request)
    assert len(store.query("line", "q").rows) == 1


def test_others_can_not_read_the_file(store: SqliteStore, path: Path) -> None:
    store.write([Put("line", row("a"))], store.request())
    assert {file.stat().st_mode & 0o777 for file in path.parent.glob("pulseops.db*")} == {0o600}
