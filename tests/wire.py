"""A session whose calls are kept instead of made."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests
from requests.adapters import BaseAdapter


class Wire(BaseAdapter):
    """Keeps every call made over `session`, and gives each the same answer.

    Args:
        answer: What each call is answered, as JSON.
    """

    def __init__(self, answer: dict[str, Any]) -> None:
        super().__init__()
        self._answer = json.dumps(answer).encode()
        self.calls: list[requests.PreparedRequest] = []
        self.session = requests.Session()
        self.session.mount("https://", self)

    @property
    def bodies(self) -> list[dict[str, Any]]:
        """The JSON bodies of the calls."""
        return [json.loads(call.body or b"null") for call in self.calls]

    @property
    def queries(self) -> list[dict[str, str]]:
        """The query of each call's address."""
        return [dict(parse_qsl(urlsplit(call.url or "").query)) for call in self.calls]

    def send(self, request: requests.PreparedRequest, **_: Any) -> requests.Response:  # type: ignore[override]  # the rest is the network's
        """Keep *request* and return the answer."""
        self.calls.append(request)
        answer = requests.Response()
        answer.status_code = 200
        answer._content = self._answer
        return answer

    def close(self) -> None:
        """Do nothing: there is no connection."""
