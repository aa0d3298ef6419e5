"""What all tests share: a stage with the small cast of `tests.people`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.people import FILE, Cast, FixedClock, city_file, new_records
from tests.stage import Stage
from tests.stores import dynamodb_engine


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let `--update-transcripts` rewrite the stories; the review reads the difference."""
    parser.addoption("--update-transcripts", action="store_true", default=False)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let what takes longest begin first, so that no process has it alone in the end."""
    items.sort(key=lambda item: [item.get_closest_marker(m) is None for m in ("e2e", "slow")])


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def stage(tmp_path: Path, clock: FixedClock) -> Iterator[Stage]:
    """Return a stage with the cast, half an hour before the doctors' hours."""
    file, cast = city_file()
    (tmp_path / FILE).write_bytes(file)
    store, records = new_records(tmp_path, clock)
    with_cast = Stage(store, records, clock)
    with_cast.cast = cast
    yield with_cast
    store.close()


@pytest.fixture
def cast(stage: Stage) -> Cast:
    assert stage.cast is not None
    return stage.cast


@pytest.fixture(scope="session")
def dynamodb_endpoint() -> Iterator[str]:
    """Return where a DynamoDB answers, for all tests of a process that need one."""
    with dynamodb_engine() as endpoint:
        yield endpoint
