"""One store of each kind for the contract, isolated by keys of each test's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from store.port import Store
from tests.stores import StoppedClock, dynamodb_store, sqlite_store


@pytest.fixture(scope="session")
def clock() -> StoppedClock:
    """By which the stores of the session expire items; set back for each test by `store`."""
    return StoppedClock()


@pytest.fixture(scope="session")
def dynamodb(dynamodb_endpoint: str, clock: StoppedClock) -> Iterator[Store]:
    store = dynamodb_store(dynamodb_endpoint, f"test-{uuid4().hex[:8]}-", clock)
    store.create_tables()
    yield store
    store.close()


@pytest.fixture(params=["sqlite", pytest.param("dynamodb", marks=pytest.mark.dynamodb)])
def store(request: pytest.FixtureRequest, tmp_path: Path, clock: StoppedClock) -> Iterator[Store]:
    clock.reset()
    if request.param == "sqlite":
        made = sqlite_store(tmp_path, clock)
        yield made
        made.close()
    else:
        yield request.getfixturevalue("dynamodb")


@pytest.fixture
def mine() -> str:
    """A word that no other test uses in its keys."""
    return uuid4().hex[:12]
