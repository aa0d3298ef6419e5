"""What goes to Meta, and what its answers and the network mean."""

from __future__ import annotations

import logging
import socket
import ssl
import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest
import requests
from requests.adapters import BaseAdapter
from urllib3.exceptions import MaxRetryError, NameResolutionError, ReadTimeoutError, SSLError

from bot.channels.cloud.channel import CloudChannel
from bot.channels.cloud.client import CloudClient
from bot.channels.http import new_session
from domain.channel import ErrorClass, SendFailed, SendUnknown, TemplateCall
from domain.errors import StoreUnavailable
from tests.contract.channels.providers import (
    DOCTORS,
    PLACE,
    SENDER,
    TEXT,
    THREE,
    TOKEN,
    Answer,
    Meta,
    Server,
)

TO_ASHA = {
    "messaging_product": "whatsapp",
    "recipient_type": "individual",
    "to": "+919800000001",
    "biz_opaque_callback_data": "out_01JABC",
}


def interactive(kind: str, text: str, action: dict[str, Any]) -> dict[str, Any]:
    body = {"type": kind, "body": {"text": text}, "action": action}
    return {"type": "interactive", "interactive": body}


def template(name: str, language: str, *components: dict[str, Any]) -> dict[str, Any]:
    body: dict[str, Any] = {"name": name, "language": {"code": language}}
    return {
        "type": "template",
        "template": body | ({"components": [*components]} if components else {}),
    }


SHAPES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "text": (
        {"text": "Token 012 is next."},
        {"type": "text", "text": {"preview_url": False, "body": "Token 012 is next."}},
    ),
    "buttons": (
        {"text": "Token 12", "choices": THREE, "choices_label": "Choose"},
        interactive("button", "Token 12", {"buttons": [
            {"type": "reply", "reply": {"id": "pay:1", "title": "Pay now"}},
            {"type": "reply", "reply": {"id": "move:1", "title": "Another time"}},
            {"type": "reply", "reply": {"id": "drop:1", "title": "Cancel"}},
        ]}),
    ),
    "list": (
        {"text": "Choose a doctor", "choices": DOCTORS, "choices_label": "Doctors"},
        interactive("list", "Choose a doctor", {"button": "Doctors", "sections": [{"rows": [
            {"id": "doc:rao", "title": "Dr Rao", "description": "General · 14 waiting"},
            {"id": "doc:iyer", "title": "Dr Iyer"},
        ]}]}),
    ),
    "link": (
        {"text": "Pay ₹200 by 10:25.", "url": "https://p.example.in/p/1", "url_label": "Pay ₹200"},
        interactive("cta_url", "Pay ₹200 by 10:25.", {
            "name": "cta_url",
            "parameters": {"display_text": "Pay ₹200", "url": "https://p.example.in/p/1"},
        }),
    ),
    "place": (
        {"text": "Our address", "url": "https://maps.example.in/1", "place": PLACE},
        {"type": "location", "location": {
            "latitude": 12.9758,
            "longitude": -77.6063,
            "name": "City Clinic",
            "address": "1 MG Road, Kolkata",
        }},
    ),
    "place beside choices": (
        {"text": "Token 12", "choices": THREE[:1], "place": PLACE},
        interactive("button", "Token 12", {"buttons": [
            {"type": "reply", "reply": {"id": "pay:1", "title": "Pay now"}},
        ]}),
    ),
    "document": (
        {"text": "The prescription of Asha.", "url": "https://p.example.in/rx_1",
         "document": "Prescription 2030-11-25.pdf"},
        {"type": "document", "document": {
            "link": "https://p.example.in/rx_1",
            "filename": "Prescription 2030-11-25.pdf",
            "caption": "The prescription of Asha.",
        }},
    ),
    "document with a long caption": (
        {"text": "x" * 1025, "url": "https://p.example.in/rx_1", "document": "Prescription.pdf"},
        {"type": "document", "document": {
            "link": "https://p.example.in/rx_1",
            "filename": "Prescription.pdf",
            "caption": "x" * 1023 + "…",
        }},
    ),
    "template": (
        {"text": "ignored", "template": TemplateCall(
            "token_next_v1", "hi", {"token": "012", "doctor": "Dr Rao"}, ("HERE_1", "LATE_1"))},
        template(
            "token_next_v1", "hi",
            {"type": "body", "parameters": [
                {"type": "text", "parameter_name": "token", "text": "012"},
                {"type": "text", "parameter_name": "doctor", "text": "Dr Rao"},
            ]},
            {"type": "button", "sub_type": "quick_reply", "index": "0",
             "parameters": [{"type": "payload", "payload": "HERE_1"}]},
            {"type": "button", "sub_type": "quick_reply", "index": "1",
             "parameters": [{"type": "payload", "payload": "LATE_1"}]},
        ),
    ),
    "bare template": (
        {"template": TemplateCall("closed_v1", "en-GB")},
        template("closed_v1", "en_GB"),
    ),
    "login code": (
        {"template": TemplateCall("login_code", "en", code="482913")},
        template(
            "login_code", "en",
            {"type": "body", "parameters": [{"type": "text", "text": "482913"}]},
            {"type": "button", "sub_type": "url", "index": "0",
             "parameters": [{"type": "text", "text": "482913"}]},
        ),
    ),
}  # fmt: skip


class TestCloudOnTheWire:
    @pytest.mark.parametrize(("parts", "wire"), SHAPES.values(), ids=SHAPES)
    def test_each_shape_is_sent_as_meta_documents_it(
        self, meta: Meta, server: Server, parts: dict[str, Any], wire: dict[str, Any]
    ) -> None:
        meta.channel().send(replace(TEXT, **parts))

        [call] = server.calls
        assert call.json == TO_ASHA | wire

    def test_the_call_names_the_number_and_carries_its_token(
        self, meta: Meta, server: Server
    ) -> None:
        meta.channel().send(TEXT)

        [call] = server.calls
        assert (call.method, call.path) == ("POST", f"/v26.0/{SENDER}/messages")
        assert call.headers["Authorization"] == f"Bearer {TOKEN}"
        assert call.headers["Content-Type"] == "application/json"

    def test_each_sender_has_its_own_token_and_a_renewed_one_works_at_once(
        self, meta: Meta, server: Server
    ) -> None:
        tokens = {"1": "one", "2": "two"}
        channel = meta.channel(tokens=tokens.__getitem__)
        channel.send(replace(TEXT, sender="1"))
        tokens["1"] = "renewed"
        channel.send(replace(TEXT, sender="1"))
        channel.send(replace(TEXT, sender="2"))

        assert [(c.path.split("/")[2], c.headers["Authorization"]) for c in server.calls] == [
            ("1", "Bearer one"), ("1", "Bearer renewed"), ("2", "Bearer two"),
        ]  # fmt: skip

    def test_a_person_without_a_number_is_reached_by_their_user_id(
        self, meta: Meta, server: Server
    ) -> None:
        meta.channel().send(replace(TEXT, phone=None))

        [call] = server.calls
        assert call.json["recipient"] == "IN.7788990011"
        assert "to" not in call.json

    def test_a_login_code_never_goes_to_a_user_id(self, meta: Meta, server: Server) -> None:
        code = TemplateCall("login_code", "en", code="482913")

        with pytest.raises(SendFailed) as refusal:
            meta.channel().send(replace(TEXT, phone=None, template=code))

        assert (refusal.value.kind, refusal.value.code) == (ErrorClass.NEVER, 131062)
        assert server.calls == []

    def test_marking_as_read_never_raises_though_the_store_is_away(self, meta: Meta) -> None:
        def no_store(_: str) -> str:
            raise StoreUnavailable

        meta.channel(tokens=no_store).mark_read(SENDER, "wamid.A1")

    @pytest.mark.parametrize("typing", [False, True])
    def test_a_read_mark_may_show_that_we_are_typing(
        self, meta: Meta, server: Server, *, typing: bool
    ) -> None:
        meta.answers(Answer(body=b'{"success": true}'))
        meta.channel().mark_read(SENDER, "wamid.A1", typing=typing)

        indicator = {"typing_indicator": {"type": "text"}} if typing else {}
        [call] = server.calls
        assert call.path == f"/v26.0/{SENDER}/messages"
        assert call.json == {
            "messaging_product": "whatsapp", "status": "read", "message_id": "wamid.A1",
        } | indicator  # fmt: skip

    def test_metas_details_reach_the_reason_without_numbers(self, meta: Meta) -> None:
        meta.errs(400, 131009, error_data={"details": "to: +91 98000 00001 is\nnot valid"})

        with pytest.raises(SendFailed) as refusal:
            meta.channel().send(TEXT)

        assert refusal.value.reason == (
            "Something in the message is not as WhatsApp asks for (error 131009). "
            "WhatsApp says: to: ••• is not valid"
        )

    def test_a_number_the_token_cannot_see_stops_rather_than_using_up_messages(
        self, meta: Meta
    ) -> None:
        meta.errs(400, 100, error_subcode=33, type="GraphMethodException")

        with pytest.raises(SendFailed) as refusal:
            meta.channel().send(TEXT)

        assert refusal.value.kind is ErrorClass.STOP

    @pytest.mark.parametrize(
        ("status", "code", "kind"),
        [
            (400, 999_999, ErrorClass.MALFORMED),
            (500, 999_999, ErrorClass.LATER),
            (400, "131047", ErrorClass.MALFORMED),
            (429, None, ErrorClass.LATER),
            (404, 132001, ErrorClass.LANGUAGE),
            (200, 131047, ErrorClass.TEMPLATE),
        ],
        ids=["4xx", "5xx", "not a number", "429", "code over status", "error under 200"],
    )
    def test_an_unknown_code_goes_by_the_status(
        self, meta: Meta, status: int, code: object, kind: ErrorClass
    ) -> None:
        meta.errs(status, code)

        with pytest.raises(SendFailed) as refusal:
            meta.channel().send(TEXT)

        assert refusal.value.kind is kind

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"<html>",
            b"[]",
            b'{"messages": [{}]}',
            b'{"messages": [{"id": 7}]}',
            b'{"messages": {}}',
        ],
    )
    def test_an_answer_that_cannot_be_read_may_have_been_a_yes(
        self, meta: Meta, body: bytes
    ) -> None:
        meta.answers(Answer(body=body))

        with pytest.raises(SendUnknown):
            meta.channel().send(TEXT)

    def test_a_redirect_is_not_followed_with_the_token(self, meta: Meta, server: Server) -> None:
        meta.answers(Answer(302, headers=(("Location", f"{server.url}/elsewhere"),)))

        with pytest.raises(SendFailed) as refusal:
            meta.channel().send(TEXT)

        assert refusal.value.kind is ErrorClass.STOP
        assert len(server.calls) == 1

    def test_cookies_are_not_carried_from_one_clinic_to_another(
        self, meta: Meta, server: Server
    ) -> None:
        accepted = replace(meta.server.answers[0], headers=(("Set-Cookie", "a=b; Path=/"),))
        meta.answers(accepted)
        channel = meta.channel()
        channel.send(TEXT)
        channel.send(TEXT)

        assert "Cookie" not in server.calls[1].headers

    def test_a_proxy_of_the_environment_is_not_used(
        self, meta: Meta, nobody_there: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, nobody_there)
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)

        assert meta.channel().send(TEXT) == "wamid.OUT1"


class _Broken(BaseAdapter):
    """Fails as a network fails that a test cannot have."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def send(self, *_: Any, **__: Any) -> requests.Response:
        raise self.error

    def close(self) -> None:
        pass


def _retried(cause: Exception) -> MaxRetryError:
    return MaxRetryError(None, "/", cause)  # type: ignore[arg-type]


NAMELESS = NameResolutionError("graph.facebook.com", None, socket.gaierror())  # type: ignore[arg-type]
UNTRUSTED = SSLError(ssl.SSLCertVerificationError("self-signed"))
BROKEN_OFF = SSLError(ssl.SSLEOFError("EOF occurred in violation of protocol"))
LATE = ReadTimeoutError(None, "/", "")  # type: ignore[arg-type]


class TestCloudWithoutANetwork:
    @pytest.mark.parametrize(
        "error",
        [
            requests.ConnectTimeout(),
            requests.ConnectionError(_retried(NAMELESS)),
            requests.exceptions.SSLError(_retried(UNTRUSTED)),
        ],
        ids=["no connection in time", "unknown host", "certificate not Meta's"],
    )
    def test_what_was_surely_not_written_is_sent_later(self, error: Exception) -> None:
        with pytest.raises(SendFailed) as refusal:
            self.send(error)

        assert refusal.value.kind is ErrorClass.LATER

    @pytest.mark.parametrize(
        "error",
        [
            requests.ReadTimeout(LATE),
            requests.exceptions.SSLError(_retried(BROKEN_OFF)),
            requests.exceptions.ChunkedEncodingError(),
            requests.exceptions.ContentDecodingError(),
            requests.ConnectionError(),
            requests.RequestException(),
        ],
        ids=["read timeout", "TLS broken off", "chunk lost", "unreadable", "lost", "anything else"],
    )
    def test_what_may_have_been_written_is_unknown(self, error: Exception) -> None:
        with pytest.raises(SendUnknown):
            self.send(error)

    @pytest.mark.parametrize(
        ("url", "token"),
        [
            ("graph.facebook.com/v26.0", TOKEN),
            ("ftp://graph.facebook.com", TOKEN),
            ("https://", TOKEN),
            ("http://127.0.0.1:9", "EAA\nsecret"),
            ("http://127.0.0.1:9", "EAA…secret"),
        ],
        ids=["no scheme", "another scheme", "no host", "line break", "not Latin-1"],
    )
    def test_malformed_settings_stop_the_number(self, url: str, token: str) -> None:
        with new_session() as session, pytest.raises(SendFailed) as refusal:
            CloudChannel(url, lambda _: token, session).send(TEXT)

        assert refusal.value.kind is ErrorClass.STOP
        assert "secret" not in refusal.value.reason

    def send(self, error: Exception) -> None:
        with requests.Session() as session:
            session.mount("https://", _Broken(error))
            CloudChannel("https://graph.facebook.com/v26.0", lambda _: TOKEN, session).send(TEXT)


class TestHeyoo:
    def test_its_own_calls_log_nothing_and_set_up_no_logging(
        self, server: Server, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        Meta(server).session.close()
        with (
            new_session() as session,
            CloudClient(TOKEN, SENDER, f"{server.url}/v26.0", session) as client,
        ):
            client.send_message("Token 012 is next, Asha.", "919800000001")

        assert "919800000001" not in caplog.text
        assert {record.name for record in caplog.records} <= {"urllib3.connectionpool"}

    def test_its_general_call_leaves_our_message_as_it_was(self, server: Server) -> None:
        Meta(server).session.close()
        data: dict[str, object] = {"type": "text", "text": {"body": "Hi"}}
        with (
            new_session() as session,
            CloudClient(TOKEN, SENDER, f"{server.url}/v26.0/", session) as client,
        ):
            client.send_custom_json(data, "+919800000001")
            client.send_custom_json({"to": "+919800000002", **data}, "+919800000001")

        assert data == {"type": "text", "text": {"body": "Hi"}}
        assert [call.json["to"] for call in server.calls] == ["+919800000001", "+919800000002"]

    def test_importing_it_leaves_logging_and_the_terminal_alone(self) -> None:
        check = (
            "import logging, sys; out = sys.stdout, sys.stderr\n"
            "import bot.channels.cloud.channel\n"
            "root = logging.getLogger()\n"
            "assert root.handlers == [] and root.level == logging.WARNING\n"
            "assert (sys.stdout, sys.stderr) == out, 'colorama wraps them when started'\n"
        )
        subprocess.run([sys.executable, "-c", check], check=True)
