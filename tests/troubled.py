"""The store's port to the rules, with calls that fail when a test says so."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from domain.model.base import Record
from domain.ports import Changes, Page, Query, Records, Ref
from domain.scopes import Scope

R = TypeVar("R", bound=Record)


def nothing() -> None:
    """Let a call through."""


@dataclass
class TroubledRecords:
    """Asks the test around commits and before queries; what that raises is the store's answer."""

    inner: Records
    before_commit: Callable[[], None] = nothing
    after_commit: Callable[[], None] = nothing
    before_query: Callable[[], None] = nothing

    def get(self, scope: Scope, refs: Sequence[Ref]) -> list[Record | None]:
        return self.inner.get(scope, refs)

    def query(self, scope: Scope, query: Query[R]) -> Page[R]:
        self.before_query()
        return self.inner.query(scope, query)

    def commit(self, changes: Changes) -> None:
        self.before_commit()
        self.inner.commit(changes)
        self.after_commit()
