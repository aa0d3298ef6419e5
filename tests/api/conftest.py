"""The office that all tests of the API share."""

from __future__ import annotations

import pytest

from tests.api.office import Office
from tests.people import Cast
from tests.stage import Stage


@pytest.fixture
def office(stage: Stage, cast: Cast) -> Office:
    """Return the API of the cast's clinics, in process."""
    del cast
    return Office(stage)
