"""The WhatsApp Business app beside the Cloud API: what people type there, echoed to the product."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from simulator import envelope
from simulator.dialect import Webhook
from simulator.model import Message

if TYPE_CHECKING:
    from simulator.config import Config, Number, Phone
    from simulator.dialect import Dialect
    from simulator.webhooks import Courier
    from simulator.world import World

TEXT_MAX = 4096


class NoAppError(Exception):
    """The provider played has no Business app beside it."""


class Echoes:
    """Lets people of a business write in its Business app."""

    def __init__(self, config: Config, world: World, courier: Courier, dialect: Dialect) -> None:
        """Work on *world*, reporting through *courier*."""
        self._config = config
        self._world = world
        self._courier = courier
        self._dialect = dialect

    def write(self, phone: Phone, number: Number, text: str) -> Message:
        """Write *text* to a person from the app of *number*; the product is told by a webhook.

        Raises:
            NoAppError: If the run plays Twilio.
            ValueError: If the text is empty or longer than WhatsApp allows.
        """
        if self._config.twilio is not None:
            raise NoAppError("the Business app stands beside Meta's Cloud API alone")
        if not text.strip() or len(text) > TEXT_MAX:
            raise ValueError(f"text must have 1 to {TEXT_MAX} characters")
        world = self._world
        with world.lock:
            now = time.time()
            message = Message(
                type="text",
                text=text,
                index=world.next_index(phone.wa_id),
                id=self._dialect.new_message_id(),
                number=number.phone_number_id,
                wa_id=phone.wa_id,
                sender="business",
                timestamp=now,
            )
            world.add_message(message)
            told: dict[str, Any] = {
                "id": message.id,
                "timestamp": str(int(now)),
                "type": "text",
                "text": {"body": text},
            }
            body = envelope.echo(self._config, number, phone, told)
            self._courier.send("message", f"phone/{phone.wa_id}", Webhook(body), ref=message.id)
            return message
