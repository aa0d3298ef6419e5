"""Due items: what must be done at an instant, or right after the commit (fan-out).

An item is written in the transaction of its cause, so it is done if and only if that commits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import KW_ONLY, dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from domain.line_context import LineContext
from domain.model.base import stamp, utc
from domain.model.clinics import Clinic, Doctor
from domain.model.due import Due, shard_of
from domain.model.queues import Queue, Token
from domain.work import Work


@dataclass(frozen=True)
class Subject:
    """What a due item is about: its handler finds the records to work on by these ids."""

    id: str
    """Decides the shard; an item is unique by instant, kind and this."""
    _: KW_ONLY
    clinic_id: str | None = None
    doctor_id: str | None = None
    date: str | None = None
    """ISO, in the clinic's zone."""
    queue_id: str | None = None
    token_id: str | None = None
    capture_id: str | None = None


def schedule(
    work: Work, kind: str, at: datetime, subject: Subject, **values: str | int | None
) -> Due:
    """Schedule *kind* about *subject* for *at*, with *values* for its handler.

    If *at* is not in the future, a worker is woken right after the commit.
    """
    at = utc(at)
    shard = shard_of(kind, subject.id)
    due = Due(
        shard=shard,
        due=f"{stamp(at)}#{kind}#{subject.id}",
        kind=kind,
        at=at,
        clinic_id=subject.clinic_id,
        doctor_id=subject.doctor_id,
        date=subject.date,
        queue_id=subject.queue_id,
        token_id=subject.token_id,
        capture_id=subject.capture_id,
        values=values,
    )
    work.put(due)
    if at <= work.now:
        work.ring("act", shard)
    return due


def oldest_due(work: Work, shard: str) -> datetime | None:
    """Return since when the oldest item of *shard* that is due has been; None if none is."""
    span = ("", f"{stamp(work.now)}~")
    oldest = work.query(Due, shard, between=span, limit=1).records
    return datetime.fromisoformat(oldest[0].due.partition("#")[0]) if oldest else None


def schedule_fan_out(work: Work, kind: str, queue: Queue, **values: str | int | None) -> Due:
    """Schedule the fan-out of an event to all who wait in *queue*, right after the commit."""
    return schedule_for_queue(work, kind, work.now, queue, **values)


def schedule_for_queue(
    work: Work, kind: str, at: datetime, queue: Queue, **values: str | int | None
) -> Due:
    """Schedule *kind* about a queue for *at*."""
    line = Subject(
        queue.queue_id,
        clinic_id=queue.clinic_id,
        doctor_id=queue.doctor_id,
        date=queue.date,
        queue_id=queue.queue_id,
    )
    return schedule(work, kind, at, line, **values)


def schedule_for_token(work: Work, kind: str, at: datetime, token: Token) -> Due:
    """Schedule *kind* about one booking for *at*."""
    booking = Subject(
        token.token_id,
        clinic_id=token.clinic_id,
        doctor_id=token.doctor_id,
        date=token.date,
        queue_id=token.queue_id,
        token_id=token.token_id,
    )
    return schedule(work, kind, at, booking)


def reschedule(
    work: Work,
    item: Due,
    after: timedelta,
    *,
    attempts: int | None = None,
    at: datetime | None = None,
    **values: str | int | None,
) -> Due:
    """Put *item* off until *after* from now; return it as it is written.

    It counts as another attempt, unless *attempts* gives their number. Its `at` becomes the new
    instant, unless *at* is given: some handlers compare it with their booking, pause or event, to
    see whether that is still the one they were scheduled for.
    """
    moment = utc(work.now + after)
    name = item.due.split("#", 1)[1]
    while work.get(Due, item.shard, f"{stamp(moment)}#{name}") is not None:
        moment += timedelta(
            milliseconds=1
        )  # the key is taken by another item of its kind and subject
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


OpenWork = Callable[[], Work]


T = TypeVar("T")


def context_of(work: Work, item: Due) -> LineContext | None:
    """Return the line context of the queue that *item* is about; None if any part of it is gone."""
    clinic = work.get(Clinic, item.clinic_id or "")
    doctor = work.get(Doctor, item.clinic_id or "", item.doctor_id or "")
    queue = work.get(Queue, item.doctor_id or "", item.date or "")
    return LineContext(work, clinic, doctor, queue) if clinic and doctor and queue else None


def tokens_of(work: Work, queue_id: str) -> Iterator[Token]:
    """Yield every token of a queue, read consistently in pages."""
    after = None
    while True:
        page = work.query(Token, queue_id, limit=200, after=after)
        yield from page.records
        after = page.after
        if after is None:
            return


def chunks(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Yield *items* in runs of *size*, the last one shorter."""
    for begin in range(0, len(items), size):
        yield items[begin : begin + size]


def finish(open_work: OpenWork, item: Due) -> None:
    """Delete an item in a transaction of its own, after the last step of its handler."""
    work = open_work()
    work.delete(item)
    work.commit()
