"""Meta's webhook in one process: what it takes, what it refuses, and what is durable after 200."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from flask.testing import FlaskClient
from prometheus_client import REGISTRY
from werkzeug.test import TestResponse

import bot.webhooks.whatsapp
from bot.app import LARGEST_BODY, create_app
from bot.channels.cloud.signature import sign
from domain.errors import StoreUnavailable
from domain.model.messages import Message, MessageStatus
from domain.model.queues import TokenStatus
from domain.ports import Changes, Records
from tests.orders import asked_by, show_orders
from tests.people import CITY_SENDER, TESTS
from tests.stage import Stage

HOOK = "/api/v1/webhooks/whatsapp"
ASHA, RAVI, LATA = "919876543021", "919876543022", "919876543023"
Json = dict[str, Any]


@dataclass
class Moody:
    """Records that can be told to fail, or to be slow, when something is written."""

    records: Records
    before: Callable[[], None] = field(default=lambda: None)

    def __post_init__(self) -> None:
        self.get, self.query = self.records.get, self.records.query

    def commit(self, changes: Changes) -> None:
        self.before()
        self.records.commit(changes)


class Meta:
    """Posts webhooks as Meta does."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.moody = Moody(stage.records)
        self.app = create_app(replace(stage.parts, records=self.moody))
        self.client: FlaskClient = self.app.test_client()

    def post(self, body: object, **headers: str) -> TestResponse:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        secret = self.stage.parts.settings.whatsapp_webhook_secrets[0]
        signed = {"X-Hub-Signature-256": sign(raw, secret), **headers}
        kind = "application/json"
        # A client of its own: requests may come at the same time.
        return self.app.test_client().post(HOOK, data=raw, headers=signed, content_type=kind)

    def said(self, phone: str) -> list[str]:
        """Return what the person was sent so far, in order."""
        self.stage.settle()
        return [m.text for m in self.stage.channel.sent if m.phone == f"+{phone}"]


@pytest.fixture
def meta(stage: Stage) -> Meta:
    return Meta(stage)


def text(phone: str, words: str, message_id: str, **more: object) -> Json:
    body = {"type": "text", "text": {"body": words}}
    return {"from": phone, "id": message_id, "timestamp": "1922000000", **body, **more}


def webhook(*elements: Json, kind: str = "messages", field: str = "messages", **more: Any) -> Json:
    metadata = {"display_phone_number": "919876543001", "phone_number_id": CITY_SENDER}
    value = {"messaging_product": "whatsapp", "metadata": metadata, kind: list(elements), **more}
    change = {"field": field, "value": value}
    return {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [change]}]}


def status(message: Message, word: str, **more: object) -> Json:
    return {
        "id": message.provider_id,
        "status": word,
        "timestamp": "1922000001",
        "biz_opaque_callback_data": message.message_id,
        **more,
    }


def rejected(reason: str) -> float:
    labels = {"provider": "cloud", "reason": reason}
    return REGISTRY.get_sample_value("pulseops_webhooks_rejected_total", labels) or 0.0


def test_a_message_is_answered_200_and_its_reply_is_stored(meta):
    answer = meta.post(webhook(text(ASHA, "Hi", "wamid.1")))
    assert answer.status_code == 200
    assert answer.get_json() == {"success": True, "message": "Webhook processed successfully"}
    assert "select doctor" in meta.said(ASHA)[0]


@pytest.mark.parametrize(
    "header",
    [None, "", "sha256=", "sha256=" + "0" * 64, "sha1=abc", "sha256=é"],
    ids=["missing", "empty", "no digest", "wrong", "another way", "not a digest"],
)
def test_a_wrong_signature_is_refused_and_nothing_happens(meta, header):
    before = rejected("signature")
    raw = json.dumps(webhook(text(ASHA, "Hi", "wamid.1"))).encode()
    headers = {} if header is None else {"X-Hub-Signature-256": header}
    answer = meta.client.post(HOOK, data=raw, headers=headers)
    assert answer.status_code == 403
    assert answer.get_json()["error"]["code"] == "WEBHOOK"
    assert meta.said(ASHA) == []
    assert rejected("signature") == before + 1


def test_a_signature_covers_the_bytes_as_they_came(meta):
    raw = json.dumps(webhook(text(ASHA, "Hi", "wamid.1"))).encode()
    secret = meta.stage.parts.settings.whatsapp_webhook_secrets[0]
    headers = {"X-Hub-Signature-256": sign(raw, secret)}
    assert meta.client.post(HOOK, data=raw + b" ", headers=headers).status_code == 403


@pytest.mark.parametrize(
    "raw",
    [b"", b"{", b"\xff\xfe", b"[" * 100_000],
    ids=["empty", "cut short", "not text", "without end"],
)
def test_what_is_not_json_is_refused(meta, raw):
    assert meta.post(raw).status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        None,
        7,
        [],
        {},
        {"object": "page", "entry": []},
        {"object": "whatsapp_business_account", "entry": "x"},
        webhook({"event": "APPROVED"}, field="message_template_status_update"),
        webhook({"id": 3}),
        webhook(text(ASHA, "Hi", "")),
        webhook({"weather": "fine"}, kind="forecasts"),
        webhook({"id": "wamid.9", "status": "yawned"}, kind="statuses"),
        webhook(kind="errors"),
    ],
    ids=lambda body: json.dumps(body)[:40],
)
def test_what_means_nothing_to_us_is_taken(meta, body):
    assert meta.post(body).status_code == 200
    assert meta.stage.settle() == []


def test_an_unknown_kind_of_message_is_answered_and_its_neighbours_too(meta):
    strange = {"from": ASHA, "id": "wamid.1", "timestamp": "1922000000", "type": "hologram"}
    assert meta.post(webhook(strange, {"id": 3}, text(RAVI, "Hi", "wamid.2"))).status_code == 200
    assert len(meta.said(ASHA)) == 1
    assert "select doctor" in meta.said(RAVI)[0]


def test_a_message_that_comes_again_acts_once(meta):
    body = webhook(text(ASHA, "Hi", "wamid.1"))
    assert [meta.post(body).status_code for _ in range(3)] == [200, 200, 200]
    assert len(meta.said(ASHA)) == 1


def test_a_message_that_comes_several_times_at_once_acts_once(meta):
    body = webhook(text(ASHA, "Hi", "wamid.1"))
    seen: list[int] = []
    threads = [
        threading.Thread(target=lambda: seen.append(meta.post(body).status_code)) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [200] * 8
    assert len(meta.said(ASHA)) == 1


def test_one_post_may_carry_many_people_each_in_their_order(meta):
    people = [f"91987650{n:04d}" for n in range(20)]
    name = {"name": "Somebody"}
    contacts = [{"wa_id": p, "profile": name} for p in people]
    messages = [
        text(p, words, f"wamid.{p}.{n}")
        for n, words in enumerate(("Hi", "help", "Hi"))
        for p in people
    ]
    assert meta.post(webhook(*messages, contacts=contacts)).status_code == 200
    for person in people:
        assert ["select doctor" in words for words in meta.said(person)] == [True, False, True]


def digit(stage: Stage, message_id: str, *, seconds_ago: int = 0) -> Json:
    """Return Asha's message of 2, written so many seconds ago."""
    at = int(stage.clock.now().timestamp()) - seconds_ago
    return text(ASHA, "2", message_id, timestamp=str(at))


@pytest.mark.usefixtures("cast")
def test_two_equal_digits_of_one_post_answer_one_question(meta):
    meta.post(webhook(text(ASHA, "Hi", "wamid.1")))
    assert "2. Dr. Meera" in meta.said(ASHA)[0]
    meta.stage.clock.advance(seconds=20)
    meta.post(webhook(digit(meta.stage, "wamid.a"), digit(meta.stage, "wamid.b")))
    assert all("2. 9:15 AM" in asked for asked in meta.said(ASHA)[1:])
    assert meta.stage.every_token(f"+{ASHA}") == []


@pytest.mark.usefixtures("cast")
def test_a_digit_older_than_the_question_does_not_answer_it(meta):
    meta.post(webhook(text(ASHA, "Hi", "wamid.1")))
    meta.stage.clock.advance(seconds=20)
    meta.post(webhook(digit(meta.stage, "wamid.a")))
    assert "2. 9:15 AM" in meta.said(ASHA)[1]
    meta.stage.clock.advance(seconds=5)
    meta.post(webhook(digit(meta.stage, "wamid.b", seconds_ago=10)))
    assert "2. 9:15 AM" in meta.said(ASHA)[-1]
    assert meta.stage.every_token(f"+{ASHA}") == []


@pytest.mark.usefixtures("cast")
def test_a_digit_written_after_the_question_answers_it(meta):
    meta.post(webhook(text(ASHA, "Hi", "wamid.1")))
    for message_id in ("wamid.a", "wamid.b"):
        meta.stage.clock.advance(seconds=20)
        meta.post(webhook(digit(meta.stage, message_id)))
        meta.stage.settle()
    [token] = meta.stage.every_token(f"+{ASHA}")
    assert token.number == 2


def test_statuses_are_kept_and_only_move_forward(meta):
    meta.post(webhook(text(ASHA, "Hi", "wamid.1")))
    meta.stage.settle()
    [message] = meta.stage.messages()
    assert message.status is MessageStatus.SENT
    for word, now in (
        ("read", MessageStatus.READ),
        ("delivered", MessageStatus.READ),
        ("sent", MessageStatus.READ),
        ("failed", MessageStatus.READ),
    ):
        assert meta.post(webhook(status(message, word), kind="statuses")).status_code == 200
        assert meta.stage.messages()[0].status is now


def test_a_failure_reported_afterwards_ends_a_message_with_words_for_people(meta):
    meta.post(webhook(text(ASHA, "Hi", "wamid.1")))
    meta.stage.settle()
    [message] = meta.stage.messages()
    errors = [{"code": 131026, "title": "Message undeliverable"}]
    failed = status(message, "failed", errors=errors)
    assert meta.post(webhook(failed, failed, kind="statuses")).status_code == 200
    [message] = meta.stage.messages()
    assert message.status is MessageStatus.FAILED
    assert message.failure
    assert message.error_code == 131026


def test_many_statuses_in_one_post_are_all_kept(meta):
    for n in range(30):
        meta.post(webhook(text(ASHA, "help", f"wamid.{n}")))
    meta.stage.settle()
    every = meta.stage.messages()
    body = webhook(*(status(m, w) for m in every for w in ("sent", "read")), kind="statuses")
    assert meta.post(body).status_code == 200
    assert {m.status for m in meta.stage.messages()} == {MessageStatus.READ}


def test_a_status_of_a_message_that_is_not_ours_is_taken(meta):
    other = {"id": "wamid.x", "status": "read", "timestamp": "1", "recipient_id": ASHA}
    foreign = {**other, "biz_opaque_callback_data": "msg_of_another"}
    assert meta.post(webhook(other, foreign, kind="statuses")).status_code == 200


def test_a_body_over_the_limit_is_refused(meta):
    assert meta.post(b" " * (LARGEST_BODY + 1)).status_code == 413


@pytest.mark.parametrize("people", [(ASHA,), (ASHA, RAVI)], ids=["one person", "several"])
def test_when_the_store_fails_meta_is_asked_to_send_it_again(meta, people):
    def fail() -> None:
        raise StoreUnavailable("gone")

    before = rejected("unavailable")
    meta.moody.before = fail
    body = webhook(*(text(p, "Hi", f"wamid.{p}") for p in people))
    answer = meta.post(body)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "1"
    assert rejected("unavailable") == before + 1
    assert [meta.said(p) for p in people] == [[] for _ in people]
    meta.moody.before = lambda: None
    assert meta.post(body).status_code == 200
    assert [len(meta.said(p)) for p in people] == [1 for _ in people]


def test_when_time_runs_out_the_rest_comes_again_and_nothing_acts_twice(meta, monkeypatch):
    monkeypatch.setattr(bot.webhooks.whatsapp, "ANSWER_WITHIN_SECONDS", 0.3)
    go_on, first = threading.Event(), threading.Lock()

    def one_is_slow() -> None:
        if first.acquire(blocking=False):
            go_on.wait(10)

    meta.moody.before = one_is_slow
    body = webhook(*(text(p, "Hi", f"wamid.{p}") for p in (ASHA, RAVI, LATA)))
    assert meta.post(body).status_code == 503
    go_on.set()
    assert meta.post(body).status_code == 200
    assert sorted(len(meta.said(p)) for p in (ASHA, RAVI)) == [1, 1]


def test_one_persons_many_messages_do_not_hold_the_answer_up(meta, monkeypatch):
    monkeypatch.setattr(bot.webhooks.whatsapp, "ANSWER_WITHIN_SECONDS", 0.0)
    body = webhook(*(text(ASHA, "help", f"wamid.{n}") for n in range(3)))
    assert meta.post(body).status_code == 503
    monkeypatch.undo()
    assert meta.post(body).status_code == 200
    assert len(meta.said(ASHA)) == 3


def test_a_turn_that_fails_by_our_own_fault_is_parked_and_answered(meta, monkeypatch):
    def fault(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("flows.runner.patient.answer", fault)
    assert meta.post(webhook(text(ASHA, "Hi", "wamid.1"))).status_code == 200
    monkeypatch.undo()
    assert len(meta.said(ASHA)) == 1
    assert meta.post(webhook(text(ASHA, "Hi", "wamid.1"))).status_code == 200
    assert len(meta.said(ASHA)) == 1


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, 200),
        ({"hub.verify_token": "guess"}, 403),
        ({"hub.verify_token": "é"}, 403),
        ({"hub.mode": "unsubscribe"}, 403),
    ],
    ids=["right", "wrong", "not ASCII", "another mode"],
)
def test_the_handshake(meta, changes, expected):
    query = {
        "hub.mode": "subscribe",
        "hub.challenge": "1158201444",
        "hub.verify_token": meta.stage.parts.settings.whatsapp_verify_token,
    }
    answer = meta.client.get(HOOK, query_string=query | changes)
    assert answer.status_code == expected
    if expected == 200:
        assert answer.text == "1158201444"
        assert answer.mimetype == "text/plain"


def test_a_message_of_a_phone_nobody_knows_begins_a_contact(meta):
    contacts = [{"wa_id": LATA, "profile": {"name": "Lata"}, "user_id": "IN.3"}]
    meta.post(webhook(text(LATA, "Hi", "wamid.1", from_user_id="IN.3"), contacts=contacts))
    assert "select doctor" in meta.said(LATA)[0]
    [message] = meta.stage.messages()
    found = meta.stage.parts.records.get(TESTS, [(Message, (message.message_id,))])
    assert found == [message]


# --- Payments inside WhatsApp ---


def payment(reference: str, word: str, attempt: str) -> Json:
    """Return the status of a payment as Meta sends it among those of messages."""
    return {
        "id": f"gBGG{reference}",
        "recipient_id": ASHA,
        "type": "payment",
        "status": word,
        "timestamp": "1922000300",
        "payment": {
            "reference_id": reference,
            "amount": {"value": 5000, "offset": 100},
            "currency": "INR",
            "transaction": {
                "id": f"order_{reference}",
                "pg_transaction_id": "pay_1",
                "type": "razorpay",
                "status": attempt,
            },
        },
    }


def test_a_payment_that_meta_tells_of_is_looked_up_and_counts_once(stage, cast):
    orders = show_orders(stage, cast)
    meta = Meta(stage)
    for n, words in enumerate(("hi", "2", "1")):
        stage.clock.advance(seconds=20)
        written_at = str(int(stage.clock.now().timestamp()))
        meta.post(webhook(text(ASHA, words, f"wamid.P{n}", timestamp=written_at), contacts=[]))
        stage.settle()
    reference = asked_by(stage.channel.sent[-1]).reference
    told = webhook(
        payment(reference, "pending", "failed"),
        payment(reference, "captured", "success"),
        payment("ORD_of_somebody_else", "captured", "success"),
        {"type": "payment", "status": "captured"},
        kind="statuses",
    )
    assert meta.post(told).status_code == 200
    stage.settle()
    [token] = stage.tokens(f"+{ASHA}")
    assert token.status is TokenStatus.PENDING  # Meta's lookup does not confirm it yet
    orders.pay(reference, "pay_1")
    for _ in range(3):
        assert meta.post(told).status_code == 200
        stage.settle()
    [token] = stage.tokens(f"+{ASHA}")
    assert (token.status, token.capture_id) == (TokenStatus.CONFIRMED, "pay_1")
