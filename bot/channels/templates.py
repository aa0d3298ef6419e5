"""Message templates as a provider has them, in the same terms for every provider."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from bot.render_catalogue import TemplateDefinition

Key = tuple[str, str]
"""A template's name and language (BCP 47)."""
UNSUBMITTED = "UNSUBMITTED"
"""The status of what lies at a provider and WhatsApp has never been asked to approve."""


@dataclass(frozen=True)
class Held:
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

    def listed(self) -> dict[Key, Held]:
        """Return all of them, ours or not."""
        ...

    def prepare(self, held: Mapping[Key, Held]) -> None:
        """Make what the provider needs beside templates and does not have among *held*."""
        ...

    def words(self, definition: TemplateDefinition) -> object:
        """Return what people read of *definition*."""
        ...

    def submit(self, definition: TemplateDefinition, held: Held | None) -> Held:
        """Have it approved; *held* is what lies there unsubmitted."""
        ...

    def obstacle(self, held: Held) -> str | None:
        """Return why its words cannot be changed now, and what can be done; None if they can."""
        ...

    def change(self, definition: TemplateDefinition, held: Held) -> Held:
        """Give it our words."""
        ...
