"""The ledger: every paisa of a clinic's day is somewhere, and its admins can see where."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from domain.actions.booking import rescheduling
from domain.actions.line import calling, lifecycle
from domain.actions.payments import ledger, refunds
from domain.actions.payments.ledger import Statement
from domain.model.money import Capture, Disposition, Refund, RefundStatus
from domain.model.queues import Token
from domain.scopes import ClinicScope, DoctorScope
from tests.bookings import cancel, do, hold, ravi
from tests.lines import FARIDA, move, start
from tests.people import MONDAY, TUESDAY, Cast
from tests.stage import Stage


def statement(stage: Stage, cast: Cast, day: date = MONDAY) -> Statement:
    work = stage.work().within(ClinicScope(cast.clinic.clinic_id))
    found = ledger.statement_of(work, cast.clinic, day)
    assert found.difference == 0
    assert ledger.find_discrepancies(work, cast.clinic, day) == []
    return found


def paid(stage: Stage, cast: Cast, number: int = 5, **who: object) -> Token:
    token = hold(stage, cast, number, **who)
    stage.pay(token, f"sbx_{number}")
    stage.clock.advance(seconds=1)
    return stage.token(token)


def move_line(stage: Stage, cast: Cast, action: Callable[..., object]) -> None:
    move(stage, cast, action, FARIDA, doctor=cast.meera)
    stage.clock.advance(seconds=1)


def test_a_day_without_money_is_nothing(stage: Stage, cast: Cast) -> None:
    hold(stage, cast, 5)
    assert statement(stage, cast) == Statement()


def test_a_payment_in_time_is_in_its_seat(stage: Stage, cast: Cast) -> None:
    paid(stage, cast)
    assert statement(stage, cast) == Statement(captured=5000, seated=5000, payments=1)


def test_a_cancelled_bookings_money_is_on_its_way_and_then_back(stage: Stage, cast: Cast) -> None:
    cancel(stage, paid(stage, cast))
    assert statement(stage, cast) == Statement(captured=5000, refunded=5000, payments=1)
    stage.settle()
    back = Statement(captured=5000, refunded=5000, sent_back=5000, payments=1)
    assert statement(stage, cast) == back


def test_a_refund_that_failed_stands_out(stage: Stage, cast: Cast) -> None:
    cancel(stage, paid(stage, cast))
    work = stage.work()
    refund = work.get(Refund, "sbx_5", "REFUND")
    assert refund is not None
    work.put(refund.but(status=RefundStatus.FAILED))
    work.commit()
    assert statement(stage, cast).failed == 5000


def test_a_closed_clinics_money_waits_then_sits_or_goes_back(stage: Stage, cast: Cast) -> None:
    one, _ = paid(stage, cast, 5), paid(stage, cast, 6, person=ravi(cast))
    start(stage, cast, FARIDA, doctor=cast.meera)
    stage.on_line(lifecycle.close, cast.clinic, cast.meera, FARIDA, "CLOSED_BY_STAFF")
    stage.clock.advance(1)  # nobody is told before
    stage.settle()
    assert statement(stage, cast) == Statement(captured=10000, waiting=10000, payments=2)
    do(stage, rescheduling.reschedule, cast.clinic, cast.meera, stage.token(one), TUESDAY, 3)
    stage.wait(25 * 60)
    assert statement(stage, cast) == Statement(
        captured=10000, seated=5000, refunded=5000, sent_back=5000, payments=2
    )


def test_the_desk_collects_the_balance_and_gives_it_back_when_taken_back(
    stage: Stage, cast: Cast
) -> None:
    paid(stage, cast, 5)
    start(stage, cast, FARIDA, doctor=cast.meera)
    move_line(stage, cast, calling.call_next)
    assert statement(stage, cast).collected == 0
    move_line(stage, cast, calling.call_next)
    assert statement(stage, cast) == Statement(
        captured=5000, seated=5000, collected=45000, payments=1
    )
    move_line(stage, cast, calling.undo)
    assert statement(stage, cast).collected == 0
    move_line(stage, cast, calling.call_next)
    assert statement(stage, cast).collected == 45000
    rows = ledger.list_collections(stage.work(), cast.clinic, MONDAY, MONDAY).records
    assert [r.amount_paise for r in rows] == [45000]


def test_a_day_is_the_clinics_own(stage: Stage, cast: Cast) -> None:
    token = hold(stage, cast, 5, day=date(2030, 11, 26))
    stage.clock.instant = stage.clock.instant.replace(hour=18, minute=29)  # 23:59 in Kolkata
    stage.pay(token, "sbx_late")  # its hold is over; the slot is still free
    other = hold(stage, cast, 6, day=date(2030, 11, 26), person=ravi(cast))
    stage.clock.advance(2)
    stage.pay(other, "sbx_next")
    assert statement(stage, cast).payments == 1
    assert statement(stage, cast, MONDAY + timedelta(days=1)).payments == 1
    assert statement(stage, cast, MONDAY - timedelta(days=1)).payments == 0


def test_days_add_up(stage: Stage, cast: Cast) -> None:
    paid(stage, cast, 5)
    one = statement(stage, cast)
    assert one + one == Statement(captured=10000, seated=10000, payments=2)


def test_the_list_is_newest_first_and_goes_on_page_by_page(stage: Stage, cast: Cast) -> None:
    for number in (5, 6, 7):
        token = hold(stage, cast, number, person=ravi(cast))
        stage.pay(token, f"sbx_{number}")
        stage.clock.advance(seconds=1)
        cancel(stage, stage.token(token))
    work = stage.work().within(ClinicScope(cast.clinic.clinic_id))
    found, after = [], None
    for _ in range(3):
        page = ledger.list_payments(work, cast.clinic, MONDAY, MONDAY, limit=1, after=after)
        found += page.payments
        after = page.after
    assert after is None
    assert [p.capture.capture_id for p in found] == ["sbx_7", "sbx_6", "sbx_5"]
    for p in found:
        assert p.refund is not None
        assert p.payment is not None
        assert p.token is not None
        assert p.payment.payment_id == p.capture.payment_id
        assert p.token.token_id == p.capture.token_id


def test_nothing_of_another_clinics_money_is_seen(stage: Stage, cast: Cast) -> None:
    paid(stage, cast, 5)
    theirs = stage.work().within(ClinicScope(cast.sunrise.clinic_id))
    assert ledger.statement_of(theirs, cast.clinic, MONDAY) == Statement()
    assert ledger.list_payments(theirs, cast.clinic, MONDAY, MONDAY).payments == []
    khan = stage.work().within(DoctorScope(cast.clinic.clinic_id, cast.khan.doctor_id))
    assert ledger.list_payments(khan, cast.clinic, MONDAY, MONDAY).payments == []


@pytest.mark.parametrize("wrong", ["lost seat", "no refund", "another amount", "held twice"])
def test_rows_that_contradict_one_another_are_found(stage: Stage, cast: Cast, wrong: str) -> None:
    token = paid(stage, cast, 5)
    work = stage.work()
    capture = work.get(Capture, "sbx_5", "CAPTURE")
    assert capture is not None
    if wrong == "lost seat":
        work.put(token.but(capture_id=None, paid_paise=0))
    elif wrong == "no refund":
        work.put(capture.but(disposition=Disposition.REFUND))
        work.put(token.but(capture_id=None, paid_paise=0))
    elif wrong == "another amount":
        work.put(token.but(paid_paise=4999))
    else:
        refunds.refund_capture(work, capture, "TEST")
    work.commit()
    assert ledger.find_discrepancies(stage.work(), cast.clinic, MONDAY) == ["sbx_5"]
