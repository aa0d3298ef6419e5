"""News of a visit by SMS, for patients who prefer that at the visit's doctor."""

from __future__ import annotations

import pytest

from domain.actions.delivery import dead_letters
from domain.actions.delivery.costs import costs_of_days
from domain.actions.line import lifecycle
from domain.actions.messages.outbox import CALLS
from domain.actions.people import consent
from domain.channel import ErrorClass, SendFailed, SendUnknown
from domain.model.clinics import Doctor
from domain.model.messages import Message, MessageStatus
from domain.model.people import Association, AssociationStatus
from domain.model.queues import Token
from tests.bookings import crowd, hold
from tests.lines import FARIDA, move, start
from tests.outbox import row, status
from tests.people import MONDAY, Cast, store, stored
from tests.preferences import prefer
from tests.sms import FakeSms, with_sms
from tests.stage import Stage

ASHA = "+919876543021"
NO_SMS = SendFailed(ErrorClass.NEVER, 21614, "That number takes no text messages.")
NO_WHATSAPP = SendFailed(ErrorClass.NEVER, 131026, "The person has no WhatsApp (error 131026).")
DOWN = SendFailed(ErrorClass.STOP, 20003, "Twilio did not accept the account (error 20003).")
BUSY = SendFailed(ErrorClass.LATER, 30001, "Twilio is overloaded (error 30001).")


def wants_sms(stage: Stage, doctor: Doctor, name: str = "Asha") -> str:
    return prefer(stage, doctor, ASHA, name, communicationMethod="SMS")


def booked(stage: Stage, cast: Cast, number: int = 1, doctor: Doctor | None = None) -> Token:
    """Book a visit of Asha's, who is not chatting; its confirmation waits to be sent."""
    return hold(stage, cast, number, doctor=doctor or cast.khan)


def last_of(stage: Stage, name: str) -> Message:
    """Return the newest message *name* to Asha, sent or not."""
    work = stage.work()
    found = work.query(
        Message, "con_asha", index="contactId-createdAt-idx", descending=True, limit=50
    ).records
    return next(m for m in found if m.name == name)


def texts(sms: FakeSms) -> list[str]:
    return [text for _, text, _ in sms.sent]


# --- Which way news goes ------------------------------------------------------------------------


def test_news_of_a_visit_goes_by_sms_to_a_patient_who_prefers_that(
    stage: Stage, cast: Cast
) -> None:
    sms = with_sms(stage)
    wants_sms(stage, cast.khan)
    booked(stage, cast)
    stage.settle()
    start(stage, cast)
    move(stage, cast)
    stage.settle()
    assert {to for to, _, _ in sms.sent} == {ASHA}
    assert texts(sms)[0].startswith("Booking confirmed: token #1 with Dr. Khan at City Medical")
    assert texts(sms)[-1].startswith("It is your turn: token #1")
    assert [m for m in stage.channel.sent if m.phone == ASHA] == []
    kept = last_of(stage, "news/your_turn")
    assert (kept.status, kept.category, kept.by_sms) == (MessageStatus.SENT, "sms", True)
    status(stage, kept, "delivered", kept.provider_id or "")
    days = costs_of_days(stage.work(), cast.clinic.clinic_id, MONDAY, MONDAY)
    assert days[MONDAY].charged == {"sms": 1}


def test_without_an_sms_provider_it_goes_by_whatsapp(stage: Stage, cast: Cast) -> None:
    wants_sms(stage, cast.khan)
    booked(stage, cast)
    assert [m.phone for m in stage.settle()] == [ASHA]


def test_without_a_phone_number_it_goes_by_whatsapp(stage: Stage, cast: Cast) -> None:
    sms = with_sms(stage)
    wants_sms(stage, cast.khan)
    contact = stored(stage.records, cast.asha_contact)
    hidden = contact.but(phone=None, wa_user_id="IN.1", told_phone="+919876543099")
    store(stage.records, hidden)
    booked(stage, cast)
    assert [m.wa_user_id for m in stage.settle()] == ["IN.1"]
    assert sms.sent == []


@pytest.mark.parametrize("doctor", ["meera", "rao"], ids=["other doctor", "other clinic"])
def test_what_is_preferred_at_another_doctors_does_not_count(
    stage: Stage, cast: Cast, doctor: str
) -> None:
    sms = with_sms(stage)
    wants_sms(stage, getattr(cast, doctor))
    booked(stage, cast)
    assert [m.phone for m in stage.settle()] == [ASHA]
    assert sms.sent == []


def test_what_another_of_the_family_prefers_does_not_count(stage: Stage, cast: Cast) -> None:
    sms = with_sms(stage)
    leela = wants_sms(stage, cast.khan, "Leela")
    booked(stage, cast)
    stage.settle()
    assert sms.sent == []
    kept = stage.work().get(Association, "doc_khan", leela)
    assert kept is not None
    assert kept.preferences == {"communicationMethod": "SMS"}


def test_an_association_that_has_ended_has_no_preference(stage: Stage, cast: Cast) -> None:
    sms = with_sms(stage)
    patient_id = wants_sms(stage, cast.khan)
    booked(stage, cast)
    work = stage.work()
    ended = work.require(Association, "doc_khan", patient_id)
    work.put(ended.but(status=AssociationStatus.INACTIVE))
    work.commit()
    stage.settle()
    assert (len(stage.channel.sent), sms.sent) == (1, [])


def test_it_is_decided_when_the_message_leaves(stage: Stage, cast: Cast) -> None:
    sms = with_sms(stage)
    booked(stage, cast)
    wants_sms(stage, cast.khan)
    stage.settle()
    assert len(sms.sent) == 1
    prefer(stage, cast.khan, ASHA, "Asha", communicationMethod="WHATSAPP")
    start(stage, cast)
    move(stage, cast)
    stage.settle()
    assert len(sms.sent) == 1


def test_who_stopped_all_messages_gets_none_by_sms(stage: Stage, cast: Cast) -> None:
    sms = with_sms(stage)
    wants_sms(stage, cast.khan)
    booked(stage, cast)
    work = stage.work()
    consent.opt_out(work, cast.clinic.clinic_id, "con_asha", has_live_token=False)
    work.commit()
    stage.settle()
    assert sms.sent == []
    assert last_of(stage, "booking/confirmed").status is MessageStatus.DROPPED


# --- A chat on WhatsApp stays there -------------------------------------------------------------


def test_who_writes_on_whatsapp_is_answered_there(stage: Stage, cast: Cast) -> None:
    sms = with_sms(stage)
    wants_sms(stage, cast.khan)
    for text in ("hi", "khan", "9:30", "status"):
        stage.hear(ASHA, text)
        stage.settle()
    names = [m.name for m in stage.messages()]
    assert names == ["booking/doctors", "booking/slots", "booking/confirmed", "mine/status"]
    assert sms.sent == []
    start(stage, cast)
    move(stage, cast)
    stage.settle()
    assert texts(sms)[-1].startswith("It is your turn")
    stage.hear(ASHA, "status")
    stage.settle()
    assert stage.messages()[-1].name == "mine/status"


def test_who_wrote_since_the_news_was_written_gets_it_on_whatsapp(stage: Stage, cast: Cast) -> None:
    sms = with_sms(stage)
    wants_sms(stage, cast.khan)
    booked(stage, cast)
    stage.clock.advance(1)
    stage.hear(ASHA, "status")
    assert len(stage.settle()) == 2
    assert sms.sent == []


def test_a_question_stays_on_whatsapp(stage: Stage, cast: Cast) -> None:
    sms = with_sms(stage)
    wants_sms(stage, cast.khan)
    booked(stage, cast)
    start(stage, cast)
    for _ in range(2):
        move(stage, cast)
    stage.wait(26 * 60)
    assert "news/rate" in [m.name for m in stage.messages()]
    assert not any("How was the visit" in text for text in texts(sms))


# --- An SMS that fails --------------------------------------------------------------------------


def test_an_sms_refused_for_good_goes_by_whatsapp_once(stage: Stage, cast: Cast) -> None:
    sms = with_sms(stage)
    wants_sms(stage, cast.khan)
    booked(stage, cast)
    sms.failures.append(NO_SMS)
    assert [m.phone for m in stage.settle()] == [ASHA]
    kept = last_of(stage, "booking/confirmed")
    assert (kept.status, kept.by_sms, kept.failure) == (MessageStatus.SENT, False, None)
    assert kept.category != "sms"


def test_what_neither_way_takes_ends(stage: Stage, cast: Cast) -> None:
    sms = with_sms(stage)
    wants_sms(stage, cast.khan)
    booked(stage, cast)
    sms.failures.append(NO_SMS)
    stage.channel.failures.append(NO_WHATSAPP)
    stage.wait(10)
    kept = last_of(stage, "booking/confirmed")
    assert (kept.status, kept.failure) == (MessageStatus.FAILED, NO_WHATSAPP.reason)
    assert (stage.channel.sent, sms.sent) == ([], [])


def test_a_call_that_neither_way_takes_is_told_to_the_desk(stage: Stage, cast: Cast) -> None:
    sms = with_sms(stage)
    wants_sms(stage, cast.khan)
    booked(stage, cast)
    start(stage, cast)
    stage.settle()
    move(stage, cast)
    before = len(sms.sent)
    sms.failures.append(NO_SMS)
    stage.channel.failures.append(NO_WHATSAPP)
    assert [m.phone for m in stage.settle()] == [cast.khan.whatsapp_number]
    assert stage.messages()[-1].name == "desk/unheard"
    stage.wait(5)
    assert len(sms.sent) == before


def test_an_sms_that_was_taken_and_did_not_arrive_goes_by_whatsapp(
    stage: Stage, cast: Cast
) -> None:
    with_sms(stage)
    wants_sms(stage, cast.khan)
    booked(stage, cast)
    stage.settle()
    message = last_of(stage, "booking/confirmed")
    status(stage, message, "failed", "SM1", failure=NO_SMS)
    assert [m.phone for m in stage.settle()] == [ASHA]
    kept = row(stage, message)
    assert (kept.status, kept.provider_id) == (MessageStatus.SENT, "wamid.1")
    assert kept.category != "sms"
    status(stage, message, "failed", "SM1", failure=NO_SMS)
    assert stage.settle() == []


def test_an_sms_that_has_to_wait_goes_by_whatsapp_after_some_tries(
    stage: Stage, cast: Cast
) -> None:
    sms = with_sms(stage)
    wants_sms(stage, cast.khan)
    booked(stage, cast)
    sms.failures.extend([BUSY] * 5)
    stage.wait(1)
    assert (len(stage.channel.sent), len(sms.failures)) == (1, 2)


def test_an_sms_without_an_answer_goes_by_whatsapp_in_the_end(stage: Stage, cast: Cast) -> None:
    sms = with_sms(stage)
    wants_sms(stage, cast.khan)
    booked(stage, cast)
    sms.failures.extend([SendUnknown("?")] * 20)
    stage.wait(60)
    assert (len(stage.channel.sent), len(sms.failures)) == (1, 14)
    assert last_of(stage, "booking/confirmed").status is MessageStatus.SENT


def test_while_sms_cannot_be_sent_news_goes_by_whatsapp_at_once(stage: Stage, cast: Cast) -> None:
    sms = with_sms(stage)
    wants_sms(stage, cast.khan)
    booked(stage, cast)
    sms.failures.extend([DOWN] * 2)
    stage.settle()
    booked(stage, cast, 2, cast.meera)
    start(stage, cast)
    move(stage, cast)
    stage.settle()
    assert len(sms.failures) == 1, "it was not tried again so soon"
    assert {m.by_sms for m in stage.messages()} == {False}
    assert stage.messages()[-1].name == "news/your_turn"


def test_a_call_by_sms_that_nothing_confirms_goes_by_whatsapp_too(stage: Stage, cast: Cast) -> None:
    sms = with_sms(stage)
    wants_sms(stage, cast.khan)
    booked(stage, cast)
    start(stage, cast)
    move(stage, cast)
    stage.settle()
    assert texts(sms)[-1].startswith("It is your turn")
    told = stage.wait(CALLS["news/your_turn"] / 60 + 0.1)
    assert [m.phone for m in told] == [ASHA]
    assert stage.messages()[-1].name == "news/your_turn"


def test_progress_that_goes_its_other_way_does_not_count_as_told(stage: Stage, cast: Cast) -> None:
    sms = with_sms(stage)
    wants_sms(stage, cast.khan)
    crowd(stage, cast, 8)
    booked(stage, cast, 9)
    start(stage, cast)
    stage.settle()
    sms.failures.append(NO_SMS)
    for _ in range(5):
        move(stage, cast)
    stage.settle()
    assert not sms.failures
    kept = last_of(stage, "news/progress")
    assert (kept.status, kept.by_sms, kept.sms_first) == (MessageStatus.SENT, False, True)


def test_a_message_that_is_replayed_goes_by_sms_first_again(stage: Stage, cast: Cast) -> None:
    sms = with_sms(stage)
    wants_sms(stage, cast.khan)
    booked(stage, cast)
    sms.failures.append(NO_SMS)
    stage.channel.failures.append(NO_WHATSAPP)
    stage.settle()
    work = stage.work()
    dead_letters.replay(work, last_of(stage, "booking/confirmed").message_id)
    work.commit()
    stage.settle()
    assert len(sms.sent) == 1


def test_a_closed_day_says_by_sms_what_to_write_on_whatsapp(stage: Stage, cast: Cast) -> None:
    sms = with_sms(stage)
    wants_sms(stage, cast.meera)
    stage.pay(hold(stage, cast, 1))
    start(stage, cast, doctor=cast.meera)
    stage.settle()
    stage.on_line(lifecycle.close, cast.clinic, cast.meera, FARIDA, "CLOSED_BY_STAFF")
    stage.clock.advance(1)  # nobody is told before
    stage.settle()
    assert texts(sms)[-1].endswith("write on WhatsApp: Choose another day / Refund")
    stage.hear(ASHA, "refund")
    stage.settle()
    assert stage.messages()[-1].name == "mine/money_back"
