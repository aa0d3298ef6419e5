"""Live pages as a browser opens them, read an event at a time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from werkzeug.test import TestResponse

from api.frame.engine import EXTENSION
from api.frame.hub import MOST_OF_USER, Hub
from tests.api.office import Client, Office

STREAM = "/doctors/doc_khan/queue/stream"
NEVER = 3600.0


def use_hub(
    office: Office, *, most: int = 1000, most_of_user: int = MOST_OF_USER, beat: float = NEVER
) -> Hub:
    """Give the office a hub that hears the stage's bell; the tests look and beat by themselves."""
    made = Hub(
        office.services.open_work,
        lambda _: None,
        most=most,
        most_of_user=most_of_user,
        every=NEVER,
        beat=beat,
    )
    office.app.extensions[EXTENSION] = replace(office.services, hub=made)
    return made


@dataclass
class Page:
    """An open page, which reads one event at a time."""

    answer: TestResponse
    chunks: Iterator[bytes]

    def event(self) -> dict[str, Any]:
        """Return the next event: its fields, with `data` as JSON."""
        text = self.piece()
        assert text.endswith("\n\n")
        found: dict[str, Any] = dict(line.split(": ", 1) for line in text.rstrip("\n").split("\n"))
        assert found["event"] == "queue_update"
        found["data"] = json.loads(found["data"])
        return found

    def piece(self) -> str:
        """Return the next thing sent."""
        return next(self.chunks).decode()

    @property
    def is_over(self) -> bool:
        """Whether nothing more comes."""
        return next(self.chunks, None) is None


@contextmanager
def opened(client: Client, path: str = STREAM, **given: Any) -> Iterator[Page]:
    """Open a page; what comes before its first event is read already."""
    sent = given.pop("headers", {})
    if client.token:
        sent["Authorization"] = f"Bearer {client.token}"
    answer = client.office.http.open(
        "/api/v1" + path, headers=sent, query_string=given.get("query"), buffered=False
    )
    assert answer.status_code == 200, answer.text
    page = Page(answer, answer.iter_encoded())
    assert page.piece() == "retry: 3000\n\n"
    try:
        yield page
    finally:
        answer.close()
