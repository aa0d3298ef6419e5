"""Meta and Twilio on this machine, as far as they keep message templates."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Answer = tuple[int, dict[str, Any]]


@dataclass
class Meta:
    """Keeps templates of one account, hands them out two a page, and decides as it is told."""

    templates: list[dict[str, Any]] = field(default_factory=list)
    decides: str = "PENDING"
    refuses: dict[str, Answer] = field(default_factory=dict)
    """What is answered to who submits, or edits, a template of that name."""
    calls: list[str] = field(default_factory=list)
    """Those that changed something."""
    page: int = 2
    url: str = ""
    names_itself: str = ""
    """The address in its links, if not that where it is asked."""
    endless: bool = False

    def answer(self, method: str, path: str, query: dict[str, str], body: Any) -> Answer:
        if method == "GET":
            return 200, self._listing(query)
        if path.endswith("/message_templates"):
            self.calls.append(f"submit {body['name']} {body['language']}")
            if body["name"] in self.refuses:
                return self.refuses[body["name"]]
            made = body | {"id": f"9{len(self.templates):014d}", "status": self.decides}
            self.templates.append(made)
            return 200, {key: made[key] for key in ("id", "status", "category")}
        (known,) = [t for t in self.templates if t["id"] == path.rsplit("/", 1)[-1]]
        self.calls.append(f"edit {known['name']} {known['language']}")
        if known["name"] in self.refuses:
            return self.refuses[known["name"]]
        known |= {"components": body["components"], "status": self.decides}
        return 200, {"success": True}

    def _listing(self, query: dict[str, str]) -> dict[str, Any]:
        first = int(query.get("after", "0"))
        last = first + self.page
        paging: dict[str, Any] = {"cursors": {"after": str(last)}}
        if last < len(self.templates) or self.endless:
            after = 0 if self.endless else last
            base = self.names_itself or self.url
            paging["next"] = f"{base}/waba/message_templates?after={after}"
        return {"data": self.templates[first:last], "paging": paging}


@dataclass
class Twilio:
    """Keeps contents, as long as it is not told to refuse them."""

    contents: list[dict[str, Any]] = field(default_factory=list)
    refuses: dict[str, Answer] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    url: str = ""

    def answer(self, method: str, path: str, _query: dict[str, str], body: Any) -> Answer:
        if method == "GET":
            return 200, {"contents": self.contents, "meta": {"key": "contents"}}
        sid = path.split("/")[3] if path.count("/") > 2 else ""
        found = [c for c in self.contents if c["sid"] == sid]
        if method == "DELETE":
            self.calls.append(f"delete {found[0]['friendly_name']}")
            self.contents.remove(found[0])
            return 204, {}
        if not found:
            self.calls.append(f"create {body['friendly_name']} {body['language']}")
            if self.calls[-1] in self.refuses:
                return self.refuses[self.calls[-1]]
            made = body | {"sid": f"HX{len(self.calls):032d}", "approval_requests": None}
            self.contents.append(made)
            return 201, made
        self.calls.append(f"submit {body['name']}")
        if body["name"] in self.refuses:
            return self.refuses[body["name"]]
        found[0]["approval_requests"] = {"status": "received", "category": body["category"]}
        return 201, {"status": "received"}


@contextmanager
def serving(provider: Meta | Twilio) -> Iterator[None]:
    """Have *provider* answer at its `url`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(asked.query).items()}
            sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            body = json.loads(sent) if sent else None
            status, answer = provider.answer(self.command, asked.path, query, body)
            raw = b"" if status == 204 else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def do_POST(self) -> None:
            self.do_GET()

        def do_DELETE(self) -> None:
            self.do_GET()

        def log_message(self, *_args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield
    server.shutdown()
    server.server_close()
