"""Twilio's client, with time limits, a pool of connections, and no logging of its own."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import requests
from requests import exceptions as failures
from twilio.base.exceptions import (
    TwilioException,
    TwilioRestException,
    TwilioServiceException,
)
from twilio.http import HttpClient
from twilio.http.response import Response
from twilio.rest import Client

from bot.channels.http import (
    ANSWER_SECONDS,
    CONNECT_SECONDS,
    UNUSABLE,
    is_unwritten,
    redact_numbers,
)
from bot.channels.twilio.errors import classify, reason
from domain.channel import ErrorClass, SendFailed, SendUnknown

if TYPE_CHECKING:
    from collections.abc import Mapping

T = TypeVar("T")
SMALLEST_CODE = 10_000
"""Twilio's own codes start here. Without one, its library reports the HTTP status as the code."""


class _Quiet(HttpClient):  # type: ignore[misc]  # twilio has no types
    """Makes the calls over *session*. Twilio's class keeps the last message and logs requests."""

    def __init__(self, session: requests.Session, timeout: tuple[float, float]) -> None:
        super().__init__(logging.getLogger("twilio.http_client"), is_async=False)
        self._session = session
        self._limits = timeout

    def request(
        self,
        method: str,
        uri: str,
        params: Mapping[str, Any] | None = None,
        data: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        **_overruled: object,
    ) -> Response:
        """Make one call, within our time limits whatever the library asks for.

        No redirect is followed: it would carry the token elsewhere.
        """
        is_json = (headers or {}).get("Content-Type") == "application/json"
        answer = self._session.request(
            method,
            uri,
            params=params,
            headers=headers,
            auth=auth,
            timeout=self._limits,
            allow_redirects=False,
            json=data if is_json else None,
            data=None if is_json else data,
        )
        return Response(answer.status_code, answer.text, answer.headers)


def new_client(
    account_sid: str,
    auth_token: str,
    api_url: str | None,
    session: requests.Session,
    timeout: tuple[float, float] = (CONNECT_SECONDS, ANSWER_SECONDS),
) -> Client:
    """Return a client of the account, safe to share between threads.

    Args:
        account_sid: The account, `AC…`.
        auth_token: Its primary token.
        api_url: Used instead of all of Twilio's addresses, if given.
        session: From `http.new_session`, one for each process.
        timeout: Seconds to connect, and seconds between bytes of the answer.
    """
    # Not the process's environment: TWILIO_EDGE and TWILIO_REGION change even a given address.
    ours = {"TWILIO_ACCOUNT_SID": account_sid}
    client = Client(account_sid, auth_token, http_client=_Quiet(session, timeout), environment=ours)
    if api_url:
        client.api.base_url = client.content.base_url = api_url
    return client


def call_twilio(call: Callable[[], T]) -> T:
    """Return what *call* returns, with its errors turned into those of `domain.channel`.

    Raises:
        SendFailed: If Twilio refused, or could not be reached.
        SendUnknown: If no answer, or an unreadable one, came after the request was written.
    """
    try:
        return call()
    except UNUSABLE as error:
        said = "The address or the account's token in the settings is malformed."
        raise SendFailed(ErrorClass.STOP, None, said) from error
    except failures.RequestException as error:
        if is_unwritten(error):
            raise SendFailed(ErrorClass.LATER, None, "Twilio could not be reached.") from error
        raise SendUnknown("Twilio did not answer.") from error
    except (TwilioRestException, TwilioServiceException) as error:
        raise _refusal(error) from None
    except TwilioException:  # Raised by a list, and says nothing more.
        said = "Twilio did not give the list it was asked for."
        raise SendFailed(ErrorClass.LATER, None, said) from None
    except (ValueError, AttributeError) as error:  # Accepted, but the answer is no JSON.
        raise SendUnknown("Twilio's answer could not be read.") from error


def _refusal(error: TwilioRestException | TwilioServiceException) -> SendFailed:
    status, code = int(error.status), error.code
    known = code if isinstance(code, int) and code >= SMALLEST_CODE else None
    said = getattr(error, "msg", None) or getattr(error, "detail", None)
    words = reason(known, status)
    if known is not None and isinstance(said, str):
        words = f"{words} Twilio says: {redact_numbers(said)}"
    return SendFailed(classify(known, status), known, words)
