"""What a WhatsApp channel takes and answers, whichever provider stands behind it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from domain.errors import PulseOpsError


@dataclass(frozen=True)
class Choice:
    """One option as the person sees it. `words` fit a list row; `more` is its second line."""

    id: str
    words: str
    more: str = ""


@dataclass(frozen=True)
class TemplateCall:
    """An approved template with its parameters by name, for people outside the 24-hour window."""

    name: str
    language: str
    parameters: dict[str, str] = field(default_factory=dict)
    payloads: tuple[str, ...] = ()
    """What its quick replies send back, in their order."""
    code: str | None = None
    """The one-time code of an authentication template."""


@dataclass(frozen=True)
class Outbound:
    """One message, ready to go: rendered, and either free-form or a template.

    `phone` (E.164) or `wa_user_id` says to whom; the phone wins. `message_id` is ours and comes
    back with every status.
    """

    message_id: str
    sender: str
    phone: str | None
    wa_user_id: str | None
    text: str = ""
    choices: tuple[Choice, ...] = ()
    choices_label: str = ""
    """The words on the button that opens a list."""
    url: str | None = None
    url_label: str = ""
    document: str | None = None
    """The name under which the file at `url` goes as a document, with the text below it."""
    template: TemplateCall | None = None


class ErrorClass(StrEnum):
    """What to do about a message the provider did not take."""

    LATER = "later"
    LATER_PAIR = "later_pair"
    """Too many to this person just now."""
    TEMPLATE = "template"
    """Outside the 24-hour window: send it as a template."""
    LANGUAGE = "language"
    """There is no approved template in that language: send the English one."""
    DOCUMENT = "document"
    """The provider could not fetch the document, or does not take it: send the link to it."""
    NEVER = "never"
    STOP = "stop"
    """The number cannot send at all: stop it and tell the clinic."""


class SendFailed(PulseOpsError):
    """The provider refused the message, and said why."""

    def __init__(self, kind: ErrorClass, code: int | None, reason: str) -> None:
        super().__init__(reason)
        self.kind = kind
        self.code = code
        self.reason = reason


class SendUnknown(PulseOpsError):
    """The message may or may not have gone: no answer came after it was written."""


class Sms(Protocol):
    """A provider of text messages, for what must arrive where WhatsApp does not reach."""

    def send(self, to: str, text: str, our_id: str) -> str:
        """Hand *text* for the phone *to* (E.164) to the provider; return the provider's id for it.

        Raises:
            SendFailed, SendUnknown: As for a `Channel`.
        """


class Senders(Protocol):
    """What the provider knows of sending numbers."""

    def number_of(self, sender: str, access_token: str | None = None) -> str | None:
        """Return the number (E.164) behind *sender*, or None if there is none to be seen.

        The provider is asked on behalf of whoever holds *access_token*, so an answer proves that
        the sender is theirs; without one it is asked as the platform.

        Raises:
            Busy: If the provider could not be asked.
        """


class Channel(Protocol):
    """A WhatsApp provider."""

    def send(self, message: Outbound) -> str:
        """Hand *message* to the provider and return the provider's id for it.

        Not to be repeated blindly: the provider has no idempotency key.

        Raises:
            SendFailed: If the provider refused it; `kind` says what to do.
            SendUnknown: If no answer came after the request was written.
        """

    def mark_read(self, sender: str, provider_id: str) -> None:
        """Show the person that their message *provider_id* was read. Never raises."""
