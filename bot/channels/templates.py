"""Message templates at a provider, in the same terms for every provider."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import msgspec

Key = tuple[str, str]
"""A template's name and language (BCP 47)."""
UNSUBMITTED = "UNSUBMITTED"
"""The status of a template at a provider that was never submitted to WhatsApp for approval."""


@dataclass(frozen=True)
class ProviderTemplate:
    """A template as the provider has it."""

    provider_id: str
    status: str | None = None
    """WhatsApp's status: APPROVED, PENDING, REJECTED, …; None if the provider did not say."""
    reason: str | None = None
    """Why it was rejected or paused, in WhatsApp's words."""
    category: str | None = None
    quality: str | None = None
    words: object = None
    """What people read, to be compared with `Templates.words`; None if the provider did not say."""


class Templates(Protocol):
    """The templates of our account at a provider.

    Each call raises SendFailed if the provider refused it or could not be reached, and SendUnknown
    if it may or may not have acted.
    """

    def list_all(self) -> dict[Key, ProviderTemplate]:
        """Return every template of the account, also those that are not ours."""
        ...

    def prepare(self, held: Mapping[Key, ProviderTemplate]) -> str | None:
        """Create what the provider needs beside templates and does not have among *held*.

        Returns why the provider does not take it, in words, if messages can do without.
        """
        ...

    def words(self, definition: TemplateDefinition) -> object:
        """Return what people read of *definition*."""
        ...

    def submit(
        self, definition: TemplateDefinition, held: ProviderTemplate | None
    ) -> ProviderTemplate:
        """Submit a template for approval; *held* is its unsubmitted form there, if any."""
        ...

    def obstacle(self, held: ProviderTemplate) -> str | None:
        """Return why the words cannot be changed now, and what can be done; None if they can."""
        ...

    def change(self, definition: TemplateDefinition, held: ProviderTemplate) -> ProviderTemplate:
        """Replace the words at the provider by ours."""
        ...


class TemplateDefinition(msgspec.Struct, frozen=True, kw_only=True):
    """One of our templates in one language, as it is submitted for approval."""

    name: str
    language: str
    category: Category
    header: str = ""
    """A title above the body, the same in every message."""
    body: str
    """With named placeholders; empty in an authentication template, whose text is Meta's."""
    examples: dict[str, str]
    """For each parameter, a sample value."""
    buttons: tuple[str, ...]
    order: bool = False
    """Whether it carries the status of an order."""
    asks_number: bool = False
    """Whether it has WhatsApp's button that shares the phone number; see `Variant`."""

    def payload(self) -> dict[str, Any]:
        """Return the body of the call that creates it at Meta (Meta, "Template components")."""
        return {
            "name": self.name,
            "language": self.language.replace("-", "_"),
            "category": self.category,
            **({"sub_category": ORDER_STATUS} if self.order else {}),
            **(self._code() if self.category == "AUTHENTICATION" else self._words()),
        }

    def _words(self) -> dict[str, Any]:
        body: dict[str, Any] = {"type": "BODY", "text": self.body}
        if self.examples:
            named = [{"param_name": n, "example": e} for n, e in self.examples.items()]
            body["example"] = {"body_text_named_params": named}
        parts = [body]
        if self.header:
            parts.insert(0, {"type": "HEADER", "format": "TEXT", "text": self.header})
        buttons = [{"type": "QUICK_REPLY", "text": words} for words in self.buttons]
        if self.asks_number:
            buttons.append({"type": "REQUEST_CONTACT_INFO"})
        if buttons:
            parts.append({"type": "BUTTONS", "buttons": buttons})
        return {"parameter_format": "NAMED", "components": parts}

    def _code(self) -> dict[str, Any]:
        """Return the form of a template for codes.

        It has no `parameter_format`: its parameters have no names when it is sent, and Meta would
        refuse them if it kept the template as NAMED.
        """
        copy = {"type": "OTP", "otp_type": "COPY_CODE"}
        return {
            "components": [
                {"type": "BODY", "add_security_recommendation": True},
                {"type": "FOOTER", "code_expiration_minutes": CODE_MINUTES},
                {"type": "BUTTONS", "buttons": [copy]},
            ]
        }


Category = Literal["UTILITY", "MARKETING", "AUTHENTICATION"]


ORDER_STATUS = "ORDER_STATUS"
"""Meta's sub-category of a template that carries the status of an order."""


CODE_MINUTES = 5
"""How long a one-time code is valid (specification, 6.1)."""
