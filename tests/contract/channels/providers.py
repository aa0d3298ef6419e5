"""Providers on this machine: a server that answers as told, and who plays on it.

Another provider joins by a class like `Meta` and a line in PROVIDERS.
"""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qsl

from bot.channels.cloud.channel import CloudChannel
from bot.channels.http import new_session
from bot.channels.twilio.channel import TwilioChannel
from bot.channels.twilio.client import new_client
from domain.channel import Channel, Choice, ErrorClass, Outbound
from domain.model.messages import Place

SENDER = "100200300400500"
TOKEN = "EAAsecret"
TEXT = Outbound(
    message_id="out_01JABC",
    sender=SENDER,
    phone="+919800000001",
    wa_user_id="IN.7788990011",
    text="Token 012 is next, Asha.",
)
ACCOUNT, AUTH_TOKEN = "AC0123456789", "TWsecret"
NUMBER = "+14155238886"
PUBLIC_URL = "https://bot.example.in"


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

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))


@dataclass(frozen=True)
class Answer:
    status: int = 200
    body: bytes = b""
    content_type: str = "application/json; charset=UTF-8"
    headers: tuple[tuple[str, str], ...] = ()
    short: int = 0
    """How many bytes of the promised body never come."""


SILENCE = Answer(status=0)
PATIENT = (10.0, 10.0)
"""Time limits that a busy machine does not meet: connecting, and between bytes of an answer."""
IMPATIENT = (10.0, 0.2)
"""Time limits for a server that will never answer."""
HANG_UP = Answer(status=-1)


class Server(ThreadingHTTPServer):
    """Keeps what it was told and answers as it is told to, in turn, and the last way for ever."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.calls: list[Call] = []
        self.called = threading.Condition()
        self.answers: deque[Answer] = deque()
        self.released = threading.Event()
        self.url = f"http://127.0.0.1:{self.server_port}"

    def wait_for_calls(self, count: int) -> None:
        """Wait until *count* calls have arrived: a caller may give up before one is read."""
        with self.called:
            assert self.called.wait_for(lambda: len(self.calls) >= count, 10)

    def next_answer(self) -> Answer:
        return self.answers.popleft() if len(self.answers) > 1 else self.answers[0]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 10
    # Its small writes would wait for the client's delayed acknowledgement, 40 ms a call.
    disable_nagle_algorithm = True
    server: Server

    def do_GET(self) -> None:
        self.do_POST()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        with self.server.called:
            self.server.calls.append(
                Call(self.command, self.path, dict(self.headers), body, self.client_address[1])
            )
            self.server.called.notify_all()
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


THREE = (Choice("pay:1", "Pay now"), Choice("move:1", "Another time"), Choice("drop:1", "Cancel"))
DOCTORS = (
    Choice("doc:rao", "Dr Rao", "General · 14 waiting"),
    Choice("doc:iyer", "Dr Iyer"),
)
PLACE = Place(
    latitude="12.975800", longitude="-77.606300", name="City Clinic", address="1 MG Road, Kolkata"
)
PAGE = Answer(502, b"<html><h1>Bad Gateway</h1></html>", "text/html")


class Meta:
    """Plays the Cloud API, in the words of its documentation."""

    TEXT: ClassVar = TEXT
    SECRET: ClassVar = TOKEN

    CODES: ClassVar = {
        ErrorClass.LATER: (400, 130429),
        ErrorClass.LATER_PAIR: (400, 131056),
        ErrorClass.TEMPLATE: (400, 131047),
        ErrorClass.LANGUAGE: (404, 132001),
        ErrorClass.DOCUMENT: (400, 131053),
        ErrorClass.ORDER: (400, 134011),
        ErrorClass.MALFORMED: (400, 131009),
        ErrorClass.UNWANTED: (400, 131050),
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
        timeout: tuple[float, float] = PATIENT,
    ) -> Channel:
        base_url = f"{url or self.server.url}/v26.0"
        return CloudChannel(base_url, tokens, self.session, timeout=timeout)

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


class Twilio:
    """Plays Twilio's API, in the words of its documentation."""

    TEXT: ClassVar = replace(TEXT, sender=NUMBER)
    SECRET: ClassVar = AUTH_TOKEN
    CODES: ClassVar = {
        ErrorClass.LATER: (429, 20429),
        ErrorClass.LATER_PAIR: (400, 63018),
        ErrorClass.TEMPLATE: (400, 63016),
        ErrorClass.LANGUAGE: (400, 63027),
        ErrorClass.DOCUMENT: (400, 63019),
        ErrorClass.MALFORMED: (400, 21656),
        ErrorClass.NEVER: (400, 21211),
        ErrorClass.STOP: (401, 20003),
    }

    def __init__(self, server: Server) -> None:
        self.server = server
        self.session = new_session()
        self.contents: dict[tuple[str, str], str] = {}
        self.accepts()

    def client(self, url: str | None = None, *, timeout: tuple[float, float] = PATIENT) -> Any:
        base_url = url or self.server.url
        return new_client(ACCOUNT, AUTH_TOKEN, base_url, self.session, timeout=timeout)

    def channel(self, url: str | None = None, *, timeout: tuple[float, float] = PATIENT) -> Channel:
        client = self.client(url, timeout=timeout)
        return TwilioChannel(client, lambda *key: self.contents.get(key), PUBLIC_URL)

    def accepts(self, *ids: str) -> None:
        self.answers(*(self._accepted(an_id) for an_id in ids or ("SM1",)))

    def _accepted(self, an_id: str) -> Answer:
        said = {"sid": an_id, "status": "queued", "error_code": None, "date_created": None}
        return Answer(201, json.dumps(said).encode())

    def refuses(self, kind: ErrorClass) -> int:
        status, code = self.CODES[kind]
        self.errs(status, code)
        return code

    def errs(self, status: int, code: object, message: str = "Refused") -> None:
        error = {"code": code, "message": message, "more_info": "https://…", "status": status}
        self.answers(Answer(status, json.dumps(error).encode()))

    def accepts_without_an_id(self) -> None:
        self.answers(Answer(201, b'{"status": "queued"}'))

    def answers(self, *answers: Answer) -> None:
        self.server.answers = deque(answers)


PROVIDERS: dict[str, type[Meta | Twilio]] = {"cloud": Meta, "twilio": Twilio}


def refuses(status: int, code: int = 190) -> Answer:
    """Return how Meta refuses a call."""
    return Answer(status, json.dumps({"error": {"code": code, "message": "No"}}).encode())
