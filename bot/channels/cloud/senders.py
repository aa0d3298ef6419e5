"""Senders at Meta: the phone number of a phone_number_id, and its access token."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

import requests

from bot.channels.http import CONNECT_SECONDS
from bot.channels.numbers import e164
from domain.channel import ErrorClass, SendFailed
from domain.errors import Busy, StoreUnavailable, Unreadable
from domain.model.clinics import Sender
from domain.ports import Records, Seal
from domain.scopes import SystemScope

ANSWER_SECONDS = 4.0
"""A person waits for the answer."""


class CloudSenders:
    """Asks Graph about phone_number_ids; implements `domain.channel.Senders`.

    Args:
        base_url: Meta's address with the version.
        access_token: The platform's own.
        session: From `new_session`, one for each process.
    """

    def __init__(self, base_url: str, access_token: str, session: requests.Session) -> None:
        self._base_url = base_url.rstrip("/")
        self._access_token = access_token
        self._session = session
        self._known: dict[str, str] = {}

    def number_of(self, sender: str, access_token: str | None = None) -> str | None:
        """Return the phone number of *sender* as Graph shows it to the token; see `Senders`.

        Raises:
            Busy: If Graph could not be reached, or failed.
        """
        if access_token is not None:
            return self._ask(sender, access_token)
        if sender not in self._known:
            number = self._ask(sender, self._access_token)
            if number is None:
                return None
            self._known[sender] = number
        return self._known[sender]

    def _ask(self, sender: str, access_token: str) -> str | None:
        if not sender.isascii() or not sender.isdecimal():
            return None  # No phone_number_id: it must not become a part of an address.
        try:
            answer = self._session.get(
                f"{self._base_url}/{sender}",
                params={"fields": "display_phone_number"},
                headers={"Authorization": f"Bearer {access_token}"},
                timeout=(CONNECT_SECONDS, ANSWER_SECONDS),
                # Redirected, the token would go to another host.
                allow_redirects=False,
            )
            read = answer.json()
        except (requests.exceptions.InvalidHeader, UnicodeError):
            return None  # No header can carry such a token, so it is nobody's.
        except requests.RequestException as error:
            raise Busy("WhatsApp could not be asked; please try again.") from error
        status = answer.status_code
        if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise Busy("WhatsApp could not be asked; please try again.")
        if status != HTTPStatus.OK or not isinstance(read, dict) or read.get("id") != sender:
            return None
        return e164(read.get("display_phone_number"))


def sender_tokens(records: Records, seal: Seal, access_token: str) -> Callable[[str], str]:
    """Return a function from a sender to its access token: the clinic's own, else *access_token*.

    The function raises LookupError for a token that can no longer be decrypted, and SendFailed
    while the store does not answer.
    """

    def token_of(sender: str) -> str:
        scope = SystemScope("the token a clinic's own sender sends with")
        try:
            found = records.get(scope, [(Sender, (sender,))])[0]
        except StoreUnavailable:
            raise SendFailed(ErrorClass.LATER, None, "The store did not answer.") from None
        if not isinstance(found, Sender):
            return access_token
        try:
            return seal.open(found.access_token)
        except Unreadable:
            raise LookupError(sender) from None

    return token_of
