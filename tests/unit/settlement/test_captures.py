"""I3: money that arrives, whenever and however often it is announced."""

from __future__ import annotations

import pytest

from domain.actions.booking import rescheduling
from domain.actions.line import lifecycle
from domain.actions.payments import refunds
from domain.actions.settlement import captures
from domain.actors import Actor
from domain.errors import NotFound
from domain.model.money import Capture, Disposition, Payment, Refund, RefundStatus, RequestStatus
from domain.model.queues import PaymentStatus, Token, TokenStatus
from tests.bookings import cancel, do, hold, ravi
from tests.people import MONDAY, TUESDAY, Cast
from tests.stage import Stage


def capture(stage: Stage, capture_id: str) -> Capture:
    found = stage.work().get(Capture, capture_id, "CAPTURE")
    assert found is not None
    return found


def refund(stage: Stage, capture_id: str) -> Refund | None:
    return stage.work().get(Refund, capture_id, "REFUND")


def told(stage: Stage) -> list[str]:
    stage.settle()
    return [m.name for m in stage.messages()]


def test_money_in_time_takes_the_seat(stage: Stage, cast: Cast) -> None:
    token = hold(stage, cast, 5)
    paid = stage.pay(token)
    now = stage.token(token)
    assert (now.status, now.payment_status) == (TokenStatus.CONFIRMED, PaymentStatus.PAID)
    assert (now.capture_id, now.paid_paise, now.held_until) == (paid, 5000, None)
    assert capture(stage, paid).disposition is Disposition.SEAT
    assert refund(stage, paid) is None
    assert told(stage) == ["booking/confirmed"]


def test_a_notice_that_comes_again_changes_nothing(stage: Stage, cast: Cast) -> None:
    token = hold(stage, cast, 5)
    stage.pay(token, "sbx_1")
    before = stage.token(token)
    stage.clock.advance(5)
    stage.pay(token, "sbx_1")
    assert stage.token(token) == before
    assert told(stage) == ["booking/confirmed"]


def test_a_second_payment_is_returned_and_the_seat_stands(stage: Stage, cast: Cast) -> None:
    token = hold(stage, cast, 5)
    stage.pay(token, "sbx_1")
    stage.clock.advance(1)
    stage.pay(token, "sbx_2")
    assert told(stage) == ["booking/confirmed", "booking/money_back"]
    assert stage.messages()[-1].values["stands"] is True
    assert capture(stage, "sbx_1").disposition is Disposition.SEAT
    back = refund(stage, "sbx_2")
    assert back is not None
    assert back.status is RefundStatus.PROCESSED
    assert stage.token(token).status is TokenStatus.CONFIRMED


def test_too_little_is_returned_and_the_hold_goes_on(stage: Stage, cast: Cast) -> None:
    token = hold(stage, cast, 5)
    stage.pay(token, "sbx_1", amount=4999)
    assert stage.token(token).status is TokenStatus.PENDING
    assert refund(stage, "sbx_1") is not None
    stage.clock.advance(seconds=1)
    stage.pay(token, "sbx_2", amount=5001)
    assert stage.token(token).paid_paise == 5001


@pytest.mark.parametrize("expired_by_the_clock", [True, False])
@pytest.mark.parametrize("amount", [5000, 4000])
def test_late_money_takes_the_seat_if_it_is_still_to_be_had(
    stage: Stage, cast: Cast, *, expired_by_the_clock: bool, amount: int
) -> None:
    token = hold(stage, cast, 5)
    stage.clock.advance(11)
    if expired_by_the_clock:
        stage.settle()
    stage.pay(token, "sbx_1", amount=amount)
    stage.settle()
    enough = amount == 5000
    assert stage.token(token).status is (TokenStatus.CONFIRMED if enough else TokenStatus.EXPIRED)
    assert (refund(stage, "sbx_1") is None) == enough


@pytest.mark.parametrize("expired_by_the_clock", [True, False])
@pytest.mark.parametrize("why", ["sold", "past", "closed", "booked elsewhere", "day off"])
def test_late_money_is_returned_if_the_seat_is_not_to_be_had(
    stage: Stage, cast: Cast, *, expired_by_the_clock: bool, why: str
) -> None:
    token = hold(stage, cast, 5)  # 10:00
    stage.clock.advance(11)
    if expired_by_the_clock:
        stage.settle()
    if why == "sold":
        hold(stage, cast, 5, person=ravi(cast))
    elif why == "past":
        stage.clock.advance(90)
    elif why == "closed":
        stage.on_line(lifecycle.close, cast.clinic, cast.meera, Actor("x", "x"), "CLOSED")
    elif why == "booked elsewhere":
        hold(stage, cast, 8)
    else:
        do(stage, lambda work: work.put(cast.meera.but(days_off=(MONDAY,))))
    stage.pay(token, "sbx_1")
    stage.settle()
    assert stage.token(token).status in {TokenStatus.EXPIRED, TokenStatus.CANCELLED}
    assert capture(stage, "sbx_1").disposition is Disposition.REFUND
    back = refund(stage, "sbx_1")
    assert back is not None
    assert (back.status, back.amount_paise) == (RefundStatus.PROCESSED, 5000)
    assert "booking/money_back" in [m.name for m in stage.messages()]


def test_money_for_a_cancelled_hold_is_returned(stage: Stage, cast: Cast) -> None:
    token = hold(stage, cast, 5)
    cancel(stage, token)
    stage.pay(token, "sbx_1")
    assert capture(stage, "sbx_1").disposition is Disposition.REFUND


def test_a_failed_attempt_is_told_once_and_never_ends_the_hold(stage: Stage, cast: Cast) -> None:
    token = hold(stage, cast, 5)
    for _ in range(2):
        stage.fail_payment(token)
        stage.clock.advance(1)
    now = stage.token(token)
    assert (now.status, now.payment_status) == (TokenStatus.PENDING, PaymentStatus.FAILED)
    stage.pay(token)
    assert stage.token(token).payment_status is PaymentStatus.PAID
    stage.fail_payment(token)  # a notice that comes late
    assert stage.token(token).payment_status is PaymentStatus.PAID
    assert told(stage).count("booking/payment_failed") <= 1


def test_an_unknown_request_is_not_found(stage: Stage) -> None:
    with pytest.raises(NotFound):
        captures.record_capture(stage.work(), "payr_none", "sbx_1", 1)
    with pytest.raises(NotFound):
        captures.record_failed_attempt(stage.work(), "payr_none")


def a_refund(stage: Stage, cast: Cast) -> Token:
    token = hold(stage, cast, 5)
    stage.pay(token, "sbx_1")
    stage.clock.advance(seconds=1)
    return cancel(stage, stage.token(token))


@pytest.mark.parametrize(
    ("answers", "end"),
    [
        ([RefundStatus.REQUESTED, RefundStatus.PROCESSED], RefundStatus.PROCESSED),
        ([RefundStatus.PROCESSED, RefundStatus.REQUESTED], RefundStatus.PROCESSED),
        ([RefundStatus.PROCESSED, RefundStatus.FAILED], RefundStatus.PROCESSED),
        ([RefundStatus.FAILED, RefundStatus.PROCESSED], RefundStatus.PROCESSED),
        ([RefundStatus.REQUESTED, RefundStatus.FAILED], RefundStatus.FAILED),
    ],
)
def test_what_the_gateway_says_of_a_refund_only_moves_forward(
    stage: Stage, cast: Cast, answers: list[RefundStatus], end: RefundStatus
) -> None:
    a_refund(stage, cast)
    for answer in answers:
        work = stage.work()
        row = work.get(Refund, "sbx_1", "REFUND")
        assert row is not None
        refunds.record_refund_status(work, row, answer, "rfnd_1")
        work.commit()
    back = refund(stage, "sbx_1")
    assert back is not None
    assert back.status is end


def closed_with_money(stage: Stage, cast: Cast) -> Token:
    token = hold(stage, cast, 5)
    stage.pay(token, "sbx_1")
    stage.on_line(lifecycle.start, cast.clinic, cast.meera, Actor("x", "x"))
    stage.on_line(lifecycle.close, cast.clinic, cast.meera, Actor("x", "x"), "CLOSED_BY_STAFF")
    stage.clock.advance(1)  # nobody is told before
    stage.settle()
    return stage.token(token)


def test_a_closed_clinics_money_waits_a_day_and_is_then_returned(stage: Stage, cast: Cast) -> None:
    token = closed_with_money(stage, cast)
    assert (token.status, token.payment_status) == (TokenStatus.CANCELLED, PaymentStatus.PAID)
    assert capture(stage, "sbx_1").disposition is Disposition.WAITING
    stage.wait(24 * 60 - 1)
    assert refund(stage, "sbx_1") is None
    stage.wait(1)
    assert refund(stage, "sbx_1") is not None
    assert stage.token(token).payment_status is PaymentStatus.REFUNDED
    assert [m.name for m in stage.messages()][-1] == "booking/money_back"


def test_waiting_money_takes_another_day_and_is_not_returned(stage: Stage, cast: Cast) -> None:
    token = closed_with_money(stage, cast)
    new = do(stage, rescheduling.reschedule, cast.clinic, cast.meera, token, TUESDAY, 2)
    assert (new.status, new.paid_paise) == (TokenStatus.CONFIRMED, 5000)
    stage.wait(24 * 60 + 1)
    assert refund(stage, "sbx_1") is None
    assert capture(stage, "sbx_1").token_id == new.token_id


def test_waiting_money_is_returned_once_however_often_it_is_asked_for(
    stage: Stage, cast: Cast
) -> None:
    closed_with_money(stage, cast)
    assert do(stage, refunds.refund_held_for_rebooking, "sbx_1", tell=False) is not None
    assert do(stage, refunds.refund_held_for_rebooking, "sbx_1", tell=False) is None
    stage.wait(25 * 60)
    back = refund(stage, "sbx_1")
    assert back is not None
    assert (back.status, back.attempts) == (RefundStatus.PROCESSED, 1)


def test_a_day_never_started_returns_money_at_once(stage: Stage, cast: Cast) -> None:
    token = hold(stage, cast, 5)
    stage.pay(token, "sbx_1")
    stage.on_line(lifecycle.close, cast.clinic, cast.meera, Actor("x", "x"), "CLOSED_BY_STAFF")
    stage.clock.advance(1)  # nobody is told before
    stage.settle()
    back = refund(stage, "sbx_1")
    assert back is not None
    assert (back.reason, back.status) == ("NOT_STARTED", RefundStatus.PROCESSED)


def test_a_request_that_was_paid_stays_paid(stage: Stage, cast: Cast) -> None:
    token = hold(stage, cast, 5)
    stage.pay(token)
    cancel(stage, stage.token(token))
    payment = stage.work().get(Payment, token.payment_id or "")
    assert payment is not None
    assert payment.status is RequestStatus.PAID
