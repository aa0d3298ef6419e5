"""Facts asked for together, of a doctor or a day that a sentence names; stories tell the rest."""

from datetime import date, timedelta
from typing import Any

import pytest

from domain.actions.line import calling, lifecycle
from domain.actions.payments import refunds
from domain.actions.visits import prescriptions
from domain.model.clinics import Clinic
from domain.model.conversations import Conversation
from domain.model.messages import Place
from domain.model.money import Refund, RefundStatus
from domain.model.people import Contact
from domain.model.visits import Visit
from domain.scopes import ContactScope
from flows import patient
from flows.facts import FACTS
from flows.hearing.meaning import Meaning
from flows.inbound import Inbound
from flows.turn import Talk, Turn, Writer
from tests.bookings import cancel, crowd, do, hold, paid, ravi
from tests.lines import KHAN, move, start
from tests.people import CITY_SENDER, MONDAY, TUESDAY, store, stored

ASHA = "+919876543021"
WEDNESDAY = date(2030, 11, 27)


@pytest.fixture
def ask(stage, cast):
    """Return a function that asks facts for Asha, and returns the words of the last message."""
    stage.hear(ASHA, "hi")
    stage.settle()

    def asking(*facts, **named):
        work = stage.work().within(ContactScope("con_asha", cast.clinic.clinic_id))
        conversation = work.require(Conversation, f"{CITY_SENDER}#con_asha").but(
            state="idle", doctor_id=named.pop("spoken_about", None), date=named.pop("chosen", None)
        )
        inbound = Inbound(
            message_id="wamid.asked",
            sender=CITY_SENDER,
            display_number=None,
            kind="text",
            sent_at=work.now,
        )
        contact = work.require(Contact, "con_asha")
        clinic = work.require(Clinic, cast.clinic.clinic_id)
        talk = Talk(conversation.but(**named.pop("talk", {})), None)
        writer = Writer(clinic, contact, None)
        said: Any = Meaning("facts", **named)
        renderer = stage.parts.renderer
        turn = Turn(work, inbound, writer, talk, renderer, renderer.ear())
        turn.meaning = said
        turn.facts = facts
        patient.TABLE.fire("facts", turn)
        assert turn.state == turn.conversation.state
        work.commit()
        stage.settle()
        return [m for m in stage.channel.sent if m.phone == ASHA][-1]

    return asking


def test_facts_asked_for_together_are_one_answer_in_the_order_of_asking(ask, stage):
    before = len(stage.channel.sent)
    said = ask("fee", "address", "phone")
    assert len(stage.channel.sent) == before + 1
    assert said.text == (
        "A visit costs:\nDr. Khan ₹500\nDr. Meera ₹500 (₹50 now)\n\n"
        "📍 City Medical Center, 12 MG Road, Kolkata\n\n"
        "📞 City Medical Center: +919876543001"
    )
    assert said.url == "https://www.google.com/maps/search/?api=1&query=12+MG+Road%2C+Kolkata"


def test_every_kind_of_fact_can_be_asked_for_beside_another(ask):
    said = ask("phone", *FACTS)
    assert said.text.startswith("📞")


def test_a_fact_that_nobody_knows_is_left_out(ask):
    assert ask("weather", "phone").text == "📞 City Medical Center: +919876543001"


def test_the_fee_of_the_doctor_named_counts_before_that_of_the_one_spoken_about(ask):
    assert ask("fee", spoken_about="doc_meera").text == "Dr. Meera ₹500 (₹50 now)"
    assert ask("fee", spoken_about="doc_meera", doctor_ids=("doc_khan",)).text == "Dr. Khan ₹500"


def test_of_several_doctors_that_a_name_fits_each_is_told(ask):
    said = ask("fee", doctor_ids=("doc_khan", "doc_meera"))
    assert said.text.count("₹500") == 2


def test_a_day_that_is_sold_keeps_its_fee(ask, stage, cast):
    hold(stage, cast, 1, person=ravi(cast))
    store(stage.records, stored(stage.records, cast.meera).but(consultation_fee=700))
    named = {"doctor_ids": ("doc_meera",)}
    assert ask("fee", **named).text == "Dr. Meera ₹500 (₹50 now)"
    assert ask("fee", **named, day=TUESDAY).text == "Dr. Meera ₹700 (₹50 now)"


def test_the_fee_is_that_of_the_day_spoken_about(ask, stage, cast):
    hold(stage, cast, 1, person=ravi(cast))
    store(stage.records, stored(stage.records, cast.meera).but(consultation_fee=700))
    about = {"spoken_about": "doc_meera", "talk": {"state": "slot"}}
    assert ask("fee", **about, chosen=TUESDAY.isoformat()).text.startswith("Dr. Meera ₹700")
    past = (MONDAY - timedelta(days=3)).isoformat()
    assert ask("fee", **about, chosen=past).text.startswith("Dr. Meera ₹500")


def test_at_most_ten_doctors_are_told_of(ask, stage, cast):
    for n in range(12):
        store(stage.records, cast.khan.but(version=0, doctor_id=f"doc_{n}", name=f"Dr. {n}"))
    assert ask("fee").text.count("₹") == 10
    assert ask("doctor_in").text.count("starts") == 10


def test_a_clinic_without_address_and_phone_says_so(ask, stage, cast):
    store(stage.records, stored(stage.records, cast.clinic).but(address="", phone=None))
    said = ask("address", "phone")
    assert said.text.startswith("I do not know the address")
    assert "no phone number" in said.text
    assert said.url is None


def test_a_place_on_the_map_is_sent_as_that_where_nothing_else_is_said(ask, stage, cast):
    at = {"latitude": "22.572600", "longitude": "88.363900"}
    store(stage.records, stored(stage.records, cast.clinic).but(**at))
    link = "https://www.google.com/maps/search/?api=1&query=22.572600%2C88.363900"
    said = ask("address")
    assert said.place == Place(**at, name="City Medical Center", address="12 MG Road, Kolkata")
    assert (said.text, said.url) == ("📍 City Medical Center, 12 MG Road, Kolkata", link)
    both = ask("address", "phone")
    assert (both.place, both.url) == (None, link)
    asked = ask("address", talk={"state": "name"})
    assert (asked.place, asked.url) == (None, link)
    store(stage.records, stored(stage.records, cast.clinic).but(address=""))
    assert ask("address", "phone").text.startswith("📍 City Medical Center\n")


def test_where_no_doctor_asks_an_advance_nothing_is_said_of_one(ask, stage, cast):
    store(stage.records, stored(stage.records, cast.meera).but(advance_amount=0))
    assert ask("cash").text.endswith("Nothing is paid online.")
    assert "advance" not in ask("policy").text


# --- When doctors are in -------------------------------------------------------------------------


def test_the_hours_of_a_doctor_name_the_week_the_break_and_days_off(ask, stage, cast):
    off = (TUESDAY, MONDAY + timedelta(days=30), MONDAY - timedelta(days=1))
    week = ("MON", "WED")
    store(stage.records, stored(stage.records, cast.khan).but(days_off=off, working_days=week))
    assert ask("hours", doctor_ids=("doc_khan",)).text == (
        "Dr. Khan: Mon, Wed, 9:00 AM to 5:00 PM (break 1:00 PM to 2:00 PM).\n"
        "Not in: tomorrow (Tue 26 Nov)."
    )


def test_the_hours_of_a_doctor_on_a_day(ask, stage, cast):
    store(stage.records, stored(stage.records, cast.khan).but(days_off=(TUESDAY,)))
    named = {"doctor_ids": ("doc_khan",)}
    assert ask("hours", **named, day=WEDNESDAY).text == (
        "Dr. Khan is in on Wed 27 Nov from 9:00 AM to 5:00 PM (break 1:00 PM to 2:00 PM)."
    )
    assert ask("hours", **named, day=TUESDAY).text == (
        "Dr. Khan is not in tomorrow (Tue 26 Nov). Next: Wed 27 Nov, 9:00 AM."
    )


def test_the_hours_of_the_clinic_on_a_day(ask, stage, cast):
    store(stage.records, stored(stage.records, cast.clinic).but(holidays=(TUESDAY,)))
    assert ask("hours", day=WEDNESDAY).text == (
        "City Medical Center is open on Wed 27 Nov from 9:00 AM to 5:00 PM."
    )
    assert ask("hours", day=TUESDAY).text == (
        "City Medical Center is closed tomorrow (Tue 26 Nov). "
        "It is open on Wed 27 Nov from 9:00 AM to 5:00 PM."
    )
    assert ask("hours").text.endswith("Closed: tomorrow (Tue 26 Nov).")


def test_a_doctor_is_asked_for_by_name_and_day(ask):
    assert ask("doctor_in", doctor_ids=("doc_khan",), day=TUESDAY).text == (
        "Dr. Khan starts tomorrow (Tue 26 Nov) at 9:00 AM."
    )
    assert ask("doctor_in", doctor_ids=("doc_khan",), day=MONDAY).text == (
        "Dr. Khan starts today at 9:00 AM."
    )


def test_whoever_has_booked_is_told_of_that_doctor(ask, stage, cast):
    hold(stage, cast, 1, doctor=cast.khan)
    assert ask("doctor_in").text == "Dr. Khan starts today at 9:00 AM."


def test_a_line_that_is_behind_says_by_how_much(ask, stage, cast):
    crowd(stage, cast, 3)
    stage.clock.advance(minutes=30)
    start(stage, cast)
    move(stage, cast)
    stage.clock.advance(minutes=50)
    said = ask("doctor_in", doctor_ids=("doc_khan",)).text
    assert said.startswith("🟢 Dr. Khan is in since 9:00 AM, until about 5:00 PM.")
    assert "Now serving: Token #1. About 55 min behind time." in said


def test_a_pause_without_a_known_end_says_since_when(ask, stage, cast):
    start(stage, cast)
    stage.on_line(lifecycle.pause, cast.clinic, cast.khan, KHAN, None, None)
    assert ask("doctor_in", doctor_ids=("doc_khan",)).text == (
        "Dr. Khan is on a break since 8:30 AM."
    )


def test_a_day_that_nobody_started_is_over_at_its_end(ask, stage):
    stage.clock.advance(minutes=9 * 60)
    stage.hear(ASHA, "thanks")
    assert ask("doctor_in", doctor_ids=("doc_khan",)).text == (
        "Dr. Khan sees no more patients today. Next: tomorrow (Tue 26 Nov), 9:00 AM."
    )


# --- One's own turn, money and papers ------------------------------------------------------------


def test_how_many_are_before_one_is_true_when_it_is_sent(ask, stage, cast):
    hold(stage, cast, 1, doctor=cast.khan, person=ravi(cast))
    hold(stage, cast, 2, doctor=cast.khan)
    assert ask("ahead").text.startswith("1 person before you (#1).")
    start(stage, cast)
    move(stage, cast)
    assert ask("ahead").text.startswith("Nobody is before you.")
    move(stage, cast, calling.call_next)
    assert ask("ahead").text == "Send *status* for your booking."


def test_of_a_longer_line_the_first_numbers_are_named(ask, stage, cast):
    crowd(stage, cast, 12)
    hold(stage, cast, 13, doctor=cast.khan)
    assert ask("ahead").text.startswith(
        "12 people before you (#1, #2, #3, #4, #5, #6, #7, #8, #9, #10, …)."
    )


def test_without_one_booking_today_the_status_is_named(ask, stage, cast):
    assert ask("ahead").text == "You have no booking at City Medical Center right now."
    hold(stage, cast, 1, doctor=cast.khan, day=TUESDAY)
    assert ask("ahead").text == "Send *status* for your booking."


def test_of_several_bookings_the_button_to_cancel_names_none(ask, stage, cast):
    first = hold(stage, cast, 1, doctor=cast.khan)
    assert [c.id for c in ask("policy").choices] == [f"cancel:{first.token_id}"]
    hold(stage, cast, 1)
    assert [c.id for c in ask("policy").choices] == ["cancel"]


def test_the_states_of_a_refund_are_told(ask, stage, cast):
    token = paid(stage, hold(stage, cast, 1))
    cancel(stage, token)
    stage.settle()
    assert ask("refund").text == (
        "💸 Your ₹50 for Token #1 went back to where it came from (Mon 25 Nov). "
        "Banks take up to 7 days to show it."
    )
    refund = stage.work().require(Refund, token.capture_id, "REFUND")
    store(stage.records, refund.but(status=RefundStatus.REQUESTED))
    assert "is on its way back to you (Mon 25 Nov)" in ask("refund").text
    refund = stored(stage.records, refund)
    store(stage.records, refund.but(status=RefundStatus.FAILED))
    assert "could not be sent back by itself" in ask("refund").text


def test_a_payment_that_came_too_late_is_a_refund_too(ask, stage, cast):
    token = hold(stage, cast, 1)
    stage.wait(20)
    hold(stage, cast, 1, person=ravi(cast))
    stage.pay(token)
    assert "₹50 for Token #1" in ask("refund").text


def test_the_refunds_of_others_and_old_ones_are_not_told(ask, stage, cast):
    cancel(stage, paid(stage, hold(stage, cast, 1, person=ravi(cast))))
    assert ask("refund").text.startswith("No refund to you")
    cancel(stage, paid(stage, hold(stage, cast, 1)))
    stage.clock.advance(days=refunds.REFUNDS_SHOWN_FOR.days + 1)
    stage.hear(ASHA, "thanks")
    assert ask("refund").text.startswith("No refund to you")


def a_visit(stage, cast, n, words, **given):
    """Store a visit of Asha's with the prescription *words*; none if they are empty."""
    visit = Visit(
        doctor_id="doc_khan",
        visit_id=f"visit_{n}",
        clinic_id=given.pop("clinic_id", cast.clinic.clinic_id),
        patient_id="pat_asha",
        patient_name="Asha",
        visit_date=f"2030-11-{n:02d}",
        created_at=stage.clock.now(),
        updated_at=stage.clock.now(),
    )
    store(stage.records, visit)
    if words:
        visit = stored(stage.records, visit)
        do(stage, prescriptions.edit_visit, visit, KHAN, {"prescription": words})


def test_the_latest_prescription_is_sent_again_even_to_those_who_stopped_messages(ask, stage, cast):
    a_visit(stage, cast, 10, "Paracetamol")
    a_visit(stage, cast, 20, "Amlodipine")
    a_visit(stage, cast, 21, "")
    stage.hear(ASHA, "stop")
    stage.settle()
    said = ask("prescription")
    assert said.text == "I have sent you the prescription for Asha of Wed 20 Nov again."
    document = stage.channel.sent[-2]
    assert document.document
    assert document.url
    link = document.url.rpartition("/")[2]
    assert prescriptions.page_by_link(stage.work(), link).words == "Amlodipine"


def test_a_prescription_of_another_clinic_is_not_sent(ask, stage, cast):
    a_visit(stage, cast, 20, "Amlodipine", clinic_id=cast.sunrise.clinic_id)
    assert ask("prescription").text.startswith("I have no prescription")
