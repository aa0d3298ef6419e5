"""Errors in the shape in which Meta's Graph API reports them."""

from __future__ import annotations

import secrets
from typing import Any

# Code: (HTTP status, title), after Meta's "Error codes" page. Codes that Meta may report only
# later, in a `failed` status, are here too because the same title is used there.
TITLES: dict[int, tuple[int, str]] = {
    0: (401, "AuthException"),
    1: (500, "API Unknown"),
    2: (503, "API Service"),
    3: (403, "API Method"),
    4: (429, "API Too Many Calls"),
    10: (403, "Permission Denied"),
    33: (400, "Parameter value is not valid"),
    100: (400, "Invalid parameter"),
    190: (401, "Access token has expired"),
    368: (403, "Temporarily blocked for policies violations"),
    2046: (400, "Unable to update the order status"),
    2047: (400, "Unable to cancel the order"),
    80007: (429, "Rate limit issues"),
    130429: (429, "Rate limit hit"),
    130472: (400, "User's number is part of an experiment"),
    131000: (500, "Something went wrong"),
    131005: (403, "Access denied"),
    131008: (400, "Required parameter is missing"),
    131009: (400, "Parameter value is not valid"),
    131016: (500, "Service unavailable"),
    131021: (400, "Recipient cannot be sender"),
    131026: (400, "Message undeliverable"),
    131031: (403, "Account has been locked"),
    131042: (400, "Business eligibility payment issue"),
    131047: (400, "Re-engagement message"),
    131048: (429, "Spam rate limit hit"),
    131049: (
        400,
        "This message was not delivered to maintain healthy ecosystem engagement.",
    ),
    131050: (400, "User has stopped marketing messages"),
    131051: (400, "Unsupported message type"),
    131052: (400, "Media download error"),
    131053: (400, "Media upload error"),
    131056: (429, "(Business Account, Consumer Account) pair rate limit hit"),
    131057: (500, "Account in maintenance mode"),
    131062: (400, "Business-scoped user ID is not supported for this message"),
    132000: (400, "Number of parameters does not match the expected number of params"),
    132001: (404, "Template name does not exist in the translation"),
    132005: (400, "Translated text too long"),
    132007: (403, "Template content policy violated"),
    132012: (400, "Parameter format does not match format in the created template"),
    132015: (400, "Template is paused"),
    132016: (400, "Template is disabled"),
    133004: (503, "Server temporarily unavailable"),
    133010: (400, "Phone number not registered"),
    134011: (400, "WhatsApp Payments terms of service has not been accepted"),
    135000: (400, "Generic user error"),
}
DOCUMENTATION = "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/"
BAD_REQUEST = 400


class ProviderError(Exception):
    """A call that a provider refuses, or why a message failed later."""

    code: int
    details: str
    http_status: int

    def as_answer(self) -> dict[str, Any]:
        """Return the JSON body of the synchronous refusal."""
        raise NotImplementedError

    def as_status_error(self) -> dict[str, Any]:
        """Return the same refusal as a message's status keeps it; `code` is in it."""
        raise NotImplementedError


class GraphError(ProviderError):
    """A call that Meta refuses, with the code the caller is meant to decide by."""

    def __init__(
        self,
        code: int,
        details: str = "",
        *,
        message: str = "",
        http_status: int | None = None,
        subcode: int | None = None,
        kind: str = "OAuthException",
    ) -> None:
        """Describe the refusal.

        Args:
            code: Meta's error code, such as 131047.
            details: What exactly was wrong; goes to `error_data.details`.
            message: Replaces the code's usual title.
            http_status: Replaces the code's usual HTTP status.
            subcode: Meta's `error_subcode`, which only some errors carry.
            kind: Meta's `type`.
        """
        status, title = TITLES.get(code, (BAD_REQUEST, "Something went wrong"))
        self.code = code
        self.details = details
        self.title = title
        self.message = message or f"(#{code}) {title}"
        self.http_status = http_status or status
        self.subcode = subcode
        self.kind = kind
        super().__init__(f"{self.message}: {details}")

    def as_answer(self) -> dict[str, Any]:
        """Return the JSON body of the synchronous refusal."""
        error: dict[str, Any] = {"message": self.message, "type": self.kind, "code": self.code}
        if self.subcode is not None:
            error["error_subcode"] = self.subcode
        if self.details:
            error["error_data"] = {"messaging_product": "whatsapp", "details": self.details}
        error["fbtrace_id"] = "A" + secrets.token_urlsafe(16)
        return {"error": error}

    def as_status_error(self) -> dict[str, Any]:
        """Return the element of `statuses[].errors[]` that reports the same refusal later."""
        return {
            "code": self.code,
            "title": self.title,
            "message": self.title,
            "error_data": {"details": self.details or self.title},
            "href": DOCUMENTATION,
        }


def missing(path: str) -> GraphError:
    """Return the refusal of a call that lacks the parameter *path*."""
    return GraphError(131008, f"Parameter '{path}' is required.")


def invalid(path: str, why: str) -> GraphError:
    """Return the refusal of a call whose parameter *path* is not acceptable."""
    return GraphError(131009, f"Parameter '{path}' {why}.")
