"""Calls to a provider: the session, and what is known of a call that failed."""

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
"""Less than the wait for a status (10 s) after which an unanswered message is sent again."""
POOL = 64
"""Connections kept open: as many as a worker has sending threads."""


def new_session(pool: int = POOL) -> requests.Session:
    """Return the session for all calls of a process, to be made once and after the fork.

    It keeps *pool* connections open, ignores the environment's proxies and `.netrc`, and keeps no
    cookies, since many clinics share it.
    """
    session = requests.Session()
    session.trust_env = False
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    for scheme in ("https://", "http://"):
        # No retries: only the message's row says whether it may be sent again.
        session.mount(scheme, HTTPAdapter(pool_maxsize=pool, max_retries=0))
    return session


UNUSABLE: Final = (
    failures.InvalidURL,
    failures.InvalidSchema,
    failures.MissingSchema,
    failures.InvalidHeader,
    UnicodeError,  # A token with a letter that no header can carry.
)
"""What requests raises for wrong settings, before it opens a connection."""


def is_unwritten(error: failures.RequestException) -> bool:
    """Return whether it is certain that nothing of the request was written.

    That is so if there was no connection: refused, unknown host, not connected in time, or a wrong
    certificate. After any other error the provider may have the message.
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


PASSING_STATUSES = frozenset(
    {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}
)
"""Statuses after which a call may be tried again, if no error code that we know says more."""
FORM_STATUSES = frozenset(
    {
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.NOT_FOUND,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        HTTPStatus.UNPROCESSABLE_ENTITY,
    }
)
"""Statuses that most likely are about the form of a message, if no code that we know says more."""
SAID_MAX = 2000
DETAILS_MAX = 300
_LONG_NUMBER = re.compile(r"\+?\d[\d\s().-]{5,}\d")


def classify_status(http_status: int) -> ErrorClass:
    """Return what to do about a message that was refused with *http_status* and no known code."""
    if http_status in PASSING_STATUSES or http_status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return ErrorClass.LATER
    # A redirect means that the address in the settings is not the provider's.
    if http_status == HTTPStatus.UNAUTHORIZED or http_status < HTTPStatus.BAD_REQUEST:
        return ErrorClass.STOP
    return ErrorClass.MALFORMED if http_status in FORM_STATUSES else ErrorClass.NEVER


def redact_numbers(said: str) -> str:
    """Return a provider's text about an error, shortened, with long numbers blacked out.

    Providers repeat the numbers of people and accounts in it; without them it can be stored and
    shown.
    """
    return _LONG_NUMBER.sub("•••", " ".join(said[:SAID_MAX].split()))[:DETAILS_MAX]
