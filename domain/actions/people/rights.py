"""The rights of a person who writes to a clinic: to know what it keeps of them, and to erase it.

They are those of India's Digital Personal Data Protection Act 2023, sections 11 and 12. A person
asks from their own WhatsApp account, for everybody whom they write for at this clinic.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from domain import due
from domain.actions.people import erasure, profile
from domain.actions.people.doctor_patients import has_live_token
from domain.actions.people.erased_contacts import MAX_CHANGES
from domain.actions.people.identify import patients_of
from domain.actions.people.rewriting import read_all
from domain.due import OpenWork
from domain.errors import HasLiveToken, Unreadable
from domain.model.clinics import Clinic, StaffNumber
from domain.model.conversations import Conversation, Push
from domain.model.due import Due
from domain.model.people import (
    Address,
    ClinicPatient,
    ConsentChange,
    Contact,
    OptOut,
    Patient,
    Profile,
    Silence,
)
from domain.model.queues import Token
from domain.model.visits import Visit
from domain.scopes import ClinicScope
from domain.timetable import today
from domain.work import Work

BEFORE_REPLY = timedelta(milliseconds=1)
"""What is erased is older than the request by this much, so that its own answer is delivered."""
WHILE_BOOKED = timedelta(hours=1)
"""Somebody who books right after the request is erased when the booking is over."""
ACCOUNT_AFTER = timedelta(minutes=12)
"""When the account itself is erased: after the second pass of each erasure."""


@dataclass(frozen=True)
class OwnPerson:
    """One of those whom a contact writes for, as the clinic knows them."""

    name: str
    profile: Profile


@dataclass(frozen=True)
class OwnData:
    """What a clinic keeps of a contact and those whom they write for."""

    people: tuple[OwnPerson, ...]
    bookings: int
    visits: int
    visits_until: date | None
    """Until when the last of the visits must be kept."""


def own_data(work: Work, clinic: Clinic, contact: Contact) -> OwnData:
    """Return what a clinic keeps of a contact; empty if it has no record and no booking of them."""
    across = work.system("tell a person what a clinic keeps of them")
    people: list[OwnPerson] = []
    named = {p.patient_id: p for p in patients_of(across, contact, clinic.clinic_id)}
    bookings, kept = 0, list[date]()
    for patient_id in contact.patient_ids:
        record = across.get(ClinicPatient, clinic.clinic_id, patient_id)
        person = named.get(patient_id)
        if record is not None:
            people.append(OwnPerson(record.name, _profile_of(across, record)))
        elif person is not None and not person.clinic_ids:
            people.append(OwnPerson(person.name, profile.EMPTY))  # named in chat, not booked yet
        tokens = read_all(across, Token, patient_id, "patientId-date-idx")
        bookings += sum(t.clinic_id == clinic.clinic_id for t in tokens)
        visits = read_all(across, Visit, patient_id, "patientId-visitDate-idx")
        kept += [erasure.kept_until(v) for v in visits if v.clinic_id == clinic.clinic_id]
    return OwnData(tuple(people), bookings, len(kept), max(kept, default=None))


def _profile_of(work: Work, record: ClinicPatient) -> Profile:
    try:
        return profile.unseal(work, record.facts)
    except Unreadable:
        return profile.EMPTY


def age_of(own: Profile, clinic: Clinic, now: datetime) -> int | None:
    """Return a person's age today, if the clinic knows it."""
    return profile.age_of(own, today(clinic, now))


def may_erase(work: Work, clinic: Clinic, contact: Contact) -> bool:
    """Return whether none of those whom a contact writes for has a live booking at a clinic."""
    return not any(has_live_token(work, clinic.clinic_id, i) for i in contact.patient_ids)


def request_own_erasure(work: Work, clinic: Clinic, contact: Contact) -> None:
    """Have a clinic's data of a contact and their people erased, right after the commit.

    Each person is erased as at the desk's request (`erasure.erase`), then the account too, if it
    is not needed.

    Raises:
        HasLiveToken: If one of them has a live booking at the clinic.
    """
    if not may_erase(work, clinic, contact):
        raise HasLiveToken
    clinic_id = clinic.clinic_id
    for patient_id in contact.patient_ids:
        about = due.Subject(f"{patient_id}#{clinic_id}", clinic_id=clinic_id)
        due.schedule(work, "erase_own", work.now, about, patient=patient_id)
    about = due.Subject(f"{contact.contact_id}#{clinic_id}", clinic_id=clinic_id)
    asked = work.now.isoformat()
    at = work.now + ACCOUNT_AFTER
    due.schedule(work, "erase_account", at, about, contact=contact.contact_id, asked=asked)


def erase_person(open_work: OpenWork, item: Due) -> None:
    """Begin the erasure of one person who asked for it. May be repeated."""
    work = open_work()
    patient_id, clinic_id = str(item.values["patient"]), item.clinic_id or ""
    of_clinic = work.within(ClinicScope(clinic_id))
    if of_clinic.get(ClinicPatient, clinic_id, patient_id) is None:
        erasure.erase_rest(work, clinic_id, patient_id, item.at - BEFORE_REPLY)
        work.delete(item)
    elif has_live_token(work, clinic_id, patient_id):
        due.reschedule(work, item, WHILE_BOOKED, at=item.at)
    else:
        erasure.erase(of_clinic, patient_id, item.at - BEFORE_REPLY)
        work.delete(item)
    work.commit()


def erase_account(open_work: OpenWork, item: Due) -> None:
    """Erase the account of somebody who asked to be erased, unless it is needed. May be repeated.

    It is if they have written again, are a patient of any clinic, work at one, or have stopped
    messages: that wish goes on being heeded.
    """
    work = open_work()
    work.delete(item)
    contact = work.get(Contact, str(item.values["contact"]))
    clinic = work.get(Clinic, item.clinic_id or "")
    if contact is not None and clinic is not None:
        asked = datetime.fromisoformat(str(item.values["asked"]))
        talks = _conversations(work, clinic, contact)
        if not _is_needed(work, clinic, contact, talks, asked):
            _delete_account(work, contact, talks)
    work.commit()


def _conversations(work: Work, clinic: Clinic, contact: Contact) -> list[Conversation]:
    senders = sorted({clinic.phone_number_id or "", work.rules.platform_sender} - {""})
    found = work.fetch([(Conversation, (f"{s}#{contact.contact_id}",)) for s in senders])
    return [c for c in found if isinstance(c, Conversation)]


def _is_needed(
    work: Work, clinic: Clinic, contact: Contact, talks: list[Conversation], asked: datetime
) -> bool:
    elsewhere = contact.last_clinic_id not in {None, clinic.clinic_id}
    writes = any(c.last_inbound_at is not None and c.last_inbound_at > asked for c in talks)
    known = any(isinstance(p, Patient) for p in _patients(work, contact))
    works = bool(work.query(StaffNumber, contact.phone or "", limit=1).records)
    stopped = work.get(OptOut, clinic.clinic_id, contact.contact_id) is not None
    silent = work.get(Silence, contact.contact_id) is not None
    return elsewhere or writes or known or works or stopped or silent


def _patients(work: Work, contact: Contact) -> list[object]:
    return list(work.fetch([(Patient, (i,)) for i in contact.patient_ids]))


def _delete_account(work: Work, contact: Contact, talks: list[Conversation]) -> None:
    addresses = work.fetch(
        [(Address, (f"tel:{contact.phone}",)), (Address, (f"wa:{contact.wa_user_id}",))]
    )
    changes = work.query(ConsentChange, contact.contact_id, limit=MAX_CHANGES).records
    pushes = work.fetch([(Push, (c.conversation,)) for c in talks])
    for record in (contact, *talks, *addresses, *changes, *pushes):
        if record is not None:
            work.delete(record)
