"""Downloads from a provider: within a size, a time, and the hosts that are its own."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from http import HTTPStatus
from urllib.parse import urlsplit

import requests

from bot.channels.http import CONNECT_SECONDS
from domain.media import LARGEST_BYTES, Fetched, MediaAway, MediaRefused, plain_type

READ_SECONDS = 15.0
WHOLE_SECONDS = 120.0
"""How long one download may take."""
CHUNK = 64 * 1024
LATER = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}


def is_at(url: str, base_url: str, hosts: Collection[str] = ()) -> bool:
    """Return whether *url* is on the host of *base_url*, or by https below one of *hosts*."""
    found, own = urlsplit(url), urlsplit(base_url)
    if (found.scheme, found.netloc) == (own.scheme, own.netloc):
        return True
    host = found.hostname or ""
    is_ours = any(host == h or host.endswith(f".{h}") for h in hosts)
    return found.scheme == "https" and found.username is None and is_ours


def download(
    session: requests.Session,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    auth: tuple[str, str] | None = None,
) -> Fetched | str:
    """Return the file at *url*, or the address to which the provider sends us on.

    Raises:
        MediaAway: If there was no answer, or not in time.
        MediaRefused: If it is gone or too large.
    """
    began = time.monotonic()
    try:
        with session.get(
            url,
            headers=dict(headers or {}),
            auth=auth,
            timeout=(CONNECT_SECONDS, READ_SECONDS),
            # Followed by the caller, without the token and to known hosts alone.
            allow_redirects=False,
            stream=True,
        ) as answer:
            if answer.is_redirect:
                return answer.headers["Location"]
            _check(answer.status_code)
            content = bytearray()
            for chunk in answer.iter_content(CHUNK):
                content += chunk
                if len(content) > LARGEST_BYTES:
                    raise MediaRefused("The file is too large.")
                if time.monotonic() - began > WHOLE_SECONDS:
                    raise MediaAway("The file did not come in time.")
            return Fetched(bytes(content), plain_type(answer.headers.get("Content-Type", "")))
    except requests.RequestException as error:
        raise MediaAway("The provider did not give the file.") from error


def _check(status: int) -> None:
    if status == HTTPStatus.OK:
        return
    if status in LATER or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise MediaAway(f"The provider answered {status}.")
    raise MediaRefused(f"The provider answered {status}.")
