"""What must happen later, or has happened and must be told: an item, written with its cause."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

import msgspec

from domain.model.base import Record


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
