"""Files at Twilio: fetched from their address; what we send, Twilio fetches from ours."""

from __future__ import annotations

from urllib.parse import urlsplit

import requests

from bot.channels.fetching import download, is_at
from domain.media import Fetched, MediaRefused

TWILIO = "https://api.twilio.com"
HOSTS = ("twilio.com", "twiliocdn.com", "amazonaws.com")
"""Where Twilio keeps files: it sends whoever has signed in on to the last two."""
MOST_STEPS = 3


class TwilioMedia:
    """Files of a Twilio account; implements `domain.media.Media`.

    Args:
        account_sid: The account, `AC…`.
        auth_token: Its primary token.
        api_url: Used instead of Twilio's address, if given.
        session: From `http.new_session`, one for each process.
    """

    def __init__(
        self, account_sid: str, auth_token: str, api_url: str | None, session: requests.Session
    ) -> None:
        self._sid = account_sid
        self._token = auth_token
        self._base_url = (api_url or TWILIO).rstrip("/")
        self._session = session

    def fetch(self, sender: str, source: str) -> Fetched:
        """Return the file at the address *source* of this account; see `Media.fetch`."""
        del sender  # One account has all numbers.
        path = urlsplit(source).path
        is_own = path.startswith(f"/2010-04-01/Accounts/{self._sid}/") and ".." not in path
        if not is_at(source, TWILIO) or not is_own:
            raise MediaRefused("That is no address of a file of this account.")
        found = download(self._session, self._base_url + path, auth=(self._sid, self._token))
        for _ in range(MOST_STEPS):
            if isinstance(found, Fetched):
                return found
            if not is_at(found, self._base_url, HOSTS):
                break
            found = download(self._session, found)
        raise MediaRefused("Twilio sent us on to an address that is not its own.")

    def offer(self, sender: str, content: bytes, media_type: str, name: str) -> str | None:
        """Return None: Twilio takes files by their address."""
        del sender, content, media_type, name
        return None
