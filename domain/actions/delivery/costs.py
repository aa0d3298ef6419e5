"""What WhatsApp charges a clinic for: delivered messages by price category and day."""

from __future__ import annotations

import zlib
from collections import Counter
from dataclasses import dataclass
from datetime import date

from domain.model.clinics import Clinic
from domain.model.messages import DayCosts, Message
from domain.work import Work

PARTS = 8
REGULAR = "regular"
"""The price type that WhatsApp charges for; the others are free."""


@dataclass(frozen=True)
class Costs:
    """Delivered messages of some days by price category: charged, and free."""

    charged: dict[str, int]
    free: dict[str, int]


def record_cost(work: Work, message: Message, category: str, price_type: str | None) -> None:
    """Add a delivered message to its clinic's day; the caller marks it counted in the same work."""
    clinic = work.get(Clinic, message.clinic_id) if message.clinic_id else None
    if clinic is None:
        return
    day = work.now.astimezone(clinic.zone).date()
    part = f"{day.isoformat()}#{zlib.crc32(message.message_id.encode()) % PARTS}"
    known = work.get(DayCosts, clinic.clinic_id, part)
    costs = known or DayCosts(clinic_id=clinic.clinic_id, part=part)
    if price_type in {None, REGULAR}:
        work.put(costs.but(charged=_increment(costs.charged, category)))
    else:
        work.put(costs.but(free=_increment(costs.free, category)))


def costs_of_days(work: Work, clinic_id: str, first: date, last: date) -> dict[date, Costs]:
    """Return the costs of each day from *first* to *last* (in the clinic's zone) that had any.

    Reads at most eight small records a day.
    """
    found: dict[date, tuple[Counter[str], Counter[str]]] = {}
    after = None
    while True:
        page = work.query(
            DayCosts,
            clinic_id,
            between=(first.isoformat(), f"{last.isoformat()}~"),
            limit=500,
            after=after,
        )
        for record in page.records:
            day = date.fromisoformat(record.part.partition("#")[0])
            charged, free = found.setdefault(day, (Counter(), Counter()))
            charged.update(record.charged)
            free.update(record.free)
        after = page.after
        if after is None:
            return {day: Costs(dict(c), dict(f)) for day, (c, f) in sorted(found.items())}


def _increment(counts: dict[str, int], category: str) -> dict[str, int]:
    return {**counts, category: counts.get(category, 0) + 1}
