"""A day at the clinic, on real processes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from domain.model.messages import MessageStatus
from domain.model.queues import Token, TokenStatus
from tests.e2e.conftest import running
from tests.e2e.installation import VERIFY, Installation

RATING_SECONDS = 60.0
"""The question after the visit comes half a minute after it."""


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with running(tmp_path_factory.mktemp("day")) as installation:
        yield installation


def test_a_patient_books_pays_is_called_in_and_rates_the_visit(town):
    asha, meera = town.patients[0], town.doctors[0]
    assert "Dr. Meera" in asha.books()
    meera.says("start")
    assert "1 waiting" in meera.hears("Started")["text"]
    asha.hears("You are next")
    meera.taps("Next")
    assert "Asha" in meera.hears("Now serving")["text"]
    asha.hears("It is your turn")
    meera.taps("Next")
    meera.hears("Completed")
    question = asha.hears("How was the visit", seconds=RATING_SECONDS)
    asha.taps(question["options"][0]["id"])
    asha.hears("Thank you")
    town.settle()
    [visit] = town.rows("visits")
    assert visit["rating"] == 5
    statuses = {town.message(message_id).status for message_id in town.sent() if message_id}
    assert statuses == {MessageStatus.READ}
    assert set(town.sent().values()) == {1}
