"""The tables as data agree with the records, with the specification and with both stores."""

from __future__ import annotations

import importlib
import pkgutil
import sqlite3
from collections import Counter
from pathlib import Path

import msgspec
import pytest

import domain.model
from domain.model.base import Record
from store import open_store, schema
from store.dynamodb import DynamoStore
from store.schema import SPECIFIED, TABLES, Table
from store.sqlite import SqliteStore
from store.statements import Statements

ROOT = Path(__file__).parents[3]


def kinds() -> list[type[Record]]:
    for module in pkgutil.iter_modules(domain.model.__path__):
        importlib.import_module(f"domain.model.{module.name}")
    return [kind for kind in Record.__subclasses__() if kind.__module__.startswith("domain.")]


KINDS = kinds()
INDEXES = [(table, index.name) for table in TABLES.values() for index in table.indexes]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_record_has_a_table_with_its_key(kind: type[Record]) -> None:
    names = {field.name: field.encode_name for field in msgspec.structs.fields(kind)}
    assert TABLES[kind.TABLE].key == tuple(names[name] for name in kind.KEY)


def test_a_table_is_mixed_exactly_if_several_kinds_share_it() -> None:
    counts = Counter(kind.TABLE for kind in KINDS)
    assert {t.name for t in TABLES.values() if t.mixed} == {t for t, n in counts.items() if n > 1}


def test_no_record_uses_the_attribute_that_tells_kinds_apart() -> None:
    for kind in KINDS:
        names = {field.encode_name for field in msgspec.structs.fields(kind)}
        assert "recordKind" not in names


def test_the_ten_tables_are_the_specifications() -> None:
    assert [t.name for t in SPECIFIED] == [
        "clinics", "users", "doctors", "patients", "associations",
        "queues", "tokens", "visits", "subscriptions", "otp-requests",
    ]  # fmt: skip
    tokens = TABLES["tokens"]
    assert tokens.key == ("queueId", "tokenId")
    assert [(i.name, i.local) for i in tokens.indexes] == [
        ("patientId-date-idx", False),
        ("doctorId-date-idx", False),
        ("status-queueId-idx", False),
        ("status-idx", True),
    ]


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_dynamodb_would_accept_the_table(table: Table) -> None:
    arguments = schema.create_table(table, "pulseops-")
    used = {k["AttributeName"] for k in arguments["KeySchema"]}
    for kind in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes"):
        for index in arguments.get(kind, []):
            used |= {k["AttributeName"] for k in index["KeySchema"]}
            assert 3 <= len(index["IndexName"]) <= 255
    assert {a["AttributeName"] for a in arguments["AttributeDefinitions"]} == used
    assert len({index.name for index in table.indexes}) == len(table.indexes)
    for index in table.indexes:
        if index.local:
            assert table.sort is not None
            assert index.partition == table.partition


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> sqlite3.Connection:
    path = tmp_path_factory.mktemp("schema") / "pulseops.db"
    SqliteStore(path, "pulseops-").create_tables()
    return sqlite3.connect(path)


def test_sqlite_has_each_table_and_index_under_its_name(database: sqlite3.Connection) -> None:
    names = {name for (name,) in database.execute("SELECT name FROM sqlite_master")}
    assert {f"pulseops-{name}" for name in TABLES} <= names
    assert {f"pulseops-{table.name}/{index}" for table, index in INDEXES} <= names


@pytest.mark.parametrize(
    ("table", "index"),
    [*INDEXES, *((table, None) for table in TABLES.values())],
    ids=lambda value: value.name if isinstance(value, Table) else str(value),
)
def test_sqlite_finds_a_page_by_an_index_and_sorts_nothing(
    database: sqlite3.Connection, table: Table, index: str | None
) -> None:
    partition, order = table.order(index)
    assert partition
    for descending in (False, True):
        sql = Statements("pulseops-").query(
            table.name, index, low=bool(order), high=bool(order), start=bool(order),
            descending=descending,
        )  # fmt: skip
        marks = ["x"] * sql.count("?")
        plan = [row[3] for row in database.execute("EXPLAIN QUERY PLAN " + sql, marks)]
        assert len(plan) == 1
        assert plan[0].startswith("SEARCH")
        assert ("AND" in plan[0]) is bool(order)


def test_the_page_about_tables_is_up_to_date() -> None:
    assert (ROOT / "docs" / "tables.md").read_text() == schema.document()


def test_a_store_is_opened_by_its_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    open_store("sqlite:///var/pulseops.db").create_tables()
    assert (tmp_path / "var" / "pulseops.db").exists()
    open_store(f"sqlite:///{tmp_path}/absolute.db").create_tables()
    assert (tmp_path / "absolute.db").exists()
    assert isinstance(open_store("dynamodb://ap-south-1"), DynamoStore)


@pytest.mark.parametrize(
    "address", ["", "sqlite://", "sqlite:///", "sqlite://host/x", "dynamodb://", "postgres://x"]
)
def test_another_address_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="a store is"):
        open_store(address)
