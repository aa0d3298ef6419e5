"""Calls to an application in this process, by the session that would call a provider."""

from __future__ import annotations

from typing import Any

import requests
from flask import Flask
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict

from bot.channels.http import new_session

ADDRESS = "http://127.0.0.1"


class _Application(BaseAdapter):
    """Answers a session's requests by an application, without a connection."""

    def __init__(self, application: Flask) -> None:
        super().__init__()
        self._client = application.test_client()

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        said = self._client.open(
            request.path_url,
            base_url=ADDRESS,
            method=request.method,
            headers=dict(request.headers),
            data=request.body,
        )
        answer = requests.Response()
        answer.status_code = said.status_code
        answer.headers = CaseInsensitiveDict(said.headers)
        answer._content = said.data
        answer.url, answer.request, answer.encoding = request.url or "", request, "utf-8"
        return answer

    def close(self) -> None:
        """Do nothing: there is no connection."""


def session_to(application: Flask) -> requests.Session:
    """Return a session of the product's own, all of whose calls *application* answers."""
    session = new_session()
    for scheme in ("https://", "http://"):
        session.mount(scheme, _Application(application))
    return session
