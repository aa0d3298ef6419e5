"""One message to many: begun in one transaction, written out in small steps, counted as it goes.

The steps run as due items: `broadcast` writes messages for some recipients at a time and goes on
where it stopped; `broadcast_count` looks what became of them. Both may be killed and run again at
any line: a recipient is an item whose key is the person, so nobody is written to twice. Messages
are of the last urgency, so a broadcast however large delays no reply and no "your turn".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain, islice
from typing import Any

from domain.actions import due
from domain.actions.booking import facts as booking_facts
from domain.actions.consent import wants_news
from domain.actions.messages import send
from domain.actions.outreach import refuse_suspended
from domain.actions.steps import OpenWork, chunks, finish, tokens_of
from domain.errors import NotFound, NotNow
from domain.model.broadcasts import (
    Audience,
    AudienceKind,
    Broadcast,
    BroadcastPage,
    BroadcastStatus,
    Outcome,
    Recipient,
)
from domain.model.clinics import Clinic, Doctor
from domain.model.due import Due
from domain.model.messages import Consent, Message, Urgency
from domain.model.people import ClinicPatient, Patient
from domain.model.queues import LIVE, WAITING, Queue, Token, TokenStatus
from domain.work import Work

MOST_RECIPIENTS = 10_000
PHONES_A_PAGE = 500
STEP = 20
"""Recipients written in one transaction: each is up to four items of the store's hundred."""
STEPS_A_RUN = 25
"""After so many the job lets others have their turn, and goes on."""
COUNT_SOON = timedelta(seconds=1)
IN_LINE = WAITING | {TokenStatus.CURRENT, TokenStatus.SKIPPED}
"""Whom a doctor's announcement is for."""
HELPS = timedelta(hours=12)
NOT_A_PATIENT = "not a patient of this clinic"
OPTED_OUT = "wants no messages of this clinic"


class BroadcastOver(NotNow):
    """The broadcast has ended already."""

    code = "BROADCAST_OVER"


@dataclass(frozen=True)
class Person:
    """Somebody a broadcast is meant for."""

    key: str
    """The contact, or the number of somebody who is no patient here."""
    contact_id: str | None
    phone: str | None
    name: str | None
    about: Token | None = None
    """The booking that the message is about, and whose facts it tells."""


@dataclass(frozen=True)
class Reach:
    """How many a broadcast would be meant for, and how many of them want messages."""

    total: int
    reachable: int


def begin(
    work: Work,
    clinic: Clinic,
    *,
    name: str,
    values: Mapping[str, Any],
    audience: Audience,
    phones: Sequence[str] = (),
    by: str,
    by_name: str,
) -> Broadcast:
    """Write a broadcast and have it go out. *phones* (E.164, each once) are those of PHONES.

    Raises:
        Suspended: If the clinic's subscription is suspended and it is not for a day that runs.
    """
    if audience.kind is not AudienceKind.LINE:
        refuse_suspended(clinic)
    broadcast = work.put(
        Broadcast(
            clinic_id=clinic.clinic_id,
            broadcast_id=work.ids.secret("broadcast_"),
            doctor_id=audience.doctor_id if audience.kind is AudienceKind.LINE else None,
            name=name,
            values=dict(values),
            audience=audience,
            by=by,
            by_name=by_name,
            total=len(phones),
            created_at=work.now,
        )
    )
    for number, page in enumerate(chunks(phones, PHONES_A_PAGE)):
        work.put(
            BroadcastPage(
                broadcast_id=broadcast.broadcast_id,
                page=f"{number:03d}",
                clinic_id=clinic.clinic_id,
                phones=tuple(page),
            )
        )
    for kind, after in (("broadcast", timedelta()), ("broadcast_count", COUNT_SOON)):
        due.later(
            work,
            kind,
            work.now + after,
            broadcast.broadcast_id,
            clinic_id=clinic.clinic_id,
            values={"broadcast": broadcast.broadcast_id},
        )
    return broadcast


def find(work: Work, clinic_id: str, broadcast_id: str) -> Broadcast:
    """Return a clinic's broadcast.

    Raises:
        NotFound: If the clinic has none such.
    """
    found = work.get(Broadcast, clinic_id, broadcast_id)
    if found is None:
        raise NotFound
    return found


def cancel(work: Work, clinic_id: str, broadcast_id: str) -> Broadcast:
    """Stop a broadcast: what has not left yet does not leave any more.

    Raises:
        NotFound: If the clinic has none such.
        BroadcastOver: If it has ended.
    """
    broadcast = find(work, clinic_id, broadcast_id)
    if broadcast.status in {BroadcastStatus.COMPLETED, BroadcastStatus.CANCELLED}:
        raise BroadcastOver("The broadcast has ended already.")
    return work.put(broadcast.but(status=BroadcastStatus.CANCELLED))


def recipients(
    work: Work, broadcast: Broadcast, limit: int, after: str | None = None
) -> tuple[list[Recipient], str | None]:
    """Return recipients in the order of sending, and where the list goes on."""
    page = work.query(
        Recipient, broadcast.broadcast_id, index="place-idx", limit=limit, after=after
    )
    return page.records, page.after


def reach(work: Work, clinic: Clinic, audience: Audience, phones: Sequence[str] = ()) -> Reach:
    """Return whom a broadcast would reach now; nothing is written or sent."""
    seen: set[str] = set()
    reachable = 0
    for batch in _people(work, clinic, audience, phones):
        fresh = {p.key: p for p in batch if p.key not in seen}
        seen |= fresh.keys()
        known = [p for p in fresh.values() if p.contact_id]
        across = work.system("see who opted out of a clinic")
        reachable += sum(wants_news(across, clinic.clinic_id, p.contact_id or "") for p in known)
    return Reach(len(seen), reachable)


def expand(open_work: OpenWork, item: Due) -> None:
    """Write the messages of a broadcast, some recipients at a time, from where it stopped."""
    work = open_work()
    clinic = work.get(Clinic, item.clinic_id or "")
    broadcast = broadcast_of(work, item)
    if clinic is None or broadcast is None:
        return finish(open_work, item)
    done = int(item.values.get("done") or 0)
    people = _after(_people(work, clinic, broadcast.audience, _phones(work, broadcast)), done)
    for _ in range(STEPS_A_RUN):
        step = list(islice(people, STEP))
        work = open_work()
        broadcast = find(work, clinic.clinic_id, broadcast.broadcast_id)
        if not step or broadcast.status is BroadcastStatus.CANCELLED:
            # Whoever was meant twice has one place, so places may be fewer than people met.
            work.put(broadcast.but(expanded=True))
            work.delete(item)
            work.commit()
            return None
        _write(work, clinic, broadcast, step, done)
        done += len(step)
        work.commit()
    work = open_work()
    due.again(work, item, timedelta(), done=done)
    work.commit()
    return None


def broadcast_of(work: Work, item: Due) -> Broadcast | None:
    """Return the broadcast that a due item is about, or None if it is gone."""
    return work.get(Broadcast, item.clinic_id or "", str(item.values.get("broadcast") or ""))


def _after(batches: Iterator[list[Person]], done: int) -> Iterator[Person]:
    """Yield people one by one, without the first *done*, whom an earlier run has written to."""
    return islice(chain.from_iterable(batches), done, None)


def _people(
    work: Work, clinic: Clinic, audience: Audience, phones: Iterable[str]
) -> Iterator[list[Person]]:
    """Yield whom a broadcast is meant for, in an order that another run finds again."""
    match audience.kind:
        case AudienceKind.PHONES:
            given = iter(phones)
            while batch := list(islice(given, STEP)):
                yield [_by_phone(work, clinic, phone) for phone in batch]
        case AudienceKind.BOOKED_ON:
            yield from _booked(work, clinic, audience)
        case AudienceKind.ALL_PATIENTS:
            yield from _all_patients(work, clinic)
        case AudienceKind.LINE:
            yield from _line(work, audience)


def _by_phone(work: Work, clinic: Clinic, phone: str) -> Person:
    page = work.query(
        ClinicPatient,
        clinic.clinic_id,
        index="clinicId-patientPhone-idx",
        between=(phone, phone),
        limit=1,
    )
    if not page.records:
        return Person(f"tel:{phone}", None, phone, None)
    return _persons(work, page.records)[0]


def _booked(work: Work, clinic: Clinic, audience: Audience) -> Iterator[list[Person]]:
    for doctor in _doctors(work, clinic, audience.doctor_id):
        queue = work.get(Queue, doctor.doctor_id, audience.day or "")
        if queue is None:
            continue
        live = (t for t in tokens_of(work, queue.queue_id) if t.status in LIVE)
        while batch := list(islice(live, STEP)):
            yield [
                Person(t.contact_id, t.contact_id, t.patient_phone, t.patient_name) for t in batch
            ]


def _line(work: Work, audience: Audience) -> Iterator[list[Person]]:
    queue = work.get(Queue, audience.doctor_id or "", audience.day or "")
    if queue is None:
        return
    there = (t for t in tokens_of(work, queue.queue_id) if t.status in IN_LINE)
    while batch := list(islice(there, STEP)):
        yield [
            Person(t.contact_id, t.contact_id, t.patient_phone, t.patient_name, t) for t in batch
        ]


def _doctors(work: Work, clinic: Clinic, doctor_id: str | None) -> list[Doctor]:
    if doctor_id is None:
        return work.query(Doctor, clinic.clinic_id).records
    doctor = work.get(Doctor, clinic.clinic_id, doctor_id)
    return [doctor] if doctor else []


def _all_patients(work: Work, clinic: Clinic) -> Iterator[list[Person]]:
    after = None
    while True:
        page = work.query(ClinicPatient, clinic.clinic_id, limit=100, after=after)
        yield _persons(work, page.records)
        after = page.after
        if after is None:
            return


def _persons(work: Work, records: Sequence[ClinicPatient]) -> list[Person]:
    across = work.system("find the contacts of a clinic's patients")
    found = across.fetch([(Patient, (r.patient_id,)) for r in records])
    return [
        Person(p.contact_id, p.contact_id, r.patient_phone, r.name)
        for p, r in zip(found, records, strict=True)
        if isinstance(p, Patient)
    ]


def _phones(work: Work, broadcast: Broadcast) -> Iterator[str]:
    for page in work.query(BroadcastPage, broadcast.broadcast_id).records:
        yield from page.phones


def _write(
    work: Work, clinic: Clinic, broadcast: Broadcast, step: Sequence[Person], done: int
) -> None:
    """Write the recipients of one step who are not written yet, and their messages."""
    once = {p.key: (n, p) for n, p in reversed(list(enumerate(step, start=done)))}
    known = work.fetch([(Recipient, (broadcast.broadcast_id, key)) for key in once])
    fresh = [place for place, found in zip(once.values(), known, strict=True) if found is None]
    across = work.system("see who opted out of a clinic")
    failed = 0
    for number, person in sorted(fresh, key=lambda place: place[0]):
        reason = None
        if person.contact_id is None:
            reason = NOT_A_PATIENT
        elif not wants_news(across, clinic.clinic_id, person.contact_id):
            reason = OPTED_OUT
        message = None
        if reason is None:
            message = _message(work, clinic, broadcast, person, number)
        failed += reason is not None
        work.put(
            Recipient(
                broadcast_id=broadcast.broadcast_id,
                recipient=person.key,
                place=f"{number:06d}",
                clinic_id=clinic.clinic_id,
                phone=person.phone,
                name=person.name,
                message_id=message.message_id if message else None,
                outcome=Outcome.QUEUED if message else Outcome.FAILED,
                reason=reason,
            )
        )
    listed = broadcast.audience.kind is AudienceKind.PHONES
    work.put(
        broadcast.but(
            status=BroadcastStatus.PROCESSING,
            total=broadcast.total if listed else broadcast.total + len(fresh),
            failed=broadcast.failed + failed,
        )
    )


def _message(
    work: Work, clinic: Clinic, broadcast: Broadcast, person: Person, number: int
) -> Message:
    facts: dict[str, Any] = {}
    if person.about is not None:
        doctor = work.get(Doctor, clinic.clinic_id, person.about.doctor_id)
        facts = booking_facts(person.about, doctor) if doctor else {}
    message = send(
        work,
        name=broadcast.name,
        message_id=f"msg_{broadcast.broadcast_id}_{person.contact_id}",
        contact_id=person.contact_id or "",
        clinic=clinic,
        about=person.about,
        values={**broadcast.values, **facts},
        urgency=Urgency.BULK,
        consent=Consent.NEWS,
        helps_until=work.now + HELPS,
        order=number % STEP,
    )
    return work.put(message.but(broadcast_id=broadcast.broadcast_id))
