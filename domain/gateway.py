"""The port of payment gateways: what the rules ask of one, whichever provider it is.

Every call may be repeated: the gateway knows a link by its request for payment, and a refund by its
capture (idempotency keys). A call takes some seconds at most, and none is made in a turn.
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
    """The gateway did not answer, or failed for now; what it did is unknown. Ask again."""


class GatewayRefused(PulseOpsError):
    """The gateway refused, and would refuse again."""


class IdempotencyKeyTaken(GatewayRefused):
    """The gateway has served another request under this idempotency key; no repeat can succeed."""


@dataclass(frozen=True)
class LinkRequest:
    """What a link is to be made for; nothing in it tells who pays."""

    payment_id: str
    """The request for payment; the link's reference, for which the gateway makes one link."""
    amount_paise: int
    description: str
    token_id: str | None
    """The token it is for; None for a clinic's invoice."""
    held_until: datetime | None
    """When the product cancels it, before the gateway would; None: it stays until it is paid."""
    return_url: str
    """Where the payer's browser goes afterwards."""


class LinkStatus(StrEnum):
    """What can be done with a link."""

    OPEN = "OPEN"
    PAID = "PAID"
    OVER = "OVER"
    """Cancelled or expired: no new payment can begin, but one that has begun may still arrive."""


@dataclass(frozen=True)
class GatewayPayment:
    """A payment captured at the gateway."""

    capture_id: str
    amount_paise: int
    order: str | None = None
    """The reference of the order inside WhatsApp that it paid; None: it paid a link."""
    returned_paise: int = 0
    """What has been refunded of it, by us or by a person in the gateway's dashboard."""


@dataclass(frozen=True)
class Link:
    """A link as the gateway has it: what it knows of one request for payment."""

    payment_id: str
    link_id: str | None
    """None if it was paid by an order inside WhatsApp, without a link."""
    url: str | None
    status: LinkStatus
    payments: tuple[GatewayPayment, ...] = ()
    """Every payment captured by it, also those that were refunded since."""


@dataclass(frozen=True)
class ShownOrder:
    """An order that a person was shown inside WhatsApp."""

    payment_id: str
    """The request for payment that it asks for."""
    reference: str
    """The id by which WhatsApp knows it."""
    sender: str
    """The phone_number_id that it left by."""
    configuration: str
    """The payment configuration through which it is paid."""


@dataclass(frozen=True)
class RefundAnswer:
    """The gateway's answer about a refund."""

    gateway_refund_id: str
    status: RefundStatus


@dataclass(frozen=True)
class GatewayRefund:
    """A refund that the gateway has of a capture, made by us or by a person."""

    refund_id: str
    amount_paise: int
    status: RefundStatus
    is_ours: bool
    """Whether it says that we asked for it; a person's does not."""


class Gateway(Protocol):
    """A payment gateway."""

    takes_money_here: bool
    """Whether people pay on the product's own page (the sandbox); else on the gateway's."""

    def make_link(self, asked: LinkRequest) -> Link:
        """Return the one link of a request for payment; make it unless there is one.

        Raises:
            GatewayUnavailable: Ask again later; it may have been made.
            GatewayRefused: It makes none.
        """

    def fetch_link(self, payment_id: str, link_id: str | None) -> Link | None:
        """Return the link of a request for payment as it is now; None if there is none.

        *link_id* is the gateway's id of it, if it is known.

        Raises:
            GatewayUnavailable: Ask again later.
            GatewayRefused: The gateway will not say.
        """

    def find_link(self, capture_id: str) -> Link | None:
        """Return the link that a capture paid; None if it paid none of ours.

        A capture that paid an order inside WhatsApp is returned in a `Link` without id and address.

        Raises:
            GatewayUnavailable: Ask again later.
            GatewayRefused: The gateway will not say.
        """

    def fetch_order_payments(self, order: ShownOrder) -> tuple[GatewayPayment, ...]:
        """Return every payment of an order inside WhatsApp that is in the gateway's books.

        WhatsApp is asked too, but its word alone does not count: what is not in the gateway's books
        could not be refunded.

        Raises:
            GatewayUnavailable: Ask again later.
            GatewayRefused: The gateway will not say.
        """

    def cancel_link(self, payment_id: str, link_id: str | None) -> Link | None:
        """Cancel a link, so that nobody can pay by it, and return it; None if there is none.

        One that is paid or over stays as it is.

        Raises:
            GatewayUnavailable: Ask again later.
            GatewayRefused: It cannot be cancelled.
        """

    def draft_refund(self, capture_id: str, amount_paise: int) -> str | None:
        """Return the body to request a refund with; None if the gateway compares no bodies.

        It makes no call. The body is kept with the refund, so that a repeat by a later version of
        the product sends the same: with another the gateway would refuse its idempotency key.
        """

    def refund(self, capture_id: str, amount_paise: int, body: str | None) -> RefundAnswer:
        """Refund a capture to the account it came from; its id is the idempotency key.

        May be repeated: a capture is refunded once, and a repeat answers as the first call did.
        *body* is what `draft_refund` returned before the first call; None if none was kept.

        Raises:
            GatewayUnavailable: Ask again later; it may have been made.
            IdempotencyKeyTaken: Another refund was requested under the capture's key; see
                `fetch_refunds`.
            GatewayRefused: The gateway will not refund it.
        """

    def fetch_refunds(self, capture_id: str) -> tuple[GatewayRefund, ...]:
        """Return every refund of a capture, whether we made it or a person; ours first.

        Raises:
            GatewayUnavailable: Ask again later.
            GatewayRefused: The gateway will not say.
        """

    def is_proven_return(self, payment_id: str, query: Mapping[str, str]) -> bool:
        """Return whether *query* proves that the gateway's page sent this browser back.

        That is a reason to check the request and to tell the payer so, never a payment.
        """


@dataclass(frozen=True)
class PaymentAttempt:
    """One attempt to pay an order inside WhatsApp, as WhatsApp tells of it."""

    order_id: str | None
    """The gateway's id of the order."""
    capture_id: str | None
    """The gateway's id of the payment."""
    amount_paise: int
    succeeded: bool


class Orders(Protocol):
    """WhatsApp's own record of the orders shown inside it."""

    def fetch_attempts(
        self, sender: str, configuration: str, reference: str
    ) -> tuple[PaymentAttempt, ...]:
        """Return every attempt to pay an order; none also if it was never shown.

        Raises:
            GatewayUnavailable: Ask again later.
            GatewayRefused: The gateway will not say.
        """
