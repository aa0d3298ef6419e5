"""The office that all tests of the API share, and one with a resource of the tests' own."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest

import api.app
from store import open_records
from tests.api.office import Office
from tests.api.shelf import shelf
from tests.people import Cast, FixedClock, city
from tests.stage import Stage
from tests.stores import dynamodb_engine, dynamodb_store


@pytest.fixture
def office(stage: Stage, cast: Cast) -> Office:
    """Return the API of the cast's clinics, in process."""
    del cast
    return Office(stage)


@pytest.fixture
def shelf_office(stage: Stage, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Office:
    """Return an office whose API has `tests.api.shelf` and nothing else."""
    del cast
    monkeypatch.setattr(api.app, "RESOURCES", (shelf(),))
    return Office(stage)


@pytest.fixture(scope="session")
def dynamodb_endpoint() -> Iterator[str]:
    with dynamodb_engine() as endpoint:
        yield endpoint


@pytest.fixture(params=["sqlite", pytest.param("dynamodb", marks=pytest.mark.dynamodb)])
def either_stage(request: pytest.FixtureRequest, clock: FixedClock) -> Iterator[Stage]:
    """Give a stage with the cast on SQLite, and on DynamoDB in tables of its own."""
    if request.param == "sqlite":
        yield request.getfixturevalue("stage")
        return
    endpoint = request.getfixturevalue("dynamodb_endpoint")
    store = dynamodb_store(endpoint, f"api-{uuid4().hex[:8]}-", lambda: clock.now().timestamp())
    store.create_tables()
    made = Stage(store, open_records(store), clock)
    made.cast = city(made.records)
    yield made
    store.close()


@pytest.fixture
def either_shelf(either_stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Office:
    """Return an office with `tests.api.shelf` alone, on either store."""
    monkeypatch.setattr(api.app, "RESOURCES", (shelf(),))
    return Office(either_stage)
