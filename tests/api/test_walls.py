"""The walls between clinics and between doctors, and what each role may call (I7).

The table is in `tests/api/walls`: every address of the API has a row.
"""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

import api.app
from api.frame import jwts
from api.frame.routes import PREFIX, braced
from domain.actions.staff import sessions
from domain.model.accounts import AuditEntry
from store import Store
from tests.api.busy import busy_clinic
from tests.api.office import Client, Office, shared_app
from tests.api.practice import sunrise_admin
from tests.api.walls.table import Row
from tests.people import FixedClock, city, new_records
from tests.stage import Stage

WALLS = Path(__file__).with_name("walls")


def rows() -> list[Row]:
    """Return the rows of all modules of the table."""
    found: list[Row] = []
    for file in sorted(WALLS.glob("*.py")):
        name = f"tests.api.walls.{file.stem}"
        module = importlib.import_module(name)
        found += getattr(module, "ROWS", ())
    return found


ROWS = rows()


def addresses() -> set[str]:
    return {
        f"{route.method} {braced(route.path).removeprefix(PREFIX)}"
        for resource in api.app.RESOURCES
        for route in resource.routes
    }


def test_every_address_has_a_row_and_every_row_an_address() -> None:
    listed = [row.address for row in ROWS]
    assert sorted(listed) == sorted(set(listed))
    assert sorted(addresses() - set(listed)) == []  # addresses without a row
    assert sorted(set(listed) - addresses()) == []  # rows of no address


def test_only_what_is_declared_as_public_is_said_to_be() -> None:
    """The others are called by all the callers; some of them see to the token themselves."""
    declared = {
        f"{route.method} {braced(route.path).removeprefix(PREFIX)}"
        for resource in api.app.RESOURCES
        for route in resource.routes
        if route.needs is None
    }
    assert sorted({row.address for row in ROWS if row.public} - declared) == []


class Callers:
    """Everybody who might call, each with their token."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.cast = office.cast

    def nobody(self) -> Client:
        return self.office.stranger

    def nonsense(self) -> Client:
        token = self.office.admin.token or ""
        return Client(self.office, token[:-4] + "AAAA")

    def expired(self) -> Client:
        work = self.office.stage.work()
        session = sessions.start_session(work, self.cast.farida)
        work.commit()
        before = work.now - self.office.services.access_expiry
        session = session.but(refreshed_at=before)
        token = jwts.access_token(self.office.services, self.cast.farida, session)
        return Client(self.office, token)

    def other_admin(self) -> Client:
        return sunrise_admin(self.office)

    def other_doctor(self) -> Client:
        return self.office.other_doctor

    def doctor(self) -> Client:
        return self.office.doctor

    def admin(self) -> Client:
        return self.office.admin


def call(row: Row, client: Client, ids: dict[str, str]) -> TestResponse:
    method, path = row.address.split(" ")
    for name, value in ids.items():
        path = path.replace("{" + name + "}", value)
    assert "{" not in path, f"no id for {path}"
    body = row.body
    if isinstance(body, dict):
        named = {"{" + name + "}": value for name, value in ids.items()}
        body = {field: named.get(str(given), given) for field, given in body.items()}
    return client.call(method, path, body, query=row.query)


GUARDED = [row for row in ROWS if not row.public]


@pytest.mark.parametrize("row", GUARDED, ids=lambda row: row.address)
def test_each_gets_what_the_table_says(either_office: Office, row: Row) -> None:
    office = either_office
    ids = row.given(office) if row.given else {}
    callers = Callers(office)
    expected = {
        "nobody": 401,
        "nonsense": 401,
        "expired": 401,
        "other_admin": row.other_admin,
        "other_doctor": row.other_doctor,
        "doctor": row.doctor,
    }
    got: dict[str, int] = {}
    shown: dict[str, str] = {}
    for who in expected:
        answer = call(row, getattr(callers, who)(), ids)
        got[who] = answer.status_code
        shown[who] = answer.data.decode(errors="replace")  # it may be a document
    assert got == expected
    for text in row.shows:
        assert [who for who, said in shown.items() if text in said and who != "doctor"] == []


@pytest.mark.parametrize("row", GUARDED, ids=lambda row: row.address)
def test_an_admin_gets_what_the_table_says(office: Office, row: Row) -> None:
    ids = row.given(office) if row.given else {}
    answer = call(row, office.admin, ids)
    assert answer.status_code == row.admin
    if row.address.startswith("GET "):
        # Else that nobody else is shown it would mean nothing.
        assert not row.shows or [text for text in row.shows if text in answer.text]


# What no doctor is told


MONEY = re.compile(
    r"revenue|subscription|billing|invoice|payments?$|paymentId|capture|ledger", re.IGNORECASE
)
"""Names of fields about the clinic's money; a token's own amounts and states are a doctor's too."""


def names_in(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield name
            yield from names_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from names_in(inner)


def looks() -> list[str]:
    """Return every address that only looks and answers JSON."""
    return sorted(
        braced(route.path).removeprefix(PREFIX)
        for resource in api.app.RESOURCES
        for route in resource.routes
        if route.method == "GET" and not route.endless
    )


def money_told(client: Client, known: dict[str, str]) -> dict[str, set[str]]:
    """Return the names of fields about money that each address shows."""
    told: dict[str, set[str]] = {}
    for path in looks():
        there = re.sub(r"\{(\w+)\}", lambda found: known.get(found[1], "nothing"), path)
        for query in ({}, {"include": "revenue"}, {"metrics": "revenue"}):
            answer = client.get(there, query=query)
            if answer.is_json:
                told.setdefault(path, set()).update(filter(MONEY.search, names_in(answer.json)))
    return {path: names for path, names in told.items() if names}


def test_a_doctor_is_told_nothing_of_the_clinic_s_money(office: Office) -> None:
    known = busy_clinic(office)
    assert money_told(office.doctor, known) == {}
    assert "/clinics/subscription" in money_told(office.admin, known)


# What no answer tells: whether a number is known to another clinic

NOBODY = "+919876543299"
ELSEWHERE = "+919876543298"
"""Of a patient of Sunrise Clinic, who has stopped its messages."""
STAFF_ELSEWHERE = "+919876543013"
"""Dr. Rao's."""
SUNRISE_NUMBER = "+919876543002"


@pytest.fixture
def towns(tmp_path: Path) -> Iterator[Callable[[], Office]]:
    """Give what makes City's office beside a Sunrise Clinic with a patient; all are alike."""
    stores: list[Store] = []

    def make() -> Office:
        folder = tmp_path / str(len(stores))
        folder.mkdir()
        clock = FixedClock()
        store, records = new_records(folder, clock)
        stores.append(store)
        stage = Stage(store, records, clock)
        stage.cast = city(records)
        office = Office(stage, shared_app(stage))
        made = sunrise_admin(office).post("/patients", {"phone": ELSEWHERE, "name": "Asha Rao"})
        assert made.status_code == 201
        stage.hear(ELSEWHERE, "stop", sender=stage.parts.rules.platform_sender)
        office.settle()
        return office

    yield make
    for store in stores:
        store.close()


ASKED: list[tuple[str, str, dict[str, Any] | None]] = [
    ("GET", "/patients/search?phone={phone}", None),
    ("GET", "/patients/search?name=Asha+Rao", None),
    ("POST", "/patients", {"phone": "{phone}", "name": "Asha Rao"}),
    ("POST", "/patients", {"phone": "{phone}", "name": "Asha Rao", "dateOfBirth": "1990-01-01"}),
    ("POST", "/doctors/doc_meera/patients", {"patientPhone": "{phone}", "patientName": "Asha Rao"}),
    (
        "POST",
        "/doctors/doc_khan/tokens",
        {"patientPhone": "{phone}", "patientName": "Asha Rao", "payAtClinic": True},
    ),
    (
        "POST",
        "/whatsapp/send-message",
        {"patientPhone": "{phone}", "messageType": "TEXT", "text": "Hello"},
    ),
    ("POST", "/auth/clinic/login", {"whatsappNumber": "{phone}", "clinicId": "clinic_city"}),
    ("POST", "/auth/forgot-password", {"whatsappNumber": "{phone}", "clinicId": "clinic_city"}),
]


def blurred(answer: TestResponse, phone: str) -> tuple[int, str]:
    """Return an answer without what differs in any two: ids, and the number asked for."""
    text = answer.text.replace(phone, "PHONE").replace(phone[1:], "PHONE")
    text = text.replace(f"{phone[:6]}****{phone[-3:]}", "MASKED")
    text = re.sub(r'"requestId": ?"\w+"', "", text)
    return answer.status_code, re.sub(r"\b[A-Za-z]+_(req_)?[0-9a-f]{26,32}", "ID", text)


@pytest.mark.parametrize("number", [ELSEWHERE, STAFF_ELSEWHERE, SUNRISE_NUMBER])
@pytest.mark.parametrize(("method", "path", "body"), ASKED, ids=lambda part: str(part)[:60])
def test_no_answer_tells_whether_a_number_is_known_elsewhere(
    towns: Callable[[], Office], method: str, path: str, body: dict[str, Any] | None, number: str
) -> None:
    said: list[list[tuple[int, str]]] = []
    for phone in (NOBODY, number):
        office = towns()
        filled = json.loads(json.dumps(body).replace("{phone}", phone))
        address = path.replace("{phone}", phone.replace("+", "%2B"))
        clients = (office.admin, office.doctor)
        said.append([blurred(client.call(method, address, filled), phone) for client in clients])
    assert said[0] == said[1]
    assert {status for status, _ in said[0]}.isdisjoint({400, 422})


def test_a_number_that_routes_to_another_clinic_registers_all_the_same(
    towns: Callable[[], Office],
) -> None:
    said = []
    for number in (NOBODY, SUNRISE_NUMBER, ELSEWHERE, STAFF_ELSEWHERE):
        body = {
            "clinicName": "New Clinic",
            "address": "1 Main St",
            "whatsappNumber": number,
            "adminName": "Nisha",
            "subscriptionPlan": "BASIC",
        }
        answer = towns().stranger.post("/auth/clinic/register", body)
        said.append(blurred(answer, number))
    assert said[0][0] == 201
    assert said == [said[0]] * 4


# What is kept of attempts


def test_an_attempt_at_another_clinic_s_patient_is_in_the_log_of_who_tried(
    towns: Callable[[], Office],
) -> None:
    neighbours = towns()
    found = sunrise_admin(neighbours).get("/patients/search", query={"phone": ELSEWHERE})
    assert found.json is not None
    (patient,) = found.json["data"]["patients"]
    assert neighbours.admin.get(f"/patients/{patient['patientId']}").status_code == 404
    work = neighbours.stage.work()
    mine = work.query(AuditEntry, "clinic_city").records
    assert [(e.outcome, e.patient_id) for e in mine] == [("NOT_FOUND", patient["patientId"])]
    theirs = work.query(AuditEntry, "clinic_sunrise").records
    assert "usr_farida" not in {e.user_id for e in theirs}
