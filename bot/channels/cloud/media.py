"""Files at Meta: fetched by their id, and uploaded before they are sent."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

import requests

from bot.channels.cloud.values import identifier, node
from bot.channels.fetching import LATER, READ_SECONDS, download, is_at
from bot.channels.http import CONNECT_SECONDS
from domain.channel import SendFailed
from domain.media import Fetched, MediaAway, MediaRefused, plain_type

HOSTS = ("fbsbx.com", "facebook.com", "fbcdn.net", "whatsapp.net")
"""Where Meta keeps files; the access token goes nowhere else."""


class CloudMedia:
    """Files at Meta's Cloud API; implements `domain.media.Media`.

    Args:
        base_url: Meta's address with the version.
        tokens: Returns a sender's access token; see `CloudChannel`.
        session: From `http.new_session`, one for each process.
    """

    def __init__(
        self, base_url: str, tokens: Callable[[str], str], session: requests.Session
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._tokens = tokens
        self._session = session

    def fetch(self, sender: str, source: str) -> Fetched:
        """Return the file with the id *source*; see `Media.fetch`.

        Its address lives five minutes, so it is asked for first.
        """
        if not source.isascii() or not source.isalnum():
            raise MediaRefused("That is no id of a file.")
        headers = self._headers(sender)
        told = self._ask("GET", f"{self._base_url}/{source}", headers)
        url, written = told.get("url"), told.get("mime_type")
        if not isinstance(url, str) or not is_at(url, self._base_url, HOSTS):
            raise MediaRefused("WhatsApp named no address of its own.")
        found = download(self._session, url, headers=headers)
        if isinstance(found, str):
            raise MediaRefused("WhatsApp sent us on.")
        kind = plain_type(written) if isinstance(written, str) else found.media_type
        return Fetched(found.content, kind)

    def offer(self, sender: str, content: bytes, media_type: str, name: str) -> str | None:
        """Upload a file, and return Meta's id of it; see `Media.offer`."""
        told = self._ask(
            "POST",
            f"{self._base_url}/{sender}/media",
            self._headers(sender),
            data={"messaging_product": "whatsapp", "type": media_type},
            files={"file": (name, content, media_type)},
        )
        found = identifier(told.get("id"))
        if found is None:
            raise MediaAway("WhatsApp took the file but gave no id for it.")
        return found

    def _headers(self, sender: str) -> dict[str, str]:
        try:
            token = self._tokens(sender)
        except (LookupError, SendFailed):
            token = ""
        if not token:
            raise MediaAway("No access token is set for this number.")
        return {"Authorization": f"Bearer {token}"}

    def _ask(
        self,
        method: str,
        url: str,
        headers: dict[str, str],
        *,
        data: dict[str, str] | None = None,
        files: dict[str, tuple[str, bytes, str]] | None = None,
    ) -> dict[str, object]:
        try:
            answer = self._session.request(
                method,
                url,
                headers=headers,
                data=data,
                files=files,
                timeout=(CONNECT_SECONDS, READ_SECONDS),
                allow_redirects=False,
            )
            told = node(answer.json())
        except (requests.RequestException, UnicodeError) as error:
            raise MediaAway("WhatsApp did not answer.") from error
        status = answer.status_code
        if status == HTTPStatus.OK:
            return told
        passing = status in LATER or status >= HTTPStatus.INTERNAL_SERVER_ERROR
        # A token that has ended is renewed in the settings.
        if passing or status == HTTPStatus.UNAUTHORIZED:
            raise MediaAway(f"WhatsApp answered {status}.")
        raise MediaRefused(f"WhatsApp answered {status}.")
