"""X-Hub-Signature-256: the proof that a webhook comes from Meta."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable

PREFIX = "sha256="


def sign(raw: bytes, app_secret: str) -> str:
    """Return the header's value for the body *raw*."""
    return PREFIX + hmac.new(app_secret.encode(), raw, hashlib.sha256).hexdigest()


def is_signed(raw: bytes, header: str | None, app_secrets: Iterable[str]) -> bool:
    """Return whether *header* signs the body *raw* under one of *app_secrets*.

    With several secrets the app secret can be changed without losing webhooks. The body must be
    the bytes as they came: JSON that is read and written again has another digest.

    Args:
        raw: The request's body, before any parsing.
        header: `X-Hub-Signature-256`, or None if there was none.
        app_secrets: The app secrets (neither verify token nor access token). Empty ones are
            ignored, since anyone could sign with them.

    Source: Meta, "Create a webhook endpoint".
    """
    # Bytes, because compare_digest raises TypeError for a str that is not ASCII, and the header
    # is whatever a stranger sends.
    got = (header or "").encode("utf-8", "replace")
    # Every secret is tried, so that the time taken does not reveal which one fits.
    fits = [
        hmac.compare_digest(sign(raw, secret).encode(), got) for secret in app_secrets if secret
    ]
    return any(fits)
