"""I1: selling a slot, giving it back and moving it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.actions.booking import rescheduling, seats
from domain.actions.booking.queues import current_queue
from domain.actions.line import calling, lifecycle, preconditions
from domain.actors import Actor
from domain.errors import (
    AlreadyBooked,
    DayClosed,
    DayFull,
    NotNow,
    SlotTaken,
    TooManyHolds,
)
from domain.model.clinics import Doctor
from domain.model.money import Capture, Disposition, Payment, RequestStatus, Transfer
from domain.model.queues import Hold, LiveBooking, PaymentStatus, Queue, Seat, Token, TokenStatus
from tests.bookings import cancel, do, hold, paid, ravi
from tests.people import MONDAY, TUESDAY, Cast, a_person, store
from tests.stage import Stage


def of_one_sale(stage: Stage, doctor: Doctor) -> Doctor:
    """Let *doctor* sell one booking a day online."""
    store(stage.records, doctor.but(daily_limit=1))
    found = stage.work().get(Doctor, "clinic_city", doctor.doctor_id)
    assert found is not None
    return found


def taken_by(stage: Stage, token: Token) -> list[str]:
    found = stage.work().query(Seat, token.queue_id, limit=200).records
    return sorted(s.seat for s in found if s.token_id == token.token_id)


def test_a_slot_is_held_for_ten_minutes(stage: Stage, cast: Cast) -> None:
    token = hold(stage, cast, 5)
    assert token.status is TokenStatus.PENDING
    assert token.held_until == token.created_at + timedelta(minutes=10)
    assert (token.token_number, token.advance_paise, token.amount_paise) == ("005", 5000, 50000)
    assert taken_by(stage, token) == ["limit#005", "slot#005"]
    payment = stage.work().get(Payment, token.payment_id or "")
    assert payment is not None
    assert (payment.amount_paise, payment.status) == (5000, RequestStatus.OPEN)


def test_a_hold_never_reaches_past_its_slot_but_leaves_time_to_pay(
    stage: Stage, cast: Cast
) -> None:
    stage.clock.advance(25)  # five minutes before the first slot
    first = hold(stage, cast, 1)
    assert first.held_until == first.estimated_time
    stage.clock.advance(19)  # one minute before the second
    second = hold(stage, cast, 2, person=ravi(cast))
    assert second.held_until == second.created_at + timedelta(minutes=2)


def test_without_an_advance_a_booking_is_confirmed_at_once(stage: Stage, cast: Cast) -> None:
    token = hold(stage, cast, 2, doctor=cast.khan)
    assert (token.status, token.payment_id) == (TokenStatus.CONFIRMED, None)
    assert stage.work().query(Hold, "con_asha").records == []


def test_asking_again_for_the_slot_one_holds_is_that_hold(stage: Stage, cast: Cast) -> None:
    first = hold(stage, cast, 5)
    assert hold(stage, cast, 5) == stage.token(first)


def test_another_slot_with_the_same_doctor_gives_up_the_first(stage: Stage, cast: Cast) -> None:
    first = hold(stage, cast, 5)
    second = hold(stage, cast, 6)
    assert stage.token(first).status is TokenStatus.EXPIRED
    assert taken_by(stage, first) == []
    assert [t.token_id for t in stage.tokens("+919876543021")] == [second.token_id]
    payment = stage.work().get(Payment, first.payment_id or "")
    assert payment is not None
    assert payment.status is RequestStatus.ENDED


def test_a_full_day_still_lets_one_change_the_slot_one_holds(stage: Stage, cast: Cast) -> None:
    doctor = of_one_sale(stage, cast.meera)
    hold(stage, cast, 5, doctor=doctor)
    with pytest.raises(DayFull):
        hold(stage, cast, 6, doctor=doctor, person=ravi(cast))
    assert hold(stage, cast, 6, doctor=doctor).status is TokenStatus.PENDING


def test_a_contact_holds_three_unpaid_slots_at_most(stage: Stage, cast: Cast) -> None:
    for n in range(3):
        patient, _ = a_person(f"child{n}", f"Child {n}", "+919876543021")
        hold(stage, cast, n + 1, person=(cast.asha_contact, patient))
    with pytest.raises(TooManyHolds):
        hold(stage, cast, 9)
    assert stage.work().query(Seat, stage.queue("doc_meera", "2030-11-25").queue_id).records
    stage.clock.advance(10)
    assert hold(stage, cast, 9).status is TokenStatus.PENDING


def test_one_live_booking_a_patient_doctor_and_day(stage: Stage, cast: Cast) -> None:
    first = hold(stage, cast, 1, doctor=cast.khan)
    with pytest.raises(AlreadyBooked) as refused:
        hold(stage, cast, 2, doctor=cast.khan)
    assert refused.value.details["token"] == stage.token(first)
    assert hold(stage, cast, 2, doctor=cast.khan, day=TUESDAY).status is TokenStatus.CONFIRMED
    assert hold(stage, cast, 2).status is TokenStatus.PENDING
    assert len(seats.live_tokens(stage.work(), "con_asha", "clinic_city")) == 3
    assert seats.live_tokens(stage.work(), "con_asha", "clinic_sunrise") == []


@pytest.mark.parametrize("number", [0, 29, 999])
def test_a_slot_that_does_not_exist_is_taken(stage: Stage, cast: Cast, number: int) -> None:
    with pytest.raises(SlotTaken):
        hold(stage, cast, number)


def test_a_slot_that_is_past_is_taken(stage: Stage, cast: Cast) -> None:
    stage.clock.advance(30)
    with pytest.raises(SlotTaken):
        hold(stage, cast, 1)


def test_a_closed_day_sells_nothing(stage: Stage, cast: Cast) -> None:
    store(stage.records, cast.meera.but(days_off=(MONDAY,)))
    doctor = stage.work().get(Doctor, "clinic_city", "doc_meera")
    with pytest.raises(DayClosed):
        hold(stage, cast, 1, doctor=doctor)
    hold(stage, cast, 1, doctor=cast.khan)
    stage.on_line(lifecycle.close, cast.clinic, cast.khan, Actor("x", "x"), "CLOSED_BY_STAFF")
    stage.clock.advance(1)  # nobody is told before
    with pytest.raises(DayClosed):
        hold(stage, cast, 2, doctor=cast.khan, person=ravi(cast))


def test_numbers_fee_and_hours_are_those_of_the_first_sale(stage: Stage, cast: Cast) -> None:
    hold(stage, cast, 1, doctor=cast.khan)
    changed = cast.khan.but(start_time="10:00", consultation_fee=900, consultation_duration=30)
    store(stage.records, changed)
    other = hold(stage, cast, 2, doctor=changed, person=ravi(cast))
    assert (other.amount_paise, other.estimated_time.minute) == (50000, 45)


def test_cancelling_frees_everything_and_the_number_is_sold_again(stage: Stage, cast: Cast) -> None:
    token = paid(stage, hold(stage, cast, 5))
    ended = cancel(stage, token)
    assert (ended.status, ended.payment_status) == (TokenStatus.CANCELLED, PaymentStatus.REFUNDED)
    assert taken_by(stage, token) == []
    assert stage.work().query(LiveBooking, "con_asha").records == []
    again = hold(stage, cast, 5, person=ravi(cast))
    assert again.token_number == token.token_number
    assert again.token_id != token.token_id
    with pytest.raises(NotNow):
        cancel(stage, stage.token(token))


def test_a_hold_that_ran_out_is_sold_on_before_any_clock_has_looked(
    stage: Stage, cast: Cast
) -> None:
    old = hold(stage, cast, 5)
    stage.clock.advance(10)
    new = hold(stage, cast, 5, person=ravi(cast))
    assert stage.token(old).status is TokenStatus.EXPIRED
    assert taken_by(stage, new) == ["limit#005", "slot#005"]
    stage.settle()
    assert [(m.name, m.contact_id) for m in stage.messages()] == [
        ("booking/hold_ended", "con_asha")
    ]
    assert stage.token(new).status is TokenStatus.PENDING


def test_who_gave_a_hold_up_is_not_told_that_it_ended(stage: Stage, cast: Cast) -> None:
    hold(stage, cast, 5)
    stage.clock.advance(5)
    hold(stage, cast, 6)
    stage.clock.advance(6)
    assert stage.settle() == []


def test_moving_swaps_seats_and_money_in_one_write(stage: Stage, cast: Cast) -> None:
    token = paid(stage, hold(stage, cast, 5))
    new = do(stage, rescheduling.reschedule, cast.clinic, cast.meera, token, TUESDAY, 3)
    old = stage.token(token)
    assert (old.status, old.capture_id, old.paid_paise) == (TokenStatus.CANCELLED, None, 0)
    assert (new.status, new.paid_paise, new.replaces) == (
        TokenStatus.CONFIRMED,
        5000,
        token.token_id,
    )
    assert taken_by(stage, token) == []
    work = stage.work()
    capture = work.get(Capture, token.capture_id or "", "CAPTURE")
    assert capture is not None
    assert (capture.disposition, capture.token_id) == (Disposition.SEAT, new.token_id)
    moves = work.query(Transfer, token.capture_id or "").records
    assert [(m.from_token_id, m.to_token_id) for m in moves] == [(token.token_id, new.token_id)]


def test_moving_to_a_taken_slot_gives_nothing_up(stage: Stage, cast: Cast) -> None:
    token = hold(stage, cast, 5, doctor=cast.khan)
    hold(stage, cast, 6, doctor=cast.khan, person=ravi(cast))
    with pytest.raises(SlotTaken):
        do(stage, rescheduling.reschedule, cast.clinic, cast.khan, token, MONDAY, 6)
    assert stage.token(token) == token
    assert taken_by(stage, token) == ["limit#005", "slot#005"]


def test_moving_within_a_full_day_is_no_further_sale(stage: Stage, cast: Cast) -> None:
    token = hold(stage, cast, 5, doctor=of_one_sale(stage, cast.khan))
    new = do(stage, rescheduling.reschedule, cast.clinic, cast.khan, token, MONDAY, 9)
    assert taken_by(stage, new) == ["limit#001", "slot#009"]
    with pytest.raises(DayFull):
        hold(stage, cast, 5, doctor=cast.khan, person=ravi(cast))


def test_an_unpaid_or_served_booking_does_not_move(stage: Stage, cast: Cast) -> None:
    token = hold(stage, cast, 5)
    with pytest.raises(NotNow):
        do(stage, rescheduling.reschedule, cast.clinic, cast.meera, token, MONDAY, 6)


def test_a_skipped_patient_cannot_cancel_once_the_line_is_closed(stage: Stage, cast: Cast) -> None:
    token = hold(stage, cast, 1, doctor=cast.khan)
    actor = Actor("usr_khan", "Dr. Khan")

    def head() -> Queue:
        return current_queue(stage.work(), cast.clinic, cast.khan)

    saw = preconditions.SeenState(button=True)
    stage.on_line(lifecycle.start, cast.clinic, cast.khan, actor)
    stage.on_line(calling.call_next, cast.clinic, cast.khan, actor, saw)
    saw = preconditions.SeenState(button=True, current=token.token_id)
    stage.on_line(calling.skip, cast.clinic, cast.khan, actor, saw)
    stage.on_line(lifecycle.close, cast.clinic, cast.khan, actor, "CLOSED_BY_STAFF")
    stage.clock.advance(1)  # nobody is told before
    for action in (
        lambda: cancel(stage, stage.token(token)),
        lambda: do(
            stage, rescheduling.reschedule, cast.clinic, cast.khan, stage.token(token), TUESDAY, 1
        ),
    ):
        with pytest.raises(NotNow):
            action()
    stage.settle()
    assert stage.token(token).status is TokenStatus.NO_SHOW
