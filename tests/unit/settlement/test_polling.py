"""Asking the gateway: no notice is needed, no call is trusted, and money ends where it belongs."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from inspect import signature

import pytest

from domain.actions.booking import seats
from domain.actions.payments import links
from domain.actions.settlement import polling
from domain.errors import NotFound, NotNow
from domain.gateway import GatewayRefused, GatewayUnavailable, Link, LinkRequest
from domain.model.due import GATEWAY_KINDS, GATEWAY_SHARDS, Due, is_aside, shard_of
from domain.model.messages import Message
from domain.model.money import Capture, Disposition, Payment, Refund, RefundStatus, RequestStatus
from domain.model.queues import PaymentStatus, Token, TokenStatus
from tests.bank import Bank, BankLink, Fault, Killed
from tests.bookings import cancel, hold, ravi
from tests.due import due_items
from tests.gateways import use_bank
from tests.people import Cast
from tests.stage import Stage
from web.checkout.pay import obtain_gateway_url
from workers.due_runner import DueRunner
from workers.handlers import HANDLERS

HOUR = 60
UNANSWERED = [Fault.AWAY, Fault.LOST]


@pytest.fixture
def bank(stage: Stage) -> Bank:
    """Put a gateway in the sandbox's place."""
    return use_bank(stage)


def press(stage: Stage, token: Token) -> str | None:
    """Press the button of a payment's page."""
    return obtain_gateway_url(stage.parts, token.payment_id or "", "https://clinic.example/pay")


def payment(stage: Stage, token: Token) -> Payment:
    found = stage.work().get(Payment, token.payment_id or "")
    assert found is not None
    return found


def refund(stage: Stage, capture_id: str) -> Refund:
    found = stage.work().get(Refund, capture_id, "REFUND")
    assert found is not None
    return found


def waiting(stage: Stage) -> list[str]:
    """Return the kinds of what is still to be asked of the gateway."""
    return sorted(i.kind for i in due_items(stage, *GATEWAY_KINDS))


def test_a_booking_whose_page_is_never_pressed_is_never_asked_about(
    stage: Stage, cast: Cast, bank: Bank
) -> None:
    hold(stage, cast, 5)
    stage.wait(3 * HOUR)
    assert bank.asked == {}


def test_a_press_makes_the_link_once_and_every_press_leads_to_it(
    stage: Stage, cast: Cast, bank: Bank
) -> None:
    token = hold(stage, cast, 5)
    address = press(stage, token)
    assert address == f"https://bank.example/{token.payment_id}"
    assert press(stage, token) == address
    assert bank.asked == {"make_link": 1}
    assert payment(stage, token).gateway_link_id == f"plink_{token.payment_id}"


@pytest.mark.parametrize("fault", UNANSWERED)
def test_a_press_without_an_answer_is_pressed_again_and_there_is_one_link(
    stage: Stage, cast: Cast, bank: Bank, fault: Fault
) -> None:
    token = hold(stage, cast, 5)
    bank.faults.append(fault)
    with pytest.raises(GatewayUnavailable):
        press(stage, token)
    assert press(stage, token) is not None
    assert list(bank.links) == [token.payment_id]


@pytest.mark.parametrize("ends", ["expired", "cancelled", "paid"])
def test_there_is_no_link_for_what_is_not_to_be_paid(
    stage: Stage, cast: Cast, bank: Bank, ends: str
) -> None:
    token = hold(stage, cast, 5)
    if ends == "expired":
        stage.clock.advance(10)
    elif ends == "cancelled":
        cancel(stage, token)
    else:
        stage.pay(token)
    with pytest.raises(NotNow):
        press(stage, token)
    with pytest.raises(NotFound):
        obtain_gateway_url(stage.parts, "payr_none", "https://clinic.example")
    assert bank.asked == {}


def test_money_whose_notice_is_lost_takes_the_seat_within_two_minutes(
    stage: Stage, cast: Cast, bank: Bank
) -> None:
    token = hold(stage, cast, 5)
    press(stage, token)
    bank.pay(token.payment_id or "", "pay_1", 5000)
    stage.wait(2)
    now = stage.token(token)
    assert (now.status, now.capture_id) == (TokenStatus.CONFIRMED, "pay_1")


def test_the_gateway_is_asked_to_the_last_moment_of_the_hold(
    stage: Stage, cast: Cast, bank: Bank
) -> None:
    token = hold(stage, cast, 5)
    press(stage, token)
    stage.wait(9.9)
    bank.pay(token.payment_id or "", "pay_1", 5000)
    stage.wait(0.2)
    assert stage.token(token).status is TokenStatus.CONFIRMED


@pytest.mark.parametrize("ends", ["by the clock", "by whoever wants the slot", "cancelled"])
def test_the_link_ends_with_the_hold(stage: Stage, cast: Cast, bank: Bank, ends: str) -> None:
    token = hold(stage, cast, 5)
    press(stage, token)
    if ends == "cancelled":
        cancel(stage, token)
    else:
        stage.clock.advance(10)
        if ends != "by the clock":
            hold(stage, cast, 5, person=ravi(cast))
    stage.settle()
    assert bank.links[token.payment_id or ""].cancelled
    assert payment(stage, token).status is RequestStatus.ENDED


@pytest.mark.parametrize("fault", UNANSWERED)
def test_a_link_that_could_not_be_ended_is_ended_as_soon_as_the_gateway_answers(
    stage: Stage, cast: Cast, bank: Bank, fault: Fault
) -> None:
    token = hold(stage, cast, 5)
    press(stage, token)
    stage.clock.advance(10)
    bank.faults.extend([None, None, fault, None, fault])
    stage.settle()
    stage.wait(10)
    assert bank.links[token.payment_id or ""].cancelled


def test_a_link_made_while_its_hold_ended_is_ended_too(
    stage: Stage, cast: Cast, bank: Bank
) -> None:
    token = hold(stage, cast, 5)
    make_link = bank.make_link

    def slowly(asked: LinkRequest) -> Link:
        cancel(stage, stage.token(token))
        stage.settle()
        return make_link(asked)

    bank.make_link = slowly  # type: ignore[method-assign]
    press(stage, token)
    stage.settle()
    assert bank.links[token.payment_id or ""].cancelled


def test_a_link_nobody_heard_of_is_found_and_ended(stage: Stage, cast: Cast, bank: Bank) -> None:
    token = hold(stage, cast, 5)
    bank.faults.append(Fault.LOST)
    with pytest.raises(GatewayUnavailable):
        press(stage, token)
    stage.wait(11)
    assert bank.links[token.payment_id or ""].cancelled
    assert payment(stage, token).gateway_link_id is not None


@pytest.mark.parametrize("minutes", [11, 40, 3 * HOUR, 24 * HOUR, 70 * HOUR])
def test_money_that_comes_after_the_link_is_over_is_returned_or_takes_the_slot(
    stage: Stage, cast: Cast, bank: Bank, minutes: int
) -> None:
    token = hold(stage, cast, 25)  # in the afternoon
    press(stage, token)
    stage.wait(minutes)
    bank.pay(token.payment_id or "", "pay_1", 5000)
    stage.wait(120 * HOUR)
    found = stage.work().get(Capture, "pay_1", "CAPTURE")
    assert found is not None
    if found.disposition is Disposition.REFUND:
        assert bank.returned == {"pay_1": 5000}
    else:
        assert stage.token(token).capture_id == "pay_1"
        assert bank.returned == {}
    assert waiting(stage) == []


def test_a_second_payment_by_the_same_link_is_found_and_returned(
    stage: Stage, cast: Cast, bank: Bank
) -> None:
    token = hold(stage, cast, 5)
    press(stage, token)
    bank.pay(token.payment_id or "", "pay_1", 5000)
    bank.pay(token.payment_id or "", "pay_2", 5000)
    stage.wait(HOUR)
    assert stage.token(token).capture_id == "pay_1"
    assert bank.returned == {"pay_2": 5000}


def test_watching_ends_after_days(stage: Stage, cast: Cast, bank: Bank) -> None:
    press(stage, hold(stage, cast, 5))
    stage.wait(24 * HOUR)
    assert waiting(stage) == ["watch_payment"]
    stage.wait(4 * 24 * HOUR)
    assert waiting(stage) == []
    assert bank.asked["fetch_link"] < 20


def test_a_gateway_that_is_away_loses_nothing(stage: Stage, cast: Cast, bank: Bank) -> None:
    token = hold(stage, cast, 5)
    press(stage, token)
    bank.pay(token.payment_id or "", "pay_1", 5000)
    bank.away = True
    stage.wait(2 * HOUR)
    assert stage.token(token).status is TokenStatus.EXPIRED
    bank.away = False
    stage.wait(2 * HOUR)
    assert stage.work().get(Capture, "pay_1", "CAPTURE") is not None
    assert bank.returned == {"pay_1": 5000}  # its time is past


def test_whose_a_payment_is_can_be_asked(stage: Stage, cast: Cast, bank: Bank) -> None:
    token = hold(stage, cast, 5)
    press(stage, token)
    bank.pay(token.payment_id or "", "pay_1", 5000)
    work = stage.work()
    links.schedule_capture_lookup(work, "pay_1")
    work.commit()
    stage.settle()
    assert stage.token(token).payment_status is PaymentStatus.PAID
    assert bank.asked["find_link"] == 1


def test_a_payment_that_is_nobodys_is_asked_about_a_few_times(stage: Stage, bank: Bank) -> None:
    work = stage.work()
    links.schedule_capture_lookup(work, "pay_strange")
    work.commit()
    stage.wait(24 * HOUR)
    assert bank.asked == {"find_link": polling.MOST_LOOKUPS}
    assert waiting(stage) == []


def test_a_link_of_another_installation_is_left_alone(stage: Stage, bank: Bank) -> None:
    bank.links["payr_theirs"] = BankLink("payr_theirs", 5000)
    bank.pay("payr_theirs", "pay_1", 5000)
    work = stage.work()
    links.schedule_capture_lookup(work, "pay_1")
    work.commit()
    stage.wait(HOUR)
    assert stage.work().get(Capture, "pay_1", "CAPTURE") is None
    assert waiting(stage) == []


# Refunds


def a_refund(stage: Stage, cast: Cast, bank: Bank) -> str:
    token = hold(stage, cast, 5)
    bank.pay(token.payment_id or "", "pay_1", 5000)
    stage.pay(token, "pay_1")
    stage.clock.advance(seconds=1)
    cancel(stage, stage.token(token))
    return "pay_1"


@pytest.mark.parametrize("fault", UNANSWERED)
def test_a_refund_without_an_answer_is_asked_about_before_it_is_repeated(
    stage: Stage, cast: Cast, bank: Bank, fault: Fault
) -> None:
    bank.faults.append(fault)
    key = a_refund(stage, cast, bank)
    stage.wait(5)
    assert refund(stage, key).status is RefundStatus.PROCESSED
    assert bank.returned == {key: 5000}
    assert bank.asked["fetch_refunds"] == 1
    assert bank.asked["refund"] == (1 if fault is Fault.LOST else 2)


@pytest.mark.parametrize("end", [RefundStatus.PROCESSED, RefundStatus.FAILED])
def test_a_refund_under_way_is_followed_until_it_ends(
    stage: Stage, cast: Cast, bank: Bank, end: RefundStatus
) -> None:
    bank.slow_refunds = True
    key = a_refund(stage, cast, bank)
    stage.wait(3 * 24 * HOUR)
    assert refund(stage, key).status is RefundStatus.REQUESTED
    assert waiting(stage) == ["refund"]
    bank.end_refunds(end)
    stage.wait(24 * HOUR)
    assert refund(stage, key).status is end
    assert refund(stage, key).gateway_refund_id == f"rfnd_{key}"
    assert waiting(stage) == []
    assert bank.asked["refund"] == 1


def test_a_refund_made_by_hand_is_taken_for_ours(stage: Stage, cast: Cast, bank: Bank) -> None:
    bank.refuses = True  # "has been fully refunded already"
    bank.refunds["pay_1"] = (5000, RefundStatus.PROCESSED)
    key = a_refund(stage, cast, bank)
    stage.settle()
    assert refund(stage, key).status is RefundStatus.PROCESSED


@pytest.mark.slow
def test_a_refund_that_is_refused_is_asked_for_again(stage: Stage, cast: Cast, bank: Bank) -> None:
    bank.refuses = True  # "Your account does not have enough balance"
    key = a_refund(stage, cast, bank)
    stage.wait(HOUR)
    assert refund(stage, key).status is RefundStatus.PENDING
    bank.refuses = False
    stage.wait(HOUR)
    assert refund(stage, key).status is RefundStatus.PROCESSED
    assert bank.returned == {key: 5000}
    assert waiting(stage) == []


def test_a_refund_keeps_its_body_through_an_upgrade(stage: Stage, cast: Cast, bank: Bank) -> None:
    bank.refuses = True
    key = a_refund(stage, cast, bank)
    stage.settle()
    bank.refuses = False
    bank.release = 2
    stage.wait(5)
    assert refund(stage, key).status is RefundStatus.PROCESSED
    assert refund(stage, key).request_body == bank.bodies[key]
    assert "release 1" in (bank.bodies[key] or "")
    assert bank.asked["refund"] == 2


def test_a_refund_not_requested_before_an_upgrade_is_requested_with_the_new_body(
    stage: Stage, cast: Cast, bank: Bank
) -> None:
    key = a_refund(stage, cast, bank)
    bank.release = 2
    stage.settle()
    assert "release 2" in (bank.bodies[key] or "")


def test_a_refund_requested_before_bodies_were_kept_gets_none(
    stage: Stage, cast: Cast, bank: Bank
) -> None:
    bank.refuses = True
    key = a_refund(stage, cast, bank)
    work = stage.work()
    work.put(refund(stage, key).but(attempts=1))
    work.commit()
    bank.refuses = False
    stage.wait(5)
    assert refund(stage, key).status is RefundStatus.PROCESSED
    assert (refund(stage, key).request_body, bank.bodies[key]) == (None, None)


def told_of_failure(stage: Stage) -> list[Message]:
    return [m for m in stage.messages() if m.name == "desk/refund_failed"]


@pytest.mark.slow
def test_a_refund_that_is_refused_for_half_a_day_has_failed_and_the_clinic_is_told(
    stage: Stage, cast: Cast, bank: Bank
) -> None:
    bank.refuses = True
    key = a_refund(stage, cast, bank)
    stage.wait(24 * HOUR)
    assert refund(stage, key).status is RefundStatus.FAILED
    assert bank.asked["refund"] > polling.MOST_REFUSALS
    assert waiting(stage) == []
    (told,) = told_of_failure(stage)
    assert told.contact_id == stage.contact_id(cast.farida.whatsapp_number)
    assert (told.values["amount"], told.values["payment"]) == (5000, key)


@pytest.mark.slow
def test_a_refund_that_fails_on_its_way_is_told_once(stage: Stage, cast: Cast, bank: Bank) -> None:
    bank.slow_refunds = True
    a_refund(stage, cast, bank)
    stage.wait(HOUR)
    bank.end_refunds(RefundStatus.FAILED)
    stage.wait(48 * HOUR)
    assert len(told_of_failure(stage)) == 1


# Who asks


@pytest.mark.parametrize("fault", [Fault.KILLED, Fault.KILLED_AFTER])
@pytest.mark.parametrize("begun", ["look", "refund"])
def test_what_a_killed_worker_had_begun_is_done_by_another(
    stage: Stage, cast: Cast, bank: Bank, begun: str, fault: Fault
) -> None:
    if begun == "look":
        token = hold(stage, cast, 5)
        press(stage, token)
        bank.pay(token.payment_id or "", "pay_1", 5000)
        stage.clock.advance(2)
    else:
        a_refund(stage, cast, bank)
    bank.faults.append(fault)
    with pytest.raises(Killed):
        stage.settle()
    stage.wait(1)
    if begun == "look":
        assert stage.token(token).status is TokenStatus.CONFIRMED
    else:
        assert refund(stage, "pay_1").status is RefundStatus.PROCESSED


def test_two_workers_do_not_ask_about_the_same_thing(stage: Stage, cast: Cast, bank: Bank) -> None:
    key = a_refund(stage, cast, bank)
    shard = shard_of("refund", key)
    item = stage.work().query(Due, shard).records[0]
    refunding, other = bank.refund, DueRunner(stage.parts)

    def meanwhile(capture_id: str, amount_paise: int, body: str | None) -> object:
        polling.carry_out_refund(stage.work, bank, item)
        other.run(shard)
        return refunding(capture_id, amount_paise, body)

    bank.refund = meanwhile  # type: ignore[method-assign,assignment]
    stage.settle()
    assert bank.asked == {"refund": 1}


def test_a_slow_gateway_holds_up_nothing_else(stage: Stage, cast: Cast, bank: Bank) -> None:
    with ThreadPoolExecutor(GATEWAY_SHARDS) as aside:
        stage.due_runner = DueRunner(stage.parts, aside)
        key = a_refund(stage, cast, bank)
        shard = shard_of("refund", key)
        assert is_aside(shard)
        assert stage.due_runner.run(shard) == 0
        stage.due_runner._running[shard].result(5)
        assert refund(stage, key).status is RefundStatus.PROCESSED


def test_everything_that_asks_the_gateway_has_a_handler_and_a_shard_of_its_own() -> None:
    asking = {kind for kind, done in HANDLERS.items() if "gateway" in signature(done).parameters}
    assert asking == GATEWAY_KINDS
    assert {is_aside(shard_of(k, "x")) for k in GATEWAY_KINDS} == {True}
    ordinary: Callable[[str], bool] = lambda s: is_aside(shard_of("remind", s))  # noqa: E731
    assert not any(ordinary(str(n)) for n in range(50))


def test_a_hold_that_ends_asks_no_gateway_without_a_link(stage: Stage, cast: Cast) -> None:
    token = hold(stage, cast, 5)
    work = stage.work()
    seats.expire_hold(work, token)
    work.commit()
    assert waiting(stage) == []


def test_a_gateway_that_is_away_is_asked_until_it_answers(
    stage: Stage, cast: Cast, bank: Bank
) -> None:
    bank.faults.extend([Fault.AWAY] * 3)
    key = a_refund(stage, cast, bank)
    stage.wait(5)
    assert refund(stage, key).status is RefundStatus.PROCESSED
    made = dict(bank.asked)
    stage.wait(HOUR)
    assert bank.asked == made


@pytest.mark.slow
@pytest.mark.parametrize("asks", ["fetch_link", "find_link"])
def test_a_question_that_is_refused_for_half_a_day_is_given_up(
    stage: Stage, cast: Cast, bank: Bank, asks: str
) -> None:
    refused = []

    def refuse(*_: object) -> None:
        refused.append(asks)
        raise GatewayRefused("The id provided does not exist")

    token = hold(stage, cast, 5)
    press(stage, token)
    if asks == "find_link":
        work = stage.work()
        links.schedule_capture_lookup(work, "pay_1")
        work.commit()
    setattr(bank, asks, refuse)
    stage.wait(5 * 24 * HOUR)
    assert len(refused) > polling.MOST_REFUSALS
    assert waiting(stage) == []
    assert stage.token(token).status is not TokenStatus.CONFIRMED


@pytest.mark.slow
def test_a_refund_the_gateway_knows_nothing_of_has_failed(
    stage: Stage, cast: Cast, bank: Bank
) -> None:
    def refuse(*_: object) -> None:
        raise GatewayRefused("The id provided does not exist")

    bank.refuses = True
    bank.fetch_refunds = refuse  # type: ignore[method-assign,assignment]
    key = a_refund(stage, cast, bank)
    stage.wait(24 * HOUR)
    assert refund(stage, key).status is RefundStatus.FAILED
