"""Whose page gives way to a new one: no user and no clinic keeps the others out.

A user has so many pages and no more: beyond, the oldest of their own gives way. Clinics share a
process as they need it. Only when it is full does a page of the clinic that has the most give way
to one of a clinic that has fewer: there the oldest page of the user with the most.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from domain.errors import Busy
from domain.model.accounts import Session
from domain.model.clinics import User

RETRY_AFTER_SECONDS = 10


class Closing(StrEnum):
    """Why a page was closed, in words that a program understands."""

    OWN_NEWER = "TOO_MANY_PAGES_OF_USER"
    """The same account has opened more pages than it may have."""
    OTHER_CLINIC = "TOO_MANY_PAGES_OF_CLINIC"
    """The process is full, and another clinic had fewer."""


@dataclass(frozen=True)
class Watcher:
    """The session and user of a page, which ends with the session or a change of role."""

    session: Session
    user: User

    @property
    def key(self) -> tuple[str, str]:
        """What tells it apart from other watchers."""
        return self.session.session_id, self.user.user_id


@dataclass(eq=False)
class Stream:
    """One open page."""

    watcher: Watcher
    part: int
    ended: bool = False
    closing: Closing | None = None
    """Why it had to end; None if its session did."""


@dataclass
class StreamShares:
    """The pages of a process that have not been asked to end, by clinic, oldest first."""

    most: int
    most_of_user: int
    count: int = 0
    _by_clinic: dict[str, dict[Stream, None]] = field(default_factory=dict)

    def find_room(self, user: User) -> tuple[Stream, Closing] | None:
        """Return the page that must give way to one of *user*, and why; None if none must.

        Raises:
            Busy: If the process is full and the clinic has as many pages as any other.
        """
        own = self._by_clinic.get(user.clinic_id, {})
        of_user = [s for s in own if s.watcher.user.user_id == user.user_id]
        if len(of_user) >= self.most_of_user:
            return of_user[0], Closing.OWN_NEWER
        if self.count < self.most:
            return None
        largest = max(self._by_clinic.values(), key=len, default={})
        if len(largest) > len(own) + 1:
            return _oldest_of_busiest(largest), Closing.OTHER_CLINIC
        raise Busy(
            "As many live pages are open as can be; please try again in a moment.",
            retry_after_seconds=RETRY_AFTER_SECONDS,
        )

    def add(self, stream: Stream) -> None:
        """Count *stream* among its clinic's."""
        self._by_clinic.setdefault(stream.watcher.user.clinic_id, {})[stream] = None
        self.count += 1

    def remove(self, stream: Stream) -> None:
        """Count *stream* no longer; may be repeated."""
        clinic_id = stream.watcher.user.clinic_id
        own = self._by_clinic.get(clinic_id, {})
        if stream not in own:
            return
        del own[stream]
        self.count -= 1
        if not own:
            del self._by_clinic[clinic_id]


def _oldest_of_busiest(streams: Iterable[Stream]) -> Stream:
    counted = Counter(s.watcher.user.user_id for s in streams)
    busiest = max(counted.values())
    return next(s for s in streams if counted[s.watcher.user.user_id] == busiest)
