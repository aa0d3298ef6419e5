"""A small cast everyone knows, and the clock, ids and bell of a test.

`city` stores two clinics: "City Medical Center" with Dr. Meera and Dr. Khan, run by Farida, and
"Sunrise Clinic" with Dr. Rao. Asha and Ravi are patients; each has a WhatsApp account.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from domain.model.base import Record
from domain.model.clinics import Claim, Clinic, Doctor, Role, StaffNumber, User
from domain.model.people import Address, Contact, Patient
from domain.ports import Bell, Records
from domain.rules import Rules
from domain.scopes import Scope, SystemScope
from domain.work import Work, ref_of
from store import Store, open_records, open_store

R = TypeVar("R", bound=Record)

NOW = datetime(2030, 11, 25, 3, 0, tzinfo=UTC)
"""Monday, half past eight in the morning in Kolkata: half an hour before the doctors' hours."""
MONDAY, TUESDAY = date(2030, 11, 25), date(2030, 11, 26)
PLATFORM_SENDER = "100000000000001"
PLATFORM_NUMBER = "+919876543000"
CITY_SENDER = "100000000000002"
"""City Medical Center's own WhatsApp sender; Sunrise Clinic uses the platform's."""
RULES = Rules(
    platform_sender=PLATFORM_SENDER,
    platform_number=PLATFORM_NUMBER,
    password_memory_kib=32,
    clinic_trust="all",
)
TESTS = SystemScope("a test")
FILE = "pulseops.db"


class FixedClock:
    """Time that passes only when told to."""

    def __init__(self, now: datetime = NOW) -> None:
        self.instant = now

    def now(self) -> datetime:
        """Return the present instant in UTC."""
        return self.instant

    def advance(self, minutes: float = 0, *, seconds: float = 0, days: float = 0) -> datetime:
        """Let time pass and return the new present."""
        self.instant += timedelta(days=days, minutes=minutes, seconds=seconds)
        return self.instant


class CountingIds:
    """Ids that are the same in every run: numbered, so that they sort by the time of making.

    *start* keeps apart what two of them make in one test.
    """

    def __init__(self, start: int = 0) -> None:
        self.made = start

    def new(self, prefix: str) -> str:
        """Return *prefix* and the next number, as long as a ULID."""
        self.made += 1
        return f"{prefix}{self.made:026d}"

    def secret(self, prefix: str) -> str:
        """Return *prefix* and the next number, as long as 128 bits in hexadecimal."""
        self.made += 1
        return f"{prefix}{self.made:032x}"


@dataclass
class SilentBell:
    """Remembers who was rung for and wakes nobody."""

    rung: list[tuple[str, str]] = field(default_factory=list)
    is_heard: bool = True

    def ring(self, job: str, shard: str) -> None:
        """Note the job and its shard."""
        self.rung.append((job, shard))

    def mark_started(self, job: str, shard: str) -> None:
        """Forget what was rung for it."""
        self.rung = [r for r in self.rung if r != (job, shard)]


@dataclass(frozen=True)
class Cast:
    """Who is there, each as stored, so that a change of it can be put."""

    clinic: Clinic
    """City Medical Center, with a WhatsApp sender of its own."""
    sunrise: Clinic
    """Sunrise Clinic, on the platform's number."""
    meera: Doctor
    """Fee ₹500, advance ₹50, 9 to 17 with lunch from 13 to 14, 15 minutes each."""
    khan: Doctor
    """The same without an advance."""
    rao: Doctor
    """Of the other clinic, otherwise like Dr. Meera."""
    farida: User
    """The admin of City Medical Center."""
    meera_user: User
    khan_user: User
    rao_user: User
    asha: Patient
    asha_contact: Contact
    ravi: Patient
    ravi_contact: Contact


def city(records: Records, now: datetime = NOW) -> Cast:
    """Store the cast, as of *now*, and return it."""
    clinic = a_clinic(
        "clinic_city",
        "City Medical Center",
        "+919876543001",
        now,
        phone_number_id=CITY_SENDER,
        join_code="CITY42",
        current_doctors=2,
    )
    sunrise = a_clinic(
        "clinic_sunrise",
        "Sunrise Clinic",
        "+919876543002",
        now,
        join_code="SUN77",
        current_doctors=1,
    )
    meera = a_doctor(clinic, "doc_meera", "Dr. Meera", "+919876543011", now)
    khan = a_doctor(clinic, "doc_khan", "Dr. Khan", "+919876543012", now, advance_amount=0)
    rao = a_doctor(sunrise, "doc_rao", "Dr. Rao", "+919876543013", now)
    farida = a_user(clinic, "usr_farida", "Farida", "+919876543010", now)
    doctors = {d.doctor_id: doctor_user(d, now) for d in (meera, khan, rao)}
    asha, asha_contact = a_person("asha", "Asha", "+919876543021", now)
    ravi, ravi_contact = a_person("ravi", "Ravi", "+919876543022", now)
    staff = [farida, *doctors.values()]
    store(
        records,
        *(clinic, sunrise, meera, khan, rao, *staff, asha, asha_contact, ravi, ravi_contact),
        *(staff_number(user) for user in staff),
        *(address_of(contact) for contact in (asha_contact, ravi_contact)),
        *(*claims_of(clinic), *claims_of(sunrise)),
    )
    return Cast(
        clinic=stored(records, clinic),
        sunrise=stored(records, sunrise),
        meera=stored(records, meera),
        khan=stored(records, khan),
        rao=stored(records, rao),
        farida=stored(records, farida),
        meera_user=stored(records, doctors[meera.doctor_id]),
        khan_user=stored(records, doctors[khan.doctor_id]),
        rao_user=stored(records, doctors[rao.doctor_id]),
        asha=stored(records, asha),
        asha_contact=stored(records, asha_contact),
        ravi=stored(records, ravi),
        ravi_contact=stored(records, ravi_contact),
    )


def a_clinic(
    clinic_id: str, name: str, number: str, now: datetime = NOW, **changes: object
) -> Clinic:
    """Return a clinic in Kolkata's zone, not yet stored."""
    clinic = Clinic(
        clinic_id=clinic_id,
        name=name,
        whatsapp_number=number,
        address="12 MG Road, Kolkata",
        phone=number,
        time_zone="Asia/Kolkata",
        created_at=now,
        updated_at=now,
    )
    return clinic.but(**changes)


def a_doctor(
    clinic: Clinic,
    doctor_id: str,
    name: str,
    number: str,
    now: datetime = NOW,
    **changes: object,
) -> Doctor:
    """Return a doctor with an ordinary day, not yet stored; their user has the id's ending."""
    doctor = Doctor(
        clinic_id=clinic.clinic_id,
        doctor_id=doctor_id,
        user_id=f"usr_{doctor_id.partition('_')[2]}",
        name=name,
        whatsapp_number=number,
        specialization="General Medicine",
        consultation_fee=500,
        advance_amount=50,
        consultation_duration=15,
        start_time="09:00",
        end_time="17:00",
        lunch_break="13:00-14:00",
        created_at=now,
        updated_at=now,
    )
    return doctor.but(**changes)


def a_user(
    clinic: Clinic, user_id: str, name: str, number: str, now: datetime = NOW, **changes: object
) -> User:
    """Return an admin with a proven number, not yet stored."""
    user = User(
        clinic_id=clinic.clinic_id,
        user_id=user_id,
        whatsapp_number=number,
        name=name,
        role=Role.ADMIN,
        proven=True,
        created_at=now,
        updated_at=now,
    )
    return user.but(**changes)


def doctor_user(doctor: Doctor, now: datetime = NOW) -> User:
    """Return the proven account of a doctor, not yet stored."""
    return User(
        clinic_id=doctor.clinic_id,
        user_id=doctor.user_id or f"usr_{doctor.doctor_id}",
        whatsapp_number=doctor.whatsapp_number,
        name=doctor.name,
        role=Role.DOCTOR,
        doctor_id=doctor.doctor_id,
        proven=True,
        created_at=now,
        updated_at=now,
    )


def a_person(
    key: str, name: str, phone: str, now: datetime = NOW, **changes: object
) -> tuple[Patient, Contact]:
    """Return a patient and the WhatsApp account that writes for them, not yet stored.

    *changes* are the contact's, such as its language.
    """
    patient = Patient(
        patient_id=f"pat_{key}",
        contact_id=f"con_{key}",
        patient_phone=phone,
        name=name,
        created_at=now,
    )
    contact = Contact(
        contact_id=f"con_{key}",
        phone=phone,
        verified_phone=True,
        profile_name=name,
        patient_ids=(patient.patient_id,),
        created_at=now,
    )
    return patient, contact.but(**changes)


def address_of(contact: Contact) -> Address:
    """Return what leads from a contact's phone to the contact."""
    return Address(address=f"tel:{contact.phone}", contact_id=contact.contact_id)


def staff_number(user: User) -> StaffNumber:
    """Return what leads from a number to the account of its clinic."""
    return StaffNumber(
        whatsapp_number=user.whatsapp_number,
        clinic_id=user.clinic_id,
        user_id=user.user_id,
        doctor_id=user.doctor_id,
    )


def claims_of(clinic: Clinic) -> list[Claim]:
    """Return what only this clinic has: its number, its join code, and its sender if it has one."""
    claims = [f"number:{clinic.whatsapp_number}", f"code:{clinic.join_code}"]
    if clinic.phone_number_id:
        claims.append(f"sender:{clinic.phone_number_id}")
    return [Claim(claim=claim, clinic_id=clinic.clinic_id) for claim in claims]


def new_records(folder: Path, clock: FixedClock) -> tuple[Store, Records]:
    """Return a SQLite store with all its tables in *folder*, and the records kept in it.

    It is new, unless *folder* has one. Whoever asks closes the store.
    """
    file = folder / FILE
    if not file.exists():
        file.write_bytes(_empty())
    made = open_store(f"sqlite:///{file}", clock=clock)
    return made, open_records(made)


@cache
def _empty() -> bytes:
    """Return a store's file with all tables: to make hundreds of them anew takes a test longer."""
    with TemporaryDirectory() as folder:
        made = open_store(f"sqlite:///{folder}/{FILE}")
        made.create_tables()
        made.close()
        return (Path(folder) / FILE).read_bytes()


@cache
def city_file() -> tuple[bytes, Cast]:
    """Return a store's file with the cast in it, and the cast."""
    with TemporaryDirectory() as folder:
        made, records = new_records(Path(folder), FixedClock())
        cast = city(records)
        made.close()
        return (Path(folder) / FILE).read_bytes(), cast


def work_on(
    records: Records,
    clock: FixedClock | None = None,
    ids: CountingIds | None = None,
    *,
    scope: Scope = TESTS,
    rules: Rules = RULES,
    bell: Bell | None = None,
) -> Work:
    """Return a unit of work at the clock's present; at `NOW` without one."""
    now = clock.now() if clock else NOW
    return Work(records, scope, now, ids or CountingIds(), rules, bell)


def store(records: Records, *things: Record) -> None:
    """Write *things* in one transaction, each new or in the place of the version it was."""
    work = Work(records, TESTS, NOW, CountingIds(), RULES)
    for thing in things:
        work.put(thing)
    work.commit()


def stored(records: Records, record: R) -> R:
    """Return *record* as it is stored now.

    Raises:
        LookupError: If it is not stored.
    """
    found = records.get(TESTS, [ref_of(record)])[0]
    if isinstance(found, type(record)):
        return found
    raise LookupError(ref_of(record))
