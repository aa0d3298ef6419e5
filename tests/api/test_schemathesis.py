"""Whatever the document allows to be sent, and what it does not, is answered as it says.

Schemathesis makes the requests out of the API's own document: each address by itself, and chains
of calls along its links. A clinic in the middle of its day is there anew for each address.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.generation.stateful.state_machine import APIStateMachine
from schemathesis.specs.openapi.checks import (
    allow_header_conformance,
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

import api.app
from api.frame.routes import braced
from store import open_records, open_store
from tests.api.busy import busy_clinic
from tests.api.office import Office, shared_app
from tests.people import Cast, FixedClock, city, new_records
from tests.stage import Stage

pytestmark = [pytest.mark.slow, pytest.mark.property, pytest.mark.xdist_group("schemathesis")]

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    allow_header_conformance,
]
ADDRESSES = [
    (route.method, braced(route.path))
    for resource in api.app.RESOURCES
    for route in resource.routes
    if not route.endless
]
EXAMPLES = {GenerationMode.POSITIVE: 6, GenerationMode.NEGATIVE: 3}
CHAINS, LINKS = 16, 8
MOSTLY = st.sampled_from([True, True, True, False])


def bounded(examples: int, **more: Any) -> settings:
    """Return settings with which each run makes the same requests."""
    return settings(
        max_examples=examples,
        database=None,
        derandomize=True,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        **more,
    )


@dataclass
class Town:
    """A busy clinic as a file, from which any number of them can begin."""

    folder: Path
    file: Path
    clock: FixedClock
    cast: Cast
    ids_made: int
    known: dict[str, str]
    """Ids and numbers of things that are there, by the names of their fields."""
    begun: int = 0

    def begin(self) -> Office:
        """Return the office of a clinic that nobody has changed yet."""
        self.begun += 1
        copied = self.folder / f"copy{self.begun}.db"
        shutil.copy(self.file, copied)
        clock = FixedClock(self.clock.now())
        store = open_store(f"sqlite:///{copied}", clock=clock)
        stage = Stage(store, open_records(store), clock)
        stage.cast = self.cast
        stage.ids.made = self.ids_made
        return Office(stage, shared_app(stage))

    def end(self, office: Office) -> None:
        """Let a clinic go."""
        office.stage.parts.store.close()


class Door:
    """The application that is being asked; another one for each address."""

    app: Any

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        found: Iterable[bytes] = self.app(environ, start)
        return found


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    folder = tmp_path_factory.mktemp("town")
    clock = FixedClock()
    store, records = new_records(folder, clock)
    stage = Stage(store, records, clock)
    stage.cast = city(records)
    known = busy_clinic(Office(stage, shared_app(stage)))
    store.close()
    return Town(folder, folder / "pulseops.db", clock, stage.cast, stage.ids.made, known)


@pytest.fixture(scope="module")
def door(town: Town) -> Iterator[Door]:
    found = Door()
    office = town.begin()
    found.app = office.app
    yield found
    town.end(office)


@pytest.fixture(scope="module")
def schema(door: Door) -> Any:
    return schemathesis.openapi.from_wsgi("/openapi.json", door)


def filled(value: Any, known: dict[str, str]) -> Any:
    """Return what is sent with ids of things that are there."""
    if isinstance(value, dict):
        return {k: known[k] if k in known else filled(v, known) for k, v in value.items()}
    if isinstance(value, list):
        return [filled(part, known) for part in value]
    return value


def prepare(case: Case, known: dict[str, str]) -> None:
    """Let *case* be about things that are there, and act whatever was sent before."""
    if case.path_parameters:
        case.path_parameters.update({k: known[k] for k in case.path_parameters if k in known})
    if isinstance(case.body, dict):
        case.body = filled(case.body, known)
    if case.query:
        case.query = filled(dict(case.query), {**known, "name": "Asha", "searchTerm": "Asha"})
    case.headers.pop("Idempotency-Key", None)


@pytest.mark.parametrize(("method", "path"), ADDRESSES, ids=lambda part: part)
def test_whatever_is_sent_is_answered_as_the_document_says(
    town: Town, door: Door, schema: Any, method: str, path: str
) -> None:
    office = town.begin()
    door.app = office.app
    operation = schema[path][method]
    cast = office.cast
    users = [cast.farida, cast.meera_user]

    def ask(case: Case, *checks: Any) -> None:
        for user in users:
            office.stage.clock.advance(seconds=1)  # A line's moves never share an instant.
            # Anew: a call may have ended the session of the one before.
            token = office.sign_in(
                office.stage.work().get(type(user), user.clinic_id, user.user_id) or user
            ).token
            case.call_and_validate(
                headers={"Authorization": f"Bearer {token}"}, checks=[*CHECKS, *checks]
            )

    @bounded(EXAMPLES[GenerationMode.POSITIVE])
    @given(case=operation.as_strategy(), about_what_is_there=MOSTLY)
    def allowed(case: Case, *, about_what_is_there: bool) -> None:
        if about_what_is_there:
            prepare(case, town.known)
        ask(case)

    @bounded(EXAMPLES[GenerationMode.NEGATIVE])
    @given(case=operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))
    def not_allowed(case: Case) -> None:
        ask(case, negative_data_rejection)

    try:
        allowed()
        if operation.body or operation.query or operation.path_parameters:
            not_allowed()
    finally:
        town.end(office)


def test_chains_of_calls_are_answered_as_the_document_says(
    town: Town, door: Door, schema: Any
) -> None:
    finite = schema.exclude(path_regex="/stream$")

    class Day(finite.as_state_machine()):  # type: ignore[misc]
        office: Office

        def setup(self) -> None:
            self.office = town.begin()
            door.app = self.office.app
            self.token = self.office.admin.token

        def teardown(self) -> None:
            town.end(self.office)

        def before_call(self, case: Case) -> None:
            self.office.stage.clock.advance(seconds=1)
            case.headers.pop("Idempotency-Key", None)

        def get_call_kwargs(self, case: Case) -> dict[str, Any]:
            del case
            return {"headers": {"Authorization": f"Bearer {self.token}"}}

        def validate_response(self, response: Any, case: Case, **_given: Any) -> None:
            case.validate_response(response, checks=CHECKS)

    machine: type[APIStateMachine] = Day
    machine.run(settings=bounded(CHAINS, stateful_step_count=LINKS))
