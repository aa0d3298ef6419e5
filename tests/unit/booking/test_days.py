"""The days and slots that are offered."""

from __future__ import annotations

from domain.actions.booking import booking, days
from domain.actions.booking.days import read_day
from domain.model.clinics import Doctor
from tests.bookings import do, hold, ravi
from tests.people import MONDAY, TUESDAY, Cast, a_doctor, store
from tests.stage import Stage


def test_free_slots_are_ahead_unsold_and_within_the_limit(stage: Stage, cast: Cast) -> None:
    store(stage.records, cast.meera.but(daily_limit=2))
    doctor = stage.work().get(Doctor, "clinic_city", "doc_meera")
    assert doctor is not None
    hold(stage, cast, 2, doctor=doctor)
    stage.clock.advance(31)
    view = read_day(stage.work(), cast.clinic, doctor, MONDAY)
    assert [s.number for s in view.free(stage.clock.now())][:2] == [2, 3]  # the hold ran out
    hold(stage, cast, 3, doctor=doctor)
    hold(stage, cast, 4, doctor=doctor, person=ravi(cast))
    view = read_day(stage.work(), cast.clinic, doctor, MONDAY)
    assert view.free(stage.clock.now()) == []


def test_the_nearest_slot_of_another_day_is_at_the_same_time_of_the_night(
    stage: Stage, cast: Cast
) -> None:
    night = a_doctor(
        cast.clinic,
        "doc_khan",
        "Dr. Khan",
        "+919876543012",
        advance_amount=0,
        start_time="21:00",
        end_time="02:00",
        lunch_break=None,
    )
    token = do(
        stage,
        booking.hold,
        cast.clinic,
        night,
        cast.asha_contact,
        cast.asha,
        MONDAY,
        17,  # one o'clock at night
    )
    slot = days.nearest_slot(stage.work(), cast.clinic, night, TUESDAY, token)
    assert slot is not None
    assert slot.number == 17
    assert days.next_open(stage.work(), cast.clinic, night, MONDAY) == TUESDAY
