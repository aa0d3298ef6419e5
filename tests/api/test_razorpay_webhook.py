"""Razorpay's webhook: signed, taken whatever the order, durable before it is answered (I3, I4)."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass, replace
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from bot.webhooks.razorpay import razorpay
from domain.actions.payments import ledger
from domain.actions.payments.ledger import Statement
from domain.actions.settlement import captures
from domain.errors import Conflict, StoreUnavailable
from domain.model.clinics import ClinicStatus
from domain.model.money import Capture, Disposition, Payment, Refund, RefundStatus
from domain.model.queues import LIVE, PaymentStatus, Token, TokenStatus
from domain.model.subscriptions import Invoice, InvoiceStatus
from tests.bank import Bank
from tests.bills import billed, days, invoices, request_of, the_clinic, told
from tests.bookings import cancel, hold, ravi
from tests.people import MONDAY, Cast
from tests.stage import Stage
from tests.troubled import nothing
from web.checkout.pay import obtain_gateway_url
from workers.due_runner import DueRunner

PAYLOADS = Path(__file__).parents[1] / "payloads" / "razorpay"
SECRET, OLD = "webhook-secret", "the one before"
PAYING = ("payment_link.paid", "payment.captured", "order.paid")


@dataclass
class Town:
    """A clinic, and Razorpay writing to it."""

    stage: Stage
    cast: Cast
    bank: Bank

    def __post_init__(self) -> None:
        app = Flask("bot.app")
        app.register_blueprint(razorpay(self.stage.parts))
        self.client = app.test_client()

    def tell(
        self, event: str, token: Token | Payment, payment: str = "pay_1", **changes: Any
    ) -> TestResponse:
        return self.post(self.body(event, token, payment, **changes))

    def body(
        self, event: str, token: Token | Payment, payment: str = "pay_1", **changes: Any
    ) -> bytes:
        text = (PAYLOADS / f"{event.replace('.', '_')}.json").read_text("utf-8")
        text = text.replace("$REQUEST", token.payment_id or "").replace("$PAYMENT", payment)
        payload = json.loads(text)
        for path, value in changes.items():
            entity, _, name = path.partition("__")
            payload["payload"][entity]["entity"][name] = value
        return json.dumps(payload, indent=1).encode()

    def post(self, raw: bytes, secret: str = SECRET, **headers: str) -> TestResponse:
        signature = hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
        given = {"X-Razorpay-Signature": signature, "x-razorpay-event-id": "evt_1", **headers}
        return self.client.post(
            "/api/v1/webhooks/razorpay", data=raw, content_type="application/json", headers=given
        )

    def now(self, token: Token) -> Token:
        return self.stage.token(token)

    def capture(self, capture_id: str = "pay_1") -> Capture | None:
        return self.stage.work().get(Capture, capture_id, "CAPTURE")

    def refund(self, capture_id: str = "pay_1") -> Refund | None:
        return self.stage.work().get(Refund, capture_id, "REFUND")

    def link(self, token: Token) -> None:
        """Let the link of a token's request be made and watched."""
        obtain_gateway_url(self.stage.parts, token.payment_id or "", "https://clinic.example/pay")


@pytest.fixture
def town(stage: Stage, cast: Cast) -> Town:
    bank = Bank()
    settings = replace(
        stage.parts.settings, payment_provider="razorpay", razorpay_webhook_secrets=(SECRET, OLD)
    )
    stage.parts = replace(stage.parts, gateway=bank, settings=settings)
    stage.due_runner = DueRunner(stage.parts)
    return Town(stage, cast, bank)


@pytest.fixture
def token(town: Town) -> Token:
    return hold(town.stage, town.cast, 5)


@pytest.mark.parametrize("event", PAYING)
def test_any_notice_of_a_payment_takes_the_seat(town: Town, token: Token, event: str) -> None:
    answer = town.tell(event, token)
    assert answer.status_code == 200
    assert answer.json == {"success": True, "message": "Webhook processed successfully"}
    now = town.now(token)
    assert (now.status, now.payment_status) == (TokenStatus.CONFIRMED, PaymentStatus.PAID)
    assert (now.capture_id, now.paid_paise) == ("pay_1", 5000)


@pytest.mark.parametrize("order", list(permutations(PAYING)))
def test_three_notices_of_one_payment_are_one_payment(
    town: Town, token: Token, order: tuple[str, ...]
) -> None:
    for event in (*order, *order):
        assert town.tell(event, token).status_code == 200
    sent = [m.name for m in town.stage.messages()] if town.stage.settle() else []
    assert town.now(token).status is TokenStatus.CONFIRMED
    assert town.refund() is None
    assert sent == ["booking/confirmed"]


@pytest.mark.parametrize("order", list(permutations(["payment.failed", "payment.captured"])))
def test_a_payment_that_failed_and_was_captured_was_captured(
    town: Town, token: Token, order: tuple[str, ...]
) -> None:
    for event in order:
        assert town.tell(event, token).status_code == 200
    now = town.now(token)
    assert (now.status, now.payment_status) == (TokenStatus.CONFIRMED, PaymentStatus.PAID)


def test_a_failed_attempt_is_told_and_the_hold_goes_on(town: Town, token: Token) -> None:
    town.tell("payment.failed", token)
    now = town.now(token)
    assert (now.status, now.payment_status) == (TokenStatus.PENDING, PaymentStatus.FAILED)
    town.stage.settle()
    assert [m.name for m in town.stage.messages()] == ["booking/payment_failed"]


def test_a_second_payment_is_returned(town: Town, token: Token) -> None:
    town.bank.pay(token.payment_id or "", "pay_2", 5000)
    town.tell("payment_link.paid", token, "pay_1")
    town.tell("payment.captured", token, "pay_2")
    town.stage.settle()
    assert town.bank.returned == {"pay_2": 5000}
    assert town.now(token).capture_id == "pay_1"


def test_money_after_the_hold_for_a_slot_sold_since_is_returned(town: Town, token: Token) -> None:
    town.stage.clock.advance(11)
    hold(town.stage, town.cast, 5, person=ravi(town.cast))
    town.bank.pay(token.payment_id or "", "pay_1", 5000)
    assert town.tell("payment_link.paid", token).status_code == 200
    town.stage.settle()
    assert town.bank.returned == {"pay_1": 5000}
    assert town.now(token).status is TokenStatus.EXPIRED


def test_too_little_is_returned(town: Town, token: Token) -> None:
    town.bank.pay(token.payment_id or "", "pay_1", 4000)
    town.tell("payment.captured", token, payment__amount=4000)
    town.stage.settle()
    assert town.bank.returned == {"pay_1": 4000}
    assert town.now(token).status is TokenStatus.PENDING


@pytest.mark.parametrize(
    "changes",
    [
        {"payment__status": "authorized"},
        {"payment__status": "failed"},
        {"payment__currency": "USD"},
        {"payment__amount": 0},
        {"payment__amount": "5000"},
        {"payment__amount": True},
    ],
    ids=str,
)
def test_a_paid_link_whose_payment_says_otherwise_is_asked_about(
    town: Town, token: Token, changes: dict[str, Any]
) -> None:
    town.link(token)
    assert town.tell("payment_link.paid", token, **changes).status_code == 200
    assert town.now(token).status is TokenStatus.PENDING
    town.stage.settle()
    assert town.bank.asked["fetch_link"] == 1
    assert town.now(token).status is TokenStatus.PENDING
    town.bank.pay(token.payment_id or "", "pay_1", 5000)
    town.tell("payment_link.paid", token, **changes)
    town.stage.settle()
    assert town.now(token).status is TokenStatus.CONFIRMED


@pytest.mark.parametrize(
    "event", ["payment_link.cancelled", "payment_link.expired", "payment_link.partially_paid"]
)
def test_what_becomes_of_a_link_is_asked_about_and_decides_nothing(
    town: Town, token: Token, event: str
) -> None:
    town.link(token)
    town.bank.pay(token.payment_id or "", "pay_1", 5000)
    assert town.tell(event, token).status_code == 200
    town.stage.settle()
    assert town.now(token).status is TokenStatus.CONFIRMED


def test_a_link_that_ends_after_it_was_paid_changes_nothing(town: Town, token: Token) -> None:
    town.link(token)
    town.bank.pay(token.payment_id or "", "pay_1", 5000)
    town.tell("payment_link.paid", token)
    before = town.now(token)
    town.tell("payment_link.cancelled", token)
    town.stage.settle()
    assert town.now(token) == before
    assert town.bank.returned == {}


@pytest.mark.parametrize("notes", [[], None, {}, {"paymentId": "payr_unknown"}, {"paymentId": 5}])
def test_a_payment_that_does_not_say_what_it_is_for_is_asked_about(
    town: Town, token: Token, notes: object
) -> None:
    town.link(token)
    town.bank.pay(token.payment_id or "", "pay_1", 5000)
    answer = town.tell("payment.captured", token, payment__notes=notes)
    assert answer.status_code == 200
    town.stage.settle()
    assert town.now(token).status is TokenStatus.CONFIRMED
    assert town.bank.asked["find_link"] == 1


def test_another_businesss_payments_concern_nobody(town: Town, token: Token) -> None:
    answer = town.tell("payment.captured", token, "pay_9", payment__notes=[])
    assert answer.status_code == 200
    town.stage.wait(24 * 60)
    assert town.capture("pay_9") is None


# Refunds


OURS = "rfnd_pay_1"


def a_refund(town: Town, token: Token) -> None:
    town.bank.slow_refunds = True
    town.bank.pay(token.payment_id or "", "pay_1", 5000)
    town.tell("payment_link.paid", token)
    cancel(town.stage, town.now(token))
    town.stage.settle()


@pytest.mark.parametrize(
    ("events", "end"),
    [
        (["refund.created", "refund.processed"], RefundStatus.PROCESSED),
        (["refund.processed", "refund.created"], RefundStatus.PROCESSED),
        (["refund.speed_changed"], RefundStatus.PROCESSED),
        (["refund.created", "refund.failed", "refund.failed"], RefundStatus.FAILED),
        (["refund.failed", "refund.created"], RefundStatus.FAILED),
        (["refund.processed", "refund.failed"], RefundStatus.PROCESSED),
    ],
    ids=lambda v: " ".join(v) if isinstance(v, list) else "",
)
def test_a_refunds_notices_only_move_it_forward(
    town: Town, token: Token, events: list[str], end: RefundStatus
) -> None:
    a_refund(town, token)
    for event in events:
        assert town.tell(event, token, refund__id=OURS).status_code == 200
    found = town.refund()
    assert found is not None
    assert found.status is end


@pytest.mark.parametrize("event", ["refund.processed", "refund.failed"])
@pytest.mark.parametrize("amount", [100, 5000])
def test_another_refund_of_the_same_payment_says_nothing_of_ours(
    town: Town, token: Token, event: str, amount: int
) -> None:
    a_refund(town, token)
    asked = town.bank.asked["fetch_refunds"]
    changes: dict[str, Any] = {"refund__id": "rfnd_byhand", "refund__amount": amount}
    assert town.tell(event, token, **changes).status_code == 200
    town.stage.settle()
    found = town.refund()
    assert found is not None
    assert (found.status, found.gateway_refund_id) == (RefundStatus.REQUESTED, OURS)
    assert town.bank.asked["fetch_refunds"] == asked + 1
    town.bank.end_refunds(RefundStatus.PROCESSED)
    assert town.tell("refund.processed", token, refund__id=OURS).status_code == 200
    found = town.refund()
    assert found is not None
    assert found.status is RefundStatus.PROCESSED


@pytest.mark.parametrize(("amount", "ends"), [(5000, True), (100, False)])
def test_what_failed_is_returned_by_hand_in_one_piece(
    town: Town, token: Token, amount: int, *, ends: bool
) -> None:
    a_refund(town, token)
    town.tell("refund.failed", token, refund__id=OURS)
    changes: dict[str, Any] = {"refund__id": "rfnd_byhand", "refund__amount": amount}
    assert town.tell("refund.processed", token, **changes).status_code == 200
    town.stage.settle()
    found = town.refund()
    assert found is not None
    assert found.status is (RefundStatus.PROCESSED if ends else RefundStatus.FAILED)


def by_hand(town: Town, token: Token, amount: int, event: str = "refund.processed") -> None:
    """Let Razorpay tell of a refund of *amount* that a person made in the dashboard."""
    changes: dict[str, Any] = {
        "refund__id": f"rfnd_hand_{amount}",
        "refund__amount": amount,
        "refund__receipt": None,
    }
    town.bank.return_by_hand(f"rfnd_hand_{amount}", "pay_1", amount)
    assert town.tell(event, token, **changes).status_code == 200


def heard(town: Town) -> list[str]:
    town.stage.settle()
    return [m.name for m in town.stage.messages()]


@pytest.fixture
def paid(town: Town, token: Token) -> Token:
    town.link(token)
    town.bank.pay(token.payment_id or "", "pay_1", 5000)
    town.tell("payment_link.paid", token)
    return token


def test_a_refund_made_by_hand_is_booked_and_told_and_its_booking_stands(
    town: Town, paid: Token
) -> None:
    for event in ("refund.created", "refund.processed", "refund.created", "refund.processed"):
        by_hand(town, paid, 5000, event)
    now = town.now(paid)
    assert (now.status, now.payment_status) == (TokenStatus.CONFIRMED, PaymentStatus.REFUNDED)
    assert now.paid_paise == 0
    capture = town.capture()
    assert capture is not None
    assert (capture.disposition, capture.left_paise) == (Disposition.SEAT, 0)
    assert heard(town) == ["booking/confirmed", "desk/refund_by_hand", "news/refund_by_hand"]
    assert day_of_money(town) == Statement(captured=5000, by_hand=5000, payments=1)
    cancel(town.stage, now)
    assert "booking/money_back" not in heard(town)
    assert town.refund() is None
    assert town.bank.asked["refund"] == 0
    assert day_of_money(town) == Statement(captured=5000, by_hand=5000, payments=1)


def test_of_what_was_returned_in_part_only_the_rest_is_promised(town: Town, paid: Token) -> None:
    by_hand(town, paid, 2000)
    now = town.now(paid)
    assert (now.payment_status, now.paid_paise) == (PaymentStatus.PAID, 3000)
    cancel(town.stage, now)
    town.stage.settle()
    found = town.refund()
    assert found is not None
    assert (found.amount_paise, found.status) == (3000, RefundStatus.PROCESSED)
    assert town.bank.left("pay_1") == 0
    assert day_of_money(town) == Statement(
        captured=5000, by_hand=2000, refunded=3000, sent_back=3000, payments=1
    )


def test_a_refund_by_hand_that_failed_counts_as_paid_again(town: Town, paid: Token) -> None:
    by_hand(town, paid, 5000, "refund.created")
    by_hand(town, paid, 5000, "refund.failed")
    by_hand(town, paid, 5000, "refund.created")
    now = town.now(paid)
    assert (now.payment_status, now.paid_paise) == (PaymentStatus.PAID, 5000)
    assert heard(town)[-1] == "desk/refund_by_hand_failed"


def test_what_failed_by_hand_after_the_booking_was_cancelled_is_refunded(
    town: Town, paid: Token
) -> None:
    by_hand(town, paid, 5000, "refund.created")
    cancel(town.stage, town.now(paid))
    del town.bank.by_hand["rfnd_hand_5000"]
    changes: dict[str, Any] = {"refund__id": "rfnd_hand_5000"}
    town.tell("refund.failed", paid, **changes)
    town.stage.settle()
    found = town.refund()
    assert found is not None
    assert (found.amount_paise, found.status) == (5000, RefundStatus.PROCESSED)


def test_a_refund_told_before_its_payment_is_looked_up_with_it(town: Town, token: Token) -> None:
    town.link(token)
    town.bank.pay(token.payment_id or "", "pay_1", 5000)
    by_hand(town, token, 2000)
    assert town.capture() is None
    town.stage.settle()
    town.tell("payment.captured", token)
    now = town.now(token)
    assert (now.status, now.paid_paise) == (TokenStatus.CONFIRMED, 3000)
    assert "desk/refund_by_hand" in heard(town)


def test_a_refund_by_hand_that_nobody_tells_of_is_found_by_asking(town: Town, paid: Token) -> None:
    town.bank.return_by_hand("rfnd_hand", "pay_1", 2000)
    town.stage.wait(60)
    assert town.now(paid).paid_paise == 3000


def test_a_refund_promised_and_then_made_by_hand_in_part_is_of_the_rest(
    town: Town, paid: Token
) -> None:
    town.bank.return_by_hand("rfnd_hand", "pay_1", 2000)
    cancel(town.stage, town.now(paid))
    town.stage.settle()
    found = town.refund()
    assert found is not None
    assert found.amount_paise == 3000
    assert day_of_money(town).by_hand == 2000


NOTICES = ("capture", "cancel", "A created", "A processed", "B created", "B failed")


@pytest.mark.parametrize("order", list(permutations(NOTICES))[::18], ids="-".join)
def test_whatever_the_order_of_notices_the_payment_goes_back_once(
    town: Town, token: Token, order: tuple[str, ...]
) -> None:
    town.link(token)
    town.bank.pay(token.payment_id or "", "pay_1", 5000)
    town.bank.by_hand["A"] = ("pay_1", 2000, RefundStatus.PROCESSED)
    town.bank.by_hand["B"] = ("pay_1", 1000, RefundStatus.FAILED)
    for notice in (*order, *reversed(order), *order):
        which, _, status = notice.partition(" ")
        if which == "cancel" and town.now(token).status in LIVE:
            cancel(town.stage, town.now(token))
        elif which == "capture":
            town.tell("payment.captured", token)
        elif status:
            amount = {"A": 2000, "B": 1000}[which]
            changes: dict[str, Any] = {"refund__id": which, "refund__amount": amount}
            town.tell(f"refund.{status}", token, **changes)
        if len(order[0]) % 2:
            town.stage.settle()
    town.stage.wait(24 * 60)
    found = day_of_money(town)
    assert (found.captured, found.difference) == (5000, 0)
    assert (found.by_hand, found.refunded) == (2000, 3000)
    # Where ours was asked for before the gateway told of the other, its key cannot be used for the
    # rest: then a person is asked, and nobody returns it twice.
    assert found.sent_back + found.failed == 3000
    assert town.bank.left("pay_1") == found.failed
    told = {"desk/refund_failed", "desk/refund_by_hand_failed"} & set(heard(town))
    assert told or not found.failed


def day_of_money(town: Town) -> Statement:
    clinic = town.cast.clinic
    assert ledger.find_discrepancies(town.stage.work(), clinic, MONDAY) == []
    return ledger.statement_of(town.stage.work(), clinic, MONDAY)


# What is refused, and what only looks strange


@pytest.mark.parametrize("event", ["settlement.processed", "payment.authorized"])
def test_other_events_are_answered_and_do_nothing(town: Town, token: Token, event: str) -> None:
    assert town.tell(event, token).status_code == 200
    assert town.now(token).status is TokenStatus.PENDING
    assert town.capture() is None


@pytest.mark.parametrize("secret", [SECRET, OLD])
def test_either_secret_is_good_while_it_is_changed(town: Town, token: Token, secret: str) -> None:
    assert town.post(town.body("payment_link.paid", token), secret).status_code == 200


def test_what_is_not_signed_does_nothing(town: Town, token: Token) -> None:
    raw = town.body("payment_link.paid", token)
    for answer in (
        town.post(raw, "somebody else's"),
        town.post(raw, **{"X-Razorpay-Signature": ""}),
        town.post(raw, **{"X-Razorpay-Signature": "ñ"}),
        town.client.post("/api/v1/webhooks/razorpay", data=raw),
    ):
        assert answer.status_code == 403
        assert answer.json is not None
        assert answer.json["success"] is False
    assert town.capture() is None


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b'"paid"', b"[" * 100_000])
def test_what_is_signed_and_no_event_is_refused(town: Town, raw: bytes) -> None:
    assert town.post(raw).status_code == 400


@pytest.mark.parametrize(
    "payload",
    [
        {"event": "payment_link.paid"},
        {"event": "payment.captured", "payload": []},
        {"event": "payment.captured", "payload": {"payment": None}},
        {"event": "payment.captured", "payload": {"payment": {"entity": {"status": "captured"}}}},
        {"event": "order.paid", "payload": {"payment": {"entity": {"amount": 5, "id": 5}}}},
        {"event": "refund.processed", "payload": {"refund": {"entity": {"status": "lost"}}}},
        {"event": "refund.processed", "payload": {"refund": {"entity": {"status": "failed"}}}},
        {"event": "payment.failed", "payload": {}},
        {"event": "payment_link.expired", "payload": {}},
        {"event": ["payment_link.paid"]} | {"payload": 5},
        {"event": None},
        {},
    ],
    ids=str,
)
def test_a_shape_that_nobody_knows_is_answered_so_that_others_go_on_coming(
    town: Town, payload: dict[str, Any]
) -> None:
    assert town.post(json.dumps(payload).encode()).status_code == 200


def test_while_the_store_is_away_it_is_to_be_sent_again(town: Town, token: Token) -> None:
    def away() -> None:
        raise StoreUnavailable

    town.stage.trouble.before_commit = away
    answer = town.tell("payment_link.paid", token)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    town.stage.trouble.before_commit = nothing
    assert town.tell("payment_link.paid", token).status_code == 200
    assert town.now(token).status is TokenStatus.CONFIRMED


@pytest.mark.parametrize(("conflicts", "status"), [(9, 200), (10, 503)])
def test_it_is_replayed_while_others_are_faster_and_then_sent_again(
    town: Town, token: Token, conflicts: int, status: int
) -> None:
    lost: list[int] = []

    def faster() -> None:
        if len(lost) < conflicts:
            lost.append(1)
            raise Conflict

    town.stage.trouble.before_commit = faster
    assert town.tell("payment_link.paid", token).status_code == status


def test_it_is_not_replayed_when_its_time_is_over(
    town: Town, token: Token, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost: list[int] = []

    def faster() -> None:
        lost.append(1)
        raise Conflict

    town.stage.trouble.before_commit = faster
    monkeypatch.setattr("bot.webhooks.razorpay.ANSWER_WITHIN_SECONDS", -1)
    assert town.tell("payment_link.paid", token).status_code == 503
    assert len(lost) == 1


def test_our_own_fault_is_answered_and_the_money_is_looked_for_again(
    town: Town, token: Token, monkeypatch: pytest.MonkeyPatch
) -> None:
    town.link(token)
    town.bank.pay(token.payment_id or "", "pay_1", 5000)
    captured = captures.record_capture

    def broken(*_: object) -> Token:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(captures, "record_capture", broken)
    assert town.tell("payment_link.paid", token).status_code == 200
    assert town.tell("payment.failed", token).status_code == 200
    town.stage.settle()
    assert town.capture() is None
    monkeypatch.setattr(captures, "record_capture", captured)
    town.stage.wait(2)
    assert town.now(token).status is TokenStatus.CONFIRMED


def test_nothing_of_the_payer_is_kept(town: Town, token: Token) -> None:
    town.tell("payment_link.paid", token)
    capture = town.capture()
    assert capture is not None
    assert capture.disposition is Disposition.SEAT
    stored = f"{capture}{town.stage.work().get(Payment, token.payment_id or '')}"
    assert "examplebank" not in stored
    assert "+919800000009" not in stored


# A clinic's own bill


AMOUNT = 129800


@pytest.fixture
def owed(town: Town) -> Payment:
    """The request for a bill of ₹1,298."""
    return request_of(town.stage, billed(town.stage, town.cast))


def the_bill(town: Town) -> Invoice:
    return invoices(town.stage)[0]


@pytest.mark.parametrize("order", list(permutations(PAYING)))
def test_notices_of_a_bills_payment_pay_it_once(
    town: Town, owed: Payment, order: tuple[str, ...]
) -> None:
    for event in (*order, *order):
        assert town.tell(event, owed, payment__amount=AMOUNT).status_code == 200
    town.stage.settle()
    assert (the_bill(town).status, the_bill(town).capture_id) == (InvoiceStatus.PAID, "pay_1")
    assert town.refund() is None
    assert told(town.stage) == ["billing/invoice", "billing/paid"]


def test_a_bill_paid_twice_goes_back_once(town: Town, owed: Payment) -> None:
    town.bank.pay(owed.payment_id, "pay_2", AMOUNT)
    for payment in ("pay_1", "pay_2", "pay_2"):
        town.tell("payment.captured", owed, payment, payment__amount=AMOUNT)
    town.stage.settle()
    assert town.bank.returned == {"pay_2": AMOUNT}
    assert the_bill(town).capture_id == "pay_1"


def test_too_little_for_a_bill_is_returned(town: Town, owed: Payment) -> None:
    town.bank.pay(owed.payment_id, "pay_1", 5000)
    town.tell("payment_link.paid", owed)  # of ₹50
    town.stage.settle()
    assert town.bank.returned == {"pay_1": 5000}
    assert the_bill(town).status is InvoiceStatus.OPEN


def test_a_failed_attempt_at_a_bill_changes_nothing_that_was_paid(
    town: Town, owed: Payment
) -> None:
    town.tell("payment.failed", owed)
    town.tell("payment.captured", owed, payment__amount=AMOUNT)
    assert town.tell("payment.failed", owed).status_code == 200
    assert the_bill(town).status is InvoiceStatus.PAID


def test_a_payment_makes_a_suspended_clinic_active(town: Town, owed: Payment) -> None:
    days(town.stage, 15)
    assert the_clinic(town.stage).status is ClinicStatus.SUSPENDED
    town.tell("order.paid", owed, payment__amount=AMOUNT)
    assert the_clinic(town.stage).status is ClinicStatus.ACTIVE


def test_a_payment_of_a_bill_that_does_not_say_so_is_asked_about(town: Town, owed: Payment) -> None:
    obtain_gateway_url(town.stage.parts, owed.payment_id, "https://clinic.example/pay")
    town.bank.pay(owed.payment_id, "pay_1", AMOUNT)
    town.tell("payment.captured", owed, payment__amount=AMOUNT, payment__notes=[])
    assert the_bill(town).status is InvoiceStatus.OPEN
    town.stage.settle()
    assert the_bill(town).capture_id == "pay_1"
