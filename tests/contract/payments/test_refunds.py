"""Refunds at Razorpay under an idempotency key: which answers are waited out, and which end one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
import structlog

from bot.channels.http import new_session
from bot.payments.razorpay import gateway as gateway_module
from bot.payments.razorpay.client import RazorpayClient
from bot.payments.razorpay.gateway import RazorpayGateway
from domain.actions.settlement import polling
from domain.gateway import GatewayRefused, GatewayUnavailable, IdempotencyKeyTaken
from domain.model.messages import Message
from domain.model.money import Refund, RefundStatus
from tests.bookings import cancel, hold
from tests.contract.payments.player import (
    IN_PROGRESS,
    KEY_ID,
    KEY_SECRET,
    KEY_TAKEN,
    LOSE_ANSWER,
    Json,
    Player,
    Trouble,
    conflict,
    playing,
)
from tests.due import due_items
from tests.people import Cast, FixedClock
from tests.stage import Stage
from web.checkout.pay import obtain_gateway_url
from workers.due_runner import DueRunner

HOUR = 60
UNKNOWN = [conflict("Conflict"), Trouble(status=409, body=b"{}"), Trouble(status=409)]
WHICH = ["other words", "no words", "no JSON"]


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def player(stage: Stage) -> Iterator[Player]:
    """Put Razorpay on a loopback port in the sandbox's place."""
    with playing(lambda: stage.clock.now().timestamp()) as player:
        client = RazorpayClient(player.url, KEY_ID, KEY_SECRET, new_session())
        gateway = RazorpayGateway(client, KEY_SECRET, stage.clock.now)
        stage.parts = replace(stage.parts, gateway=gateway)
        stage.due_runner = DueRunner(stage.parts)
        yield player


@pytest.fixture
def paid(stage: Stage, cast: Cast, player: Player) -> str:
    """Return a payment whose booking is cancelled: its refund is due, and not requested yet."""
    token = hold(stage, cast, 5)
    request = token.payment_id or ""
    obtain_gateway_url(stage.parts, request, "https://clinic.example/pay")
    paid = player.pay(request)
    stage.pay(token, paid)
    stage.clock.advance(seconds=1)
    cancel(stage, stage.token(token))
    return paid


def refund(stage: Stage, capture_id: str) -> Refund:
    found = stage.work().get(Refund, capture_id, "REFUND")
    assert found is not None
    return found


def requests_of(player: Player, paid: str) -> list[Json]:
    """Return the body of each request for the refund of a payment."""
    asked = ("POST", f"/v1/payments/{paid}/refund")
    return [body for method, path, body in player.calls if (method, path) == asked]


def first_body(paid: str) -> Json:
    """Return the body that refunds were requested with before it was kept with them."""
    return {
        "amount": 5000,
        "speed": "normal",
        "receipt": paid,
        "notes": {"captureId": paid},
    }


def take_key(player: Player, paid: str, amount: int) -> str:
    """Let a refund be made under our key by a request with another body; return its id."""
    path, key = f"/v1/payments/{paid}/refund", f"refund-{paid}"
    return str(player.answer("POST", path, {}, {"amount": amount}, key)["id"])


def told_of_failure(stage: Stage) -> list[Message]:
    return [m for m in stage.messages() if m.name == "desk/refund_failed"]


# Razorpay's words


@pytest.mark.parametrize("status", [409, 400])
def test_a_key_used_with_another_body_is_told_from_other_refusals(
    stage: Stage, player: Player, paid: str, status: int
) -> None:
    player.troubles.append(conflict(KEY_TAKEN, status))
    with structlog.testing.capture_logs() as lines, pytest.raises(IdempotencyKeyTaken):
        stage.parts.gateway.refund(paid, 5000, None)
    assert [(line["event"], line["captureId"]) for line in lines] == [("refund_key_taken", paid)]


def test_a_request_still_in_progress_is_no_refusal(stage: Stage, player: Player, paid: str) -> None:
    player.troubles.append(conflict(IN_PROGRESS))
    with pytest.raises(GatewayUnavailable):
        stage.parts.gateway.refund(paid, 5000, None)


@pytest.mark.parametrize("unknown", UNKNOWN, ids=WHICH)
def test_an_unknown_conflict_refuses_a_refund_for_now(
    stage: Stage, player: Player, paid: str, unknown: Trouble
) -> None:
    player.troubles.append(unknown)
    with pytest.raises(GatewayRefused) as refusal:
        stage.parts.gateway.refund(paid, 5000, None)
    assert not isinstance(refusal.value, IdempotencyKeyTaken)


def test_an_unknown_conflict_does_not_answer_a_question(
    stage: Stage, player: Player, paid: str
) -> None:
    player.troubles.append(UNKNOWN[0])
    with pytest.raises(GatewayUnavailable):
        stage.parts.gateway.fetch_refunds(paid)


# What happens to the money


def test_a_refund_still_in_progress_is_requested_again_with_the_same_body(
    stage: Stage, player: Player, paid: str
) -> None:
    player.troubles.append(conflict(IN_PROGRESS))
    stage.wait(5)
    assert refund(stage, paid).status is RefundStatus.PROCESSED
    assert [r["amount"] for r in player.refunds.values()] == [5000]
    first, second = requests_of(player, paid)
    assert first == second


def test_a_refund_keeps_its_body_through_an_upgrade(
    stage: Stage, player: Player, paid: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    player.troubles.append(conflict(IN_PROGRESS))
    stage.settle()
    kept = refund(stage, paid).request_body
    monkeypatch.setattr(gateway_module, "_unkept_body", lambda *_: {"amount": 5000, "speed": "new"})
    stage.wait(5)
    assert refund(stage, paid).status is RefundStatus.PROCESSED
    assert requests_of(player, paid) == [first_body(paid), first_body(paid)]
    assert json.loads(kept or "") == first_body(paid)


def test_a_refund_requested_before_bodies_were_kept_keeps_the_body_of_that_time(
    stage: Stage, player: Player, paid: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = stage.work()
    work.put(refund(stage, paid).but(attempts=1))
    work.commit()
    new_body = '{"amount": 5000, "speed": "optimum"}'
    monkeypatch.setattr(RazorpayGateway, "draft_refund", lambda *_: new_body)
    stage.settle()
    assert requests_of(player, paid) == [first_body(paid)]


@pytest.mark.slow
def test_a_refund_in_progress_is_not_given_up(stage: Stage, player: Player, paid: str) -> None:
    player.refund_answer = conflict(IN_PROGRESS)
    stage.wait(48 * HOUR)
    assert refund(stage, paid).status is RefundStatus.PENDING
    assert told_of_failure(stage) == []
    player.refund_answer = None
    stage.wait(HOUR)
    assert refund(stage, paid).status is RefundStatus.PROCESSED


@pytest.mark.slow
@pytest.mark.parametrize("unknown", UNKNOWN, ids=WHICH)
def test_an_unknown_conflict_is_waited_out_for_half_a_day_and_ends_the_refund_for_a_person(
    stage: Stage, player: Player, paid: str, unknown: Trouble
) -> None:
    player.refund_answer = unknown
    stage.wait(HOUR)
    assert refund(stage, paid).status is RefundStatus.PENDING
    stage.wait(24 * HOUR)
    assert refund(stage, paid).status is RefundStatus.FAILED
    assert len(requests_of(player, paid)) == polling.MOST_REFUSALS + 1
    assert len(told_of_failure(stage)) == 1
    assert due_items(stage, "refund") == []


def test_a_refund_made_behind_an_unknown_conflict_is_adopted(
    stage: Stage, player: Player, paid: str
) -> None:
    player.troubles.append(LOSE_ANSWER)
    stage.settle()
    player.refund_answer = UNKNOWN[0]
    stage.wait(5)
    assert refund(stage, paid).status is RefundStatus.PROCESSED
    assert len(requests_of(player, paid)) == 1


@pytest.mark.parametrize("end", ["processed", "failed"])
def test_the_refund_that_took_the_key_is_adopted_if_it_is_of_the_amount(
    stage: Stage, player: Player, paid: str, end: str
) -> None:
    player.refunds_end = end
    made = take_key(player, paid, 5000)
    stage.wait(24 * HOUR)
    now = refund(stage, paid)
    adopted = made if end == "processed" else None  # one that failed returns nothing of ours
    assert (now.status.value, now.gateway_refund_id) == (end.upper(), adopted)
    assert len(requests_of(player, paid)) == 1
    assert len(told_of_failure(stage)) == (1 if end == "failed" else 0)
    assert due_items(stage, "refund") == []


def test_a_key_taken_for_another_amount_ends_the_refund_for_a_person(
    stage: Stage, player: Player, paid: str
) -> None:
    take_key(player, paid, 2000)
    stage.wait(24 * HOUR)
    assert refund(stage, paid).status is RefundStatus.FAILED
    assert len(requests_of(player, paid)) == 1
    assert [r["amount"] for r in player.refunds.values()] == [2000]
    (told,) = told_of_failure(stage)
    assert (told.values["amount"], told.values["payment"]) == (3000, paid)  # what is left
    assert due_items(stage, "refund") == []


def test_a_taken_key_ends_nothing_while_the_refunds_cannot_be_looked_at(
    stage: Stage, player: Player, paid: str
) -> None:
    take_key(player, paid, 5000)
    player.troubles.extend([None, Trouble(status=502)])
    stage.settle()
    assert refund(stage, paid).status is RefundStatus.PENDING
    stage.wait(5)
    assert refund(stage, paid).status is RefundStatus.PROCESSED
    assert [r["amount"] for r in player.refunds.values()] == [5000]
