"""Fetches the file of a message by its link, after the message was accepted, as Meta does."""

from __future__ import annotations

import secrets
from urllib.parse import urlsplit

import requests

from simulator import limits
from simulator.errors import GraphError
from simulator.media import Media

HERE = ("localhost", "127.0.0.1", "::1")
CONNECT_SECONDS, READ_SECONDS = 3.0, 10.0
# Meta takes documents of 100 MB; those here stay small.
FILE_MAX = 20 * 1024 * 1024
CHUNK = 64 * 1024


def fetch(link: str) -> Media:
    """Return the document behind *link*; of this machine only, and no redirect is followed.

    Raises:
        GraphError: 131053, if there is none, or WhatsApp does not take it.
    """
    if urlsplit(link).hostname not in HERE:
        raise _failed("the simulator fetches from this machine only")
    with requests.Session() as session:
        session.trust_env = False
        try:
            answer = session.get(
                link, timeout=(CONNECT_SECONDS, READ_SECONDS), allow_redirects=False, stream=True
            )
            if answer.status_code != requests.codes.ok:
                code, words = answer.status_code, answer.reason
                raise _failed(f"with http code {code}, status message {words}")
            kind = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
            if kind not in limits.DOCUMENT_TYPES | limits.MEDIA_TYPES:
                raise GraphError(131053, f"Unsupported document mime type {kind or 'none'}.")
            content = b""
            for chunk in answer.iter_content(CHUNK):
                content += chunk
                if len(content) > FILE_MAX:
                    raise GraphError(131053, "The document is too large.")
        except requests.RequestException as error:
            raise _failed(f"({type(error).__name__})") from error
    return Media(new_media_id(), kind, content)


def new_media_id() -> str:
    """Return a new id of a file."""
    return str(secrets.randbelow(9 * 10**14) + 10**14)


def _failed(why: str) -> GraphError:
    return GraphError(131053, f"Downloading media from weblink failed {why}")
