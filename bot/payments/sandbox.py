"""The sandbox: a gateway without money, whose payments are made on our own page.

It implements the port of real gateways and keeps its books in our store, so that a demo and tests
run through the same code as money does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import TypeVar

from domain.errors import StillConflicting
from domain.gateway import (
    GatewayPayment,
    GatewayRefund,
    GatewayRefused,
    GatewayUnavailable,
    Link,
    LinkRequest,
    LinkStatus,
    Orders,
    RefundAnswer,
    ShownOrder,
)
from domain.model.money import RefundStatus, SandboxEntry
from domain.transactions import transact
from domain.work import Work

T = TypeVar("T")
LINK, PAID, REFUND = "LINK", "PAID#", "REFUND"
MINE = "sbx_"
"""The prefix of its payments' ids."""
MOST_PAYMENTS = 1000


def take_payment(work: Work, payment_id: str, capture_id: str, amount_paise: int) -> None:
    """Enter a payment in the sandbox's books, in *work*.

    May be repeated: the same id is the same payment.
    """
    if work.get(SandboxEntry, payment_id, PAID + capture_id) is None:
        entry = SandboxEntry(
            subject=payment_id, row=PAID + capture_id, amount_paise=amount_paise, at=work.now
        )
        work.put(entry)
        work.put(entry.but(subject=capture_id, row=PAID + payment_id))


class SandboxGateway:
    """Implements `domain.gateway.Gateway`."""

    takes_money_here = True

    def __init__(self, open_work: Callable[[], Work], orders: Orders | None = None) -> None:
        """Keep books in units of work from *open_work*, whose scope is the whole system.

        *orders* knows what is paid inside WhatsApp; None if nothing is.
        """
        self._open_work = open_work
        self._orders = orders

    def make_link(self, asked: LinkRequest) -> Link:
        """Return the link of a request: the product's own page."""

        def make(work: Work) -> Link:
            if work.get(SandboxEntry, asked.payment_id, LINK) is None:
                work.put(
                    SandboxEntry(
                        subject=asked.payment_id,
                        row=LINK,
                        amount_paise=asked.amount_paise,
                        at=work.now,
                    )
                )
            return _link(work, asked.payment_id)

        return self._write(make)

    def fetch_link(self, payment_id: str, link_id: str | None) -> Link | None:
        """Return the link of a request with all payments made on its page."""
        del link_id
        work = self._open_work()
        is_known = _payments_of(work, payment_id) or _find_link(work, payment_id)
        return _link(work, payment_id) if is_known else None

    def find_link(self, capture_id: str) -> Link | None:
        """Return the link that a capture paid."""
        for entry in _rows(self._open_work(), capture_id, PAID):
            return self.fetch_link(entry.row.removeprefix(PAID), None)
        return None

    def fetch_order_payments(self, order: ShownOrder) -> tuple[GatewayPayment, ...]:
        """Enter and return the payments of an order; WhatsApp's word is enough for play money."""
        if self._orders is None:
            return ()
        found = []
        for attempt in self._orders.fetch_attempts(
            order.sender, order.configuration, order.reference
        ):
            if attempt.succeeded and attempt.capture_id is not None:
                payment = GatewayPayment(attempt.capture_id, attempt.amount_paise, order.reference)
                self._write(
                    partial(
                        take_payment,
                        payment_id=order.payment_id,
                        capture_id=payment.capture_id,
                        amount_paise=payment.amount_paise,
                    )
                )
                found.append(payment)
        return tuple(found)

    def cancel_link(self, payment_id: str, link_id: str | None) -> Link | None:
        """Cancel a link. Our page needs no such call: it ends with the hold."""
        del link_id

        def cancel(work: Work) -> Link | None:
            made = _find_link(work, payment_id)
            if made is not None and not _payments_of(work, payment_id):
                work.put(made.but(cancelled=True))
            return _link(work, payment_id) if made else None

        return self._write(cancel)

    def draft_refund(self, capture_id: str, amount_paise: int) -> None:
        """Return None: the sandbox is sent nothing."""
        del capture_id, amount_paise

    def refund(self, capture_id: str, amount_paise: int, body: str | None) -> RefundAnswer:
        """Refund a capture at once; a repeat returns the same answer."""
        del body

        def write_refund(work: Work) -> None:
            taken = next(_rows(work, capture_id, PAID), None)
            if taken is None or not 0 < amount_paise <= taken.amount_paise:
                raise GatewayRefused("the sandbox returns only what it took")
            if work.get(SandboxEntry, capture_id, REFUND) is None:
                work.put(
                    SandboxEntry(
                        subject=capture_id, row=REFUND, amount_paise=amount_paise, at=work.now
                    )
                )

        self._write(write_refund)
        return _refund_answer(capture_id)

    def fetch_refunds(self, capture_id: str) -> tuple[GatewayRefund, ...]:
        """Return the refund of a capture; nobody makes one here by hand."""
        made = self._open_work().get(SandboxEntry, capture_id, REFUND)
        if made is None:
            return ()
        answer = _refund_answer(capture_id)
        return (
            GatewayRefund(answer.gateway_refund_id, made.amount_paise, answer.status, is_ours=True),
        )

    def is_proven_return(self, payment_id: str, query: Mapping[str, str]) -> bool:
        """Return False: payers never leave our page."""
        del payment_id, query
        return False

    def _write(self, act: Callable[[Work], T]) -> T:
        try:
            return transact(self._open_work, act)
        except StillConflicting as lost:
            # Callers of a gateway handle this error already.
            raise GatewayUnavailable("the sandbox's books are being written by others") from lost


def _find_link(work: Work, payment_id: str) -> SandboxEntry | None:
    return work.get(SandboxEntry, payment_id, LINK)


def _payments_of(work: Work, payment_id: str) -> list[SandboxEntry]:
    return list(_rows(work, payment_id, PAID))


def _rows(work: Work, subject: str, begins: str) -> Iterator[SandboxEntry]:
    span = (begins, f"{begins}~")
    yield from work.query(SandboxEntry, subject, between=span, limit=MOST_PAYMENTS).records


def _link(work: Work, payment_id: str) -> Link:
    made, paid = _find_link(work, payment_id), _payments_of(work, payment_id)
    over = LinkStatus.OVER if made and made.cancelled else LinkStatus.OPEN
    return Link(
        payment_id=payment_id,
        link_id=f"link_{payment_id}",
        url=work.rules.pay_url(payment_id),
        status=LinkStatus.PAID if paid else over,
        payments=tuple(GatewayPayment(e.row.removeprefix(PAID), e.amount_paise) for e in paid),
    )


def _refund_answer(capture_id: str) -> RefundAnswer:
    return RefundAnswer(f"rfnd_{capture_id.removeprefix(MINE)}", RefundStatus.PROCESSED)
