"""The razorpay library, with one session, time-outs and our errors.

The library knows the address and body of each call. Its own `request` has no time-out, loses the
status of an error, and prints failures with their address; so this one replaces it.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import razorpay
import requests
import structlog

from domain.gateway import GatewayRefused, GatewayUnavailable, IdempotencyKeyTaken

TIMEOUT = (3.05, 8.0)
"""Seconds for a connection, and for each part of an answer."""
TRY_LATER = frozenset(
    {
        HTTPStatus.UNAUTHORIZED,  # An operator has to mend a wrong or changed key;
        HTTPStatus.FORBIDDEN,  # it must not end a refund.
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.CONFLICT,  # Unless it says that the key is taken: see `_interpret`.
        HTTPStatus.TOO_EARLY,
        HTTPStatus.TOO_MANY_REQUESTS,
    }
)
"""Statuses under 500 after which the same call may succeed."""
KEY_TAKEN = frozenset({HTTPStatus.CONFLICT, HTTPStatus.BAD_REQUEST})
"""Statuses of a request whose idempotency key was used with another body.

Razorpay's page on idempotent refunds names the first in its list of errors, the second in its text.
"""
LONGEST_REASON = 300
log = structlog.get_logger()


class UnknownConflict(GatewayUnavailable):
    """Razorpay answered 409 in words that we do not know."""


class RazorpayClient(razorpay.Client):  # type: ignore[misc]  # the library is untyped
    """Razorpay's API."""

    def __init__(
        self, base_url: str, key_id: str, key_secret: str, session: requests.Session
    ) -> None:
        super().__init__(session=session, auth=(key_id, key_secret), base_url=base_url)

    def request(
        self,
        method: str,
        path: str,
        **options: Any,  # noqa: ANN401 - the library's own for requests
    ) -> dict[str, Any]:
        """Make one call and return its answer; every resource of the library calls this.

        Raises:
            GatewayUnavailable: If the call may succeed later; what it did is unknown.
            UnknownConflict: If it probably may: a 409 that does not say why.
            GatewayRefused: If it will not succeed; with Razorpay's reason.
            IdempotencyKeyTaken: If its key was used with another body.
        """
        try:
            response = self.session.request(
                method,
                f"{self.base_url}{path}",
                auth=self.auth,
                timeout=TIMEOUT,
                allow_redirects=False,
                **options,
            )
        except requests.RequestException as error:
            log.warning("gateway_unreachable", provider="razorpay", error=type(error).__name__)
            raise GatewayUnavailable(type(error).__name__) from error
        return _interpret(response)


def _interpret(response: requests.Response) -> dict[str, Any]:
    status = response.status_code
    try:
        body = response.json()
    except ValueError:
        body = None
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES and isinstance(body, dict):
        return body
    reason = _reason(body)
    if status in KEY_TAKEN and _says_key_is_taken(reason):
        raise IdempotencyKeyTaken(reason)
    is_error = HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
    if is_error and status not in TRY_LATER and isinstance(body, dict):
        raise GatewayRefused(reason)
    # An answer that is no JSON comes from a proxy, not from Razorpay.
    log.warning("gateway_unavailable", provider="razorpay", code=str(status))
    if status == HTTPStatus.CONFLICT and not _says_in_progress(reason):
        raise UnknownConflict(reason)
    raise GatewayUnavailable(str(status))


def _reason(body: object) -> str:
    error = body.get("error") if isinstance(body, dict) else None
    description = error.get("description") if isinstance(error, dict) else None
    return str(description or "no reason given")[:LONGEST_REASON]


# Both errors have the code BAD_REQUEST_ERROR and the reason "NA": only the description tells.
def _says_in_progress(reason: str) -> bool:
    """Recognise "Another request with the same idempotency key is still in progress."."""
    return "in progress" in reason.casefold()


def _says_key_is_taken(reason: str) -> bool:
    """Recognise "Different request with the same idempotency key has already been processed."."""
    said = reason.casefold()
    return "idempotency key" in said and "different" in said and not _says_in_progress(reason)
