"""Whatever JSON comes with a good signature: it is answered, and a good message in it acts."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.app import create_app
from bot.channels.cloud.signature import sign
from domain.actions.delivery import dead_letters
from domain.model.conversations import Seen
from tests.people import CITY_SENDER
from tests.stage import Stage

PAYLOADS = Path(__file__).resolve().parents[1] / "payloads" / "cloud"
SHAPES = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(PAYLOADS.glob("*.json"))]
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(max_size=8),
    st.sampled_from(["messages", "text", "tap", "system", "919876543021", "IN.1", "\ud800", "🙏"]),
)
ANYTHING = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)  # fmt: skip


def places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path of every value in *node*."""
    if not isinstance(node, dict | list):
        return [path]
    inner = node.items() if isinstance(node, dict) else enumerate(node)
    return [path, *(place for key, value in inner for place in places(value, (*path, key)))]


def changed(node: Any, path: tuple[Any, ...], value: Any) -> Any:
    """Return a copy of *node* with *value* at *path*."""
    if not path:
        return value
    copied = copy.deepcopy(node)
    at = copied
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    return copied


@st.composite
def bent(draw: st.DrawFn) -> Any:
    """Return a webhook as Meta sends it, with some of its values being anything."""
    shape = draw(st.sampled_from(SHAPES))
    for _ in range(draw(st.integers(0, 3))):
        shape = changed(shape, draw(st.sampled_from(places(shape))), draw(ANYTHING))
    return shape


def good(message_id: str) -> dict[str, Any]:
    message = {
        "from": "919876543021",
        "id": message_id,
        "timestamp": "1922000000",
        "type": "text",
        "text": {"body": "hi"},
    }
    metadata = {"display_phone_number": "919876543001", "phone_number_id": CITY_SENDER}
    value = {"messaging_product": "whatsapp", "metadata": metadata, "messages": [message]}
    return {"id": "1", "changes": [{"field": "messages", "value": value}]}


@pytest.fixture
def client(stage: Stage) -> FlaskClient:
    return create_app(stage.parts).test_client()


def post(stage: Stage, client: FlaskClient, body: object) -> int:
    raw = json.dumps(body).encode()
    secret = stage.parts.settings.whatsapp_webhook_secrets[0]
    headers = {"X-Hub-Signature-256": sign(raw, secret)}
    answer = client.post(
        "/api/v1/webhooks/whatsapp", data=raw, headers=headers, content_type="application/json"
    )
    return answer.status_code


EXAMPLES = settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@EXAMPLES
@given(body=bent() | ANYTHING)
def test_no_payload_is_our_fault(stage: Stage, client: FlaskClient, body: object) -> None:
    assert post(stage, client, body) == 200
    today = stage.clock.now().date()
    assert list(dead_letters.parked_messages(stage.work(), today, today)) == []


@EXAMPLES
@given(bodies=st.lists(bent(), max_size=3), place=st.integers(0, 3))
def test_a_good_message_among_others_always_acts(
    stage: Stage, client: FlaskClient, bodies: list[Any], place: int
) -> None:
    entries: list[Any] = []
    for body in bodies:
        inner = body.get("entry") if isinstance(body, dict) else body
        entries += inner if isinstance(inner, list) else [inner]
    stage.made += 1
    message_id = f"wamid.GOOD{stage.made}"
    entries.insert(min(place, len(entries)), good(message_id))
    whole = {"object": "whatsapp_business_account", "entry": entries}
    assert post(stage, client, whole) == 200
    assert stage.work().get(Seen, message_id) is not None
