"""Writing down what must happen later, or must be told to many."""

from __future__ import annotations

import zlib
from datetime import datetime, timedelta

from domain.model.base import stamp, utc
from domain.model.due import Due
from domain.model.queues import Queue
from domain.work import Work

ORDINARY_SHARDS = 8
GATEWAY_SHARDS = 2
SHARDS = ORDINARY_SHARDS + GATEWAY_SHARDS
"""Due items are spread over so many partitions, so that no single one is hot."""
GATEWAY_KINDS = frozenset({"refund", "watch_payment", "look_payment", "find_capture"})
"""What asks the payment gateway; in shards of its own, so that a slow gateway delays nobody."""


def shard_of(kind: str, subject: str) -> str:
    """Return the shard of due items of *kind* about *subject*."""
    spread = zlib.crc32(subject.encode())
    if kind in GATEWAY_KINDS:
        return f"{ORDINARY_SHARDS + spread % GATEWAY_SHARDS:02d}"
    return f"{spread % ORDINARY_SHARDS:02d}"


def asks_gateway(shard: str) -> bool:
    """Return whether what is due in *shard* asks the payment gateway."""
    return int(shard) >= ORDINARY_SHARDS


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
    **values: str | int | None,
) -> Due:
    """Put *item* off, as it was read, until *after* from now; return it in its new place.

    It counts as another attempt, unless *attempts* says how many there were.
    """
    at = utc(work.now + after)
    name = item.due.split("#", 1)[1]
    while work.get(Due, item.shard, f"{stamp(at)}#{name}") is not None:
        at += timedelta(milliseconds=1)  # another of its kind and subject stands there
    work.delete(item)
    return work.put(
        item.but(
            version=0,
            due=f"{stamp(at)}#{name}",
            at=at,
            attempts=item.attempts + 1 if attempts is None else attempts,
            values={**item.values, **values},
        )
    )
