"""The office that all tests of the API share, and one with a resource of the tests' own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

import api.app
from domain.model.clinics import User
from store import open_records
from store.faults import Wrapper
from store.port import Change, Key, Put, Request
from store.schema import TABLES
from tests.accounts import give_password
from tests.api.examples import shape
from tests.api.office import Office, shared_app
from tests.api.shelf import shelf
from tests.people import Cast, FixedClock, city
from tests.stage import Stage
from tests.stores import dynamodb_store

SHELF = (shelf(),)
_ran: dict[Path, set[str]] = defaultdict(set)


def _is_quick(path: Path) -> bool:
    return path.parent.name == "examples" or path.stem.startswith(("test_frame", "test_conduct"))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Say which tests are slow, and keep modules of examples whole.

    What the specification shows and how every call is conducted is quick to know; all else of the
    API takes minutes together. One process runs all of a module of examples: what it compared is
    known there alone.
    """
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here) and not _is_quick(item.path):
            item.add_marker(pytest.mark.slow)
        if hasattr(getattr(item, "module", None), "RUNS"):
            item.add_marker(pytest.mark.xdist_group(f"examples {item.path.stem}"))


@pytest.fixture(scope="module", autouse=True)
def honest(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail if a module that ran as a whole did not compare all examples that it lists in `RUNS`."""
    failed = request.session.testsfailed
    yield
    tests = {item.nodeid for item in request.session.items if item.path == request.path}
    if _ran[request.path] == tests and request.session.testsfailed == failed:
        assert sorted(set(getattr(request.module, "RUNS", ())) - shape.compared) == []


@pytest.fixture(autouse=True)
def noted(request: pytest.FixtureRequest) -> None:
    """Note that a test ran."""
    _ran[request.path].add(request.node.nodeid)


@pytest.fixture
def office(stage: Stage, cast: Cast) -> Office:
    """Return the API of the cast's clinics, in process."""
    del cast
    return Office(stage, shared_app(stage))


@pytest.fixture
def shelf_office(stage: Stage, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Office:
    """Return an office whose API has `tests.api.shelf` and nothing else."""
    del cast
    monkeypatch.setattr(api.app, "RESOURCES", SHELF)
    return Office(stage, shared_app(stage))


class Erasable(Wrapper):
    """DynamoDB, with what a test wrote taken away again: tables take seconds to make."""

    def __init__(self, endpoint: str, prefix: str) -> None:
        self.clock = FixedClock()
        """By which items expire; each test sets its own."""
        self._store = dynamodb_store(endpoint, prefix, lambda: self.clock.now().timestamp())
        super().__init__(self._store)
        self._prefix = prefix
        self._written: dict[Key, None] = {}

    def write(self, changes: Sequence[Change], request: Request) -> None:
        self._written.update({c.key: None for c in changes if isinstance(c, Put)})
        super().write(changes, request)

    def erase(self) -> None:
        wanted = [(self._prefix + key.table, _attributes(key)) for key in self._written]
        for start in range(0, len(wanted), 25):
            asked: dict[str, list[Any]] = {}
            for table, key in wanted[start : start + 25]:
                asked.setdefault(table, []).append({"DeleteRequest": {"Key": key}})
            self._store._dynamodb().batch_write_item(RequestItems=asked)
        self._written.clear()


def _attributes(key: Key) -> dict[str, dict[str, str]]:
    names = TABLES[key.table].key
    values = [key.partition, key.sort]
    return {n: {"S": v} for n, v in zip(names, values, strict=False) if v is not None}


@pytest.fixture(scope="session")
def dynamodb_tables(dynamodb_endpoint: str) -> Iterator[Erasable]:
    """Give the tables that all tests here share, one after another, over one client."""
    store = Erasable(dynamodb_endpoint, f"api-{uuid4().hex[:8]}-")
    store.create_tables()
    yield store
    store.close()


@pytest.fixture(params=["sqlite", pytest.param("dynamodb", marks=pytest.mark.dynamodb)])
def either_stage(request: pytest.FixtureRequest, clock: FixedClock) -> Iterator[Stage]:
    """Give a stage with the cast on SQLite, and on DynamoDB."""
    if request.param == "sqlite":
        yield request.getfixturevalue("stage")
        return
    store: Erasable = request.getfixturevalue("dynamodb_tables")
    store.clock = clock
    made = Stage(store, open_records(store), clock)
    made.cast = city(made.records)
    yield made
    store.erase()


@pytest.fixture
def either_office(either_stage: Stage) -> Office:
    """Return the API on either store."""
    return Office(either_stage, shared_app(either_stage))


@pytest.fixture
def either_shelf(either_stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Office:
    """Return an office with `tests.api.shelf` alone, on either store."""
    monkeypatch.setattr(api.app, "RESOURCES", SHELF)
    return Office(either_stage, shared_app(either_stage))


@pytest.fixture
def farida(office: Office) -> User:
    """Return the admin, who has a password."""
    return give_password(office.stage, office.cast.farida)
