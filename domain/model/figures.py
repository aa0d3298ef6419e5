"""What a doctor's day came to, kept for dashboards, reports and the doctor's own page."""

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
"""The due item that asks for a day's figures to be brought up to date."""
UNCOUNTED = frozenset({TokenStatus.PENDING, TokenStatus.EXPIRED})
"""States of a token that no figure knows of."""


class Hour(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """One hour of a day's flow.

    `hour` is counted from the midnight with which the queue's date begins, in the clinic's zone,
    so that hours after the next midnight are 24 and more.
    """

    hour: int
    arrivals: int = 0
    departures: int = 0
    waits: int = 0
    """Patients who came in this hour and were called in."""
    wait_seconds: int = 0
    """How long they waited, together."""
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
    """Of these three, the tokens of patients whom the doctor had never seen before."""
    online_paise: int = 0
    desk_paise: int = 0
    paise_by_type: dict[str, int] = msgspec.field(default_factory=dict)
    """Both together, by consultation type."""
    patients: tuple[str, ...] = ()
    """Whose tokens were completed, cancelled or missed; each once, sorted."""
    new_patients: tuple[str, ...] = ()
    """Those among them whom the doctor had never seen before."""
    punctual: int = 0
    """Patients called in on time."""
    stars: int = 0
    ratings: int = 0
    hours: tuple[Hour, ...] = ()
    """In order; only those in which something happened."""


def figure_updates(written: Iterable[Record], now: datetime) -> list[Due]:
    """Return what has the figures of days brought up to date after *written* was written.

    One item a day, at the next whole second: all changes of one second are followed together. Its
    key names a record's version, so that no two writers ever contend for it.
    """
    at = now.replace(microsecond=0)
    at = at if at == now else at + timedelta(seconds=1)
    found: dict[str, Due] = {}
    for record in written:
        if not isinstance(record, Token | Rating) or record.queue_id in found:
            continue
        if isinstance(record, Token) and record.status in UNCOUNTED:
            continue
        subject = f"{record.queue_id}#{type(record).__name__}#{record.token_id}#{record.version}"
        shard = shard_of(KIND, record.queue_id)
        found[record.queue_id] = Due(
            shard=shard,
            due=f"{stamp(at)}#{KIND}#{subject}",
            kind=KIND,
            at=at,
            clinic_id=record.clinic_id,
            doctor_id=record.doctor_id,
            queue_id=record.queue_id,
        )
    return list(found.values())
