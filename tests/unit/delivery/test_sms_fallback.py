"""Messages that must arrive where WhatsApp fails: by SMS, or as an alert to the desk."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.actions.delivery import states
from domain.actions.messages.outbox import CALLS, Draft, send
from domain.channel import ErrorClass, SendFailed, SendUnknown
from domain.model.messages import Message, MessageStatus
from domain.model.people import Contact
from tests.outbox import row, status
from tests.people import CITY_SENDER, Cast, a_user, store, stored
from tests.sms import with_sms
from tests.stage import Stage

ASHA = "+919876543021"
NO_WHATSAPP = SendFailed(ErrorClass.NEVER, 131026, "The person has no WhatsApp (error 131026).")
DOWN = SendFailed(ErrorClass.STOP, 190, "The access token has run out (error 190).")
BUSY = SendFailed(ErrorClass.LATER, 131016, "WhatsApp is overloaded (error 131016).")


def code(stage: Stage, purpose: str = "LOGIN") -> Message:
    work = stage.work()
    message = send(
        work,
        Draft(
            "account/code",
            to="con_asha",
            clinic=None,
            values={"purpose": purpose},
            secrets={"code": "482913"},
            helps_until=work.now + timedelta(minutes=5),
        ),
    )
    work.commit()
    return message


# --- Codes --------------------------------------------------------------------------------------


@pytest.mark.parametrize("trouble", [NO_WHATSAPP, DOWN], ids=["no WhatsApp", "number down"])
def test_a_code_whatsapp_refuses_goes_by_text_message_at_once(
    stage: Stage, trouble: SendFailed
) -> None:
    sms = with_sms(stage)
    message = code(stage)
    stage.channel.failures.append(trouble)
    stage.settle()
    said = "Your PulseOps login OTP is: 482913. Valid for 5 minutes."
    assert sms.sent == [(ASHA, said, message.message_id)]
    assert stage.channel.sent == []
    kept = row(stage, message)
    assert (kept.status, kept.sealed, kept.category) == (MessageStatus.SENT, None, "sms")


@pytest.mark.parametrize(
    ("purpose", "said"),
    [
        ("REGISTRATION", "Welcome to PulseOps! Your clinic registration OTP is: 482913."),
        ("PASSWORD RESET", "Your PulseOps password reset OTP is: 482913."),
        ("CLINIC NUMBER", "Your PulseOps OTP is: 482913."),
    ],
)
def test_a_text_message_says_what_the_code_is_for(stage: Stage, purpose: str, said: str) -> None:
    sms = with_sms(stage)
    code(stage, purpose)
    stage.channel.failures.append(NO_WHATSAPP)
    stage.settle()
    assert sms.sent[0][1] == f"{said} Valid for 5 minutes."


def test_a_code_waits_some_seconds_for_whatsapp_and_no_longer(stage: Stage) -> None:
    sms = with_sms(stage)
    code(stage)
    stage.channel.failures.extend([BUSY] * 5)
    stage.settle()
    assert sms.sent == []
    stage.wait(0.2)
    assert len(sms.sent) == 1
    assert len(stage.channel.failures) == 2


def test_while_the_number_is_down_codes_do_not_wait_for_it(stage: Stage) -> None:
    sms = with_sms(stage)
    code(stage)
    stage.channel.failures.extend([DOWN] * 2)
    stage.settle()
    code(stage)
    stage.settle()
    assert len(sms.sent) == 2
    assert len(stage.channel.failures) == 1, "the number was not asked again"


def test_without_text_messages_a_code_ends_with_the_reason(stage: Stage) -> None:
    message = code(stage)
    stage.channel.failures.append(NO_WHATSAPP)
    stage.settle()
    assert row(stage, message).status is MessageStatus.FAILED
    assert row(stage, message).failure == NO_WHATSAPP.reason


def test_a_code_that_failed_after_it_was_taken_sends_the_next_one_by_text_message(
    stage: Stage,
) -> None:
    sms = with_sms(stage)
    first = code(stage)
    stage.settle()
    status(stage, first, "failed", "wamid.1", failure=NO_WHATSAPP)
    assert row(stage, first).status is MessageStatus.FAILED
    code(stage)
    stage.settle()
    assert (len(stage.channel.sent), len(sms.sent)) == (1, 1)
    stage.clock.advance(days=31)
    code(stage)
    stage.settle()
    assert len(stage.channel.sent) == 2, "by and by WhatsApp is tried again"


def test_who_has_written_on_whatsapp_since_gets_codes_there_again(stage: Stage) -> None:
    sms = with_sms(stage)
    work = stage.work()
    asha = work.get(Contact, "con_asha")
    assert asha is not None
    work.put(asha.but(whatsapp_failed_at=work.now - timedelta(minutes=1)))
    work.commit()
    stage.hear(ASHA, "hi", sender=stage.parts.rules.platform_sender)
    code(stage)
    stage.settle()
    assert sms.sent == []


@pytest.mark.parametrize("trouble", [SendUnknown("?"), BUSY, NO_WHATSAPP])
def test_text_messages_have_the_same_truth(stage: Stage, trouble: SendFailed | SendUnknown) -> None:
    sms = with_sms(stage)
    message = code(stage)
    stage.channel.failures.append(NO_WHATSAPP)
    sms.failures.append(trouble)
    stage.wait(1)
    kept = row(stage, message)
    if trouble is NO_WHATSAPP:
        assert (kept.status, kept.failure) == (MessageStatus.FAILED, NO_WHATSAPP.reason)
        assert kept.sealed is None
    else:
        assert (kept.status, len(sms.sent)) == (MessageStatus.SENT, 1)


def test_what_whatsapp_says_of_its_own_attempt_does_not_end_the_text_message(stage: Stage) -> None:
    sms = with_sms(stage)
    message = code(stage)
    stage.channel.failures.append(SendUnknown("?"))
    stage.settle()
    status(stage, message, "failed", "wamid.7", failure=NO_WHATSAPP)
    status(stage, message, "failed", "wamid.7", failure=NO_WHATSAPP)
    stage.settle()
    assert len(sms.sent) == 1
    status(stage, message, "failed", "wamid.7", failure=NO_WHATSAPP)
    assert row(stage, message).status is MessageStatus.SENT
    status(stage, message, "delivered", "SM1")
    assert row(stage, message).status is MessageStatus.DELIVERED


def test_more_by_sms_is_allowed_after_all_of_whatsapps_tries(stage: Stage) -> None:
    message = Message(
        message_id="m", sender="s", contact_id="c", clinic_id=None, name="account/code",
        created_at=stage.clock.now(), updated_at=stage.clock.now(),
    )  # fmt: skip
    more = states.most_attempts(message.but(by_sms=True))
    assert more > states.most_attempts(message)


# --- Calls in -----------------------------------------------------------------------------------


def a_call(stage: Stage, cast: Cast) -> Message:
    """Call Asha in while her phone is off; return the message."""
    stage.phones_on = False
    stage.hear(ASHA, "hi", name="Asha")
    stage.hear(ASHA, "khan")
    stage.hear(ASHA, "1")
    stage.hear(cast.khan_user.whatsapp_number, "start")
    stage.clock.advance(1)
    stage.hear(cast.khan_user.whatsapp_number, "next")
    stage.settle()
    found = [m for m in stage.messages() if m.name == "news/your_turn"]
    assert found
    return found[-1]


def after_the_call(stage: Stage) -> list[str]:
    """Return the names of the messages sent once the call-in should have arrived."""
    before = len(stage.channel.sent)
    stage.wait(CALLS["news/your_turn"] / 60 + 0.1)
    return [m.name for m in stage.messages()[before:]]


def test_a_call_that_does_not_arrive_goes_by_text_message(stage: Stage, cast: Cast) -> None:
    sms = with_sms(stage)
    message = a_call(stage, cast)
    after_the_call(stage)
    assert [to for to, _, _ in sms.sent] == [ASHA]
    assert sms.sent[0][1].startswith("It is your turn: token #")
    assert row(stage, message).status is MessageStatus.SENT


def test_without_text_messages_who_runs_the_line_is_told_once(stage: Stage, cast: Cast) -> None:
    message = a_call(stage, cast)
    assert after_the_call(stage) == ["desk/unheard"]
    assert "has not reached their phone" in stage.channel.sent[-1].text
    assert stage.channel.sent[-1].phone == cast.khan.whatsapp_number
    status(stage, message, "failed", message.provider_id or "", failure=NO_WHATSAPP)
    assert stage.settle() == []


def test_a_patient_is_not_named_to_a_doctors_number_that_nobody_has_proven(
    stage: Stage, cast: Cast
) -> None:
    a_call(stage, cast)
    store(stage.records, stored(stage.records, cast.khan_user).but(proven=False))
    assert after_the_call(stage) == ["desk/unheard"]
    assert stage.channel.sent[-1].phone == cast.farida.whatsapp_number
    assert stage.wait(30) == []


def test_where_no_staff_can_be_told_nobody_is_nor_another_doctor(stage: Stage, cast: Cast) -> None:
    a_call(stage, cast)
    for user in (cast.khan_user, cast.farida):
        store(stage.records, stored(stage.records, user).but(proven=False))
    assert after_the_call(stage) == []


def test_every_admin_is_told_in_the_place_of_the_doctor(stage: Stage, cast: Cast) -> None:
    gita = a_user(cast.clinic, "usr_gita", "Gita Sen", "+919876543055")
    a_call(stage, cast)
    store(stage.records, stored(stage.records, cast.khan_user).but(proven=False), gita)
    assert after_the_call(stage) == ["desk/unheard", "desk/unheard"]
    told = {o.phone for o in stage.channel.sent[-2:]}
    assert told == {cast.farida.whatsapp_number, gita.whatsapp_number}


def test_a_call_that_fails_is_told_at_once(stage: Stage, cast: Cast) -> None:
    message = a_call(stage, cast)
    status(stage, message, "failed", message.provider_id or "", failure=NO_WHATSAPP)
    assert [o.phone for o in stage.settle()] == [cast.khan.whatsapp_number]
    assert after_the_call(stage) == []


@pytest.mark.parametrize("word", ["delivered", "read"])
def test_a_call_that_arrived_troubles_nobody(stage: Stage, cast: Cast, word: str) -> None:
    sms = with_sms(stage)
    message = a_call(stage, cast)
    status(stage, message, word, message.provider_id or "")
    assert after_the_call(stage) == []
    assert sms.sent == []


def test_a_call_that_is_over_troubles_nobody(stage: Stage, cast: Cast) -> None:
    sms = with_sms(stage)
    a_call(stage, cast)
    stage.clock.advance(seconds=6)
    stage.hear(cast.khan_user.whatsapp_number, "next")
    stage.settle()
    assert "desk/unheard" not in after_the_call(stage)
    assert sms.sent == []


def test_a_text_message_that_fails_is_told_to_the_desk(stage: Stage, cast: Cast) -> None:
    sms = with_sms(stage)
    a_call(stage, cast)
    sms.failures.append(NO_WHATSAPP)
    assert after_the_call(stage) == ["desk/unheard"]


def test_a_delivery_that_comes_late_stops_a_text_message_not_sent_yet(
    stage: Stage, cast: Cast
) -> None:
    sms = with_sms(stage)
    message = a_call(stage, cast)
    stage.clock.advance(seconds=CALLS["news/your_turn"])
    for shard in range(10):
        stage.due_runner.run(f"{shard:02d}")
    assert row(stage, message).by_sms
    status(stage, message, "delivered", message.provider_id or "")
    stage.settle()
    assert sms.sent == []
    assert row(stage, message).status is MessageStatus.DELIVERED
    assert message.sender == CITY_SENDER
