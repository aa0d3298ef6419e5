"""Lists, submits and edits message templates at Meta."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import requests
from requests import exceptions as failures

from bot.channels.cloud.errors import classify
from bot.channels.cloud.values import Node, identifier, node, nodes, text
from bot.channels.http import (
    ANSWER_SECONDS,
    CONNECT_SECONDS,
    UNUSABLE,
    is_unwritten,
    redact_numbers,
)
from bot.channels.templates import Key, ProviderTemplate, TemplateDefinition
from domain.channel import ErrorClass, SendFailed, SendUnknown

PAGE = 200
FIELDS = "id,name,language,status,category,components,quality_score,rejected_reason"
EDITABLE = {None, "APPROVED", "REJECTED", "PAUSED"}
"""The states in which Meta allows edits ("Edit templates")."""
TEXTS = {"HEADER", "BODY", "FOOTER"}
QUICK_REPLY, MINUTES = "QUICK_REPLY", "code_expiration_minutes"
PASSING = {"PENDING", "IN_APPEAL"}
"""The states in which WhatsApp reviews a template."""


class CloudTemplates:
    """The templates of a WhatsApp Business account; implements `bot.channels.templates.Templates`.

    Args:
        base_url: Meta's address with the version.
        account: The WhatsApp Business account.
        access_token: One that may manage the account.
        session: From `new_session`.
    """

    def __init__(
        self, base_url: str, account: str, access_token: str, session: requests.Session
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._url = f"{self._base_url}/{account}/message_templates"
        self._headers = {"Authorization": f"Bearer {access_token}"}
        self._session = session

    def list_all(self) -> dict[Key, ProviderTemplate]:
        """Return all templates of the account, page after page."""
        found: dict[Key, ProviderTemplate] = {}
        first: dict[str, Any] = {"limit": PAGE, "fields": FIELDS}
        url, params = self._url, first
        seen: set[str] = set()
        while True:
            read = self._call("GET", url, params=params)
            for template in nodes(read.get("data"))[0]:
                name, language = text(template.get("name")), text(template.get("language"))
                if name and language:
                    found[name, language.replace("_", "-")] = _held(template)
            paging = node(read.get("paging"))
            following = text(paging.get("next"))
            if not following:
                return found
            if following in seen:
                raise SendUnknown("WhatsApp's list of templates has no end.")
            seen.add(following)
            after = text(node(paging.get("cursors")).get("after"))
            if _origin(following) == _origin(self._url):
                url, params = following, {}
            elif after:
                # Behind WHATSAPP_API_URL Meta names its own address, which must not get the token.
                url, params = self._url, first | {"after": after}
            else:
                raise SendUnknown("WhatsApp's list of templates goes on at another address.")

    def prepare(self, held: Mapping[Key, ProviderTemplate]) -> str | None:
        """Do nothing: Meta needs nothing beside the templates."""

    def words(self, definition: TemplateDefinition) -> object:
        """Return what people read of *definition*."""
        payload = definition.payload()
        return _words(payload["category"], payload["components"])

    def submit(
        self, definition: TemplateDefinition, held: ProviderTemplate | None
    ) -> ProviderTemplate:
        """Submit a new template for approval."""
        del held  # Meta has no unsubmitted templates.
        answer = self._call("POST", self._url, json=definition.payload())
        return ProviderTemplate(
            provider_id=identifier(answer.get("id")) or "",
            status=text(answer.get("status")),
            category=text(answer.get("category")),
        )

    def obstacle(self, held: ProviderTemplate) -> str | None:
        """Return why the template cannot be edited now, and what can be done; None if it can."""
        if held.status in PASSING:
            return f"it cannot be edited while {held.status}: push again when WhatsApp has decided"
        if held.status not in EDITABLE:
            return (
                f"it cannot be edited while {held.status}: delete it in WhatsApp Manager, and push"
                " again when its name is free, 30 days later"
            )
        return None

    def change(self, definition: TemplateDefinition, held: ProviderTemplate) -> ProviderTemplate:
        """Edit the template, which goes through review again."""
        components = definition.payload()["components"]
        self._call("POST", f"{self._base_url}/{held.provider_id}", json={"components": components})
        return ProviderTemplate(provider_id=held.provider_id)

    def _call(
        self,
        method: str,
        url: str,
        *,
        params: dict[str, Any] | None = None,
        json: dict[str, Any] | None = None,
    ) -> Node:
        try:
            answer = self._session.request(
                method,
                url,
                headers=self._headers,
                timeout=(CONNECT_SECONDS, ANSWER_SECONDS),
                # Redirected, the token would go to another host.
                allow_redirects=False,
                params=params,
                json=json,
            )
        except UNUSABLE as error:
            said = "The address or the access token in the settings is malformed."
            raise SendFailed(ErrorClass.STOP, None, said) from error
        except failures.RequestException as error:
            if is_unwritten(error):
                said = "WhatsApp could not be reached."
                raise SendFailed(ErrorClass.LATER, None, said) from error
            raise SendUnknown("WhatsApp did not answer.") from error
        try:
            read = node(answer.json())
        except ValueError:  # A proxy's page, say.
            read = {}
        refusal = node(read.get("error"))
        if refusal or answer.status_code >= HTTPStatus.MULTIPLE_CHOICES:
            raise _refusal(refusal, answer.status_code)
        return read


def _refusal(error: Node, status: int) -> SendFailed:
    code, subcode = error.get("code"), error.get("error_subcode")
    known = code if isinstance(code, int) else None
    detailed = text(node(error.get("error_data")).get("details"))
    said = [text(error.get("message")), text(error.get("error_user_msg")), detailed]
    words = redact_numbers(" ".join(filter(None, said))) or "no reason given"
    number = f"error {known}" if known is not None else f"HTTP {status}"
    kind = classify(known, status, subcode if isinstance(subcode, int) else None)
    return SendFailed(kind, known, f"WhatsApp refused it ({number}): {words}")


def _held(template: Node) -> ProviderTemplate:
    reason = text(template.get("rejected_reason"))
    category = text(template.get("category"))
    components = template.get("components")
    return ProviderTemplate(
        provider_id=identifier(template.get("id")) or "",
        status=text(template.get("status")),
        reason=None if reason == "NONE" else reason,
        category=category,
        quality=text(node(template.get("quality_score")).get("score")),
        words=_words(category, nodes(components)[0]) if isinstance(components, list) else None,
    )


def _words(category: str | None, components: list[dict[str, Any]]) -> object:
    """Return what people read, without what Meta adds: examples, and words of its own."""
    if category == "AUTHENTICATION":
        # Meta writes the text in each language; only how long the code is valid is ours.
        return next((c[MINUTES] for c in components if c.get(MINUTES) is not None), None)
    found: dict[str, object] = {}
    for component in components:
        kind = str(component.get("type", "")).upper()
        if kind == "BUTTONS":
            found[kind] = tuple(filter(None, map(_button, nodes(component.get("buttons"))[0])))
        elif kind in TEXTS:
            found[kind] = str(component.get("text", "")).replace("\r\n", "\n").strip()
    return found


def _button(button: Node) -> tuple[str, str] | None:
    kind = str(button.get("type", "")).upper()
    words = str(button.get("text", "")).strip() if kind == QUICK_REPLY else ""
    return (kind, words) if kind in {QUICK_REPLY, "REQUEST_CONTACT_INFO"} else None


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc
