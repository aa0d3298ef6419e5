"""What a message is on Meta's wire, without a wire."""

from __future__ import annotations

from typing import Any

from bot.channels.cloud.channel import CloudChannel
from domain.channel import Outbound
from tests.wire import Wire

ADDRESS = "https://graph.facebook.com/v26.0"


def body_of(message: Outbound) -> dict[str, Any]:
    """Return the body of the call that sends *message*, without `messaging_product`."""
    wire = Wire({"messages": [{"id": "wamid.OUT1"}]})
    CloudChannel(ADDRESS, lambda _: "EAA", wire.session).send(message)
    return _body(wire)


def read_mark_of(provider_id: str, *, typing: bool) -> dict[str, Any]:
    """Return the body of the call that marks *provider_id* as read, as `body_of` does."""
    wire = Wire({"success": True})
    CloudChannel(ADDRESS, lambda _: "EAA", wire.session).mark_read("1", provider_id, typing=typing)
    return _body(wire)


def _body(wire: Wire) -> dict[str, Any]:
    [body] = wire.bodies
    assert body.pop("messaging_product") == "whatsapp"
    return body
