"""The port to providers of WhatsApp and SMS: what they are given, and what they answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from domain.errors import PulseOpsError
from domain.model.messages import Attachment, Place


@dataclass(frozen=True)
class Choice:
    """One option as the person sees it: `words`, which fit a list row, and `more` below them."""

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
    """What each quick reply sends back when tapped, in order."""
    code: str | None = None
    """The one-time code of an authentication template."""


@dataclass(frozen=True)
class OrderRequest:
    """A request for payment that WhatsApp shows as an order, with a button to pay it there."""

    reference: str
    """The id by which WhatsApp reports on it; WhatsApp accepts each once."""
    configuration: str
    """The payment configuration of the sender's WhatsApp account."""
    payment_id: str
    token_id: str
    """Kept by the gateway beside the payment, for people who look there."""
    amount_paise: int
    expires_at: datetime
    """When WhatsApp ends it by itself."""
    about: str
    """What it pays for, in few words."""
    until: str
    """Until when that is held, in few words."""
    seller: str
    address: str
    """Of the seller."""


@dataclass(frozen=True)
class OrderNews:
    """How an order shown before has ended."""

    reference: str
    status: str
    """`completed` or `canceled`."""
    about: str
    """What it paid for, in few words."""


@dataclass(frozen=True)
class Outbound:
    """One rendered message, free-form or a template.

    It goes to `phone` (E.164) or, without one, to `wa_user_id`. `message_id` is ours and comes back
    with every status.
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
    """The file name, if the file at `url` goes as a document with the text below it."""
    attachment: Attachment | None = None
    """The file that it carries, with `text` below; its choices are not shown then."""
    place: Place | None = None
    """What goes in place of the words; a channel without places sends the text and the link."""
    template: TemplateCall | None = None
    order: OrderRequest | OrderNews | None = None
    """What WhatsApp shows as an order; a channel without orders sends the text and the link."""
    quotes: str | None = None
    """The provider's id of the person's message that it quotes, where the channel can."""
    is_plain: bool = False
    """Whether it goes as text alone, choices numbered and links written out, unless a template."""
    reacts_to: str | None = None
    """The provider's id of the person's message on which `text`, an emoji, is put: a reaction."""


class ErrorClass(StrEnum):
    """What to do about a message that the provider refused."""

    LATER = "later"
    LATER_PAIR = "later_pair"
    """Too many went to this person just now."""
    TEMPLATE = "template"
    """Outside the 24-hour window: send it as a template."""
    LANGUAGE = "language"
    """There is no approved template in that language: send the English one."""
    DOCUMENT = "document"
    """The provider could not fetch the document, or does not take it: send the link to it."""
    ORDER = "order"
    """It is not accepted as an order, or as the status of one: send words and a link."""
    MALFORMED = "malformed"
    """It is not of a form that the provider takes: send its words, which always go."""
    UNWANTED = "unwanted"
    """The person has stopped marketing in WhatsApp: send this never, and no more marketing."""
    NEVER = "never"
    STOP = "stop"
    """The number cannot send at all: stop it and alert the clinic."""


class SendFailed(PulseOpsError):
    """The provider refused the message, and said why."""

    def __init__(self, kind: ErrorClass, code: int | None, reason: str) -> None:
        super().__init__(reason)
        self.kind = kind
        self.code = code
        self.reason = reason


class SendUnknown(PulseOpsError):
    """The message is in doubt: no answer came after the request was written."""


class Sms(Protocol):
    """A provider of SMS: where WhatsApp fails, and for patients who prefer it."""

    def send(self, to: str, text: str, our_id: str) -> str:
        """Hand *text* for the phone *to* (E.164) to the provider; return the provider's id of it.

        Raises:
            SendFailed, SendUnknown: As for a `Channel`.
        """


class Senders(Protocol):
    """What the provider knows of sending numbers."""

    def number_of(self, sender: str, access_token: str | None = None) -> str | None:
        """Return the number (E.164) behind *sender*, or None if that account sees none.

        With *access_token*, an answer proves that the sender belongs to the account of that token;
        without one the platform's account is used.

        Raises:
            Busy: If the provider does not answer.
        """


class Channel(Protocol):
    """A WhatsApp provider."""

    @property
    def can_react(self) -> bool:
        """Whether it can put an emoji on a person's message; it refuses a reaction if not."""

    def send(self, message: Outbound) -> str:
        """Hand *message* to the provider; return the provider's id of it.

        Must not be repeated blindly: the provider takes no idempotency key.

        Raises:
            SendFailed: If the provider refused it; `kind` says what to do.
            SendUnknown: If no answer came after the request was written.
        """

    def mark_read(self, sender: str, provider_id: str, *, typing: bool = False) -> None:
        """Show the person that their message *provider_id* was read. Never raises.

        *typing* shows that we are typing too, for some seconds or until the answer comes.
        """
