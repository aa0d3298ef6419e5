"""A press of the payment page's button: a payment in the sandbox, or a link at the gateway."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Protocol, TypeVar

from domain.actions.payments import links
from domain.actions.settlement import captures
from domain.gateway import Gateway, LinkRequest, LinkStatus
from domain.model.money import Capture, Disposition, Payment
from domain.scopes import Scope, SystemScope
from domain.transactions import transact
from domain.work import Work

T = TypeVar("T")


class CheckoutParts(Protocol):
    """What the page needs of its process; `bot.wiring.Parts` is one."""

    @property
    def gateway(self) -> Gateway:
        """The payment gateway."""

    def open_work(self, scope: Scope) -> Work:
        """Return a new unit of work; its commit wakes the workers."""

    def new_capture_id(self) -> str:
        """Return a new id of a payment captured in the sandbox."""

    def take_sandbox_payment(
        self, work: Work, payment_id: str, capture_id: str, amount_paise: int
    ) -> None:
        """Enter a payment in the sandbox's books, in *work*; at most once for each id."""


def pay_in_sandbox(parts: CheckoutParts, payment_id: str) -> bool:
    """Capture one payment in the sandbox; return whether it is refunded.

    Each try of the transaction uses the same capture id, so one press is one payment in the ledger
    even if an earlier try was committed and only its answer was lost.

    Raises:
        NotFound: If there is no such request for payment.
        StillConflicting: If every try lost against other writes.
    """
    capture_id = parts.new_capture_id()

    def capture(work: Work) -> bool:
        payment = work.require(Payment, payment_id)
        parts.take_sandbox_payment(work, payment_id, capture_id, payment.amount_paise)
        captures.record_capture(work, payment_id, capture_id, payment.amount_paise)
        captured = work.get(Capture, capture_id, "CAPTURE")
        return captured is not None and captured.disposition is Disposition.REFUND

    return transact_payment(parts, capture)


def obtain_gateway_url(parts: CheckoutParts, payment_id: str, return_url: str) -> str | None:
    """Return the address of the gateway's page for a request; make the link at the first press.

    None if the link cannot be paid any more: a check with the gateway is scheduled. *return_url* is
    where the payer's browser goes when it is done. May be repeated.

    Raises:
        NotFound: If there is no such request for payment.
        NotNow: If there is nothing to pay any more.
        GatewayUnavailable: If the gateway does not answer now.
        GatewayRefused: If the gateway makes no such link.
        StillConflicting: If every try lost against other writes.
    """

    def ask(work: Work) -> tuple[LinkRequest, str | None]:
        asked = links.begin_link(work, payment_id, return_url)
        known = work.get(Payment, payment_id)
        return asked, known.gateway_url if known else None

    asked, url = transact_payment(parts, ask)
    if url is not None:
        return url
    link = parts.gateway.make_link(asked)
    transact_payment(parts, lambda work: links.record_made_link(work, link))
    return link.url if link.status is LinkStatus.OPEN else None


def schedule_check(parts: CheckoutParts, payment_id: str) -> None:
    """Schedule an immediate check of a request with the gateway, without waiting for the answer."""

    def ask(work: Work) -> None:
        payment = work.require(Payment, payment_id)
        links.schedule_check(work, payment)

    transact_payment(parts, ask)


def transact_payment(parts: CheckoutParts, act: Callable[[Work], T]) -> T:
    """Run *act* in a transaction, again after each conflict; return what it returns.

    Raises:
        StillConflicting: If every try lost against other writes.
    """
    return transact(partial(parts.open_work, SystemScope("pay for a booking")), act)
