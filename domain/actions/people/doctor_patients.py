"""A doctor's patients: list, associate, change the doctor's notes, end the association."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain import actors
from domain.actions.people import directory, patient_changes, patients
from domain.actions.people.patients import KnownPatient, PatientPage
from domain.actors import caller_of
from domain.errors import HasLiveToken, Invalid, NotNow
from domain.model.clinics import Doctor, StaffStatus
from domain.model.people import Association, AssociationStatus, Patient
from domain.model.queues import LIVE, LiveBooking, Token, hold_ran_out
from domain.work import Work

FIELDS = {"phone": "patientPhone", "name": "patientName"}
"""How this resource of the API names the fields of a new patient."""


@dataclass(frozen=True)
class Connection:
    """A patient as the caller may see them, with one doctor's association and decrypted notes."""

    patient: KnownPatient
    association: Association
    notes: str | None


def find_doctor(work: Work, doctor_id: str) -> Doctor:
    """Return a doctor whose patients the caller may see: themself, or any of the clinic's.

    Raises:
        NotFound: If the caller may see no such doctor.
    """
    return work.require(Doctor, caller_of(work).clinic_id, doctor_id)


def list_patients_of_doctor(
    work: Work, doctor_id: str, limit: int, after: str | None
) -> PatientPage:
    """Return a page of a doctor's patients, ordered by name.

    Raises:
        NotFound: If the caller may see no such doctor.
        Invalid: If *after* is no cursor of such a list.
    """
    find_doctor(work, doctor_id)
    return patients.list_patients(work, limit, after, doctor_id)


def find_connection(work: Work, doctor_id: str, patient_id: str) -> Connection:
    """Return one patient of a doctor.

    Raises:
        NotFound: If the caller may see no such doctor, or the doctor has no such patient now.
    """
    find_doctor(work, doctor_id)
    known = patients.find_patient_of_doctor(work, doctor_id, patient_id)
    association = known.associations[0]
    return Connection(
        known, association, work.seal.open(association.notes) if association.notes else None
    )


def associate_patient(
    work: Work,
    doctor_id: str,
    *,
    phone: str,
    name: str,
    given: dict[str, Any],
    preferences: dict[str, str],
    opt_in: bool = True,
) -> Connection:
    """Associate a person with a doctor, and record them if the clinic does not know them.

    May be repeated; an association that had ended becomes active again. See
    `patient_changes.record_patient`.

    Raises:
        NotFound: If the caller may see no such doctor.
        NotNow: If the doctor no longer works at the clinic (detail `state`).
        Invalid: If the phone, the name or the date of birth is not valid.
    """
    if find_doctor(work, doctor_id).status is not StaffStatus.ACTIVE:
        raise NotNow("This doctor does not see patients any more.", state=StaffStatus.INACTIVE)
    try:
        known = patient_changes.record_patient(
            work,
            phone=phone,
            name=name,
            given=given,
            opt_in=opt_in,
            doctor_id=doctor_id,
            preferences=preferences,
        )
    except Invalid as refused:
        field = FIELDS.get(refused.field, refused.field)
        raise Invalid(field, str(refused)) from None
    return find_connection(work, doctor_id, known.patient_id)


def update_association(
    work: Work, doctor_id: str, patient_id: str, changes: dict[str, Any]
) -> Association:
    """Change what a doctor notes of a patient: `preferences`, `notes`, or both, as in *changes*.

    Only the preferences named change; None removes a preference, or the notes.

    Raises:
        NotFound: If the caller may see no such doctor, or the doctor has no such patient now.
    """
    association = find_connection(work, doctor_id, patient_id).association
    fields: dict[str, object] = {}
    if "preferences" in changes:
        both = {**association.preferences, **(changes["preferences"] or {})}
        fields["preferences"] = {k: v for k, v in both.items() if v is not None}
    if "notes" in changes:
        text = changes["notes"]
        fields["notes"] = work.seal.seal(text) if text else None
    return work.put(association.but(**fields, updated_at=work.now.replace(microsecond=0)))


def end_association(work: Work, doctor_id: str, patient_id: str) -> datetime:
    """End a doctor's association with a patient; return the time it ended.

    Visits stay readable to that doctor. The next booking makes the association active again.

    Raises:
        NotFound: If the caller may see no such doctor, or the doctor has no such patient now.
        HasLiveToken: If the patient holds a live token with the doctor.
    """
    association = find_connection(work, doctor_id, patient_id).association
    if has_live_token(work, association.clinic_id, patient_id, doctor_id):
        raise HasLiveToken("This patient still has a booking with the doctor.")
    now = work.now.replace(microsecond=0)
    directory.remove_entries(
        work,
        actors.Caller(association.clinic_id, doctor_id),
        patient_id,
        association.patient_name,
        association.patient_phone,
    )
    work.put(association.but(status=AssociationStatus.INACTIVE, updated_at=now))
    return now


def has_live_token(
    work: Work, clinic_id: str, patient_id: str, doctor_id: str | None = None
) -> bool:
    """Return whether a patient holds a live token at a clinic, or with one doctor of it."""
    across = work.system("look for live bookings of a patient")
    patient = across.get(Patient, patient_id)
    if patient is None:
        return False
    begin = f"{patient_id}#{doctor_id}#" if doctor_id else f"{patient_id}#"
    booked = across.query(
        LiveBooking, patient.contact_id, between=(begin, f"{begin}{directory.HIGHEST}")
    ).records
    refs = [(Token, (b.queue_id, b.token_id)) for b in booked if b.clinic_id == clinic_id]
    return any(
        isinstance(t, Token) and t.status in LIVE and not hold_ran_out(t, work.now)
        for t in across.fetch(refs)
    )
