"""A booking made under a wrong name: who is renamed, and who gets the booking."""

from __future__ import annotations

from typing import Any

import pytest

from domain.actions.booking import booking, history, renaming, seats
from domain.actions.line import calling, lifecycle
from domain.actions.line.preconditions import SeenState
from domain.actions.people import directory, patient_changes, profile, told
from domain.actors import Actor, Caller
from domain.errors import AlreadyBooked, NotNow
from domain.model.people import Association, ClinicPatient, Contact, Patient, Profile
from domain.model.queues import Hold, LiveBooking, Token, TokenStatus
from domain.scopes import ClinicScope
from tests.bookings import cancel, do, hold, paid
from tests.people import MONDAY, TUESDAY, Cast, a_person, store
from tests.stage import Stage

SAID = Profile(age=5, age_on=MONDAY, gender="FEMALE")
ASHA = "+919876543021"


def correct(
    stage: Stage, cast: Cast, token: Token, name: str = "Riya", said: Profile = SAID
) -> Token:
    work = stage.work()
    contact, doctor = work.require(Contact, "con_asha"), cast.khan
    if token.doctor_id == cast.meera.doctor_id:
        doctor = cast.meera
    do(stage, renaming.correct_name, cast.clinic, doctor, contact, stage.token(token), name, said)
    return stage.token(token)


def name_of(stage: Stage, patient_id: str) -> str:
    return stage.work().require(Patient, patient_id).name


def facts(stage: Stage, patient_id: str) -> Profile:
    work = stage.work()
    return profile.unseal(work, work.require(ClinicPatient, "clinic_city", patient_id).facts)


def found_by(stage: Stage, name: str, doctor_id: str | None = None) -> list[str]:
    owner = Caller("clinic_city", doctor_id)
    page = directory.find_by_name(stage.work(), owner, name, None, 10, None)
    return [entry.patient_id for entry in page.entries]


def test_a_patient_of_this_chat_alone_is_renamed_everywhere(stage: Stage, cast: Cast) -> None:
    token = correct(stage, cast, hold(stage, cast, 1, doctor=cast.khan))
    assert (token.patient_name, token.patient_id) == ("Riya", "pat_asha")
    assert name_of(stage, "pat_asha") == "Riya"
    assert stage.work().require(ClinicPatient, "clinic_city", "pat_asha").name == "Riya"
    assert stage.work().require(Association, "doc_khan", "pat_asha").patient_name == "Riya"
    for doctor_id in (None, "doc_khan"):
        assert found_by(stage, "Riya", doctor_id) == ["pat_asha"]
        assert found_by(stage, "Asha", doctor_id) == []
    assert facts(stage, "pat_asha") == SAID


def test_it_may_be_corrected_again(stage: Stage, cast: Cast) -> None:
    token = correct(stage, cast, hold(stage, cast, 1, doctor=cast.khan))
    token = correct(stage, cast, token, "Riya Rao", profile.EMPTY)
    assert (token.patient_name, token.patient_id) == ("Riya Rao", "pat_asha")
    assert facts(stage, "pat_asha") == SAID


def test_what_is_told_with_the_right_name_replaces_what_was(stage: Stage, cast: Cast) -> None:
    token = hold(stage, cast, 1, doctor=cast.khan)
    do(stage, told.keep_told, token, Profile(age=40, age_on=MONDAY, gender="MALE"))
    correct(stage, cast, token, said=Profile(age=5, age_on=MONDAY))
    assert facts(stage, "pat_asha") == Profile(age=5, age_on=MONDAY, gender="MALE")


def test_an_unpaid_booking_is_renamed_before_the_clinic_knows_anybody(
    stage: Stage, cast: Cast
) -> None:
    token = correct(stage, cast, hold(stage, cast, 1))
    assert (token.status, token.patient_id) == (TokenStatus.PENDING, "pat_asha")
    token = paid(stage, token)
    assert (token.status, token.patient_name) == (TokenStatus.CONFIRMED, "Riya")
    assert found_by(stage, "Riya") == ["pat_asha"]
    assert facts(stage, "pat_asha") == SAID


def test_the_history_says_so_and_keeps_no_other_name(stage: Stage, cast: Cast) -> None:
    token = correct(stage, cast, hold(stage, cast, 1, doctor=cast.khan))
    entries = history.entries_of(stage.work(), token.queue_id)
    assert [(e.action, e.by_name) for e in entries] == [
        ("book", "Riya"),
        ("confirm", "Riya"),
        ("rename", "Riya"),
    ]


def recorded_by_staff(stage: Stage, _cast: Cast) -> None:
    work = stage.work().within(ClinicScope("clinic_city"))
    patient_changes.record_patient(work, phone=ASHA, name="Asha", given={})
    work.commit()


def changed_by_staff(stage: Stage, cast: Cast) -> None:
    cancel(stage, hold(stage, cast, 3, doctor=cast.khan))
    work = stage.work().within(ClinicScope("clinic_city"))
    patient_changes.update_patient(work, "pat_asha", None, {"blood_group": "B+"})
    work.commit()


def booked_twice(stage: Stage, cast: Cast) -> None:
    hold(stage, cast, 1, doctor=cast.khan, day=TUESDAY)


def known_elsewhere(stage: Stage, cast: Cast) -> None:
    patient = stage.work().require(Patient, "pat_asha")
    store(stage.records, patient.but(clinic_ids=(cast.sunrise.clinic_id,)))


def seen_before(stage: Stage, cast: Cast) -> None:
    hold(stage, cast, 1, doctor=cast.meera, day=MONDAY)
    (token,) = stage.tokens(ASHA)
    paid(stage, token)
    actor = Actor("usr_meera", "Dr. Meera")
    stage.on_line(lifecycle.start, cast.clinic, cast.meera, actor)
    for _ in range(2):
        current = stage.queue("doc_meera", MONDAY.isoformat()).current_token
        seen = SeenState(button=True, current=current)
        stage.on_line(calling.call_next, cast.clinic, cast.meera, actor, seen)
    assert stage.token(token).status is TokenStatus.COMPLETED


@pytest.mark.parametrize(
    "before", [recorded_by_staff, changed_by_staff, booked_twice, known_elsewhere, seen_before]
)
def test_of_a_patient_who_is_known_otherwise_another_gets_the_booking(
    stage: Stage, cast: Cast, before: Any
) -> None:
    before(stage, cast)
    token = correct(stage, cast, hold(stage, cast, 5, doctor=cast.khan))
    assert token.patient_name == "Riya"
    assert token.patient_id != "pat_asha"
    assert name_of(stage, "pat_asha") == "Asha"
    assert name_of(stage, token.patient_id) == "Riya"
    assert facts(stage, token.patient_id) == SAID
    assert found_by(stage, "Riya", "doc_khan") == [token.patient_id]
    assert found_by(stage, "Asha", "doc_khan") == ["pat_asha"]
    contact = stage.work().require(Contact, "con_asha")
    assert contact.patient_ids == ("pat_asha", token.patient_id)


def with_riya(stage: Stage) -> tuple[Contact, Patient]:
    """Let Asha's phone have been used for Riya before."""
    riya = a_person("riya", "Riya", ASHA)[0].but(contact_id="con_asha")
    contact = stage.work().require(Contact, "con_asha")
    contact = contact.but(patient_ids=("pat_asha", "pat_riya"))
    store(stage.records, riya, contact)
    work = stage.work()
    return work.require(Contact, "con_asha"), work.require(Patient, "pat_riya")


def test_the_patient_of_that_name_gets_it(stage: Stage, cast: Cast) -> None:
    with_riya(stage)
    first = hold(stage, cast, 1, doctor=cast.khan)
    token = correct(stage, cast, first, "riya")
    assert (token.patient_id, token.patient_name) == ("pat_riya", "Riya")
    assert (token.place, token.number, token.status) == (first.place, 1, TokenStatus.CONFIRMED)
    keys = [b.booking for b in stage.work().query(LiveBooking, "con_asha").records]
    assert keys == [seats.booking_key("pat_riya", "doc_khan", MONDAY.isoformat())]
    again = hold(stage, cast, 2, doctor=cast.khan)
    assert again.patient_id == "pat_asha"  # who has none any more


def test_a_hold_goes_along(stage: Stage, cast: Cast) -> None:
    with_riya(stage)
    token = correct(stage, cast, hold(stage, cast, 1))
    (held,) = stage.work().query(Hold, "con_asha").records
    assert (held.patient_id, token.patient_id) == ("pat_riya", "pat_riya")
    assert stage.work().get(ClinicPatient, "clinic_city", "pat_riya") is None
    paid(stage, token)
    assert facts(stage, "pat_riya") == SAID


def test_who_has_a_booking_that_day_gets_no_other(stage: Stage, cast: Cast) -> None:
    other = hold(stage, cast, 2, doctor=cast.khan, person=with_riya(stage))
    token = hold(stage, cast, 1, doctor=cast.khan)
    with pytest.raises(AlreadyBooked) as refused:
        correct(stage, cast, token)
    assert refused.value.details["token"] == stage.token(other)
    assert stage.token(token).patient_id == "pat_asha"


def test_a_second_yes_changes_nothing_more(stage: Stage, cast: Cast) -> None:
    with_riya(stage)
    once = correct(stage, cast, hold(stage, cast, 1, doctor=cast.khan))
    twice = correct(stage, cast, once)
    assert (twice.patient_id, twice.patient_name) == ("pat_riya", "Riya")
    assert len(stage.tokens(ASHA)) == 1


def test_who_is_with_the_doctor_keeps_the_name(stage: Stage, cast: Cast) -> None:
    token = hold(stage, cast, 1, doctor=cast.khan)
    actor = Actor("usr_khan", "Dr. Khan")
    stage.on_line(lifecycle.start, cast.clinic, cast.khan, actor)
    seen = SeenState(button=True, current=None)
    stage.on_line(calling.call_next, cast.clinic, cast.khan, actor, seen)
    with pytest.raises(NotNow) as refused:
        correct(stage, cast, token)
    assert refused.value.details["state"] is TokenStatus.CURRENT


def test_a_booking_that_is_over_keeps_the_name(stage: Stage, cast: Cast) -> None:
    token = cancel(stage, hold(stage, cast, 1, doctor=cast.khan))
    with pytest.raises(NotNow):
        correct(stage, cast, token)


def test_who_was_skipped_before_the_line_closed_keeps_the_name(stage: Stage, cast: Cast) -> None:
    token = hold(stage, cast, 1, doctor=cast.khan)
    actor = Actor("usr_khan", "Dr. Khan")
    stage.on_line(lifecycle.start, cast.clinic, cast.khan, actor)
    seen = SeenState(button=True, current=None)
    stage.on_line(calling.call_next, cast.clinic, cast.khan, actor, seen)
    seen = SeenState(button=True, current=token.token_id)
    stage.on_line(calling.skip, cast.clinic, cast.khan, actor, seen)
    stage.on_line(lifecycle.close, cast.clinic, cast.khan, actor, "CLOSED_BY_STAFF")
    assert booking.is_no_show(stage.work(), stage.token(token))
    with pytest.raises(NotNow) as refused:
        correct(stage, cast, token)
    assert refused.value.details["state"] is TokenStatus.NO_SHOW
