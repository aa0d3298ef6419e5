"""Courtesy: thanks and "ok" get a reaction on the message, never words, and no question is lost."""

from __future__ import annotations

from flows.my_bookings import bookings_meant
from flows.table import ANYWHERE, Row
from flows.turn import Say, Turn, says


def is_asked_if_sure(turn: Turn) -> bool:
    """Whether the newest question is whether to cancel a booking, and that is still live."""
    return any(t.token_id == _asked_about(turn) for t in bookings_meant(turn))


def take_asked(turn: Turn) -> None:
    """Take the booking that the newest question asks whether to cancel."""
    turn.token = next(t for t in bookings_meant(turn) if t.token_id == _asked_about(turn))


def _asked_about(turn: Turn) -> str | None:
    offered = (o.partition(":") for o in turn.conversation.offered)
    return next((about for kind, _, about in offered if kind == "yes_cancel"), None)


# fmt: off
ROWS = (
    #   on        at         when              do          say                then
    # It is neither yes nor no, so the question whether to cancel is asked again.
    Row("ok",     "sure",    is_asked_if_sure, take_asked, "mine/sure",       "sure"),
    Row("thanks", "sure",    is_asked_if_sure, take_asked, "mine/sure",       "sure"),
    Row("ok",     ANYWHERE,  None,             None,       "manners/noted",   None),
    Row("thanks", ANYWHERE,  None,             None,       "manners/welcome", None),
)
STAFF_ROWS = tuple(r for r in ROWS if r.at == ANYWHERE)
# fmt: on


@says("manners/noted")
@says("manners/welcome")
def _reaction(_turn: Turn) -> Say:
    return Say(keeps_question=True, as_reaction=True)
