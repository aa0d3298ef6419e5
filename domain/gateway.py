"""What a payment gateway takes and answers, whichever provider stands behind it.

Every call may be repeated: a link is known by the request for payment it was made for, a refund by
the payment it returns. None takes longer than some seconds, and none is made in a turn.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from domain.errors import PulseOpsError
from domain.model.money import RefundStatus


class GatewayUnavailable(PulseOpsError):
    """The gateway did not answer, or failed for a while; what it did is not known. Ask again."""


class GatewayRefused(PulseOpsError):
    """The gateway says no, and will say so again."""


@dataclass(frozen=True)
class LinkRequest:
    """What a link is asked for; nothing in it tells who pays."""

    payment_id: str
    """The request for payment: the link's reference, of which the gateway takes one link."""
    amount_paise: int
    description: str
    token_id: str | None
    """The token it is for; None for a clinic's invoice."""
    held_until: datetime | None
    """When the product ends it, the gateway itself may keep it open for longer; None: when paid."""
    return_url: str
    """Where the payer's browser goes afterwards."""


class LinkStatus(StrEnum):
    """What can be done with a link."""

    OPEN = "OPEN"
    PAID = "PAID"
    OVER = "OVER"
    """Cancelled or expired: nobody can pay by it any more, but money may still be on its way."""


@dataclass(frozen=True)
class GatewayPayment:
    """A payment captured at the gateway."""

    capture_id: str
    amount_paise: int
    order: str | None = None
    """The reference of the order inside WhatsApp that it paid; None: it came by a link."""


@dataclass(frozen=True)
class Link:
    """A link as the gateway has it: its truth about one request for payment."""

    payment_id: str
    link_id: str | None
    """None where it was paid without a link, by an order inside WhatsApp."""
    url: str | None
    status: LinkStatus
    payments: tuple[GatewayPayment, ...] = ()
    """Every payment captured by it, those that were returned since included."""


@dataclass(frozen=True)
class ShownOrder:
    """An order that a person was shown inside WhatsApp."""

    payment_id: str
    """The request for payment that it asks for."""
    reference: str
    """What WhatsApp knows it by."""
    sender: str
    """The phone_number_id that it left by."""
    configuration: str
    """The payment configuration through which it is paid."""


@dataclass(frozen=True)
class RefundAnswer:
    """What the gateway says of a refund."""

    gateway_refund_id: str
    status: RefundStatus


class Gateway(Protocol):
    """A payment gateway."""

    takes_money_here: bool
    """Whether the product's own page is where money is taken; else a link leads to it."""

    def make_link(self, asked: LinkRequest) -> Link:
        """Return the one link for a request for payment, made now unless there is one.

        Raises:
            GatewayUnavailable: Ask again later; it may have been made.
            GatewayRefused: There will be none.
        """

    def fetch_link(self, payment_id: str, link_id: str | None) -> Link | None:
        """Return the link of a request for payment as it is now; None if there is none.

        *link_id* is the gateway's name of it, where that is known.

        Raises:
            GatewayUnavailable: Ask again later.
            GatewayRefused: It cannot be said.
        """

    def find_link(self, capture_id: str) -> Link | None:
        """Return the link by which a payment came; None if it came by none of ours.

        One that came by an order inside WhatsApp has no link, and is told in a `Link` all the same.

        Raises:
            GatewayUnavailable: Ask again later.
            GatewayRefused: It cannot be said.
        """

    def fetch_order_payments(self, order: ShownOrder) -> tuple[GatewayPayment, ...]:
        """Return every payment that came by an order inside WhatsApp, as the gateway's books say.

        WhatsApp is asked too, but its word alone is no money: what is not in the gateway's books
        could not be given back.

        Raises:
            GatewayUnavailable: Ask again later.
            GatewayRefused: It cannot be said.
        """

    def cancel_link(self, payment_id: str, link_id: str | None) -> Link | None:
        """See to it that nobody can pay any more; return the link as it is then.

        One that is paid or over stays as it is. None if there is none.

        Raises:
            GatewayUnavailable: Ask again later.
            GatewayRefused: It cannot be cancelled.
        """

    def refund(self, capture_id: str, amount_paise: int) -> RefundAnswer:
        """Return a captured payment to who paid it; the capture is the key.

        May be repeated: one capture is refunded once, and a repeat answers as the first did.

        Raises:
            GatewayUnavailable: Ask again later; it may have been made.
            GatewayRefused: It will not be refunded.
        """

    def fetch_refund(self, capture_id: str, amount_paise: int) -> RefundAnswer | None:
        """Return how far the refund of a captured payment has come; None if there is none.

        Raises:
            GatewayUnavailable: Ask again later.
            GatewayRefused: It cannot be said.
        """

    def is_proven_return(self, payment_id: str, query: Mapping[str, str]) -> bool:
        """Return whether a browser brings the gateway's proof that it was there to pay.

        It is worth a look and a word to the payer, never a seat.
        """


@dataclass(frozen=True)
class PaymentAttempt:
    """An attempt to pay an order."""

    order_id: str | None
    """The gateway's name of the order."""
    capture_id: str | None
    """The gateway's name of the payment."""
    amount_paise: int
    succeeded: bool


class Orders(Protocol):
    """WhatsApp's knowledge of the orders shown inside it."""

    def fetch_attempts(
        self, sender: str, configuration: str, reference: str
    ) -> tuple[PaymentAttempt, ...]:
        """Return every attempt to pay an order; none also where nobody saw it.

        Raises:
            GatewayUnavailable: Ask again later.
            GatewayRefused: It cannot be said.
        """
