"""Contacts and patients: who writes, and for whom."""

from __future__ import annotations

import re
import unicodedata

from domain.model.clinics import Clinic, Doctor
from domain.model.people import (
    Address,
    Association,
    AssociationStatus,
    ClinicPatient,
    Contact,
    Patient,
)
from domain.model.queues import Token
from domain.work import Work

SHORTEST_NAME, LONGEST_NAME = 2, 100


def fold_name(name: str) -> str:
    """Return *name* for comparing: one case, one form of each letter, single spaces."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def clean_name(text: str) -> str | None:
    """Return *text* as a person's name, or None if it cannot be one.

    Line breaks, control characters and WhatsApp's formatting marks go; a name has a letter.
    """
    kept = "".join(c if unicodedata.category(c)[0] != "C" else " " for c in text)
    kept = " ".join(re.sub(r"[*_~`]", "", kept).split())[:LONGEST_NAME].strip()
    if len(kept) < SHORTEST_NAME or not any(unicodedata.category(c)[0] == "L" for c in kept):
        return None
    return kept


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


def patients_of(work: Work, contact: Contact) -> list[Patient]:
    """Return the patients *contact* writes for, in the order they were introduced."""
    found = work.fetch([(Patient, (i,)) for i in contact.patient_ids])
    return [p for p in found if isinstance(p, Patient)]


def patient_named(work: Work, contact: Contact, name: str) -> tuple[Contact, Patient]:
    """Return the contact's patient of that name, introducing them if they are new."""
    for patient in patients_of(work, contact):
        if fold_name(patient.name) == fold_name(name):
            return contact, patient
    patient = work.put(
        Patient(
            patient_id=work.ids.secret("pat_"),
            contact_id=contact.contact_id,
            patient_phone=contact.phone,
            name=name,
            created_at=work.now,
        )
    )
    contact = work.put(contact.but(patient_ids=(*contact.patient_ids, patient.patient_id)))
    return contact, patient


def associate(work: Work, clinic: Clinic, doctor: Doctor, token: Token) -> None:
    """Connect a confirmed token's patient with its doctor, and open the clinic's record of them.

    May be repeated; an association that had ended is revived.
    """
    work = work.system("what a clinic keeps of its patients is not shown to them")
    now = work.now.replace(microsecond=0)
    record = work.get(ClinicPatient, clinic.clinic_id, token.patient_id)
    if record is None:
        work.put(
            ClinicPatient(
                clinic_id=clinic.clinic_id,
                patient_id=token.patient_id,
                patient_phone=token.patient_phone,
                name=token.patient_name,
                name_key=fold_name(token.patient_name),
                opted_in_by="BOT" if token.source == "BOT" else "CLINIC",
                opted_in_at=now,
                created_at=now,
                updated_at=now,
            )
        )
    known = work.get(Association, doctor.doctor_id, token.patient_id)
    if known is None:
        work.put(
            Association(
                doctor_id=doctor.doctor_id,
                patient_id=token.patient_id,
                association_id=work.ids.new("assoc_"),
                clinic_id=clinic.clinic_id,
                patient_phone=token.patient_phone,
                patient_name=token.patient_name,
                association_date=now,
                created_at=now,
                updated_at=now,
            )
        )
    elif known.status is AssociationStatus.INACTIVE:
        work.put(known.but(status=AssociationStatus.ACTIVE, updated_at=now))


def count_visit(work: Work, token: Token, change: int) -> None:
    """Add *change* (1, or -1 when undone) to the visits of the token's association."""
    known = work.get(Association, token.doctor_id, token.patient_id)
    if known is not None:
        now = work.now.replace(microsecond=0)
        work.put(
            known.but(
                total_visits=max(0, known.total_visits + change),
                last_visit_date=now if change > 0 else known.last_visit_date,
                updated_at=now,
            )
        )
