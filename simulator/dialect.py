"""What differs between the providers that the simulator plays; all else is one path."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from simulator.config import Number, Phone
    from simulator.errors import ProviderError
    from simulator.model import Message, Status


class Webhook(NamedTuple):
    """What is posted to the product; without `url`, to the configured address."""

    body: str
    url: str = ""


class Dialect(Protocol):
    """How one provider names messages, says that they failed, and writes and signs webhooks."""

    @property
    def secret(self) -> str:
        """What webhooks are signed with."""
        ...

    def new_message_id(self) -> str:
        """Return a new id of a message, as opaque and as unique as the provider's."""
        ...

    def translate(self, error: ProviderError) -> ProviderError:
        """Return *error* as this provider reports it; WhatsApp's own have Meta's codes."""
        ...

    def inbound(self, number: Number, phone: Phone, message: dict[str, Any]) -> Webhook:
        """Return the webhook of a person's message.

        Args:
            number: The business number written to.
            phone: Who wrote.
            message: The message as Meta's webhooks have it: `id`, `timestamp`, `type`, the type's
                object, and `context` for a reply.
        """
        ...

    def status(
        self, number: Number, phone: Phone | None, message: Message, step: Status
    ) -> Webhook | None:
        """Return the webhook of one step in an outgoing message's life; None if nobody asked.

        *phone* is the recipient's, None for a number that is not on WhatsApp.
        """
        ...

    def headers(self, url: str, body: bytes, secret: str | None) -> dict[str, str]:
        """Return the headers of a webhook, signed with *secret* unless it is None."""
        ...

    def retries(self, url: str) -> bool:
        """Return whether a webhook to *url* is sent again after a failure."""
        ...
