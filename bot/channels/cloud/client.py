"""heyoo's client: its methods build the messages, and our own transport posts them."""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar, Token
from http import HTTPStatus
from types import SimpleNamespace, TracebackType
from typing import Self

import heyoo
import requests
from requests import exceptions as failures

from bot.channels.cloud.errors import classify, reason
from bot.channels.http import (
    ANSWER_SECONDS,
    CONNECT_SECONDS,
    UNUSABLE,
    is_unwritten,
    redact_numbers,
)
from domain.channel import ErrorClass, SendFailed, SendUnknown

_OPEN: ContextVar[CloudClient] = ContextVar("open_cloud_client")
"""The client whose call heyoo is building, in each thread."""


class CloudClient(heyoo.WhatsApp):  # type: ignore[misc]  # heyoo has no types
    """The sending number *phone_number_id* at Meta, for one call of one of heyoo's methods.

    Within `with`, heyoo's methods post through *session*; outside they raise LookupError, so that
    nothing is sent without our address, time limits and errors. They raise `SendFailed` if Meta
    refuses or cannot be reached, and `SendUnknown` if no answer, or an unreadable one, comes after
    the request was written. Not to be repeated blindly: Meta has no idempotency key. Create one for
    each call: it is cheap, and heyoo keeps the token it was made with.

    Args:
        token: The number's access token.
        phone_number_id: Meta's id of the number.
        base_url: Meta's address with the version.
        session: From `http.new_session`, one for each process.
        timeout: Seconds to connect, and seconds between bytes of the answer.
        envelope: Fields of the body that heyoo's methods do not know. heyoo's own fields win.
    """

    def __init__(
        self,
        token: str,
        phone_number_id: str,
        base_url: str,
        session: requests.Session,
        timeout: tuple[float, float] = (CONNECT_SECONDS, ANSWER_SECONDS),
        *,
        envelope: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(token, phone_number_id)
        # Both: heyoo's mark_as_read has a base of its own, and both of heyoo's have expired.
        self.base_url = self.v15_base_url = base_url.rstrip("/")
        self.url = f"{self.base_url}/{phone_number_id}/messages"
        self.session = session
        self.timeout = timeout
        self.envelope = envelope or {}

    def __enter__(self) -> Self:
        self._before: Token[CloudClient] = _OPEN.set(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        _OPEN.reset(self._before)

    def send_custom_json(self, data: dict[str, object], recipient_id: str | None = None) -> object:
        """Post *data*, a message of a type that heyoo has no method for; return Meta's answer.

        heyoo's method writes the address into the caller's dict; this one leaves *data* unchanged.

        Args:
            data: The message, without what every message has.
            recipient_id: Where it goes, if *data* does not say.

        Raises:
            SendFailed: If Meta refused it, or could not be reached.
            SendUnknown: If no answer, or an unreadable one, came after it was written.
        """
        return super().send_custom_json({**data}, recipient_id)


def _post(url: str, *, headers: Mapping[str, str], json: dict[str, object]) -> requests.Response:
    """Post the body that heyoo built, with the open client's envelope; return Meta's acceptance.

    Raises:
        SendFailed: If Meta refused it, or could not be reached.
        SendUnknown: If no answer, or an unreadable one, came after it was written.
    """
    client = _OPEN.get()
    body = {"messaging_product": "whatsapp", **client.envelope, **_without_nulls(json)}
    try:
        answer = client.session.post(
            url,
            headers=headers,
            json=body,
            timeout=client.timeout,
            # A redirected POST becomes a GET, and would carry the token to another host.
            allow_redirects=False,
        )
    except UNUSABLE as error:
        raise SendFailed(
            ErrorClass.STOP,
            None,
            "The address or the access token in the settings is malformed.",
        ) from error
    except failures.RequestException as error:
        if is_unwritten(error):
            raise SendFailed(ErrorClass.LATER, None, "WhatsApp could not be reached.") from error
        raise SendUnknown("WhatsApp did not answer.") from error
    _check(answer)
    return answer


def _without_nulls(fields: dict[str, object]) -> dict[str, object]:
    """Return *fields* without those that heyoo writes as null because they were not given."""
    return {
        name: _without_nulls(value) if isinstance(value, dict) else value
        for name, value in fields.items()
        if value is not None
    }


def _drop(*_: object) -> None:
    """Log nothing."""


# heyoo calls `requests.post` without a time limit, on a new connection, and drops the HTTP status.
# It gets only `post`, so that its calls about media, which we do not make, cannot go out either.
heyoo.requests = SimpleNamespace(post=_post)
# heyoo writes recipients' numbers and Meta's answers to the root logger, and the first such line
# would also install a handler on it (an implicit `basicConfig`). Importing it does neither.
heyoo.logging = SimpleNamespace(info=_drop, error=_drop)


def _check(answer: requests.Response) -> None:
    """Raise `SendFailed` or `SendUnknown` unless Meta accepted the call."""
    try:
        read = answer.json()
    except ValueError:  # A proxy's page, say.
        read = None
    body: dict[str, object] = read if isinstance(read, dict) else {}
    error = body.get("error")
    if isinstance(error, dict):
        raise _refusal(error, answer.status_code)
    if HTTPStatus.OK <= answer.status_code < HTTPStatus.MULTIPLE_CHOICES:
        if not body:
            raise SendUnknown("WhatsApp's answer could not be read.")
        return
    raise SendFailed(classify(None, answer.status_code), None, reason(None, answer.status_code))


def _refusal(error: dict[str, object], http_status: int) -> SendFailed:
    code, subcode = _number(error.get("code")), _number(error.get("error_subcode"))
    data = error.get("error_data")
    said = data.get("details") if isinstance(data, dict) else None
    said = said or error.get("message")
    words = reason(code, http_status, subcode)
    if isinstance(said, str) and said:
        words = f"{words} WhatsApp says: {redact_numbers(said)}"
    return SendFailed(classify(code, http_status, subcode), code, words)


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
