"""Twilio's content resources: templates and menus, which the account keeps under a sid.

They are found by name and language, so that no sid is stored here.
"""

from __future__ import annotations

import itertools
import json
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from typing import Any

from twilio.rest import Client
from twilio.rest.content.v1.content_and_approvals import ContentAndApprovalsInstance

from bot.channels.http import redact_numbers
from bot.channels.templates import (
    CODE_MINUTES,
    UNSUBMITTED,
    Key,
    ProviderTemplate,
    TemplateDefinition,
)
from bot.channels.twilio import limits
from bot.channels.twilio.client import call_twilio
from bot.channels.twilio.compose import ANY_LANGUAGE, BUTTONS, LIST, MENU, ROWS, menu_name
from bot.channels.twilio.errors import classify
from domain.channel import ErrorClass, SendFailed, SendUnknown

READ_AGAIN_SECONDS = 600.0
AFTER_A_FAILURE_SECONDS = 60.0
PAGE = 500
AUTHENTICATION = "whatsapp/authentication"


class Contents:
    """The content resources that the account can send, read again every ten minutes.

    These are the templates that WhatsApp has approved, and the menus, which need no approval. Safe
    to share between threads.
    """

    def __init__(self, client: Client, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._clock = clock
        self._lock = threading.Lock()
        self._sids: dict[tuple[str, str], str] = {}
        self._until: float | None = None

    def __call__(self, name: str, language: str) -> str | None:
        """Return the sid of content *name* in *language* (BCP 47), or None if there is none.

        Returns None for everything until the list has been read once.
        """
        if self._until is None or self._clock() >= self._until:
            with self._lock:
                if self._until is None or self._clock() >= self._until:
                    self._read()
        return self._sids.get((name, language))

    def _read(self) -> None:
        try:
            self._sids = {
                key: held.provider_id
                for key, held in list_contents(self._client)
                if held.status == "APPROVED" or key[0].startswith(MENU)
            }
        except (SendFailed, SendUnknown):
            self._until = self._clock() + AFTER_A_FAILURE_SECONDS
        else:
            self._until = self._clock() + READ_AGAIN_SECONDS


class TwilioTemplates:
    """The templates of a Twilio account; implements `bot.channels.templates.Templates`.

    Twilio cannot change a content that was submitted to WhatsApp. One that was never submitted, or
    was rejected, is deleted and created again.
    """

    def __init__(self, client: Client) -> None:
        self._client = client

    def list_all(self) -> dict[Key, ProviderTemplate]:
        """Return all contents; of two with the same name and language, the submitted one."""
        rows = list_contents(self._client)
        return dict(sorted(rows, key=lambda row: row[1].status != UNSUBMITTED))

    def prepare(self, held: Mapping[Key, ProviderTemplate]) -> str | None:
        """Create the menus that the account does not have, until Twilio does not take one.

        Messages whose menu is not there go as numbered text.
        """
        for menu in menus():
            if (menu["friendly_name"], menu["language"]) in held:
                continue
            try:
                create(self._client, menu)
            except SendFailed as refusal:
                if refusal.kind is not ErrorClass.MALFORMED:
                    raise
                return refusal.reason
        return None

    def words(self, definition: TemplateDefinition) -> object:
        """Return what people read of *definition*."""
        return _words(content_of(definition)["types"])

    def submit(
        self, definition: TemplateDefinition, held: ProviderTemplate | None
    ) -> ProviderTemplate:
        """Submit a content for approval; create it first if the account does not have it."""
        sid = held.provider_id if held else create(self._client, content_of(definition))
        status = submit(self._client, sid, definition.name, definition.category)
        return ProviderTemplate(provider_id=sid, status=status, category=definition.category)

    def obstacle(self, held: ProviderTemplate) -> str | None:
        """Return why the content cannot be created again, and what can be done; None if it can."""
        if held.status in {UNSUBMITTED, "REJECTED"}:
            return None
        return (
            f"Twilio changes nothing that is {held.status}: delete content {held.provider_id} in"
            " its console, and push again when WhatsApp has freed the name, 30 days later"
        )

    def change(self, definition: TemplateDefinition, held: ProviderTemplate) -> ProviderTemplate:
        """Delete the content, create it again and submit it for approval."""
        delete(self._client, held.provider_id)
        return self.submit(definition, None)


def list_contents(client: Client) -> list[tuple[Key, ProviderTemplate]]:
    """Return the name, language and state of each content of the account.

    Raises:
        SendFailed, SendUnknown: If the list could not be read.
    """
    contents = call_twilio(lambda: client.content.v1.content_and_approvals.list(page_size=PAGE))
    return [((str(c.friendly_name), str(c.language).replace("_", "-")), _held(c)) for c in contents]


def _held(content: ContentAndApprovalsInstance) -> ProviderTemplate:
    asked = content.approval_requests or {}
    return ProviderTemplate(
        provider_id=str(content.sid),
        status=str(asked.get("status") or UNSUBMITTED).upper(),
        reason=str(asked.get("rejection_reason") or "").strip() or None,
        category=str(asked.get("category") or "").upper() or None,
        words=_words(content.types) if content.types else None,
    )


def _words(types: Mapping[str, Any]) -> object:
    """Return what people read of a content: its shape, its body, and the words on its buttons."""
    found = []
    for shape, content in sorted(types.items()):
        actions = [str(a.get("title", "")) for a in content.get("actions") or ()]
        is_code = shape == AUTHENTICATION
        minutes = content.get("code_expiration_minutes")
        # WhatsApp writes the text of a code.
        found.append((shape, minutes, [] if is_code else [content.get("body"), *actions]))
    return found


def delete(client: Client, sid: str) -> None:
    """Delete content *sid*.

    Raises:
        SendFailed, SendUnknown: If Twilio did not delete it.
    """
    call_twilio(lambda: client.content.v1.contents(sid).delete())


def create(client: Client, content: dict[str, Any]) -> str:
    """Create a content resource and return its sid.

    Raises:
        SendFailed: If Twilio refused or could not be reached.
        SendUnknown: If it may have been created.
    """
    base = client.content.base_url
    answer = _post(client, f"{base}/v1/Content", content)
    return call_twilio(lambda: str(json.loads(answer)["sid"]))


def submit(client: Client, sid: str, name: str, category: str) -> str:
    """Submit content *sid* to WhatsApp as template *name*; return the status of its approval.

    Raises:
        SendFailed: If Twilio refused or could not be reached.
        SendUnknown: If it may have been submitted.
    """
    base = client.content.base_url
    url = f"{base}/v1/Content/{sid}/ApprovalRequests/whatsapp"
    answer = _post(client, url, {"name": name, "category": category})
    return call_twilio(lambda: str(json.loads(answer).get("status") or "RECEIVED").upper())


def _post(client: Client, url: str, body: dict[str, Any]) -> str:
    headers = {"Content-Type": "application/json"}
    answer = call_twilio(lambda: client.request("POST", url, data=body, headers=headers))
    if answer.status_code >= HTTPStatus.MULTIPLE_CHOICES:
        raise _refusal(answer.status_code, str(answer.text))
    return str(answer.text)


def _refusal(status: int, said: str) -> SendFailed:
    try:
        error = json.loads(said)
    except ValueError:
        error = {}
    code = error.get("code") if isinstance(error, dict) else None
    known = code if isinstance(code, int) else None
    words = (
        redact_numbers(str(error.get("message") or "no reason given"))
        if error
        else "no reason given"
    )
    number = f"error {known}" if known is not None else f"HTTP {status}"
    return SendFailed(classify(known, status), known, f"Twilio refused it ({number}): {words}")


def variable(number: int) -> str:
    """Return the placeholder of variable *number* in a content resource."""
    return f"{{{{{number}}}}}"


def content_of(definition: TemplateDefinition) -> dict[str, Any]:
    """Return the content resource for one of our templates in one language.

    Variables are numbered: first the parameters in their order, then the ids that the quick
    replies send back, as `compose` fills them.
    """
    if definition.category == "AUTHENTICATION":
        kind: dict[str, Any] = {
            AUTHENTICATION: {
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
        {"type": "QUICK_REPLY", "title": words, "id": variable(first + index)}
        for index, words in enumerate(definition.buttons)
    ]
    kind = (
        {"twilio/quick-reply": {"body": body, "actions": actions}}
        if actions
        else {"twilio/text": {"body": body}}
    )
    samples = [*definition.examples.values(), *(f"choice:{n}" for n in range(len(actions)))]
    return _resource(definition.name, definition.language, kind, samples)


def menus() -> Iterator[dict[str, Any]]:
    """Yield a content resource for each shape and size of a menu; none holds words of its own.

    The text of a menu has a variable a line, as `compose` fills them. The text above a list names
    each of its choices in a line.
    """
    for count in range(1, limits.BUTTONS_MAX + 1):
        for lines in range(1, limits.BUTTONS_LINES_MAX + 1):
            yield _menu(BUTTONS, count, lines)
    for shape in (LIST, ROWS):
        for count in range(1, limits.LIST_ROWS_MAX + 1):
            for lines in range(count + 1, count + limits.LIST_LINES_MAX + 1):
                yield _menu(shape, count, lines)


def _menu(shape: str, count: int, lines: int) -> dict[str, Any]:
    numbers = itertools.count(1)

    def following() -> str:
        return variable(next(numbers))

    body = "\n".join(following() for _ in range(lines))
    if shape == BUTTONS:
        actions = [
            {"type": "QUICK_REPLY", "title": following(), "id": following()} for _ in range(count)
        ]
        kind = {"twilio/quick-reply": {"body": body, "actions": actions}}
    else:
        button = following()
        more = ("description",) if shape == ROWS else ()
        items = [{part: following() for part in ("item", "id", *more)} for _ in range(count)]
        kind = {"twilio/list-picker": {"body": body, "button": button, "items": items}}
    samples = [f"sample {n}" for n in range(1, next(numbers))]
    return _resource(menu_name(shape, count, lines), ANY_LANGUAGE, kind, samples)


def _resource(name: str, language: str, kind: dict[str, Any], samples: list[str]) -> dict[str, Any]:
    return {
        "friendly_name": name,
        "language": language,
        "variables": {str(n): sample for n, sample in enumerate(samples, start=1)},
        "types": kind,
    }
