"""Twilio's content resources: which the account has, and those of ours it needs.

A template approved by WhatsApp, and a menu to be tapped, lie at Twilio under a sid. They are found
by name and language, so nothing of them is kept here.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from twilio.rest import Client

from bot.channels.twilio import limits
from bot.channels.twilio.client import calling
from bot.channels.twilio.compose import ANY_LANGUAGE, MENU, menu_name
from bot.render_catalogue import CODE_MINUTES, TemplateDefinition
from domain.channel import ErrorClass, SendFailed, SendUnknown

READ_AGAIN_SECONDS = 600.0
AFTER_A_FAILURE_SECONDS = 60.0
PAGE = 500


class Contents:
    """What content resources the account can send, read anew every ten minutes.

    Those are templates that WhatsApp has approved, and menus, which need no approval.

    Safe to share between threads; one of them reads while the others go by what was read before.
    """

    def __init__(self, client: Client, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._clock = clock
        self._lock = threading.Lock()
        self._sids: dict[tuple[str, str], str] = {}
        self._until: float | None = None

    def __call__(self, name: str, language: str) -> str | None:
        """Return the sid of content *name* in *language* (BCP 47), or None if there is none.

        Also None for everything as long as the list could never be read.
        """
        if self._until is None or self._clock() >= self._until:
            with self._lock:
                if self._until is None or self._clock() >= self._until:
                    self._read()
        return self._sids.get((name, language))

    def _read(self) -> None:
        try:
            self._sids = {
                (name, language): sid
                for (name, language), sid, approval in listed(self._client)
                if approval == "APPROVED" or name.startswith(MENU)
            }
        except (SendFailed, SendUnknown):
            self._until = self._clock() + AFTER_A_FAILURE_SECONDS
        else:
            self._until = self._clock() + READ_AGAIN_SECONDS


def listed(client: Client) -> list[tuple[tuple[str, str], str, str]]:
    """Return name and language, sid, and state of approval of each content of the account.

    Raises:
        SendFailed, SendUnknown: If it could not be read.
    """
    contents = calling(lambda: client.content.v1.content_and_approvals.list(page_size=PAGE))
    return [
        (
            (str(c.friendly_name), str(c.language).replace("_", "-")),
            str(c.sid),
            str((c.approval_requests or {}).get("status", "")).upper(),
        )
        for c in contents
    ]


def create(client: Client, content: dict[str, Any]) -> str:
    """Make a content resource and return its sid.

    Raises:
        SendFailed, SendUnknown: If Twilio did not make it.
    """
    base = client.content.base_url
    answer = _post(client, f"{base}/v1/Content", content)
    return calling(lambda: str(json.loads(answer)["sid"]))


def submit(client: Client, sid: str, name: str, category: str) -> None:
    """Have WhatsApp asked to approve content *sid* as template *name*.

    Raises:
        SendFailed, SendUnknown: If Twilio did not take the request.
    """
    base = client.content.base_url
    url = f"{base}/v1/Content/{sid}/ApprovalRequests/whatsapp"
    _post(client, url, {"name": name, "category": category})


def _post(client: Client, url: str, body: dict[str, Any]) -> str:
    headers = {"Content-Type": "application/json"}
    answer = calling(lambda: client.request("POST", url, data=body, headers=headers))
    if answer.status_code >= 300:  # noqa: PLR2004 - anything but success
        raise SendFailed(ErrorClass.NEVER, None, f"Twilio refused it (HTTP {answer.status_code}).")
    return str(answer.text)


def variable(number: int) -> str:
    """Return what stands in a content resource for its variable of that *number*."""
    return f"{{{{{number}}}}}"


def content_of(definition: TemplateDefinition) -> dict[str, Any]:
    """Return the content resource for one of our templates in one language.

    Parameters are numbered in their order, and what a quick reply sends back follows them, as
    `compose` fills them.
    """
    if definition.category == "AUTHENTICATION":
        kind: dict[str, Any] = {
            "whatsapp/authentication": {
                "add_security_recommendation": True,
                "code_expiration_minutes": CODE_MINUTES,
                "actions": [{"type": "COPY_CODE", "copy_code_text": "Copy code"}],
            }
        }
        return _resource(definition.name, definition.language, kind, ["123456"])
    numbers = {name: n for n, name in enumerate(definition.examples, start=1)}
    body = re.sub(r"\{\{(\w+)\}\}", lambda found: variable(numbers[found[1]]), definition.body)
    first = len(numbers) + 1
    actions = [
        {"type": "QUICK_REPLY", "title": words, "id": variable(first + place)}
        for place, words in enumerate(definition.buttons)
    ]
    kind = (
        {"twilio/quick-reply": {"body": body, "actions": actions}}
        if actions
        else {"twilio/text": {"body": body}}
    )
    samples = [*definition.examples.values(), *(f"choice:{n}" for n in range(len(actions)))]
    return _resource(definition.name, definition.language, kind, samples)


def menus() -> Iterator[dict[str, Any]]:
    """Yield the content resource of each shape of a menu; they hold no words of their own."""
    for count in range(1, limits.BUTTONS_MAX + 1):
        actions = [
            {"type": "QUICK_REPLY", "title": variable(n), "id": variable(n + 1)}
            for n in range(2, 2 + 2 * count, 2)
        ]
        kind = {"twilio/quick-reply": {"body": "{{1}}", "actions": actions}}
        yield _menu("buttons", count, kind, 1 + 2 * count)
    for shape, width in (("list", 2), ("rows", 3)):
        for count in range(1, limits.LIST_ROWS_MAX + 1):
            items = []
            for first in range(3, 3 + width * count, width):
                item = {"item": variable(first), "id": variable(first + 1)}
                if shape == "rows":
                    item["description"] = variable(first + 2)
                items.append(item)
            kind = {"twilio/list-picker": {"body": "{{1}}", "button": "{{2}}", "items": items}}
            yield _menu(shape, count, kind, 2 + width * count)


def _menu(shape: str, count: int, kind: dict[str, Any], variables: int) -> dict[str, Any]:
    samples = [f"sample {n}" for n in range(1, variables + 1)]
    return _resource(menu_name(shape, count), ANY_LANGUAGE, kind, samples)


def _resource(name: str, language: str, kind: dict[str, Any], samples: list[str]) -> dict[str, Any]:
    return {
        "friendly_name": name,
        "language": language,
        "variables": {str(n): sample for n, sample in enumerate(samples, start=1)},
        "types": kind,
    }
