"""Meta's webhook: the handshake, messages, statuses and notices."""

from __future__ import annotations

import hmac
import json
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import partial

from flask import Blueprint, Response, current_app, jsonify, request

from bot.channels.cloud.parse import parse
from bot.channels.cloud.signature import is_signed
from bot.observability import metrics
from bot.webhooks.bodies import HEX_SHA256, read_body
from bot.webhooks.handling import (
    ANSWER_WITHIN_SECONDS,
    answer_people,
    apply_statuses,
    record_notices,
    refuse,
)
from bot.wiring import Parts
from domain.errors import StoreUnavailable
from flows.inbound import Inbound

AT_ONCE = 8
"""How many threads of a process answer the people of one POST in parallel."""
STATUSES_AT_ONCE = 10
"""How many statuses of one POST one thread applies; chunks of them run in parallel."""


def whatsapp(parts: Parts) -> Blueprint:
    """Return Meta's webhook: the handshake, and messages, statuses and notices."""
    blueprint = Blueprint("whatsapp_webhook", __name__, url_prefix="/api/v1/webhooks")
    runner = parts.runner()
    pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="webhook")

    @blueprint.get("/whatsapp")
    def handshake() -> Response:
        token = request.args.get("hub.verify_token", "")
        expected = parts.settings.whatsapp_verify_token
        if request.args.get("hub.mode") != "subscribe" or not _is_equal(token, expected):
            return refuse(403, "The verify token does not match.")
        return Response(request.args.get("hub.challenge", ""), mimetype="text/plain")

    @blueprint.post("/whatsapp")
    def receive() -> Response:
        began = time.monotonic()
        header = request.headers.get("X-Hub-Signature-256")
        raw = read_body("cloud", header, HEX_SHA256, partial(request.get_data, cache=False))
        if isinstance(raw, Response):
            return raw
        if not is_signed(raw, header, parts.settings.whatsapp_webhook_secrets):
            metrics.count_rejection("cloud", "signature")
            return refuse(403, "The signature does not match the body.")
        try:
            payload = json.loads(raw)
        except (ValueError, RecursionError):
            metrics.count_rejection("cloud", "malformed")
            return refuse(400, "The body is not JSON.")
        parsed = parse(payload, parts.clock.now())
        deadline = began + ANSWER_WITHIN_SECONDS
        tasks: list[Callable[[], None]] = [
            answer_people(parts, runner, messages, deadline)
            for messages in _by_person(parsed.inbound)
        ]
        tasks += [
            apply_statuses(parts, parsed.statuses[i : i + STATUSES_AT_ONCE], deadline)
            for i in range(0, len(parsed.statuses), STATUSES_AT_ONCE)
        ]
        if parsed.notices:
            tasks.append(record_notices(parts, parsed.notices, deadline))
        if not _run(pool, tasks, deadline):
            metrics.count_rejection("cloud", "unavailable")
            answer = refuse(503, "Not everything could be stored in time; please send it again.")
            answer.headers["Retry-After"] = "1"
            return answer
        return jsonify(success=True, message="Webhook processed successfully")

    return blueprint


def _run(pool: ThreadPoolExecutor, tasks: Sequence[Callable[[], None]], deadline: float) -> bool:
    """Run *tasks* in parallel; return False if the store failed in one or time ran out."""
    if len(tasks) == 1:
        try:
            tasks[0]()
        except StoreUnavailable:
            return False
        return True
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - Flask's own way

    def inside(task: Callable[[], None]) -> None:
        with app.app_context():
            task()

    futures: list[Future[None]] = [pool.submit(inside, t) for t in tasks]
    done, not_done = wait(futures, timeout=max(0.0, deadline - time.monotonic()))
    for future in not_done:
        future.cancel()
    failed = [f for f in done if isinstance(f.exception(), StoreUnavailable)]
    for future in done:
        error = future.exception()
        if error is not None and not isinstance(error, StoreUnavailable):
            raise error
    return not failed and not not_done


def _by_person(inbound: Sequence[Inbound]) -> list[list[Inbound]]:
    """Group messages by person, each person's in order."""
    groups: dict[tuple[str, str], list[Inbound]] = {}
    for message in inbound:
        who = message.wa_user_id or message.phone or ""
        groups.setdefault((message.sender, who), []).append(message)
    return list(groups.values())


def _is_equal(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(), expected.encode())
