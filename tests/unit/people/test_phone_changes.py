"""A number that is learnt or changes is shown by everything that shows one, and found by it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from domain.actions.broadcasts.direct import patient_at
from domain.actions.people import (
    directory,
    doctor_patients,
    patient_changes,
    patients,
    phone_changes,
    phone_requests,
)
from domain.actions.people.associations import open_record
from domain.actions.people.identify import identify
from domain.actors import Caller
from domain.model.due import Due
from domain.model.people import (
    Address,
    Association,
    ClinicPatient,
    ConsentWay,
    Contact,
    DirectoryCount,
    DirectoryEntry,
    Patient,
)
from domain.model.queues import LiveBooking, Token
from domain.scopes import ClinicScope
from flows.inbound import Inbound
from tests.due import due_items
from tests.people import CITY_SENDER, NOW, Cast, a_clinic, store, stored
from tests.stage import Stage

NINA, PHONE, OTHER = "IN.55501", "+919876543031", "+919876543032"


def hear(stage: Stage, text: str, phone: str = "", *, sender: str = CITY_SENDER) -> None:
    stage.hear(phone, text, wa_user_id=NINA, sender=sender)


def book(stage: Stage, *, doctor: str = "khan") -> None:
    """Let Nina, whose number is hidden, book."""
    for words in ("hi", doctor, "1"):
        hear(stage, words)
    if not patient_ids(stage):
        hear(stage, "Nina")
    stage.settle()


def nina(stage: Stage) -> Contact:
    work = stage.work()
    address = work.get(Address, f"wa:{NINA}")
    contact = work.get(Contact, address.contact_id) if address else None
    assert contact is not None
    return contact


def patient_ids(stage: Stage) -> tuple[str, ...]:
    return nina(stage).patient_ids


def change_notice(stage: Stage, new: str, phone: str | None = None) -> None:
    """Let WhatsApp tell that Nina's account has another number."""
    stage.made += 1
    stage.runner.handle(
        Inbound(
            message_id=f"wamid.CHANGED{stage.made}",
            sender=CITY_SENDER,
            display_number=None,
            kind="system",
            sent_at=stage.clock.now(),
            phone=phone,
            wa_user_id=NINA,
            new_phone=new,
        )
    )


def numbers(stage: Stage) -> Iterator[str | None]:
    """Yield the number of Nina in every place that shows it, to whichever clinic."""
    work = stage.work()
    contact = nina(stage)
    for patient_id in contact.patient_ids:
        patient = work.get(Patient, patient_id)
        assert patient is not None
        assert patient.contact_id == contact.contact_id
        yield patient.patient_phone
        for clinic_id in patient.clinic_ids:
            record = work.get(ClinicPatient, clinic_id, patient_id)
            assert record is not None
            yield record.patient_phone
            for owner in (clinic_id, *record.doctor_ids):
                entries = work.query(DirectoryEntry, owner).records
                own = [e for e in entries if e.patient_id == patient_id]
                yield from (e.patient_phone for e in own)
                by_phone = [e.entry for e in own if e.entry.startswith(directory.PHONE)]
                assert len(by_phone) == (1 if record.patient_phone else 0)
            for doctor_id in record.doctor_ids:
                association = work.get(Association, doctor_id, patient_id)
                assert association is not None
                yield association.patient_phone
    for booking in work.query(LiveBooking, contact.contact_id).records:
        token = work.get(Token, booking.queue_id, booking.token_id)
        assert token is not None
        yield token.patient_phone


def found(stage: Stage, phone: str) -> list[str]:
    """Return the names of City Medical Center's patients found by *phone*."""
    work = stage.work().within(ClinicScope("clinic_city"))
    listed = patients.search_patients(work, name=None, phone=phone, limit=10, after=None)
    return [p.name for p in listed.patients]


def counted(stage: Stage) -> int:
    shards = stage.work().query(DirectoryCount, "clinic_city").records
    return sum(shard.patients for shard in shards)


def test_a_number_that_is_typed_is_shown_at_once_and_a_corrected_one_instead(
    stage: Stage, cast: Cast
) -> None:
    del cast
    book(stage)
    assert set(numbers(stage)) == {None}
    before = counted(stage)
    hear(stage, "98765 43031")
    assert set(numbers(stage)) == {PHONE}
    assert found(stage, PHONE) == ["Nina"]
    hear(stage, "98765 43032")
    assert set(numbers(stage)) == {OTHER}
    assert (found(stage, PHONE), found(stage, OTHER)) == ([], ["Nina"])
    assert counted(stage) == before
    contact = nina(stage)
    assert (contact.phone, contact.told_phone, contact.verified_phone) == (None, OTHER, False)
    assert stage.work().get(Address, f"tel:{OTHER}") is None


def test_the_number_that_whatsapp_signs_takes_the_place_of_what_was_typed(
    stage: Stage, cast: Cast
) -> None:
    del cast
    book(stage)
    hear(stage, "98765 43031")
    hear(stage, "hi", OTHER)
    assert set(numbers(stage)) == {OTHER}
    assert found(stage, PHONE) == []
    contact = nina(stage)
    assert (contact.phone, contact.told_phone, contact.verified_phone) == (OTHER, None, True)


def test_whatsapps_own_notice_of_a_new_number_is_followed_everywhere(
    stage: Stage, cast: Cast
) -> None:
    del cast
    hear(stage, "hi", PHONE)
    book(stage)
    book(stage, doctor="meera")
    assert set(numbers(stage)) == {PHONE}
    change_notice(stage, OTHER, PHONE)
    assert set(numbers(stage)) == {OTHER}
    assert (found(stage, PHONE), found(stage, OTHER)) == ([], ["Nina"])
    hear(stage, "status", OTHER)
    assert nina(stage).verified_phone


def test_an_unpaid_hold_that_is_paid_later_opens_the_record_with_the_number_of_then(
    stage: Stage, cast: Cast
) -> None:
    del cast
    book(stage, doctor="meera")
    hear(stage, "98765 43031")
    [booking] = stage.work().query(LiveBooking, nina(stage).contact_id).records
    token = stage.work().get(Token, booking.queue_id, booking.token_id)
    assert token is not None
    stage.pay(token)
    stage.settle()
    assert set(numbers(stage)) == {PHONE}
    assert found(stage, PHONE) == ["Nina"]


def known_to_many(stage: Stage, cast: Cast, clinics: int) -> None:
    """Let further clinics keep a record of Nina, under the number that is known now."""
    [patient_id] = patient_ids(stage)
    for n in range(clinics):
        clinic = a_clinic(f"clinic_{n}", f"Clinic {n}", f"+91987654{n:04d}", cast.clinic.created_at)
        work = stage.work()
        work.put(clinic)
        number = nina(stage).number
        open_record(
            work, clinic.clinic_id, patient_id, name="Nina", phone=number, way=ConsentWay.BOT
        )
        work.commit()


def test_many_clinics_follow_moments_later_however_often_it_is_done(
    stage: Stage, cast: Cast
) -> None:
    book(stage)
    known_to_many(stage, cast, 8)
    hear(stage, "98765 43031")
    assert None in set(numbers(stage)), "not in one transaction"
    stage.settle()
    assert set(numbers(stage)) == {PHONE}
    versions = [r.version for r in stage.work().query(DirectoryEntry, "clinic_3").records]
    again = due_item(stage)
    phone_changes.continue_propagation(stage.work, again)
    assert [r.version for r in stage.work().query(DirectoryEntry, "clinic_3").records] == versions
    assert set(numbers(stage)) == {PHONE}


def due_item(stage: Stage) -> Due:
    [item] = due_items(stage, phone_changes.KIND)
    return item


def test_two_changes_in_whichever_order_they_are_brought_end_with_the_last(
    stage: Stage, cast: Cast
) -> None:
    book(stage)
    known_to_many(stage, cast, 8)
    hear(stage, "98765 43031")
    first = due_item(stage)
    stage.clock.advance(seconds=1)
    hear(stage, "98765 43032")
    stage.settle()
    assert set(numbers(stage)) == {OTHER}
    # The first one's item, run late by a worker that had hung.
    store(stage.records, first.but(version=0))
    phone_changes.continue_propagation(stage.work, stored(stage.records, first))
    assert set(numbers(stage)) == {OTHER}


def test_what_was_under_way_with_the_old_number_is_found_a_minute_later(
    stage: Stage, cast: Cast
) -> None:
    book(stage)
    hear(stage, "98765 43031")
    [patient_id] = patient_ids(stage)
    work = stage.work()
    open_record(
        work, cast.sunrise.clinic_id, patient_id, name="Nina", phone=None, way=ConsentWay.BOT
    )
    work.commit()
    assert None in set(numbers(stage))
    stage.wait(2)
    assert set(numbers(stage)) == {PHONE}


def test_an_association_that_ended_is_revived_with_the_new_number(stage: Stage, cast: Cast) -> None:
    book(stage)
    [patient_id] = patient_ids(stage)
    for words in ("cancel", "yes"):
        hear(stage, words)
    work = stage.work().within(ClinicScope("clinic_city"))
    doctor_patients.end_association(work, cast.khan.doctor_id, patient_id)
    work.commit()
    hear(stage, "98765 43031")
    stage.settle()
    own = stage.work().get(Association, cast.khan.doctor_id, patient_id)
    assert own is not None
    assert own.patient_phone == PHONE
    assert stage.work().query(DirectoryEntry, cast.khan.doctor_id).records == []


def test_another_clinics_directory_is_brought_too_and_neither_sees_the_other(
    stage: Stage, cast: Cast
) -> None:
    book(stage)
    known_to_many(stage, cast, 1)
    hear(stage, "98765 43031")
    listed = directory.find_by_name(stage.work(), Caller("clinic_0", None), "", PHONE, 10, None)
    assert listed.total == 1
    scoped = stage.work().within(ClinicScope("clinic_city"))
    assert scoped.query(DirectoryEntry, "clinic_0").records == []


def test_erased_meanwhile_it_is_not_brought_back(stage: Stage, cast: Cast) -> None:
    book(stage)
    known_to_many(stage, cast, 8)
    hear(stage, "98765 43031")
    item = due_item(stage)
    [patient_id] = patient_ids(stage)
    work = stage.work()
    record = work.get(ClinicPatient, "clinic_3", patient_id)
    assert record is not None
    directory.remove_entries(
        work, Caller("clinic_3", None), patient_id, record.name, record.patient_phone
    )
    work.delete(record)
    work.commit()
    phone_changes.continue_propagation(stage.work, item)
    assert stage.work().get(ClinicPatient, "clinic_3", patient_id) is None
    assert stage.work().query(DirectoryEntry, "clinic_3").records == []


def test_a_contact_that_is_gone_ends_it(stage: Stage) -> None:
    item = Due(
        shard="00",
        due="2030-11-25T03:00:00.000Z#renumbered#con_gone",
        kind=phone_changes.KIND,
        at=NOW,
        values={"contact": "con_gone", "again": 1},
    )
    store(stage.records, item)
    phone_changes.continue_propagation(stage.work, stored(stage.records, item))
    assert stage.work().get(Due, item.shard, item.due) is None


# --- Being asked ---------------------------------------------------------------------------------


def asked(stage: Stage) -> int:
    return sum(m.name == "number/ask" for m in stage.messages())


def test_a_person_is_asked_once_in_all(stage: Stage, cast: Cast) -> None:
    book(stage)
    assert asked(stage) == 1
    book(stage, doctor="meera")
    hear(stage, "talk")
    work = stage.work()
    phone_requests.request_number(work, cast.sunrise, nina(stage).contact_id)
    work.commit()
    stage.settle()
    assert asked(stage) == 1


@pytest.mark.parametrize("phone", [PHONE, ""])
def test_whose_number_is_known_is_not_asked(stage: Stage, cast: Cast, phone: str) -> None:
    del cast
    hear(stage, "hi", phone)
    if not phone:
        hear(stage, "98765 43031")
    book(stage)
    assert asked(stage) == 0


def test_a_typed_number_is_never_written_to_and_opens_nothing(stage: Stage, cast: Cast) -> None:
    book(stage)
    hear(stage, cast.khan_user.whatsapp_number)
    hear(stage, "list")
    assert nina(stage).phone is None
    sent = stage.settle()
    assert {m.phone for m in sent} == {None}
    assert not stage.messages()[-1].name.startswith(("line/", "staff/"))
    # Dr. Khan, writing from that number for the first time, is who he always was.
    stage.hear(cast.khan_user.whatsapp_number, "list", wa_user_id="IN.KHAN")
    stage.settle()
    assert stage.messages()[-1].name.startswith("line/")


def test_the_owner_of_a_number_comes_before_who_only_typed_it(stage: Stage, cast: Cast) -> None:
    del cast
    book(stage)
    hear(stage, "98765 43031")
    stage.clock.advance(minutes=1)
    work = stage.work().within(ClinicScope("clinic_city"))
    mine = patient_changes.record_patient(work, phone=PHONE, name="Owner", given={})
    work.commit()
    assert sorted(found(stage, PHONE)) == ["Nina", "Owner"]
    work = stage.work().within(ClinicScope("clinic_city"))
    assert patient_at(work, "clinic_city", PHONE, None).patient_id == mine.patient_id
    contact, _ = identify(stage.work(), "clinic_city", PHONE, "Nina")
    assert contact.contact_id != nina(stage).contact_id


def test_a_signed_number_replaces_one_that_was_shared_by_mistake(stage: Stage, cast: Cast) -> None:
    del cast
    book(stage)
    stage.made += 1
    shared = Inbound(
        message_id="wamid.SHARED",
        sender=CITY_SENDER,
        display_number=None,
        kind="contacts",
        sent_at=stage.clock.now(),
        wa_user_id=NINA,
        own_phone=PHONE,
    )
    stage.runner.handle(shared)
    assert (nina(stage).phone, nina(stage).verified_phone) == (PHONE, False)
    stage.clock.advance(minutes=1)
    hear(stage, "hi", OTHER)
    assert (nina(stage).phone, nina(stage).verified_phone) == (OTHER, True)
    assert stage.work().get(Address, f"tel:{PHONE}") is None
    stage.clock.advance(minutes=1)
    stage.runner.handle(replace(shared, message_id="wamid.SHARED2"))
    assert nina(stage).phone == OTHER
    stage.wait(timedelta(minutes=2).total_seconds() / 60)
    assert set(numbers(stage)) == {OTHER}
