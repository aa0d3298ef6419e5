"""A WhatsApp account whose number was not known turns out to be somebody a clinic knows."""

from __future__ import annotations

from domain.model.conversations import Conversation
from domain.model.people import Address, Contact, OptOut, Patient
from domain.model.queues import LiveBooking, Token
from flows.inbound import Inbound
from tests.people import CITY_SENDER, Cast
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
