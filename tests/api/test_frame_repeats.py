"""A call acts once: beside others that change the same things, on a store in trouble, repeated."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

import api.app
from domain.errors import DayFull
from domain.model.accounts import AuditEntry
from domain.model.clinics import Clinic, Doctor
from store import open_records, open_store
from store.faults import AppliedButUnanswered, Conflicts, Throttled
from tests.api.answers import error
from tests.api.office import Client, Office
from tests.api.shelf import shelf
from tests.people import FixedClock, city, new_records
from tests.stage import Stage

ADA = {"name": "Ada"}


def once(client: Client, key: str, body: object = ADA, path: str = "/shelf") -> TestResponse:
    return client.post(path, body, headers={"Idempotency-Key": key})


def cards(office: Office) -> list[str]:
    """Return the names on the shelf that the cast does not have."""
    doctors = office.stage.work().query(Doctor, "clinic_city").records
    return sorted(d.name for d in doctors if not d.name.startswith("Dr."))


def counted(office: Office) -> int:
    clinic = office.stage.work().get(Clinic, "clinic_city")
    assert clinic is not None
    return clinic.current_doctors - 2


# Repeated with a key


def test_a_call_repeated_with_its_key_acts_once_and_answers_as_before(either_shelf: Office) -> None:
    admin = either_shelf.admin
    first, second = once(admin, "k1"), once(admin, "k1")
    assert (first.status_code, second.status_code) == (201, 201)
    assert "Idempotency-Replayed" not in first.headers
    assert second.headers["Idempotency-Replayed"] == "true"
    assert first.json is not None
    assert second.json is not None
    assert second.json["data"]["doctorId"] == first.json["data"]["doctorId"]
    assert second.json["message"] == "Card added"
    assert cards(either_shelf) == ["Ada"]


def test_without_a_key_each_call_acts(shelf_office: Office) -> None:
    for _ in range(2):
        assert shelf_office.admin.post("/shelf", ADA).status_code == 201
    assert cards(shelf_office) == ["Ada", "Ada"]


def test_secrets_are_shown_once_and_not_kept(shelf_office: Office) -> None:
    admin = shelf_office.admin
    first, second = once(admin, "k1"), once(admin, "k1")
    assert first.json is not None
    assert second.json is not None
    assert first.json["data"]["secret"] == "sesame"
    assert second.json["data"]["secret"] is None


def test_what_is_kept_cannot_be_read_or_guessed_from_the_store(
    shelf_office: Office, tmp_path: Path
) -> None:
    once(shelf_office.admin, "a-key-of-mine", {"name": "Ada", "note": "a secret note"})
    stored = b"".join(p.read_bytes() for p in tmp_path.glob("pulseops.db*"))
    assert b"a-key-of-mine" not in stored
    assert b"Card added" not in stored


def test_the_same_key_with_anything_else_is_refused(shelf_office: Office) -> None:
    admin = shelf_office.admin
    assert once(admin, "k1").status_code == 201
    others = [
        once(admin, "k1", {"name": "Eve"}),
        once(admin, "k1", {}, path="/shelf/cards/doc_meera/guess"),
        admin.post("/shelf?x=1", ADA, headers={"Idempotency-Key": "k1"}),
    ]
    assert [o.status_code for o in others] == [409, 409, 409]
    assert others[0].json is not None
    assert others[0].json["error"]["code"] == "IDEMPOTENCY_KEY_REUSED"
    assert cards(shelf_office) == ["Ada"]


def test_a_key_is_its_user_s_own(shelf_office: Office) -> None:
    admin, doctor = shelf_office.admin, shelf_office.doctor
    admin.post("/shelf/wishes", {"wish": "rain"}, headers={"Idempotency-Key": "k1"})
    answer = doctor.post("/shelf/wishes", {"wish": "sun"}, headers={"Idempotency-Key": "k1"})
    assert answer.status_code == 200
    assert answer.json is not None
    assert answer.json["message"] == "sun"


def test_a_key_lives_for_a_day(shelf_office: Office, clock: FixedClock) -> None:
    assert once(shelf_office.admin, "k1").status_code == 201
    clock.advance(minutes=24 * 60 - 1)
    assert "Idempotency-Replayed" in once(shelf_office.admin, "k1").headers
    clock.advance(minutes=1)
    assert "Idempotency-Replayed" not in once(shelf_office.admin, "k1").headers
    assert cards(shelf_office) == ["Ada", "Ada"]


@pytest.mark.parametrize("key", ["", " ", "x" * 201, "a b", "é", "a\x7f"])
def test_a_key_is_visible_ascii(shelf_office: Office, key: str) -> None:
    assert once(shelf_office.admin, key).status_code == 422
    assert cards(shelf_office) == []


def test_a_call_that_was_refused_can_be_repeated_and_acts_then(shelf_office: Office) -> None:
    admin = shelf_office.admin
    assert once(admin, "k1", {}).status_code == 422
    assert once(admin, "k1").status_code == 201


def test_a_refusal_that_counted_counts_once_for_its_key(shelf_office: Office) -> None:
    limit = shelf_office.cast.meera.daily_limit
    for _ in range(3):
        answer = once(shelf_office.doctor, "k1", {}, "/shelf/cards/doc_meera/guess")
        assert answer.status_code == 401
    doctor = shelf_office.stage.work().get(Doctor, "clinic_city", "doc_meera")
    assert doctor is not None
    assert doctor.daily_limit == limit + 1


def test_a_key_on_a_call_that_only_looks_is_left_alone(shelf_office: Office) -> None:
    for _ in range(2):
        answer = shelf_office.admin.get("/shelf", headers={"Idempotency-Key": "k1"})
        assert "Idempotency-Replayed" not in answer.headers


def test_a_repetition_is_an_access_too(shelf_office: Office) -> None:
    for _ in range(2):
        once(shelf_office.admin, "k1")
    found = shelf_office.stage.work().query(AuditEntry, "clinic_city").records
    assert [e.outcome for e in found] == ["DONE", "REPEATED"]


# Many at once


def at_once(calls: list[Callable[[], TestResponse]]) -> list[TestResponse]:
    ready = threading.Barrier(len(calls))

    def one(call: Callable[[], TestResponse]) -> TestResponse:
        ready.wait(10)
        return call()

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(one, calls))


def separate(office: Office, token: str | None) -> Client:
    """Return a client of its own: Flask's test client is for one thread."""
    made = Client(Office(office.stage), token)
    made.get("/shelf/public")  # The document is made before many ask for it at once.
    return made


def test_calls_with_one_key_at_once_act_once(shelf_office: Office) -> None:
    token = shelf_office.admin.token
    clients = [separate(shelf_office, token) for _ in range(8)]
    answers = at_once([lambda c=c: once(c, "k1") for c in clients])  # type: ignore[misc]
    assert [a.status_code for a in answers] == [201] * 8
    assert len({json.dumps(a.json["data"]["doctorId"]) for a in answers if a.json}) == 1
    assert sum("Idempotency-Replayed" not in a.headers for a in answers) == 1
    assert cards(shelf_office) == ["Ada"]


def test_two_processes_with_one_key_act_once(
    tmp_path: Path, stage: Stage, shelf_office: Office
) -> None:
    other = open_store(f"sqlite:///{tmp_path / 'pulseops.db'}", clock=stage.clock)
    elsewhere = Stage(other, open_records(other), stage.clock)
    elsewhere.cast = stage.cast
    elsewhere.ids.made += 1_000_000
    token = shelf_office.admin.token
    clients = [separate(shelf_office, token), Client(Office(elsewhere), token)]
    for number in range(10):
        answers = at_once([lambda c=c: once(c, f"k{number}") for c in clients])  # type: ignore[misc] # noqa: B023
        assert [a.status_code for a in answers] == [201, 201]
        assert len({a.json["data"]["doctorId"] for a in answers if a.json}) == 1
    assert cards(shelf_office) == ["Ada"] * 10
    other.close()


def test_a_refusal_for_what_the_same_call_has_done_meanwhile_is_its_first_answer(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    first: list[TestResponse] = []
    tries = iter([True])

    def meanwhile() -> None:
        if next(tries, False):
            first.append(once(office.admin, "k1"))
            raise DayFull

    monkeypatch.setattr(api.app, "RESOURCES", (shelf(meanwhile),))
    office = Office(stage)
    answer = once(office.admin, "k1")
    assert (first[0].status_code, answer.status_code) == (201, 201)
    assert answer.headers["Idempotency-Replayed"] == "true"
    assert answer.json is not None
    assert first[0].json is not None
    assert answer.json["data"]["doctorId"] == first[0].json["data"]["doctorId"]
    assert cards(office) == ["Ada"]
    found = stage.work().query(AuditEntry, "clinic_city").records
    assert [e.outcome for e in found] == ["DONE", "REPEATED"]


def test_a_refusal_for_what_another_call_has_done_meanwhile_stays(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = iter(["k2"])

    def meanwhile() -> None:
        key = next(others, None)
        if key is not None:
            assert once(office.admin, key).status_code == 201
            raise DayFull

    monkeypatch.setattr(api.app, "RESOURCES", (shelf(meanwhile),))
    office = Office(stage)
    assert error(once(office.admin, "k1"), 409) == "DAY_FULL"
    assert once(office.admin, "k1").status_code == 201  # what was refused is not kept


def test_calls_that_change_the_same_thing_at_once_all_act(shelf_office: Office) -> None:
    token = shelf_office.admin.token
    clients = [separate(shelf_office, token) for _ in range(8)]
    answers = at_once([lambda c=c: c.post("/shelf", ADA) for c in clients])  # type: ignore[misc]
    assert [a.status_code for a in answers] == [201] * 8
    assert (len(cards(shelf_office)), counted(shelf_office)) == (8, 8)


def test_a_view_runs_again_on_what_others_have_changed(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = iter(["Ida", "Eve"])

    def meanwhile() -> None:
        name = next(others, None)
        if name is not None:
            assert office.admin.post("/shelf", {"name": name}).status_code == 201

    monkeypatch.setattr(api.app, "RESOURCES", (shelf(meanwhile),))
    office = Office(stage)
    assert office.admin.post("/shelf", ADA).status_code == 201
    assert (cards(office), counted(office)) == (["Ada", "Eve", "Ida"], 3)


# On a store in trouble

Fault = Conflicts | Throttled | AppliedButUnanswered
Trouble = Callable[[type[Fault]], tuple[Office, Fault]]


@pytest.fixture
def trouble(
    tmp_path: Path, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Trouble]:
    """Give what makes an office on a store whose fault begins when its `every` is set."""
    inner, plain = new_records(tmp_path, clock)
    cast = city(plain)
    monkeypatch.setattr(api.app, "RESOURCES", (shelf(),))

    def make(kind: type[Fault]) -> tuple[Office, Fault]:
        store = kind(inner, 0)
        stage = Stage(store, open_records(store), clock)
        stage.cast = cast
        return Office(stage), store

    yield make
    inner.close()


@pytest.mark.parametrize(
    ("kind", "every"),
    [
        (Conflicts, 2), (Conflicts, 3), (Throttled, 5), (Throttled, 7),
        (AppliedButUnanswered, 2), (AppliedButUnanswered, 3),
    ],
)  # fmt: skip
def test_whatever_the_store_does_a_call_with_a_key_acts_once(
    trouble: Trouble, kind: type[Fault], every: int
) -> None:
    office, fault = trouble(kind)
    admin = office.admin
    fault.every = every
    for number in range(12):
        for _ in range(20):
            answer = once(admin, f"k{number}")
            if answer.status_code == 201:
                break
            assert answer.status_code == 503
            assert int(answer.headers["Retry-After"]) >= 1
        else:
            pytest.fail("the call never gets through")
    fault.every = 0
    assert fault.hits
    assert (len(cards(office)), counted(office)) == (12, 12)


def test_an_answer_of_the_store_that_is_lost_once_is_asked_for_again(trouble: Trouble) -> None:
    office, store = trouble(AppliedButUnanswered)
    admin = office.admin
    store.every = 2
    for _ in range(4):
        assert admin.post("/shelf", ADA).status_code == 201
    store.every = 0
    assert store.hits
    assert cards(office) == ["Ada"] * 4


def test_a_store_that_is_away_is_503_and_says_when_to_come_back(trouble: Trouble) -> None:
    office, store = trouble(Throttled)
    admin = office.admin
    store.every = 1
    for answer in (admin.get("/shelf"), admin.post("/shelf", ADA)):
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
        assert answer.json is not None
        assert answer.json["error"]["code"] == "UNAVAILABLE"
