"""What nobody is told: whether another clinic knows the same person.

One and the same day of City Medical Center is lived through beside towns in which Sunrise Clinic
knows the person, or has known them, and in one where nobody does. All that City's accounts and
phones are told must be the same, but for ids, which are random.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from werkzeug.test import TestResponse

import api.app
from api.frame.routes import PREFIX, braced
from domain.channel import Outbound
from tests.api.answers import data
from tests.api.office import Client, Office, shared_app
from tests.api.practice import record, sunrise_admin
from tests.people import CITY_SENDER, FixedClock, city, new_records
from tests.stage import Stage

AMIT = "+919988776655"
NAME = "Amit Kumar"
DESK = "+919876543010"
"""Farida's own phone."""
ID = re.compile(r"(?<![A-Za-z])[A-Za-z]+_(?:req_)?[0-9a-f]{26,32}")
OTHERS = re.compile(r'(?<="nextCursor": ")[^"]+|wamid\.\d+')
"""Sealed cursors, and the provider's own ids."""
ALWAYS_NEW = {"X-Request-Id", "Date"}

Before = Callable[[Office], None]
Told = list[tuple[str, object]]


def nobody_knows(office: Office) -> None:
    """Let Sunrise Clinic have somebody else."""
    record(sunrise_admin(office), phone="+919988770000", name="Sita Devi")


def recorded(office: Office) -> None:
    nobody_knows(office)
    record(sunrise_admin(office), phone=AMIT, name=NAME, allergies=["Latex"])


def recorded_by_another_name(office: Office) -> None:
    nobody_knows(office)
    record(sunrise_admin(office), phone=AMIT, name="Amit K")


def recorded_with_a_family(office: Office) -> None:
    recorded(office)
    for n in range(19):
        record(sunrise_admin(office), phone=AMIT, name=f"Person {'ABCDEFGHIJKLMNOPQRS'[n]}")


def booked(office: Office) -> None:
    nobody_knows(office)
    body = {"patientPhone": AMIT, "patientName": NAME, "payAtClinic": True}
    data(sunrise_admin(office).post("/doctors/doc_rao/tokens", body), 201)


def recorded_and_erased(office: Office) -> None:
    nobody_knows(office)
    admin = sunrise_admin(office)
    data(admin.delete(f"/patients/{record(admin, phone=AMIT, name=NAME)['patientId']}"))


KNOWN = [recorded, recorded_by_another_name, recorded_with_a_family, booked, recorded_and_erased]


def town(folder: Path, before: Before) -> Office:
    """Return City's office in a town where something has happened before."""
    clock = FixedClock()
    store, records = new_records(folder, clock)
    stage = Stage(store, records, clock)
    stage.cast = city(records)
    office = Office(stage, shared_app(stage))
    before(office)
    office.settle()
    clock.advance(minutes=20)
    office.settle()
    return office


class Day:
    """One day of City Medical Center, and all that its accounts and phones are told."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.told: Told = []
        self._ids: dict[str, str] = {}
        self.ids: list[str] = []
        """Every id of a patient, as it was given."""

    def ask(self, client: Client, method: str, path: str, body: Any = None) -> Any:
        """Call the API and keep the whole answer; return its data."""
        self.office.stage.clock.advance(seconds=1)
        answer = client.call(method, path, body)
        self.told.append((f"{method} {self._blur(path)}", self._whole(answer)))
        return (answer.json or {}).get("data") if answer.is_json else None

    def say(self, phone: str, text: str) -> None:
        """Write to City's number and keep what everybody is told by it."""
        self.office.stage.clock.advance(seconds=3)
        self.office.stage.hear(phone, text)
        self.settle(f"{phone}: {text}")

    def settle(self, why: str = "then") -> None:
        """Let the workers work and keep what City's number sends."""
        sent = [self._shown(o) for o in self.office.settle() if o.sender == CITY_SENDER]
        self.told.append((why, sorted(sent)))

    def look_everywhere(self, client: Client, known: dict[str, str]) -> None:
        """Call every address that only looks."""
        for route in (r for resource in api.app.RESOURCES for r in resource.routes):
            if route.method == "GET" and not route.endless:
                path = braced(route.path).removeprefix(PREFIX)
                self.ask(client, "GET", re.sub(r"\{(\w+)\}", lambda m: known.get(m[1], "x"), path))

    def _whole(self, answer: TestResponse) -> object:
        headers = sorted((k, self._blur(v)) for k, v in answer.headers if k not in ALWAYS_NEW)
        text = re.sub(r'"requestId": ?"\w+"', "", answer.data.decode(errors="replace"))
        return answer.status_code, headers, self._blur(text)

    def _shown(self, outbound: Outbound) -> str:
        return self._blur(repr(outbound))

    def _blur(self, text: str) -> str:
        """Put for each id how many were seen before it: the same in every town, if all is well."""
        text = OTHERS.sub("OTHER", text)
        return ID.sub(lambda m: self._ids.setdefault(m[0], f"ID{len(self._ids)}"), text)


def person(day: Day, client: Client, **more: Any) -> str:
    made = day.ask(client, "POST", "/patients", {"phone": AMIT, "name": NAME, **more})
    day.ids.append(made["patientId"])
    return str(made["patientId"])


def office_day(office: Office) -> Day:
    """Let City record, book, treat, write to, erase and record again; keep all it is told."""
    day = Day(office)
    admin, doctor = office.admin, office.doctor
    number = AMIT.replace("+", "%2B")
    day.ask(admin, "GET", f"/patients/search?phone={number}")
    patient = person(day, admin, dateOfBirth="1990-01-01")
    person(day, admin)  # known by now
    one = f"/patients/{patient}"
    day.ask(admin, "GET", f"/patients/search?phone={number}")
    day.ask(admin, "PUT", one, {"bloodGroup": "O+"})
    day.ask(
        doctor,
        "POST",
        "/doctors/doc_meera/patients",
        {"patientPhone": AMIT, "patientName": NAME},
    )
    text = {"patientPhone": AMIT, "messageType": "TEXT", "text": "Hello"}
    day.ask(admin, "POST", "/whatsapp/send-message", text)
    day.settle()
    booking = {"patientPhone": AMIT, "patientName": NAME, "payAtClinic": True}
    token = day.ask(admin, "POST", "/doctors/doc_meera/tokens", booking)["tokenId"]
    day.ask(admin, "DELETE", one)  # a live booking
    day.ask(doctor, "POST", "/doctors/doc_meera/queue/start")
    day.ask(doctor, "POST", "/doctors/doc_meera/queue/call-next")
    day.settle()
    day.look_everywhere(
        admin, {"patientId": patient, "tokenId": token, "doctorId": "doc_meera", "phone": number}
    )
    office.stage.clock.advance(minutes=10)
    day.ask(doctor, "PUT", f"/tokens/{token}", {"status": "COMPLETED"})
    visit = {"tokenId": token, "chiefComplaint": "Cough"}
    made = day.ask(doctor, "POST", f"/doctors/doc_meera/patients/{patient}/visits", visit)
    medicines = {"medications": [{"name": "Amlodipine"}]}
    day.ask(doctor, "POST", f"/visits/{made['visitId']}/prescription", medicines)
    day.settle()
    for _ in range(2):  # the erasure's due item has, and has not, been done
        admin, doctor = office.admin, office.doctor  # a token lasts a quarter of an hour
        day.ask(admin, "DELETE", f"/patients/{person(day, admin)}")
        again = person(day, admin, optIn=False)
        day.ask(admin, "GET", f"/patients/{again}")
        day.ask(admin, "DELETE", f"/patients/{again}")
        day.settle()
        office.stage.wait(11)
    admin, doctor = office.admin, office.doctor
    again = person(day, admin, optIn=False)
    day.ask(admin, "GET", f"/patients/{again}")
    day.ask(admin, "DELETE", f"/patients/{again}")
    day.settle()
    day.ask(admin, "GET", one)
    token = day.ask(admin, "POST", "/doctors/doc_khan/tokens", booking)["tokenId"]
    patient = day.ask(admin, "GET", f"/tokens/{token}")["token"]["patientId"]
    day.ids.append(patient)
    day.settle()
    known = {"patientId": patient, "tokenId": token, "doctorId": "doc_khan", "phone": number}
    day.look_everywhere(admin, known)
    day.look_everywhere(doctor, {**known, "doctorId": "doc_meera"})
    return day


def phone_day(office: Office) -> Day:
    """Let the same happen on WhatsApp: the desk adds the person, who then writes."""
    day = Day(office)
    number = AMIT.removeprefix("+91")
    for text in (f"add khan {number} {NAME}", "list khan", "start khan", "next khan"):
        day.say(DESK, text)
    office.stage.clock.advance(minutes=5)
    day.say(DESK, "next khan")
    for text in ("hi", "book", "1", "1", "my name is Ravi Das", "yes", "status", "prescription"):
        day.say(AMIT, text)
    for text in ("list khan", "doctors", "status khan"):
        day.say(DESK, text)
    for text in ("my data", "reschedule", "1", "1", "cancel", "yes", "stop", "start", "hi"):
        day.say(AMIT, text)
    for _ in range(2):
        for listed in day.ask(office.admin, "GET", "/patients")["patients"]:
            day.ask(office.admin, "GET", f"/patients/{listed['patientId']}")
            day.ask(office.admin, "DELETE", f"/patients/{listed['patientId']}")
        day.settle()
        office.stage.wait(11)
        for text in ("hi", "book", "1", "1", NAME, "status", "prescription", "cancel", "yes"):
            day.say(AMIT, text)
        day.say(DESK, f"add khan {number} {NAME}")
        day.say(DESK, "next khan")
        office.stage.clock.advance(minutes=5)
        day.say(DESK, "next khan")
    for text in ("my data", "cancel", "yes", "delete my data", "no", "delete my data", "yes"):
        day.say(AMIT, text)
    office.stage.wait(15)  # the account goes too, unless another clinic knows the person
    for text in ("my data", "hi", "1", "1", NAME, "status", "my data"):
        day.say(AMIT, text)
    day.say(DESK, "list khan")
    day.ask(office.admin, "GET", "/patients")
    return day


def differences(one: Told, other: Told) -> list[tuple[str, object, object]]:
    assert [what for what, _ in one] == [what for what, _ in other]
    return [(w, a, b) for (w, a), (_, b) in zip(one, other, strict=True) if a != b]


def lived_in(before: Before, live: Callable[[Office], Day]) -> tuple[Day, set[str]]:
    """Live a day in a town; return it, and the ids that Sunrise Clinic's patients had before."""
    with TemporaryDirectory() as folder:
        office = town(Path(folder), before)
        theirs = {p["patientId"] for p in data(sunrise_admin(office).get("/patients"))["patients"]}
        try:
            return live(office), theirs
        finally:
            office.stage.parts.store.close()


@cache
def quiet_day(live: Callable[[Office], Day]) -> Day:
    return lived_in(nobody_knows, live)[0]


@pytest.mark.parametrize("before", KNOWN, ids=lambda before: before.__name__)
@pytest.mark.parametrize("live", [office_day, phone_day], ids=lambda live: live.__name__)
def test_all_that_a_clinic_is_told_is_the_same_whoever_else_knows_the_person(
    live: Callable[[Office], Day], before: Before
) -> None:
    quiet = quiet_day(live)
    watched, theirs = lived_in(before, live)
    assert differences(quiet.told, watched.told) == []
    assert theirs.isdisjoint(watched.ids)


def test_a_person_has_one_id_while_they_are_known_and_another_after_each_erasure() -> None:
    ids = quiet_day(office_day).ids
    assert ids[1:3] == ids[:1] * 2
    assert len(set(ids[2:])) == len(ids) - 2


def test_the_day_on_the_phone_ends_with_an_erasure_in_chat() -> None:
    told = str(quiet_day(phone_day).told)
    assert "being deleted now" in told
    assert "has no record of you" in told
