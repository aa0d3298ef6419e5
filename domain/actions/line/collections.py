"""What the desk is really paid: how much, how, by whom it was counted, and what is still due."""

from __future__ import annotations

from domain.actions.booking import history
from domain.actions.booking.tokens import state_of
from domain.actions.line.consultations import is_settled, payment_status_now
from domain.actions.payments import ledger
from domain.actors import Actor
from domain.errors import Invalid, NotNow
from domain.line_context import LineContext
from domain.model.money import Method
from domain.model.queues import LIVE, PaymentStatus, Token, TokenStatus

PAYABLE = LIVE - {TokenStatus.PENDING} | {TokenStatus.COMPLETED}
"""States of a token for which the desk takes money; of others it can only give back."""


def collect(
    line: LineContext, token: Token, actor: Actor, method: Method, amount_paise: int
) -> Token:
    """Note that the desk took *amount_paise* for *token*, in all, by *method*.

    Said again for a method it replaces what was said; cash and UPI add up. It also replaces what a
    completion took to be collected: from now on only what is counted counts. May be repeated.

    Raises:
        NotNow: If the token takes no money: it was not paid online in time, or is cancelled. What
            was counted before can be lowered even then.
        Invalid: If it is more than what is owed.
    """
    before = {Method.CASH: token.cash_paise, Method.UPI: token.upi_paise}
    _require_payable(line, token, gives_back=amount_paise < before[method])
    now = before | {method: amount_paise}
    if sum(now.values()) > max(0, token.amount_paise - token.paid_paise, sum(before.values())):
        raise Invalid("amount", "Is more than what is owed.")
    return _count(line, token, actor, now, f"{amount_paise // 100} {method}")


def leave_due(
    line: LineContext, token: Token, actor: Actor, amount_paise: int | None = None
) -> Token:
    """Note that what the desk has not counted is still due; *amount_paise*, if given, is how much.

    A completion then collects nothing unasked, and what it took to be collected is taken back.

    Raises:
        NotNow: If the token takes no money.
        Invalid: If another amount than that is due.
    """
    _require_payable(line, token, gives_back=False)
    due = due_paise(token)
    if amount_paise not in {None, due}:
        raise Invalid("amount", f"What is due is {due // 100}.")
    counted = {Method.CASH: token.cash_paise, Method.UPI: token.upi_paise}
    return _count(line, token, actor, counted, f"{due // 100} DUE")


def due_paise(token: Token) -> int:
    """Return what the desk has not counted of what is owed for *token*."""
    return max(0, token.amount_paise - token.paid_paise - token.cash_paise - token.upi_paise)


def _count(
    line: LineContext, token: Token, actor: Actor, counted: dict[Method, int], detail: str
) -> Token:
    cash, upi = counted[Method.CASH], counted[Method.UPI]
    token = token.but(
        cash_paise=cash,
        upi_paise=upi,
        collected_paise=cash + upi,
        counted=True,
        updated_at=line.now,
    )
    if token.status is TokenStatus.COMPLETED:
        paid = PaymentStatus.PAID if is_settled(token) else PaymentStatus.PENDING
        token = token.but(payment_status=paid)
    elif token.status in PAYABLE:
        token = token.but(payment_status=payment_status_now(token))
    token = line.work.put(token)
    history.log_token(line.work, token, "collect", actor, detail=detail)
    return ledger.record_collection(line.work, token, actor)


def _require_payable(line: LineContext, token: Token, *, gives_back: bool) -> None:
    state = state_of(token, line.queue, line.now)
    if state not in PAYABLE and not gives_back:
        raise NotNow(f"The token is {state.value}.", state=state)
