"""Reading a webhook's body: nothing is held in memory for whoever cannot have signed it."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from typing import TypeVar

from flask import Response, request

from bot.observability import metrics
from bot.webhooks.handling import refuse

HEX_SHA256 = re.compile(r"(?:sha256=)?[0-9a-fA-F]{64}")
"""The form of Meta's and Razorpay's signatures."""
BASE64_DIGEST = re.compile(r"[A-Za-z0-9+/]{27,86}={0,2}")
"""The form of Twilio's signatures."""
SMALL_BYTES = 64 * 1024
"""Bodies up to this size are read at once: those of one message, or of a few."""
LARGE_AT_ONCE = 8
"""Larger ones that a process reads at the same time: they hold 32 MB at most."""
_large = threading.BoundedSemaphore(LARGE_AT_ONCE)
T = TypeVar("T")


def read_body(
    provider: str, signature: str | None, form: re.Pattern[str], read: Callable[[], T]
) -> T | Response:
    """Return what *read* makes of the body, or a refusal, for which nothing was read.

    Refused are a *signature* that is missing or not of the *form* that *provider*'s have (403), and
    a large body while others are being read (503, the provider sends it again). Whether the
    signature is right can only be seen with the body.
    """
    if signature is None or form.fullmatch(signature) is None:
        metrics.count_rejection(provider, "signature")
        return refuse(403, "The signature does not match the body.")
    length = request.content_length
    if length is not None and length <= SMALL_BYTES:
        return read()
    if not _large.acquire(blocking=False):
        metrics.count_rejection(provider, "unavailable")
        answer = refuse(503, "Many large bodies are being read; please send it again.")
        answer.headers["Retry-After"] = "1"
        return answer
    try:
        return read()
    finally:
        _large.release()
