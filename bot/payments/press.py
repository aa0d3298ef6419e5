"""Pressing the button of a payment's page: money is taken here, or the gateway's link is made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import structlog

from bot.payments import sandbox
from domain.actions import links, payments
from domain.errors import Conflict, NotFound
from domain.gateway import Gateway, LinkRequest, LinkStatus
from domain.model.money import Capture, Disposition, Payment
from domain.scopes import Scope, SystemScope
from domain.work import Work

TRIES = 10
"""A press is replayed this often when others changed what it read."""
log = structlog.get_logger()


class Desk(Protocol):
    """What a press needs of the process; `bot.wiring.Parts` is one."""

    @property
    def gateway(self) -> Gateway:
        """The payment gateway."""

    def open_work(self, scope: Scope) -> Work:
        """Return a new unit of work that rings its bells when it is committed."""

    def new_capture_id(self) -> str:
        """Return a new id of a payment captured in the sandbox."""


def pay_here(desk: Desk, payment_id: str) -> bool:
    """Capture one payment in the sandbox; return whether its money goes back.

    The capture keeps its id through every replay, so that one press is one payment in the ledger
    even where an earlier try was written and only its answer lost.

    Raises:
        NotFound: If there is no such request for payment.
        Conflict: If others were faster every time.
    """
    capture_id = desk.new_capture_id()

    def capture(work: Work) -> None:
        payment = work.get(Payment, payment_id)
        if payment is None:
            raise NotFound
        sandbox.take(work, payment_id, capture_id, payment.amount_paise)
        payments.captured(work, payment_id, capture_id, payment.amount_paise)

    work = replayed(desk, capture)
    captured = work.get(Capture, capture_id, "CAPTURE")
    return captured is not None and captured.disposition is Disposition.REFUND


def way_to_pay(desk: Desk, payment_id: str, page: str) -> str | None:
    """Return the address of the gateway's page for a request, made at the first press.

    None if nothing can be paid there any more; what was paid by then is recorded. *page* is where
    the payer's browser goes when it is done.

    Raises:
        NotFound: If there is no such request for payment.
        NotNow: If there is nothing to pay any more.
        GatewayUnavailable: If the gateway does not answer now.
        GatewayRefused: If it will not take this payment.
        Conflict: If others were faster every time.
    """
    asked: list[LinkRequest] = []
    work = replayed(desk, lambda work: asked.append(links.ask_link(work, payment_id, page)))
    known = work.get(Payment, payment_id)
    if known is not None and known.gateway_url is not None:
        return known.gateway_url
    link = desk.gateway.make_link(asked[-1])
    replayed(desk, lambda work: links.keep_link(work, link))
    return link.url if link.status is LinkStatus.OPEN else None


def look_again(desk: Desk, payment_id: str) -> None:
    """Have the gateway asked about a request at once; what it says is not waited for."""

    def ask(work: Work) -> None:
        payment = work.get(Payment, payment_id)
        if payment is None:
            raise NotFound
        links.look_now(work, payment)

    replayed(desk, ask)


def replayed(desk: Desk, act: Callable[[Work], object]) -> Work:
    """Do and commit *act*, again on fresh reads while others are faster; return the work done.

    Raises:
        Conflict: If they were faster every time.
    """
    for attempt in range(TRIES):
        work = desk.open_work(SystemScope("pay for a booking"))
        act(work)
        try:
            work.commit()
        except Conflict:
            if attempt == TRIES - 1:
                raise
        else:
            return work
    raise AssertionError  # the last try returns or raises
