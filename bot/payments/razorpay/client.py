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

from domain.gateway import GatewayRefused, GatewayUnavailable

TIMEOUT = (3.05, 8.0)
"""Seconds for a connection, and for each part of an answer."""
TRY_LATER = frozenset(
    {
        HTTPStatus.UNAUTHORIZED,  # An operator has to mend a wrong or changed key;
        HTTPStatus.FORBIDDEN,  # it must not end a refund.
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.CONFLICT,  # The same call is still in progress.
        HTTPStatus.TOO_EARLY,
        HTTPStatus.TOO_MANY_REQUESTS,
    }
)
"""Statuses under 500 after which the same call may succeed."""
LONGEST_REASON = 300
log = structlog.get_logger()


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
            GatewayRefused: If it will not succeed; with Razorpay's reason.
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
    is_error = HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
    if is_error and status not in TRY_LATER and isinstance(body, dict):
        raise GatewayRefused(_reason(body))
    # An answer that is no JSON comes from a proxy, not from Razorpay.
    log.warning("gateway_unavailable", provider="razorpay", code=str(status))
    raise GatewayUnavailable(str(status))


def _reason(body: dict[str, Any]) -> str:
    error = body.get("error")
    description = error.get("description") if isinstance(error, dict) else None
    return str(description or "no reason given")[:LONGEST_REASON]
