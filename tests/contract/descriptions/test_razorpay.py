"""Whether what goes to Razorpay is what Razorpay's own types describe.

The types are those of its Node library. TypeScript (in `deno`) reads each body as a value of its
type, and refuses a field that the type does not have. Of addresses they say nothing; Razorpay's
Python library, which we use, knows those.
docs/decisions/0035-descriptions-that-others-keep.md says what is left out, and how to upgrade.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from bot.channels.http import new_session
from bot.payments.razorpay.client import RazorpayClient
from bot.payments.razorpay.gateway import RazorpayGateway
from tests.contract.payments.player import KEY_ID, KEY_SECRET, Player, playing
from tests.contract.payments.requests import CLOCK, REQUEST, SHOWN, asked

ROOT = Path(__file__).resolve().parents[3]
PACKAGE = json.loads((ROOT / "deno.json").read_text())["imports"]["razorpay"]
CLOSED = "http://127.0.0.1:9"
"""A proxy that does not exist: everything is in deno's folder, or the check fails."""
Call = tuple[str, str, dict[str, Any]]
"""A method, the path with a star for each id, and the body or the query."""

TYPES = {
    # The type wants a `customer`. Razorpay's page of the call says that it is optional, and we give
    # none: who pays is asked on Razorpay's own page.
    ("POST", "/v1/payment_links"): "Optional<PaymentLinks.RazorpayPaymentLinkCreateRequestBody>",
    ("POST", "/v1/payments/*/refund"): "Refunds.RazorpayRefundCreateRequestBody",
    ("GET", "/v1/payments/*/refunds"): "RazorpayPaginationOptions",
    ("GET", "/v1/orders"): "Orders.RazorpayOrderQuery",
}
HEAD = f"""
import type {{ RazorpayPaginationOptions }} from "{PACKAGE}/dist/types/api.d.ts";
import type {{ Orders }} from "{PACKAGE}/dist/types/orders.d.ts";
import type {{ PaymentLinks }} from "{PACKAGE}/dist/types/paymentLink.d.ts";
import type {{ Refunds }} from "{PACKAGE}/dist/types/refunds.d.ts";
type Optional<T extends {{ customer: unknown }}> = Omit<T, "customer"> & Partial<T>;
"""
UNTYPED = {("GET", "/v1/payment_links")}
"""Calls with a query that the types leave out: Razorpay's page names its fields."""


@pytest.fixture
def player() -> Iterator[Player]:
    with playing(lambda: CLOCK.now().timestamp()) as player:
        yield player


@pytest.fixture
def calls(player: Player) -> list[Call]:
    """Return every kind of call that the gateway makes, with what it sends."""
    made: list[Call] = []

    def keep(answer: requests.Response, **_: object) -> None:
        made.append(_read(answer.request))

    with new_session() as session:
        session.hooks["response"].append(keep)
        client = RazorpayClient(player.url, KEY_ID, KEY_SECRET, session)
        gateway = RazorpayGateway(client, KEY_SECRET, CLOCK.now)
        link = gateway.make_link(asked())
        gateway.make_link(replace(asked("payr_2"), token_id=None, held_until=None))
        gateway.cancel_link("payr_2", None)
        paid = player.pay(REQUEST)
        gateway.fetch_link(REQUEST, link.link_id)
        gateway.find_link(paid)
        gateway.refund(paid, 5000, gateway.draft_refund(paid, 5000))
        gateway.fetch_refunds(paid)
        inside = player.pay_order(REQUEST, {"paymentId": REQUEST, "order": SHOWN.reference})
        gateway.fetch_order_payments(SHOWN)
        gateway.find_link(inside)
    return made


def _read(request: requests.PreparedRequest) -> Call:
    url = urlsplit(request.url or "")
    path = re.sub(r"(plink|pay|order)_\d+", "*", url.path.rstrip("/"))
    query = {k: int(v) if v.isdecimal() else v for k, v in parse_qsl(url.query)}
    return str(request.method), path, json.loads(request.body or b"{}") | query


def refusals(calls: list[Call], folder: Path) -> list[str]:
    """Return what TypeScript says against *calls*, error by error."""
    values = [
        f"export const call{n}: {TYPES[method, path]} = {json.dumps(sent)};"
        for n, (method, path, sent) in enumerate(calls)
    ]
    written = folder / "calls.ts"
    written.write_text("\n".join([HEAD, *values]), encoding="utf-8")
    deno = Path(sys.executable).with_name("deno")
    ended = subprocess.run(
        [deno, "check", "--cached-only", "--frozen", "--config", ROOT / "deno.json", written],
        env={
            **os.environ,
            "DENO_DIR": str(Path(sys.prefix) / "deno"),
            "DENO_NO_UPDATE_CHECK": "1",
            "HTTPS_PROXY": CLOSED,
            "NO_COLOR": "1",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    found = re.findall(r"^TS\d+ .*?(?=^ +at )", ended.stderr, re.MULTILINE | re.DOTALL)
    assert (ended.returncode != 0) == bool(found), ended.stderr
    return found


@pytest.mark.slow
def test_every_call_is_one_that_razorpay_describes(calls: list[Call], tmp_path: Path) -> None:
    described = [call for call in calls if call[:2] in TYPES]
    assert {call[:2] for call in described} == TYPES.keys()
    assert refusals(described, tmp_path) == []


def test_no_other_call_sends_anything(calls: list[Call]) -> None:
    others = [call for call in calls if call[:2] not in TYPES.keys() | UNTYPED]
    assert others
    assert not [call for call in others if call[2]]


@pytest.mark.slow
def test_what_razorpay_does_not_describe_is_noticed(calls: list[Call], tmp_path: Path) -> None:
    link = next(call for call in calls if call[:2] == ("POST", "/v1/payment_links"))
    refund = next(call for call in calls if call[1].endswith("/refund"))
    wrong = [
        (*link[:2], {**link[2], "expires": 1}),
        (*link[:2], {name: value for name, value in link[2].items() if name != "amount"}),
        (*refund[:2], {**refund[2], "speed": "fast"}),
    ]
    said = refusals(wrong, tmp_path)
    assert len(said) == len(wrong)
    assert "does not exist in type" in said[0]
    assert "Property 'amount' is missing" in said[1]
    assert "'\"fast\"' is not assignable" in said[2]
