"""What a payment gateway takes and answers, whichever provider stands behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from domain.errors import PulseOpsError
from domain.model.money import RefundStatus


class GatewayUnavailable(PulseOpsError):
    """The gateway did not answer, or failed for a while; ask again later."""


class GatewayRefused(PulseOpsError):
    """The gateway says no, and will say so again."""


@dataclass(frozen=True)
class RefundAnswer:
    """What the gateway says of a refund."""

    gateway_refund_id: str
    status: RefundStatus


class Gateway(Protocol):
    """A payment gateway."""

    def refund(self, capture_id: str, amount_paise: int) -> RefundAnswer:
        """Return a captured payment to who paid it; the capture is the key.

        May be repeated: one capture is refunded once, and a repeat answers as the first did.

        Raises:
            GatewayUnavailable: Ask again later.
            GatewayRefused: It will not be refunded.
        """
