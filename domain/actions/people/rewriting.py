"""Reading all of a partition, and rewriting records in small transactions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from domain.due import OpenWork, chunks
from domain.model.base import Record
from domain.work import Work

R = TypeVar("R", bound=Record)
CHUNK = 20
PAGE = 100


def read_all(
    work: Work,
    kind: type[R],
    equals: str,
    index: str | None = None,
    between: tuple[str, str] | None = None,
) -> Iterator[R]:
    """Yield all records of a partition, read in pages; *between* are bounds of the sort key."""
    after = None
    while True:
        page = work.query(kind, equals, index=index, between=between, limit=PAGE, after=after)
        yield from page.records
        after = page.after
        if after is None:
            return


def rewrite(open_work: OpenWork, records: Sequence[R], change: Callable[[R], R | None]) -> None:
    """Apply *change* to each of *records* as it is stored now, in chunks; None deletes it."""
    for some in chunks(records, CHUNK):
        work = open_work()
        keys = [tuple(str(getattr(r, name)) for name in r.KEY) for r in some]
        found = work.fetch([(type(r), key) for r, key in zip(some, keys, strict=True)])
        for before, current in zip(some, found, strict=True):
            if not isinstance(current, type(before)):
                continue
            after = change(current)
            if after is None:
                work.delete(current)
            elif after != current:
                work.put(after)
        work.commit()
