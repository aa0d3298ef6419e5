"""Makes stores forget their parent's connections and locks in a forked process.

A server that loads the application before it forks its workers needs this.
"""

from __future__ import annotations

import os
import weakref
from typing import Protocol


class ForkAware(Protocol):
    """Something that holds connections or locks."""

    def after_fork(self) -> None:
        """Start afresh in the child, without touching what the parent uses."""


_KEPT: weakref.WeakSet[ForkAware] = weakref.WeakSet()


def register(kept: ForkAware) -> None:
    """Call `after_fork` of *kept* in every process forked from this one, while *kept* exists."""
    _KEPT.add(kept)


def _after_fork() -> None:
    for kept in list(_KEPT):
        kept.after_fork()


os.register_at_fork(after_in_child=_after_fork)
