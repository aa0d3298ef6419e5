"""Calls to a provider: one session a process, and what is known when a call fails."""

from __future__ import annotations

import re
import ssl
from http import HTTPStatus
from http.cookiejar import DefaultCookiePolicy
from typing import Final

import requests
from requests import exceptions as failures
from requests.adapters import HTTPAdapter
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError

from domain.channel import ErrorClass

CONNECT_SECONDS = 3.05
"""A little over TCP's first retransmission after 3 s, as requests' documentation advises."""
ANSWER_SECONDS = 9.0
"""Less than the doubt about what somebody waits for: nothing goes again beside its own call."""
POOL = 64
"""Connections kept open: as many as the sending threads of a worker."""


def new_session(pool: int = POOL) -> requests.Session:
    """Return the session over which a process makes all its calls: once, and after the fork.

    It keeps *pool* connections open and takes nothing from its surroundings: proxies of the
    environment and `.netrc` stay out, as do cookies, since many clinics share it.
    """
    session = requests.Session()
    session.trust_env = False
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    for scheme in ("https://", "http://"):
        # No retries: only the row of the message knows whether it may go again.
        session.mount(scheme, HTTPAdapter(pool_maxsize=pool, max_retries=0))
    return session


UNUSABLE: Final = (
    failures.InvalidURL,
    failures.InvalidSchema,
    failures.MissingSchema,
    failures.InvalidHeader,
    UnicodeError,  # A token with a letter that no header can carry.
)
"""What requests raises before it opens a connection, when the settings are wrong."""


def is_unwritten(error: failures.RequestException) -> bool:
    """Tell whether it is certain that nothing of the request was written.

    So it is when no connection came about: refused, unknown host, no answer in time, or a
    certificate that is not Meta's. Anything else may have happened after Meta got the message.
    """
    if isinstance(error, failures.ConnectTimeout):
        return True
    cause = error.args[0] if error.args else None
    if isinstance(cause, MaxRetryError):
        cause = cause.reason
    if isinstance(cause, NewConnectionError | ConnectTimeoutError):
        return True
    return isinstance(error, failures.SSLError) and any(
        isinstance(part, ssl.SSLCertVerificationError) for part in getattr(cause, "args", ())
    )


# What an HTTP status says when there is no code that we know.
PASSING_STATUSES = frozenset(
    {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}
)
SAID_MAX = 2000
DETAILS_MAX = 300
_LONG_NUMBER = re.compile(r"\+?\d[\d\s().-]{5,}\d")


def classify_status(http_status: int) -> ErrorClass:
    """Return what to do about a message that was refused with *http_status* and no known code."""
    if http_status in PASSING_STATUSES or http_status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return ErrorClass.LATER
    # A redirect means that the address is not the provider's (any more).
    if http_status == HTTPStatus.UNAUTHORIZED or http_status < HTTPStatus.BAD_REQUEST:
        return ErrorClass.STOP
    return ErrorClass.NEVER


def redact_numbers(said: str) -> str:
    """Return what a provider *said* about an error, fit to be kept and shown.

    Providers repeat numbers of people and accounts in it; long numbers are blacked out.
    """
    return _LONG_NUMBER.sub("•••", " ".join(said[:SAID_MAX].split()))[:DETAILS_MAX]
