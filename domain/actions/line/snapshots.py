"""What live pages show of a line: a whole snapshot, numbered by the version of its head."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.actions.booking import tokens
from domain.actions.booking.queues import pick_current, queue_id_of
from domain.actions.booking.tokens import Counts
from domain.errors import NotSignedIn
from domain.model.accounts import Session
from domain.model.clinics import Clinic
from domain.model.queues import Queue, QueueStatus
from domain.model.tickets import StreamTicket
from domain.ports import Ref
from domain.timetable import today
from domain.work import Work

TICKET_SECONDS = 60
VERSIONS_A_DAY = 1_000_000


@dataclass(frozen=True)
class WatchedLine:
    """The doctor whose current line a live page shows; the day may change while it is open."""

    clinic: Clinic
    doctor_id: str


@dataclass(frozen=True)
class Head:
    """The head of the doctor's current queue; None while it is not stored."""

    line: WatchedLine
    queue: Queue | None
    date: str

    @property
    def number(self) -> int:
        """The number of this state: it rises with every write of the head, and from day to day."""
        version = self.queue.version if self.queue else 0
        return int(self.date.replace("-", "")) * VERSIONS_A_DAY + version


@dataclass(frozen=True)
class Snapshot:
    """A line as a live page shows it; it names no person."""

    number: int
    queue_id: str
    doctor_id: str
    date: str
    status: QueueStatus
    current_token: str | None
    current_number: int | None
    resume_expected_at: datetime | None
    late_until: datetime | None
    counts: Counts
    at: datetime


def current_heads(work: Work, lines: Sequence[WatchedLine]) -> list[Head]:
    """Return the current heads of several lines, in one read."""
    days = [today(line.clinic, work.now) for line in lines]
    refs: list[Ref] = [
        (Queue, (line.doctor_id, date.isoformat()))
        for line, day in zip(lines, days, strict=True)
        for date in (day - timedelta(days=1), day)
    ]
    found = iter(work.fetch(refs))
    both = [(next(found), next(found)) for _ in lines]
    return [
        Head(line, queue, queue.date if queue else day.isoformat())
        for line, day, pair in zip(lines, days, both, strict=True)
        for queue in [pick_current(*pair, work.now)]
    ]


def take_snapshot(work: Work, head: Head) -> Snapshot:
    """Return the line of *head* as a live page shows it; reads the day's tokens once."""
    queue, doctor_id = head.queue, head.line.doctor_id
    return Snapshot(
        number=head.number,
        queue_id=queue.queue_id if queue else queue_id_of(doctor_id, head.date),
        doctor_id=doctor_id,
        date=head.date,
        status=queue.status if queue else QueueStatus.SCHEDULED,
        current_token=queue.current_token if queue else None,
        current_number=queue.current_number if queue else None,
        resume_expected_at=queue.resume_expected_at if queue else None,
        late_until=queue.late_until if queue else None,
        counts=tokens.count_tokens(tokens.tokens_of_day(work, queue)) if queue else Counts(),
        at=work.now,
    )


def give_ticket(work: Work, session: Session, line: WatchedLine) -> str:
    """Write a ticket that opens *line*'s stream once for *session*, and return it.

    It is valid for a minute, and stored as a hash only.
    """
    ticket = work.ids.secret("tkt_")
    expires = work.now + timedelta(seconds=TICKET_SECONDS)
    work.put(
        StreamTicket(
            ticket=_hash(ticket),
            clinic_id=line.clinic.clinic_id,
            doctor_id=line.doctor_id,
            user_id=session.user_id,
            session_id=session.session_id,
            expires_at=expires,
            ttl=int(expires.timestamp()) + 1,
        )
    )
    return ticket


def use_ticket(work: Work, ticket: str, doctor_id: str) -> StreamTicket:
    """Use up a ticket: of two calls at once, one commits and the other conflicts.

    Raises:
        NotSignedIn: If there is no such ticket for that doctor's stream, or it is used or over.
    """
    found = work.get(StreamTicket, _hash(ticket))
    if found is None or found.expires_at <= work.now or found.doctor_id != doctor_id:
        raise NotSignedIn("The ticket has been used or is over.")
    work.delete(found)
    return found


def _hash(ticket: str) -> str:
    return hashlib.sha256(ticket.encode()).hexdigest()
