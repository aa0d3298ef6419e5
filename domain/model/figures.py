"""A doctor's day in numbers, for dashboards and reports."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import ClassVar

import msgspec

from domain.model.base import Record, stamp
from domain.model.due import Due, shard_of
from domain.model.queues import Token, TokenStatus
from domain.model.visits import Rating

KIND = "figures"
"""The kind of due item that updates a day's figures."""
UNCOUNTED = frozenset({TokenStatus.PENDING, TokenStatus.EXPIRED})
"""States of a token that no figure counts."""


class Hour(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """One hour of a day's flow.

    `hour` is counted from midnight at the start of the queue's date, in the clinic's zone; hours
    after the next midnight are 24 and more.
    """

    hour: int
    arrivals: int = 0
    departures: int = 0
    waits: int = 0
    """Patients who arrived in this hour and were called."""
    wait_seconds: int = 0
    """The sum of their waits."""
    consultations: int = 0
    """Consultations that began in this hour and are over."""
    consultation_seconds: int = 0


class DayFigures(Record, frozen=True, kw_only=True):
    """A doctor's day in numbers: a pure function of its queue's tokens and ratings.

    Key: doctorId, date. `domain.analytics` says what each number means.
    """

    TABLE: ClassVar[str] = "figures"
    KEY: ClassVar[tuple[str, ...]] = ("doctor_id", "date")

    doctor_id: str
    date: str
    clinic_id: str
    queue_id: str
    completed: int = 0
    cancelled: int = 0
    """After confirmation."""
    no_show: int = 0
    new_tokens: int = 0
    """Those of these three whose patient the doctor had never seen before."""
    online_paise: int = 0
    desk_paise: int = 0
    paise_by_type: dict[str, int] = msgspec.field(default_factory=dict)
    """The sum of both, by consultation type."""
    patients: tuple[str, ...] = ()
    """The patients (patientId) of the tokens counted, sorted, each once."""
    new_patients: tuple[str, ...] = ()
    """Those of them whom the doctor had never seen before."""
    punctual: int = 0
    """Patients called on time."""
    stars: int = 0
    ratings: int = 0
    hours: tuple[Hour, ...] = ()
    """In order, without hours in which nothing happened."""


def figure_updates(written: Iterable[Record], now: datetime) -> list[Due]:
    """Return the due items that update the figures of the days of *written*.

    There is one item a day, due at the next whole second, so that the changes of a second are
    handled together. Its key has a record's version in it, so that two writers never conflict.
    """
    at = now.replace(microsecond=0)
    at = at if at == now else at + timedelta(seconds=1)
    items: dict[str, Due] = {}
    for record in written:
        if not isinstance(record, Token | Rating) or record.queue_id in items:
            continue
        if isinstance(record, Token) and record.status in UNCOUNTED:
            continue
        subject = f"{record.queue_id}#{type(record).__name__}#{record.token_id}#{record.version}"
        shard = shard_of(KIND, record.queue_id)
        items[record.queue_id] = Due(
            shard=shard,
            due=f"{stamp(at)}#{KIND}#{subject}",
            kind=KIND,
            at=at,
            clinic_id=record.clinic_id,
            doctor_id=record.doctor_id,
            queue_id=record.queue_id,
        )
    return list(items.values())
