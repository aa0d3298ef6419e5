"""A provider takes messages and then fails all but text: nobody is left without an answer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import started
from tests.e2e.installation import Installation, Json, Person
from tests.e2e.twilio import TwilioInstallation, link_in

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e 2")]

FORMS = {
    "cloud": ["list", "button", "cta_url"],
    "twilio": ["twilio/list-picker", "twilio/quick-reply"],
}
"""What each provider refuses; `tests/contract/channels` has each form by itself."""


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with started(Installation(folder(tmp_path_factory))) as installation:
        yield installation


@pytest.fixture(scope="module")
def twilio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with started(TwilioInstallation(folder(tmp_path_factory))) as installation:
        yield installation


def folder(factory: pytest.TempPathFactory) -> Path:
    return factory.mktemp("forms")


def has_failed(message: Json) -> bool:
    return any(step["status"] == "failed" for step in message["statuses"])


def unanswered(person: Person) -> list[str]:
    """Return what *person* should have read and did not: it failed, and came in no other form."""
    ours = person.chat("&from=business")
    read = [message for message in ours if not has_failed(message)]
    return [
        lost["text"]
        for lost in filter(has_failed, ours)
        if not any(m["index"] > lost["index"] and m["text"].startswith(words(lost)) for m in read)
    ]


def words(message: Json) -> str:
    """Return the first line of a message: Twilio's menus leave empty lines out."""
    return message["text"].partition("\n")[0]


@pytest.mark.parametrize("provider", FORMS)
def test_who_meets_refused_forms_books_by_numbers(
    provider: str, request: pytest.FixtureRequest
) -> None:
    town: Installation = request.getfixturevalue(provider)
    asha = town.patients[0]
    with town.faults(refused_forms=FORMS[provider], refused_forms_later=True):
        asha.says("Hi")
        assert "3. Dr. Meera" in asha.hears("select doctor")["text"]
        asha.says("3")
        asha.hears("Available slots")
        asha.says("1")
        asked = asha.hears("Tap to pay")
        asha.pays(asked["links"][0]["url"] if asked["links"] else link_in(asked))
        asha.hears("Booking confirmed")
        asha.says("status")
        asha.hears("Token #")
        town.settle()
    assert len(list(filter(has_failed, asha.chat("&from=business")))) >= len(FORMS[provider])
    assert unanswered(asha) == []
