"""Whom a broadcast is meant for: nobody is passed over, nobody met twice, wherever it goes on."""

from __future__ import annotations

import pytest

from domain.actions.broadcasts import broadcasts
from domain.actions.broadcasts.audiences import STEP, people_of
from domain.actors import Actor
from domain.model.broadcasts import Audience, AudienceKind, Broadcast, BroadcastStatus, Recipient
from domain.model.people import ClinicPatient
from domain.model.queues import Token, TokenStatus
from domain.names import fold_name
from tests.bookings import crowd
from tests.people import Cast, a_person, address_of, store
from tests.stage import Stage

ALL = Audience(kind=AudienceKind.ALL_PATIENTS)
PHONES = Audience(kind=AudienceKind.PHONES)


def patients(stage: Stage, cast: Cast, count: int) -> list[str]:
    """Record *count* patients of the clinic and return their numbers."""
    now, phones = stage.clock.now(), []
    for n in range(count):
        phone = f"+9198{n:08d}"
        patient, contact = a_person(f"p{n:03d}", f"Patient {n}", phone)
        record = ClinicPatient(
            clinic_id=cast.clinic.clinic_id,
            patient_id=patient.patient_id,
            patient_phone=phone,
            name=patient.name,
            name_key=fold_name(patient.name),
            created_at=now,
            updated_at=now,
        )
        store(stage.records, patient, contact, address_of(contact), record)
        phones.append(phone)
    return phones


def met(stage: Stage, cast: Cast, audience: Audience, phones: list[str], after: str) -> list[str]:
    found = list(people_of(stage.work(), cast.clinic, audience, phones, after))
    assert [f.after is None for f in found] == [False] * (len(found) - 1) + [True]
    assert all(len(f.people) <= STEP for f in found)
    return [p.key for f in found for p in f.people]


@pytest.fixture
def day(stage: Stage, cast: Cast) -> str:
    """The day on which 25 people are booked with Dr. Khan."""
    return crowd(stage, cast, 25)[0].date


@pytest.mark.parametrize("kind", list(AudienceKind))
def test_a_search_goes_on_where_any_earlier_one_stopped(stage, cast, day, kind):
    phones = patients(stage, cast, 2 * STEP + 5)
    audience = Audience(kind=kind, day=day, doctor_id="doc_khan")
    found = list(people_of(stage.work(), cast.clinic, audience, phones))
    everybody = [p.key for f in found for p in f.people]
    assert len(set(everybody)) == len(everybody) >= 25
    seen = 0
    for part in found[:-1]:
        seen += len(part.people)
        assert met(stage, cast, audience, phones, part.after or "") == everybody[seen:]


def test_who_is_done_with_meanwhile_makes_nobody_else_be_passed_over(stage, cast, day):
    audience = Audience(kind=AudienceKind.BOOKED_ON, day=day)
    first = next(people_of(stage.work(), cast.clinic, audience, ()))
    keys = [p.key for p in first.people]
    queue = stage.queue("doc_khan", day)
    for token in stage.work().query(Token, queue.queue_id, limit=100).records:
        if token.contact_id in keys:
            store(stage.records, token.but(status=TokenStatus.COMPLETED))
    rest = met(stage, cast, audience, [], first.after or "")
    assert len(keys) + len(rest) == 25


def test_nobody_is_meant_where_nobody_is_booked(stage, cast):
    for kind in (AudienceKind.BOOKED_ON, AudienceKind.LINE):
        audience = Audience(kind=kind, day="2030-11-30", doctor_id="doc_khan")
        assert met(stage, cast, audience, [], "") == []


def test_a_broadcast_of_several_runs_reaches_each_once_in_order(stage, cast, monkeypatch):
    monkeypatch.setattr(broadcasts, "STEPS_A_RUN", 1)
    phones = patients(stage, cast, 2 * STEP + 5)
    work = stage.work()
    begun = broadcasts.begin_broadcast(
        work,
        cast.clinic,
        name="office/clinic_announcement",
        values={"clinic_name": "City Medical Center", "announcement": "Closed on Monday"},
        to=broadcasts.Addressees(PHONES, phones),
        by=Actor("usr_farida", "Farida"),
    )
    work.commit()
    for _ in range(4):
        stage.wait(1)
    now = stage.work().get(Broadcast, begun.clinic_id, begun.broadcast_id)
    assert now is not None
    assert (now.status, now.sent, now.total) == (BroadcastStatus.COMPLETED, 45, 45)
    listed = stage.work().query(Recipient, begun.broadcast_id, index="place-idx", limit=100)
    assert [r.phone for r in listed.records] == phones
    assert [r.place for r in listed.records] == [f"{n:06d}" for n in range(45)]
    assert len(stage.channel.sent) == 45
