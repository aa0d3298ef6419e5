"""Writing down what must happen later, or must be told to many."""

from __future__ import annotations

from datetime import datetime, timedelta

from domain.model.base import stamp, utc
from domain.model.due import (
    GATEWAY_KINDS,
    GATEWAY_SHARDS,
    ORDINARY_SHARDS,
    SHARDS,
    SLOW_SHARDS,
    Due,
    is_aside,
    shard_of,
)
from domain.model.queues import Queue
from domain.work import Work

__all__ = [
    "GATEWAY_KINDS",
    "GATEWAY_SHARDS",
    "ORDINARY_SHARDS",
    "SHARDS",
    "SLOW_SHARDS",
    "about_queue",
    "again",
    "event",
    "is_aside",
    "later",
    "shard_of",
]


def later(
    work: Work,
    kind: str,
    at: datetime,
    subject: str,
    *,
    clinic_id: str | None = None,
    doctor_id: str | None = None,
    date: str | None = None,
    queue_id: str | None = None,
    token_id: str | None = None,
    capture_id: str | None = None,
    values: dict[str, str | int | None] | None = None,
) -> Due:
    """Have *kind* done at *at* about *subject*, an id which spreads and names the item.

    What is due now is begun right after the commit.
    """
    at = utc(at)
    shard = shard_of(kind, subject)
    due = Due(
        shard=shard,
        due=f"{stamp(at)}#{kind}#{subject}",
        kind=kind,
        at=at,
        clinic_id=clinic_id,
        doctor_id=doctor_id,
        date=date,
        queue_id=queue_id,
        token_id=token_id,
        capture_id=capture_id,
        values=values or {},
    )
    work.put(due)
    if at <= work.now:
        work.ring("act", shard)
    return due


def event(work: Work, kind: str, queue: Queue, **values: str | int | None) -> Due:
    """Have everybody in *queue* brought after an event of *kind*, as soon as it is committed."""
    return about_queue(work, kind, work.now, queue, **values)


def about_queue(
    work: Work, kind: str, at: datetime, queue: Queue, **values: str | int | None
) -> Due:
    """Have *kind* done at *at* about a day's line."""
    return later(
        work,
        kind,
        at,
        queue.queue_id,
        clinic_id=queue.clinic_id,
        doctor_id=queue.doctor_id,
        date=queue.date,
        queue_id=queue.queue_id,
        values=values,
    )


def again(
    work: Work,
    item: Due,
    after: timedelta,
    *,
    attempts: int | None = None,
    at: datetime | None = None,
    **values: str | int | None,
) -> Due:
    """Put *item* off, as it was read, until *after* from now; return it in its new place.

    It counts as another attempt, unless *attempts* says how many there were. Its `at` moves too,
    unless *at* says for which moment it was written: some handlers know by that whether their
    booking, pause or event is still the one they were to follow.
    """
    moment = utc(work.now + after)
    name = item.due.split("#", 1)[1]
    while work.get(Due, item.shard, f"{stamp(moment)}#{name}") is not None:
        moment += timedelta(milliseconds=1)  # another of its kind and subject stands there
    work.delete(item)
    return work.put(
        item.but(
            version=0,
            due=f"{stamp(moment)}#{name}",
            at=moment if at is None else at,
            attempts=item.attempts + 1 if attempts is None else attempts,
            values={**item.values, **values},
        )
    )
