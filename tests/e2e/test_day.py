"""A day at the clinic, and what the web process tells whoever asks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from tests.e2e.conftest import running
from tests.e2e.day import a_call_after_a_silent_day, a_day
from tests.e2e.installation import VERIFY, Installation

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e 2")]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with running(tmp_path_factory.mktemp("day")) as installation:
        yield installation


def test_a_patient_books_pays_is_called_in_and_rates_the_visit(town):
    a_day(town)


def test_whoever_was_silent_for_a_day_is_called_in_by_a_template(town):
    assert "in all" in town.command("templates", "push")
    assert "0 templates are submitted" in town.command("templates", "push")
    a_call_after_a_silent_day(town)


@pytest.mark.parametrize("secret", [None, "another-secret"], ids=["none", "wrong"])
def test_a_webhook_without_the_right_signature_is_refused(town, secret):
    answer = town.post({"object": "whatsapp_business_account", "entry": []}, secret=secret)
    assert answer.status_code == 403
    assert answer.json()["success"] is False


@pytest.mark.parametrize(
    "raw",
    [b"{", b"", b"\xff", b"[" * 100_000],
    ids=["cut short", "empty", "not text", "without end"],
)
def test_a_signed_body_that_is_not_json_is_refused(town, raw):
    assert town.post(raw).status_code == 400


@pytest.mark.parametrize(
    "body", [[], {}, {"object": "page", "entry": [{}]}, {"entry": 3}], ids=repr
)
def test_signed_json_that_means_nothing_to_us_is_taken(town, body):
    assert town.post(body).status_code == 200


@pytest.mark.parametrize(
    ("token", "status", "text"), [(VERIFY, 200, "4711"), ("guess", 403, None), ("", 403, None)]
)
def test_meta_asks_for_a_handshake(town, token, status, text):
    query = {"hub.mode": "subscribe", "hub.challenge": "4711", "hub.verify_token": token}
    answer = requests.get(town.hook, params=query, timeout=10)
    assert answer.status_code == status
    assert text is None or answer.text == text


def test_operators_see_that_it_works(town):
    health = requests.get(f"{town.url}/health", timeout=10).json()
    assert health["status"] == "healthy"
    assert health["services"]["database"] == health["services"]["redis"] == "connected"
    assert requests.get(f"{town.url}/live", timeout=10).json()["status"] == "alive"
    numbers = requests.get(f"{town.url}/metrics", timeout=10).text
    assert 'pulseops_webhooks_rejected_total{provider="cloud",reason="signature"}' in numbers
