"""What every payment gateway keeps to: the sandbox, Razorpay against a server that plays it, and
the gateway in memory that other tests use in their place.

Another joins by a class like `Sandbox` and a line in GATEWAYS.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import pytest

from bot.channels.http import new_session
from bot.payments.razorpay.client import RazorpayClient
from bot.payments.razorpay.gateway import RazorpayGateway
from bot.payments.sandbox import SandboxGateway, take_payment
from domain.gateway import (
    Gateway,
    GatewayPayment,
    GatewayRefused,
    LinkStatus,
    RefundAnswer,
    ShownOrder,
)
from domain.model.money import RefundStatus
from tests.bank import Bank
from tests.contract.payments.player import KEY_ID, KEY_SECRET, Player, playing
from tests.contract.payments.requests import CLOCK, REQUEST, SHOWN, asked
from tests.orders import FakeOrders
from tests.people import CountingIds, new_records, work_on

OTHER = "payr_00000000000000000000000000000002"


class Side(Protocol):
    """The payer's side of a gateway."""

    gateway: Gateway

    def pay(self, payment_id: str, amount_paise: int = 5000) -> str:
        """Let money arrive by the link of a request; return the payment's id."""

    def pay_order(self, order: ShownOrder) -> str:
        """Let money arrive by an order inside WhatsApp, which tells of it; return its id."""


class Sandbox:
    def __init__(self, folder: Path) -> None:
        self.store, self.records = new_records(folder, CLOCK)
        self.ids = CountingIds()
        self.orders = FakeOrders()
        self.gateway: Gateway = SandboxGateway(self.work, self.orders)

    def work(self):
        return work_on(self.records, CLOCK, self.ids)

    def pay(self, payment_id: str, amount_paise: int = 5000) -> str:
        work = self.work()
        made = self.ids.new("sbx_")
        take_payment(work, payment_id, made, amount_paise)
        work.commit()
        return made

    def pay_order(self, order: ShownOrder) -> str:
        made = self.ids.new("pay_")
        self.orders.pay(order.reference, made)
        return made


class Razorpay:
    def __init__(self, player: Player) -> None:
        self.player = player
        self.orders = FakeOrders()
        client = RazorpayClient(player.url, KEY_ID, KEY_SECRET, new_session())
        self.gateway: Gateway = RazorpayGateway(client, KEY_SECRET, CLOCK.now, self.orders)

    def pay(self, payment_id: str, amount_paise: int = 5000) -> str:
        return self.player.pay(payment_id, amount_paise)

    def pay_order(self, order: ShownOrder) -> str:
        notes = {"paymentId": order.payment_id, "order": order.reference}
        made = self.player.pay_order(order.payment_id, notes)
        self.orders.pay(order.reference, made)
        return made


class Memory:
    def __init__(self) -> None:
        self.bank = Bank()
        self.gateway: Gateway = self.bank

    def pay(self, payment_id: str, amount_paise: int = 5000) -> str:
        made = f"pay_{len(self.bank.paid)}"
        self.bank.pay(payment_id, made, amount_paise)
        return made

    def pay_order(self, order: ShownOrder) -> str:
        made = f"pay_{len(self.bank.paid) + 1}"
        self.bank.pay_order(order, made, 5000)
        return made


@pytest.fixture(params=["sandbox", "razorpay", "memory"])
def side(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Side]:
    if request.param == "sandbox":
        sandbox = Sandbox(tmp_path)
        yield sandbox
        sandbox.store.close()
    elif request.param == "razorpay":
        with playing(lambda: CLOCK.now().timestamp()) as player:
            yield Razorpay(player)
    else:
        yield Memory()


def look(side: Side, payment_id: str = REQUEST):
    found = side.gateway.fetch_link(payment_id, None)
    assert found is not None
    return found


def refund(side: Side, capture_id: str, amount: int = 5000) -> RefundAnswer:
    body = side.gateway.draft_refund(capture_id, amount)
    return side.gateway.refund(capture_id, amount, body)


def test_a_request_has_one_link_however_often_it_is_asked_for(side: Side) -> None:
    first, second = side.gateway.make_link(asked()), side.gateway.make_link(asked())
    assert first == second
    assert (first.payment_id, first.status, first.payments) == (REQUEST, LinkStatus.OPEN, ())
    assert first.url is not None
    assert first.url.startswith(("https://", "http://"))
    assert side.gateway.make_link(asked(OTHER)).link_id != first.link_id


@pytest.mark.parametrize("minutes", [-1, 1, 10, 60])
def test_a_hold_of_any_length_can_have_a_link(side: Side, minutes: int) -> None:
    assert side.gateway.make_link(asked(minutes=minutes)).status is LinkStatus.OPEN


def test_a_request_without_an_end_can_have_a_link(side: Side) -> None:
    endless = replace(asked(), token_id=None, held_until=None)
    made = side.gateway.make_link(endless)
    assert made.status is LinkStatus.OPEN
    assert look(side) == made


def test_a_request_without_a_link_is_known_as_such(side: Side) -> None:
    assert side.gateway.fetch_link(REQUEST, None) is None
    assert side.gateway.cancel_link(REQUEST, None) is None


def test_a_link_is_found_by_its_request_and_by_its_own_name(side: Side) -> None:
    made = side.gateway.make_link(asked())
    side.gateway.make_link(asked(OTHER))
    assert side.gateway.fetch_link(REQUEST, None) == made
    assert side.gateway.fetch_link(REQUEST, made.link_id) == made


def test_a_payment_is_seen_on_its_link(side: Side) -> None:
    made = side.gateway.make_link(asked())
    paid = side.pay(REQUEST)
    for found in (
        look(side),
        side.gateway.fetch_link(REQUEST, made.link_id),
        side.gateway.find_link(paid),
    ):
        assert found is not None
        assert (found.payment_id, found.status) == (REQUEST, LinkStatus.PAID)
        assert found.payments == (GatewayPayment(paid, 5000),)


def test_every_payment_is_seen_a_second_one_too(side: Side) -> None:
    side.gateway.make_link(asked())
    paid = {side.pay(REQUEST), side.pay(REQUEST)}
    assert {t.capture_id for t in look(side).payments} == paid


def test_a_payment_of_no_link_of_ours_is_nobodys(side: Side) -> None:
    side.gateway.make_link(asked())
    assert side.gateway.find_link("pay_strange0000000") is None


def test_a_cancelled_link_is_over_and_may_be_cancelled_again(side: Side) -> None:
    made = side.gateway.make_link(asked())
    for link_id in (None, made.link_id, made.link_id, None):
        found = side.gateway.cancel_link(REQUEST, link_id)
        assert found is not None
        assert (found.link_id, found.status) == (made.link_id, LinkStatus.OVER)
    assert side.gateway.make_link(asked()).status is LinkStatus.OVER


def test_a_paid_link_stays_paid_when_it_is_cancelled(side: Side) -> None:
    made = side.gateway.make_link(asked())
    paid = side.pay(REQUEST)
    for link_id in (None, made.link_id):
        found = side.gateway.cancel_link(REQUEST, link_id)
        assert found is not None
        assert found.payments == (GatewayPayment(paid, 5000),)
        assert found.status is LinkStatus.PAID


def test_money_after_the_link_is_over_is_seen(side: Side) -> None:
    side.gateway.make_link(asked())
    side.gateway.cancel_link(REQUEST, None)
    paid = side.pay(REQUEST)
    assert look(side).payments == (GatewayPayment(paid, 5000),)


def test_a_payment_is_returned_once_however_often_it_is_asked_for(side: Side) -> None:
    side.gateway.make_link(asked())
    paid = side.pay(REQUEST)
    first, second = refund(side, paid), refund(side, paid)
    assert first == second
    assert first.status is RefundStatus.PROCESSED
    (known,) = side.gateway.fetch_refunds(paid)
    assert (known.refund_id, known.status) == (first.gateway_refund_id, first.status)
    assert (known.amount_paise, known.is_ours) == (5000, True)
    (payment,) = look(side).payments  # it was captured, whatever became of it
    assert (payment.capture_id, payment.amount_paise) == (paid, 5000)


def test_a_refund_that_was_not_made_is_known_as_such(side: Side) -> None:
    side.gateway.make_link(asked())
    paid = side.pay(REQUEST)
    assert side.gateway.fetch_refunds(paid) == ()


def test_what_was_not_captured_is_not_returned(side: Side) -> None:
    side.gateway.make_link(asked())
    paid = side.pay(REQUEST)
    for capture_id, amount in (("pay_strange0000000", 5000), (paid, 5001)):
        with pytest.raises(GatewayRefused):
            refund(side, capture_id, amount)


def test_each_payment_is_returned_by_itself(side: Side) -> None:
    side.gateway.make_link(asked())
    one, two = side.pay(REQUEST), side.pay(REQUEST)
    answers: list[RefundAnswer] = [refund(side, p) for p in (one, two)]
    assert answers[0].gateway_refund_id != answers[1].gateway_refund_id


def test_an_order_that_nobody_paid_has_brought_nothing(side: Side) -> None:
    assert side.gateway.fetch_order_payments(SHOWN) == ()


def test_a_payment_inside_whatsapp_is_seen_on_its_order_however_often_it_is_looked_at(
    side: Side,
) -> None:
    paid = side.pay_order(SHOWN)
    for _ in range(2):
        assert side.gateway.fetch_order_payments(SHOWN) == (GatewayPayment(paid, 5000, "ORD_1"),)
    assert side.gateway.fetch_order_payments(replace(SHOWN, reference="ORD_2")) == ()


def test_a_payment_inside_whatsapp_is_returned_like_any_other(side: Side) -> None:
    paid = side.pay_order(SHOWN)
    side.gateway.fetch_order_payments(SHOWN)
    first, second = refund(side, paid), refund(side, paid)
    assert first == second
    assert first.status is RefundStatus.PROCESSED
    (payment,) = side.gateway.fetch_order_payments(SHOWN)
    assert (payment.capture_id, payment.amount_paise, payment.order) == (paid, 5000, "ORD_1")


def test_whose_a_payment_inside_whatsapp_is_can_be_found(side: Side) -> None:
    paid = side.pay_order(SHOWN)
    side.gateway.fetch_order_payments(SHOWN)
    found = side.gateway.find_link(paid)
    assert found is not None
    assert found.payment_id == REQUEST
    assert [t.capture_id for t in found.payments] == [paid]


def test_nobody_comes_back_without_a_proof(side: Side) -> None:
    assert not side.gateway.is_proven_return(REQUEST, {})
    assert not side.gateway.is_proven_return(REQUEST, {"razorpay_signature": "नहीं"})
