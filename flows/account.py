"""Staff prove that a number is theirs, with the button under a message sent to it."""

from __future__ import annotations

from domain.actions.staff import numbers
from flows.table import ANYWHERE, Row
from flows.turn import Say, Turn, says


def not_theirs(turn: Turn) -> bool:
    """Whether the account tapped on has another number, or is no longer active."""
    return numbers.account_of(turn.work, turn.contact, *_account_named(turn)) is None


def prove_number(turn: Turn) -> None:
    """Record that the number is theirs; from now on they are staff here."""
    user = numbers.prove_number(turn.work, turn.contact, *_account_named(turn))
    turn.values = {"name": user.name, "doctor": user.doctor_id is not None}


# fmt: off
ROWS = (
    #   on     at         when         do             say                 then
    Row("me",  ANYWHERE,  not_theirs,  None,          "account/not_you",  None),
    Row("me",  ANYWHERE,  None,        prove_number,  "account/proven",   "idle"),
)
# fmt: on


@says("account/not_you")
def _not_you(_turn: Turn) -> Say:
    return Say(keeps_question=True)


@says("account/proven")
def _proven(turn: Turn) -> Say:
    return Say(values=turn.values)


def _account_named(turn: Turn) -> tuple[str, str]:
    """Return the ids of clinic and user that the button names."""
    clinic_id, user_id, *_ = (*turn.choice, "", "")
    return clinic_id, user_id
