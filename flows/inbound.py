"""What a provider delivers, in one form for all channels."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from domain.channel import ErrorClass
from domain.model.messages import Place


@dataclass(frozen=True)
class Inbound:
    """One message from one person to one of our numbers, normalised at the edge.

    `kind` is text, tap, media, location, contacts, reaction, system or unsupported. A tap on a
    list row, a reply button or a template's quick reply is always `tap`, with the option's id in
    `choice` and its words in `text`. Numbers are E.164 with the plus sign. `sent_at` has whole
    seconds, as WhatsApp gives it.
    """

    message_id: str
    sender: str
    """The phone_number_id of ours it was sent to."""
    display_number: str | None
    """That number itself, E.164."""
    kind: str
    sent_at: datetime
    received_at: datetime | None = None
    """When it came to us; messages that came together have the same instant."""
    phone: str | None = None
    wa_user_id: str | None = None
    profile_name: str | None = None
    text: str = ""
    choice: str | None = None
    answers: str | None = None
    """The provider's id of the message answered or tapped on."""
    media: str | None = None
    """audio, image, sticker, …, for kind media."""
    source: str | None = None
    """Where the provider has the file, for kind media: an id, or an address."""
    file_name: str | None = None
    """The name of a document, as its sender called it."""
    place: Place | None = None
    """For kind location."""
    own_phone: str | None = None
    """For kind contacts: the person's own number, which they shared because they were asked."""
    new_phone: str | None = None
    new_wa_user_id: str | None = None
    """For kind system: what the account changed to."""


@dataclass(frozen=True)
class StatusUpdate:
    """The delivery status of a message of ours.

    `message_id` is our own id as the provider echoed it, if it did; `status` is sent, delivered,
    read or failed.
    """

    message_id: str | None
    provider_id: str
    status: str
    at: datetime
    error_code: int | None = None
    error_kind: ErrorClass | None = None
    """How to treat the failure; the same classes as for a refusal at sending."""
    error_text: str | None = None
    category: str | None = None
    """The price category the provider named."""
    price_type: str | None = None
    """Whether the provider charges: `regular`, or its word for free."""


@dataclass(frozen=True)
class TemplateNotice:
    """What WhatsApp says of a template of ours, in one language; None is what it does not say."""

    account: str
    """The WhatsApp Business account."""
    name: str
    language: str
    """BCP 47."""
    at: datetime
    status: str | None = None
    reason: str | None = None
    category: str | None = None
    quality: str | None = None


@dataclass(frozen=True)
class QualityNotice:
    """What WhatsApp says of a sending number of ours."""

    number: str
    """E.164."""
    quality: str | None
    limit: str | None


@dataclass(frozen=True)
class PreferenceNotice:
    """That a person has stopped marketing in WhatsApp itself, or wants it again."""

    phone: str | None
    wa_user_id: str | None
    stops: bool
    at: datetime


@dataclass(frozen=True)
class OrderNotice:
    """That the payment of an order inside WhatsApp changed; the gateway is asked for its state."""

    reference: str
    has_failed: bool
    """Whether an attempt to pay failed; the order stays open."""


@dataclass(frozen=True)
class EchoNotice:
    """That somebody of the clinic wrote to a person in the WhatsApp Business app itself."""

    sender: str
    """The phone_number_id of ours, which the app shares."""
    phone: str | None
    wa_user_id: str | None
    at: datetime


Notice = TemplateNotice | QualityNotice | PreferenceNotice | OrderNotice | EchoNotice
"""What a provider reports apart from messages and their statuses."""
