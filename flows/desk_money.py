"""What the desk was paid for a booking, as staff note it: `paid 5 450 cash`."""

from __future__ import annotations

from dataclasses import replace

from domain.actions.line import collections
from domain.model.messages import Option
from domain.model.money import Method
from domain.model.queues import Token
from flows.desk_words import about, choice_id, read, target
from flows.line import the_line
from flows.turn import Say, Turn, says

DUE = "DUE"


def too_much(turn: Turn) -> bool:
    """Whether more was said to be paid than is owed, or another amount to be due."""
    said = read(turn)
    if said.amount is None:
        return False
    if said.method == DUE:
        return said.amount * 100 != collections.due_paise(target(turn))
    return said.amount * 100 > _limit(turn)


def amount_unclear(turn: Turn) -> bool:
    """Whether it was not said how much was paid, or how."""
    said = read(turn)
    return said.method is None or (said.amount is None and said.method != DUE)


def nothing_due(turn: Turn) -> bool:
    """Whether it is asked how somebody paid who owes nothing."""
    said = read(turn)
    return said.amount is None and said.method is None and not collections.due_paise(target(turn))


def collect(turn: Turn) -> None:
    """Note what was paid, or that it is still due."""
    line, said = the_line(turn), read(turn)
    token = line.token(target(turn).token_id)
    if said.method == DUE or said.amount is None:
        token = collections.leave_due(line, token, turn.actor)
    else:
        method = Method(said.method or Method.CASH)
        token = collections.collect(line, token, turn.actor, method, said.amount * 100)
    turn.token = token


@says("reception/collected")
@says("reception/all_paid")
def _collected(turn: Turn) -> Say:
    token = turn.token or target(turn)
    said = about(turn, token)
    paid = {
        "cash": token.cash_paise,
        "upi": token.upi_paise,
        "owed": collections.due_paise(token),
    }
    return replace(said, values={**said.values, **paid})


@says("reception/too_much")
def _too_much(turn: Turn) -> Say:
    said, shown = read(turn), about(turn, target(turn))
    due = collections.due_paise(target(turn))
    limit = due if said.method == DUE else _limit(turn)
    amount = (said.amount or 0) * 100
    others = 0 if said.method == DUE else _otherwise(target(turn), said.method)
    more = {"limit": limit, "said": amount, "others": others}
    return replace(shown, values={**shown.values, **more}, options=[])


@says("reception/how_much")
def _how_much(turn: Turn) -> Say:
    said, token = read(turn), target(turn)
    shown = about(turn, token)
    due = collections.due_paise(token)
    paise = due if said.amount is None else said.amount * 100
    values = {"limit": due, "said": None if said.amount is None else paise}
    return replace(shown, values={**shown.values, **values}, options=_ways(turn, token, paise, due))


def _ways(turn: Turn, token: Token, paise: int, due: int) -> list[Option]:
    """Offer the ways to pay *paise*; what is due comes on top of what was noted before."""
    shown = {"amount": paise}
    before = (token.cash_paise, token.upi_paise) if read(turn).amount is None else (0, 0)
    cash, upi = (str((paise + already) // 100) for already in before)
    return [
        Option(id=choice_id(turn, token, cash, "CASH"), label="cash_button", values=shown),
        Option(id=choice_id(turn, token, upi, "UPI"), label="upi_button", values=shown),
        Option(id=choice_id(turn, token, str(due // 100), DUE), label="due_button"),
    ]


def _limit(turn: Turn) -> int:
    """Return the most that can be noted by the method that was said, in paise."""
    token, method = target(turn), read(turn).method
    if token.status not in collections.PAYABLE:
        return {"CASH": token.cash_paise, "UPI": token.upi_paise}.get(method or "", 0)
    return max(0, token.amount_paise - token.paid_paise - _otherwise(token, method))


def _otherwise(token: Token, method: str | None) -> int:
    """Return what was noted by the other method, in paise."""
    return {"CASH": token.upi_paise, "UPI": token.cash_paise}.get(method or "", 0)
