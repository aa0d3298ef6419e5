"""What Meta and Twilio send us: checked, taken apart, answered once its effect is durable (I4)."""

from __future__ import annotations

import contextlib
import hmac
import json
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import partial

import structlog
from flask import Blueprint, Response, current_app, jsonify, request
from twilio.twiml.messaging_response import MessagingResponse

from bot.channels.cloud.parse import parse
from bot.channels.cloud.signature import is_signed
from bot.channels.twilio import signature as twilio_signature
from bot.channels.twilio.parse import parse_inbound, parse_status
from bot.observability import metrics
from bot.wiring import Parts
from domain.actions.delivery import circuit_breaker, states
from domain.actions.messages import templates
from domain.actions.people import consent
from domain.actions.settlement import captures
from domain.channel import ErrorClass, SendFailed
from domain.errors import NotFound, StoreUnavailable
from domain.scopes import SystemScope
from domain.transactions import transact
from domain.work import Work
from flows.inbound import (
    Inbound,
    Notice,
    OrderNotice,
    PreferenceNotice,
    QualityNotice,
    StatusUpdate,
    TemplateNotice,
)
from flows.runner import Runner

ANSWER_WITHIN_SECONDS = 4.0
"""Then Meta is asked to send the rest again; what was committed by then is skipped (I4)."""
AT_ONCE = 8
"""People of one POST are answered side by side by so many threads of a process."""
STATUSES_AT_ONCE = 10
log = structlog.get_logger()


def whatsapp(parts: Parts) -> Blueprint:
    """Return Meta's webhook: the handshake, and messages and statuses."""
    blueprint = Blueprint("whatsapp_webhook", __name__, url_prefix="/api/v1/webhooks")
    runner = parts.runner()
    pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="webhook")

    @blueprint.get("/whatsapp")
    def handshake() -> Response:
        token = request.args.get("hub.verify_token", "")
        expected = parts.settings.whatsapp_verify_token
        if request.args.get("hub.mode") != "subscribe" or not _same(token, expected):
            return _refuse(403, "The verify token does not match.")
        return Response(request.args.get("hub.challenge", ""), mimetype="text/plain")

    @blueprint.post("/whatsapp")
    def receive() -> Response:
        began = time.monotonic()
        raw = request.get_data(cache=False)
        header = request.headers.get("X-Hub-Signature-256")
        if not is_signed(raw, header, parts.settings.whatsapp_webhook_secrets):
            metrics.webhook_rejected("cloud", "signature")
            return _refuse(403, "The signature does not match the body.")
        try:
            payload = json.loads(raw)
        except (ValueError, RecursionError):
            metrics.webhook_rejected("cloud", "malformed")
            return _refuse(400, "The body is not JSON.")
        parsed = parse(payload, parts.clock.now())
        deadline = began + ANSWER_WITHIN_SECONDS
        tasks: list[Callable[[], None]] = [
            _people(parts, runner, messages, deadline) for messages in _by_person(parsed.inbound)
        ]
        tasks += [
            _statuses(parts, parsed.statuses[i : i + STATUSES_AT_ONCE], deadline)
            for i in range(0, len(parsed.statuses), STATUSES_AT_ONCE)
        ]
        if parsed.notices:
            tasks.append(_notices(parts, parsed.notices, deadline))
        if not _run(pool, tasks, deadline):
            metrics.webhook_rejected("cloud", "unavailable")
            answer = _refuse(503, "Not everything could be stored in time; please send it again.")
            answer.headers["Retry-After"] = "1"
            return answer
        return jsonify(success=True, message="Webhook processed successfully")

    return blueprint


def twilio(parts: Parts) -> Blueprint:
    """Return Twilio's webhook: one message or one status a POST, answered with empty TwiML.

    Messages are taken only where WhatsApp goes through Twilio; statuses also where text messages
    alone do.
    """
    blueprint = Blueprint("twilio_webhook", __name__)
    runner = parts.runner()
    settings = parts.settings
    by_twilio = settings.whatsapp_provider == "twilio"

    @blueprint.post(twilio_signature.PATH)
    def receive() -> Response:
        deadline = time.monotonic() + ANSWER_WITHIN_SECONDS
        form = request.form
        if not twilio_signature.is_signed(
            settings.public_url,
            request.query_string.decode("latin-1"),
            form,
            request.headers.get("X-Twilio-Signature"),
            request.headers.get("X-Twilio-Webhooks-Signature-Settings"),
            settings.twilio_auth_token,
        ):
            metrics.webhook_rejected("twilio", "signature")
            return _refuse(403, "The signature does not match the request.")
        now = parts.clock.now()
        if "MessageStatus" in form:
            status = parse_status(form, request.args.get(twilio_signature.OUR_ID), now)
            task = _statuses(parts, [status] if status else [], deadline)
        else:
            message = parse_inbound(form, now) if by_twilio else None
            if message is None:
                metrics.webhook_rejected("twilio", "not_ours")
            task = _people(parts, runner, [message] if message else [], deadline)
        try:
            task()
        except StoreUnavailable:
            metrics.webhook_rejected("twilio", "unavailable")
            return _refuse(503, "It could not be stored in time; please send it again.")
        return Response(str(MessagingResponse()), mimetype="text/xml")

    return blueprint


def _run(pool: ThreadPoolExecutor, tasks: Sequence[Callable[[], None]], deadline: float) -> bool:
    """Run *tasks* side by side; False if the store failed one or they were not done in time."""
    if len(tasks) == 1:
        try:
            tasks[0]()
        except StoreUnavailable:
            return False
        return True
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001

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
    """Group messages by who wrote them, each person's in their order."""
    groups: dict[tuple[str, str], list[Inbound]] = {}
    for message in inbound:
        who = message.wa_user_id or message.phone or ""
        groups.setdefault((message.sender, who), []).append(message)
    return list(groups.values())


def _people(
    parts: Parts, runner: Runner, messages: Sequence[Inbound], deadline: float
) -> Callable[[], None]:
    def answer() -> None:
        for message in messages:
            try:
                _in_time(deadline)
                outcome = runner.handle(message)
            except StoreUnavailable:
                metrics.turn_ended("unavailable")
                raise
            parts.rates.take(message.sender)
            metrics.message_received(message.kind)
            metrics.turn_ended(outcome.value)

    return answer


def _statuses(
    parts: Parts, statuses: Sequence[StatusUpdate], deadline: float
) -> Callable[[], None]:
    def apply() -> None:
        for status in statuses:
            if status.message_id is not None:
                _in_time(deadline)
                _apply(parts, status, status.message_id)

    return apply


def _notices(parts: Parts, notices: Sequence[Notice], deadline: float) -> Callable[[], None]:
    def keep() -> None:
        for notice in notices:
            _in_time(deadline)
            scope = SystemScope("keep what WhatsApp tells")
            transact(partial(parts.open_work, scope), partial(_keep, notice=notice))

    return keep


def _keep(work: Work, notice: Notice) -> None:
    match notice:
        case TemplateNotice():
            said = templates.Verdict(
                status=notice.status,
                reason=notice.reason,
                category=notice.category,
                quality=notice.quality,
            )
            templates.reported(work, notice.account, notice.name, notice.language, notice.at, said)
        case QualityNotice():
            circuit_breaker.reported(work, notice.number, notice.quality, notice.limit)
        case PreferenceNotice():
            consent.prefers(work, notice.phone, notice.wa_user_id, stops_marketing=notice.stops)
        case OrderNotice():
            # Of another installation's order nothing is known here.
            with contextlib.suppress(NotFound):
                captures.told_of_order(work, notice.reference, has_failed=notice.has_failed)


def _in_time(deadline: float) -> None:
    """Leave what is not begun in time to the next POST, which comes anyway."""
    if time.monotonic() > deadline:
        raise StoreUnavailable("the POST takes too long")


def _apply(parts: Parts, status: StatusUpdate, message_id: str) -> None:
    failure = None
    if status.error_kind is not None or status.status == "failed":
        kind = status.error_kind or ErrorClass.NEVER
        failure = SendFailed(kind, status.error_code, status.error_text or "not delivered")
    transact(
        partial(parts.open_work, SystemScope("record what became of a message")),
        partial(
            states.apply_status,
            message_id=message_id,
            status=status.status,
            provider_id=status.provider_id,
            failure=failure,
            category=status.category,
            price_type=status.price_type,
        ),
    )


def _refuse(status: int, message: str) -> Response:
    answer = jsonify(success=False, message=message, error={"code": "WEBHOOK", "details": []})
    answer.status_code = status
    return answer


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(), expected.encode())
