"""Due items: scheduled jobs and events, written in the transaction that causes them."""

from __future__ import annotations

import zlib
from datetime import datetime
from typing import ClassVar

import msgspec

from domain.model.base import Record

ORDINARY_SHARDS = 8
GATEWAY_SHARDS = 2
SLOW_SHARDS = 1
SHARDS = ORDINARY_SHARDS + GATEWAY_SHARDS + SLOW_SHARDS
"""How many partitions due items are spread over, so that no partition is hot."""
GATEWAY_KINDS = frozenset({"refund", "watch_payment", "look_payment", "find_capture"})
"""Kinds that call the payment gateway, in shards of their own: a slow gateway delays no others."""
SLOW_KINDS = frozenset({"report", "report_clean", "broadcast"})
"""Kinds that take seconds, in a shard of their own."""


def shard_of(kind: str, subject: str) -> str:
    """Return the shard of due items of *kind* about *subject*."""
    spread = zlib.crc32(subject.encode())
    if kind in GATEWAY_KINDS:
        return f"{ORDINARY_SHARDS + spread % GATEWAY_SHARDS:02d}"
    if kind in SLOW_KINDS:
        return f"{ORDINARY_SHARDS + GATEWAY_SHARDS + spread % SLOW_SHARDS:02d}"
    return f"{spread % ORDINARY_SHARDS:02d}"


def is_aside(shard: str) -> bool:
    """Return whether items in *shard* may take long, and are done in threads of their own."""
    return int(shard) >= ORDINARY_SHARDS


class Due(Record, frozen=True, kw_only=True):
    """Something to do at an instant. Key: shard, due (instant, kind, id).

    Its handler deletes it in the transaction that does it, so any number of clocks may run.
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
