"""Who wrote, and to which clinic (specification notes, 1), in its order."""

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.actions.clinics import senders
from domain.actions.messages.outbox import sender_of
from domain.model.clinics import ClinicStatus, StaffStatus
from domain.model.conversations import Conversation, Push
from domain.model.people import Address, Contact
from domain.model.queues import Queue, QueueStatus
from flows.inbound import Inbound
from flows.route import change_number, contact_of, conversation_of, route
from tests.people import (
    CITY_SENDER,
    NOW,
    PLATFORM_NUMBER,
    PLATFORM_SENDER,
    a_clinic,
    a_user,
    claims_of,
    staff_number,
    store,
    stored,
)

ASHA, RAVI = "+919876543021", "+919876543022"
FARIDA, KHAN, RAO = "+919876543010", "+919876543012", "+919876543013"
NEW = "+919876543099"


def message(phone=ASHA, text="hello", *, sender=PLATFORM_SENDER, **changes):
    """Return a text message to the number that clinics share."""
    made = Inbound(
        message_id="wamid.1",
        sender=sender,
        display_number=PLATFORM_NUMBER if sender == PLATFORM_SENDER else None,
        kind="text",
        sent_at=NOW,
        phone=phone,
        text=text,
    )
    return replace(made, **changes)


@pytest.fixture
def find(stage):
    """Return what a message is routed to."""

    def find(inbound):
        work = stage.work()
        contact = contact_of(work, inbound)
        conversation = conversation_of(work, inbound, contact)
        return route(work, inbound, contact, conversation, stage.runner.ear)

    return find


@pytest.fixture
def meet(stage):
    """Store the contact that a message comes from, and return it."""

    def meet(inbound, **changes):
        work = stage.work()
        contact = contact_of(work, inbound)
        contact = work.put(contact.but(**changes)) if changes else contact
        work.commit()
        return stored(stage.records, contact)

    return meet


def change(stage, record, **changes):
    store(stage.records, stored(stage.records, record).but(**changes))


# --- which clinic ------------------------------------------------------------


def test_a_clinics_own_sender_comes_first(find, cast, meet):
    meet(message(), last_clinic_id=cast.sunrise.clinic_id)
    found = find(message(text="JOIN SUN77", sender=CITY_SENDER))
    assert found.clinic == cast.clinic
    assert not found.shared
    assert found.entered


def test_then_the_number_it_shows(find, cast):
    found = find(message(sender="somebody's", display_number=cast.sunrise.whatsapp_number))
    assert found.clinic == cast.sunrise
    assert not found.shared


def test_what_follows_leaves_by_the_number_that_was_written_to(stage, cast):
    change(stage, cast.sunrise, subscription_plan="ENTERPRISE", plan="ENTERPRISE")
    shown = cast.sunrise.whatsapp_number
    stage.hear(NEW, "hi", name="Nisha", sender="somebody's", display_number=shown)
    clinic = stored(stage.records, cast.sunrise)
    assert clinic.phone_number_id == "somebody's"
    assert sender_of(stage.work(), clinic) == "somebody's"
    stage.hear(NEW, "hi", sender="another's", display_number=shown)
    assert stored(stage.records, cast.sunrise).phone_number_id == "somebody's"


@pytest.mark.parametrize(("plan", "sender"), [("BASIC", "somebody's"), ("ENTERPRISE", CITY_SENDER)])
def test_a_sender_is_a_clinics_own_by_its_plan_and_nobody_elses(stage, cast, plan, sender):
    change(stage, cast.sunrise, subscription_plan=plan, plan=plan)
    clinic = stored(stage.records, cast.sunrise)
    work = stage.work()
    assert senders.adopt_sender(work, clinic, sender) == clinic
    assert senders.adopt_sender(work, clinic, PLATFORM_SENDER) == clinic


def test_the_platforms_number_is_no_clinics(find, stage, cast):
    claim = claims_of(cast.sunrise)[0].but(claim=f"number:{PLATFORM_NUMBER}")
    store(stage.records, claim)
    assert find(message()).clinic is None


@pytest.mark.parametrize("text", ["JOIN SUN77", "join sun77", "Join: sun 77", "/join SUN77!"])
def test_then_the_join_code(find, cast, meet, text):
    meet(message(), last_clinic_id=cast.clinic.clinic_id)
    found = find(message(text=text))
    assert found.clinic == cast.sunrise
    assert found.shared
    assert found.entered


def test_a_code_nobody_has_leads_nowhere_even_for_those_who_have_a_clinic(find, cast, meet):
    meet(message(), last_clinic_id=cast.clinic.clinic_id)
    found = find(message(text="JOIN NOPE"))
    assert found.clinic is None
    assert found.wrong_code
    assert found.candidates == ()


def test_a_code_comes_before_being_staff(find, cast):
    found = find(message(RAO, "JOIN CITY42"))
    assert (found.clinic, found.user) == (cast.clinic, None)


def test_a_code_of_a_clinic_that_is_not_ready_is_wrong(find, stage, cast):
    change(stage, cast.sunrise, status=ClinicStatus.PENDING)
    assert find(message(text="JOIN SUN77")).wrong_code


def test_then_the_booking_tapped_on(find, stage, cast, meet):
    stage.hear(ASHA, "hi", name="Asha")
    stage.hear(ASHA, "khan")
    stage.hear(ASHA, "1")
    token = stage.tokens(ASHA)[0]
    meet(message(), last_clinic_id=cast.sunrise.clinic_id)
    tap = message(kind="tap", choice=f"cancel:{token.token_id}")
    assert find(tap).clinic == cast.clinic
    assert find(replace(tap, choice="cancel:TKN_none")).clinic == cast.sunrise


@pytest.mark.parametrize(("text", "answers"), [("1", True), ("hello", False)])
def test_then_the_event_whose_question_a_digit_answers(find, stage, cast, meet, text, answers):
    contact = meet(message(), last_clinic_id=cast.sunrise.clinic_id)
    key = f"{PLATFORM_SENDER}#{contact.contact_id}"
    push = Push(
        conversation=key,
        contact_id=contact.contact_id,
        clinic_id=cast.clinic.clinic_id,
        question="emergency",
        token_id="TKN_1",
        queue_id="queue_1",
        offered=("wait:TKN_1",),
        at=NOW,
    )
    talked = Conversation(
        conversation=key,
        sender=PLATFORM_SENDER,
        contact_id=contact.contact_id,
        clinic_id=cast.sunrise.clinic_id,
        asked_at=NOW - timedelta(minutes=1),
    )
    store(stage.records, push, talked)
    assert find(message(text=text)).clinic == (cast.clinic if answers else cast.sunrise)
    change(stage, talked, asked_at=NOW + timedelta(minutes=1))
    assert find(message(text=text)).clinic == cast.sunrise


def test_then_staff_of_exactly_one_clinic(find, cast, meet):
    meet(message(RAO), last_clinic_id=cast.clinic.clinic_id)
    found = find(message(RAO))
    assert (found.clinic, found.user) == (cast.sunrise, cast.rao_user)


@pytest.fixture
def khan_at_both(stage, cast):
    """Make Dr. Khan's number an account of Sunrise Clinic too."""
    user = a_user(cast.sunrise, "usr_khan_sunrise", "Dr. Khan", KHAN, doctor_id="doc_khan_sunrise")
    store(stage.records, user, staff_number(user))
    return stored(stage.records, user)


def a_line(doctor_id, clinic, status):
    return Queue(
        doctor_id=doctor_id,
        date="2030-11-25",
        queue_id=f"queue_{doctor_id}",
        clinic_id=clinic.clinic_id,
        status=status,
        planned_start=NOW,
        planned_end=NOW + timedelta(hours=8),
        created_at=NOW,
        updated_at=NOW,
    )


@pytest.mark.usefixtures("khan_at_both")
def test_staff_of_several_are_asked(find, cast):
    found = find(message(KHAN))
    assert found.clinic is None
    assert set(found.candidates) == {cast.clinic, cast.sunrise}


@pytest.mark.parametrize("status", ["ACTIVE", "PAUSED", "EMERGENCY"])
def test_staff_of_several_are_where_their_line_is_open(find, stage, cast, khan_at_both, status):
    line = a_line(khan_at_both.doctor_id, cast.sunrise, QueueStatus(status))
    store(stage.records, line)
    found = find(message(KHAN))
    assert (found.clinic, found.user) == (cast.sunrise, khan_at_both)


@pytest.mark.parametrize("status", ["SCHEDULED", "CLOSED"])
def test_a_line_that_is_not_open_decides_nothing(find, stage, cast, khan_at_both, status):
    store(stage.records, a_line(khan_at_both.doctor_id, cast.sunrise, QueueStatus(status)))
    assert find(message(KHAN)).clinic is None


@pytest.mark.parametrize(
    "answer",
    [
        {"kind": "tap", "choice": "clinic:clinic_sunrise", "text": "Sunrise Clinic"},
        {"text": "2"},
        {"text": "२"},
        {"text": "sunrise"},
        {"text": "Sunrise Clinic!"},
    ],
)
def test_staff_of_several_choose_by_tap_number_or_name(stage, cast, khan_at_both, find, answer):
    stage.hear(KHAN, "hello", sender=PLATFORM_SENDER)
    found = find(message(KHAN, **answer))
    assert (found.clinic, found.user) == (cast.sunrise, khan_at_both)
    assert found.entered


@pytest.mark.usefixtures("khan_at_both")
@pytest.mark.parametrize("text", ["3", "moon"])
def test_what_does_not_choose_is_asked_again(stage, find, text):
    stage.hear(KHAN, "hello", sender=PLATFORM_SENDER)
    assert len(find(message(KHAN, text)).candidates) == 2


def test_nobody_chooses_a_clinic_they_do_not_work_at(find):
    found = find(message(kind="tap", choice="clinic:clinic_sunrise"))
    assert found.clinic is None
    assert found.candidates == ()


def test_then_the_clinic_last_talked_to(find, cast, meet):
    meet(message(), last_clinic_id=cast.sunrise.clinic_id)
    found = find(message())
    assert (found.clinic, found.user, found.entered) == (cast.sunrise, None, False)


def test_a_clinics_own_number_is_not_what_was_last_talked_to_on_the_shared_one(stage, find, cast):
    stage.hear(ASHA, "JOIN SUN77", sender=PLATFORM_SENDER)
    stage.hear(ASHA, "hi", sender=CITY_SENDER)
    assert find(message()).clinic == cast.sunrise


def test_then_the_only_clinic_there_is(find, stage, cast):
    assert find(message()).clinic is None
    change(stage, cast.sunrise, status=ClinicStatus.SUSPENDED)
    assert find(message()).clinic == cast.clinic


def test_else_nobody_knows_and_no_clinic_is_listed(find, stage):
    store(stage.records, a_clinic("clinic_third", "Third", "+919876543003"))
    found = find(message(NEW))
    assert found.clinic is None
    assert found.candidates == ()
    assert not found.wrong_code


# --- who ---------------------------------------------------------------------


def test_an_admin_and_a_doctor_are_staff_of_their_clinic(find, cast):
    assert find(message(FARIDA, sender=CITY_SENDER)).user == cast.farida
    assert find(message(KHAN, sender=CITY_SENDER)).user == cast.khan_user


def test_a_doctor_of_another_clinic_is_a_patient_here(find):
    assert find(message(RAO, sender=CITY_SENDER)).user is None


@pytest.mark.parametrize(
    "changes",
    [
        {"proven": False},
        {"status": StaffStatus.INACTIVE},
        {"whatsapp_number": NEW},
    ],
    ids=["unproven", "inactive", "number changed"],
)
def test_who_is_not_proven_active_staff_of_that_number_is_a_patient(find, stage, cast, changes):
    change(stage, cast.khan_user, **changes)
    assert find(message(KHAN, sender=CITY_SENDER)).user is None
    assert find(message(KHAN)).clinic is None


def test_a_phone_that_was_only_told_us_is_never_staff(find, stage, cast):
    told = Contact(contact_id="con_told", phone=KHAN, wa_user_id="IN.77", created_at=NOW)
    store(
        stage.records,
        told,
        Address(address="wa:IN.77", contact_id="con_told"),
        Address(address=f"tel:{KHAN}", contact_id="con_told"),
    )
    assert find(message(None, wa_user_id="IN.77", sender=CITY_SENDER)).user is None
    assert find(message(KHAN, wa_user_id="IN.77", sender=CITY_SENDER)).user == cast.khan_user


def test_a_message_without_a_number_is_a_patients(find):
    found = find(message(None, wa_user_id="IN.1", sender=CITY_SENDER))
    assert found.user is None
    assert found.contact.phone is None


def test_once_tied_the_user_id_alone_is_enough(find, cast, meet):
    contact = meet(message(KHAN, wa_user_id="IN.5"))
    found = find(message(None, wa_user_id="IN.5", sender=CITY_SENDER))
    assert (found.contact, found.user) == (contact, cast.khan_user)


def test_a_known_phone_with_another_user_id_is_a_stranger_without_powers(find, meet):
    known = meet(message(KHAN, wa_user_id="IN.5"))
    found = find(message(KHAN, wa_user_id="IN.6", sender=CITY_SENDER))
    assert found.contact.contact_id != known.contact_id
    assert found.contact.phone is None
    assert not found.contact.verified_phone
    assert found.user is None


def test_a_known_person_is_met_by_phone_or_by_id(cast, meet):
    by_phone = meet(message(ASHA, wa_user_id="IN.9", profile_name="Asha D"))
    assert by_phone.contact_id == cast.asha_contact.contact_id
    assert by_phone.wa_user_id == "IN.9"
    assert by_phone.profile_name == "Asha"
    assert meet(message(None, wa_user_id="IN.9")) == by_phone


def test_a_number_learnt_later_is_kept(meet):
    bare = meet(message(None, wa_user_id="IN.8"))
    assert (bare.phone, bare.verified_phone) == (None, False)
    told = meet(message(NEW, wa_user_id="IN.8", profile_name="Nina"))
    assert told.contact_id == bare.contact_id
    assert (told.phone, told.verified_phone, told.profile_name) == (NEW, True, "Nina")


def test_an_account_that_shows_a_number_known_without_one_is_that_person(stage, cast, meet):
    bare = meet(message(None, wa_user_id="IN.8"))
    found = meet(message(ASHA, wa_user_id="IN.8"))
    assert found.contact_id == cast.asha_contact.contact_id
    assert (found.phone, found.wa_user_id, found.verified_phone) == (ASHA, "IN.8", True)
    assert meet(message(None, wa_user_id="IN.8")).contact_id == found.contact_id
    assert stage.work().get(Contact, bare.contact_id).patient_ids == ()


def test_a_number_that_another_account_has_shown_is_not_taken_over(cast, meet):
    meet(message(ASHA, wa_user_id="IN.9"))
    bare = meet(message(None, wa_user_id="IN.8"))
    assert meet(message(ASHA, wa_user_id="IN.8")) == bare
    assert meet(message(ASHA, wa_user_id="IN.9")).contact_id == cast.asha_contact.contact_id


# --- a changed number --------------------------------------------------------


def moved(stage, inbound):
    work = stage.work()
    contact = change_number(work, inbound, contact_of(work, inbound))
    work.commit()
    return stored(stage.records, contact)


def test_an_account_is_followed_to_its_new_number_without_its_powers(stage, find, meet):
    meet(message(KHAN, wa_user_id="IN.5"))
    contact = moved(stage, message(KHAN, wa_user_id="IN.5", kind="system", new_phone=NEW))
    assert (contact.phone, contact.verified_phone) == (NEW, False)
    assert find(message(NEW, wa_user_id="IN.5", sender=CITY_SENDER)).user is None
    old = find(message(KHAN, wa_user_id="IN.44", sender=CITY_SENDER))
    assert old.contact.contact_id != contact.contact_id


def test_an_account_is_followed_to_its_new_user_id(stage, find, cast, meet):
    meet(message(KHAN, wa_user_id="IN.5"))
    contact = moved(stage, message(KHAN, wa_user_id="IN.5", kind="system", new_wa_user_id="IN.6"))
    found = find(message(None, wa_user_id="IN.6", sender=CITY_SENDER))
    assert (found.contact, found.user) == (contact, cast.khan_user)


def test_nobody_is_followed_to_a_number_that_is_anothers(stage, cast):
    contact = moved(stage, message(RAVI, kind="system", new_phone=ASHA))
    assert contact.phone == RAVI
    assert stored(stage.records, cast.asha_contact).phone == ASHA
