"""What Meta's payments lookup tells of an order, and what its silence means."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.channels.cloud.payments import CloudPayments
from domain.channel import ErrorClass, SendFailed
from domain.gateway import GatewayRefused, GatewayUnavailable, PaymentAttempt
from tests.contract.channels.providers import (
    HANG_UP,
    PAGE,
    SENDER,
    TOKEN,
    Answer,
    Meta,
    Server,
    refuses,
)

REFERENCE = "ORD_1"
ATTEMPT: dict[str, Any] = {
    "id": "order_AA",
    "pg_transaction_id": "pay_BB",
    "type": "razorpay",
    "status": "success",
    "created_timestamp": 1795000200,
    "updated_timestamp": 1795000290,
    "method": {"type": "upi"},
}
PAYMENT: dict[str, Any] = {
    "reference_id": REFERENCE,
    "status": "captured",
    "currency": "INR",
    "amount": {"value": 20000, "offset": 100},
    "transactions": [ATTEMPT],
}


def told(*payments: object) -> Answer:
    return Answer(body=json.dumps({"payments": payments}).encode())


@pytest.fixture
def lookup(meta: Meta, server: Server) -> CloudPayments:
    meta.answers()
    return CloudPayments(server.url, lambda _: TOKEN, meta.session)


def test_an_order_is_asked_about_by_its_configuration_and_reference(
    lookup: CloudPayments, server: Server
) -> None:
    server.answers.append(told(PAYMENT))
    found = lookup.fetch_attempts(SENDER, "city main/1", REFERENCE)
    assert found == (PaymentAttempt("order_AA", "pay_BB", 20000, succeeded=True),)
    [call] = server.calls
    assert (call.method, call.path) == ("GET", f"/{SENDER}/payments/city%20main%2F1/{REFERENCE}")
    assert call.headers["Authorization"] == f"Bearer {TOKEN}"


def test_every_attempt_is_told_the_failed_ones_too(lookup: CloudPayments, server: Server) -> None:
    failed = {**ATTEMPT, "id": "order_0", "pg_transaction_id": None, "status": "failed"}
    server.answers.append(told({**PAYMENT, "transactions": [failed, ATTEMPT]}))
    found = lookup.fetch_attempts(SENDER, "main", REFERENCE)
    assert [(t.order_id, t.succeeded) for t in found] == [("order_0", False), ("order_AA", True)]


def test_a_single_attempt_may_stand_by_itself_and_numbers_in_quotes(
    lookup: CloudPayments, server: Server
) -> None:
    alone = {k: v for k, v in PAYMENT.items() if k != "transactions"}
    amount = {"value": "20000", "offset": "100"}
    server.answers.append(told({**alone, "transaction": {**ATTEMPT, "amount": amount}}))
    assert [t.amount_paise for t in lookup.fetch_attempts(SENDER, "main", REFERENCE)] == [20000]


@pytest.mark.parametrize(
    "answer",
    [
        told(),
        told({**PAYMENT, "transactions": []}),
        told({**PAYMENT, "reference_id": "ORD_2"}),
        told({**PAYMENT, "currency": "BRL"}),
        told({**PAYMENT, "amount": {"value": 200, "offset": 1}}),
        told({**PAYMENT, "amount": {"value": -1, "offset": 100}}),
        told({**PAYMENT, "amount": None}),
        told("captured"),
        Answer(body=b"[]"),
        refuses(400, 100),
        refuses(404, 100),
    ],
    ids=["none", "not tried", "another", "currency", "offset", "negative", "no amount", "a word",
         "a list", "unknown", "not there"],
)  # fmt: skip
def test_what_is_not_told_was_not_paid(
    lookup: CloudPayments, server: Server, answer: Answer
) -> None:
    server.answers.append(answer)
    assert lookup.fetch_attempts(SENDER, "main", REFERENCE) == ()


@pytest.mark.parametrize(
    "answer",
    [refuses(500, 2), refuses(429, 4), refuses(401, 190), refuses(403, 10), HANG_UP, PAGE],
    ids=["broken", "too many", "token", "right", "hung up", "a page"],
)
def test_when_meta_cannot_say_it_is_asked_again(
    lookup: CloudPayments, server: Server, answer: Answer
) -> None:
    server.answers.append(answer)
    with pytest.raises(GatewayUnavailable):
        lookup.fetch_attempts(SENDER, "main", REFERENCE)


def test_without_a_token_nothing_is_asked(meta: Meta, server: Server) -> None:
    def unreadable(_: str) -> str:
        raise LookupError

    def away(_: str) -> str:
        raise SendFailed(ErrorClass.LATER, None, "the store did not answer")

    meta.answers()
    with pytest.raises(GatewayRefused):
        CloudPayments(server.url, unreadable, meta.session).fetch_attempts(
            SENDER, "main", REFERENCE
        )
    with pytest.raises(GatewayUnavailable):
        CloudPayments(server.url, away, meta.session).fetch_attempts(SENDER, "main", REFERENCE)
    assert server.calls == []
