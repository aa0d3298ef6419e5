"""Where the product's records are stored.

schema      tables and indexes as data
port        what the product asks of a store: get, query, write
records     records as items, and who may see them
sqlite      the store in one file
statements  its SQL
dynamodb    the store in DynamoDB
attributes  its typed values
faults      wrappers that make a store fail, for tests
looks       whether every table and index answers
forks       what a forked process must forget
"""

from __future__ import annotations

import time
from pathlib import Path

from domain.ports import Clock, Records
from store.port import Store
from store.records import StoredRecords

__all__ = ["Store", "open_records", "open_store"]


def open_store(url: str, prefix: str = "pulseops-", clock: Clock | None = None) -> Store:
    """Return the store at *url*, which opens nothing before it is first used.

    Args:
        url: `sqlite:///relative/path.db`, `sqlite:////absolute/path.db`, or `dynamodb://REGION`
            (credentials and endpoint as boto3 finds them, AWS_ENDPOINT_URL_DYNAMODB included).
        prefix: What the names of the tables begin with.
        clock: Decides when items expire; the system's if not given.

    Raises:
        ValueError: If *url* is none of these.
    """
    now = time.time if clock is None else lambda: clock.now().timestamp()
    kind, _, rest = url.partition("://")
    if kind == "sqlite" and len(rest) > 1 and rest.startswith("/"):
        from store.sqlite import SqliteStore  # noqa: PLC0415 - each store loads only its own library

        return SqliteStore(Path(rest[1:]), prefix, now)
    if kind == "dynamodb" and rest and "/" not in rest:
        from store.dynamodb import DynamoStore  # noqa: PLC0415 - boto3 takes 0.2 s to load

        return DynamoStore(rest, prefix, now)
    raise ValueError("a store is sqlite:///PATH or dynamodb://REGION")


def open_records(store: Store) -> Records:
    """Return the records in *store*, as `domain` uses them."""
    return StoredRecords(store)
