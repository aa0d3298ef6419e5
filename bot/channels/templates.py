"""Message templates as a provider has them, in the same terms for every provider."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import msgspec

Key = tuple[str, str]
"""A template's name and language (BCP 47)."""
UNSUBMITTED = "UNSUBMITTED"
"""The status of what lies at a provider and WhatsApp has never been asked to approve."""


@dataclass(frozen=True)
class ProviderTemplate:
    """A template as the provider has it."""

    provider_id: str
    status: str | None = None
    """WhatsApp's word: APPROVED, PENDING, REJECTED, …; None if the provider did not say."""
    reason: str | None = None
    """Why it was rejected or paused, in WhatsApp's words."""
    category: str | None = None
    quality: str | None = None
    words: object = None
    """What people read, to be compared with `Templates.words`; None if it was not told."""


class Templates(Protocol):
    """The templates of our account at a provider.

    Each call raises SendFailed if the provider refused it or could not be reached, and SendUnknown
    if nothing is known of what it did.
    """

    def list_all(self) -> dict[Key, ProviderTemplate]:
        """Return all of them, ours or not."""
        ...

    def prepare(self, held: Mapping[Key, ProviderTemplate]) -> None:
        """Make what the provider needs beside templates and does not have among *held*."""
        ...

    def words(self, definition: TemplateDefinition) -> object:
        """Return what people read of *definition*."""
        ...

    def submit(
        self, definition: TemplateDefinition, held: ProviderTemplate | None
    ) -> ProviderTemplate:
        """Have it approved; *held* is what lies there unsubmitted."""
        ...

    def obstacle(self, held: ProviderTemplate) -> str | None:
        """Return why its words cannot be changed now, and what can be done; None if they can."""
        ...

    def change(self, definition: TemplateDefinition, held: ProviderTemplate) -> ProviderTemplate:
        """Give it our words."""
        ...


class TemplateDefinition(msgspec.Struct, frozen=True, kw_only=True):
    """A template as it is submitted to Meta for approval."""

    name: str
    language: str
    category: Category
    header: str = ""
    """A title above the body, the same in every message."""
    body: str
    """With named placeholders; an authentication template's text is Meta's own."""
    examples: dict[str, str]
    """For each parameter, a sample value."""
    buttons: tuple[str, ...]
    order: bool = False
    """Whether it brings the status of an order."""
    asks_number: bool = False
    """Whether WhatsApp's button that shares the phone number is below; see `Variant`."""

    def payload(self) -> dict[str, Any]:
        """Return the body of the call that creates it (Meta, "Template components")."""
        return {
            "name": self.name,
            "language": self.language.replace("-", "_"),
            "category": self.category,
            **({"sub_category": ORDER_STATUS} if self.order else {}),
            "parameter_format": "NAMED",
            "components": self._code() if self.category == "AUTHENTICATION" else self._words(),
        }

    def _words(self) -> list[dict[str, Any]]:
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
        return parts

    def _code(self) -> list[dict[str, Any]]:
        copy = {"type": "OTP", "otp_type": "COPY_CODE"}
        return [
            {"type": "BODY", "add_security_recommendation": True},
            {"type": "FOOTER", "code_expiration_minutes": CODE_MINUTES},
            {"type": "BUTTONS", "buttons": [copy]},
        ]


Category = Literal["UTILITY", "MARKETING", "AUTHENTICATION"]


ORDER_STATUS = "ORDER_STATUS"
"""Meta's word for a template that brings the status of an order."""


CODE_MINUTES = 5
"""How long a one-time code is good (specification, 6.1)."""
