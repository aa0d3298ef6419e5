"""Ending a day from WhatsApp: nothing irreversible happens on one word."""

from __future__ import annotations

from dataclasses import replace

from domain.actions.booking.places import waiting_in_order
from domain.actions.line import lifecycle, reopening, sales
from domain.actions.line.summary import day_summary
from domain.closing import can_reopen
from domain.model.messages import Option
from domain.model.queues import QueueStatus
from flows.commands import keep_with_doctor
from flows.line import nobody_named, state, the_line
from flows.table import ANYWHERE, Row
from flows.turn import Say, Turn, says


def must_ask(turn: Turn) -> bool:
    """Whether a close is asked about: people wait, hours are left, or a sentence only seems to say it."""
    if nobody_named(turn) or turn.confirmed:
        return False
    queue = the_line(turn).queue
    if queue.status is QueueStatus.CLOSED:
        return False
    people_wait = bool(waiting_in_order(turn.work, queue.queue_id, 1))
    return people_wait or queue.planned_end > turn.work.now or turn.meaning.guess


def is_reopenable(turn: Turn) -> bool:
    """Whether the line was closed by mistake a moment ago, so that "start" means to go on."""
    return not nobody_named(turn) and can_reopen(the_line(turn).queue, turn.work.now)


def takes_no_bookings(turn: Turn) -> bool:
    """Whether bookings were stopped in a running line, so that "start" means to take them again."""
    queue = None if nobody_named(turn) else the_line(turn).queue
    return (
        queue is not None
        and queue.status is QueueStatus.ACTIVE
        and queue.sales_stopped_at is not None
    )


def keep_close(turn: Turn) -> None:
    """Remember whose line is to be closed, until the sender says yes."""
    keep_with_doctor(turn, "close")


def close(turn: Turn) -> None:
    """Close the line for the day; the answer is the day's summary."""
    line = the_line(turn)
    turn.queue = lifecycle.close(line, turn.actor, lifecycle.CLOSED_BY_STAFF)
    summary = day_summary(turn.work, turn.queue)
    turn.values = {
        "left": summary.left,
        "seen": summary.seen,
        "absent": summary.absent,
        "late": summary.late_minutes,
        "rating": None
        if summary.rating is None
        else f"{summary.rating:.1f}",  # rows hold no fractions
        "collected": summary.collected_paise if turn.staff.role == "ADMIN" else None,
    }


def reopen(turn: Turn) -> None:
    """Let a line that was closed by mistake go on."""
    turn.queue = reopening.reopen(the_line(turn), turn.actor)


def stop_booking(turn: Turn) -> None:
    """Let patients book no more of this day."""
    turn.queue = sales.stop_booking(the_line(turn), turn.actor)


def allow_booking(turn: Turn) -> None:
    """Let patients book this day again."""
    turn.queue = sales.allow_booking(the_line(turn), turn.actor)


# fmt: off
ROWS = (
    #   on        at         when               do             say                    then
    Row("close",  ANYWHERE,  must_ask,          keep_close,    "line/close_question", "which"),
    Row("close",  ANYWHERE,  None,              close,         "line/closed",         "idle"),
    Row("start",  ANYWHERE,  is_reopenable,     reopen,        "line/reopened",       "idle"),
    Row("start",  ANYWHERE,  takes_no_bookings, allow_booking, "line/bookings_again", "idle"),
    Row("full",   ANYWHERE,  None,              stop_booking,  "line/no_bookings",    "idle"),
)
# fmt: on

for _name in ("line/reopened", "line/bookings_again", "line/no_bookings"):
    says(_name)(state)


@says("line/close_question")
def _close_question(turn: Turn) -> Say:
    line = the_line(turn)
    queue = line.queue
    options = [Option(id="run", label="yes_close_button"), Option(id="no", label="no_button")]
    if queue.sales_stopped_at is None:
        options.append(Option(id=f"full:{line.doctor.doctor_id}", label="full_button"))
    hours_left = queue.planned_end > turn.work.now
    return Say(
        values={
            "doctor": line.doctor.name,
            "left": len(waiting_in_order(turn.work, queue.queue_id)),
            "until": queue.planned_end.isoformat() if hours_left else None,
        },
        options=options,
    )


@says("line/closed")
def _closed(turn: Turn) -> Say:
    said = state(turn)
    at = the_line(turn).doctor.doctor_id
    return replace(said, options=[Option(id=f"start:{at}", label="reopen_button")])
