"""What a WhatsApp channel takes and answers, whichever provider stands behind it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
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
class OrderRequest:
    """A request for payment that WhatsApp shows as an order, with a button to pay it there."""

    reference: str
    """What WhatsApp tells of it by; it takes one once."""
    configuration: str
    """The payment configuration of the sender's WhatsApp account."""
    payment_id: str
    token_id: str
    """What the gateway keeps beside the money, for who looks there."""
    amount_paise: int
    expires_at: datetime
    """When WhatsApp itself ends it."""
    about: str
    """What it is for, in few words."""
    until: str
    """How long that is held, in few words."""
    seller: str
    address: str
    """Who takes the money, and where they are."""


@dataclass(frozen=True)
class OrderNews:
    """How an order shown before has ended."""

    reference: str
    status: str
    """`completed` or `canceled`."""
    about: str
    """What it was for, in few words."""


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
    order: OrderRequest | OrderNews | None = None
    """What of it WhatsApp shows as an order; a channel that has none sends words and link."""
    quotes: str | None = None
    """The provider's id of a person's message to show above it, where the channel can."""


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
    ORDER = "order"
    """It is not taken as an order, or as the status of one: send words and link."""
    UNWANTED = "unwanted"
    """The person has stopped marketing in WhatsApp: never, and no more of it to them."""
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

    def mark_read(self, sender: str, provider_id: str, *, typing: bool = False) -> None:
        """Show the person that their message *provider_id* was read. Never raises.

        *typing* also shows that we are typing, for some seconds or until the answer comes.
        """
