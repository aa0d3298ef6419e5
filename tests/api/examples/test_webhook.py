"""The specification's example of a message that comes in from WhatsApp (6.10)."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from bot.channels.cloud.signature import sign
from tests.api.examples.shape import differs, request_of
from tests.api.office import Office
from tests.people import Cast, FixedClock
from tests.stage import Stage

HOOK = "POST /api/v1/webhooks/whatsapp"
RUNS = (HOOK,)
WRITER = "+919876543210"


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime(2024, 1, 15, 10, 0, 5, tzinfo=UTC))


def test_a_message_comes_in_and_is_answered(stage: Stage, cast: Cast) -> None:
    del cast
    office = Office(stage)
    raw = json.dumps(request_of(HOOK)).encode()
    secret = office.stage.parts.settings.whatsapp_webhook_secrets[0]
    answer = office.http.post(
        "/api/v1/webhooks/whatsapp",
        data=raw,
        headers={"X-Hub-Signature-256": sign(raw, secret)},
        content_type="application/json",
    )
    assert answer.status_code == 200
    assert differs(HOOK, answer.json) == []
    assert [m.phone for m in office.settle()] == [WRITER]
