"""Staff prove that a number is theirs, by the button under a message, and lock their account."""

from __future__ import annotations

from domain.actions.staff import locks, numbers
from flows.settings import count_miss
from flows.table import ANYWHERE, Row
from flows.turn import Say, Turn, says


def not_theirs(turn: Turn) -> bool:
    """Whether the account tapped on has another number, or is no longer active."""
    return numbers.account_of(turn.work, turn.contact, *_account_named(turn)) is None


def prove_number(turn: Turn) -> None:
    """Record that the number is theirs; from now on they are staff here."""
    user = numbers.prove_number(turn.work, turn.contact, *_account_named(turn))
    turn.values = {"name": user.name, "doctor": user.doctor_id is not None}


def nothing_to_lock(turn: Turn) -> bool:
    """Whether this number has no account at the clinic, and had none lately."""
    return locks.account_to_lock(turn.work, turn.contact, turn.clinic.clinic_id) is None


def more_was_said(turn: Turn) -> bool:
    """Whether words follow, so that something else may be meant: "lock the door"."""
    return not turn.ear.adds_nothing(turn.meaning.rest, "lock")


def lock(turn: Turn) -> None:
    """Lock the account of this number: its sign-ins end, and none begins."""
    wanted = locks.account_to_lock(turn.work, turn.contact, turn.clinic.clinic_id)
    if wanted is not None:
        locks.lock_account(turn.work, turn.clinic, wanted)
        turn.values = {"name": wanted.user.name, "former": wanted.former}


# fmt: off
ROWS = (
    #   on       at         when             do             say                 then
    Row("me",    ANYWHERE,  not_theirs,      None,          "account/not_you",  None),
    Row("me",    ANYWHERE,  None,            prove_number,  "account/proven",   "idle"),
    Row("lock",  ANYWHERE,  nothing_to_lock, count_miss,    "settings/lost",    None),
    Row("lock",  ANYWHERE,  more_was_said,   None,          "account/lock_alone", None),
    Row("lock",  ANYWHERE,  None,            lock,          "account/locked",   "idle"),
)
# fmt: on


@says("account/not_you")
@says("account/lock_alone")
def _not_you(_turn: Turn) -> Say:
    return Say(keeps_question=True)


@says("account/proven")
@says("account/locked")
def _proven(turn: Turn) -> Say:
    return Say(values=turn.values)


def _account_named(turn: Turn) -> tuple[str, str]:
    """Return the ids of clinic and user that the button names."""
    clinic_id, user_id, *_ = (*turn.choice, "", "")
    return clinic_id, user_id
