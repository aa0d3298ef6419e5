"""What heyoo does of a message's way to Meta, and what it is kept from."""

from __future__ import annotations

import json
import logging
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import heyoo
import pytest

from bot.channels.cloud.channel import CloudChannel
from bot.channels.cloud.client import CloudClient
from bot.channels.cloud.compose import compose_envelope, send_content
from bot.channels.http import new_session
from domain.channel import (
    Choice,
    OrderNews,
    OrderRequest,
    Outbound,
    SendFailed,
    TemplateCall,
)
from tests.contract.channels.providers import PAGE, PLACE, SENDER, TEXT, TOKEN, Answer, Meta, Server

URL = "https://p.example.in/1"
TWO = (Choice("yes", "Yes"), Choice("no", "No"))
REQUEST = OrderRequest(
    reference="ORD_1",
    configuration="clinic-main",
    payment_id="payr_1",
    token_id="TKN_1",
    amount_paise=20000,
    expires_at=datetime(2030, 11, 25, tzinfo=UTC),
    about="Consultation advance",
    until="Slot held until 10:25",
    seller="City Clinic",
    address="1 MG Road, Bengaluru 560001",
)
NEWS = OrderNews("ORD_1", "completed", "Token 12")
CALL = TemplateCall("token_next_v1", "hi", {"token": "012"})

METHODS: dict[str, tuple[dict[str, Any], str]] = {
    "text": ({}, "send_message"),
    "text with a link under it": ({"url": URL}, "send_message"),
    "answer that quotes": ({"quotes": "wamid.A1"}, "reply_to_message"),
    "buttons": ({"choices": TWO}, "send_reply_button"),
    "list": ({"choices": TWO * 2, "choices_label": "Choose"}, "send_button"),
    "reaction": ({"text": "👍", "reacts_to": "wamid.A1"}, "send_reaction"),
    "place": ({"url": URL, "place": PLACE}, "send_location"),
    "document": ({"url": URL, "document": "Prescription.pdf"}, "send_document"),
    "template": ({"template": CALL}, "send_template"),
    "login code": ({"template": TemplateCall("login", "en", code="482913")}, "send_template"),
    "template with an order's end": ({"template": CALL, "order": NEWS}, "send_template"),
    "link": ({"url": URL, "url_label": "Pay"}, "send_custom_json"),
    "order": ({"order": REQUEST}, "send_custom_json"),
    "order's end": ({"order": NEWS}, "send_custom_json"),
}
SENDING = [
    name
    for name in vars(heyoo.WhatsApp)
    if name.startswith(("send_", "reply_")) or name == "mark_as_read"
]
KINDS = [replace(TEXT, **parts) for parts, _ in METHODS.values()]


@pytest.fixture
def used(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the names of heyoo's methods that were called, as they are called."""
    names: list[str] = []

    def watch(name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def called(*args: Any, **kwargs: Any) -> Any:
            names.append(name)
            return method(*args, **kwargs)

        return called

    for name in SENDING:
        monkeypatch.setattr(heyoo.WhatsApp, name, watch(name, getattr(heyoo.WhatsApp, name)))
    return names


class TestWhatHeyooBuilds:
    @pytest.mark.parametrize(("parts", "method"), METHODS.values(), ids=METHODS)
    def test_each_kind_of_message_goes_by_its_method(
        self, meta: Meta, server: Server, used: list[str], parts: dict[str, Any], method: str
    ) -> None:
        assert meta.channel().send(replace(TEXT, **parts)) == "wamid.OUT1"

        assert used == [method]
        assert len(server.calls) == 1

    @pytest.mark.parametrize("typing", [False, True])
    def test_a_read_mark_goes_by_its_method(
        self, meta: Meta, server: Server, used: list[str], *, typing: bool
    ) -> None:
        meta.channel().mark_read(SENDER, "wamid.A1", typing=typing)

        assert used == ["mark_as_read"]
        assert len(server.calls) == 1

    @pytest.mark.parametrize("message", KINDS, ids=METHODS)
    def test_what_its_methods_do_not_know_goes_with_every_kind(
        self, meta: Meta, server: Server, message: Outbound
    ) -> None:
        meta.channel().send(replace(message, quotes="wamid.A1"))

        [call] = server.calls
        assert call.json["recipient_type"] == "individual"
        assert call.json["biz_opaque_callback_data"] == TEXT.message_id
        assert call.json["context"] == {"message_id": "wamid.A1"}
        assert call.json["to"] == TEXT.phone

    @pytest.mark.parametrize(
        "message",
        [m for m in KINDS if m.template is None or m.template.code is None],
        ids=[name for name in METHODS if name != "login code"],
    )
    def test_every_kind_reaches_a_user_id(
        self, meta: Meta, server: Server, message: Outbound
    ) -> None:
        meta.channel().send(replace(message, phone=None))

        [call] = server.calls
        assert call.json["recipient"] == TEXT.wa_user_id
        assert "to" not in call.json

    def test_nothing_goes_out_as_null(self, meta: Meta, server: Server) -> None:
        for message in KINDS:
            meta.channel().send(replace(message, phone=None if message.template is None else "91"))
        meta.channel().send(replace(TEXT, template=TemplateCall("closed_v1", "en")))

        assert len(server.calls) == len(KINDS) + 1
        assert not [call.body for call in server.calls if b"null" in call.body]


class TestWhatHeyooIsKeptFrom:
    def test_calls_side_by_side_keep_their_own_number_token_and_message(
        self, meta: Meta, server: Server
    ) -> None:
        all_are_open = threading.Barrier(8)

        def send(caller: int) -> None:
            message = replace(TEXT, message_id=f"out_{caller}", phone=f"+91980000000{caller}")
            with CloudClient(
                f"token-{caller}",
                str(caller),
                f"{server.url}/v26.0",
                meta.session,
                envelope=compose_envelope(message),
            ) as client:
                for parts, _ in METHODS.values():
                    all_are_open.wait(10)
                    send_content(client, replace(message, **parts))

        with ThreadPoolExecutor(8) as callers:
            list(callers.map(send, range(8)))

        assert Counter(
            (
                call.path,
                call.headers["Authorization"],
                call.json["to"],
                call.json["biz_opaque_callback_data"],
            )
            for call in server.calls
        ) == {
            (f"/v26.0/{n}/messages", f"Bearer token-{n}", f"+91980000000{n}", f"out_{n}"): len(
                KINDS
            )
            for n in range(8)
        }

    def test_it_opens_no_connection_of_its_own(self, meta: Meta, server: Server) -> None:
        channel = meta.channel()
        for message in KINDS:
            channel.send(message)
        channel.mark_read(SENDER, "wamid.A1")

        assert len({call.connection for call in server.calls}) == 1

    def test_it_writes_nothing_to_the_root_logger_and_sets_up_no_handler(
        self, meta: Meta, server: Server, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        root = logging.getLogger()
        written: list[logging.LogRecord] = []
        monkeypatch.setattr(root, "handle", written.append)
        monkeypatch.setattr(root, "handlers", [])
        monkeypatch.setattr(root, "level", logging.DEBUG)
        refusal = json.dumps({"error": {"message": "(#131026) +919800000001", "code": 131026}})
        # With the product's time-outs: four at once may be slow on a busy machine.
        channel = CloudChannel(f"{server.url}/v26.0", lambda _: TOKEN, meta.session)

        def send(_: int) -> None:
            for message in KINDS:
                try:
                    channel.send(message)
                except SendFailed:
                    continue
            channel.mark_read(SENDER, "wamid.A1", typing=True)

        for answer in (server.answers[0], Answer(400, refusal.encode()), PAGE):
            meta.answers(answer)
            with ThreadPoolExecutor(4) as callers:
                list(callers.map(send, range(4)))

        assert len(server.calls) == 3 * 4 * (len(KINDS) + 1)
        assert written == []
        assert root.handlers == []

    def test_outside_a_call_it_reaches_nobody(self, server: Server) -> None:
        with new_session() as session:
            client = CloudClient(TOKEN, SENDER, f"{server.url}/v26.0", session)
            with client:
                pass
            with pytest.raises(LookupError):
                client.send_message("Token 012 is next.", "+919800000001")
        with pytest.raises(LookupError):
            heyoo.WhatsApp(TOKEN, SENDER).mark_as_read("wamid.A1")

        assert server.calls == []

    def test_its_media_calls_reach_nobody(self, server: Server) -> None:
        with (
            new_session() as session,
            CloudClient(TOKEN, SENDER, f"{server.url}/v26.0", session) as client,
        ):
            with pytest.raises(AttributeError):
                client.query_media_url("1")
            with pytest.raises(AttributeError):
                client.download_media(server.url, "image/png")
            with pytest.raises(AttributeError):
                client.delete_media("1")

        assert server.calls == []
