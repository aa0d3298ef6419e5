"""Bringing one token to a state by name, as the desk does; the action that leads there is done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from domain import actors
from domain.actions.booking import desk, history
from domain.actions.booking.places import waiting_in_order
from domain.actions.booking.tokens import state_of
from domain.actions.line import calling, lifecycle
from domain.actions.line.calling import Ending
from domain.actions.line.preconditions import not_undoable, state_after
from domain.actors import Actor, Remark
from domain.errors import Invalid, NotNow
from domain.model.clinics import Clinic, Doctor
from domain.model.queues import WAITING, Queue, Token, TokenStatus
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
"""States that somebody can bring a token to; the others come of themselves."""


@dataclass(frozen=True)
class StatusChange:
    """What a token shall become, and what is known beside it."""

    status: TokenStatus | None = None
    """None: it stays as it is."""
    began_at: datetime | None = None
    """When the consultation began, if not when the patient was called."""
    collected_paise: int | None = None
    """What the desk took at its completion; None: what was owed."""
    remark: Remark = actors.SILENT


def change_status(
    work: Work,
    clinic: Clinic,
    doctor: Doctor,
    queue: Queue,
    token: Token,
    actor: Actor,
    wish: StatusChange,
) -> Token:
    """Do what brings *token* to the state wished for; others are neither called nor moved by it.

    Raises:
        Invalid: If the state cannot be set, or something beside it does not fit.
        NotNow: If the line or the token is not in a state from which that can be done.
    """
    if wish.status is not None and wish.status not in SETTABLE:
        raise Invalid("status", f"{wish.status.value} cannot be set; it comes of itself.")
    _check_beside(work, token, wish)
    done = _ACTIONS[wish.status](work, clinic, doctor, queue, token, actor, wish)
    if wish.began_at is not None:
        done = work.put(done.but(actual_time=wish.began_at))
    return done


def _check_beside(work: Work, token: Token, wish: StatusChange) -> None:
    if wish.collected_paise is not None:
        if wish.status is not TokenStatus.COMPLETED:
            raise Invalid("collectedAmount", "Is taken when the token is COMPLETED.")
        if wish.collected_paise > max(0, token.amount_paise - token.paid_paise):
            raise Invalid("collectedAmount", "Is more than what is owed.")
    if wish.began_at is None:
        return
    called_in = {TokenStatus.CURRENT, TokenStatus.COMPLETED}
    if (wish.status or token.status) not in called_in:
        raise Invalid("actualTime", "Is when a consultation began; this one has not.")
    if wish.began_at > work.now:
        raise Invalid("actualTime", "Is in the future.")
    if wish.began_at < token.created_at:
        raise Invalid("actualTime", "Is before the booking was made.")


def _note(
    work: Work, _c: Clinic, _d: Doctor, _q: Queue, token: Token, actor: Actor, wish: StatusChange
) -> Token:
    remark = wish.remark
    history.log_token(
        work,
        token,
        "note",
        actor,
        detail=remark.reason,
        notes=remark.notes,
    )
    return work.put(token.but(updated_at=work.now))


def _arrive(
    work: Work, _c: Clinic, _d: Doctor, _q: Queue, token: Token, actor: Actor, wish: StatusChange
) -> Token:
    return lifecycle.check_in(work, token, actor, wish.remark)


def _call(
    work: Work,
    clinic: Clinic,
    doctor: Doctor,
    queue: Queue,
    token: Token,
    actor: Actor,
    wish: StatusChange,
) -> Token:
    state_after(queue, "next")
    if queue.current_token is not None:
        raise NotNow("Somebody is being served.", state=TokenStatus.CURRENT)
    _require(work, queue, token, WAITING)
    everybody = waiting_in_order(work, queue.queue_id)
    own = [w for w in everybody if w.token_id == token.token_id]
    others = [w for w in everybody if w.token_id != token.token_id]
    ends = Ending(TokenStatus.COMPLETED, action="call", remark=wish.remark)
    calling.advance(work, clinic, doctor, queue, actor, ends, own + others[:2])
    return work.require(Token, token.queue_id, token.token_id)


def _complete(
    work: Work,
    clinic: Clinic,
    doctor: Doctor,
    queue: Queue,
    token: Token,
    actor: Actor,
    wish: StatusChange,
) -> Token:
    state_after(queue, "next")
    _require(work, queue, token, {TokenStatus.CURRENT})
    ends = Ending(TokenStatus.COMPLETED, "complete", wish.collected_paise, wish.remark)
    calling.advance(work, clinic, doctor, queue, actor, ends, [])
    return work.require(Token, token.queue_id, token.token_id)


def _skip(
    work: Work,
    clinic: Clinic,
    doctor: Doctor,
    queue: Queue,
    token: Token,
    actor: Actor,
    wish: StatusChange,
) -> Token:
    state_after(queue, "skip")
    _require(work, queue, token, {TokenStatus.CURRENT})
    ends = Ending(TokenStatus.SKIPPED, remark=wish.remark)
    calling.advance(work, clinic, doctor, queue, actor, ends, [])
    return work.require(Token, token.queue_id, token.token_id)


def _miss(
    work: Work,
    clinic: Clinic,
    doctor: Doctor,
    queue: Queue,
    token: Token,
    actor: Actor,
    wish: StatusChange,
) -> Token:
    _require(work, queue, token, {TokenStatus.CURRENT, TokenStatus.SKIPPED})
    if token.status is TokenStatus.CURRENT:
        token = _skip(work, clinic, doctor, queue, token, actor, StatusChange())
        queue = work.get(Queue, queue.doctor_id, queue.date) or queue
    last = queue.last_move
    if last is not None and last.left == token.token_id:
        # Taken back, the move would bring in somebody whose place is given up.
        work.put(queue.but(last_move=not_undoable(queue), updated_at=work.now))
    return lifecycle.no_show(work, token, actor, wish.remark)


def _cancel(
    work: Work,
    clinic: Clinic,
    doctor: Doctor,
    _q: Queue,
    token: Token,
    actor: Actor,
    wish: StatusChange,
) -> Token:
    return desk.cancel_for_patient(work, clinic, doctor, token, actor, wish.remark)


_ACTIONS = {
    None: _note,
    TokenStatus.ARRIVED: _arrive,
    TokenStatus.CURRENT: _call,
    TokenStatus.COMPLETED: _complete,
    TokenStatus.SKIPPED: _skip,
    TokenStatus.NO_SHOW: _miss,
    TokenStatus.CANCELLED: _cancel,
}


def _require(
    work: Work, queue: Queue, token: Token, states: frozenset[TokenStatus] | set[TokenStatus]
) -> None:
    state = state_of(token, queue, work.now)
    if state not in states:
        raise NotNow(f"The token is {state.value}.", state=state)
