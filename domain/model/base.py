"""What every stored thing has in common."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import ClassVar, Self

import msgspec


class Record(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """One item of one table, as the rules see it.

    `version` is 0 until the record is stored and counts its writes from then on; the store
    refuses a write whose version is no longer the stored one. `ttl` (seconds since 1970) makes
    the record absent from that instant on.
    """

    TABLE: ClassVar[str]
    """The table, as store.schema names it."""
    KEY: ClassVar[tuple[str, ...]]
    """The attributes that identify the record in it: partition, or partition and sort key."""

    RINGS: ClassVar[str | None] = None
    """The attribute whose value live pages are told of whenever such a record is written."""

    SHOWN: ClassVar[bool] = False
    """Whether a clinic shows these records to anybody who writes to it."""

    version: int = 0
    ttl: int | None = None

    def but(self, **changes: object) -> Self:
        """Return a copy with *changes*; the version stays that of the record read."""
        return msgspec.structs.replace(self, **changes)


def utc(moment: datetime) -> datetime:
    """Return *moment* in UTC with milliseconds, the precision at which everything is stored.

    Raises:
        ValueError: If *moment* carries no time zone.
    """
    if moment.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    moment = moment.astimezone(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def stamp(moment: datetime) -> str:
    """Return *moment* in UTC as text of fixed width, so that texts sort as instants do."""
    return utc(moment).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
