"""A provider takes no message of some form: nobody is left without an answer."""

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
CASES = [(provider, form) for provider, forms in FORMS.items() for form in forms]
PATIENTS = 6
"""One for each form of a provider and each way of refusing it."""


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with started(Installation(folder(tmp_path_factory)), PATIENTS) as installation:
        yield installation


@pytest.fixture(scope="module")
def twilio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with started(TwilioInstallation(folder(tmp_path_factory)), PATIENTS) as installation:
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


def refused(town: Installation, person: Person, *, later: bool) -> int:
    """Return how many messages the provider has refused, in its answer or later."""
    if later:
        return sum(map(has_failed, person.chat("&from=business")))
    calls = town.control("GET", "/calls")["calls"]
    return sum(call["outcome"] == "refused" for call in calls)


@pytest.mark.parametrize("later", [False, True], ids=["in the answer", "by a status"])
@pytest.mark.parametrize(("provider", "form"), CASES)
def test_who_meets_a_refused_form_books_by_numbers(
    provider: str, form: str, request: pytest.FixtureRequest, *, later: bool
) -> None:
    town: Installation = request.getfixturevalue(provider)
    person = town.patients[2 * FORMS[provider].index(form) + later]
    before = refused(town, person, later=later)
    with town.faults(refused_forms=[form], refused_forms_later=later):
        person.says("Hi")
        assert "3. Dr. Meera" in person.hears("select doctor")["text"]
        person.says("3")
        person.hears("Available slots")
        person.says("1")
        asked = person.hears("Tap to pay")
        person.pays(asked["links"][0]["url"] if asked["links"] else link_in(asked))
        person.hears("Booking confirmed")
        person.says("status")
        person.hears("Token #")
        town.settle()
    assert refused(town, person, later=later) > before, "the form was met"
    assert unanswered(person) == []
