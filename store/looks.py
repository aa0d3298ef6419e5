"""Whether every table and index of the schema is there and answers."""

from __future__ import annotations

from collections.abc import Iterator

from store.port import Key, Store
from store.schema import TABLES, Table

NOBODY = "check-config"
"""A key that no record has."""


def look_at_tables(store: Store) -> Iterator[tuple[str, str | None]]:
    """Yield the name of each table, with what is wrong with it or its indexes; None if nothing is.

    Reads only. Names are without the installation's prefix.
    """
    for table in TABLES.values():
        yield table.name, _fault_of(store, table)


def _fault_of(store: Store, table: Table) -> str | None:
    asked = "the table"
    try:
        store.get([Key(table.name, NOBODY, None if table.sort is None else NOBODY)])
        for index in table.indexes:
            asked = f"the index {index.name}"
            store.query(table.name, NOBODY, index=index.name, limit=1)
    except Exception as error:  # noqa: BLE001 - whatever a store raises, it does not answer
        return f"{asked} does not answer ({type(error).__name__}: {error})"
    return None
