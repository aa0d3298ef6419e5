"""A booking made under a wrong name: its patient is renamed, or it becomes another patient's."""

from __future__ import annotations

from datetime import date

from domain.actions.booking import history
from domain.actions.booking.booking import is_no_show
from domain.actions.booking.seats import (
    holds_of,
    live_booking,
    remove_live_booking,
    write_live_booking,
)
from domain.actions.people import profile
from domain.actions.people.associations import associate
from domain.actions.people.directory import HIGHEST
from domain.actions.people.identify import find_or_add_patient, patients_of
from domain.actions.people.patient_changes import rename_record
from domain.actors import person_of
from domain.errors import AlreadyBooked, NotNow
from domain.model.clinics import Clinic, Doctor
from domain.model.people import (
    BY_CHAT,
    Association,
    ClinicPatient,
    Contact,
    Patient,
    Profile,
)
from domain.model.queues import LIVE, LiveBooking, Token, TokenStatus
from domain.names import is_same_name
from domain.work import Work


def correct_name(
    work: Work,
    clinic: Clinic,
    doctor: Doctor,
    contact: Contact,
    token: Token,
    name: str,
    told: Profile,
) -> tuple[Contact, Token]:
    """Make *token* the booking of the patient called *name*, of whom *told* is known.

    A patient whom this contact's chat alone has added, who was never seen and has no other booking,
    is renamed. Otherwise the booking becomes that of the contact's other patient of that name, who
    is added if new; the patient before keeps their record. May be repeated.

    Raises:
        NotNow: If the patient is being served, or the booking is over.
        AlreadyBooked: If the other patient has a live booking with that doctor that day.
    """
    if token.status not in LIVE or token.status is TokenStatus.CURRENT:
        raise NotNow(state=token.status)
    if is_no_show(work, token):
        raise NotNow(state=TokenStatus.NO_SHOW)
    across = work.system("correct the name of a person's own booking")
    others = (
        p
        for p in patients_of(across, contact, clinic.clinic_id)
        if p.patient_id != token.patient_id
    )
    patient = across.get(Patient, token.patient_id)
    if (
        patient is not None
        and not any(is_same_name(p.name, name) for p in others)
        and _is_only_of(across, contact, patient, token)
    ):
        renamed = _rename(across, patient, token, name, told)
    else:
        contact, patient = find_or_add_patient(across, contact, name, clinic.clinic_id)
        renamed = _give_to(across, clinic, doctor, token, patient, told)
    history.rename_person(across, renamed)
    history.log_token(across, renamed, "rename", person_of(renamed))
    return contact, renamed


def _is_only_of(across: Work, contact: Contact, patient: Patient, token: Token) -> bool:
    """Whether all that is known of *patient* came of *token*, in this contact's chat."""
    clinics = {token.clinic_id} | set(patient.clinic_ids)
    if patient.named_by or patient.contact_id != contact.contact_id or len(clinics) > 1:
        return False
    span = (f"{patient.patient_id}#", f"{patient.patient_id}#{HIGHEST}")
    live = across.query(LiveBooking, contact.contact_id, between=span, limit=2).records
    if any(b.token_id != token.token_id for b in live):
        return False
    record = across.get(ClinicPatient, token.clinic_id, patient.patient_id)
    if record is None:
        return not patient.clinic_ids
    found = across.fetch([(Association, (d, patient.patient_id)) for d in record.doctor_ids])
    seen = any(isinstance(a, Association) and a.total_visits for a in found)
    return record.author == BY_CHAT and not seen


def _rename(across: Work, patient: Patient, token: Token, name: str, told: Profile) -> Token:
    """Rename *patient* wherever the clinic knows them; what is *told* now replaces what was."""
    across.put(patient.but(name=name))
    record = across.get(ClinicPatient, token.clinic_id, patient.patient_id)
    if record is not None:
        known = profile.fill_gaps(told, profile.unseal(across, record.facts))
        record = rename_record(across, record, name, first=token.doctor_id)
        now = across.now.replace(microsecond=0)
        across.put(record.but(facts=profile.seal(across, known), updated_at=now))
        told = profile.EMPTY
    known = profile.fill_gaps(told, profile.unseal(across, token.told))
    return across.put(
        token.but(patient_name=name, told=profile.seal(across, known), updated_at=across.now)
    )


def _give_to(
    across: Work, clinic: Clinic, doctor: Doctor, token: Token, patient: Patient, told: Profile
) -> Token:
    """Make *token* the booking of *patient*; only the booking of the one before is gone.

    Raises:
        AlreadyBooked: If they have another with that doctor that day.
    """
    day = date.fromisoformat(token.date)
    other = live_booking(across, token.contact_id, patient.patient_id, token.doctor_id, day)
    if other is not None and other.token_id != token.token_id:
        raise AlreadyBooked(token=other)
    remove_live_booking(across, token)
    given = token.but(
        patient_id=patient.patient_id,
        patient_name=patient.name,
        told=profile.seal(across, told),
        updated_at=across.now,
    )
    across.put(given)
    write_live_booking(across, given)
    for hold in holds_of(across, token.contact_id):
        if hold.token_id == token.token_id:
            across.put(hold.but(patient_id=patient.patient_id))
    if given.status is TokenStatus.PENDING:
        return given
    return associate(across, clinic, doctor, given)
