"""Holds each module of examples to what it says that it runs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.api.examples import shape


@pytest.fixture(scope="module", autouse=True)
def honest(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail if a module that ran as a whole did not compare all that it lists in `RUNS`."""
    before = request.session.testsfailed
    shape.compared.clear()
    yield
    collected = [item for item in request.session.items if item.path == request.path]
    tests = {name for name in vars(request.module) if name.startswith("test_")}
    whole = {item.name.partition("[")[0] for item in collected} == tests
    if whole and request.session.testsfailed == before:
        runs = set(getattr(request.module, "RUNS", ()))
        assert sorted(runs ^ shape.compared) == []
