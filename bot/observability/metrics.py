"""Metrics for Prometheus: counts by kind, never by person (invariant I10).

Labels come from closed sets, so that odd requests cannot make them take more and more memory. With
PROMETHEUS_MULTIPROC_DIR set before this module is first imported, every process writes its numbers
there, and any process answers for all of them.
"""

from __future__ import annotations

import os

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

MULTIPROCESS_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
CONTENT_TYPE = CONTENT_TYPE_LATEST
OTHER = "other"
"""The label of every value outside the label's set."""
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
INBOUND_KINDS = frozenset(
    {"text", "tap", "media", "location", "contacts", "reaction", "system", "unsupported"}
)
OUTCOMES = frozenset({"acted", "seen", "parked", "unavailable"})
PROVIDERS = frozenset({"cloud", "twilio", "razorpay"})
REJECTIONS = frozenset({"signature", "malformed", "too_large", "not_ours", "unavailable"})
PAYMENT_EVENTS = frozenset(
    {
        "payment_link.paid", "payment_link.partially_paid", "payment_link.cancelled",
        "payment_link.expired", "payment.captured", "payment.failed", "order.paid",
        "refund.created", "refund.processed", "refund.failed", "refund.speed_changed",
    }
)  # fmt: skip
PAYMENT_OUTCOMES = frozenset({"acted", "known", "asked", "ignored", "not_ours", "unread", "broke"})
STATUSES = frozenset({"queued", "sending", "sent", "delivered", "read", "failed", "dropped"})
WAITS = frozenset({"message", "due"})
CLASSES = frozenset({"now", "news", "bulk"})

_requests = Counter("pulseops_http_requests", "Requests answered.", ("method", "route", "status"))
_request_seconds = Histogram(
    "pulseops_http_request_seconds",
    "Time until an answer began.",
    ("method", "route"),
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 4),
)
_inbound = Counter("pulseops_inbound_messages", "Messages from people.", ("kind",))
_turns = Counter("pulseops_turns", "Outcomes of messages from people.", ("outcome",))
_rejected = Counter(
    "pulseops_webhooks_rejected", "Webhooks that were not taken.", ("provider", "reason")
)
_payments = Counter(
    "pulseops_payment_events", "What gateways told of payments.", ("event", "outcome")
)
_messages = Counter(
    "pulseops_messages", "Messages to people, each time one reaches a status.", ("status", "class")
)
_refused_forms = Counter(
    "pulseops_refused_forms",
    "Messages whose form a provider did not take, so that they go in a plainer one.",
    ("provider",),
)

_longest_wait = Gauge(
    "pulseops_longest_wait_seconds",
    "How long the oldest work that should be done has waited, when last looked at.",
    ("kind",),
    multiprocess_mode="mostrecent",
)


def count_request(method: str, route: str, status: int, seconds: float) -> None:
    """Count a request by its route's template."""
    method = method if method in METHODS else OTHER
    _requests.labels(method, route, str(status)).inc()
    _request_seconds.labels(method, route).observe(seconds)


def count_inbound(kind: str) -> None:
    """Count a message from a person, by `flows.inbound.Inbound.kind`."""
    _inbound.labels(_label(kind, INBOUND_KINDS)).inc()


def count_turn(outcome: str) -> None:
    """Count a turn: acted, seen (done before), parked or unavailable (to be sent again)."""
    _turns.labels(_label(outcome, OUTCOMES)).inc()


def count_rejection(provider: str, reason: str) -> None:
    """Count a refused webhook: signature, malformed, too_large, not_ours or unavailable."""
    _rejected.labels(_label(provider, PROVIDERS), _label(reason, REJECTIONS)).inc()


def count_payment_event(event: str, outcome: str) -> None:
    """Count an event of a payment gateway by its outcome, one of PAYMENT_OUTCOMES."""
    _payments.labels(_label(event, PAYMENT_EVENTS), _label(outcome, PAYMENT_OUTCOMES)).inc()


def count_message_status(status: str, urgency: str) -> None:
    """Count a message to a person that reached *status*, by its class: now, news or bulk."""
    _messages.labels(_label(status.lower(), STATUSES), _label(urgency.lower(), CLASSES)).inc()


def count_refused_form(provider: str) -> None:
    """Count a message whose form *provider* did not take."""
    _refused_forms.labels(_label(provider, PROVIDERS)).inc()


def set_longest_wait(kind: str, seconds: float) -> None:
    """Note how long the oldest of *kind* has waited: message or due."""
    _longest_wait.labels(_label(kind, WAITS)).set(seconds)


def exposition() -> bytes:
    """Return all metrics in Prometheus' text format: of every process, where they are shared."""
    if not os.environ.get(MULTIPROCESS_VARIABLE):
        return generate_latest(REGISTRY)
    shared = CollectorRegistry()
    MultiProcessCollector(shared)  # type: ignore[no-untyped-call]  # it has no types
    return generate_latest(shared)


def _label(value: str, allowed: frozenset[str]) -> str:
    return value if value in allowed else OTHER


# A series must exist at 0, or a rate misses its first event.
for _outcome in sorted(OUTCOMES):
    _turns.labels(_outcome)
for _provider in ("cloud", "twilio"):
    _refused_forms.labels(_provider)
