"""Contacts and patients: who writes, and for whom; how a person comes to belong to a clinic."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from domain.actions.people import consent, directory
from domain.actions.people import profile as facts_of
from domain.actors import Caller
from domain.model.clinics import Clinic, Doctor
from domain.model.people import (
    Address,
    Association,
    AssociationStatus,
    ClinicPatient,
    ConsentWay,
    Contact,
    Patient,
)
from domain.model.queues import Token
from domain.names import fold_name
from domain.work import Work

NOBODY = "nobody"
"""An id that nothing has: what is read in the place of what is not known."""


def contact_by_phone(work: Work, phone: str) -> Contact | None:
    """Return the contact reached at *phone* (E.164), if that number is known."""
    address = work.get(Address, f"tel:{phone}")
    return work.get(Contact, address.contact_id) if address else None


def new_contact(
    work: Work,
    *,
    phone: str | None,
    wa_user_id: str | None,
    profile_name: str | None,
    verified: bool,
) -> Contact:
    """Write a contact and the addresses that lead to it; each address belongs to one contact."""
    contact = work.put(
        Contact(
            contact_id=work.ids.secret("con_"),
            phone=phone,
            wa_user_id=wa_user_id,
            verified_phone=verified,
            profile_name=profile_name,
            created_at=work.now,
        )
    )
    if phone:
        work.put(Address(address=f"tel:{phone}", contact_id=contact.contact_id))
    if wa_user_id:
        work.put(Address(address=f"wa:{wa_user_id}", contact_id=contact.contact_id))
    return contact


def patients_of(work: Work, contact: Contact, clinic_id: str) -> list[Patient]:
    """Return the patients *contact* writes for, in the order they were introduced.

    Who was named by another clinic, and never by the contact, is that clinic's affair.
    """
    found = work.fetch([(Patient, (i,)) for i in contact.patient_ids])
    patients = [p for p in found if isinstance(p, Patient)]
    return [p for p in patients if p.named_by in {None, clinic_id}]


def patient_named(work: Work, contact: Contact, name: str) -> tuple[Contact, Patient]:
    """Return the contact's patient of that name, introducing them if they are new.

    It is the contact who gives the name.
    """
    found = work.fetch([(Patient, (i,)) for i in contact.patient_ids])
    for patient in found:
        if isinstance(patient, Patient) and fold_name(patient.name) == fold_name(name):
            return contact, work.put(patient.but(named_by=None)) if patient.named_by else patient
    patient = work.put(_introduced(work, contact, name))
    return work.put(_writing_for(contact, patient)), patient


def identify(
    work: Work, clinic_id: str, phone: str, name: str, born: date | None = None
) -> tuple[Contact, Patient]:
    """Return the person staff mean by *phone* and *name*, introducing who is new.

    They are the same if the names are, as the clinic knows it or else as it was given, and the
    date of birth does not differ from the one in the clinic's record. The patient is returned
    under the name by which this clinic knows them, and is not to be written. Reads and writes are
    as many whether or not the number is known: the time they take tells nobody of another clinic.
    """
    across = work.system("whose number this is, which no clinic is told")
    address = across.get(Address, f"tel:{phone}")
    contact = across.get(Contact, address.contact_id if address else NOBODY)
    if address is None or contact is None:
        contact = Contact(contact_id=work.ids.secret("con_"), phone=phone, created_at=work.now)
        address = Address(
            version=address.version if address else 0,
            address=f"tel:{phone}",
            contact_id=contact.contact_id,
        )
    patient, known_as = _meant(across, clinic_id, contact, name, born)
    if patient is None:
        patient = _introduced(work, contact, name).but(named_by=clinic_id)
        contact = _writing_for(contact, patient)
    work.put(address)
    work.put(contact)
    work.put(patient)
    return contact, patient.but(name=known_as)


def _meant(
    across: Work, clinic_id: str, contact: Contact, name: str, born: date | None
) -> tuple[Patient | None, str]:
    """Return who is meant, if they are known, and the name by which the clinic knows them."""
    ids = contact.patient_ids or (NOBODY,)
    found = across.fetch(
        [(Patient, (i,)) for i in ids] + [(ClinicPatient, (clinic_id, i)) for i in ids]
    )
    fitting: list[tuple[int, Patient, str]] = []
    for patient, record in zip(found[: len(ids)], found[len(ids) :], strict=True):
        if not isinstance(patient, Patient):
            continue
        if not isinstance(record, ClinicPatient):
            if fold_name(patient.name) == fold_name(name):
                fitting.append((2, patient, name))
        elif record.name_key == fold_name(name):
            known = facts_of.opened(across, record.facts).date_of_birth if born else None
            if known is None or known == born:
                fitting.append((0 if known else 1, patient, record.name))
    if not fitting:
        return None, name
    _, patient, known_as = min(fitting, key=lambda each: each[0])
    return patient, known_as


def _introduced(work: Work, contact: Contact, name: str) -> Patient:
    return Patient(
        patient_id=work.ids.secret("pat_"),
        contact_id=contact.contact_id,
        patient_phone=contact.number,
        name=name,
        created_at=work.now,
    )


def _writing_for(contact: Contact, patient: Patient) -> Contact:
    return contact.but(patient_ids=(*contact.patient_ids, patient.patient_id))


def open_record(
    work: Work,
    clinic_id: str,
    patient_id: str,
    *,
    name: str,
    phone: str | None,
    way: ConsentWay,
    opted_in: bool = True,
) -> ClinicPatient:
    """Write a clinic's own record of a patient it did not know, under the *name* it was given.

    *way* is how they came to agree to hear from it, if they did.
    """
    now = work.now.replace(microsecond=0)
    patient = work.system("note who keeps a record of a patient").get(Patient, patient_id)
    if patient is not None and clinic_id not in patient.clinic_ids:
        work.put(patient.but(clinic_ids=(*patient.clinic_ids, clinic_id)))
    directory.enter(work, Caller(clinic_id, None), patient_id, name, phone)
    if opted_in and patient is not None:
        consent.opened(work, clinic_id, patient.contact_id, way)
    return work.put(
        ClinicPatient(
            clinic_id=clinic_id,
            patient_id=patient_id,
            patient_phone=phone,
            name=name,
            name_key=fold_name(name),
            opted_in_by="BOT" if way is ConsentWay.BOT else "CLINIC",
            opted_in_at=now if opted_in else None,
            created_at=now,
            updated_at=now,
        )
    )


def reached_first(work: Work, records: Sequence[ClinicPatient], phone: str) -> list[ClinicPatient]:
    """Return a clinic's patients at *phone*, the one known longest first.

    Those who only gave that number, while WhatsApp shows it of nobody or of somebody else, come
    last: what is meant for its owner is not theirs.
    """
    if len(records) > 1:
        across = work.system("who is reached at a number, of those who gave it")
        people = across.fetch([(Patient, (r.patient_id,)) for r in records])
        ids = {p.patient_id: p.contact_id for p in people if isinstance(p, Patient)}
        contacts = across.fetch([(Contact, (i,)) for i in sorted(set(ids.values()))])
        reached = {c.contact_id for c in contacts if isinstance(c, Contact) and c.phone == phone}
        records = sorted(
            records, key=lambda r: (ids.get(r.patient_id) not in reached, r.created_at)
        )
    return list(records)


def connect(
    work: Work, record: ClinicPatient, doctor_id: str, name: str
) -> tuple[ClinicPatient, Association]:
    """Connect a patient of the clinic with a doctor, under the *name* the doctor knows.

    May be repeated; an association that had ended is revived.
    """
    now = work.now.replace(microsecond=0)
    known = work.get(Association, doctor_id, record.patient_id)
    if known is not None and known.status is AssociationStatus.ACTIVE:
        return record, known
    if known is not None:
        known = known.but(status=AssociationStatus.ACTIVE, updated_at=now)
    else:
        known = Association(
            doctor_id=doctor_id,
            patient_id=record.patient_id,
            association_id=work.ids.new("assoc_"),
            clinic_id=record.clinic_id,
            patient_phone=record.patient_phone,
            patient_name=name,
            association_date=now,
            created_at=now,
            updated_at=now,
        )
    owner = Caller(record.clinic_id, doctor_id)
    directory.enter(work, owner, record.patient_id, known.patient_name, known.patient_phone)
    if doctor_id not in record.doctor_ids:
        record = work.put(record.but(doctor_ids=(*record.doctor_ids, doctor_id)))
    return record, work.put(known)


def associate(work: Work, clinic: Clinic, doctor: Doctor, token: Token) -> Token:
    """Connect a confirmed token's patient with its doctor, and open the clinic's record of them.

    Returns the token, which notes whether the patient is new to the doctor. May be repeated; an
    association that had ended is revived.
    """
    work = work.system("what a clinic keeps of its patients is not shown to them")
    key = token.patient_id
    work.fetch(
        [
            (Patient, (key,)),
            (ClinicPatient, (clinic.clinic_id, key)),
            (Association, (doctor.doctor_id, key)),
        ]
    )
    in_person = token.source == "BOT"
    patient = work.get(Patient, key) or _returning(work, token)
    if in_person and patient.named_by is not None:
        patient = work.put(patient.but(named_by=None))
    record = work.get(ClinicPatient, clinic.clinic_id, key)
    if record is None:
        record = open_record(
            work,
            clinic.clinic_id,
            key,
            name=token.patient_name,
            phone=token.patient_phone,
            way=ConsentWay.BOT if in_person else ConsentWay.STAFF,
        )
    elif in_person and record.opted_in_at is None:
        now = work.now.replace(microsecond=0)
        consent.opened(work, clinic.clinic_id, token.contact_id, ConsentWay.BOT)
        record = work.put(record.but(opted_in_by="BOT", opted_in_at=now))
    record, known = connect(work, record, doctor.doctor_id, record.name)
    if not known.treats:
        treat(work, record, known)
    return work.put(token.but(new_patient=known.total_visits == 0))


def _returning(work: Work, token: Token) -> Patient:
    """Write anew a patient whose booking was under way while they were erased elsewhere."""
    contact = work.get(Contact, token.contact_id)
    patient = Patient(
        patient_id=token.patient_id,
        contact_id=token.contact_id,
        patient_phone=token.patient_phone,
        name=token.patient_name,
        created_at=work.now,
    )
    if contact is not None and patient.patient_id not in contact.patient_ids:
        work.put(_writing_for(contact, patient))
    return work.put(patient)


def treat(work: Work, record: ClinicPatient, known: Association) -> Association:
    """Open the clinic's facts to a doctor whose patient this now is.

    What the doctor had recorded before joins them.
    """
    if known.recorded is not None:
        old = facts_of.opened(work, record.facts)
        both = facts_of.joined(old, facts_of.opened(work, known.recorded))
        if both != old:
            work.put(record.but(facts=facts_of.sealed(work, both)))
    known = known.but(treats=True, recorded=None)
    if known.patient_name != record.name:
        known = rename(work, known, record.name)
    return work.put(known)


def rename(work: Work, known: Association, name: str) -> Association:
    """Let a doctor know the patient by another name."""
    if known.status is AssociationStatus.ACTIVE:
        owner = Caller(known.clinic_id, known.doctor_id)
        directory.leave(work, owner, known.patient_id, known.patient_name, known.patient_phone)
        directory.enter(work, owner, known.patient_id, name, known.patient_phone)
    now = work.now.replace(microsecond=0)
    return work.put(known.but(patient_name=name, updated_at=now))


def count_visit(work: Work, token: Token, change: int) -> int:
    """Add *change* (1, or -1 when undone) to the visits of the token's association.

    Returns how many there are then; 0 without an association.
    """
    known = work.get(Association, token.doctor_id, token.patient_id)
    if known is None:
        return 0
    now = work.now.replace(microsecond=0)
    total = max(0, known.total_visits + change)
    last = now if change > 0 else known.last_visit_date
    work.put(
        known.but(
            total_visits=total,
            last_visit_date=last if total else None,
            updated_at=now,
        )
    )
    return total
