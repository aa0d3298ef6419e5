"""Razorpay's own oddities: what is sent, what its errors mean, and what is not known of a call."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from datetime import timedelta

import pytest
import structlog

from bot.channels.http import new_session
from bot.payments.razorpay import client as client_module
from bot.payments.razorpay.client import RazorpayClient
from bot.payments.razorpay.gateway import RazorpayGateway
from bot.payments.razorpay.signature import is_signed, is_signed_return
from domain.gateway import (
    GatewayPayment,
    GatewayRefused,
    GatewayUnavailable,
    LinkStatus,
    PaymentAttempt,
)
from domain.model.money import RefundStatus
from tests.contract.payments.player import (
    HANG_UP,
    KEY_ID,
    KEY_SECRET,
    LOSE_ANSWER,
    SILENCE,
    Player,
    Trouble,
    playing,
)
from tests.contract.payments.requests import CLOCK, REQUEST, SHOWN, asked
from tests.orders import FakeOrders


@pytest.fixture
def player() -> Iterator[Player]:
    with playing(lambda: CLOCK.now().timestamp()) as player:
        yield player


@pytest.fixture
def gateway(player: Player) -> RazorpayGateway:
    return a_gateway(player.url)


def a_gateway(url: str, secret: str = KEY_SECRET) -> RazorpayGateway:
    client = RazorpayClient(url, KEY_ID, secret, new_session())
    return RazorpayGateway(client, secret, CLOCK.now)


def test_a_link_is_asked_for_without_a_word_about_who_pays(
    player: Player, gateway: RazorpayGateway
) -> None:
    gateway.make_link(asked())
    method, path, body = player.calls[0]
    assert (method, path.rstrip("/")) == ("POST", "/v1/payment_links")
    assert body == {
        "amount": 5000,
        "currency": "INR",
        "accept_partial": False,
        "reference_id": REQUEST,
        "description": "Advance, token 005",
        "expire_by": int((CLOCK.now() + timedelta(minutes=16)).timestamp()),
        "notify": {"sms": False, "email": False},
        "reminder_enable": False,
        "notes": {"paymentId": REQUEST, "tokenId": "TKN_1"},
        "callback_url": f"https://clinic.example/pay/{REQUEST}",
        "callback_method": "get",
    }


def test_a_link_lives_as_long_as_a_long_hold(player: Player, gateway: RazorpayGateway) -> None:
    gateway.make_link(asked(minutes=60))
    until = CLOCK.now() + timedelta(minutes=60)
    assert player.calls[0][2]["expire_by"] == int(until.timestamp())


def test_a_link_that_is_refused_is_refused(player: Player, gateway: RazorpayGateway) -> None:
    player.max_amount = 4999
    with pytest.raises(GatewayRefused, match="exceeds maximum"):
        gateway.make_link(asked())


@pytest.mark.parametrize("trouble", [HANG_UP, LOSE_ANSWER], ids=["before", "after"])
def test_a_link_without_an_answer_is_asked_for_again_and_there_is_one(
    player: Player, gateway: RazorpayGateway, trouble: Trouble
) -> None:
    player.troubles.append(trouble)
    with pytest.raises(GatewayUnavailable):
        gateway.make_link(asked())
    assert gateway.make_link(asked()).status is LinkStatus.OPEN
    assert len(player.links) == 1


@pytest.mark.parametrize("trouble", [HANG_UP, LOSE_ANSWER], ids=["before", "after"])
def test_a_refund_without_an_answer_is_asked_for_again_and_there_is_one(
    player: Player, gateway: RazorpayGateway, trouble: Trouble
) -> None:
    gateway.make_link(asked())
    paid = player.pay(REQUEST)
    player.troubles.append(trouble)
    with pytest.raises(GatewayUnavailable):
        gateway.refund(paid, 5000, None)
    assert (gateway.fetch_refunds(paid) == ()) == trouble.before
    gateway.refund(paid, 5000, None)
    assert [r["amount"] for r in player.refunds.values()] == [5000]


@pytest.mark.parametrize(
    "trouble",
    [
        Trouble(status=502),
        Trouble(status=500, body=b'{"error": {"code": "SERVER_ERROR"}}'),
        Trouble(status=429, body=b'{"error": {"code": "BAD_REQUEST_ERROR"}}'),
        Trouble(status=409, body=b'{"error": {"description": "in progress"}}'),
        Trouble(status=401, body=b'{"error": {"description": "Authentication failed"}}'),
        Trouble(status=403, body=b"{}"),
        Trouble(status=404),
        Trouble(status=302, body=b"{}"),
        Trouble(status=200, body=b"<html>welcome to the hotel's network</html>"),
        Trouble(status=200, body=b"[]"),
        Trouble(status=200, body=b"{}"),
        Trouble(status=200, body=b'{"id": "x", "status": "dancing"}'),
    ],
    ids=lambda t: f"{t.status} {t.body[:12]!r}",
)
def test_what_is_no_word_of_razorpays_is_tried_again_later(
    player: Player, gateway: RazorpayGateway, trouble: Trouble
) -> None:
    gateway.make_link(asked())
    paid = player.pay(REQUEST)
    player.troubles.append(trouble)
    with pytest.raises(GatewayUnavailable):
        gateway.refund(paid, 5000, None)
    assert gateway.refund(paid, 5000, None).status is RefundStatus.PROCESSED


def test_a_wrong_key_ends_nobodys_refund(player: Player, gateway: RazorpayGateway) -> None:
    gateway.make_link(asked())
    paid = player.pay(REQUEST)
    with pytest.raises(GatewayUnavailable):
        a_gateway(player.url, "a key that was changed").refund(paid, 5000, None)


def test_a_gateway_that_says_nothing_is_left_after_its_time(
    player: Player, gateway: RazorpayGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "TIMEOUT", (0.2, 0.2))
    player.troubles.append(SILENCE)
    with pytest.raises(GatewayUnavailable):
        gateway.make_link(asked())


def test_nobody_at_the_address_is_a_gateway_that_is_away() -> None:
    with pytest.raises(GatewayUnavailable):
        a_gateway("http://127.0.0.1:1").make_link(asked())


def test_nothing_is_printed_about_a_failure(
    player: Player, gateway: RazorpayGateway, capsys: pytest.CaptureFixture[str]
) -> None:
    player.troubles.append(HANG_UP)
    with pytest.raises(GatewayUnavailable):
        gateway.fetch_link(REQUEST, "plink_1")
    assert player.url not in capsys.readouterr().out


def test_a_link_that_expired_is_over(player: Player, gateway: RazorpayGateway) -> None:
    made = gateway.make_link(asked())
    player.links[made.link_id]["status"] = "expired"
    found = gateway.cancel_link(REQUEST, made.link_id)
    assert found is not None
    assert found.status is LinkStatus.OVER


def test_a_link_that_cannot_be_cancelled_and_can_be_paid_is_refused(
    player: Player, gateway: RazorpayGateway
) -> None:
    made = gateway.make_link(asked())
    player.links[made.link_id]["status"] = "partially_paid"
    with pytest.raises(GatewayRefused):
        gateway.cancel_link(REQUEST, made.link_id)


def test_money_that_the_link_does_not_show_is_seen_on_its_order(
    player: Player, gateway: RazorpayGateway
) -> None:
    made = gateway.make_link(asked())
    gateway.cancel_link(REQUEST, made.link_id)
    failed = player.pay(REQUEST, status="failed")
    paid = player.pay(REQUEST)
    assert made.link_id is not None
    assert player.links[made.link_id]["payments"] is None
    for order_id in (player.links[made.link_id]["order_id"], made.link_id.removeprefix("plink_")):
        player.links[made.link_id]["order_id"] = order_id  # documented samples lack the prefix
        found = gateway.fetch_link(REQUEST, made.link_id)
        assert found is not None
        assert found.payments == (GatewayPayment(paid, 5000),)
    assert failed != paid


def test_a_payment_in_other_money_is_not_taken_for_rupees(
    player: Player, gateway: RazorpayGateway
) -> None:
    made = gateway.make_link(asked())
    gateway.cancel_link(REQUEST, made.link_id)
    player.payments[player.pay(REQUEST)]["currency"] = "USD"
    found = gateway.fetch_link(REQUEST, made.link_id)
    assert found is not None
    assert found.payments == ()


def test_an_order_that_is_not_told_about_leaves_the_links_own_word(
    player: Player, gateway: RazorpayGateway
) -> None:
    made = gateway.make_link(asked())
    paid = player.pay(REQUEST)
    refused = b'{"error": {"description": "The id provided does not exist"}}'
    player.troubles.extend([None, Trouble(status=400, body=refused)])
    found = gateway.fetch_link(REQUEST, made.link_id)
    assert found is not None
    assert found.payments == (GatewayPayment(paid, 5000),)


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("pending", RefundStatus.REQUESTED),
        ("processed", RefundStatus.PROCESSED),
        ("failed", RefundStatus.FAILED),
    ],
)
def test_a_refunds_states(
    player: Player, gateway: RazorpayGateway, word: str, status: RefundStatus
) -> None:
    gateway.make_link(asked())
    paid = player.pay(REQUEST)
    player.refunds_end = word
    assert gateway.refund(paid, 5000, None).status is status
    (known,) = gateway.fetch_refunds(paid)
    assert (known.status, known.is_ours) == (status, True)


def test_refunds_made_by_hand_are_known_as_such_and_ours_comes_first(
    player: Player, gateway: RazorpayGateway
) -> None:
    gateway.make_link(asked())
    paid = player.pay(REQUEST)
    player.answer("POST", f"/v1/payments/{paid}/refund", {}, {"amount": 2000}, None)
    gateway.refund(paid, 3000, gateway.draft_refund(paid, 3000))
    found = [(r.amount_paise, r.is_ours) for r in gateway.fetch_refunds(paid)]
    assert found == [(3000, True), (2000, False)]


def test_what_was_returned_by_hand_in_parts_cannot_be_refunded_again(
    player: Player, gateway: RazorpayGateway
) -> None:
    gateway.make_link(asked())
    paid = player.pay(REQUEST)
    for amount in (2000, 3000):
        player.answer("POST", f"/v1/payments/{paid}/refund", {}, {"amount": amount}, None)
    with pytest.raises(GatewayRefused, match="fully refunded"):
        gateway.refund(paid, 5000, None)
    assert {r.amount_paise: r.is_ours for r in gateway.fetch_refunds(paid)} == {
        2000: False,
        3000: False,
    }


# Who it comes from


def test_a_webhooks_signature_is_of_its_bytes_with_either_secret() -> None:
    raw = b'{"event":"payment_link.paid"}'
    known = "c648e9dffe8f8057b336b5d20fdc8b90890a99e75a196b0d5d9ae3bb363ee480"
    assert is_signed(raw, known, ["new", "test_webhook_secret"])
    assert not is_signed(raw + b" ", known, ["test_webhook_secret"])
    assert not is_signed(raw, known, ["new"])
    assert not is_signed(raw, known.upper(), ["test_webhook_secret"])
    assert not is_signed(raw, None, ["test_webhook_secret"])
    assert not is_signed(raw, "ñ", ["test_webhook_secret"])


def test_without_a_secret_nothing_is_signed() -> None:
    empty = hmac.new(b"", b"{}", hashlib.sha256).hexdigest()
    assert not is_signed(b"{}", empty, [])
    assert not is_signed(b"{}", empty, [""])


RETURN = {
    "razorpay_payment_id": "pay_B2",
    "razorpay_payment_link_id": "plink_A1",
    "razorpay_payment_link_reference_id": "PO-1",
    "razorpay_payment_link_status": "paid",
    "razorpay_signature": "a83eb7d246894ef26405ab87e2c57cb3b087eb203aced03ad88d1f0a14ec0918",
}


def test_a_browser_sent_back_by_razorpay_is_known() -> None:
    assert is_signed_return("PO-1", RETURN, "test_key_secret")


@pytest.mark.parametrize("name", RETURN)
def test_a_browser_with_anything_else_is_not(name: str) -> None:
    assert not is_signed_return("PO-1", {**RETURN, name: "other"}, "test_key_secret")
    assert not is_signed_return("PO-2", RETURN, "test_key_secret")


# --- Orders inside WhatsApp ---

NOTES = {"paymentId": REQUEST, "order": "ORD_1"}


@pytest.fixture
def whatsapp() -> FakeOrders:
    return FakeOrders()


@pytest.fixture
def connected(player: Player, whatsapp: FakeOrders) -> RazorpayGateway:
    client = RazorpayClient(player.url, KEY_ID, KEY_SECRET, new_session())
    return RazorpayGateway(client, KEY_SECRET, CLOCK.now, whatsapp)


def test_money_is_found_by_the_receipt_while_whatsapp_does_not_answer(
    player: Player, whatsapp: FakeOrders, connected: RazorpayGateway
) -> None:
    paid = player.pay_order(REQUEST, NOTES)
    whatsapp.away = True
    assert connected.fetch_order_payments(SHOWN) == (GatewayPayment(paid, 5000, "ORD_1"),)


def test_nothing_found_while_whatsapp_does_not_answer_is_no_answer(
    whatsapp: FakeOrders, connected: RazorpayGateway
) -> None:
    whatsapp.away = True
    with pytest.raises(GatewayUnavailable):
        connected.fetch_order_payments(SHOWN)


def test_money_is_found_by_what_whatsapp_tells_where_the_receipt_is_lost(
    player: Player, whatsapp: FakeOrders, connected: RazorpayGateway
) -> None:
    paid = player.pay_order("", {})
    order_id = player.payments[paid]["order_id"]
    whatsapp.told["ORD_1"] = [PaymentAttempt(order_id, paid, 5000, succeeded=True)]
    assert connected.fetch_order_payments(SHOWN) == (GatewayPayment(paid, 5000, "ORD_1"),)


def test_an_attempt_that_failed_brought_nothing_and_the_next_one_counts(
    player: Player, connected: RazorpayGateway
) -> None:
    player.pay_order(REQUEST, NOTES, status="failed")
    assert connected.fetch_order_payments(SHOWN) == ()
    paid = player.pay_order(REQUEST, NOTES)
    assert connected.fetch_order_payments(SHOWN) == (GatewayPayment(paid, 5000, "ORD_1"),)


def test_what_whatsapp_says_was_paid_into_another_account_is_no_money(
    whatsapp: FakeOrders, connected: RazorpayGateway
) -> None:
    whatsapp.pay("ORD_1", "pay_of_somebody_else")
    assert connected.fetch_order_payments(SHOWN) == ()


def test_operators_are_told_which_sender_was_paid_into_another_account(
    whatsapp: FakeOrders, connected: RazorpayGateway
) -> None:
    whatsapp.pay("ORD_1", "pay_of_somebody_else")
    with structlog.testing.capture_logs() as lines:
        connected.fetch_order_payments(SHOWN)
    assert [(line["event"], line["sender"]) for line in lines] == [
        ("order_paid_elsewhere", f"sender_{SHOWN.sender}")
    ]


def test_a_payment_is_known_by_its_orders_receipt_where_it_carries_no_notes(
    player: Player, connected: RazorpayGateway
) -> None:
    paid = player.pay_order(REQUEST, {})
    found = connected.find_link(paid)
    assert found is not None
    assert (found.payment_id, found.link_id) == (REQUEST, None)
    assert found.payments == (GatewayPayment(paid, 5000),)


def test_a_payment_of_an_order_without_a_receipt_is_nobodys(
    player: Player, connected: RazorpayGateway
) -> None:
    assert connected.find_link(player.pay_order("", {})) is None
