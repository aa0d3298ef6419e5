"""Razorpay's webhook: an event is answered 200 once its effect is durable (I4).

Razorpay repeats an event that is not answered 200 within five seconds. After a day of failures it
disables the webhook. So a fault of ours must not fail an event for good: one that we cannot read is
answered 200 and counted, because the gateway is asked about every payment anyway.
"""

from __future__ import annotations

import json
import time
from functools import partial
from typing import Any

import structlog
from flask import Blueprint, Response, jsonify, request

from bot.observability import metrics
from bot.payments.razorpay import notices
from bot.payments.razorpay.notices import (
    CaptureNotice,
    FailureNotice,
    IgnoredNotice,
    RefundNotice,
    UnclearNotice,
)
from bot.payments.razorpay.signature import is_signed
from bot.webhooks.bodies import HEX_SHA256, read_body
from bot.wiring import Parts
from domain.actions.payments import by_hand, links
from domain.actions.settlement import captures
from domain.errors import NotFound, StoreUnavailable
from domain.model.money import Capture, Payment
from domain.scopes import SystemScope
from domain.transactions import transact
from domain.work import Work

ANSWER_WITHIN_SECONDS = 3.5
PROVIDER = "razorpay"
log = structlog.get_logger()
HandledNotice = CaptureNotice | FailureNotice | UnclearNotice | RefundNotice


def razorpay(parts: Parts) -> Blueprint:
    """Return Razorpay's webhook."""
    blueprint = Blueprint("razorpay_webhook", __name__, url_prefix="/api/v1/webhooks")

    @blueprint.post("/razorpay")
    def receive() -> Response:
        began = time.monotonic()
        header = request.headers.get("X-Razorpay-Signature")
        raw = read_body(PROVIDER, header, HEX_SHA256, partial(request.get_data, cache=False))
        if isinstance(raw, Response):
            return raw
        if not is_signed(raw, header, parts.settings.razorpay_webhook_secrets):
            metrics.count_rejection(PROVIDER, "signature")
            return _refuse(403, "The signature does not match the body.")
        try:
            payload = json.loads(raw)
        except (ValueError, RecursionError):
            payload = None
        if not isinstance(payload, dict):
            metrics.count_rejection(PROVIDER, "malformed")
            return _refuse(400, "The body is not an event.")
        try:
            outcome = _process(parts, payload, began + ANSWER_WITHIN_SECONDS)
        except StoreUnavailable:
            metrics.count_rejection(PROVIDER, "unavailable")
            answer = _refuse(503, "It could not be stored in time; please send it again.")
            answer.headers["Retry-After"] = "5"
            return answer
        metrics.count_payment_event(str(payload.get("event")), outcome)
        return jsonify(success=True, message="Webhook processed successfully")

    return blueprint


def _process(parts: Parts, payload: dict[str, Any], until: float) -> str:
    """Apply an event in a transaction; return the outcome, as the metric counts it.

    Raises:
        StoreUnavailable: If the store fails, or conflicts go on until *until* (monotonic clock).
    """
    try:
        notice = notices.read_notice(payload)
    except ValueError:
        log.exception("payment_event_unread", provider=PROVIDER)
        return "unread"
    if isinstance(notice, IgnoredNotice):
        return "ignored"

    def pause(seconds: float) -> None:
        # Razorpay counts a late answer as none, and disables a webhook that does not answer.
        if time.monotonic() > until:
            raise StoreUnavailable("an event lost against others until its time was over")
        time.sleep(seconds)

    scope = SystemScope("record what a payment gateway tells")
    try:
        return transact(
            partial(parts.open_work, scope), partial(_apply_notice, notice=notice), pause=pause
        )
    except NotFound:
        log.warning("payment_not_ours", provider=PROVIDER)
        return "not_ours"
    except StoreUnavailable:
        raise
    except Exception as error:
        # A fault of ours: the event would fail again each time, until Razorpay disables the
        # webhook. So it is answered, and a worker reconciles the payment.
        log.exception("payment_event_broke", error=type(error).__name__)
        _schedule_lookup(parts, notice)
        return "broke"


def _schedule_lookup(parts: Parts, notice: HandledNotice) -> None:
    if isinstance(notice, CaptureNotice):
        work = parts.open_work(SystemScope("look up a payment again"))
        links.schedule_capture_lookup(work, notice.capture_id)
        work.commit()


def _apply_notice(work: Work, notice: HandledNotice) -> str:
    match notice:
        case CaptureNotice(capture_id, amount, payment_id, order):
            if work.get(Capture, capture_id, "CAPTURE") is not None:
                return "known"
            if payment_id is None or work.get(Payment, payment_id) is None:
                links.schedule_capture_lookup(work, capture_id)
                return "asked"
            captures.record_capture(work, payment_id, capture_id, amount, order)
        case FailureNotice(payment_id):
            if payment_id is None:
                return "not_ours"
            captures.record_failed_attempt(work, payment_id)
        case UnclearNotice(payment_id):
            payment = work.require(Payment, payment_id)
            links.schedule_check(work, payment)
            return "asked"
        case RefundNotice(capture_id, refund):
            if not by_hand.record_notice(work, capture_id, refund):
                return "asked"
    return "acted" if not work.is_empty else "known"


def _refuse(status: int, message: str) -> Response:
    answer = jsonify(success=False, message=message, error={"code": "WEBHOOK", "details": []})
    answer.status_code = status
    return answer
