"""What the webhooks of Meta and Twilio do with messages, statuses and notices (I4)."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from functools import partial

from flask import Response, jsonify

from bot.observability import metrics
from bot.observability.refusals import report_refused_form
from bot.wiring import Parts
from domain.actions.delivery import circuit_breaker, states
from domain.actions.messages import templates
from domain.actions.people import consent
from domain.actions.settlement import captures
from domain.actions.staff import handover
from domain.channel import ErrorClass, SendFailed
from domain.errors import NotFound, StoreUnavailable
from domain.scopes import SystemScope
from domain.transactions import transact
from domain.work import Work
from flows.inbound import (
    EchoNotice,
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
"""After that we answer 503 and Meta sends all again; what was committed is skipped (I4)."""


def answer_people(
    parts: Parts, runner: Runner, messages: Sequence[Inbound], deadline: float
) -> Callable[[], None]:
    """Return a task that answers one person's *messages* in order, until *deadline*.

    *deadline* is an instant of the monotonic clock. The task raises `StoreUnavailable` if it has
    passed or the store fails; the provider then sends the POST again.
    """

    def answer() -> None:
        for message in messages:
            try:
                _require_time_left(deadline)
                outcome = runner.handle(message)
            except StoreUnavailable:
                metrics.count_turn("unavailable")
                raise
            parts.rates.take(message.sender)
            metrics.count_inbound(message.kind)
            metrics.count_turn(outcome.value)

    return answer


def apply_statuses(
    parts: Parts, statuses: Sequence[StatusUpdate], deadline: float
) -> Callable[[], None]:
    """Return a task that applies *statuses* to our messages; it may be repeated.

    It raises `StoreUnavailable` like the task of `answer_people`.
    """

    def apply() -> None:
        for status in statuses:
            if status.message_id is not None:
                _require_time_left(deadline)
                _apply(parts, status, status.message_id)

    return apply


def record_notices(parts: Parts, notices: Sequence[Notice], deadline: float) -> Callable[[], None]:
    """Return a task that records what Meta says of templates, numbers, people and orders.

    It raises `StoreUnavailable` like the task of `answer_people`.
    """

    def record() -> None:
        for notice in notices:
            _require_time_left(deadline)
            scope = SystemScope("keep what WhatsApp tells")
            transact(partial(parts.open_work, scope), partial(_record_notice, notice=notice))

    return record


def _record_notice(work: Work, notice: Notice) -> None:
    match notice:
        case TemplateNotice():
            verdict = templates.Verdict(
                status=notice.status,
                reason=notice.reason,
                category=notice.category,
                quality=notice.quality,
            )
            templates.record_template_state(
                work, notice.account, notice.name, notice.language, notice.at, verdict
            )
        case QualityNotice():
            circuit_breaker.record_quality(work, notice.number, notice.quality, notice.limit)
        case PreferenceNotice():
            consent.set_marketing_preference(
                work, notice.phone, notice.wa_user_id, stops_marketing=notice.stops
            )
        case EchoNotice():
            handover.answered_in_app(
                work, notice.sender, notice.phone, notice.wa_user_id, notice.at
            )
        case OrderNotice():
            # The order may be another installation's.
            with contextlib.suppress(NotFound):
                captures.record_order_notice(work, notice.reference, has_failed=notice.has_failed)


def _require_time_left(deadline: float) -> None:
    """Raise `StoreUnavailable` once *deadline* has passed: the provider sends the rest again."""
    if time.monotonic() > deadline:
        raise StoreUnavailable("the POST takes too long")


def _apply(parts: Parts, status: StatusUpdate, message_id: str) -> None:
    failure = None
    if status.error_kind is not None or status.status == "failed":
        kind = status.error_kind or ErrorClass.NEVER
        failure = SendFailed(kind, status.error_code, status.error_text or "not delivered")
        report_refused_form(parts.settings.whatsapp_provider, message_id, failure)
    transact(
        partial(parts.open_work, SystemScope("record the status of a message")),
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


def refuse(status: int, message: str) -> Response:
    """Return a refusal of a POST, in the shape of the API's errors."""
    answer = jsonify(success=False, message=message, error={"code": "WEBHOOK", "details": []})
    answer.status_code = status
    return answer
