"""A line that runs."""

from __future__ import annotations

import pytest

from domain.model.queues import Token
from tests.lines import three_waiting
from tests.people import Cast
from tests.stage import Stage


@pytest.fixture
def tokens(stage: Stage, cast: Cast) -> list[Token]:
    """Return three who wait in Dr. Khan's running line."""
    return three_waiting(stage, cast)
