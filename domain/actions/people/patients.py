"""A clinic's patients as an admin or a doctor sees them: one, a page, a search."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from domain.actions.people import consent, directory, profile
from domain.actions.people.directory import Cursor, DirectoryPage
from domain.actors import Caller, caller_of
from domain.errors import Invalid, NotFound, Unreadable
from domain.model.clinics import Clinic
from domain.model.people import (
    Association,
    AssociationStatus,
    ClinicPatient,
    ConsentChange,
    Profile,
)
from domain.names import fold_name
from domain.timetable import today
from domain.work import Work


@dataclass(frozen=True)
class KnownPatient:
    """A patient as the caller may see them."""

    patient_id: str
    name: str
    phone: str | None
    profile: Profile
    age: int | None
    created_at: datetime
    updated_at: datetime
    associations: tuple[Association, ...]
    """Of one doctor, or for an admin of all the clinic's doctors."""
    consent: consent.ConsentState | None = None
    """None unless read with `with_consent` or `read_patient`."""
    consent_changes: tuple[ConsentChange, ...] = ()
    """The latest first; empty unless read with `read_patient`."""
    complaints: tuple[str, ...] = ()
    """What visits were for, as told in chat, the latest day first; empty but in an export."""
    files: tuple[str, ...] = ()
    """Where the API has the files kept with their bookings; empty but in an export."""
    talked_at: datetime | None = None
    """When they last wrote with the clinic's people; None but in an export."""

    @property
    def is_associated(self) -> bool:
        """Whether one of the associations is active."""
        return any(a.status is AssociationStatus.ACTIVE for a in self.associations)

    @property
    def total_visits(self) -> int:
        """Visits to the doctors of the associations."""
        return sum(a.total_visits for a in self.associations)

    @property
    def last_visit(self) -> datetime | None:
        """The latest of those visits."""
        return max(
            (a.last_visit_date for a in self.associations if a.last_visit_date), default=None
        )


@dataclass(frozen=True)
class PatientPage:
    """A page of patients; `after` is the cursor of the next, `total` counts all pages."""

    patients: list[KnownPatient]
    after: str | None
    total: int


def find_patient(work: Work, patient_id: str) -> KnownPatient:
    """Return a patient of the caller: the clinic, or one doctor.

    Raises:
        NotFound: If the caller has no such patient.
    """
    found = load_patients(work, [patient_id], caller_of(work).doctor_id)
    if not found:
        raise NotFound
    return found[0]


def read_patient(work: Work, patient_id: str) -> KnownPatient:
    """Return a patient of the caller, with their consent and its history.

    Raises:
        NotFound: If the caller has no such patient.
    """
    (known,) = with_consent(work, [find_patient(work, patient_id)])
    changes = consent.history(work, caller_of(work).clinic_id, patient_id)
    return replace(known, consent_changes=tuple(changes))


def with_consent(work: Work, patients: Sequence[KnownPatient]) -> list[KnownPatient]:
    """Return *patients* of the clinic, each with their consent."""
    clinic_id = caller_of(work).clinic_id
    found = work.fetch([(ClinicPatient, (clinic_id, p.patient_id)) for p in patients])
    known = consent.consent_states(work, [r for r in found if isinstance(r, ClinicPatient)])
    return [replace(p, consent=known.get(p.patient_id)) for p in patients]


def find_patient_of_doctor(work: Work, doctor_id: str, patient_id: str) -> KnownPatient:
    """Return a patient of one doctor, with that doctor's association only.

    Raises:
        NotFound: If the doctor does not have that patient now.
    """
    found = load_patients(work, [patient_id], doctor_id)
    if not found:
        raise NotFound
    return found[0]


def list_patients(
    work: Work, limit: int, after: str | None, doctor_id: str | None = None
) -> PatientPage:
    """Return a page of the patients of the caller, or of one doctor, ordered by name.

    Raises:
        Invalid: If *after* is no cursor of such a list.
    """
    caller = caller_of(work)
    doctor_id = doctor_id or caller.doctor_id
    owner = Caller(caller.clinic_id, doctor_id)
    listed = directory.list_by_name(work, owner, limit, _parse_cursor(work, after))
    return _page(work, listed, doctor_id)


def search_patients(
    work: Work, *, name: str | None, phone: str | None, limit: int, after: str | None
) -> PatientPage:
    """Return a page of the caller's patients who match *name* and *phone*, ordered by name.

    See `directory.find_by_name` for what matches.

    Raises:
        Invalid: If neither is given, *phone* holds no digits of a number, or *after* is no cursor
            of such a list.
    """
    prefix = directory.parse_phone_prefix(work, phone) if phone else None
    if phone and prefix is None:
        raise Invalid("phone", "This is not a phone number, nor the beginning of one.")
    if not prefix and not fold_name(name or ""):
        raise Invalid("name", "Give a name or a phone number, or the beginning of one.")
    caller = caller_of(work)
    cursor = _parse_cursor(work, after)
    matches = directory.find_by_name(work, caller, name or "", prefix, limit, cursor)
    return _page(work, matches, caller.doctor_id)


def _page(work: Work, found: DirectoryPage, doctor_id: str | None) -> PatientPage:
    patients = load_patients(work, [entry.patient_id for entry in found.entries], doctor_id)
    if not found.more:
        return PatientPage(patients, None, found.total)
    last = found.entries[-1]
    # A cursor is part of an address, which must not contain a name: it is sealed.
    after = work.seal.seal(f"{last.name_key}{directory.SEPARATOR}{last.patient_id}")
    return PatientPage(patients, after, found.total)


def _parse_cursor(work: Work, after: str | None) -> Cursor | None:
    if after is None:
        return None
    try:
        name_key, _, patient_id = work.seal.open(after).partition(directory.SEPARATOR)
    except Unreadable:
        raise Invalid("cursor", "This is not a cursor of this list.") from None
    return Cursor(name_key, patient_id)


def load_patients(
    work: Work, patient_ids: Sequence[str], doctor_id: str | None
) -> list[KnownPatient]:
    """Return those of *patient_ids* that are patients of *doctor_id*, or of the clinic if None.

    A profile holds what the caller may see, whichever doctor's patients these are.
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
    association = associations[0] if caller.doctor_id else None
    visible = profile.visible_to(work, record, association)
    source = (
        association
        if association is not None and not profile.may_see(record, association)
        else record
    )
    return KnownPatient(
        patient_id=record.patient_id,
        name=association.patient_name if association is not None else record.name,
        phone=record.patient_phone,
        profile=visible,
        age=profile.age_of(visible, day),
        created_at=association.created_at if association is not None else record.created_at,
        updated_at=source.updated_at,
        associations=associations,
    )
