"""The desk's commands about one patient of a line: rows, and what is said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from domain.actions.booking.desk import cancel_for_patient
from domain.actions.booking.places import waiting_in_order
from domain.actions.line import lifecycle, order
from domain.actions.line.preconditions import SeenState
from domain.actors import Remark
from domain.errors import CalledJustNow, CalledOutOfTurnJustNow, Refused
from domain.model.messages import Option
from domain.model.queues import Token, TokenStatus
from flows.desk_money import amount_unclear, collect, nothing_due, too_much
from flows.desk_words import (
    about,
    behind_not_found,
    behind_unclear,
    behind_whom,
    choice_id,
    doctor_unclear,
    find_behind,
    find_tokens,
    is_closed,
    nobody_meant,
    not_found,
    not_possible,
    offer,
    read,
    several_fit,
    target,
    where_unclear,
)
from flows.hearing import desk
from flows.line import keep_command, state, the_line, too_old
from flows.table import ANYWHERE, Refusal, Row
from flows.turn import Say, Turn, says

COMMANDS = (
    desk.CHECK_IN,
    desk.CALL,
    desk.CANCEL,
    desk.CANCEL_SURE,
    desk.MOVE,
    desk.PRIORITY,
    desk.PAID,
)
"""The commands that mean one patient."""
CONFIRMS = frozenset({desk.CANCEL_SURE})
"""Kinds of choices that a typed yes picks."""
MOST_LISTED = 9


def names_a_patient(turn: Turn, trigger: str) -> bool:
    """Whether the message is a command of the desk and not the sender's wish as a patient.

    "here" alone is what patients write; "here 5" is not.
    """
    return trigger in {*desk.TRIGGERS, *CONFIRMS} and bool(turn.meaning.rest or turn.choice)


def check_in(turn: Turn) -> None:
    """Check a patient in."""
    token = target(turn)
    turn.values = {"before": token.status.value}
    stored = the_line(turn).token(token.token_id)
    turn.token = lifecycle.check_in(turn.work, stored, turn.actor)


def call(turn: Turn) -> None:
    """Call a patient in, out of turn if need be."""
    line, token = the_line(turn), target(turn)
    passed = order.count_ahead(line, token)
    remark = Remark(notes=read(turn).why or None)
    try:
        moved = order.call_patient(line, token, turn.actor, _seen_state(turn), remark)
    except CalledJustNow as refused:
        raise CalledOutOfTurnJustNow("", **refused.details, token=token) from refused
    turn.queue, turn.token = moved.queue, moved.current
    turn.values = {"passed": passed}


def cancel(turn: Turn) -> None:
    """Cancel a booking for the clinic; what was paid online goes back, and the patient is told."""
    line = the_line(turn)
    stored = line.token(target(turn).token_id)
    turn.values = {"paid": stored.paid_paise}
    turn.token = cancel_for_patient(line.work, line.clinic, line.doctor, stored, turn.actor)


def move(turn: Turn) -> None:
    """Move a patient behind another, or to the end of the line."""
    line, token = the_line(turn), target(turn)
    behind = behind_whom(turn)
    if behind is None:
        turn.token = order.move_to_end(line, token, turn.actor)
    else:
        turn.token = order.move_behind(line, token, behind, turn.actor)
    number = behind.number if behind else None
    turn.values = {"behind": number, "ahead": order.count_ahead(line, turn.token)}


def prioritise(turn: Turn) -> None:
    """Bring a patient to the front of the line."""
    remark = Remark(notes=read(turn).why or None)
    line = the_line(turn)
    turn.token = order.prioritise(line, target(turn), turn.actor, remark)
    turn.values = {"ahead": order.count_ahead(line, turn.token)}


def is_here_already(turn: Turn) -> bool:
    """Whether the patient was checked in before."""
    return target(turn).status is TokenStatus.ARRIVED


def _common_rows() -> tuple[Row, ...]:
    """Return the rows before each command: whose line, whom, and whether it can be."""
    asks: tuple[tuple[Callable[[Turn], bool], str], ...] = (
        (too_old, "line/too_old"),
        (is_closed, "reception/closed"),
        (nobody_meant, "reception/whom"),
        (not_found, "reception/not_found"),
        (several_fit, "reception/which_patient"),
        (not_possible, "reception/not_possible"),
    )
    return tuple(
        row
        for c in COMMANDS
        for row in (
            Row(c, ANYWHERE, doctor_unclear, keep_command, "line/which_doctor", "which"),
            *(
                Row(c, ANYWHERE, when, None, say, "idle")
                for when, say in asks
                if not (c == desk.PAID and when is is_closed)  # money is counted after the last
            ),
        )
    )


# fmt: off
ROWS = (
    *_common_rows(),
    #   on             at         when              do           say                          then
    Row("check_in",    ANYWHERE,  is_here_already,  None,        "reception/here_already",    "idle"),
    Row("check_in",    ANYWHERE,  None,             check_in,    "reception/checked_in",      "idle"),
    Row("call",        ANYWHERE,  None,             call,        "reception/called",          "idle"),
    Row("cancel_for",  ANYWHERE,  None,             None,        "reception/cancel_sure",     "idle"),
    Row("cancel_sure", ANYWHERE,  None,             cancel,      "reception/cancelled",       "idle"),
    Row("move_to",     ANYWHERE,  where_unclear,    None,        "reception/where_to",        "idle"),
    Row("move_to",     ANYWHERE,  behind_not_found, None,        "reception/behind_not_found", "idle"),
    Row("move_to",     ANYWHERE,  behind_unclear,   None,        "reception/behind_whom",     "idle"),
    Row("move_to",     ANYWHERE,  None,             move,        "reception/moved",           "idle"),
    Row("priority",    ANYWHERE,  None,             prioritise,  "reception/prioritised",     "idle"),
    Row("paid",        ANYWHERE,  nothing_due,      None,        "reception/all_paid",        "idle"),
    Row("paid",        ANYWHERE,  too_much,         None,        "reception/too_much",        "idle"),
    Row("paid",        ANYWHERE,  amount_unclear,   None,        "reception/how_much",        "idle"),
    Row("paid",        ANYWHERE,  None,             collect,     "reception/collected",       "idle"),
)
# fmt: on
REFUSALS: dict[type[Refused], Refusal] = {
    CalledOutOfTurnJustNow: Refusal("reception/called_just_now"),
}


def _acted(turn: Turn) -> Say:
    return about(turn, turn.acted_on)


for _name in ("checked_in", "called", "cancelled", "moved", "prioritised"):
    says(f"reception/{_name}")(_acted)


@says("reception/not_possible")
@says("reception/where_to")
def _not_possible(turn: Turn) -> Say:
    return about(turn, target(turn))


@says("reception/here_already")
def _here_already(turn: Turn) -> Say:
    said = about(turn, target(turn))
    since = target(turn).arrived_at
    return replace(said, values={**said.values, "since": since.isoformat() if since else None})


@says("reception/called_just_now")
def _called_just_now(turn: Turn) -> Say:
    line = the_line(turn)
    token: Token = turn.details["token"]
    said = about(turn, token)
    seen = line.queue.current_token or "-"
    shown = {"number": token.number}
    return replace(
        said,
        options=[
            Option(id=choice_id(turn, token, seen), label="call_button", values=shown),
            Option(id=f"status:{line.doctor.doctor_id}", label="enough_button"),
        ],
    )


@says("reception/cancel_sure")
def _cancel_sure(turn: Turn) -> Say:
    token, at = target(turn), the_line(turn).doctor.doctor_id
    said = about(turn, token)
    return replace(
        said,
        values={**said.values, "paid": token.paid_paise},
        options=[
            Option(id=f"{desk.CANCEL_SURE}:{at}:{token.token_id}", label="yes_button"),
            Option(id=f"no:{at}", label="no_button"),
        ],
    )


@says("reception/closed")
def _closed(turn: Turn) -> Say:
    return state(turn)


@says("reception/whom")
def _whom(turn: Turn) -> Say:
    return _offer_waiting(turn)


@says("reception/not_found")
def _not_found(turn: Turn) -> Say:
    who = read(turn).target
    said = _offer_waiting(turn)
    return replace(
        said,
        values={**said.values, "token": who and who.number, "who": who.name if who else ""},
    )


@says("reception/behind_not_found")
def _behind_not_found(turn: Turn) -> Say:
    who = read(turn).after
    said = about(turn, target(turn))
    return replace(
        said, values={**said.values, "after": who and who.number, "after_name": who and who.name}
    )


@says("reception/which_patient")
def _which_patient(turn: Turn) -> Say:
    more: tuple[str, ...] = ()
    if turn.meaning.trigger == desk.MOVE:
        behind = find_behind(turn)
        more = ("last",) if read(turn).last else ()
        more = (behind[0].token_id,) if len(behind) == 1 else more
    return offer(turn, [(t, choice_id(turn, t, *more)) for t in find_tokens(turn)])


@says("reception/behind_whom")
def _behind_whom(turn: Turn) -> Say:
    moved = target(turn)
    said = offer(turn, [(t, choice_id(turn, moved, t.token_id)) for t in find_behind(turn)])
    return replace(said, values={**said.values, "token": moved.number, "who": moved.patient_name})


def _offer_waiting(turn: Turn) -> Say:
    line = the_line(turn)
    waiting = waiting_in_order(line.work, line.queue.queue_id, MOST_LISTED)
    tokens = [line.token(w.token_id) for w in waiting]
    return offer(turn, [(t, choice_id(turn, t)) for t in tokens])


def _seen_state(turn: Turn) -> SeenState:
    """Return what the sender saw: whom a button names as being served, or when words were written."""
    if turn.inbound.kind == "tap" and len(turn.choice) > 2:  # noqa: PLR2004 - doctor, token, seen
        seen = turn.choice[2]
        return SeenState(button=True, current=None if seen == "-" else seen)
    return SeenState(written_at=turn.inbound.sent_at)
