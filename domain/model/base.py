"""The base of all records, and instants as they are stored."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import ClassVar, Self

import msgspec


class Record(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """One item of one table.

    `version` is 0 until the record is stored, and then counts its writes. The store refuses a write
    whose version is not the stored one (optimistic concurrency). From the instant `ttl` (seconds
    since 1970) the record counts as absent.
    """

    TABLE: ClassVar[str]
    """Its table, as named in store.schema."""
    KEY: ClassVar[tuple[str, ...]]
    """Its key in the table: the partition attribute, or partition and sort attributes."""

    RINGS: ClassVar[str | None] = None
    """The attribute whose value is announced to live pages when such a record is written."""

    SHOWN: ClassVar[bool] = False
    """Whether anybody who writes to a clinic may read these records of it."""

    version: int = 0
    ttl: int | None = None

    def but(self, **changes: object) -> Self:
        """Return a copy with *changes*; the version stays."""
        return msgspec.structs.replace(self, **changes)


def utc(moment: datetime) -> datetime:
    """Convert *moment* to UTC and whole milliseconds, as instants are stored.

    Raises:
        ValueError: If *moment* carries no time zone.
    """
    if moment.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    moment = moment.astimezone(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def stamp(moment: datetime) -> str:
    """Return *moment* in UTC as text of fixed width, which sorts as the instants do."""
    return utc(moment).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
