"""Due items: scheduled jobs and events, written in the transaction that causes them."""

from __future__ import annotations

import zlib
from datetime import datetime
from typing import ClassVar

import msgspec

from domain.model.base import Record

ORDINARY_SHARDS = 8
GATEWAY_SHARDS = 2
SLOW_KINDS = (
    frozenset({"report", "report_clean"}),
    frozenset({"broadcast", "broadcast_count"}),
    frozenset({"erase", "renamed"}),
    frozenset({"fetch_file", "pass_file", "remove_file"}),
)
"""Kinds that take seconds, or come by the thousand: each group has a shard of its own, in which
clinics take turns."""
SLOW_SHARDS = len(SLOW_KINDS)
SHARDS = ORDINARY_SHARDS + GATEWAY_SHARDS + SLOW_SHARDS
"""How many partitions due items are spread over, so that no partition is hot."""
GATEWAY_KINDS = frozenset({"refund", "watch_payment", "look_payment", "find_capture"})
"""Kinds that call the payment gateway, in shards of their own: a slow gateway delays no others."""


def shard_of(kind: str, subject: str) -> str:
    """Return the shard of due items of *kind* about *subject*."""
    spread = zlib.crc32(subject.encode())
    if kind in GATEWAY_KINDS:
        return f"{ORDINARY_SHARDS + spread % GATEWAY_SHARDS:02d}"
    for number, kinds in enumerate(SLOW_KINDS):
        if kind in kinds:
            return f"{ORDINARY_SHARDS + GATEWAY_SHARDS + number:02d}"
    return f"{spread % ORDINARY_SHARDS:02d}"


def is_aside(shard: str) -> bool:
    """Return whether items in *shard* may take long, and are done in threads of their own."""
    return int(shard) >= ORDINARY_SHARDS


def takes_turns(shard: str) -> bool:
    """Return whether clinics take turns in *shard*, so that none waits for all of another's."""
    return int(shard) >= ORDINARY_SHARDS + GATEWAY_SHARDS


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
