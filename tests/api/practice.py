"""A practice at work: patients recorded, found, booked and treated, for tests of what follows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from domain.actions.booking import booking
from domain.model.clinics import Doctor
from domain.model.people import Contact, Patient
from domain.model.queues import Token
from store import Store
from tests.api.office import Client, Office
from tests.people import MONDAY, a_user, store

AMIT: dict[str, Any] = {
    "phone": "+919988776655",
    "name": "Amit Kumar",
    "dateOfBirth": "1992-03-15",
    "gender": "MALE",
    "address": "123 ABC Street, Mumbai",
    "emergencyContact": "+919876543210",
    "bloodGroup": "O+",
    "allergies": ["Penicillin", "Dust"],
    "chronicConditions": [],
}


def record(client: Client, **changes: Any) -> dict[str, Any]:
    answer = client.post("/patients", {**AMIT, **changes})
    assert answer.status_code == 201, answer.json
    return answer.json["data"]


def profile(client: Client, patient_id: str) -> dict[str, Any]:
    answer = client.get(f"/patients/{patient_id}")
    assert answer.status_code == 200, answer.json
    return answer.json["data"]["patient"]


def found(client: Client, **query: Any) -> dict[str, Any]:
    answer = client.get("/patients/search", query=query)
    assert answer.status_code == 200, answer.json
    return answer.json["data"]


def names(listed: dict[str, Any]) -> list[str]:
    return [p["name"] for p in listed["patients"]]


def sunrise_admin(office: Office) -> Client:
    """Return the admin of Sunrise Clinic, with a new session."""
    user = a_user(office.cast.sunrise, "usr_sunrise", "Suresh", "+919876543099")
    found_user = office.stage.work().get(type(user), user.clinic_id, user.user_id)
    if found_user is None:
        store(office.stage.records, user)
        found_user = user.but(version=1)
    return office.sign_in(found_user)


def book(office: Office, doctor: Doctor, phone: str, number: int = 1) -> Token:
    """Let who is on *phone* book a slot on Monday, confirmed if the doctor asks for no advance."""
    work = office.stage.work()
    contact = work.get(Contact, office.stage.contact_id(phone))
    assert contact is not None
    patient = work.get(Patient, contact.patient_ids[0])
    assert patient is not None
    token = booking.hold(work, office.cast.clinic, doctor, contact, patient, MONDAY, number)
    work.commit()
    return token


def treat(office: Office, doctor: Doctor, phone: str, number: int = 1) -> Token:
    """Let who is on *phone* book with *doctor*, be called in and be done ten minutes later."""
    token = book(office, doctor, phone, number)
    if token.payment_id is not None:
        office.stage.pay(token)
    office.stage.hear(doctor.whatsapp_number, "start")
    office.settle()
    office.stage.hear(doctor.whatsapp_number, "next")
    office.stage.clock.advance(minutes=10)
    office.stage.hear(doctor.whatsapp_number, "next")
    office.settle()
    return office.stage.token(token)


class Counting:
    """Counts what a store is asked for."""

    def __init__(self, inner: Store) -> None:
        self._inner: Any = inner

    @contextmanager
    def watching(self) -> Iterator[list[tuple[str, int]]]:
        """Note each read and write with how many items it is of, while this lasts."""
        done: list[tuple[str, int]] = []
        inner = self._inner
        get, write = inner.get, inner.write

        def reading(keys: Sequence[Any]) -> Any:
            done.append(("read", len(keys)))
            return get(keys)

        def writing(changes: Sequence[Any], request: Any) -> Any:
            done.append(("write", len(changes)))
            return write(changes, request)

        inner.get, inner.write = reading, writing
        try:
            yield done
        finally:
            del inner.get, inner.write
