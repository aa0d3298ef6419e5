"""Holds each module of examples to what it says that it runs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.examples import shape

HERE = Path(__file__).parent
_ran: dict[Path, set[str]] = defaultdict(set)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let one process run all of a module: what it compared is known there alone."""
    for item in items:
        if item.path.parent == HERE:
            item.add_marker(pytest.mark.xdist_group(f"examples {item.path.stem}"))


@pytest.fixture(scope="module", autouse=True)
def honest(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail if a module that ran as a whole did not compare just what it lists in `RUNS`."""
    failed = request.session.testsfailed
    shape.compared.clear()
    yield
    tests = {name for name in vars(request.module) if name.startswith("test_")}
    if _ran[request.path] == tests and request.session.testsfailed == failed:
        assert sorted(set(request.module.RUNS) ^ shape.compared) == []


@pytest.fixture(autouse=True)
def noted(request: pytest.FixtureRequest) -> None:
    """Note that a test ran."""
    _ran[request.path].add(request.node.originalname)
