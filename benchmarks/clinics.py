"""Fills a store with clinics: some are used by the measured calls, the others only exist."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from api.frame import jwts
from api.frame.engine import EXTENSION
from api.frame.services import Services
from bot.app import create_app
from bot.wiring import Parts
from domain import actors
from domain.actions.people import directory
from domain.actions.staff import sessions
from domain.model.base import Record
from domain.model.clinics import Claim, Clinic, Doctor, Role, StaffNumber, User
from domain.model.people import Address, ClinicPatient, Contact, Patient
from domain.names import fold_name
from domain.scopes import SystemScope

BUSY = 10
"""Clinics that are worked in, in a small installation as in a large one."""
DOCTORS = 10
PATIENTS = 60
"""Of a clinic that is worked in."""
OTHERS_PATIENTS = 3
CHUNK = 40
"""Records in a transaction; with a patient's four come five of the directory."""
NAMES = ("Asha", "Ravi", "Meena", "Arjun", "Sunita", "Vikram", "Fatima", "Imran", "Leela", "Joseph")
SURNAMES = ("Sharma", "Patel", "Rao", "Khan", "Iyer", "Das", "Nair", "Singh", "Bose", "Mehta")


@dataclass(frozen=True)
class Worked:
    """A clinic that the measured calls use: its admin's access token and its doctors."""

    clinic_id: str
    token: str
    doctors: tuple[str, ...]


def fill(parts: Parts, clinics: int) -> list[Worked]:
    """Store *clinics* clinics; sign in to those that the calls use, and return them."""
    now = parts.clock.now()
    records = (r for n in range(clinics) for r in _clinic(n, now))
    while chunk := list(islice(records, CHUNK)):
        work = parts.open_work(SystemScope("fill a store for a benchmark"))
        for record in chunk:
            work.put(record)
            if isinstance(record, ClinicPatient):
                owner = actors.Caller(record.clinic_id, None)
                directory.add_entries(
                    work, owner, record.patient_id, record.name, record.patient_phone
                )
        work.commit()
    services: Services = create_app(parts).extensions[EXTENSION]
    return [_signed_in(parts, services, n) for n in range(min(BUSY, clinics))]


def _signed_in(parts: Parts, services: Services, number: int) -> Worked:
    work = parts.open_work(SystemScope("sign in for a benchmark"))
    user = work.get(User, f"clinic_{number}", f"usr_{number}")
    assert user is not None
    session = sessions.start_session(work, user)
    work.commit()
    token = jwts.access_token(services, user, session)
    doctors = tuple(f"doc_{number}_{n}" for n in range(DOCTORS))
    return Worked(user.clinic_id, token, doctors)


def _clinic(number: int, now: datetime) -> Iterator[Record]:
    clinic_id, phone = f"clinic_{number}", f"+9180{number:08d}"
    doctors = DOCTORS if number < BUSY else 2
    yield Clinic(
        clinic_id=clinic_id,
        name=f"Clinic {number}",
        whatsapp_number=phone,
        address="12 MG Road",
        phone=phone,
        time_zone="Asia/Kolkata",
        join_code=f"C{number}",
        current_doctors=doctors,
        created_at=now,
        updated_at=now,
    )
    yield Claim(claim=f"number:{phone}", clinic_id=clinic_id)
    yield Claim(claim=f"code:C{number}", clinic_id=clinic_id)
    yield from _staff(clinic_id, f"usr_{number}", f"+9181{number:08d}", now)
    for n in range(doctors):
        yield from _doctor(clinic_id, f"doc_{number}_{n}", f"+918{n + 2}{number:08d}", now)
    for n in range(PATIENTS if number < BUSY else OTHERS_PATIENTS):
        yield from _patient(clinic_id, f"{number}_{n}", f"+91700{number:05d}{n:02d}", n, now)


def _staff(
    clinic_id: str, user_id: str, phone: str, now: datetime, doctor_id: str | None = None
) -> Iterable[Record]:
    user = User(
        clinic_id=clinic_id,
        user_id=user_id,
        whatsapp_number=phone,
        name="Admin" if doctor_id is None else "Doctor",
        role=Role.ADMIN if doctor_id is None else Role.DOCTOR,
        doctor_id=doctor_id,
        proven=True,
        created_at=now,
        updated_at=now,
    )
    number = StaffNumber(
        whatsapp_number=phone, clinic_id=clinic_id, user_id=user_id, doctor_id=doctor_id
    )
    return user, number


def _doctor(clinic_id: str, doctor_id: str, phone: str, now: datetime) -> Iterator[Record]:
    user_id = f"usr_{doctor_id}"
    yield Doctor(
        clinic_id=clinic_id,
        doctor_id=doctor_id,
        user_id=user_id,
        name=f"Dr. {doctor_id}",
        whatsapp_number=phone,
        specialization="General Medicine",
        consultation_fee=500,
        advance_amount=0,
        daily_limit=100,
        start_time="00:00",
        end_time="23:45",
        created_at=now,
        updated_at=now,
    )
    yield from _staff(clinic_id, user_id, phone, now, doctor_id)


def _patient(clinic_id: str, key: str, phone: str, n: int, now: datetime) -> Iterator[Record]:
    name = f"{NAMES[n % 10]} {SURNAMES[n // 10 % 10]}"
    yield Contact(contact_id=f"con_{key}", phone=phone, patient_ids=(f"pat_{key}",), created_at=now)
    yield Address(address=f"tel:{phone}", contact_id=f"con_{key}")
    yield Patient(
        patient_id=f"pat_{key}",
        contact_id=f"con_{key}",
        patient_phone=phone,
        name=name,
        clinic_ids=(clinic_id,),
        created_at=now,
    )
    yield ClinicPatient(
        clinic_id=clinic_id,
        patient_id=f"pat_{key}",
        patient_phone=phone,
        name=name,
        name_key=fold_name(name),
        created_at=now,
        updated_at=now,
    )
