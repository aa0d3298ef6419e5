"""A unit of work: reads through one scope, and what will be written together at its end."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TypeVar, cast

from domain.errors import NotFound
from domain.model.base import Record, utc
from domain.model.figures import figure_updates
from domain.ports import Bell, Changes, Ids, Page, Query, Records, Ref, Seal
from domain.rules import Rules
from domain.scopes import Scope, SystemScope

R = TypeVar("R", bound=Record)
LIVE = "live"
"""The bell's name for changes that live pages show; no job of the workers."""


class Work:
    """Reads see what this work is about to write, except in queries of an index.

    A record that changes twice is written once, on the condition of the version first read
    (optimistic concurrency).
    """

    def __init__(
        self,
        records: Records,
        scope: Scope,
        now: datetime,
        ids: Ids,
        rules: Rules,
        bell: Bell | None = None,
        seal: Seal | None = None,
    ) -> None:
        self._records = records
        self._cache: dict[Ref, Record | None] = {}
        self._puts: dict[Ref, Record] = {}
        self._deletes: dict[Ref, Record] = {}
        self._checks: dict[Ref, Record] = {}
        self._absent: dict[Ref, None] = {}
        self.scope = scope
        self.now = utc(now)
        self.ids = ids
        self.rules = rules
        self._bell = bell
        self._seal = seal
        self._committed: Changes | None = None
        self._rings: set[tuple[str, str]] = set()

    @property
    def seal(self) -> Seal:
        """What encrypts and decrypts fields.

        Raises:
            RuntimeError: If this work was made without one.
        """
        if self._seal is None:
            raise RuntimeError("this work was given nothing to seal with")
        return self._seal

    def within(self, scope: Scope) -> Work:
        """Return the same work, reading through another scope."""
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__)
        other.scope = scope
        other._cache = {}
        return other

    def system(self, purpose: str) -> Work:
        """Return the same work, reading across clinics for the stated purpose."""
        return self.within(SystemScope(purpose))

    def get(self, kind: type[R], *key: str) -> R | None:
        """Return the record of *kind* under *key*, or None if absent or outside the scope."""
        return cast("R | None", self.fetch([(kind, key)])[0])

    def require(self, kind: type[R], *key: str) -> R:
        """Return the record of *kind* under *key*.

        Raises:
            NotFound: If it is absent, or outside the scope.
        """
        found = self.get(kind, *key)
        if found is None:
            raise NotFound
        return found

    def fetch(self, refs: Iterable[Ref]) -> list[Record | None]:
        """Return several records at once, in order; None for what is absent or outside the scope.

        A key with an empty part is absent without asking the store, as not every store takes it.
        """
        wanted = list(refs)
        self._cache.update({r: None for r in wanted if not all(r[1])})
        missing = [r for r in dict.fromkeys(wanted) if not self._known(r)]
        if missing:
            found = self._records.get(self.scope, missing)
            self._cache.update(zip(missing, found, strict=True))
        return [self._current(r) for r in wanted]

    def query(
        self,
        kind: type[R],
        equals: str,
        *,
        index: str | None = None,
        between: tuple[str, str] | None = None,
        limit: int = 100,
        after: str | None = None,
        descending: bool = False,
    ) -> Page[R]:
        """Read a partition as `Records.query` does, through this work's scope.

        A table's partition shows what this work is about to write, an index only what is stored.
        """
        doomed = sum(r[0] is kind and r[1][0] == equals for r in self._deletes)
        asked = Query(
            kind,
            equals,
            index=index,
            between=between,
            limit=limit + doomed,
            after=after,
            descending=descending,
        )
        page = self._records.query(self.scope, asked)
        if index is not None or len(kind.KEY) == 1:
            return page
        return Page(self._overlaid(asked, page), page.after)

    def _overlaid(self, asked: Query[R], page: Page[R]) -> list[R]:
        kind, equals, between = asked.kind, asked.equals, asked.between
        found = {ref_of(r)[1][1]: r for r in page.records}
        edge = (max(found), min(found)) if found else None
        for ref in self._deletes:
            if ref[0] is kind and ref[1][0] == equals:
                found.pop(ref[1][1], None)
        for ref, record in self._puts.items():
            if ref[0] is not kind or ref[1][0] != equals:
                continue
            sort = ref[1][1]
            beyond = (
                page.after is not None
                and edge is not None
                and (sort < edge[1] if asked.descending else sort > edge[0])
            )
            inside = between is None or between[0] <= sort <= between[1]
            if sort in found or (inside and not beyond and asked.after is None):
                found[sort] = cast("R", record)
        return [found[k] for k in sorted(found, reverse=asked.descending)]

    def put(self, record: R) -> R:
        """Write *record* at the commit: new if its version is 0, else in place of that version."""
        ref = ref_of(record)
        doomed = self._deletes.pop(ref, None)
        if doomed is not None:
            record = record.but(version=doomed.version)
        self._puts[ref] = record
        if record.RINGS is not None:
            self.ring(LIVE, str(getattr(record, record.RINGS)))
        return record

    def delete(self, record: Record) -> None:
        """Delete *record* at the commit, which fails unless it is still as it was read."""
        ref = ref_of(record)
        pending = self._puts.pop(ref, None)
        if not record.version and pending is not None:
            record = pending
        if record.version:
            self._deletes[ref] = record

    def check(self, record: Record) -> None:
        """Make the commit fail unless *record* is still as it was read."""
        self._checks[ref_of(record)] = record

    def check_absent(self, kind: type[Record], *key: str) -> None:
        """Make the commit fail if a record of *kind* exists under *key*."""
        self._absent[(kind, key)] = None

    def pending(self, kind: type[R]) -> list[R]:
        """Return the records of *kind* that this work is about to write."""
        return [cast("R", r) for (k, _), r in self._puts.items() if k is kind]

    def ring(self, job: str, shard: str) -> None:
        """Wake *job* for *shard* after the commit."""
        self._rings.add((job, shard))

    def snapshot(self) -> tuple[dict[Ref, Record], ...]:
        """Return what this work is about to write, for `restore`."""
        return self._puts.copy(), self._deletes.copy(), self._checks.copy()

    def restore(self, before: tuple[dict[Ref, Record], ...]) -> None:
        """Take back what was put since *before*, so that an action that refuses writes nothing."""
        for kept, old in zip((self._puts, self._deletes, self._checks), before, strict=True):
            kept.clear()
            kept.update(old)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to write."""
        return not (self._puts or self._deletes)

    def changes(self) -> Changes:
        """Return what this work writes, each record once, and due items that update figures."""
        written = self._puts.keys() | self._deletes.keys()
        return Changes(
            puts=[*self._puts.values(), *figure_updates(self._puts.values(), self.now)],
            deletes=list(self._deletes.values()),
            checks=[c for ref, c in self._checks.items() if ref not in written],
            absent=[ref for ref in self._absent if ref not in written],
        )

    def commit(self) -> None:
        """Write everything in one transaction, then wake workers and live pages.

        Raises what `Records.commit` raises. After StoreUnavailable it may be called again: what was
        written then is not written twice.
        """
        if not self.is_empty:
            self._committed = self._committed or self.changes()
            self._records.commit(self._committed)
        if self._bell is not None:
            for job, shard in sorted(self._rings):
                self._bell.ring(job, shard)

    def _known(self, ref: Ref) -> bool:
        return ref in self._puts or ref in self._deletes or ref in self._cache

    def _current(self, ref: Ref) -> Record | None:
        if ref in self._deletes:
            return None
        return self._puts.get(ref) or self._cache[ref]


def ref_of(record: Record) -> Ref:
    """Return kind and key of *record*."""
    kind = type(record)
    return kind, tuple(str(getattr(record, name)) for name in kind.KEY)
