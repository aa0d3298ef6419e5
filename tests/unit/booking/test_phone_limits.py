"""One phone takes no more than a person's share of a doctor's day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from domain.actions.booking import phone_limits, rescheduling
from domain.errors import DayClosed, TooManyBookings, TooOften
from domain.model.people import Contact, Patient
from domain.model.queues import TokenStatus
from domain.rules import HOLDS_PER_HOUR, REFUNDS_PER_DAY
from tests.bookings import cancel, do, hold, ravi
from tests.people import MONDAY, TUESDAY, Cast, a_person
from tests.stage import Stage

FAR_AWAY = date(2099, 1, 5)


def relative(cast: Cast, n: int) -> tuple[Contact, Patient]:
    """Return relative *n* of Asha, who writes for them."""
    patient, _ = a_person(f"child{n}", f"Child {n}", "+919876543021")
    return cast.asha_contact, patient


def test_one_phone_has_four_bookings_of_a_doctors_day_and_no_fifth(
    stage: Stage, cast: Cast
) -> None:
    for n in range(4):
        hold(stage, cast, n + 1, doctor=cast.khan, person=relative(cast, n))
    with pytest.raises(TooManyBookings) as refusal:
        hold(stage, cast, 5, doctor=cast.khan, person=relative(cast, 4))
    assert refusal.value.details["most"] == 4
    hold(stage, cast, 5, doctor=cast.khan, person=ravi(cast))
    hold(stage, cast, 5, doctor=cast.khan, person=relative(cast, 4), day=TUESDAY)
    hold(stage, cast, 5, person=relative(cast, 4))


def test_a_booking_that_ended_makes_room_for_another(stage: Stage, cast: Cast) -> None:
    tokens = [
        hold(stage, cast, n + 1, doctor=cast.khan, person=relative(cast, n)) for n in range(4)
    ]
    cancel(stage, tokens[0])
    hold(stage, cast, 6, doctor=cast.khan, person=relative(cast, 4))


def test_one_who_changes_the_slot_they_hold_needs_no_more_room(stage: Stage, cast: Cast) -> None:
    for n in range(3):
        hold(stage, cast, n + 1, doctor=cast.khan, person=relative(cast, n))
    hold(stage, cast, 5)
    assert hold(stage, cast, 6).status is TokenStatus.PENDING


def test_unpaid_holds_are_not_taken_again_and_again(stage: Stage, cast: Cast) -> None:
    for n in range(HOLDS_PER_HOUR):
        hold(stage, cast, n % 2 + 1)
    with pytest.raises(TooOften):
        hold(stage, cast, 3)
    hold(stage, cast, 3, person=ravi(cast))
    hold(stage, cast, 1, doctor=cast.khan)  # nothing is due there
    stage.clock.advance(60)
    assert hold(stage, cast, 4).status is TokenStatus.PENDING


def test_who_is_repaid_again_and_again_has_to_call_the_clinic(stage: Stage, cast: Cast) -> None:
    for _ in range(REFUNDS_PER_DAY):
        do(stage, phone_limits.count_refund, "con_asha")
    with pytest.raises(TooOften):
        hold(stage, cast, 1)
    hold(stage, cast, 1, doctor=cast.khan)
    stage.clock.advance(timedelta(days=1).total_seconds() / 60)
    assert hold(stage, cast, 3, day=TUESDAY).status is TokenStatus.PENDING


@pytest.mark.parametrize("day", [MONDAY + timedelta(days=15), FAR_AWAY])
def test_a_day_beyond_the_clinics_reach_is_not_sold(stage: Stage, cast: Cast, day: date) -> None:
    with pytest.raises(DayClosed):
        hold(stage, cast, 1, doctor=cast.khan, day=day)
    token = hold(stage, cast, 1, doctor=cast.khan)
    with pytest.raises(DayClosed):
        do(stage, rescheduling.reschedule, cast.clinic, cast.khan, token, day, 2)
    assert stage.token(token).status is TokenStatus.CONFIRMED
