"""Announcements to a line from WhatsApp: shown first, with how many will read them, then sent."""

from __future__ import annotations

from domain.actions.broadcasts import announcements
from domain.actions.people.trust import Standing, standing_of
from domain.model.messages import Option
from flows.commands import arguments, keep_with_doctor
from flows.line import state, the_line
from flows.table import ANYWHERE, Row
from flows.turn import Say, Turn, says


def no_text(turn: Turn) -> bool:
    """Whether `announce` says nothing."""
    return not arguments(turn).strip()


def is_shown(turn: Turn) -> bool:
    """Whether the text was shown, and the sender has said that it goes out."""
    return turn.confirmed


def keep_text(turn: Turn) -> None:
    """Remember the text and for whose line it is, until the sender says that it goes out."""
    keep_with_doctor(turn, "announce", arguments(turn).strip())


def announce(turn: Turn) -> None:
    """Send what follows the command to everybody booked today."""
    line = the_line(turn)
    turn.values = {
        "readers": announcements.count_readers(line),
        "limited": standing_of(turn.work, turn.clinic) is not Standing.FREE,
    }
    announcements.announce(line, turn.actor, arguments(turn).strip())


# fmt: off
ROWS = (
    #   on           at         when      do            say                      then
    Row("announce",  ANYWHERE,  no_text,  None,         "line/how_to_tell",      "idle"),
    Row("announce",  ANYWHERE,  is_shown, announce,     "line/announced",        "idle"),
    Row("announce",  ANYWHERE,  None,     keep_text,    "line/announce_preview", "which"),
    Row("retell",    ANYWHERE,  None,     None,         "line/how_to_tell",      "idle"),
)
# fmt: on
says("line/announced")(state)


@says("line/how_to_tell")
def _how_to_tell(_turn: Turn) -> Say:
    return Say()


@says("line/announce_preview")
def _preview(turn: Turn) -> Say:
    line = the_line(turn)
    return Say(
        values={
            "doctor": line.doctor.name,
            "text": arguments(turn).strip(),
            "readers": announcements.count_readers(line),
        },
        options=[Option(id="run", label="send_button"), Option(id="retell", label="change_button")],
    )
