"""Razorpay's signatures: HMAC-SHA256 in hexadecimal, compared in constant time."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence


def is_signed(raw: bytes, header: str | None, secrets: Sequence[str]) -> bool:
    """Return whether a webhook's body, byte for byte, was signed with one of *secrets*.

    While the secret is changed several are valid: for a day Razorpay signs what it repeats with the
    old one.
    """
    given = (header or "").encode()
    matches = [hmac.compare_digest(_digest(secret, raw), given) for secret in secrets if secret]
    return any(matches)


def is_signed_return(payment_id: str, query: Mapping[str, str], key_secret: str) -> bool:
    """Return whether *query* is signed by Razorpay's page, for the request *payment_id*."""
    names = ("payment_link_id", "payment_link_reference_id", "payment_link_status", "payment_id")
    values = [query.get(f"razorpay_{name}", "") for name in names]
    if values[1] != payment_id:
        return False
    expected = _digest(key_secret, "|".join(values).encode())
    return hmac.compare_digest(expected, query.get("razorpay_signature", "").encode())


def _digest(secret: str, message: bytes) -> bytes:
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest().encode()
