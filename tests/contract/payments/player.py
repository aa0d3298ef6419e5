"""Razorpay on a loopback port: as much of its API as we ask for, in its documented shapes.

It keeps links, payments and refunds, answers what it refuses in Razorpay's words, and can be told
to say nothing, to hang up, to lose an answer after doing what was asked, or to answer anything.
"""

from __future__ import annotations

import base64
import json
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

KEY_ID, KEY_SECRET = "rzp_test_key", "test_key_secret"
LEAST_SECONDS = 15 * 60
IN_PROGRESS = "Another request with the same idempotency key is still in progress."
KEY_TAKEN = "Different request with the same idempotency key has already been processed."
"""Razorpay's words for its two answers of status 409."""
Json = dict[str, Any]


class Refusal(Exception):
    """What Razorpay says no with."""

    def __init__(self, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.status = status
        self.body = {
            "error": {
                "code": "BAD_REQUEST_ERROR",
                "description": description,
                "source": "business",
                "step": "payment_initiation",
                "reason": "input_validation_failed",
                "metadata": {},
            }
        }


@dataclass(frozen=True)
class Trouble:
    """What becomes of a request instead of its answer."""

    before: bool = True
    """Whether nothing is done of it."""
    status: int = 0
    """The status answered; 0 hangs up without a word, -1 never answers."""
    body: bytes = b"<html>Bad Gateway</html>"


HANG_UP = Trouble()
LOSE_ANSWER = Trouble(before=False)
SILENCE = Trouble(status=-1)


def conflict(description: str, status: int = 409) -> Trouble:
    """Return a refusal of a request for its idempotency key, of which nothing is done."""
    return Trouble(status=status, body=json.dumps(Refusal(description).body).encode())


@dataclass
class Player:
    """Razorpay's side."""

    now: Callable[[], float]
    calls: list[tuple[str, str, Json]] = field(default_factory=list)
    troubles: deque[Trouble | None] = field(default_factory=deque)
    links: dict[str, Json] = field(default_factory=dict)
    orders: dict[str, Json] = field(default_factory=dict)
    """What WhatsApp made; those of links are not kept."""
    payments: dict[str, Json] = field(default_factory=dict)
    refunds: dict[str, Json] = field(default_factory=dict)
    refund_keys: dict[str, tuple[str, str]] = field(default_factory=dict)
    """What was sent under an idempotency key, and the refund it made."""
    refunds_end: str = "processed"
    refund_answer: Trouble | None = None
    """What is answered to every request for a refund, in place of making it."""
    max_amount: int = 50_000_000
    lock: threading.Lock = field(default_factory=threading.Lock)
    url: str = ""

    # What payers and the dashboard do

    def pay(self, reference: str, amount: int | None = None, status: str = "captured") -> str:
        """Let a payment be made by the link of *reference*, even one that is over."""
        link = self._by_reference(reference)
        assert link is not None
        link["order_id"] = f"order_{link['id'].removeprefix('plink_')}"
        made = f"pay_{len(self.payments) + 1:014d}"
        self.payments[made] = {
            "id": made,
            "entity": "payment",
            "amount": amount or link["amount"],
            "currency": "INR",
            "status": status,
            "order_id": link["order_id"],
            "captured": status == "captured",
            "method": "upi",
            "notes": link["notes"],
            "created_at": int(self.now()),
        }
        if status == "captured" and link["status"] == "created":
            link["status"] = "paid"
            link["amount_paid"] = link["amount"]
            link["payments"] = [
                {
                    "amount": self.payments[made]["amount"],
                    "created_at": int(self.now()),
                    "method": "upi",
                    "payment_id": made,
                    "plink_id": link["id"],
                    "status": "captured",
                    "updated_at": int(self.now()),
                }
            ]
        return made

    def pay_order(
        self, receipt: str, notes: Json, amount: int = 5000, status: str = "captured"
    ) -> str:
        """Let a payment be made for an order that WhatsApp makes here; return the payment's id.

        The first attempt of a receipt makes the order, the next ones are further attempts.
        """
        found = [o for o in self.orders.values() if o["receipt"] == receipt]
        order_id = found[0]["id"] if found else f"order_{len(self.orders) + 1:014d}"
        self.orders[order_id] = {
            "id": order_id,
            "entity": "order",
            "amount": amount,
            "currency": "INR",
            "receipt": receipt,
            "notes": notes or [],
            "status": "paid" if status == "captured" else "attempted",
        }
        made = f"pay_{len(self.payments) + 1:014d}"
        self.payments[made] = {
            "id": made,
            "entity": "payment",
            "amount": amount,
            "currency": "INR",
            "status": status,
            "order_id": order_id,
            "captured": status == "captured",
            "method": "upi",
            "notes": [],
            "created_at": int(self.now()),
        }
        return made

    def end_refunds(self, status: str) -> None:
        for refund in self.refunds.values():
            refund["status"] = status

    # Its API

    def answer(  # noqa: C901, PLR0911 - a table of addresses
        self, method: str, path: str, query: Json, body: Json, key: str | None
    ) -> Json:
        match method, path.strip("/").split("/")[1:]:
            case "POST", ["payment_links"]:
                return self._create(body)
            case "GET", ["payment_links"]:
                return {"payment_links": self._listed(query)}
            case "GET", ["payment_links", link_id]:
                return self._link(link_id)
            case "POST", ["payment_links", link_id, "cancel"]:
                return self._cancel(self._link(link_id))
            case "GET", ["orders"]:
                items = [o for o in self.orders.values() if o["receipt"] == query["receipt"]]
                return {"entity": "collection", "count": len(items), "items": items}
            case "GET", ["orders", order_id]:
                return self._order(order_id)
            case "GET", ["payments", payment_id]:
                return self._payment(payment_id)
            case "GET", ["orders", order_id, "payments"]:
                items = [p for p in self.payments.values() if p["order_id"] == order_id]
                return {"entity": "collection", "count": len(items), "items": items}
            case "POST", ["payments", payment_id, "refund"]:
                return self._refund(payment_id, body, key)
            case "GET", ["payments", payment_id, "refunds"]:
                self._payment(payment_id)
                items = [r for r in self.refunds.values() if r["payment_id"] == payment_id]
                return {"entity": "collection", "count": len(items), "items": items}
        raise Refusal("The requested URL was not found on the server.")

    def _create(self, body: Json) -> Json:
        if self._by_reference(body["reference_id"]) is not None:
            raise Refusal("payment link creation with reference ID already attempted")
        if len(body["reference_id"]) > 40:
            raise Refusal("reference_id must be at most 40 characters")
        if body.get("expire_by", self.now() + LEAST_SECONDS) < self.now() + LEAST_SECONDS:
            raise Refusal("timestamp must be atleast 15 minutes in future")
        if body["amount"] > self.max_amount:
            raise Refusal("amount exceeds maximum amount allowed")
        if "callback_url" in body and body.get("callback_method") != "get":
            raise Refusal("callback_method must be get")
        link_id = f"plink_{len(self.links) + 1:014d}"
        self.links[link_id] = {
            "accept_partial": body["accept_partial"],
            "amount": body["amount"],
            "amount_paid": 0,
            "callback_method": body.get("callback_method", ""),
            "callback_url": body.get("callback_url", ""),
            "cancelled_at": 0,
            "created_at": int(self.now()),
            "currency": body["currency"],
            "customer": body.get("customer", {}),
            "description": body["description"],
            "expire_by": body.get("expire_by", 0),
            "expired_at": 0,
            "id": link_id,
            "notes": body["notes"],
            "notify": body["notify"],
            "payments": None,
            "reference_id": body["reference_id"],
            "reminder_enable": body["reminder_enable"],
            "short_url": f"https://rzp.io/i/{link_id[-7:]}",
            "status": "created",
            "upi_link": False,
            "user_id": "",
        }
        return self.links[link_id]

    def _listed(self, query: Json) -> list[Json]:
        if "payment_id" in query:
            payment = self.payments.get(query["payment_id"])
            orders = {payment["order_id"]} if payment else set()
            return [link for link in self.links.values() if link.get("order_id") in orders]
        wanted = query.get("reference_id")
        return [link for link in self.links.values() if link["reference_id"] == wanted]

    def _cancel(self, link: Json) -> Json:
        if link["status"] != "created":
            raise Refusal(f"Payment Link cannot be cancelled as it is {link['status']}")
        link["status"] = "cancelled"
        link["cancelled_at"] = int(self.now())
        return link

    def _refund(self, payment_id: str, body: Json, key: str | None) -> Json:
        payment = self._payment(payment_id)
        sent = json.dumps(body, sort_keys=True)
        if key is not None and key in self.refund_keys:
            before, made = self.refund_keys[key]
            if before != sent:
                raise Refusal(KEY_TAKEN, 409)
            return self.refunds[made]
        returned = sum(r["amount"] for r in self.refunds.values() if r["payment_id"] == payment_id)
        if payment["status"] not in {"captured", "refunded"}:
            raise Refusal("The payment has not been captured")
        if returned >= payment["amount"]:
            raise Refusal("The payment has been fully refunded already")
        if body["amount"] > payment["amount"] - returned:
            raise Refusal("The refund amount provided is greater than amount captured")
        made = f"rfnd_{len(self.refunds) + 1:014d}"
        self.refunds[made] = {
            "id": made,
            "entity": "refund",
            "amount": body["amount"],
            "receipt": body.get("receipt"),
            "currency": "INR",
            "payment_id": payment_id,
            "notes": body.get("notes") or [],
            "acquirer_data": {"arn": None},
            "created_at": int(self.now()),
            "batch_id": None,
            "status": self.refunds_end,
            "speed_processed": "normal",
            "speed_requested": body.get("speed", "normal"),
        }
        if key is not None:
            self.refund_keys[key] = (sent, made)
        payment["status"] = "refunded"
        return self.refunds[made]

    def _by_reference(self, reference: str) -> Json | None:
        return next((i for i in self.links.values() if i["reference_id"] == reference), None)

    def _link(self, link_id: str) -> Json:
        if link_id not in self.links:
            raise Refusal("The id provided does not exist")
        return self.links[link_id]

    def _order(self, order_id: str) -> Json:
        if order_id not in self.orders:
            raise Refusal("The id provided does not exist")
        return self.orders[order_id]

    def _payment(self, payment_id: str) -> Json:
        if payment_id not in self.payments:
            raise Refusal("The id provided does not exist")
        return self.payments[payment_id]


@contextmanager
def playing(now: Callable[[], float] = time.time) -> Iterator[Player]:
    """Play Razorpay on a free port."""
    player = Player(now)
    released = threading.Event()

    class Handler(_Handler):
        pass

    Handler.player, Handler.released = player, released
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    player.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield player
    finally:
        released.set()
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 10
    disable_nagle_algorithm = True
    player: Player
    released: threading.Event

    def do_GET(self) -> None:
        self._serve({})

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        self._serve(json.loads(self.rfile.read(length)))

    def _serve(self, body: Json) -> None:
        player, url = self.player, urlsplit(self.path)
        with player.lock:
            player.calls.append((self.command, url.path, body))
            trouble = player.troubles.popleft() if player.troubles else None
            if self.command == "POST" and url.path.endswith("/refund"):
                trouble = trouble or player.refund_answer
            if trouble is not None and trouble.before:
                return self._fail(trouble)
            status, answer = self._do(url.path, dict(parse_qsl(url.query)), body)
        if trouble is not None:
            return self._fail(trouble)
        return self._send(status, json.dumps(answer).encode(), "application/json")

    def _do(self, path: str, query: Json, body: Json) -> tuple[int, Json]:
        word = base64.b64encode(f"{KEY_ID}:{KEY_SECRET}".encode()).decode()
        try:
            if self.headers.get("Authorization") != f"Basic {word}":
                return 401, Refusal("Authentication failed").body
            key = self.headers.get("X-Refund-Idempotency")
            return 200, self.player.answer(self.command, path, query, body, key)
        except Refusal as refusal:
            return refusal.status, refusal.body

    def _fail(self, trouble: Trouble) -> None:
        if trouble.status > 0:
            return self._send(trouble.status, trouble.body, "text/html")
        if trouble.status < 0:
            self.released.wait(10)
        self.close_connection = True
        return None

    def _send(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Say nothing."""
