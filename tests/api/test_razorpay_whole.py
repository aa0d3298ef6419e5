"""The product and Razorpay (a server that plays it) from the button to the refund."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from bot.app import create_app
from bot.channels.http import new_session
from bot.payments.razorpay.client import RazorpayClient
from bot.payments.razorpay.gateway import RazorpayGateway
from domain.model.money import Refund, RefundStatus
from domain.model.queues import Token, TokenStatus
from domain.model.subscriptions import InvoiceStatus
from tests.bills import billed, days, invoices
from tests.bookings import cancel, hold
from tests.contract.payments.player import (
    HANG_UP,
    KEY_ID,
    KEY_SECRET,
    LOSE_ANSWER,
    Player,
    playing,
)
from tests.people import Cast
from tests.stage import Stage
from workers.due_runner import DueRunner

SECRET = "webhook-secret"


@pytest.fixture
def player(stage: Stage) -> Iterator[Player]:
    with playing(lambda: stage.clock.now().timestamp()) as player:
        client = RazorpayClient(player.url, KEY_ID, KEY_SECRET, new_session())
        stage.parts = replace(
            stage.parts,
            gateway=RazorpayGateway(client, KEY_SECRET, stage.clock.now),
            settings=replace(
                stage.parts.settings,
                payment_provider="razorpay",
                razorpay_webhook_secrets=(SECRET,),
            ),
        )
        stage.due_runner = DueRunner(stage.parts)
        yield player


@pytest.fixture
def browser(stage: Stage, player: Player) -> FlaskClient:
    assert player.url
    return create_app(stage.parts).test_client()


@pytest.fixture
def token(stage: Stage, cast: Cast) -> Token:
    return hold(stage, cast, 5)


def press(browser: FlaskClient, token: Token) -> str:
    answer = browser.post(f"/pay/{token.payment_id}")
    assert answer.status_code == 303
    return answer.headers["Location"]


def came_back(browser: FlaskClient, player: Player, token: Token, paid: str) -> str:
    link = next(iter(player.links.values()))
    values = [link["id"], token.payment_id or "", "paid", paid]
    proof = hmac.new(KEY_SECRET.encode(), "|".join(values).encode(), hashlib.sha256).hexdigest()
    names = ("payment_link_id", "payment_link_reference_id", "payment_link_status", "payment_id")
    query = {f"razorpay_{n}": v for n, v in zip(names, values, strict=True)}
    answer = browser.get(
        f"/pay/{token.payment_id}", query_string={**query, "razorpay_signature": proof}
    )
    return answer.headers["Location"]


@pytest.mark.parametrize("told", ["by the webhook", "by coming back", "by nobody"])
def test_a_patient_pays_and_has_the_seat(
    stage: Stage, player: Player, browser: FlaskClient, token: Token, told: str
) -> None:
    assert press(browser, token).startswith("https://rzp.io/i/")
    paid = player.pay(token.payment_id or "")
    if told == "by the webhook":
        entity = {"entity": player.payments[paid]}
        raw = json.dumps({"event": "payment.captured", "payload": {"payment": entity}}).encode()
        signature = hmac.new(SECRET.encode(), raw, hashlib.sha256).hexdigest()
        answer = browser.post(
            "/api/v1/webhooks/razorpay", data=raw, headers={"X-Razorpay-Signature": signature}
        )
        assert answer.status_code == 200
    elif told == "by coming back":
        assert came_back(browser, player, token, paid) == f"/pay/{token.payment_id}"
        stage.settle()
    else:
        stage.wait(2)
    now = stage.token(token)
    assert (now.status, now.capture_id) == (TokenStatus.CONFIRMED, paid)


@pytest.mark.parametrize("trouble", [None, HANG_UP, LOSE_ANSWER], ids=["no", "before", "after"])
def test_a_refund_is_made_once_whatever_becomes_of_its_answer(
    stage: Stage, player: Player, browser: FlaskClient, token: Token, trouble: object
) -> None:
    press(browser, token)
    paid = player.pay(token.payment_id or "")
    stage.wait(2)
    player.refunds_end = "pending"
    cancel(stage, stage.token(token))
    player.troubles.append(trouble)  # type: ignore[arg-type]
    stage.wait(5)
    assert [r["amount"] for r in player.refunds.values()] == [5000]
    found = stage.work().get(Refund, paid, "REFUND")
    assert found is not None
    assert found.status is RefundStatus.REQUESTED
    player.end_refunds("processed")
    stage.wait(24 * 60)
    found = stage.work().get(Refund, paid, "REFUND")
    assert found is not None
    assert found.status is RefundStatus.PROCESSED


def test_an_unpaid_link_is_cancelled_with_its_hold_and_late_money_goes_back(
    stage: Stage, player: Player, browser: FlaskClient, token: Token
) -> None:
    press(browser, token)
    stage.wait(10)
    assert [link["status"] for link in player.links.values()] == ["cancelled"]
    stage.wait(4 * 60)
    paid = player.pay(token.payment_id or "")  # UPI may take its time
    stage.wait(24 * 60)
    assert [r["payment_id"] for r in player.refunds.values()] == [paid]


def test_a_clinic_pays_its_bill_by_a_link_without_an_end(
    stage: Stage, cast: Cast, player: Player, browser: FlaskClient
) -> None:
    bill = billed(stage, cast)
    answer = browser.post(f"/pay/{bill.payment_id}")
    assert answer.headers["Location"].startswith("https://rzp.io/i/")
    (link,) = player.links.values()
    assert (link["amount"], link["expire_by"]) == (129800, 0)
    assert link["notes"] == {"paymentId": bill.payment_id}
    days(stage, 5)
    paid = player.pay(bill.payment_id or "")
    days(stage, 1.1)
    (bill,) = invoices(stage)
    assert (bill.status, bill.capture_id) == (InvoiceStatus.PAID, paid)
    assert player.refunds == {}


def test_a_bill_whose_link_has_died_is_paid_by_another(
    stage: Stage, cast: Cast, player: Player, browser: FlaskClient
) -> None:
    bill = billed(stage, cast)
    browser.post(f"/pay/{bill.payment_id}")
    next(iter(player.links.values()))["status"] = "expired"
    stage.wait(3)
    (now,) = invoices(stage)
    led = browser.get(f"/pay/{bill.payment_id}", follow_redirects=True)
    assert led.request.path == f"/pay/{now.payment_id}"
    browser.post(f"/pay/{now.payment_id}")
    player.pay(now.payment_id or "")
    stage.wait(2)
    assert invoices(stage)[0].status is InvoiceStatus.PAID


def test_elsewhere_there_is_no_such_webhook(stage: Stage) -> None:
    browser = create_app(stage.parts).test_client()
    assert browser.post("/api/v1/webhooks/razorpay", data=b"{}").status_code == 404
