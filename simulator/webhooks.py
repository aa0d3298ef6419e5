"""Delivers webhooks to the product: signed, in order, and repeated until they are accepted."""

from __future__ import annotations

import heapq
import hmac
import secrets
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any
from urllib.parse import urldefrag

import msgspec
import urllib3

from simulator import limits
from simulator.envelope import signature
from simulator.model import Delivery

if TYPE_CHECKING:
    from typing import Literal

    from simulator.dialect import Dialect, Webhook
    from simulator.world import World

# Pauses before each retry; the last one repeats. Meta starts at once and slows down to hours. Here
# half a minute at most, so that a product that is up again need not wait.
RETRY_SECONDS = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0)
# Meta does not document how long it waits for the answer to a webhook; providers report 5 to 20 s.
ANSWER_SECONDS = 10.0
# Meta sends webhooks in parallel; this many at once are sent here.
CARRIERS = 16
OK = 200


class Courier:
    """Delivers webhooks from a pool of threads.

    Webhooks of one lane are first attempted in the order of sending, each after the attempt before
    it has ended. A retry leaves its lane, so a refused webhook never delays the next: later ones
    may overtake it, as with Meta. Waiting webhooks are stored on disk.

    Before the first delivery the product must pass the handshake, where the provider has one, and
    again after a change of address or verify token.
    """

    def __init__(self, world: World, dialect: Dialect) -> None:
        """Load the undelivered webhooks of an earlier run. Nothing is sent before `start`."""
        self._world = world
        self._dialect = dialect
        self._ready = threading.Condition()
        self._heap: list[tuple[float, int, Delivery]] = []
        self._lanes: dict[str, deque[Delivery]] = {}
        self._pending: dict[str, Delivery] = {}
        self._seq = 0
        self._stopping = False
        # Retries are the courier's own, and Meta does not follow redirects.
        self._http = urllib3.PoolManager(
            maxsize=CARRIERS,
            timeout=urllib3.Timeout(total=ANSWER_SECONDS),
            retries=urllib3.Retry(0, redirect=False, raise_on_redirect=False),
        )
        self._accepted = 0
        self._unwanted: set[str] = set()
        self._threads: list[threading.Thread] = []
        config = world.config
        wanted = f"{config.webhook_url} {config.verify_token}"
        self._handshake_key = signature(config.app_secret, wanted.encode())
        kept = [bytes(body).decode() for body in world.store.load("handshake")]
        self.verified = not config.shakes_hands or kept == [self._handshake_key]
        self.handshake_note = ""
        left = [msgspec.json.decode(body, type=Delivery) for body in world.store.load("delivery")]
        with self._ready:
            for delivery in sorted(left, key=lambda d: d.seq):
                delivery.due = 0.0
                self._seq = max(self._seq, delivery.seq)
                self._enqueue(delivery)

    def start(self) -> None:
        """Begin to deliver."""
        jobs = [(self._carry, f"webhooks-{n}") for n in range(CARRIERS)]
        if not self.verified:
            jobs.append((self._shake_hands, "handshake"))
        for job, name in jobs:
            thread = threading.Thread(target=job, name=name, daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        """Begin nothing new. Webhooks under way or waiting are kept for the next run."""
        with self._ready:
            self._stopping = True
            self._ready.notify_all()

    # -- taking on ---------------------------------------------------------------------------

    def send(
        self,
        kind: Literal["message", "status", "template"],
        lane: str,
        webhook: Webhook,
        *,
        ref: str = "",
        about: str = "",
        delay: float = 0.0,
    ) -> None:
        """Queue a webhook.

        Args:
            kind: What it carries, for those who look at the queue.
            lane: What it must not overtake; an empty lane is its own.
            webhook: What is sent, byte for byte, and where it goes.
            ref: The id of the user's message whose tick it moves, if any.
            about: The id of the message that a status is of.
            delay: Seconds before the first attempt.
        """
        faults = self._world.faults
        now = time.time()
        with self._world.lock:
            copies = 2 if self._world.chance.strikes(faults.duplicate_webhooks) else 1
        with self._ready:
            for copy in range(copies):
                self._seq += 1
                delivery = Delivery(
                    id=secrets.token_hex(8),
                    seq=self._seq,
                    lane=lane or f"alone/{self._seq}",
                    kind=kind,
                    body=webhook.body,
                    url=webhook.url,
                    created=now,
                    due=now + delay,
                    ref=ref if copy == 0 else "",
                    about=about,
                )
                self._keep(delivery)
                self._enqueue(delivery)
        self._world.touch("webhooks")

    def _enqueue(self, delivery: Delivery) -> None:
        """Put a delivery into its lane. Call with the condition held."""
        self._pending[delivery.id] = delivery
        lane = self._lanes.setdefault(delivery.lane, deque())
        lane.append(delivery)
        if len(lane) == 1:
            self._schedule(delivery)

    def _schedule(self, delivery: Delivery) -> None:
        heapq.heappush(self._heap, (delivery.due, delivery.seq, delivery))
        self._ready.notify()

    def _keep(self, delivery: Delivery) -> None:
        key = f"{delivery.seq:012d}"
        self._world.store.put("delivery", key, msgspec.json.encode(delivery))

    # -- delivering --------------------------------------------------------------------------

    def _next(self) -> Delivery | None:
        """Wait for a delivery that is due; return None when it is time to stop."""
        with self._ready:
            while not self._stopping:
                if self._world.faults.hold_webhooks or not self.verified or not self._heap:
                    self._ready.wait()
                    continue
                pause = self._heap[0][0] - time.time()
                if pause <= 0:
                    return heapq.heappop(self._heap)[2]
                self._ready.wait(pause)
            return None

    def _carry(self) -> None:
        while (delivery := self._next()) is not None:
            first = delivery.attempts == 0
            outcome = self._attempt(self._url(delivery), delivery.body.encode())
            delivery.attempts += 1
            delivery.last = outcome
            with self._ready:
                if outcome == str(OK):
                    self._finish(delivery)
                else:
                    self._retry_later(delivery)
                if first:
                    self._advance(delivery)
            if delivery.about and outcome == str(OK):
                self._world.note_told(delivery.about)
            self._mark(delivery)

    def _url(self, delivery: Delivery) -> str:
        return delivery.url or self._world.config.webhook_url

    def _attempt(self, url: str, body: bytes) -> str:
        """Post *body*; return the status code, or a word for what went wrong."""
        headers = self._dialect.headers(url, body, self._dialect.secret)
        try:
            answer = self._http.request("POST", urldefrag(url).url, body=body, headers=headers)
        except urllib3.exceptions.TimeoutError:
            return "no answer"
        except urllib3.exceptions.HTTPError:
            return "no connection"
        return str(answer.status)

    def _finish(self, delivery: Delivery) -> None:
        self._accepted += delivery.last == str(OK)
        del self._pending[delivery.id]
        self._world.store.delete("delivery", f"{delivery.seq:012d}")

    def _retry_later(self, delivery: Delivery) -> None:
        too_old = time.time() - delivery.created > limits.WEBHOOK_GIVE_UP_SECONDS
        is_last = too_old or not self._dialect.retries(self._url(delivery))
        if is_last or delivery.id in self._unwanted:
            self._unwanted.discard(delivery.id)
            self._finish(delivery)
            return
        pause = RETRY_SECONDS[min(delivery.attempts, len(RETRY_SECONDS)) - 1]
        delivery.due = time.time() + pause
        self._keep(delivery)
        self._schedule(delivery)

    def _advance(self, delivery: Delivery) -> None:
        """Free the lane for its next webhook, after this one's first attempt."""
        lane = self._lanes[delivery.lane]
        lane.popleft()
        if lane:
            self._schedule(lane[0])
        else:
            del self._lanes[delivery.lane]

    def _mark(self, delivery: Delivery) -> None:
        """Show on the person's message whether its webhook was accepted."""
        world = self._world
        with world.lock:
            message = world.by_id.get(delivery.ref)
            if message is not None:
                waiting = delivery.id in self._pending
                if delivery.last == str(OK):
                    message.note = ""
                    # The business's read receipt may come before its answer.
                    message.tick = "accepted" if message.tick != "read" else "read"
                else:
                    message.tick = "pending" if waiting else "dropped"
                    message.note = delivery.last
                world.save_message(message)
            world.touch("webhooks")

    # -- the handshake -----------------------------------------------------------------------

    def handshake(self) -> str:
        """Ask the product to prove that it knows the verify token; return the outcome.

        Meta does so whenever the callback address is set. After "verified" webhooks are delivered.
        """
        config = self._world.config
        challenge = str(secrets.randbelow(9 * 10**9) + 10**9)
        query = {
            "hub.mode": "subscribe",
            "hub.challenge": challenge,
            "hub.verify_token": config.verify_token,
        }
        try:
            answer = self._http.request("GET", config.webhook_url, fields=query)
        except urllib3.exceptions.HTTPError:
            note = "no connection"
        else:
            echoed = hmac.compare_digest(answer.data, challenge.encode())
            if answer.status != OK:
                note = f"refused with {answer.status}"
            else:
                note = "verified" if echoed else "answered without the challenge"
        with self._ready:
            self.handshake_note = note
            if note == "verified":
                self.verified = True
                self._world.store.put("handshake", "key", self._handshake_key.encode())
                self._ready.notify_all()
        self._world.touch("webhooks")
        return note

    def _shake_hands(self) -> None:
        attempt = 0
        while not self._stopping and self.handshake() != "verified":
            pause = RETRY_SECONDS[min(attempt, 3)]
            attempt += 1
            with self._ready:
                self._ready.wait_for(lambda: self._stopping or self.verified, pause)
            if self.verified:
                return

    # -- looking -----------------------------------------------------------------------------

    def wake(self) -> None:
        """Apply changed settings now."""
        with self._ready:
            self._ready.notify_all()

    def flush(self) -> int:
        """Make every waiting retry due now; return how many webhooks are undelivered."""
        with self._ready:
            now = time.time()
            for delivery in self._pending.values():
                delivery.due = min(delivery.due, now)
            self._heap = [(d.due, d.seq, d) for _, _, d in self._heap]
            heapq.heapify(self._heap)
            self._ready.notify_all()
            return len(self._pending)

    def forget(self) -> None:
        """Drop all undelivered webhooks; those under way are not retried."""
        with self._ready:
            waiting = {d.id for _, _, d in self._heap}
            for delivery in [d for lane in self._lanes.values() for d in list(lane)[1:]]:
                waiting.add(delivery.id)
            for identity in waiting:
                self._world.store.delete("delivery", f"{self._pending.pop(identity).seq:012d}")
            self._heap.clear()
            under_way = set(self._pending)
            self._unwanted |= under_way
            self._lanes = {
                name: deque(d for d in lane if d.id in under_way)
                for name, lane in self._lanes.items()
            }
            self._lanes = {name: lane for name, lane in self._lanes.items() if lane}

    @property
    def idle(self) -> bool:
        """Whether every webhook was accepted."""
        return not self._pending

    def pending(self) -> list[Delivery]:
        """Return the webhooks that are not accepted yet, in the order of sending."""
        with self._ready:
            return sorted(self._pending.values(), key=lambda d: d.seq)

    def summary(self) -> dict[str, Any]:
        """Return the state of delivery: `verified`, `handshake`, `pending`, `accepted`, `last`."""
        with self._ready:
            troubled = [d for d in self._pending.values() if d.last]
            return {
                "verified": self.verified,
                "handshake": self.handshake_note,
                "pending": len(self._pending),
                "retrying": len(troubled),
                "accepted": self._accepted,
                "last": troubled[-1].last if troubled else "",
            }
