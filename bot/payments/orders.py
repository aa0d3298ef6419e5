"""What WhatsApp tells of an order paid inside it, for the gateway to find in its own books."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Transaction:
    """An attempt to pay an order."""

    order_id: str | None
    """The gateway's name of the order."""
    capture_id: str | None
    """The gateway's name of the payment."""
    amount_paise: int
    succeeded: bool


class Orders(Protocol):
    """WhatsApp's knowledge of the orders shown inside it."""

    def look(self, sender: str, configuration: str, reference: str) -> tuple[Transaction, ...]:
        """Return every attempt to pay an order; none also where nobody saw it.

        Raises:
            GatewayUnavailable: Ask again later.
            GatewayRefused: It cannot be said.
        """
