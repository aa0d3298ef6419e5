"""Which patient is meant: by a contact who writes, or by staff who give a phone and a name."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from domain.actions.people import profile
from domain.model.people import NO_ADDRESS, Address, ClinicPatient, Contact, Patient
from domain.names import is_same_name
from domain.work import Work

NOBODY = "nobody"
"""An id that no record has, read where none is known, so that reads do not differ."""


def patients_of(work: Work, contact: Contact, clinic_id: str) -> list[Patient]:
    """Return the patients *contact* writes for at a clinic, in the order they were added.

    A patient whom only another clinic has named is left out, as is one whom this clinic erased. Of
    one person whom several clinics know, each under an id of its own, only this clinic's is in it,
    or else one that names them: `own_patient` makes it this clinic's.
    """
    found = work.fetch([(Patient, (i,)) for i in contact.patient_ids])
    offered = [
        p
        for p in found
        if isinstance(p, Patient)
        and p.named_by in {None, clinic_id}
        and clinic_id not in p.erased_by
    ]
    chosen: list[Patient] = []
    for patient in sorted(offered, key=lambda p: _distance(p, clinic_id)):
        known = clinic_id in patient.clinic_ids
        if known or not any(is_same_name(patient.name, p.name) for p in chosen):
            chosen.append(patient)
    return [p for p in offered if p in chosen]


def _distance(patient: Patient, clinic_id: str) -> int:
    """Rank *patient* by whether the clinic has their record (0), nobody has (1), another has."""
    if clinic_id in patient.clinic_ids:
        return 0
    return 2 if patient.clinic_ids else 1


def is_open_to(patient: Patient, clinic_id: str) -> bool:
    """Return whether *patient* is the clinic's, or may become so.

    Another clinic's patient is not, and whom the clinic erased is not: the same person gets a new
    id, so that no id tells whether somebody else knows them.
    """
    return clinic_id not in patient.erased_by and _distance(patient, clinic_id) < 2  # noqa: PLR2004


def find_or_add_patient(
    work: Work, contact: Contact, name: str, clinic_id: str
) -> tuple[Contact, Patient]:
    """Return the contact's patient of that name at a clinic, and add them if they are new there.

    The contact gave the name, so from now on it is offered at every clinic.
    """
    found = work.fetch([(Patient, (i,)) for i in contact.patient_ids])
    same = [
        p
        for p in found
        if isinstance(p, Patient) and is_open_to(p, clinic_id) and is_same_name(p.name, name)
    ]
    if same:
        patient = min(same, key=lambda p: _distance(p, clinic_id))
        return contact, work.put(patient.but(named_by=None)) if patient.named_by else patient
    patient = work.put(_new_patient(work, contact, name))
    return work.put(with_patient(contact, patient)), patient


def own_patient(
    work: Work, contact: Contact, patient: Patient, clinic_id: str
) -> tuple[Contact, Patient]:
    """Return *patient* under the id by which the clinic knows, or will know, them."""
    if is_open_to(patient, clinic_id):
        return contact, patient
    return find_or_add_patient(work, contact, patient.name, clinic_id)


def identify(
    work: Work, clinic_id: str, phone: str, name: str, born: date | None = None
) -> tuple[Contact, Patient]:
    """Return the contact and patient whom staff mean by *phone* and *name*; add them if new.

    A patient on that phone matches if the name does (the clinic's own, or the given one if no
    clinic has a record of them) and no other date of birth is in the clinic's record. The patient
    is returned under the clinic's name for them: do not write that copy. Whom another clinic knows,
    or this one has erased, is added under a new id.

    The number of reads and writes does not depend on whether the phone is known, so the time taken
    does not tell one clinic about another's patients.
    """
    across = work.system("find whose number this is; no clinic is told")
    address = across.get(Address, f"tel:{phone}")
    contact = across.get(Contact, address.contact_id if address else NOBODY)
    if address is None or contact is None:
        contact = Contact(contact_id=work.ids.secret("con_"), phone=phone, created_at=work.now)
        address = Address(
            version=address.version if address else 0,
            address=f"tel:{phone}",
            contact_id=contact.contact_id,
        )
    patient, known_as = _find_match(across, clinic_id, contact, name, born)
    if patient is None:
        patient = _new_patient(work, contact, name).but(named_by=clinic_id)
        contact = with_patient(contact, patient)
    work.put(address)
    work.put(contact)
    work.put(patient)
    return contact, patient.but(name=known_as)


def add_without_phone(work: Work, clinic_id: str, name: str) -> tuple[Contact, Patient]:
    """Record a person who gave no phone; return them with a contact that nothing is sent to.

    A name alone tells nobody from another of that name, so it is a new patient each time.
    """
    contact = Contact(contact_id=work.ids.secret(NO_ADDRESS), created_at=work.now)
    patient = work.put(_new_patient(work, contact, name).but(named_by=clinic_id))
    return work.put(with_patient(contact, patient)), patient


def _find_match(
    across: Work, clinic_id: str, contact: Contact, name: str, born: date | None
) -> tuple[Patient | None, str]:
    """Return the best match, if any, and the name by which the clinic knows them."""
    ids = contact.patient_ids or (NOBODY,)
    found = across.fetch(
        [(Patient, (i,)) for i in ids] + [(ClinicPatient, (clinic_id, i)) for i in ids]
    )
    matches: list[tuple[int, Patient, str]] = []
    for patient, record in zip(found[: len(ids)], found[len(ids) :], strict=True):
        if not isinstance(patient, Patient) or not is_open_to(patient, clinic_id):
            continue
        if not isinstance(record, ClinicPatient):
            if is_same_name(patient.name, name):
                matches.append((2, patient, name))
        elif is_same_name(record.name, name):
            known = profile.unseal(across, record.facts).date_of_birth if born else None
            if known is None or known == born:
                matches.append((0 if known else 1, patient, record.name))
    if not matches:
        return None, name
    _, patient, known_as = min(matches, key=lambda each: each[0])
    return patient, known_as


def _new_patient(work: Work, contact: Contact, name: str) -> Patient:
    return Patient(
        patient_id=work.ids.secret("pat_"),
        contact_id=contact.contact_id,
        patient_phone=contact.number,
        name=name,
        created_at=work.now,
    )


def with_patient(contact: Contact, patient: Patient) -> Contact:
    """Return *contact* with *patient* among those it writes for."""
    return contact.but(patient_ids=(*contact.patient_ids, patient.patient_id))


def longest_known_first(
    work: Work, records: Sequence[ClinicPatient], phone: str
) -> list[ClinicPatient]:
    """Sort a clinic's patients at *phone*, the one recorded first at the front.

    Patients whose contact only told that number, and is not reached at it, come last: a message to
    its owner is not for them.
    """
    if len(records) > 1:
        across = work.system("find who is reached at a number")
        people = across.fetch([(Patient, (r.patient_id,)) for r in records])
        ids = {p.patient_id: p.contact_id for p in people if isinstance(p, Patient)}
        contacts = across.fetch([(Contact, (i,)) for i in sorted(set(ids.values()))])
        reached = {c.contact_id for c in contacts if isinstance(c, Contact) and c.phone == phone}
        records = sorted(
            records, key=lambda r: (ids.get(r.patient_id) not in reached, r.created_at)
        )
    return list(records)
