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
from domain.errors import Invalid, NotFound
from domain.model.clinics import Clinic
from domain.model.due import Due
from domain.model.people import Association, ClinicPatient, ConsentWay, Profile
from domain.names import clean_name, fold_name
from domain.phones import normalise
from domain.timetable import today
from domain.work import Work

MOST_ON_A_PHONE = 20
"""People one clinic may record on one number."""
RENAMED_AT_ONCE = 3
"""Doctors who know a patient by the new name with the change itself; others moments later."""


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
    """Record somebody as a patient of the clinic, and of *doctor_id* if one is named.

    A person is found by phone and name, else introduced; what is known of them stays as it is.
    Nobody can tell from what this does whether another clinic, or a colleague, knows the person.

    Args:
        work: In the scope of who records them; a doctor's own records associate, too.
        phone: As it was given.
        name: As it was given.
        given: Fields of `Profile`; None for what is not known.
        opt_in: Whether the person agreed to hear from the clinic.
        doctor_id: Whose patient they become; a doctor who asks names themself.
        preferences: What the patient prefers at that doctor's.

    Raises:
        Invalid: If the phone, the name or the date of birth cannot be one.
    """
    caller = caller_of(work)
    clinic = work.require(Clinic, caller.clinic_id)
    number, name = _parse_phone(work, phone), _parse_name(name)
    told = profile.parse_changes(today(clinic, work.now), given)
    contact, patient = identify(work, clinic.clinic_id, number, name, told.date_of_birth)
    mine = work.get(ClinicPatient, clinic.clinic_id, patient.patient_id)
    if mine is None:
        _require_room_on_phone(work, clinic, number)
        consent.record_staff_statement(work, clinic, contact, opt_in=opt_in)
        mine = open_record(
            work,
            clinic.clinic_id,
            patient.patient_id,
            name=name,
            phone=number,
            way=ConsentWay.API,
            opted_in=opt_in,
        )
        mine = work.put(mine.but(facts=profile.seal(work, told), author=caller.doctor_id))
    else:
        mine = _fill_record(work, mine, told, caller.doctor_id)
    if doctor_id is not None:
        mine, own = connect(work, mine, doctor_id, name)
        _record_with_doctor(work, own, told, preferences)
    return load_patients(work, [mine.patient_id], doctor_id)[0]


def _record_with_doctor(
    work: Work,
    own: Association,
    told: Profile,
    preferences: dict[str, str] | None,
) -> None:
    """Keep what was given with the doctor's association."""
    changes: dict[str, object] = {}
    if preferences:
        changes["preferences"] = {**own.preferences, **preferences}
    if not own.treats:
        before = profile.unseal(work, own.recorded)
        after = profile.fill_gaps(before, told)
        if after != before:
            changes["recorded"] = profile.seal(work, after)
    if changes:
        work.put(own.but(**changes, updated_at=work.now.replace(microsecond=0)))


def _fill_record(work: Work, mine: ClinicPatient, told: Profile, by: str | None) -> ClinicPatient:
    """Add to the clinic's record what it does not know yet."""
    before = profile.unseal(work, mine.facts)
    after = profile.fill_gaps(before, told)
    if after == before:
        return mine
    return work.put(
        mine.but(
            facts=profile.seal(work, after),
            author=mine.author if mine.author == by else None,
            updated_at=work.now.replace(microsecond=0),
        )
    )


def update_patient(
    work: Work, patient_id: str, name: str | None, given: dict[str, Any]
) -> KnownPatient:
    """Change what is known of a patient: *given* holds the fields of `Profile` that are named.

    A doctor whose patient the person is not yet, and who therefore does not see what the clinic
    knows, changes what they recorded themself; the clinic's record learns only what it lacked.

    Raises:
        NotFound: If the caller has no such patient.
        Invalid: If the name or the date of birth cannot be one.
    """
    caller = caller_of(work)
    known = find_patient(work, patient_id)
    clinic = work.get(Clinic, caller.clinic_id)
    mine = work.get(ClinicPatient, caller.clinic_id, patient_id)
    if clinic is None or mine is None:
        raise NotFound
    name = None if name is None else _parse_name(name)
    told = profile.parse_changes(today(clinic, work.now), given)
    own = known.associations[0] if caller.doctor_id else None
    if own is not None and own.treats and own.recorded is not None:
        own = share_profile(work, mine, own)
        mine = work.get(ClinicPatient, caller.clinic_id, patient_id) or mine
    if own is not None and not own.treats:
        after = profile.apply_changes(profile.unseal(work, own.recorded), told, set(given))
        own = own.but(
            recorded=profile.seal(work, after), updated_at=work.now.replace(microsecond=0)
        )
        own = rename(work, own, name) if name is not None else work.put(own)
    if not profile.may_see(mine, own):
        _fill_record(work, mine, told, caller.doctor_id)
        return find_patient(work, patient_id)
    after = profile.apply_changes(profile.unseal(work, mine.facts), told, set(given))
    mine = mine.but(
        facts=profile.seal(work, after),
        author=mine.author if mine.author == caller.doctor_id else None,
        updated_at=work.now.replace(microsecond=0),
    )
    if name is not None and name != mine.name:
        mine = _rename_everywhere(work, mine, name, caller)
    work.put(mine)
    return find_patient(work, patient_id)


def _rename_everywhere(work: Work, mine: ClinicPatient, name: str, caller: Caller) -> ClinicPatient:
    owner = Caller(mine.clinic_id, None)
    directory.remove_entries(work, owner, mine.patient_id, mine.name, mine.patient_phone)
    directory.add_entries(work, owner, mine.patient_id, name, mine.patient_phone)
    mine = mine.but(name=name, name_key=fold_name(name))
    across = work.system("let a patient's doctors know their new name")
    doctors = sorted(mine.doctor_ids, key=lambda d: d != caller.doctor_id)
    for known in _associations_to_rename(across, mine, doctors[:RENAMED_AT_ONCE]):
        rename(across, known, name)
    if len(doctors) > RENAMED_AT_ONCE:
        about = due.Subject(mine.patient_id, clinic_id=mine.clinic_id)
        due.schedule(work, "renamed", work.now, about, patient=mine.patient_id)
    return mine


def _associations_to_rename(
    work: Work, mine: ClinicPatient, doctor_ids: Iterable[str]
) -> list[Association]:
    found = work.fetch([(Association, (d, mine.patient_id)) for d in doctor_ids])
    return [a for a in found if isinstance(a, Association) and a.patient_name != mine.name]


def propagate_name(open_work: OpenWork, item: Due) -> None:
    """Let every doctor of a patient know their new name, one doctor a transaction."""
    clinic_id, patient_id = item.clinic_id or "", str(item.values.get("patient"))
    mine = open_work().get(ClinicPatient, clinic_id, patient_id)
    for doctor_id in mine.doctor_ids if mine else ():
        work = open_work()
        current = work.get(ClinicPatient, clinic_id, patient_id)
        if current is None:
            break
        for known in _associations_to_rename(work, current, [doctor_id]):
            work.check(current)
            rename(work, known, current.name)
            work.commit()
    finish(open_work, item)


def _require_room_on_phone(work: Work, clinic: Clinic, number: str) -> None:
    owner = Caller(clinic.clinic_id, None)
    if directory.find_by_name(work, owner, "", number, 1, None).total >= MOST_ON_A_PHONE:
        raise Invalid("phone", f"{MOST_ON_A_PHONE} people are recorded on this number already.")


def _parse_phone(work: Work, phone: str) -> str:
    number = normalise(phone, work.rules.phone_countries)
    if number is None:
        raise Invalid("phone", "This is not a phone number of a country that is accepted.")
    return number


def _parse_name(text: str) -> str:
    if clean_name(text) is None:
        raise Invalid("name", "This cannot be a person's name.")
    return " ".join(text.split())
