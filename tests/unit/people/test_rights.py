"""A person asks what is kept of them, and has it erased: when that may not be, and what stays."""

from __future__ import annotations

import pytest

from domain.actions.booking import booking
from domain.actions.people import consent, rights
from domain.errors import HasLiveToken
from domain.model.people import Address, ClinicPatient, Contact, Patient
from tests.bookings import cancel, hold
from tests.due import due_items
from tests.people import MONDAY, Cast, stored
from tests.stage import Stage

ASHA = "+919876543021"


def ask(stage: Stage, cast: Cast) -> None:
    """Let Asha ask to be erased at City Medical Center, without the conversation."""
    work = stage.work()
    rights.request_own_erasure(work, cast.clinic, stored(stage.records, cast.asha_contact))
    work.commit()


def booked_once(stage: Stage, cast: Cast) -> None:
    """Let Asha have booked with Dr. Khan, and cancelled."""
    cancel(stage, hold(stage, cast, 1, doctor=cast.khan))
    stage.settle()


def booked_at_sunrise(stage: Stage, cast: Cast) -> None:
    """Let Asha have a booking at another clinic, paid for."""
    work = stage.work()
    contact = stored(stage.records, cast.asha_contact)
    token = booking.hold(work, cast.sunrise, cast.rao, contact, cast.asha, MONDAY, 1)
    work.commit()
    stage.pay(stage.token(token))
    stage.settle()


def account(stage: Stage) -> Contact | None:
    return stage.work().get(Contact, "con_asha")


def test_a_live_booking_refuses_it_and_nothing_is_written(stage: Stage, cast: Cast) -> None:
    hold(stage, cast, 1, doctor=cast.khan)
    with pytest.raises(HasLiveToken):
        ask(stage, cast)
    assert due_items(stage, "erase_own", "erase_account") == []


def test_a_booking_made_right_after_is_waited_for(stage: Stage, cast: Cast) -> None:
    booked_once(stage, cast)
    ask(stage, cast)
    token = hold(stage, cast, 2, doctor=cast.khan)
    stage.settle()
    assert stage.work().get(ClinicPatient, "clinic_city", "pat_asha") is not None
    cancel(stage, token)
    stage.wait(61)
    assert stage.work().get(ClinicPatient, "clinic_city", "pat_asha") is None


def test_account_and_person_go_where_nobody_else_needs_them(stage: Stage, cast: Cast) -> None:
    booked_once(stage, cast)
    ask(stage, cast)
    stage.wait(15)
    assert stage.work().get(Patient, "pat_asha") is None
    assert account(stage) is None
    assert stage.work().get(Address, f"tel:{ASHA}") is None


def test_another_clinic_keeps_the_person_and_hears_nothing(stage: Stage, cast: Cast) -> None:
    booked_once(stage, cast)
    booked_at_sunrise(stage, cast)
    ask(stage, cast)
    stage.wait(15)
    assert stage.work().get(ClinicPatient, "clinic_city", "pat_asha") is None
    assert account(stage) is not None
    assert stage.tokens(ASHA)


def test_a_wish_not_to_be_written_to_keeps_the_account(stage: Stage, cast: Cast) -> None:
    booked_once(stage, cast)
    work = stage.work()
    consent.opt_out(work, "clinic_city", "con_asha", has_live_token=False)
    work.commit()
    ask(stage, cast)
    stage.wait(15)
    assert account(stage) is not None


def test_who_writes_again_meanwhile_keeps_the_account_and_is_somebody_new(
    stage: Stage, cast: Cast
) -> None:
    booked_once(stage, cast)
    ask(stage, cast)
    stage.wait(5)
    stage.hear(ASHA, "hi")
    stage.wait(15)
    found = account(stage)
    assert found is not None
    assert found.patient_ids == ()


def test_what_another_clinic_knows_is_not_told(stage: Stage, cast: Cast) -> None:
    booked_at_sunrise(stage, cast)
    contact = stored(stage.records, cast.asha_contact)
    here = rights.own_data(stage.work(), cast.clinic, contact)
    assert (here.people, here.bookings, here.visits) == ((), 0, 0)
    there = rights.own_data(stage.work(), cast.sunrise, contact)
    assert there.bookings == 1


def test_an_old_yes_asks_again_instead_of_deleting(stage: Stage, cast: Cast) -> None:
    booked_once(stage, cast)
    stage.hear(ASHA, kind="tap", choice="yes_erase")
    stage.settle()
    assert stage.messages()[-1].name == "rights/sure"
    assert due_items(stage, "erase_own") == []
    assert stage.work().get(ClinicPatient, "clinic_city", "pat_asha") is not None
