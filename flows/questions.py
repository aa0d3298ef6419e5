"""Staff's sentences: what one seems to mean is asked about, and who is here is answered."""

from __future__ import annotations

from domain.model.messages import Option
from domain.model.queues import LIVE, Token, TokenStatus
from domain.names import fold_name
from flows.commands import keep_with_doctor
from flows.hearing.sounds import sound
from flows.line import keep_command, nobody_named, the_line
from flows.table import ANYWHERE, Row
from flows.turn import Say, Turn, says

MOST_TOKENS = 400
"""Tokens of a day that are looked through for a person."""
MOST_ANSWERED = 5


def keep_guess(turn: Turn) -> None:
    """Remember what the sentence seems to mean, to be done when the sender says yes."""
    command, _, rest = turn.meaning.rest.partition(" ")
    keep_with_doctor(turn, command, rest)


# fmt: off
ROWS = (
    #   on        at         when          do            say                  then
    Row("guess",    ANYWHERE,  nobody_named, keep_command, "line/which_doctor", "which"),
    Row("guess",    ANYWHERE,  None,         keep_guess,   "line/guess",        "guess"),
    Row("no",       ANYWHERE,  None,         None,         "line/status",       "idle"),
    Row("is_here",  ANYWHERE,  nobody_named, keep_command, "line/which_doctor", "which"),
    Row("is_here",  ANYWHERE,  None,         None,         "line/is_here",      None),
)
# fmt: on


@says("line/guess")
def _guess(turn: Turn) -> Say:
    """Ask whether a command is meant."""
    command = turn.meaning.rest.partition(" ")[0]
    duration = turn.meaning.duration
    return Say(
        values={"command": command, "minutes": duration.minutes if duration else None},
        options=[
            Option(id="run", label="yes_button", values={"command": command}),
            Option(id="no", label="no_button"),
        ],
    )


@says("line/is_here")
def _is_here(turn: Turn) -> Say:
    """Say of each token that fits the name or number whether its patient is here."""
    line = the_line(turn)
    tokens = turn.work.query(Token, line.queue.queue_id, limit=MOST_TOKENS).records
    shown = LIVE | {TokenStatus.COMPLETED, TokenStatus.NO_SHOW}
    wanted, number = sound(fold_name(turn.meaning.rest)), turn.meaning.number
    fits = [
        t
        for t in sorted(tokens, key=lambda t: t.number)
        if t.status in shown
        and (
            t.number == number
            if number is not None
            else f" {wanted}" in f" {sound(fold_name(t.patient_name))}"
        )
    ]
    turn.show(*fits[:MOST_ANSWERED])
    return Say(
        values={
            "asked": turn.meaning.rest or f"#{number}",
            "people": [
                {
                    "number": t.number,
                    "person": t.patient_name,
                    "status": t.status.value,
                    "since": t.arrived_at.isoformat() if t.arrived_at else None,
                }
                for t in fits[:MOST_ANSWERED]
            ],
        },
        keeps_question=True,
    )
