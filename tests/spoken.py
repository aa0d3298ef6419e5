"""What the product does with a sentence, in each of the situations that the corpus names.

A situation is prepared once, by a conversation, and kept as a store's file; each sentence is said
in a copy of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from domain.actions.booking import booking
from domain.actions.line import calling, lifecycle
from domain.actions.line.preconditions import SeenState
from domain.actors import Actor
from domain.model.clinics import Clinic, Doctor
from domain.model.messages import Message
from domain.model.people import Contact, Patient
from domain.model.queues import Queue, Token
from flows.hearing.doctors import DoctorKnown
from tests.people import (
    CITY_SENDER,
    FILE,
    PLATFORM_SENDER,
    FixedClock,
    a_clinic,
    a_doctor,
    a_person,
    a_user,
    address_of,
    claims_of,
    doctor_user,
    new_records,
    staff_number,
    store,
)
from tests.stage import Stage

NOW = datetime(2026, 11, 28, 4, 35, tzinfo=UTC)
"""Saturday, 10:05 in the clinic's zone."""
TODAY = date(2026, 11, 28)
NEHA, DOCTOR, ADMIN = "+919876543021", "+919876543011", "+919876543010"
DOCTORS = {
    "sharma": ("Dr. Rajesh Sharma", "General Medicine"),
    "patel": ("Dr. Anita Patel", "Pediatrics"),
    "khan": ("Dr. Imran Khan", "Dermatology"),
    "srao": ("Dr. Sunita Rao", "Cardiology"),
    "vrao": ("Dr. Vikram Rao", "Dentistry"),
    "dsouza": ("Dr. Maria D'Souza", "Gynecology"),
    "iyer": ("Dr. Suresh Iyer", "Neurology"),
    "bose": ("Dr. Amit Bose", "Ophthalmology"),
    "nair": ("Dr. Priya Nair", "Psychiatry"),
    "menon": ("Dr. Lakshmi Menon", "ENT"),
    "gupta": ("Dr. Alok Gupta", "Orthopedics"),
    "reddy": ("Dr. Kiran Reddy", "Urology"),
}
DOCTORS_KNOWN = tuple(
    DoctorKnown(f"doc_{key}", name, what) for key, (name, what) in DOCTORS.items()
)
STAFF_SITUATIONS = frozenset({"line", "before", "paused", "empty", "admin"})


@dataclass
class Heard:
    """What came of a sentence."""

    names: list[str]
    """The messages to the writer, in order."""
    values: dict[str, Mapping[str, Any]]
    others: list[str]
    """The messages to others."""
    now: datetime
    before: tuple[object, object]
    """Tokens and line as they were."""
    line: str
    """The state of Dr. Sharma's line and whom it serves."""
    tokens: tuple[tuple[int, str, str], ...]
    """Number, status and time of every token of the clinic."""


def say(situation: str, text: str) -> Heard:
    """Say *text* in *situation*; return what came of it."""
    content = _prepared(situation)
    with TemporaryDirectory() as folder:
        (Path(folder) / FILE).write_bytes(content)
        clock = FixedClock()
        clock.instant = NOW + timedelta(seconds=30)
        made, records = new_records(Path(folder), clock)
        stage = Stage(made, records, clock)
        try:
            return _say(stage, situation, text)
        finally:
            made.close()


def tap(situation: str, option: int) -> Heard:
    """Pick the *option*-th choice of the standing question by its number."""
    return say(situation, str(option))


def _say(stage: Stage, situation: str, text: str) -> Heard:
    phone = ADMIN if situation == "admin" else DOCTOR if situation in STAFF_SITUATIONS else NEHA
    sender = PLATFORM_SENDER if situation == "platform" else CITY_SENDER
    stage.made = 1_000
    before = _all_messages(stage)
    stood = (_tokens(stage), _line(stage))
    stage.hear(phone, text, name="Neha" if phone == NEHA else None, sender=sender)
    after = [m for m in _all_messages(stage) if m.message_id not in {b.message_id for b in before}]
    contact = stage.contact_id(phone)
    own = [m for m in after if m.contact_id == contact]
    return Heard(
        names=[m.name for m in own],
        values={m.name: m.values for m in own},
        others=[m.name for m in after if m.contact_id != contact],
        now=stage.clock.now(),
        before=stood,
        line=_line(stage),
        tokens=_tokens(stage),
    )


def _all_messages(stage: Stage) -> list[Message]:
    found = []
    for contact in (NEHA, DOCTOR, ADMIN, *_WAITING.values()):
        try:
            contact_id = stage.contact_id(contact)
        except AssertionError:
            continue
        index = "contactId-createdAt-idx"
        found += stage.work().query(Message, contact_id, index=index, limit=100).records
    return sorted(found, key=lambda m: m.message_id)


_WAITING = {"Ravi": "+919876543031", "Lakshmi": "+919876543032", "Uma": "+919876543033"}


def _queue(stage: Stage) -> Queue | None:
    return stage.work().get(Queue, "doc_sharma", TODAY.isoformat())


def _line(stage: Stage) -> str:
    queue = _queue(stage)
    return f"{queue.status.value} {queue.current_number}" if queue else "none"


def _tokens(stage: Stage) -> tuple[tuple[int, str, str], ...]:
    found = []
    for key in DOCTORS:
        for ahead in range(-1, 16):
            queue = stage.work().get(
                Queue, f"doc_{key}", (TODAY + timedelta(days=ahead)).isoformat()
            )
            if queue is not None:
                tokens = stage.work().query(Token, queue.queue_id, limit=100).records
                found += [(t.number, t.status.value, _where(t)) for t in tokens]
    return tuple(sorted(found))


def _where(token: Token) -> str:
    return f"{token.doctor_id} {token.estimated_time:%d %H:%M} {token.patient_name}"


@cache
def _prepared(situation: str) -> bytes:
    with TemporaryDirectory() as folder:
        clock = FixedClock()
        clock.instant = NOW - timedelta(minutes=30)
        made, records = new_records(Path(folder), clock)
        stage = Stage(made, records, clock)
        clinic, doctors = _clinic(stage)
        if situation not in {"new", "platform"}:
            _known(stage)
        if situation in STAFF_SITUATIONS or situation in {"booked", "sure", "emergency"}:
            _line_of(stage, clinic, doctors["sharma"], situation)
        clock.instant = NOW
        stage.made = 500
        for step in STEPS.get(situation, ()):
            stage.hear(NEHA, step, name="Neha")
            clock.advance(seconds=5)
        made.close()
        return (Path(folder) / FILE).read_bytes()


STEPS: dict[str, tuple[str, ...]] = {
    "idle": ("Hi", "status"),
    "booked": ("Hi", "status"),
    "doctors": ("Hi",),
    "days": ("Hi", "1", "Another day"),
    "slots": ("Hi", "1"),
    "whom": ("Hi", "1", "1"),
    "name": ("Hi", "1", "1", "Someone else"),
    "sure": ("cancel",),
    "proposed": ("Dr Sharma tomorrow 5 pm",),
    "pay": ("Hi", "1", "1", "1"),
    "handed": ("talk",),
}


def _clinic(stage: Stage) -> tuple[Clinic, dict[str, Doctor]]:
    clinic = a_clinic(
        "clinic_city", "City Medical Center", "+919876543001", NOW - timedelta(days=30),
        phone_number_id=CITY_SENDER, join_code="CITY42", current_doctors=len(DOCTORS),
    )  # fmt: skip
    sunrise = a_clinic("clinic_sunrise", "Sunrise Clinic", "+919876543002", NOW, join_code="SUN77")
    doctors = {
        key: a_doctor(
            clinic, f"doc_{key}", name, DOCTOR if key == "sharma" else f"+9198765440{n:02d}",
            NOW - timedelta(days=30) + timedelta(seconds=n),
            specialization=what, start_time="00:00", end_time="23:59", lunch_break=None,
            daily_limit=100, advance_amount=0 if key == "patel" else 50,
        )
        for n, (key, (name, what)) in enumerate(DOCTORS.items(), start=1)
    }  # fmt: skip
    users = [doctor_user(d, NOW) for d in doctors.values()] + [
        a_user(clinic, "usr_farida", "Farida", ADMIN, NOW)
    ]
    store(
        stage.records, clinic, sunrise, *doctors.values(), *users,
        *map(staff_number, users), *claims_of(clinic), *claims_of(sunrise),
    )  # fmt: skip
    return clinic, doctors


def _known(stage: Stage) -> None:
    neha, contact = a_person("neha", "Neha", NEHA, NOW - timedelta(days=9))
    riya = neha.but(patient_id="pat_riya", name="Riya", created_at=NOW - timedelta(days=8))
    store(
        stage.records,
        neha,
        riya,
        contact.but(patient_ids=("pat_neha", "pat_riya")),
        address_of(contact),
    )


def _line_of(stage: Stage, clinic: Clinic, doctor: Doctor, situation: str) -> None:
    """Book #44, #45, #47 (Neha) and #50 in a line that runs, with Ravi inside."""
    people = {44: "Ravi", 45: "Lakshmi", 47: "Neha", 50: "Uma"}
    if situation == "empty":
        people = {44: "Ravi"}
    for number, name in people.items():
        if name == "Neha":
            person = _neha(stage)
        else:
            patient, contact = a_person(name.lower(), name, _WAITING[name], NOW - timedelta(days=1))
            store(stage.records, patient, contact, address_of(contact))
            person = (contact, patient)
        work = stage.work()
        token = booking.hold(work, clinic, doctor, person[0], person[1], TODAY, number)
        work.commit()
        stage.clock.advance(seconds=1)
        if token.payment_id:
            stage.pay(token)
    if situation == "before":
        return
    actor = Actor("usr_sharma", doctor.name)
    stage.on_line(lifecycle.start, clinic, doctor, actor)
    stage.on_line(calling.call_next, clinic, doctor, actor, SeenState(button=True, current=None))
    if situation == "admin":
        _other_lines(stage, clinic)
    if situation == "paused":
        stage.on_line(lifecycle.pause, clinic, doctor, actor, 15, None)
    if situation == "emergency":
        stage.on_line(lifecycle.emergency, clinic, doctor, actor, 30)
        stage.settle()


def _other_lines(stage: Stage, clinic: Clinic) -> None:
    """Let the lines of other doctors run, each with a patient inside and one who waits."""
    for n, key in enumerate(DOCTORS):
        if key in {"sharma", "dsouza"}:
            continue
        doctor = stage.work().require(Doctor, clinic.clinic_id, f"doc_{key}")
        for slot in (44, 45):
            patient, contact = a_person(
                f"{key}{slot}", f"{key} {slot}", f"+9198700{n:02d}{slot:03d}", NOW
            )
            store(stage.records, patient, contact, address_of(contact))
            work = stage.work()
            token = booking.hold(work, clinic, doctor, contact, patient, TODAY, slot)
            work.commit()
            stage.clock.advance(seconds=1)
            if token.payment_id:
                stage.pay(token)
        actor = Actor(f"usr_{key}", doctor.name)
        stage.on_line(lifecycle.start, clinic, doctor, actor)
        stage.on_line(
            calling.call_next, clinic, doctor, actor, SeenState(button=True, current=None)
        )
        if key == "menon":
            stage.on_line(lifecycle.pause, clinic, doctor, actor, 15, None)


def _neha(stage: Stage) -> tuple[Contact, Patient]:
    work = stage.work()
    return work.require(Contact, "con_neha"), work.require(Patient, "pat_neha")
