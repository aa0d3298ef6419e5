"""One doctor's day in one unit of work: what every action of a line needs together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from domain.model.clinics import Clinic, Doctor
from domain.model.queues import Queue, Token
from domain.work import Work


@dataclass(frozen=True)
class LineContext:
    """A queue with its doctor and clinic, and the work that reads and writes it.

    It does not follow what is written: an action that changes the queue returns the new one.
    """

    work: Work
    clinic: Clinic
    doctor: Doctor
    queue: Queue

    @property
    def now(self) -> datetime:
        """The instant of the work, in UTC."""
        return self.work.now

    @property
    def day(self) -> date:
        """The queue's day, in the clinic's zone."""
        return date.fromisoformat(self.queue.date)

    def token(self, token_id: str) -> Token:
        """Return a token of this queue.

        Raises:
            NotFound: If there is none.
        """
        return self.work.require(Token, self.queue.queue_id, token_id)
