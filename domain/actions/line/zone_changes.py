"""A clinic's time zone that was wrong is put right: people come at the clock times they were told.

What was sold as 9:00 AM stays 9:00 AM, so its instant moves. A line that runs stays as it is.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from domain import due
from domain.actions.booking.places import put_in_place
from domain.due import OpenWork, chunks, tokens_of
from domain.model.clinics import Clinic
from domain.model.queues import LIVE, WAITING, Queue, QueueStatus, Slot, Token
from domain.rules import CLOSE_CHUNK, REMINDER_BEFORE_MINUTES
from domain.timetable import slot_time
from domain.work import Work


def is_moved(at: datetime, before: Clinic, after: Clinic) -> bool:
    """Return whether the clock shows another time at *at* in the zone of *after*."""
    return at.astimezone(before.zone).utcoffset() != at.astimezone(after.zone).utcoffset()


def keep_clock_times(queue: Queue, before: ZoneInfo, clinic: Clinic) -> Queue:
    """Return the head of a day with its slots at the same clock times in the zone of *clinic*.

    *before* is the zone in which they were sold, unless the head says so itself. May be repeated,
    as the head then has the new zone; one whose line has been started is returned as it is.
    """
    sold_in = ZoneInfo(queue.time_zone) if queue.time_zone else before
    if queue.status is not QueueStatus.SCHEDULED or sold_in.key == clinic.zone.key:
        return queue

    def shift(slots: tuple[Slot, ...]) -> tuple[Slot, ...]:
        return tuple(Slot(s.number, _same_clock(s, sold_in, clinic.zone)) for s in slots)

    return queue.but(
        timetable=shift(queue.timetable),
        withdrawn=shift(queue.withdrawn),
        time_zone=clinic.time_zone,
    )


def move_tokens(open_work: OpenWork, queue: Queue) -> None:
    """Give the live tokens of a day the times of their slots; the line and reminders follow.

    Nobody is told, as their clock times stay. May be repeated.
    """
    times = {s.number: slot_time(s) for s in (*queue.timetable, *queue.withdrawn)}
    wrong = [t for t in tokens_of(open_work(), queue.queue_id) if _is_wrong(t, times)]
    for chunk in chunks(wrong, CLOSE_CHUNK):
        work = open_work()
        for found in chunk:
            token = work.get(Token, found.queue_id, found.token_id)
            if token is not None and _is_wrong(token, times):
                _move(work, token, times[token.number])
        work.commit()


def _is_wrong(token: Token, times: dict[int, datetime]) -> bool:
    at = times.get(token.number)
    return token.status in LIVE and at is not None and token.estimated_time != at


def _move(work: Work, token: Token, at: datetime) -> None:
    moved = work.put(token.but(estimated_time=at, updated_at=work.now))
    if moved.status not in WAITING:
        return
    put_in_place(work, moved)
    remind_at = at - timedelta(minutes=REMINDER_BEFORE_MINUTES)
    due.schedule_for_token(work, "remind", max(remind_at, work.now), moved)


def _same_clock(slot: Slot, before: ZoneInfo, after: ZoneInfo) -> int:
    clock = slot_time(slot).astimezone(before).replace(tzinfo=None)
    return int(clock.replace(tzinfo=after).timestamp())
