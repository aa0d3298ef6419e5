"""What follows by itself: handlers of due items, which the workers run.

Each handler takes the due item and a way to open units of work, commits in steps that stay small,
and may be killed and run again at any line. The item is deleted in the last step's transaction, or
in that of its only one.
"""

from __future__ import annotations

from datetime import timedelta

from domain import actors, due
from domain.actions import line
from domain.actions.staff.alerts import Note, tell_doctor
from domain.due import OpenWork, place_of_item
from domain.model.due import Due
from domain.model.messages import Option, Urgency
from domain.model.queues import (
    QueueStatus,
)
from domain.rules import (
    AUTO_CLOSE_HOURS,
    QUIET_BEFORE_CLOSE_MINUTES,
)


def ask_resume(open_work: OpenWork, item: Due) -> None:
    """Ask the doctor once whether to go on, when a pause or an emergency has lasted its time."""
    work = open_work()
    work.delete(item)
    place = place_of_item(work, item)
    if place is not None:
        clinic, doctor, queue = place
        halted = {QueueStatus.PAUSED, QueueStatus.EMERGENCY}
        if queue.status in halted and queue.resume_expected_at == item.at:
            tell_doctor(
                work,
                clinic,
                doctor,
                Note(
                    name="line/ask_resume",
                    values={"doctor": doctor.name, "line": queue.status.value},
                    options=[
                        Option(id=f"resume:{doctor.doctor_id}", label="resume_button"),
                    ],
                    urgency=Urgency.NOW,
                    helps_for=timedelta(hours=2),
                ),
            )
    work.commit()


def auto_close(open_work: OpenWork, item: Due) -> None:
    """Close a line left open long past its planned end, or a day never started."""
    work = open_work()
    work.delete(item)
    place = place_of_item(work, item)
    if place is not None and place[2].status is not QueueStatus.CLOSED:
        clinic, doctor, queue = place
        last = queue.last_move.at if queue.last_move else queue.started_at
        quiet = timedelta(minutes=QUIET_BEFORE_CLOSE_MINUTES)
        close_at = queue.planned_end + timedelta(hours=AUTO_CLOSE_HOURS)
        if close_at > work.now:  # its hours were made longer since
            due.schedule_for_queue(work, "auto_close", close_at, queue)
        elif last is not None and work.now - last < quiet:
            due.schedule_for_queue(work, "auto_close", last + quiet, queue)
        else:
            line.close(work, clinic, doctor, queue, actors.CLOCK, "AUTO_CLOSED")
    work.commit()
