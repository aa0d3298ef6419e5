"""Setting the status of one token, as the desk does: the action that leads there is done."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime

from domain import actors
from domain.actions.booking import desk, history
from domain.actions.booking.tokens import state_of
from domain.actions.line import calling, lifecycle, order
from domain.actions.line.consultations import Ending
from domain.actions.line.preconditions import not_undoable, state_after
from domain.actors import Actor, Remark
from domain.errors import Invalid, NotNow
from domain.line_context import LineContext
from domain.model.queues import Queue, Token, TokenStatus
from domain.work import Work

SETTABLE = frozenset(
    {
        TokenStatus.ARRIVED,
        TokenStatus.CURRENT,
        TokenStatus.COMPLETED,
        TokenStatus.SKIPPED,
        TokenStatus.NO_SHOW,
        TokenStatus.CANCELLED,
    }
)
"""Statuses that the desk can set; the others follow from bookings and payments."""


@dataclass(frozen=True)
class StatusChange:
    """The status to set, and what the desk says about it."""

    status: TokenStatus | None = None
    """None: it stays as it is."""
    began_at: datetime | None = None
    """When the consultation began, if not when the patient was called."""
    collected_paise: int | None = None
    """What the desk took at its completion; None: what was owed, unless the desk counts itself."""
    remark: Remark = actors.SILENT


def change_status(line: LineContext, token: Token, actor: Actor, change: StatusChange) -> Token:
    """Do the action that leads *token* to the status of *change*; nobody else is called in.

    Raises:
        Invalid: If the status cannot be set, or another value of *change* does not fit it.
        NotNow: If the line or the token is not in a state from which the action can be done.
    """
    if change.status is not None and change.status not in SETTABLE:
        raise Invalid("status", f"{change.status.value} cannot be set; it comes of itself.")
    _check_values(line.work, token, change)
    changed = _ACTIONS[change.status](line, token, actor, change)
    if change.began_at is not None:
        changed = line.work.put(changed.but(actual_time=change.began_at))
    return changed


def _check_values(work: Work, token: Token, change: StatusChange) -> None:
    """Raise `Invalid` unless the amount and the instant of *change* fit its status."""
    if change.collected_paise is not None:
        if change.status is not TokenStatus.COMPLETED:
            raise Invalid("collectedAmount", "Is taken when the token is COMPLETED.")
        owed = token.amount_paise - token.paid_paise - token.collected_paise
        if change.collected_paise > max(0, owed):
            raise Invalid("collectedAmount", "Is more than what is owed.")
    if change.began_at is None:
        return
    called_in = {TokenStatus.CURRENT, TokenStatus.COMPLETED}
    if (change.status or token.status) not in called_in:
        raise Invalid("actualTime", "Is when a consultation began; this one has not.")
    if change.began_at > work.now:
        raise Invalid("actualTime", "Is in the future.")
    if change.began_at < token.created_at:
        raise Invalid("actualTime", "Is before the booking was made.")


def _note(line: LineContext, token: Token, actor: Actor, change: StatusChange) -> Token:
    remark = change.remark
    history.log_token(line.work, token, "note", actor, detail=remark.reason, notes=remark.notes)
    return line.work.put(token.but(updated_at=line.now))


def _arrive(line: LineContext, token: Token, actor: Actor, change: StatusChange) -> Token:
    return lifecycle.check_in(line.work, token, actor, change.remark)


def _call(line: LineContext, token: Token, actor: Actor, change: StatusChange) -> Token:
    state_after(line.queue, "next")
    if line.queue.current_token is not None:
        raise NotNow("Somebody is being served.", state=TokenStatus.CURRENT)
    order.call_from_place(line, token, actor, change.remark)
    return line.token(token.token_id)


def _complete(line: LineContext, token: Token, actor: Actor, change: StatusChange) -> Token:
    state_after(line.queue, "next")
    _require_status(line, token, {TokenStatus.CURRENT})
    ending = Ending(TokenStatus.COMPLETED, "complete", change.collected_paise, change.remark)
    calling.advance(line, actor, ending, [])
    return line.token(token.token_id)


def _skip(line: LineContext, token: Token, actor: Actor, change: StatusChange) -> Token:
    state_after(line.queue, "skip")
    _require_status(line, token, {TokenStatus.CURRENT})
    calling.advance(line, actor, Ending(TokenStatus.SKIPPED, remark=change.remark), [])
    return line.token(token.token_id)


def _miss(line: LineContext, token: Token, actor: Actor, change: StatusChange) -> Token:
    _require_status(line, token, {TokenStatus.CURRENT, TokenStatus.SKIPPED})
    queue = line.queue
    if token.status is TokenStatus.CURRENT:
        token = _skip(line, token, actor, StatusChange())
        queue = line.work.require(Queue, queue.doctor_id, queue.date)
    last = queue.last_move
    if last is not None and last.left == token.token_id:
        # An undo would call in a patient whose place is given up here.
        line.work.put(queue.but(last_move=not_undoable(queue), updated_at=line.now))
    return lifecycle.mark_no_show(line.work, token, actor, change.remark)


def _cancel(line: LineContext, token: Token, actor: Actor, change: StatusChange) -> Token:
    return desk.cancel_for_patient(line.work, line.clinic, line.doctor, token, actor, change.remark)


_ACTIONS = {
    None: _note,
    TokenStatus.ARRIVED: _arrive,
    TokenStatus.CURRENT: _call,
    TokenStatus.COMPLETED: _complete,
    TokenStatus.SKIPPED: _skip,
    TokenStatus.NO_SHOW: _miss,
    TokenStatus.CANCELLED: _cancel,
}


def _require_status(line: LineContext, token: Token, allowed: AbstractSet[TokenStatus]) -> None:
    """Raise `NotNow` unless the state of *token* now is one of *allowed*."""
    state = state_of(token, line.queue, line.now)
    if state not in allowed:
        raise NotNow(f"The token is {state.value}.", state=state)
