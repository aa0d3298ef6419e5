"""What a sentence tells of a booking: names wait for a yes, and nothing of health is in clear."""

from __future__ import annotations

import re
from datetime import date, timedelta

import msgspec
import pytest

from domain.actions.booking.complaints import complaint_of
from domain.actions.people import profile
from domain.model.conversations import Conversation
from domain.model.messages import Message
from domain.model.people import ClinicPatient, Patient, Profile
from domain.model.queues import Token
from flows.turn import SECRETS_LAST
from tests.people import CITY_SENDER, MONDAY, Cast, stored
from tests.stage import Stage

pytestmark = pytest.mark.usefixtures("cast")
ASHA, KHAN = "+919876543021", "+919876543012"


def say(stage: Stage, *texts: str, phone: str = ASHA) -> str:
    """Let Asha, or who has *phone*, say *texts*; return the name of the last answer to her."""
    for text in texts:
        stage.hear(phone, text, name="Asha" if phone == ASHA else None)
        stage.clock.advance(seconds=3)
        stage.settle()
    own = [m for m in stage.messages() if m.contact_id == stage.contact_id(phone)]
    return own[-1].name


def words(stage: Stage) -> str:
    """Return what the last message said."""
    return stage.channel.sent[-1].text


def the_token(stage: Stage) -> Token:
    (token,) = stage.tokens(ASHA)
    return token


def facts(stage: Stage) -> Profile:
    work, token = stage.work(), the_token(stage)
    record = work.require(ClinicPatient, "clinic_city", token.patient_id)
    return profile.unseal(work, record.facts)


def conversation(stage: Stage) -> Conversation:
    return stage.work().require(Conversation, f"{CITY_SENDER}#{stage.contact_id(ASHA)}")


BOOKED = ("hi", "1", "1")
"""A booking with Dr. Khan, confirmed at once."""


# Age and sex


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ("Ravi Kumar, 34, male", Profile(age=34, age_on=MONDAY, gender="MALE")),
        ("Riya 5 years", Profile(age=5, age_on=MONDAY)),
        ("रिया, 5 साल, लड़की", Profile(age=5, age_on=MONDAY, gender="FEMALE")),
        ("Ravi Kumar", Profile()),
    ],
)
def test_what_is_told_where_a_name_is_asked_for_is_recorded(
    stage: Stage, answer: str, told: Profile
) -> None:
    say(stage, "help", "book for my father", answer, "1", "1")
    assert facts(stage) == told


def test_what_is_told_in_a_proposal_is_recorded(stage: Stage) -> None:
    say(stage, "book Dr Khan for Riya, 5 years, tomorrow 11 am")
    assert say(stage, "yes") == "booking/confirmed"
    assert the_token(stage).patient_name == "Riya"
    assert facts(stage) == Profile(age=5, age_on=MONDAY)


def test_it_is_recorded_when_the_advance_is_paid(stage: Stage) -> None:
    say(stage, "book Dr Meera for Riya, 5 years, tomorrow 11 am", "yes")
    stage.pay(the_token(stage))
    assert facts(stage).age == 5


# Names


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("name Ravi Kumar", "Ravi Kumar"),
        ("my name is Ravi", "Ravi"),
        ("naam Ravi Kumar", "Ravi Kumar"),
        ("नाम रवि कुमार", "रवि कुमार"),
        ("मरीज का नाम रिया है", "रिया"),
        ("name is wrong, it is Ravi", "Ravi"),
        ("naam galat hai, Ravi hai", "Ravi"),
        ("naam galat hai, ravi hai", "ravi"),
        ("the name should be Xenia Quist", "Xenia Quist"),
        ("correct name Ravi Kumar please", "Ravi Kumar"),
        ("for Riya", "Riya"),
        ("patient name Riya age 5 fever since 2 days", "Riya"),
    ],
)
def test_a_name_for_a_booking_is_asked_about_and_changes_nothing(
    stage: Stage, text: str, name: str
) -> None:
    say(stage, *BOOKED)
    assert say(stage, text) == "mine/rename"
    assert stage.messages()[-1].values["named"] == name
    assert the_token(stage).patient_name == "Asha"
    assert say(stage, "yes") == "mine/renamed"
    assert the_token(stage).patient_name == name
    assert conversation(stage).wish is None


@pytest.mark.parametrize(
    "text",
    ["name", "wrong name", "name is wrong", "change my name", "naam galat hai", "नाम गलत है",
     "wrong name entered", "please correct the name", "the name is wrong sir",
     "spelling galat hai"],
)  # fmt: skip
def test_a_wrong_name_without_the_right_one_is_asked_for(stage: Stage, text: str) -> None:
    say(stage, *BOOKED)
    assert say(stage, text) == "mine/which_name"


@pytest.mark.parametrize(
    ("answer", "name"),
    [("ravi kumar", "Ravi Kumar"), ("Xenia Quist, 34", "Xenia Quist"), ("नाम रवि", "रवि")],
)
def test_where_the_right_name_is_asked_for_it_is_enough(
    stage: Stage, answer: str, name: str
) -> None:
    say(stage, *BOOKED, "name is wrong")
    assert say(stage, answer) == "mine/rename"
    assert stage.messages()[-1].values["named"].casefold() == name.casefold()


@pytest.mark.parametrize("text", ["is there parking for Bikes?", "ok", "asdf qwer"])
def test_what_is_no_name_is_not_taken_for_one(stage: Stage, text: str) -> None:
    say(stage, *BOOKED)
    assert not say(stage, text).startswith("mine/")
    assert conversation(stage).wish is None


def test_no_leaves_the_name_and_forgets_the_other(stage: Stage) -> None:
    say(stage, *BOOKED, "name Ravi")
    assert conversation(stage).wish is not None
    assert say(stage, "no") == "mine/status"
    assert (the_token(stage).patient_name, conversation(stage).wish) == ("Asha", None)


def test_a_name_that_waits_is_not_that_of_the_next_booking(stage: Stage) -> None:
    say(stage, *BOOKED, "name Ravi")
    stage.hear(ASHA, kind="tap", choice="doc:doc_meera", name="Asha")
    stage.settle()
    assert say(stage, "2") == "booking/pay"
    assert {t.patient_name for t in stage.tokens(ASHA)} == {"Asha"}


@pytest.mark.parametrize("choice", ["renamed:{}", "rename:{}"])
def test_an_old_choice_of_a_name_that_is_forgotten_asks_for_it(stage: Stage, choice: str) -> None:
    say(stage, *BOOKED)
    stage.hear(ASHA, kind="tap", choice=choice.format(the_token(stage).token_id), name="Asha")
    stage.settle()
    assert stage.messages()[-1].name == "mine/which_name"


def test_an_old_yes_to_a_booking_that_is_over_is_refused(stage: Stage) -> None:
    say(stage, *BOOKED, "name Ravi")
    yes = f"renamed:{the_token(stage).token_id}"
    say(stage, "cancel", "yes")
    stage.hear(ASHA, kind="tap", choice=yes, name="Asha")
    stage.settle()
    assert stage.messages()[-1].name == "mine/not_now"


@pytest.mark.parametrize("text", ["name is wrong", "my name is Ravi", "fever since 2 days"])
def test_without_a_booking_a_doctor_is_chosen(stage: Stage, text: str) -> None:
    assert say(stage, "help", text) == "booking/doctors"


def test_where_nobody_can_be_booked_that_is_said(stage: Stage, cast: Cast) -> None:
    work = stage.work()
    for doctor in (cast.khan, cast.meera):
        work.put(stored(stage.records, doctor).but(status="INACTIVE"))
    work.commit()
    assert say(stage, "help", "fever since 2 days") == "booking/no_doctors"


def test_a_name_told_before_a_booking_is_that_of_the_booking(stage: Stage) -> None:
    say(stage, "help", "my name is Ravi Menon", "1", "1")
    assert the_token(stage).patient_name == "Ravi Menon"


def test_the_doctor_reads_the_new_name(stage: Stage) -> None:
    say(stage, *BOOKED, "name Ravi", "yes")
    say(stage, "list", phone=KHAN)
    assert "#1 Ravi," in words(stage)


# What a visit is for


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("fever since 2 days", "fever since 2 days"),
        ("Hello, bukhar hai 3 din se please!!", "bukhar hai 3 din se"),
        ("मुझे बुखार है।", "मुझे बुखार है"),
        ("मेरे बेटे को बुखार है", "मेरे बेटे को बुखार है"),
    ],
)
def test_it_is_kept_in_the_patients_words(stage: Stage, text: str, kept: str) -> None:
    say(stage, *BOOKED)
    assert say(stage, text) == "mine/noted"
    assert complaint_of(stage.work(), the_token(stage)) == kept
    assert kept in words(stage)


def test_it_is_kept_with_a_name_when_yes_is_said(stage: Stage) -> None:
    say(stage, *BOOKED, "fever since 2 days, patient name Riya age 5 please")
    assert the_token(stage).complaint is None
    say(stage, "yes")
    assert complaint_of(stage.work(), the_token(stage)) == "fever since 2 days"
    assert facts(stage).age == 5


def test_with_the_right_name_it_is_kept_at_once(stage: Stage) -> None:
    say(stage, *BOOKED)
    assert say(stage, "patient name Asha age 40 fever") == "mine/noted"
    assert complaint_of(stage.work(), the_token(stage)) == "fever"
    assert facts(stage).age == 40
    assert say(stage, "patient name Asha") == "mine/status"


def test_what_is_told_while_booking_goes_with_the_booking(stage: Stage) -> None:
    say(stage, "hi", "1")
    assert say(stage, "fever since 2 days") == "booking/slots"
    say(stage, "cough", "1")
    assert complaint_of(stage.work(), the_token(stage)) == "fever since 2 days; cough"


def test_an_old_choice_of_a_visit_shows_the_booking(stage: Stage) -> None:
    say(stage, *BOOKED)
    choice = f"symptom:{the_token(stage).token_id}"
    stage.hear(ASHA, kind="tap", choice=choice, name="Asha")
    stage.settle()
    assert stage.messages()[-1].name == "mine/status"


def test_nothing_of_it_is_stored_in_clear(stage: Stage) -> None:
    say(stage, *BOOKED, "patient name Riya age 57 fever since 2 days")
    asked = msgspec.json.encode([conversation(stage), *stage.messages()]).decode()
    assert not re.search("fever|Riya age|: ?57", asked)
    assert "Riya" not in msgspec.json.encode(conversation(stage)).decode()
    say(stage, "yes", "cough")
    say(stage, "start", "next", "list", phone=KHAN)
    assert "fever since 2 days; cough" in "".join(m.text for m in stage.channel.sent)
    kept = [the_token(stage), conversation(stage), *stage.messages()]
    assert not re.search("fever|cough", msgspec.json.encode(kept).decode())


def test_the_line_goes_on_where_it_cannot_be_read(stage: Stage) -> None:
    say(stage, *BOOKED, "fever")
    work = stage.work()
    work.put(the_token(stage).but(complaint="gone.AAAA"))
    work.commit()
    say(stage, "list", phone=KHAN)
    assert words(stage).count("#1 Asha") == 1
    say(stage, "start", "next", phone=KHAN)
    assert "Now serving: #1 Asha\n" in words(stage)


def test_a_question_that_is_put_again_leaves_it_out(stage: Stage) -> None:
    say(stage, *BOOKED, "patient name Riya age 5 fever since 2 days")
    stage.hear(ASHA, "1", name="Asha", sent_at=stage.clock.now() - timedelta(minutes=1))
    stage.settle()
    assert stage.messages()[-1].name == "mine/rename"
    assert "Riya?" in words(stage)
    assert "fever" not in words(stage)


def test_a_message_about_it_ends_with_the_day(stage: Stage) -> None:
    say(stage, *BOOKED)
    stage.hear(ASHA, "fever since 2 days", name="Asha")
    index = "contactId-createdAt-idx"
    found = stage.work().query(Message, stage.contact_id(ASHA), index=index, limit=50).records
    (noted,) = [m for m in found if m.name == "mine/noted"]
    assert noted.sealed_until == noted.created_at + SECRETS_LAST


def test_the_first_booking_alone_says_how_a_name_is_corrected(stage: Stage) -> None:
    hint = "Wrong name?"
    say(stage, *BOOKED)
    assert hint in words(stage)
    say(stage, "book", "2", "2")
    assert hint not in words(stage)
    say(stage, "book for Leela", "2", "3")
    assert hint in words(stage)
    assert date.fromisoformat(the_token_of(stage, "Leela").date) == MONDAY


def the_token_of(stage: Stage, name: str) -> Token:
    (token,) = [t for t in stage.tokens(ASHA) if t.patient_name == name]
    return token


def test_a_patient_known_to_the_clinic_is_not_renamed(stage: Stage) -> None:
    say(stage, *BOOKED)
    say(stage, "book", "2", "2", "name Riya", "2", "yes")
    names = {stage.work().require(Patient, t.patient_id).name for t in stage.tokens(ASHA)}
    assert names == {"Asha", "Riya"}
