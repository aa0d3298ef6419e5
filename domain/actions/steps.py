"""How what follows from an event is done: in steps that stay small and may be run again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from domain.model.clinics import Clinic, Doctor
from domain.model.due import Due
from domain.model.queues import (
    Queue,
    Token,
)
from domain.work import Work

OpenWork = Callable[[], Work]


T = TypeVar("T")


def place_of_item(work: Work, item: Due) -> tuple[Clinic, Doctor, Queue] | None:
    """Return clinic, doctor and line that an item is about; None if any is gone."""
    clinic = work.get(Clinic, item.clinic_id or "")
    doctor = work.get(Doctor, item.clinic_id or "", item.doctor_id or "")
    queue = work.get(Queue, item.doctor_id or "", item.date or "")
    return (clinic, doctor, queue) if clinic and doctor and queue else None


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
    """Delete an item in a step of its own: everything it asked for is done."""
    work = open_work()
    work.delete(item)
    work.commit()
