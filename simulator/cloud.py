"""Meta's Cloud API as a `Dialect`."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from simulator import envelope
from simulator.dialect import Webhook

if TYPE_CHECKING:
    from simulator.config import Config, Number, Phone
    from simulator.errors import ProviderError
    from simulator.model import Message, Status


class Cloud:
    """Writes JSON webhooks signed with the app secret, and repeats them until they are taken."""

    def __init__(self, config: Config) -> None:
        """Speak for the business account of *config*."""
        self._config = config

    @property
    def secret(self) -> str:
        """The app secret."""
        return self._config.app_secret

    def new_message_id(self) -> str:
        """Return a new message id."""
        return "wamid.HB" + secrets.token_urlsafe(30).replace("_", "A").replace("-", "B")

    def translate(self, error: ProviderError) -> ProviderError:
        """Return *error*: its code is Meta's already."""
        return error

    def inbound(self, number: Number, phone: Phone, message: dict[str, Any]) -> Webhook:
        """Return the webhook of a person's message."""
        return Webhook(envelope.inbound(self._config, number, phone, message))

    def status(
        self, number: Number, phone: Phone | None, message: Message, step: Status
    ) -> Webhook | None:
        """Return the webhook of one step in an outgoing message's life."""
        return Webhook(envelope.status(self._config, number, phone, message, step))

    def headers(self, url: str, body: bytes, secret: str | None) -> dict[str, str]:
        """Return the headers of a webhook; the address is not signed."""
        del url
        signed = {} if secret is None else {"X-Hub-Signature-256": envelope.signature(secret, body)}
        return {
            "Content-Type": "application/json",
            "User-Agent": "facebookexternalua",
            **signed,
        }

    def retries(self, url: str) -> bool:
        """Return True: Meta repeats every webhook, for seven days."""
        del url
        return True
