"""Pauses and emergencies from WhatsApp: how long, changed while they run, and their end."""

from __future__ import annotations

from domain.actions.line import lifecycle
from domain.model.messages import Option
from domain.model.queues import HALTED, QueueStatus
from flows.commands import keep_with_doctor, length_and_reason, minutes_and_reason
from flows.line import nobody_named, the_line
from flows.table import ANYWHERE, Row
from flows.turn import Say, Turn, says

OFFERED_MINUTES = (15, 30, 60)
"""Offered where a length of time could not be read: as many as a message has buttons."""


def length_unclear(turn: Turn) -> bool:
    """Whether something said with the command looks like a length of time and cannot be read."""
    duration, _ = length_and_reason(turn)
    return not nobody_named(turn) and duration is not None and duration.minutes is None


def is_halted(turn: Turn) -> bool:
    """Whether the line is paused, so that "start" means to go on."""
    return not nobody_named(turn) and the_line(turn).queue.status in HALTED


def is_paused(turn: Turn) -> bool:
    """Whether the line is paused, so that its pause is changed."""
    return not nobody_named(turn) and the_line(turn).queue.status is QueueStatus.PAUSED


def is_longer(turn: Turn) -> bool:
    """Whether a pause is to last some minutes more: "10 more"."""
    return is_paused(turn) and minutes_and_reason(turn)[0] is not None


def keep_timed(turn: Turn) -> None:
    """Remember the command and whose line is meant, until the sender says how long."""
    keep_with_doctor(turn, turn.meaning.trigger or "")


def pause(turn: Turn) -> None:
    """Pause the line for some minutes, with a reason if one is given."""
    line = the_line(turn)
    minutes, reason = minutes_and_reason(turn)
    turn.queue = lifecycle.pause(line, turn.actor, minutes, reason)


def change_pause(turn: Turn) -> None:
    """Let the pause last as long from now as is said."""
    minutes, reason = minutes_and_reason(turn)
    turn.queue = lifecycle.change_pause(the_line(turn), turn.actor, minutes, reason)


def extend_pause(turn: Turn) -> None:
    """Let the pause last some minutes more than was said."""
    minutes, _ = minutes_and_reason(turn)
    turn.queue = lifecycle.extend_pause(the_line(turn), turn.actor, minutes or 0)


def emergency(turn: Turn) -> None:
    """Stop the line for an emergency; everybody who waits chooses what to do."""
    line = the_line(turn)
    minutes, _ = minutes_and_reason(turn)
    turn.queue = lifecycle.emergency(line, turn.actor, minutes or lifecycle.EMERGENCY_MINUTES)


def resume(turn: Turn) -> None:
    """Resume the line."""
    turn.queue = lifecycle.resume(the_line(turn), turn.actor)


# fmt: off
ROWS = (
    #   on            at         when            do            say               then
    Row("start",      ANYWHERE,  is_halted,      resume,       "line/resumed",   "idle"),
    *(Row(on,         ANYWHERE,  length_unclear, keep_timed,   "line/how_long",  "which")
      for on in ("pause", "emergency", "more")),
    Row("pause",      ANYWHERE,  is_paused,      change_pause, "line/paused",    "idle"),
    Row("pause",      ANYWHERE,  None,           pause,        "line/paused",    "idle"),
    Row("more",       ANYWHERE,  is_longer,      extend_pause, "line/paused",    "idle"),
    Row("more",       ANYWHERE,  is_paused,      keep_timed,   "line/how_long",  "which"),
    Row("more",       ANYWHERE,  None,           None,         "staff/lost",     "idle"),
    Row("emergency",  ANYWHERE,  None,           emergency,    "line/emergency", "idle"),
    Row("resume",     ANYWHERE,  None,           resume,       "line/resumed",   "idle"),
)
# fmt: on


@says("line/how_long")
def _how_long(turn: Turn) -> Say:
    return Say(
        values={"command": turn.meaning.trigger},
        options=[
            Option(id=f"minutes:{m}", label="minutes_button", values={"minutes": m})
            for m in OFFERED_MINUTES
        ],
    )
