"""A clinic's patients: recording, looking at and changing them, as an admin or as a doctor."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from domain import due
from domain.actions.people import consent, directory, profile
from domain.actions.people.associations import connect, open_record, rename, share_profile
from domain.actions.people.directory import Cursor, DirectoryPage
from domain.actions.people.identify import identify
from domain.actors import Caller, caller_of
from domain.due import OpenWork, finish
from domain.errors import Invalid, NotFound, Unreadable
from domain.model.clinics import Clinic
from domain.model.due import Due
from domain.model.people import (
    Association,
    AssociationStatus,
    ClinicPatient,
    ConsentChange,
    ConsentWay,
    Profile,
)
from domain.names import clean_name, fold_name
from domain.phones import normalise
from domain.timetable import today
from domain.work import Work

MOST_ON_A_PHONE = 20
"""People one clinic may record on one number."""
RENAMED_AT_ONCE = 3
"""Doctors who know a patient by the new name with the change itself; others moments later."""


@dataclass(frozen=True)
class KnownPatient:
    """A patient as the caller knows them: nothing here is beyond what they may see."""

    patient_id: str
    name: str
    phone: str | None
    profile: Profile
    age: int | None
    created_at: datetime
    updated_at: datetime
    associations: tuple[Association, ...]
    """The one doctor's, or for an admin those of all doctors of the clinic."""
    consent: consent.ConsentState | None = None
    """What may be sent to their phone; None where it was not asked for."""
    consent_changes: tuple[ConsentChange, ...] = ()
    """How that came about, the latest first, where it was asked for."""

    @property
    def is_associated(self) -> bool:
        """Whether a doctor that counts here has the patient now."""
        return any(a.status is AssociationStatus.ACTIVE for a in self.associations)

    @property
    def total_visits(self) -> int:
        """How many visits the patient has made."""
        return sum(a.total_visits for a in self.associations)

    @property
    def last_visit(self) -> datetime | None:
        """When the last of them was."""
        return max(
            (a.last_visit_date for a in self.associations if a.last_visit_date), default=None
        )


@dataclass(frozen=True)
class PatientPage:
    """A page of patients; `after` continues it, and `total` counts all there are."""

    patients: list[KnownPatient]
    after: str | None
    total: int


def find_patient(work: Work, patient_id: str) -> KnownPatient:
    """Return a patient of the clinic, or of the doctor who asks.

    Raises:
        NotFound: If there is none such.
    """
    found = _load_patients(work, [patient_id], caller_of(work).doctor_id)
    if not found:
        raise NotFound
    return found[0]


def read_patient(work: Work, patient_id: str) -> KnownPatient:
    """Return a patient of whoever asks, with what they agreed to and how that came about.

    Raises:
        NotFound: If there is none such.
    """
    (known,) = with_consent(work, [find_patient(work, patient_id)])
    changes = consent.history(work, caller_of(work).clinic_id, patient_id)
    return replace(known, consent_changes=tuple(changes))


def with_consent(work: Work, patients: Sequence[KnownPatient]) -> list[KnownPatient]:
    """Return *patients* of the clinic, each with what may be sent to their phone."""
    clinic_id = caller_of(work).clinic_id
    found = work.fetch([(ClinicPatient, (clinic_id, p.patient_id)) for p in patients])
    known = consent.consent_states(work, [r for r in found if isinstance(r, ClinicPatient)])
    return [replace(p, consent=known.get(p.patient_id)) for p in patients]


def find_patient_of_doctor(work: Work, doctor_id: str, patient_id: str) -> KnownPatient:
    """Return a patient of one doctor, with that doctor's association alone.

    Raises:
        NotFound: If the doctor does not have that patient now.
    """
    found = _load_patients(work, [patient_id], doctor_id)
    if not found:
        raise NotFound
    return found[0]


def list_patients(
    work: Work, limit: int, after: str | None, doctor_id: str | None = None
) -> PatientPage:
    """Return a page of the patients of the caller, or of one doctor, by name.

    Raises:
        Invalid: If *after* is not where a page of such a list ended.
    """
    caller = caller_of(work)
    doctor_id = doctor_id or caller.doctor_id
    owner = Caller(caller.clinic_id, doctor_id)
    return _page(
        work, directory.list_by_name(work, owner, limit, _parse_cursor(work, after)), doctor_id
    )


def search_patients(
    work: Work, *, name: str | None, phone: str | None, limit: int, after: str | None
) -> PatientPage:
    """Return those of the caller's patients whom *name* and *phone* fit, by name.

    Raises:
        Invalid: If neither is given, the phone has nothing of a number, or *after* is not where a
            page of such a list ended.
    """
    sought = directory.parse_phone_prefix(work, phone) if phone else None
    if phone and sought is None:
        raise Invalid("phone", "This is not a phone number, nor the beginning of one.")
    if not sought and not fold_name(name or ""):
        raise Invalid("name", "Give a name or a phone number, or the beginning of one.")
    caller = caller_of(work)
    fitting = directory.find_by_name(
        work, caller, name or "", sought, limit, _parse_cursor(work, after)
    )
    return _page(work, fitting, caller.doctor_id)


def _page(work: Work, listed: DirectoryPage, doctor_id: str | None) -> PatientPage:
    patients = _load_patients(work, [p.patient_id for p in listed.places], doctor_id)
    if not listed.more:
        return PatientPage(patients, None, listed.total)
    last = listed.places[-1]
    # A cursor is part of an address, which must not contain a name: it is sealed.
    after = work.seal.seal(f"{last.name_key}{directory.SEPARATOR}{last.patient_id}")
    return PatientPage(patients, after, listed.total)


def _parse_cursor(work: Work, after: str | None) -> Cursor | None:
    if after is None:
        return None
    try:
        name_key, _, patient_id = work.seal.open(after).partition(directory.SEPARATOR)
    except Unreadable:
        raise Invalid("cursor", "This is not a cursor of this list.") from None
    return Cursor(name_key, patient_id)


def _load_patients(
    work: Work, patient_ids: Sequence[str], doctor_id: str | None
) -> list[KnownPatient]:
    """Return those of *patient_ids* that are patients of *doctor_id*, or of the clinic if None.

    The facts are those that the caller may see, whosever patients are asked for.
    """
    caller = caller_of(work)
    clinic = work.get(Clinic, caller.clinic_id)
    if clinic is None:
        return []
    records = [
        r
        for r in work.fetch([(ClinicPatient, (clinic.clinic_id, i)) for i in patient_ids])
        if isinstance(r, ClinicPatient)
    ]
    of_each = [(r, (doctor_id,) if doctor_id else r.doctor_ids) for r in records]
    found = work.fetch([(Association, (d, r.patient_id)) for r, ids in of_each for d in ids])
    connected: dict[str, list[Association]] = {}
    for association in found:
        if isinstance(association, Association) and (
            doctor_id is None or association.status is AssociationStatus.ACTIVE
        ):
            connected.setdefault(association.patient_id, []).append(association)
    day = today(clinic, work.now)
    return [
        _patient_as_seen(work, record, tuple(connected.get(record.patient_id, ())), day, caller)
        for record in records
        if doctor_id is None or record.patient_id in connected
    ]


def _patient_as_seen(
    work: Work,
    record: ClinicPatient,
    associations: tuple[Association, ...],
    day: date,
    caller: Caller,
) -> KnownPatient:
    own = associations[0] if caller.doctor_id else None
    told = profile.visible_to(work, record, own)
    source = own if own is not None and not profile.may_see(record, own) else record
    return KnownPatient(
        patient_id=record.patient_id,
        name=own.patient_name if own is not None else record.name,
        phone=record.patient_phone,
        profile=told,
        age=profile.age_of(told, day),
        created_at=own.created_at if own is not None else record.created_at,
        updated_at=source.updated_at,
        associations=associations,
    )


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
    return _load_patients(work, [mine.patient_id], doctor_id)[0]


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
