"""The order of a line as the desk changes it: called out of turn, moved back, brought forward.

Each change says in the line's history who made it and why. Estimates follow, because they are
computed from the places; those who wait are told as after any move.
"""

from __future__ import annotations

from collections.abc import Sequence

from domain import due
from domain.actions.booking import history
from domain.actions.booking.places import (
    place_between,
    place_in_front,
    waiting_in_order,
    waiting_of,
)
from domain.actions.booking.tokens import state_of
from domain.actions.line import calling
from domain.actions.line.calling import MoveResult
from domain.actions.line.consultations import Ending, notify_next
from domain.actions.line.preconditions import (
    SeenState,
    require_current_view,
    require_no_repeat,
    state_after,
)
from domain.actors import SILENT, Actor, Remark
from domain.errors import Invalid, NotNow
from domain.line_context import LineContext
from domain.model.queues import (
    WAITING,
    QueueStatus,
    Token,
    TokenStatus,
    Waiting,
    number_text,
)

OUT_OF_TURN = "OUT_OF_TURN"
"""The reason in the history if somebody is called before others and nobody says why."""
NUMBERS_LOGGED = 20
"""Numbers of those passed over that the history names; more are counted."""


def call_patient(
    line: LineContext, token: Token, actor: Actor, saw: SeenState, remark: Remark = SILENT
) -> MoveResult:
    """Complete the consultation and call in *token*, before others if they stand before it.

    The history says why, and who was passed over. `undo` takes it back as it does a `next`.

    Raises:
        NotNow: Unless the line is ACTIVE and the token waits.
        LineMoved: If the line is not as the actor saw it; nothing has moved then.
        CalledJustNow: If the words may be the same command sent twice.
    """
    state_after(line.queue, "next")
    require_current_view(line, actor, saw)
    require_no_repeat(line, saw)
    return call_from_place(line, token, actor, remark)


def call_from_place(line: LineContext, token: Token, actor: Actor, remark: Remark) -> MoveResult:
    """Complete the consultation, if there is one, and call in *token* from its place in the line.

    Raises:
        NotNow: If the token does not wait.
    """
    _require_waiting(line, token)
    everybody = waiting_in_order(line.work, line.queue.queue_id)
    at = next(n for n, entry in enumerate(everybody) if entry.token_id == token.token_id)
    before, others = everybody[:at], everybody[:at] + everybody[at + 1 :]
    reason = remark.reason or (OUT_OF_TURN if before else None)
    ending = Ending(TokenStatus.COMPLETED, action="call", remark=Remark(reason, remark.notes))
    moved = calling.advance(line, actor, ending, [everybody[at], *others[:1]])
    if before:
        passed = f"out of turn: {_numbers(before)}"
        history.log_line(line.work, moved.queue, "pass-over", actor, detail=passed)
    return moved


def move_to_end(line: LineContext, token: Token, actor: Actor, remark: Remark = SILENT) -> Token:
    """Put a patient who waits behind all who wait now; who books later may stand behind them.

    May be repeated.

    Raises:
        NotNow: If the token does not wait.
    """
    token = _require_waiting(line, token)
    others = _others(line, token)
    if not others or others[-1].place < (token.place or ""):
        return token
    place = place_between(line.work, others[-1].place, None)
    return _stand_at(line, token, place, actor, _Change("move", "last", remark))


def move_behind(
    line: LineContext, token: Token, after: Token, actor: Actor, remark: Remark = SILENT
) -> Token:
    """Put a patient who waits right behind *after*, who waits too or is being served.

    Raises:
        Invalid: If both are the same.
        NotNow: If the token does not wait, or *after* neither waits nor is being served.
    """
    token = _require_waiting(line, token)
    if after.token_id == token.token_id:
        raise Invalid("after", "Is the token itself.")
    others = _others(line, token)
    change = _Change("move", f"after {after.token_number}", remark)
    if state_of(after, line.queue, line.now) is TokenStatus.CURRENT:
        if not others:
            return token
        return _stand_at(line, token, place_between(line.work, "", others[0].place), actor, change)
    _require_waiting(line, after)
    at = next(n for n, entry in enumerate(others) if entry.token_id == after.token_id)
    following = others[at + 1].place if at + 1 < len(others) else None
    place = place_between(line.work, others[at].place, following)
    return _stand_at(line, token, place, actor, change)


def prioritise(line: LineContext, token: Token, actor: Actor, remark: Remark = SILENT) -> Token:
    """Bring a patient who waits before all others, behind those who were brought before them.

    Raises:
        NotNow: If the token does not wait.
    """
    token = _require_waiting(line, token)
    change = _Change("priority", remark.reason, remark)
    return _stand_at(line, token, place_in_front(line.work), actor, change)


def count_ahead(line: LineContext, token: Token) -> int:
    """Return how many would be called before *token* if all were called now."""
    waiting = waiting_in_order(line.work, line.queue.queue_id)
    return next((n for n, w in enumerate(waiting) if w.token_id == token.token_id), 0)


class _Change:
    """What the history says of a change: the action, where to, and the words of staff."""

    def __init__(self, action: str, detail: str | None, remark: Remark) -> None:
        said = remark.reason if remark.reason != detail else None
        self.action = action
        self.detail = ", ".join(w for w in (detail, said) if w) or None
        self.notes = remark.notes


def _stand_at(line: LineContext, token: Token, place: str, actor: Actor, change: _Change) -> Token:
    """Write *token* at *place*, and tell those who wait if the line runs."""
    work = line.work
    first = waiting_in_order(work, line.queue.queue_id, 1)
    work.delete(work.require(Waiting, token.queue_id, token.place or ""))
    token = work.put(token.but(place=place, updated_at=work.now))
    work.put(waiting_of(token))
    history.log_token(work, token, change.action, actor, detail=change.detail, notes=change.notes)
    if line.queue.status is QueueStatus.ACTIVE:
        now_first = waiting_in_order(work, line.queue.queue_id, 1)
        if now_first[0].token_id != first[0].token_id:
            notify_next(line, line.token(now_first[0].token_id))
        due.schedule_fan_out(work, "moved", line.queue)
    return token


def _others(line: LineContext, token: Token) -> list[Waiting]:
    """Return the others who wait, by their places: a late person keeps theirs."""
    everybody = waiting_in_order(line.work, line.queue.queue_id)
    others = [entry for entry in everybody if entry.token_id != token.token_id]
    return sorted(others, key=lambda entry: entry.place)


def _require_waiting(line: LineContext, token: Token) -> Token:
    """Return the stored record of *token*; raise `NotNow` unless it waits."""
    state = state_of(token, line.queue, line.now)
    if state not in WAITING:
        raise NotNow(f"The token is {state.value}.", state=state)
    return line.token(token.token_id)


def _numbers(entries: Sequence[Waiting]) -> str:
    named = ", ".join(number_text(entry.number) for entry in entries[:NUMBERS_LOGGED])
    more = len(entries) - NUMBERS_LOGGED
    return f"{named} and {more} more" if more > 0 else named
