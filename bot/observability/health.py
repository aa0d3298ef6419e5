"""For operators: whether the product works, whether this process lives, and its metrics."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

from flask import Blueprint, Response, jsonify

from bot.observability import metrics
from domain.model.base import stamp

DATABASE_SECONDS = 2.0
REDIS_SECONDS = 0.5
WHATSAPP_SECONDS = 1.5
WORKERS_SECONDS = 2.0
"""How long to wait for each; a dependency that takes longer does not serve people either."""
CONNECTED = "connected"
DISCONNECTED = "disconnected"


class Probe:
    """Checks a dependency in a thread of its own, so that a hanging one delays nobody.

    A check that begins while an earlier one is unanswered waits for that one: however often health
    is asked for, a hanging dependency costs one thread.
    """

    def __init__(self, ask: Callable[[], None], seconds: float) -> None:
        self._ask = ask
        self._seconds = seconds
        self._lock = threading.Lock()
        self._running: _Question | None = None

    def begin(self) -> _Question:
        """Begin a check, or join the one under way, without waiting for the answer."""
        with self._lock:
            question = self._running
            if question is None or question.answered.is_set():
                question = self._running = _Question(self._ask, self._seconds)
                threading.Thread(target=question.run, name="health", daemon=True).start()
            return question


class _Question:
    def __init__(self, ask: Callable[[], None], seconds: float) -> None:
        self._ask = ask
        self._until = time.monotonic() + seconds
        self._well = False
        self.answered = threading.Event()

    def run(self) -> None:
        try:
            # Any error means that the dependency does not work.
            with suppress(Exception):
                self._ask()
                self._well = True
        finally:
            self.answered.set()

    @property
    def state(self) -> str:
        """CONNECTED if the dependency answers in time, else DISCONNECTED; waits for the answer."""
        self.answered.wait(max(0.0, self._until - time.monotonic()))
        return CONNECTED if self.answered.is_set() and self._well else DISCONNECTED


def ops_blueprint(
    records_probe: Callable[[], None],
    redis_probe: Callable[[], None],
    started_at: datetime,
    whatsapp_probe: Callable[[], None] | None = None,
    workers_probe: Callable[[], None] | None = None,
) -> Blueprint:
    """Return /health, /live and /metrics.

    Args:
        records_probe: Reads something from the store; raises if that fails.
        redis_probe: The same for Redis, without which the product works more slowly.
        started_at: When this process began.
        whatsapp_probe: The same for the WhatsApp provider (`reachability_probe`). Without it the
            answers do not mention the provider.
        workers_probe: Raises if work waits that workers should have done (`overdue_probe`), and
            sets the metrics of it. Without it the answers do not mention workers.
    """
    found = Blueprint("ops", __name__)
    probes = {
        "database": Probe(records_probe, DATABASE_SECONDS),
        "redis": Probe(redis_probe, REDIS_SECONDS),
    }
    if whatsapp_probe is not None:
        probes["whatsapp"] = Probe(whatsapp_probe, WHATSAPP_SECONDS)
    if workers_probe is not None:
        probes["workers"] = Probe(workers_probe, WORKERS_SECONDS)

    @found.get("/health")
    def health() -> tuple[Response, int]:
        asked = {name: probe.begin() for name, probe in probes.items()}
        services = {name: question.state for name, question in asked.items()}
        missing = [name for name, state in services.items() if state != CONNECTED]
        works = "database" not in missing
        answer: dict[str, object] = {
            "status": ("degraded" if missing else "healthy") if works else "unhealthy",
            "timestamp": stamp(datetime.now(UTC)),
            "services": services,
            "degraded": missing,
            "uptimeSeconds": uptime(),
        }
        if not works:
            answer["error"] = "The database does not answer."
        return jsonify(answer), 200 if works else 503

    @found.get("/live")
    def live() -> Response:
        return jsonify({"status": "alive", "uptimeSeconds": uptime()})

    @found.get("/metrics")
    def numbers() -> Response:
        if "workers" in probes:
            # Waited for, so that the answer holds what it has measured.
            _ = probes["workers"].begin().state
        return Response(metrics.exposition(), content_type=metrics.CONTENT_TYPE)

    @found.after_request
    def fresh(response: Response) -> Response:
        response.headers["Cache-Control"] = "no-store"
        return response

    def uptime() -> int:
        return max(0, int((datetime.now(UTC) - started_at).total_seconds()))

    return found
