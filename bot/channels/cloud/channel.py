"""Meta's Cloud API as a `Channel`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import requests
import structlog

from bot.channels.cloud.client import CloudClient
from bot.channels.cloud.compose import compose_envelope, send_content
from bot.channels.http import ANSWER_SECONDS, CONNECT_SECONDS
from domain.channel import ErrorClass, Outbound, SendFailed, SendUnknown
from domain.errors import PulseOpsError

log = structlog.get_logger()


class CloudChannel:
    """Sends through Meta's Cloud API, for any number of sending numbers.

    Safe to share between threads. `sender` is the number's phone_number_id.

    Args:
        base_url: Meta's address with the version, such as `https://graph.facebook.com/v26.0`.
        tokens: Returns a sender's access token. It is called before every call, so that a renewed
            token works at once. Raises LookupError, or returns "", for a sender without one.
        session: From `http.new_session`, one for each process.
        timeout: Seconds to connect, and seconds between bytes of the answer.
    """

    can_react = True

    def __init__(
        self,
        base_url: str,
        tokens: Callable[[str], str],
        session: requests.Session,
        *,
        timeout: tuple[float, float] = (CONNECT_SECONDS, ANSWER_SECONDS),
    ) -> None:
        self._base_url = base_url
        self._tokens = tokens
        self._session = session
        self._timeout = timeout

    def send(self, message: Outbound) -> str:
        """Hand *message* to Meta and return Meta's id for it (the wamid).

        The id means accepted, not delivered: a refusal may still come as a `failed` status.
        Not to be repeated blindly: Meta has no idempotency key.

        Raises:
            SendFailed: If Meta refused it or could not be reached; `kind` says what to do.
            SendUnknown: If no answer, or one without an id, came after the request was written.
        """
        envelope = compose_envelope(message)
        with self._client(message.sender, envelope) as client:
            return _wamid(send_content(client, message))

    def mark_read(self, sender: str, provider_id: str, *, typing: bool = False) -> None:
        """Show the person that *provider_id* was read, and with *typing* that we are typing.

        Never raises: a failure is logged and forgotten.
        """
        # heyoo's method has no argument for it.
        envelope = {"typing_indicator": {"type": "text"}} if typing else {}
        try:
            with self._client(sender, envelope) as client:
                client.mark_as_read(provider_id)
        except PulseOpsError as error:
            log.info("cloud_mark_read_failed", error=type(error).__name__)

    def _client(self, sender: str, envelope: Mapping[str, object]) -> CloudClient:
        try:
            token = self._tokens(sender)
        except LookupError:
            token = ""
        if not token:
            raise SendFailed(ErrorClass.STOP, None, "No access token is set for this number.")
        return CloudClient(
            token, sender, self._base_url, self._session, self._timeout, envelope=envelope
        )


def _wamid(answer: object) -> str:
    """Return Meta's id for the message out of its *answer*."""
    messages = answer.get("messages") if isinstance(answer, dict) else None
    first = messages[0] if isinstance(messages, list) and messages else None
    wamid = first.get("id") if isinstance(first, dict) else None
    if not isinstance(wamid, str) or not wamid:
        raise SendUnknown("WhatsApp took the message but gave no id for it.")
    return wamid
