"""What a message is on Meta's wire, without a wire."""

from __future__ import annotations

import json
from typing import Any

import requests
from requests.adapters import BaseAdapter

from bot.channels.cloud.channel import CloudChannel
from domain.channel import Outbound


def body_of(message: Outbound) -> dict[str, Any]:
    """Return the body of the call that sends *message*, without `messaging_product`."""
    wire = _Wire()
    with requests.Session() as session:
        session.mount("https://", wire)
        CloudChannel("https://graph.facebook.com/v26.0", lambda _: "EAA", session).send(message)
    body: dict[str, Any] = json.loads(wire.written)
    assert body.pop("messaging_product") == "whatsapp"
    return body


class _Wire(BaseAdapter):
    """Takes every message, and keeps the last."""

    written: str | bytes = b""

    def send(self, request: requests.PreparedRequest, **_: Any) -> requests.Response:  # type: ignore[override]  # the rest is the network's
        self.written = request.body or b""
        answer = requests.Response()
        answer.status_code = 200
        answer._content = b'{"messages": [{"id": "wamid.OUT1"}]}'
        return answer

    def close(self) -> None:
        """Do nothing: there is no connection."""
