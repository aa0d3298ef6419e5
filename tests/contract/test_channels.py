"""What every WhatsApp channel keeps to, against a local server that plays its provider.

A second provider joins by a class like `Meta` and a line in PROVIDERS.
"""

from __future__ import annotations

import json
import logging
import socket
import ssl
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest
import requests
from requests.adapters import BaseAdapter
from urllib3.exceptions import MaxRetryError, NameResolutionError, ReadTimeoutError, SSLError

from bot.channels.cloud.channel import CloudChannel
from bot.channels.cloud.client import CloudClient
from bot.channels.http import new_session
from domain.channel import (
    Channel,
    Choice,
    ErrorClass,
    Outbound,
    SendFailed,
    SendUnknown,
    TemplateCall,
)
from domain.errors import StoreUnavailable

SENDER = "100200300400500"
TOKEN = "EAAsecret"
TEXT = Outbound(
    message_id="out_01JABC",
    sender=SENDER,
    phone="+919800000001",
    wa_user_id="IN.7788990011",
    text="Token 012 is next, Asha.",
)


# --- A provider on this machine -----------------------------------------------------------------


@dataclass(frozen=True)
class Call:
    """One request as it came over the wire."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    connection: int

    @property
    def json(self) -> dict[str, Any]:
        return json.loads(self.body)


@dataclass(frozen=True)
class Answer:
    status: int = 200
    body: bytes = b""
    content_type: str = "application/json; charset=UTF-8"
    headers: tuple[tuple[str, str], ...] = ()
    short: int = 0
    """How many bytes of the promised body never come."""


SILENCE = Answer(status=0)
HANG_UP = Answer(status=-1)


class Server(ThreadingHTTPServer):
    """Keeps what it was told and answers as it is told to, in turn, and the last way for ever."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.calls: list[Call] = []
        self.answers: deque[Answer] = deque()
        self.released = threading.Event()
        self.url = f"http://127.0.0.1:{self.server_port}"

    def next_answer(self) -> Answer:
        return self.answers.popleft() if len(self.answers) > 1 else self.answers[0]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 10
    server: Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.calls.append(
            Call(self.command, self.path, dict(self.headers), body, self.client_address[1])
        )
        answer = self.server.next_answer()
        if answer is SILENCE:
            self.server.released.wait(10)
        if answer is SILENCE or answer is HANG_UP:
            self.close_connection = True
            return
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body) + answer.short))
        for name, value in answer.headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)
        self.close_connection = bool(answer.short)

    def log_message(self, *_: object) -> None:
        """Say nothing: a test's output is its own."""


class Meta:
    """Plays the Cloud API, in the words of its documentation."""

    CODES: ClassVar = {
        ErrorClass.LATER: (400, 130429),
        ErrorClass.LATER_PAIR: (400, 131056),
        ErrorClass.TEMPLATE: (400, 131047),
        ErrorClass.NEVER: (400, 131026),
        ErrorClass.STOP: (401, 190),
    }

    def __init__(self, server: Server) -> None:
        self.server = server
        self.session = new_session()
        self.accepts()

    def channel(
        self,
        url: str | None = None,
        *,
        tokens: Callable[[str], str] = {SENDER: TOKEN}.__getitem__,
        typing: bool = False,
    ) -> Channel:
        base_url = f"{url or self.server.url}/v26.0"
        return CloudChannel(base_url, tokens, self.session, timeout=(0.5, 0.2), typing=typing)

    def accepts(self, *ids: str) -> None:
        self.answers(*(self._accepted(an_id) for an_id in ids or ("wamid.OUT1",)))

    def _accepted(self, an_id: str) -> Answer:
        return Answer(
            body=json.dumps({
                "messaging_product": "whatsapp",
                "contacts": [{"input": "+919800000001", "wa_id": "919800000001"}],
                "messages": [{"id": an_id, "message_status": "accepted"}],
            }).encode()
        )  # fmt: skip

    def refuses(self, kind: ErrorClass) -> int:
        status, code = self.CODES[kind]
        self.errs(status, code)
        return code

    def errs(self, status: int, code: object, **more: Any) -> None:
        error = {"message": f"(#{code}) Title", "type": "OAuthException", "code": code} | more
        self.answers(Answer(status, json.dumps({"error": error}).encode()))

    def accepts_without_an_id(self) -> None:
        self.answers(Answer(body=b'{"messaging_product":"whatsapp","messages":[]}'))

    def answers(self, *answers: Answer) -> None:
        self.server.answers = deque(answers)


PROVIDERS = {"cloud": Meta}


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.released.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(params=PROVIDERS.values(), ids=list(PROVIDERS))
def provider(request: pytest.FixtureRequest, server: Server) -> Iterator[Meta]:
    provider = request.param(server)
    yield provider
    provider.session.close()


@pytest.fixture
def channel(provider: Meta) -> Channel:
    return provider.channel()


@pytest.fixture
def nobody_there() -> str:
    """Return an address where nothing listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    return f"http://127.0.0.1:{port}"


PAGE = Answer(502, b"<html><h1>Bad Gateway</h1></html>", "text/html")


# --- What holds for every channel ---------------------------------------------------------------


class TestAnyChannel:
    def test_a_message_taken_returns_the_providers_id(
        self, channel: Channel, provider: Meta
    ) -> None:
        provider.accepts("wamid.OUT1", "wamid.OUT2")

        assert [channel.send(TEXT), channel.send(TEXT)] == ["wamid.OUT1", "wamid.OUT2"]

    @pytest.mark.parametrize("kind", ErrorClass)
    def test_a_refusal_says_what_to_do_and_why(
        self, channel: Channel, provider: Meta, kind: ErrorClass
    ) -> None:
        code = provider.refuses(kind)

        with pytest.raises(SendFailed) as refusal:
            channel.send(TEXT)

        assert (refusal.value.kind, refusal.value.code) == (kind, code)
        assert str(code) in refusal.value.reason

    def test_a_provider_that_cannot_be_reached_is_tried_later(
        self, provider: Meta, nobody_there: str
    ) -> None:
        with pytest.raises(SendFailed) as refusal:
            provider.channel(nobody_there).send(TEXT)

        assert refusal.value.kind is ErrorClass.LATER

    @pytest.mark.parametrize("answer", [SILENCE, HANG_UP, Answer(body=b"{", short=9)],
                             ids=["no answer", "hung up", "half an answer"])  # fmt: skip
    def test_a_message_written_but_not_answered_may_have_gone(
        self, channel: Channel, provider: Meta, server: Server, answer: Answer
    ) -> None:
        provider.answers(answer)

        with pytest.raises(SendUnknown):
            channel.send(TEXT)

        assert len(server.calls) == 1, "it was sent once, and not again behind our back"

    def test_a_message_taken_without_an_id_may_have_gone(
        self, channel: Channel, provider: Meta
    ) -> None:
        provider.accepts_without_an_id()

        with pytest.raises(SendUnknown):
            channel.send(TEXT)

    @pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
    def test_a_page_instead_of_an_answer_is_tried_later(
        self, channel: Channel, provider: Meta, status: int
    ) -> None:
        provider.answers(replace(PAGE, status=status))

        with pytest.raises(SendFailed) as refusal:
            channel.send(TEXT)

        assert (refusal.value.kind, refusal.value.code) == (ErrorClass.LATER, None)
        assert str(status) in refusal.value.reason

    @pytest.mark.parametrize(("status", "kind"), [(400, ErrorClass.NEVER), (401, ErrorClass.STOP)])
    def test_a_page_that_refuses_goes_by_its_status(
        self, channel: Channel, provider: Meta, status: int, kind: ErrorClass
    ) -> None:
        provider.answers(replace(PAGE, status=status))

        with pytest.raises(SendFailed) as refusal:
            channel.send(TEXT)

        assert refusal.value.kind is kind

    def test_a_message_to_nobody_is_refused_without_a_call(
        self, channel: Channel, server: Server
    ) -> None:
        with pytest.raises(SendFailed) as refusal:
            channel.send(replace(TEXT, phone=None, wa_user_id=None))

        assert refusal.value.kind is ErrorClass.NEVER
        assert server.calls == []

    def test_a_sender_without_a_token_is_stopped_without_a_call(
        self, channel: Channel, server: Server
    ) -> None:
        with pytest.raises(SendFailed) as refusal:
            channel.send(replace(TEXT, sender="999"))

        assert refusal.value.kind is ErrorClass.STOP
        assert server.calls == []

    def test_one_connection_carries_many_messages_refused_ones_too(
        self, channel: Channel, provider: Meta, server: Server
    ) -> None:
        for _ in range(3):
            channel.send(TEXT)
        provider.refuses(ErrorClass.NEVER)
        with pytest.raises(SendFailed):
            channel.send(TEXT)
        provider.accepts()
        channel.send(TEXT)

        assert len(server.calls) == 5
        assert len({call.connection for call in server.calls}) == 1

    def test_threads_send_side_by_side(self, channel: Channel, server: Server) -> None:
        messages = [replace(TEXT, message_id=f"out_{number}") for number in range(40)]
        with ThreadPoolExecutor(8) as pool:
            assert list(pool.map(channel.send, messages)) == ["wamid.OUT1"] * 40

        assert len({call.body for call in server.calls}) == 40
        assert len({call.connection for call in server.calls}) <= 8

    @pytest.mark.parametrize("answer", [SILENCE, HANG_UP, PAGE, Answer(401), Answer(body=b"null")])
    def test_marking_as_read_never_raises(
        self, channel: Channel, provider: Meta, answer: Answer
    ) -> None:
        provider.answers(answer)

        channel.mark_read(SENDER, "wamid.A1")

    def test_marking_as_read_never_raises_though_nothing_can_be_sent(
        self, provider: Meta, nobody_there: str
    ) -> None:
        def no_store(_: str) -> str:
            raise StoreUnavailable

        provider.channel(nobody_there).mark_read(SENDER, "wamid.A1")
        provider.channel().mark_read("999", "wamid.A1")
        provider.channel(tokens=no_store).mark_read(SENDER, "wamid.A1")

    def test_nothing_that_is_logged_names_anybody_or_a_secret(
        self,
        channel: Channel,
        provider: Meta,
        caplog: pytest.LogCaptureFixture,
        capfd: pytest.CaptureFixture[str],
    ) -> None:
        caplog.set_level(logging.DEBUG)

        channel.send(TEXT)
        channel.mark_read(SENDER, "wamid.A1")
        for kind in ErrorClass:
            provider.refuses(kind)
            with pytest.raises(SendFailed):
                channel.send(TEXT)
            channel.mark_read(SENDER, "wamid.A1")
        provider.answers(HANG_UP)
        with pytest.raises(SendUnknown):
            channel.send(TEXT)

        said = caplog.text + "".join(capfd.readouterr())
        for secret in ("9800000001", "IN.7788990011", "Asha", "Token 012", TOKEN, "wamid"):
            assert secret not in said


# --- What goes to Meta --------------------------------------------------------------------------

TO_ASHA = {
    "messaging_product": "whatsapp",
    "recipient_type": "individual",
    "to": "+919800000001",
    "biz_opaque_callback_data": "out_01JABC",
}
THREE = (Choice("pay:1", "Pay now"), Choice("move:1", "Another time"), Choice("drop:1", "Cancel"))
DOCTORS = (
    Choice("doc:rao", "Dr Rao", "General · 14 waiting"),
    Choice("doc:iyer", "Dr Iyer"),
)


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
    @pytest.fixture
    def meta(self, server: Server) -> Iterator[Meta]:
        meta = Meta(server)
        yield meta
        meta.session.close()

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

    @pytest.mark.parametrize("typing", [False, True])
    def test_a_read_mark_may_show_that_we_are_typing(
        self, meta: Meta, server: Server, *, typing: bool
    ) -> None:
        meta.answers(Answer(body=b'{"success": true}'))
        meta.channel(typing=typing).mark_read(SENDER, "wamid.A1")

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
            (400, 999_999, ErrorClass.NEVER),
            (500, 999_999, ErrorClass.LATER),
            (400, "131047", ErrorClass.NEVER),
            (429, None, ErrorClass.LATER),
            (404, 132001, ErrorClass.NEVER),
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
        with new_session() as session:
            client = CloudClient(TOKEN, SENDER, f"{server.url}/v26.0", session)
            client.send_message("Token 012 is next, Asha.", "919800000001")

        assert "919800000001" not in caplog.text
        assert {record.name for record in caplog.records} <= {"urllib3.connectionpool"}

    def test_its_general_call_leaves_our_message_as_it_was(self, server: Server) -> None:
        Meta(server).session.close()
        data: dict[str, object] = {"type": "text", "text": {"body": "Hi"}}
        with new_session() as session:
            client = CloudClient(TOKEN, SENDER, f"{server.url}/v26.0/", session)
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
