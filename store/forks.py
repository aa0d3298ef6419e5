"""What a store must forget in a forked process: connections and locks of its parent.

A server that loads the application before it forks its workers makes such processes.
"""

from __future__ import annotations

import os
import weakref
from typing import Protocol


class ForkAware(Protocol):
    """Something that holds connections or locks."""

    def after_fork(self) -> None:
        """Start anew in the child, leaving what the parent uses alone."""


_KEPT: weakref.WeakSet[ForkAware] = weakref.WeakSet()


def register(kept: ForkAware) -> None:
    """Have *kept* told in every process forked from this one, as long as it lives."""
    _KEPT.add(kept)


def _after_fork() -> None:
    for kept in list(_KEPT):
        kept.after_fork()


os.register_at_fork(after_in_child=_after_fork)
