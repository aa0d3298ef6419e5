"""A clinic's patients, recorded and changed by an admin or a doctor."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from domain import due
from domain.actions.people import consent, directory, profile
from domain.actions.people.associations import connect, open_record, rename, share_profile
from domain.actions.people.identify import identify
from domain.actions.people.patients import KnownPatient, find_patient, load_patients
from domain.actors import Caller, caller_of
from domain.due import OpenWork, finish
from domain.errors import Invalid
from domain.model.clinics import Clinic
from domain.model.due import Due
from domain.model.people import Association, ClinicPatient, ConsentWay, Profile
from domain.names import clean_name, fold_name
from domain.phones import normalise
from domain.timetable import today
from domain.work import Work

MAX_PER_PHONE = 20
"""People one clinic may record on one number."""
RENAMED_AT_ONCE = 3
"""Doctors whose entries change in the same transaction; a due item changes the others'."""


def record_patient(
    work: Work,
    *,
    phone: str,
    name: str,
    given: dict[str, Any],
    opt_in: bool = True,
    doctor_id: str | None = None,
    preferences: dict[str, str] | None = None,
) -> KnownPatient:
    """Record a person as a patient of the clinic, and of *doctor_id* if given.

    The person is found by phone and name, or added. What the clinic knows of them already stays;
    *given* fills the gaps. The result and the time taken do not show whether another clinic, or a
    colleague, knows the person.

    Args:
        work: In the scope of the clinic or of the doctor who records the patient.
        phone: As typed.
        name: As typed.
        given: Fields of `Profile`; None for what is not known.
        opt_in: Whether the person agreed to hear from the clinic.
        doctor_id: Whose patient they become; a doctor in whose scope this runs must give theirs.
        preferences: What the patient prefers at that doctor's.

    Raises:
        Invalid: If the phone, the name or the date of birth is not valid, or too many people are
            recorded on the phone.
    """
    caller = caller_of(work)
    clinic = work.require(Clinic, caller.clinic_id)
    number, name = _parse_phone(work, phone), _parse_name(name)
    new = profile.parse_changes(today(clinic, work.now), given)
    contact, patient = identify(work, clinic.clinic_id, number, name, new.date_of_birth)
    record = work.get(ClinicPatient, clinic.clinic_id, patient.patient_id)
    if record is None:
        _require_room_on_phone(work, clinic, number)
        consent.record_staff_statement(work, clinic, contact, opt_in=opt_in)
        record = open_record(
            work,
            clinic.clinic_id,
            patient.patient_id,
            name=name,
            phone=number,
            way=ConsentWay.API,
            opted_in=opt_in,
        )
        record = work.put(record.but(facts=profile.seal(work, new), author=caller.doctor_id))
    else:
        record = _fill_record(work, record, new, caller.doctor_id)
    if doctor_id is not None:
        record, association = connect(work, record, doctor_id, name)
        _record_with_doctor(work, association, new, preferences)
    return load_patients(work, [record.patient_id], doctor_id)[0]


def _record_with_doctor(
    work: Work,
    association: Association,
    new: Profile,
    preferences: dict[str, str] | None,
) -> None:
    """Store preferences, and the profile of a doctor who may not see the clinic's."""
    changes: dict[str, object] = {}
    if preferences:
        changes["preferences"] = {**association.preferences, **preferences}
    if not association.treats:
        before = profile.unseal(work, association.recorded)
        after = profile.fill_gaps(before, new)
        if after != before:
            changes["recorded"] = profile.seal(work, after)
    if changes:
        work.put(association.but(**changes, updated_at=work.now.replace(microsecond=0)))


def _fill_record(work: Work, record: ClinicPatient, new: Profile, by: str | None) -> ClinicPatient:
    """Fill the gaps of the clinic's profile; *by* is the doctor who writes, None an admin."""
    before = profile.unseal(work, record.facts)
    after = profile.fill_gaps(before, new)
    if after == before:
        return record
    return work.put(
        record.but(
            facts=profile.seal(work, after),
            author=record.author if record.author == by else None,
            updated_at=work.now.replace(microsecond=0),
        )
    )


def update_patient(
    work: Work, patient_id: str, name: str | None, given: dict[str, Any]
) -> KnownPatient:
    """Change a patient's name, if given, and the fields of their `Profile` in *given*.

    A doctor who may not see the clinic's profile changes only the one they recorded themself; in
    the clinic's, it fills gaps.

    Raises:
        NotFound: If the caller has no such patient.
        Invalid: If the name or the date of birth is not valid.
    """
    caller = caller_of(work)
    known = find_patient(work, patient_id)
    clinic = work.require(Clinic, caller.clinic_id)
    record = work.require(ClinicPatient, caller.clinic_id, patient_id)
    name = None if name is None else _parse_name(name)
    new = profile.parse_changes(today(clinic, work.now), given)
    association = known.associations[0] if caller.doctor_id else None
    if association is not None and association.treats and association.recorded is not None:
        association = share_profile(work, record, association)
        record = work.get(ClinicPatient, caller.clinic_id, patient_id) or record
    if association is not None and not association.treats:
        association = _update_own(work, association, name, new, set(given))
    if not profile.may_see(record, association):
        _fill_record(work, record, new, caller.doctor_id)
        return find_patient(work, patient_id)
    after = profile.apply_changes(profile.unseal(work, record.facts), new, set(given))
    record = record.but(
        facts=profile.seal(work, after),
        author=record.author if record.author == caller.doctor_id else None,
        updated_at=work.now.replace(microsecond=0),
    )
    if name is not None and name != record.name:
        record = rename_record(work, record, name, first=caller.doctor_id)
    work.put(record)
    return find_patient(work, patient_id)


def _update_own(
    work: Work, association: Association, name: str | None, new: Profile, named: set[str]
) -> Association:
    """Change what a doctor who has not treated the patient yet recorded themself."""
    after = profile.apply_changes(profile.unseal(work, association.recorded), new, named)
    association = association.but(
        recorded=profile.seal(work, after), updated_at=work.now.replace(microsecond=0)
    )
    return work.put(association) if name is None else rename(work, association, name)


def rename_record(
    work: Work, record: ClinicPatient, name: str, *, first: str | None
) -> ClinicPatient:
    """Return *record* under another *name*, for the caller to store, as directories know it now.

    The doctor *first* knows the patient by it at once, as do others of a few; the rest moments
    later.
    """
    owner = Caller(record.clinic_id, None)
    directory.remove_entries(work, owner, record.patient_id, record.name, record.patient_phone)
    directory.add_entries(work, owner, record.patient_id, name, record.patient_phone)
    record = record.but(name=name, name_key=fold_name(name))
    across = work.system("rename a patient for all their doctors")
    doctors = sorted(record.doctor_ids, key=lambda d: d != first)
    for association in _associations_to_rename(across, record, doctors[:RENAMED_AT_ONCE]):
        rename(across, association, name)
    if len(doctors) > RENAMED_AT_ONCE:
        about = due.Subject(record.patient_id, clinic_id=record.clinic_id)
        due.schedule(work, "renamed", work.now, about, patient=record.patient_id)
    return record


def _associations_to_rename(
    work: Work, record: ClinicPatient, doctor_ids: Iterable[str]
) -> list[Association]:
    found = work.fetch([(Association, (d, record.patient_id)) for d in doctor_ids])
    return [a for a in found if isinstance(a, Association) and a.patient_name != record.name]


def propagate_name(open_work: OpenWork, item: Due) -> None:
    """Rename a patient for each of their doctors, one doctor a transaction."""
    clinic_id, patient_id = item.clinic_id or "", str(item.values.get("patient"))
    record = open_work().get(ClinicPatient, clinic_id, patient_id)
    for doctor_id in record.doctor_ids if record else ():
        work = open_work()
        current = work.get(ClinicPatient, clinic_id, patient_id)
        if current is None:
            break
        for association in _associations_to_rename(work, current, [doctor_id]):
            work.check(current)
            rename(work, association, current.name)
            work.commit()
    finish(open_work, item)


def _require_room_on_phone(work: Work, clinic: Clinic, number: str) -> None:
    owner = Caller(clinic.clinic_id, None)
    if directory.find_by_name(work, owner, "", number, 1, None).total >= MAX_PER_PHONE:
        raise Invalid("phone", f"{MAX_PER_PHONE} people are recorded on this number already.")


def _parse_phone(work: Work, phone: str) -> str:
    number = normalise(phone, work.rules.phone_countries)
    if number is None:
        raise Invalid("phone", "This is not a phone number of a country that is accepted.")
    return number


def _parse_name(text: str) -> str:
    if clean_name(text) is None:
        raise Invalid("name", "This cannot be a person's name.")
    return " ".join(text.split())
