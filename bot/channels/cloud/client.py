"""heyoo's client, kept to the one call of it that can be trusted with live traffic."""

from __future__ import annotations

from http import HTTPStatus

import heyoo
import requests
from requests import exceptions as failures

from bot.channels.cloud.errors import classify, reason
from bot.channels.http import (
    ANSWER_SECONDS,
    CONNECT_SECONDS,
    UNUSABLE,
    details,
    is_unwritten,
)
from domain.channel import ErrorClass, SendFailed, SendUnknown


class _Silence:
    """Stands in for `logging` inside heyoo.

    heyoo writes recipients' numbers and Meta's answers to the root logger, and the first such line
    would also install a handler on it (an implicit `basicConfig`). Importing it does neither. We
    never call the methods that log; this makes sure of it should somebody begin to.
    """

    def info(self, *_: object) -> None:
        """Drop the line."""

    error = ERROR = info


heyoo.logging = _Silence()


class CloudClient(heyoo.WhatsApp):  # type: ignore[misc]  # heyoo has no types
    """The sending number *phone_number_id* at Meta.

    Everything goes through `send_custom_json`: heyoo's other calls have no time limit, open a
    connection each, and lose the HTTP status. Made anew for each call, since it costs nothing and
    heyoo never looks at a changed token again.
    """

    def __init__(
        self,
        token: str,
        phone_number_id: str,
        base_url: str,
        session: requests.Session,
        timeout: tuple[float, float] = (CONNECT_SECONDS, ANSWER_SECONDS),
    ) -> None:
        super().__init__(token, phone_number_id)
        # Both: heyoo's mark_as_read has a base of its own, and both of heyoo's have expired.
        self.base_url = self.v15_base_url = base_url.rstrip("/")
        self.url = f"{self.base_url}/{phone_number_id}/messages"
        self.session = session
        self.timeout = timeout

    def send_custom_json(
        self, data: dict[str, object], recipient_id: str | None = None
    ) -> dict[str, object]:
        """Post *data* to the number's messages and return Meta's answer.

        Not to be repeated blindly: Meta has no idempotency key.

        Args:
            data: The message, without `messaging_product`; it is not changed.
            recipient_id: Where it goes, if *data* does not say.

        Raises:
            SendFailed: If Meta refused it, or could not be reached.
            SendUnknown: If no answer, or none to be understood, came after it was written.
        """
        body: dict[str, object] = {"messaging_product": "whatsapp", **data}
        if recipient_id is not None:
            body.setdefault("to", recipient_id)
        try:
            answer = self.session.post(
                self.url,
                headers=self.headers,
                json=body,
                timeout=self.timeout,
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
                raise SendFailed(
                    ErrorClass.LATER, None, "WhatsApp could not be reached."
                ) from error
            raise SendUnknown("WhatsApp did not answer.") from error
        return _interpret(answer)

    def mark_as_read(self, message_id: str, *, typing: bool = False) -> dict[str, object]:
        """Show the person that *message_id* and all before it were read.

        Args:
            message_id: Meta's id of the person's message.
            typing: Also show that we are typing, until the answer comes or 25 s have passed.

        Raises:
            SendFailed, SendUnknown: As for `send_custom_json`; it may be repeated.
        """
        data: dict[str, object] = {"status": "read", "message_id": message_id}
        if typing:
            data["typing_indicator"] = {"type": "text"}
        return self.send_custom_json(data)


def _interpret(answer: requests.Response) -> dict[str, object]:
    """Return what Meta answered, or raise what it means."""
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
        return body
    raise SendFailed(classify(None, answer.status_code), None, reason(None, answer.status_code))


def _refusal(error: dict[str, object], http_status: int) -> SendFailed:
    code, subcode = _number(error.get("code")), _number(error.get("error_subcode"))
    data = error.get("error_data")
    said = data.get("details") if isinstance(data, dict) else None
    said = said or error.get("message")
    words = reason(code, http_status, subcode)
    if isinstance(said, str) and said:
        words = f"{words} WhatsApp says: {details(said)}"
    return SendFailed(classify(code, http_status, subcode), code, words)


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
