"""The time, and new ids."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

from ulid import ULID


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the present instant in UTC."""
        return datetime.now(UTC)


class UlidIds:
    """Ids that sort by time (ULID) and secrets of 128 random bits."""

    def new(self, prefix: str) -> str:
        """Return *prefix* and a new ULID."""
        return f"{prefix}{ULID()}"

    def secret(self, prefix: str) -> str:
        """Return *prefix* and 128 random bits in hexadecimal."""
        return f"{prefix}{secrets.token_hex(16)}"
