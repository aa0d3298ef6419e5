"""For whom a contact writes: one of the patients it may write for, or somebody new."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from domain.actions.people import profile
from domain.model.people import Address, ClinicPatient, Contact, Patient
from domain.names import fold_name
from domain.work import Work

NOBODY = "nobody"
"""An id that nothing has: what is read in the place of what is not known."""


def patients_of(work: Work, contact: Contact, clinic_id: str) -> list[Patient]:
    """Return the patients *contact* writes for, in the order they were introduced.

    Who was named by another clinic, and never by the contact, is that clinic's affair.
    """
    found = work.fetch([(Patient, (i,)) for i in contact.patient_ids])
    patients = [p for p in found if isinstance(p, Patient)]
    return [p for p in patients if p.named_by in {None, clinic_id}]


def find_or_add_patient(work: Work, contact: Contact, name: str) -> tuple[Contact, Patient]:
    """Return the contact's patient of that name, introducing them if they are new.

    It is the contact who gives the name.
    """
    found = work.fetch([(Patient, (i,)) for i in contact.patient_ids])
    for patient in found:
        if isinstance(patient, Patient) and fold_name(patient.name) == fold_name(name):
            return contact, work.put(patient.but(named_by=None)) if patient.named_by else patient
    patient = work.put(_new_patient(work, contact, name))
    return work.put(with_patient(contact, patient)), patient


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
    patient, known_as = _find_match(across, clinic_id, contact, name, born)
    if patient is None:
        patient = _new_patient(work, contact, name).but(named_by=clinic_id)
        contact = with_patient(contact, patient)
    work.put(address)
    work.put(contact)
    work.put(patient)
    return contact, patient.but(name=known_as)


def _find_match(
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
            known = profile.unseal(across, record.facts).date_of_birth if born else None
            if known is None or known == born:
                fitting.append((0 if known else 1, patient, record.name))
    if not fitting:
        return None, name
    _, patient, known_as = min(fitting, key=lambda each: each[0])
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
