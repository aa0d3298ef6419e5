"""Which doctor's line and which patient a command of the desk means, by number or by name."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace

from domain.actions.booking.tokens import tokens_of_day
from domain.actions.line.collections import PAYABLE
from domain.model.clinics import Doctor
from domain.model.messages import Option
from domain.model.people import has_address
from domain.model.queues import LIVE, WAITING, QueueStatus, Token, TokenStatus
from domain.names import fold_name
from flows.commands import own_doctor
from flows.hearing import desk
from flows.hearing.desk import DeskReading, DeskSaid, Target
from flows.hearing.sounds import sound
from flows.known import known
from flows.line import state, the_line
from flows.turn import Say, Turn

MOST_OFFERED = 9
"""Patients that are offered to choose from: with one row more a list has ten."""
SEATED = LIVE | {TokenStatus.COMPLETED}
STANDS = WAITING | {TokenStatus.CURRENT}
"""The states of those behind whom a patient can be put."""
POSSIBLE: dict[str, AbstractSet[TokenStatus]] = {
    desk.CHECK_IN: WAITING | {TokenStatus.SKIPPED},
    desk.CALL: WAITING,
    desk.CANCEL: LIVE - {TokenStatus.CURRENT},
    desk.CANCEL_SURE: LIVE - {TokenStatus.CURRENT},
    desk.MOVE: WAITING,
    desk.PRIORITY: WAITING,
    desk.PAID: PAYABLE | {TokenStatus.CANCELLED, TokenStatus.NO_SHOW},
}
"""The states of a token in which each command can be carried out."""


def doctor_unclear(turn: Turn) -> bool:
    """Whether it is not clear whose line a command of the desk means."""
    read(turn)
    return turn.doctor is None


def read(turn: Turn) -> DeskSaid:
    """Read what the command says, and which doctor's line it means; keep both with the turn."""
    if turn.desk is None:
        turn.doctor, turn.desk = _read(turn)
    return turn.desk


def _read(turn: Turn) -> tuple[Doctor | None, DeskSaid]:
    trigger, rest = turn.meaning.trigger or "", turn.meaning.rest
    found = turn.ear.desk(trigger, rest, known(turn))
    alone = next((r.said for r in found if not r.doctor_ids), DeskSaid())
    if turn.choice[2:] == ["last"]:
        alone = replace(alone, last=True)
    if trigger == desk.PAID and len(turn.choice) == 4:  # noqa: PLR2004 - doctor, token, amount, how
        alone = replace(alone, amount=int(turn.choice[2]), method=turn.choice[3])
    own = own_doctor(turn)
    if turn.staff.role == "DOCTOR":
        return own, alone
    if turn.choice and turn.choice[0].startswith("doc_"):
        return turn.work.get(Doctor, turn.clinic.clinic_id, turn.choice[0]), alone
    doctors = turn.doctors()
    if len(turn.meaning.doctor_ids) == 1:
        found = [DeskReading(alone, turn.meaning.doctor_ids)]
    named = [
        (doctor, reading.said)
        for reading in found
        for doctor in doctors
        if reading.doctor_ids == (doctor.doctor_id,)
    ]
    if named:
        return named[0]
    return own or (doctors[0] if len(doctors) == 1 else None), alone


def is_closed(turn: Turn) -> bool:
    """Whether the line is over for the day."""
    return the_line(turn).queue.status is QueueStatus.CLOSED


def nobody_meant(turn: Turn) -> bool:
    """Whether the command names no patient."""
    return not _chosen(turn) and read(turn).target is None


def not_found(turn: Turn) -> bool:
    """Whether nobody of the line fits who was named."""
    return not find_tokens(turn)


def several_fit(turn: Turn) -> bool:
    """Whether more than one patient fits who was named."""
    return len(find_tokens(turn)) > 1


def not_possible(turn: Turn) -> bool:
    """Whether the patient is in no state for the command: seen already, skipped, cancelled."""
    return target(turn).status not in _possible(turn)


def target(turn: Turn) -> Token:
    """Return the one patient whom the command means.

    Raises:
        LookupError: If it is not clear; the rows before ask.
    """
    found = find_tokens(turn)
    if len(found) != 1:
        raise LookupError("A command was obeyed though it is not clear which patient it means.")
    return found[0]


def find_tokens(turn: Turn) -> list[Token]:
    """Return the tokens of the line that fit who was named, in their states now."""
    if not turn.tokens:
        line = the_line(turn)
        tokens = tokens_of_day(line.work, line.queue)
        chosen = _chosen(turn)
        if chosen:
            turn.tokens = [t for t in tokens if t.token_id == chosen]
        elif (who := read(turn).target) is not None:
            turn.tokens = fitting(tokens, who, _possible(turn))
    return turn.tokens


def fitting(tokens: list[Token], who: Target, possible: AbstractSet[TokenStatus]) -> list[Token]:
    """Return those of *tokens* that *who* names.

    Those in a *possible* state come before others that are live, and these before the rest: of a
    number that was cancelled and sold again the new booking is meant.
    """
    fit = [t for t in tokens if is_named(t, who)]
    for states in (possible & SEATED, possible, LIVE):
        better = [t for t in fit if t.status in states]
        if better:
            return better
    return fit[-1:] if who.number is not None else fit


def is_named(token: Token, who: Target) -> bool:
    """Return whether *who* is the patient of *token*: by its number, and a part of their name."""
    if who.number is not None and token.number != who.number:
        return False
    wanted = sound(fold_name(who.name))
    return not who.name or f" {wanted}" in f" {sound(fold_name(token.patient_name))}"


def where_unclear(turn: Turn) -> bool:
    """Whether it is not said where the patient is to stand."""
    said = read(turn)
    return not said.last and said.after is None and _chosen_behind(turn) is None


def behind_not_found(turn: Turn) -> bool:
    """Whether nobody of the line fits behind whom the patient is to stand."""
    return not read(turn).last and not find_behind(turn)


def behind_unclear(turn: Turn) -> bool:
    """Whether more than one patient fits behind whom the patient is to stand."""
    return not read(turn).last and len(find_behind(turn)) > 1


def behind_whom(turn: Turn) -> Token | None:
    """Return the patient behind whom the other is to stand; None: at the end."""
    return None if read(turn).last else find_behind(turn)[0]


def find_behind(turn: Turn) -> list[Token]:
    """Return those who fit behind whom the patient is to stand: who wait, or who is inside."""
    line = the_line(turn)
    moved = {t.token_id for t in find_tokens(turn)}
    others = tokens_of_day(line.work, line.queue)
    chosen, who = _chosen_behind(turn), read(turn).after
    if chosen is not None:
        return [t for t in others if t.token_id == chosen and t.status in STANDS]
    if who is None:
        return []
    free = [t for t in others if len(moved) != 1 or t.token_id not in moved]
    return [t for t in fitting(free, who, STANDS) if t.status in STANDS]


def choice_id(turn: Turn, token: Token, *more: str) -> str:
    """Return the id of the choice that does the command for *token*, with *more* at its end.

    Where a yes was to be given, the choice of another patient asks again.
    """
    trigger = turn.meaning.trigger or ""
    command = desk.CANCEL if trigger == desk.CANCEL_SURE else trigger
    return ":".join((command, the_line(turn).doctor.doctor_id, token.token_id, *more))


def offer(turn: Turn, choices: Sequence[tuple[Token, str]]) -> Say:
    """Offer patients to choose from, each with the id of its choice, in a list of rows."""
    shown = [(t, row_values(t), choice) for t, choice in choices[:MOST_OFFERED]]
    turn.show(*(t for t, _, _ in shown))
    return Say(
        values={
            "doctor": the_line(turn).doctor.name,
            "command": (turn.meaning.trigger or "").partition("_")[0],
            "people": [values for _, values, _ in shown],
        },
        options=[
            Option(id=choice, label="patient_row", values=values) for _, values, choice in shown
        ],
    )


def about(turn: Turn, token: Token) -> Say:
    """Return the new state of the line, and of which patient is spoken."""
    turn.show(token)
    said = state(turn)
    shown = {
        "token": token.number,
        "who": token.patient_name,
        "at": token.estimated_time.isoformat(),
        "state": token.status.value,
        "silent": not has_address(token.contact_id),
    }
    return replace(said, values={**said.values, **shown})


def row_values(token: Token) -> dict[str, object]:
    """Return what a row that offers *token* shows."""
    return {
        "number": token.number,
        "person": token.patient_name,
        "at": token.estimated_time.isoformat(),
    }


def _chosen(turn: Turn) -> str | None:
    """Return the token (tokenId) that a choice names."""
    return turn.choice[1] if len(turn.choice) > 1 else None


def _chosen_behind(turn: Turn) -> str | None:
    """Return the token (tokenId) behind which a choice puts another."""
    third = turn.choice[2] if len(turn.choice) > 2 else ""  # noqa: PLR2004 - doctor, token, behind
    return third if turn.meaning.trigger == desk.MOVE and third.startswith("TKN_") else None


def _possible(turn: Turn) -> AbstractSet[TokenStatus]:
    return POSSIBLE[turn.meaning.trigger or ""]
