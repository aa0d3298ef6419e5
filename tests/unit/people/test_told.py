"""Age and sex, told with a name: they reach the clinic's record and change nothing of staff's."""

from __future__ import annotations

from domain.actions.people import patient_changes, profile, told
from domain.model.people import BY_CHAT, ClinicPatient, Profile
from domain.model.queues import Token, TokenStatus
from domain.scopes import ClinicScope
from tests.bookings import do, hold, paid
from tests.people import MONDAY, Cast
from tests.stage import Stage

SAID = Profile(age=34, age_on=MONDAY, gender="MALE")


def facts(stage: Stage) -> Profile:
    work = stage.work()
    return profile.unseal(work, record(stage).facts)


def record(stage: Stage) -> ClinicPatient:
    found = stage.work().get(ClinicPatient, "clinic_city", "pat_asha")
    assert found is not None
    return found


def tell(stage: Stage, token: Token, said: Profile = SAID) -> Token:
    do(stage, told.keep_told, token, said)
    return stage.token(token)


def test_of_a_confirmed_booking_the_record_has_it_at_once(stage: Stage, cast: Cast) -> None:
    token = tell(stage, hold(stage, cast, 1, doctor=cast.khan))
    assert (facts(stage), token.told) == (SAID, None)
    assert record(stage).author == BY_CHAT


def test_of_an_unpaid_booking_it_waits_encrypted_until_the_payment(
    stage: Stage, cast: Cast
) -> None:
    token = tell(stage, hold(stage, cast, 1))
    assert token.told is not None
    assert "MALE" not in token.told
    assert stage.work().get(ClinicPatient, "clinic_city", "pat_asha") is None
    token = paid(stage, token)
    assert (token.status, token.told) == (TokenStatus.CONFIRMED, None)
    assert facts(stage) == SAID


def test_it_waits_for_money_that_comes_late(stage: Stage, cast: Cast) -> None:
    token = tell(stage, hold(stage, cast, 1))
    stage.wait(11)
    assert stage.token(token).status is TokenStatus.EXPIRED
    paid(stage, token)
    assert facts(stage) == SAID


def test_another_slot_keeps_what_was_told(stage: Stage, cast: Cast) -> None:
    tell(stage, hold(stage, cast, 1))
    paid(stage, hold(stage, cast, 2))
    assert facts(stage) == SAID


def test_what_is_told_again_before_the_payment_counts(stage: Stage, cast: Cast) -> None:
    token = tell(stage, hold(stage, cast, 1))
    tell(stage, token, Profile(age=35, age_on=MONDAY))
    paid(stage, token)
    assert facts(stage) == Profile(age=35, age_on=MONDAY, gender="MALE")


def test_what_staff_recorded_stays_and_gaps_are_filled(stage: Stage, cast: Cast) -> None:
    work = stage.work().within(ClinicScope("clinic_city"))
    patient_changes.record_patient(work, phone="+919876543021", name="Asha", given={"age": 50})
    work.commit()
    tell(stage, hold(stage, cast, 1, doctor=cast.khan))
    assert facts(stage) == Profile(age=50, age_on=MONDAY, gender="MALE")
    assert record(stage).author is None


def test_nothing_told_writes_nothing(stage: Stage, cast: Cast) -> None:
    token = hold(stage, cast, 1)
    assert tell(stage, token, profile.EMPTY) == token
