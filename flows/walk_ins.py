"""Walk-ins, whom staff add to a line from WhatsApp with a name, and a phone if they have one."""

from __future__ import annotations

from dataclasses import replace

from domain.actions.booking import desk
from domain.actions.booking.days import exceeded_limit
from domain.errors import AlreadyBooked, Refused
from domain.model.people import has_address
from flows.commands import walk_in
from flows.line import state, the_line
from flows.table import ANYWHERE, Refusal, Row
from flows.turn import Say, Turn, says


def no_walk_in(turn: Turn) -> bool:
    """Whether `add` names no person, or says more than a name and a phone."""
    return walk_in(turn) is None


def add(turn: Turn) -> None:
    """Add a walk-in to the line."""
    line = the_line(turn)
    phone, name = walk_in(turn) or (None, "")
    turn.token = desk.add_walk_in(line, turn.actor, phone, name)


# fmt: off
ROWS = (
    #   on      at         when         do    say                then
    Row("add",  ANYWHERE,  no_walk_in,  None, "line/how_to_add", "idle"),
    Row("add",  ANYWHERE,  None,        add,  "line/added",      "idle"),
)
# fmt: on
REFUSALS: dict[type[Refused], Refusal] = {AlreadyBooked: Refusal("line/already_booked")}


@says("line/how_to_add")
def _how_to_add(_turn: Turn) -> Say:
    return Say()


@says("line/already_booked")
def _already_booked(turn: Turn) -> Say:
    said = state(turn)
    token = turn.details["token"]
    turn.show(token)
    return replace(
        said, values={**said.values, "number": token.number, "person": token.patient_name}
    )


@says("line/added")
def _added(turn: Turn) -> Say:
    said = state(turn)
    token = turn.acted_on
    turn.show(token)
    return replace(
        said,
        values={
            **said.values,
            "number": token.number,
            "added": token.patient_name,
            "at": token.estimated_time.isoformat(),
            "beyond": _limit_exceeded(turn),
            "silent": not has_address(token.contact_id),
        },
    )


def _limit_exceeded(turn: Turn) -> int | None:
    """Return the day's limit of bookings if it is exceeded now; else None."""
    line = the_line(turn)
    return exceeded_limit(turn.work, turn.clinic, line.doctor, line.day)
