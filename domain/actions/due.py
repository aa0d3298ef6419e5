"""Writing down what must happen later, or must be told to many."""

from __future__ import annotations

import zlib
from datetime import datetime

from domain.model.base import stamp, utc
from domain.model.due import Due
from domain.model.queues import Queue
from domain.work import Work

SHARDS = 8
"""Due items are spread over so many partitions, so that no single one is hot."""


def shard_of(key: str) -> str:
    """Return the shard of due items about *key*."""
    return f"{zlib.crc32(key.encode()) % SHARDS:02d}"


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
    shard = shard_of(subject)
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
