"""The audience of a broadcast: its recipients, found in steps from a cursor on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from domain.actions.people.identify import longest_known_first
from domain.model.broadcasts import Audience, AudienceKind
from domain.model.clinics import Clinic, Doctor
from domain.model.people import ClinicPatient, Patient
from domain.model.queues import LIVE, WAITING, Queue, Token, TokenStatus
from domain.work import Work

STEP = 20
"""People found at a time: each becomes up to four of a transaction's hundred items."""
IN_LINE = WAITING | {TokenStatus.CURRENT, TokenStatus.SKIPPED}
"""States of tokens that a doctor's announcement is sent to."""


@dataclass(frozen=True)
class Person:
    """Somebody in a broadcast's audience."""

    key: str
    """The contact's id, or `tel:` and the number of somebody who is no patient here."""
    contact_id: str | None
    phone: str | None
    name: str | None
    about: Token | None = None
    """The booking that the message is about, whose values it carries."""


@dataclass(frozen=True)
class PeoplePage:
    """Some people, perhaps none; `after` is the cursor of the next page, None on the last one."""

    people: list[Person]
    after: str | None


def people_of(
    work: Work, clinic: Clinic, audience: Audience, phones: Sequence[str], after: str = ""
) -> Iterator[PeoplePage]:
    """Yield the people of an audience, at most STEP at a time; the last page has no `after`.

    *after* is the cursor of an earlier page. Nobody before it is found again, and nobody is missed
    because others came or went since.
    """
    match audience.kind:
        case AudienceKind.PHONES:
            return _by_phones(work, clinic, phones, after)
        case AudienceKind.BOOKED_ON:
            return _by_day(work, clinic, audience, after)
        case AudienceKind.ALL_PATIENTS:
            return _all_patients(work, clinic, after)
        case AudienceKind.LINE:
            return _in_line(work, audience, after)


def _by_phones(
    work: Work, clinic: Clinic, phones: Sequence[str], after: str
) -> Iterator[PeoplePage]:
    for begin in range(int(after or 0), len(phones), STEP):
        some = [_person_at(work, clinic, phone) for phone in phones[begin : begin + STEP]]
        yield PeoplePage(some, str(begin + STEP))
    yield PeoplePage([], None)


def _person_at(work: Work, clinic: Clinic, phone: str) -> Person:
    page = work.query(
        ClinicPatient,
        clinic.clinic_id,
        index="clinicId-patientPhone-idx",
        between=(phone, phone),
        limit=50,
    )
    found = _persons_of(work, longest_known_first(work, page.records, phone)[:1])
    return found[0] if found else Person(f"tel:{phone}", None, phone, None)


def _by_day(work: Work, clinic: Clinic, audience: Audience, after: str) -> Iterator[PeoplePage]:
    reached, _, cursor = after.partition("|")
    for doctor in _doctors(work, clinic, audience.doctor_id):
        queue = work.get(Queue, doctor.doctor_id, audience.day or "")
        if queue is None or doctor.doctor_id < reached:
            continue
        start: str | None = cursor if doctor.doctor_id == reached else ""
        while start is not None:
            page = work.query(Token, queue.queue_id, limit=STEP, after=start or None)
            some = [
                Person(t.contact_id, t.contact_id, t.patient_phone, t.patient_name)
                for t in page.records
                if t.status in LIVE
            ]
            start = page.after
            # The cursor behind a finished doctor sorts before the next doctor's id.
            yield PeoplePage(
                some, f"{doctor.doctor_id}|{start}" if start else f"{doctor.doctor_id}~|"
            )
    yield PeoplePage([], None)


def _doctors(work: Work, clinic: Clinic, doctor_id: str | None) -> list[Doctor]:
    if doctor_id is None:
        return work.query(Doctor, clinic.clinic_id).records
    doctor = work.get(Doctor, clinic.clinic_id, doctor_id)
    return [doctor] if doctor else []


def _in_line(work: Work, audience: Audience, after: str) -> Iterator[PeoplePage]:
    queue = work.get(Queue, audience.doctor_id or "", audience.day or "")
    if queue is None:
        yield PeoplePage([], None)
        return
    start: str | None = after
    while start is not None:
        page = work.query(Token, queue.queue_id, limit=STEP, after=start or None)
        some = [
            Person(t.contact_id, t.contact_id, t.patient_phone, t.patient_name, t)
            for t in page.records
            if t.status in IN_LINE
        ]
        start = page.after
        yield PeoplePage(some, start)


def _all_patients(work: Work, clinic: Clinic, after: str) -> Iterator[PeoplePage]:
    start: str | None = after
    while start is not None:
        page = work.query(ClinicPatient, clinic.clinic_id, limit=STEP, after=start or None)
        start = page.after
        yield PeoplePage(_persons_of(work, page.records), start)


def _persons_of(work: Work, records: Sequence[ClinicPatient]) -> list[Person]:
    across = work.system("find the contacts of a clinic's patients")
    found = across.fetch([(Patient, (r.patient_id,)) for r in records])
    return [
        Person(p.contact_id, p.contact_id, r.patient_phone, r.name)
        for p, r in zip(found, records, strict=True)
        if isinstance(p, Patient)
    ]
