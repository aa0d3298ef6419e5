"""A WhatsApp account whose number was not known turns out to be somebody a clinic knows."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain import actors
from domain.actions.booking import booking
from domain.actions.people import directory, merge
from domain.model.conversations import Conversation
from domain.model.people import (
    Address,
    Association,
    ClinicPatient,
    Contact,
    DirectoryEntry,
    OptOut,
    Patient,
)
from domain.model.queues import Hold, LiveBooking, Token
from flows.inbound import Inbound
from tests.due import due_items
from tests.people import CITY_SENDER, MONDAY, Cast, store
from tests.stage import Stage

NINA, PHONE = "IN.55501", "+919876543031"


def book_by_account(stage: Stage) -> str:
    """Let a person without a known number book with Dr. Khan; return their contact."""
    for words in ("hi", "khan", "1", "Nina"):
        stage.hear("", words, wa_user_id=NINA)
    stage.settle()
    work = stage.work()
    found = work.get(Address, f"wa:{NINA}")
    assert found is not None
    return found.contact_id


def recorded_by_staff(stage: Stage, cast: Cast) -> Contact:
    """Let staff record a walk-in at the number; return the contact it made."""
    stage.hear(cast.khan_user.whatsapp_number, f"add {PHONE} Nina")
    stage.settle()
    contact = stage.work().get(Contact, stage.contact_id(PHONE))
    assert contact is not None
    return contact


def test_bookings_patients_and_the_talk_go_to_the_person_the_clinic_knows(
    stage: Stage, cast: Cast
) -> None:
    account = book_by_account(stage)
    known = recorded_by_staff(stage, cast)
    assert known.contact_id != account
    [booked] = stage.work().query(LiveBooking, account).records
    stage.hear(PHONE, "status", wa_user_id=NINA)
    work = stage.work()
    merged = work.get(Contact, known.contact_id)
    assert merged is not None
    assert (merged.wa_user_id, merged.phone, merged.verified_phone) == (NINA, PHONE, True)
    assert work.query(LiveBooking, account).records == []
    assert len(work.query(LiveBooking, known.contact_id).records) == 2
    token = work.get(Token, booked.queue_id, booked.token_id)
    assert token is not None
    assert (token.contact_id, token.patient_phone) == (known.contact_id, PHONE)
    patients = [work.get(Patient, p) for p in merged.patient_ids]
    assert {p.contact_id for p in patients if p} == {known.contact_id}
    assert work.get(Conversation, f"{CITY_SENDER}#{account}") is None
    assert "Which booking" in stage.settle()[-1].text or stage.messages()[-1].options


def test_who_stopped_messages_has_stopped_them_still(stage: Stage, cast: Cast) -> None:
    account = book_by_account(stage)
    stage.hear("", "stop", wa_user_id=NINA)
    work = stage.work()
    contact = work.get(Contact, account)
    assert contact is not None
    work.put(contact.but(last_clinic_id=cast.clinic.clinic_id))
    work.commit()
    known = recorded_by_staff(stage, cast)
    stage.hear(PHONE, "hi", wa_user_id=NINA)
    assert stage.work().get(OptOut, cast.clinic.clinic_id, known.contact_id) is not None


def test_a_number_that_was_shared_on_request_is_kept_but_proves_nothing(
    stage: Stage, cast: Cast
) -> None:
    account = book_by_account(stage)

    def share(number: str) -> None:
        stage.made += 1
        stage.runner.handle(
            Inbound(
                message_id=f"wamid.SHARED{stage.made}",
                sender=CITY_SENDER,
                display_number=None,
                kind="contacts",
                sent_at=stage.clock.now(),
                wa_user_id=NINA,
                own_phone=number,
            )
        )

    def phone() -> tuple[str | None, bool]:
        contact = stage.work().get(Contact, account)
        assert contact is not None
        return contact.phone, contact.verified_phone

    share("+919876543021")
    assert phone() == (None, False), "somebody else's stays theirs"
    share(cast.khan_user.whatsapp_number)
    assert phone() == (cast.khan_user.whatsapp_number, False)
    stage.hear("", "list", wa_user_id=NINA)
    stage.settle()
    assert not stage.messages()[-1].name.startswith(("line/", "staff/"))


def merged_contact(stage: Stage) -> Contact:
    contact = stage.work().get(Contact, stage.contact_id(PHONE))
    assert contact is not None
    assert contact.wa_user_id == NINA
    return contact


def shown(stage: Stage) -> set[str | None]:
    """Return the numbers that City Medical Center and its doctors are shown of the person."""
    work = stage.work()
    found: set[str | None] = set()
    for patient_id in merged_contact(stage).patient_ids:
        patient = work.get(Patient, patient_id)
        record = work.get(ClinicPatient, "clinic_city", patient_id)
        assert patient is not None
        assert record is not None
        found |= {patient.patient_phone, record.patient_phone}
        for doctor_id in record.doctor_ids:
            own = work.get(Association, doctor_id, patient_id)
            found |= {own.patient_phone} if own else set()
        for owner in ("clinic_city", *record.doctor_ids):
            entries = [
                e for e in work.query(DirectoryEntry, owner).records if e.patient_id == patient_id
            ]
            found |= {e.patient_phone for e in entries}
            assert [
                e.entry.split(directory.SEPARATOR)[1]
                for e in entries
                if e.entry.startswith("phone")
            ]
    return found


@pytest.mark.parametrize("first", ["account", "desk"])
def test_the_desk_sees_the_number_and_finds_the_person_by_it_whoever_knew_them_first(
    stage: Stage, cast: Cast, first: str
) -> None:
    if first == "account":
        book_by_account(stage)
        recorded_by_staff(stage, cast)
    else:
        recorded_by_staff(stage, cast)
        book_by_account(stage)
    stage.hear(PHONE, "status", wa_user_id=NINA)
    assert shown(stage) == {PHONE}
    found = directory.find_by_name(
        stage.work(), actors.Caller("clinic_city", None), "", PHONE, 10, None
    )
    assert {p.patient_id for p in found.entries} == set(merged_contact(stage).patient_ids)
    assert {t.patient_phone for t in stage.tokens(PHONE)} == {PHONE}
    stage.wait(2)
    assert shown(stage) == {PHONE}


def test_a_number_that_was_typed_before_is_forgotten_with_the_merging(
    stage: Stage, cast: Cast
) -> None:
    account = book_by_account(stage)
    stage.hear("", "98765 43055", wa_user_id=NINA)
    recorded_by_staff(stage, cast)
    stage.hear(PHONE, "status", wa_user_id=NINA)
    assert shown(stage) == {PHONE}
    assert merged_contact(stage).told_phone is None
    left = stage.work().get(Contact, account)
    assert left is not None
    assert (left.number, left.patient_ids) == (None, ())
    found = directory.find_by_name(
        stage.work(), actors.Caller("clinic_city", None), "", "+919876543055", 10, None
    )
    assert found.total == 0


def test_many_bookings_and_holds_follow_some_at_a_time_and_once(stage: Stage, cast: Cast) -> None:
    account = book_by_account(stage)
    work = stage.work()
    contact = work.get(Contact, account)
    patient = work.get(Patient, contact.patient_ids[0]) if contact else None
    assert contact is not None
    assert patient is not None
    work = stage.work()
    for n in range(1, 4):
        day = MONDAY + timedelta(days=n)
        booking.hold(work, cast.clinic, cast.khan, contact, patient, day, 1)
        booking.hold(work, cast.clinic, cast.meera, contact, patient, day, 1)
    work.commit()
    known = recorded_by_staff(stage, cast)
    stage.hear(PHONE, "hi", wa_user_id=NINA)
    [item] = due_items(stage, "merged")
    stage.settle()
    work = stage.work()
    for kind in (LiveBooking, Hold):
        assert work.query(kind, account).records == []
    tokens = stage.tokens(PHONE)
    # Of a patient's unpaid holds with one doctor the last one stands.
    assert len(tokens) == len(work.query(LiveBooking, known.contact_id).records)
    assert len(work.query(Hold, known.contact_id).records) == 1
    assert {(t.contact_id, t.patient_phone) for t in tokens} == {(known.contact_id, PHONE)}
    store(stage.records, item.but(version=0))
    merge.continue_merge(stage.work, item.but(version=1))
    assert stage.tokens(PHONE) == tokens
    # A hold that was moved is paid for like any other.
    [held] = [t for t in tokens if t.payment_id]
    stage.pay(held)
    stage.settle()
    assert stage.token(held).status == "CONFIRMED"
    assert stage.work().query(Hold, known.contact_id).records == []
