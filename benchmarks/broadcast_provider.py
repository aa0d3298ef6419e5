"""Plays Meta for a broadcast: accepts every message, notes when it came, reports statuses if asked.

`python -m benchmarks.broadcast_provider --port PORT --webhook URL --secret SECRET`; far lighter
than the simulator, so that what is measured is the product and not the provider beside it.
"""

from __future__ import annotations

import argparse
import hashlib
import hmac
import itertools
import json
import queue
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import requests

from tests.people import CITY_SENDER

CARRIERS = 4
STATUSES = ("sent", "delivered", "read")
Seen = tuple[float, str]


class Provider(ThreadingHTTPServer):
    """Answers calls after *latency* seconds, and reports the first *statuses* of each message."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, port: int, latency: float, statuses: int, webhook: str, secret: str) -> None:
        super().__init__(("127.0.0.1", port), Door)
        self.latency, self.statuses, self.webhook = latency, statuses, webhook
        self.secret = secret.encode()
        self.seen: list[Seen] = []
        self.reports: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self.numbers = itertools.count()
        for _ in range(CARRIERS if statuses else 0):
            threading.Thread(target=self._carry, daemon=True).start()

    def take(self, call: dict[str, object]) -> dict[str, object]:
        """Note a message that came now, and return Meta's answer to it."""
        if call.get("status") == "read":
            return {"success": True}
        ours = str(call.get("biz_opaque_callback_data"))
        self.seen.append((time.time(), ours))
        time.sleep(self.latency)
        wamid = f"wamid.{next(self.numbers)}"
        to = str(call.get("to") or "").removeprefix("+")
        for status in STATUSES[: self.statuses]:
            self.reports.put(self._report(wamid, status, to, ours))
        return {"messaging_product": "whatsapp", "messages": [{"id": wamid}]}

    def _report(self, wamid: str, status: str, to: str, ours: str) -> bytes:
        told = {
            "id": wamid,
            "status": status,
            "timestamp": str(int(time.time())),
            "recipient_id": to,
            "biz_opaque_callback_data": ours,
        }
        value = {
            "messaging_product": "whatsapp",
            "metadata": {"display_phone_number": "918040000000", "phone_number_id": CITY_SENDER},
            "statuses": [told],
        }
        entry = {"id": "900800700", "changes": [{"field": "messages", "value": value}]}
        return json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()

    def _carry(self) -> None:
        with requests.Session() as session:
            session.trust_env = False
            while True:
                body = self.reports.get()
                digest = hmac.new(self.secret, body, hashlib.sha256).hexdigest()
                headers = {
                    "X-Hub-Signature-256": f"sha256={digest}",
                    "Content-Type": "application/json",
                }
                try:
                    answer = session.post(self.webhook, data=body, headers=headers, timeout=10)
                except requests.RequestException:
                    self.reports.put(body)
                else:
                    if not answer.ok:
                        self.reports.put(body)


class Door(BaseHTTPRequestHandler):
    """Meta's address for messages, and one that lists the messages that came."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Provider

    def do_POST(self) -> None:
        """Take a message."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(self.server.take(json.loads(body)))

    def do_GET(self) -> None:
        """Return the messages since call number `after`, and how many reports wait."""
        after = int(parse_qs(urlsplit(self.path).query).get("after", ["0"])[0])
        waiting = self.server.reports.qsize()
        self._answer({"seen": self.server.seen[after:], "waiting": waiting})

    def _answer(self, answer: dict[str, object]) -> None:
        said = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--latency-ms", type=float, default=100.0)
    parser.add_argument("--statuses", type=int, default=0, choices=range(4))
    parser.add_argument("--webhook", required=True)
    parser.add_argument("--secret", required=True)
    asked = parser.parse_args()
    Provider(
        asked.port, asked.latency_ms / 1000, asked.statuses, asked.webhook, asked.secret
    ).serve_forever()


if __name__ == "__main__":
    main()
