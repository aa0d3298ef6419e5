"""Erase a patient at a clinic, except for what the law requires to be kept.

The clinic's record and the doctors' associations are erased at once; a due item erases personal
data in bookings, messages and visits, in small steps. Why each thing is erased or kept:
docs/decisions/0010-what-is-erased.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeVar

from domain import due
from domain.actions.people import directory
from domain.actions.people.doctor_patients import has_live_token
from domain.actions.people.erased_contacts import (
    erase_person_if_unknown,
    erase_statements,
)
from domain.actions.people.erasure_traces import erase_answers, erase_traces
from domain.actions.people.rewriting import read_all, rewrite
from domain.actors import Caller, caller_of
from domain.due import OpenWork
from domain.errors import HasLiveToken
from domain.model.base import Record, stamp
from domain.model.clinics import Clinic, Doctor
from domain.model.due import Due
from domain.model.people import (
    Association,
    ClinicPatient,
    Patient,
)
from domain.model.queues import LIVE, HistoryEntry, Locator, Token, hold_ran_out
from domain.model.visits import Prescription, PrivateNote, Visit, VisitVersion
from domain.timetable import today
from domain.work import Work

R = TypeVar("R", bound=Record)

NO_NAME = "Erased"
"""Replaces the name of an erased patient."""
KEPT_YEARS = 3
"""How long visits are kept."""
CHUNK = 20
AT_ONCE = 3
"""Doctors whose associations are erased with the request itself; a due item erases the others."""
LOOK_AGAIN = timedelta(minutes=10)
"""A second pass erases what an index did not show yet, and what was being sent."""
ERASED_FIELDS = (
    "name", "phone", "dateOfBirth", "age", "gender", "address", "emergencyContact", "bloodGroup",
    "allergies", "chronicConditions", "currentMedications", "preferences", "associationNotes",
    "namesInBookings", "complaints", "messages",
)  # fmt: skip
WHY_VISITS = (
    "Records of consultations must be kept for three years (Indian Medical Council Regulations "
    "2002, 1.3.1); until then only the treating doctor and admins can read them, then they are "
    "erased unasked."
)
WHY_BOOKINGS = (
    "Dates, fees and payments are kept without name and number, as tax law asks for accounts."
)
WHY_AUDIT = "Who looked at the data, and when, is kept as evidence; it holds ids only."
WHY_STOP = "A wish not to be written to is kept, so that it goes on being heeded."


@dataclass(frozen=True)
class KeptData:
    """Data that is not erased: why, and until when if that is known."""

    what: str
    reason: str
    count: int | None = None
    until: date | None = None


@dataclass(frozen=True)
class Erasure:
    """What of a patient's data is erased, and what is kept."""

    patient_id: str
    at: datetime
    erased: tuple[str, ...]
    kept: tuple[KeptData, ...]


def erase(work: Work, patient_id: str, requested_at: datetime | None = None) -> Erasure:
    """Erase a clinic's data of a patient; return what is erased and what must be kept.

    If no other clinic has a record of the person, they are erased entirely; the result does not
    show whether that is so. What is younger than *requested_at* (now, if not given) stays.

    Raises:
        NotFound: If the clinic has no such patient.
        HasLiveToken: If the patient holds a live token at the clinic.
    """
    clinic = work.require(Clinic, caller_of(work).clinic_id)
    record = work.require(ClinicPatient, clinic.clinic_id, patient_id)
    if has_live_token(work, clinic.clinic_id, patient_id):
        raise HasLiveToken("This patient still has a booking; cancel or complete it first.")
    owner = Caller(clinic.clinic_id, None)
    directory.remove_entries(work, owner, patient_id, record.name, record.patient_phone)
    work.delete(record)
    for doctor_id in record.doctor_ids[:AT_ONCE]:
        _erase_association(work, doctor_id, patient_id)
    across = work.system("erase a patient at a clinic")
    person = across.get(Patient, patient_id)
    if person is not None:
        others = tuple(c for c in person.clinic_ids if c != clinic.clinic_id)
        work.put(person.but(clinic_ids=others, erased_by=(*person.erased_by, clinic.clinic_id)))
    erase_rest(work, clinic.clinic_id, patient_id, requested_at or work.now)
    return Erasure(patient_id, work.now, ERASED_FIELDS, _list_kept(work, clinic, patient_id))


def erase_rest(work: Work, clinic_id: str, patient_id: str, requested_at: datetime) -> None:
    """Have what a clinic's bookings and messages tell of a person erased, after the commit."""
    _schedule_rest(work, work.now, clinic_id, patient_id, requested_at, again=True)


def _list_kept(work: Work, clinic: Clinic, patient_id: str) -> tuple[KeptData, ...]:
    day = today(clinic, work.now)
    ends = [
        kept_until(v)
        for v in read_all(work, Visit, patient_id, "patientId-visitDate-idx")
        if kept_until(v) > day
    ]
    visits = [KeptData("visits", WHY_VISITS, len(ends), max(ends))] if ends else []
    return (
        *visits,
        KeptData("bookings", WHY_BOOKINGS),
        KeptData("auditLog", WHY_AUDIT),
        KeptData("optOut", WHY_STOP),
    )


def kept_until(visit: Visit) -> date:
    """Return the day from which a visit need not be kept."""
    visited = date.fromisoformat(visit.visit_date)
    try:
        return visited.replace(year=visited.year + KEPT_YEARS)
    except ValueError:  # a 29th of February
        return date(visited.year + KEPT_YEARS, 3, 1)


def _schedule_rest(
    work: Work,
    at: datetime,
    clinic_id: str,
    patient_id: str,
    requested_at: datetime,
    *,
    again: bool,
) -> None:
    about = due.Subject(f"{patient_id}#{clinic_id}", clinic_id=clinic_id)
    due.schedule(
        work, "erase", at, about, patient=patient_id, asked=stamp(requested_at), again=int(again)
    )


def continue_erasure(open_work: OpenWork, item: Due) -> None:
    """Erase the rest: personal data in bookings and messages, and visits kept long enough.

    Only data from before the request is erased: a person who comes back is a new patient. The item
    is scheduled once more after `LOOK_AGAIN`, and then for the day after the next visit need not be
    kept. May be repeated.
    """
    clinic_id, patient_id = item.clinic_id or "", str(item.values["patient"])
    requested_at = datetime.strptime(str(item.values["asked"]), "%Y-%m-%dT%H:%M:%S.%f%z")
    clinic = open_work().get(Clinic, clinic_id)
    person = open_work().get(Patient, patient_id)
    next_expiry: date | None = None
    if clinic is not None:
        _erase_associations(open_work, clinic, patient_id)
        _erase_from_tokens(open_work, clinic, patient_id, requested_at)
        erase_answers(open_work, clinic, patient_id, requested_at)
        if person is not None:
            erase_traces(open_work, clinic, person, requested_at)
            erase_statements(open_work, clinic, person)
        next_expiry = _erase_expired_visits(open_work, clinic, patient_id, requested_at)
        erase_person_if_unknown(open_work, clinic, patient_id)
    work = open_work()
    work.delete(item)
    if item.values["again"]:
        at = work.now + LOOK_AGAIN
        _schedule_rest(work, at, clinic_id, patient_id, requested_at, again=False)
    elif next_expiry is not None:
        at = datetime.combine(next_expiry + timedelta(days=1), time(), tzinfo=UTC)
        _schedule_rest(work, at, clinic_id, patient_id, requested_at, again=False)
    work.commit()


def _erase_associations(open_work: OpenWork, clinic: Clinic, patient_id: str) -> None:
    for doctor in read_all(open_work(), Doctor, clinic.clinic_id):
        work = open_work()
        if work.get(ClinicPatient, clinic.clinic_id, patient_id) is not None:
            return  # they have come back
        work.check_absent(ClinicPatient, clinic.clinic_id, patient_id)
        _erase_association(work, doctor.doctor_id, patient_id)
        work.commit()


def _erase_association(work: Work, doctor_id: str, patient_id: str) -> None:
    own = work.get(Association, doctor_id, patient_id)
    if own is not None:
        owner = Caller(own.clinic_id, doctor_id)
        directory.remove_entries(work, owner, patient_id, own.patient_name, own.patient_phone)
        work.delete(own)


def _erase_from_tokens(
    open_work: OpenWork, clinic: Clinic, patient_id: str, requested_at: datetime
) -> None:
    """Erase what bookings that are over tell of the person, and the name from their history."""
    work = open_work()
    tokens = [
        t
        for t in read_all(work, Token, patient_id, "patientId-date-idx")
        if t.clinic_id == clinic.clinic_id
        and t.created_at <= requested_at
        and _is_over(t, work.now)
    ]
    rewrite(open_work, tokens, _without_person)
    for token in tokens:
        entries = [
            e
            for e in read_all(open_work(), HistoryEntry, token.queue_id)
            if e.token_id == token.token_id and e.by == token.contact_id
        ]
        rewrite(open_work, entries, lambda entry: entry.but(by_name=NO_NAME))


def _is_over(token: Token, now: datetime) -> bool:
    return token.status not in LIVE or hold_ran_out(token, now)


def _without_person(token: Token) -> Token:
    return token.but(patient_name=NO_NAME, patient_phone=None, told=None, complaint=None)


def _erase_expired_visits(
    open_work: OpenWork, clinic: Clinic, patient_id: str, requested_at: datetime
) -> date | None:
    """Erase visits that need not be kept; return the day from which the next need not be."""
    work = open_work()
    day = today(clinic, work.now)
    expiries: list[date] = []
    for visit in read_all(work, Visit, patient_id, "patientId-visitDate-idx"):
        if visit.clinic_id != clinic.clinic_id or visit.created_at > requested_at:
            continue
        if kept_until(visit) > day:
            expiries.append(kept_until(visit))
            rewrite(open_work, [visit], lambda v: v.but(patient_phone=None))
            continue
        _erase_visit(open_work, visit)
    return min(expiries, default=None)


def _erase_visit(open_work: OpenWork, visit: Visit) -> None:
    """Erase a visit, its parts first: if stopped in between, the visit is found again."""
    for kind in (VisitVersion, Prescription, PrivateNote):
        of_visit: Sequence[Record] = list(read_all(open_work(), kind, visit.visit_id))
        rewrite(open_work, of_visit, lambda _: None)
    work = open_work()
    locator = work.get(Locator, visit.visit_id)
    current = work.get(Visit, visit.doctor_id, visit.visit_id)
    for record in (locator, current):
        if record is not None:
            work.delete(record)
    work.commit()
