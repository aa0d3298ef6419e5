"""A clinic's record of a patient, and the doctors associated with them."""

from __future__ import annotations

from domain.actions.people import consent, directory, profile, told
from domain.actions.people.identify import with_patient
from domain.actors import Caller
from domain.model.clinics import Clinic, Doctor
from domain.model.people import (
    BY_CHAT,
    Association,
    AssociationStatus,
    ClinicPatient,
    ConsentWay,
    Contact,
    Patient,
    has_address,
)
from domain.model.queues import Token
from domain.names import fold_name
from domain.work import Work


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
    """Write a clinic's record of a patient new to it, under the *name* it was given.

    With *opted_in* the patient agreed to hear from the clinic; *way* is how.
    """
    now = work.now.replace(microsecond=0)
    patient = work.system("note which clinics keep a record of a patient").get(Patient, patient_id)
    if patient is not None and clinic_id not in patient.clinic_ids:
        erased_by = tuple(c for c in patient.erased_by if c != clinic_id)
        clinic_ids = (*patient.clinic_ids, clinic_id)
        work.put(patient.but(clinic_ids=clinic_ids, erased_by=erased_by))
    directory.add_entries(work, Caller(clinic_id, None), patient_id, name, phone)
    if opted_in and patient is not None:
        consent.log_first_consent(work, clinic_id, patient.contact_id, way)
    return work.put(
        ClinicPatient(
            clinic_id=clinic_id,
            patient_id=patient_id,
            patient_phone=phone,
            name=name,
            name_key=fold_name(name),
            author=BY_CHAT if way is ConsentWay.BOT else None,
            opted_in_by="BOT" if way is ConsentWay.BOT else "CLINIC",
            opted_in_at=now if opted_in else None,
            created_at=now,
            updated_at=now,
        )
    )


def connect(
    work: Work, record: ClinicPatient, doctor_id: str, name: str
) -> tuple[ClinicPatient, Association]:
    """Associate a patient of the clinic with a doctor, who knows them by *name*.

    May be repeated; an association that had ended becomes active again.
    """
    now = work.now.replace(microsecond=0)
    association = work.get(Association, doctor_id, record.patient_id)
    if association is not None and association.status is AssociationStatus.ACTIVE:
        return record, association
    if association is not None:
        association = association.but(status=AssociationStatus.ACTIVE, updated_at=now)
    else:
        association = Association(
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
    directory.add_entries(
        work, owner, record.patient_id, association.patient_name, association.patient_phone
    )
    if doctor_id not in record.doctor_ids:
        record = work.put(record.but(doctor_ids=(*record.doctor_ids, doctor_id)))
    return record, work.put(association)


def associate(work: Work, clinic: Clinic, doctor: Doctor, token: Token) -> Token:
    """Associate a confirmed token's patient with its doctor, and open the clinic's record of them.

    Return the token, with whether the patient is new to the doctor. May be repeated; an association
    that had ended becomes active again.
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
    patient = work.get(Patient, key) or _restore_patient(work, token)
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
            opted_in=has_address(token.contact_id),
        )
    elif in_person and record.opted_in_at is None:
        now = work.now.replace(microsecond=0)
        consent.log_first_consent(work, clinic.clinic_id, token.contact_id, ConsentWay.BOT)
        record = work.put(record.but(opted_in_by="BOT", opted_in_at=now))
    record, association = connect(work, record, doctor.doctor_id, record.name)
    if not association.treats:
        share_profile(work, record, association)
    if token.told is not None:
        told.fill_record(work, token, profile.unseal(work, token.told))
    return work.put(token.but(told=None, new_patient=association.total_visits == 0))


def is_first_booking(work: Work, token: Token) -> bool:
    """Return whether the clinic has known a patient only since *token* was made in chat.

    Their name was then typed, or taken from a WhatsApp profile, and may not be right.
    """
    across = work.system("see whether a clinic knew a patient before they booked")
    record = across.get(ClinicPatient, token.clinic_id, token.patient_id)
    if record is None:
        patient = across.get(Patient, token.patient_id)
        return token.source == "BOT" and patient is not None and not patient.clinic_ids
    return record.author == BY_CHAT and record.created_at >= token.created_at.replace(microsecond=0)


def _restore_patient(work: Work, token: Token) -> Patient:
    """Write again a patient whom another clinic erased while this booking was being made."""
    contact = work.get(Contact, token.contact_id)
    patient = Patient(
        patient_id=token.patient_id,
        contact_id=token.contact_id,
        patient_phone=token.patient_phone,
        name=token.patient_name,
        created_at=work.now,
    )
    if contact is not None and patient.patient_id not in contact.patient_ids:
        work.put(with_patient(contact, patient))
    return work.put(patient)


def share_profile(work: Work, record: ClinicPatient, association: Association) -> Association:
    """Show the clinic's profile of a patient to a doctor who treats them from now on.

    What the doctor had recorded alone is merged into it, and the clinic's name for the patient
    becomes the doctor's.
    """
    if association.recorded is not None:
        old = profile.unseal(work, record.facts)
        both = profile.merge_own(old, profile.unseal(work, association.recorded))
        if both != old:
            work.put(record.but(facts=profile.seal(work, both)))
    association = association.but(treats=True, recorded=None)
    if association.patient_name != record.name:
        association = rename(work, association, record.name)
    return work.put(association)


def rename(work: Work, association: Association, name: str) -> Association:
    """Change the name by which a doctor knows a patient, in their directory too."""
    if association.status is AssociationStatus.ACTIVE:
        owner = Caller(association.clinic_id, association.doctor_id)
        directory.remove_entries(
            work, owner, association.patient_id, association.patient_name, association.patient_phone
        )
        directory.add_entries(work, owner, association.patient_id, name, association.patient_phone)
    now = work.now.replace(microsecond=0)
    return work.put(association.but(patient_name=name, updated_at=now))


def count_visit(work: Work, token: Token, change: int) -> int:
    """Add *change* (1, or -1 for an undo) to the visits of the token's association.

    Return the new total; 0 if there is no association.
    """
    association = work.get(Association, token.doctor_id, token.patient_id)
    if association is None:
        return 0
    now = work.now.replace(microsecond=0)
    total = max(0, association.total_visits + change)
    last = now if change > 0 else association.last_visit_date
    work.put(
        association.but(
            total_visits=total,
            last_visit_date=last if total else None,
            updated_at=now,
        )
    )
    return total
