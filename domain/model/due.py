"""What must happen later, or has happened and must be told: an item, written with its cause."""

from __future__ import annotations

import zlib
from datetime import datetime
from typing import ClassVar

import msgspec

from domain.model.base import Record

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


class Due(Record, frozen=True, kw_only=True):
    """Something to do at an instant. Key: shard, due (instant, kind, id).

    Doing it deletes it in the same transaction, so any number of clocks may run.
    """

    TABLE: ClassVar[str] = "due"
    KEY: ClassVar[tuple[str, ...]] = ("shard", "due")

    shard: str
    due: str
    kind: str
    at: datetime
    clinic_id: str | None = None
    doctor_id: str | None = None
    queue_id: str | None = None
    date: str | None = None
    token_id: str | None = None
    capture_id: str | None = None
    values: dict[str, str | int | None] = msgspec.field(default_factory=dict)
    attempts: int = 0
