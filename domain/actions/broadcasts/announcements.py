"""An announcement to everybody in a line."""

from __future__ import annotations

from domain.actions.booking import history
from domain.actions.broadcasts import broadcasts
from domain.actions.broadcasts.audiences import people_of
from domain.actors import Actor
from domain.line_context import LineContext
from domain.model.broadcasts import Audience, AudienceKind, Broadcast


def count_readers(line: LineContext) -> int:
    """Return how many people an announcement reaches: who is served, waits or was skipped.

    One phone counts once, however many of its people are in the line.
    """
    queue = line.queue
    audience = Audience(kind=AudienceKind.LINE, day=queue.date, doctor_id=queue.doctor_id)
    pages = people_of(line.work, line.clinic, audience, ())
    return len({person.key for page in pages for person in page.people})


def announce(line: LineContext, actor: Actor, text: str) -> Broadcast:
    """Broadcast *text* to everybody who is served, waits or was skipped in this line."""
    queue = line.queue
    history.log_line(line.work, queue, "announce", actor)
    audience = Audience(kind=AudienceKind.LINE, day=queue.date, doctor_id=queue.doctor_id)
    return broadcasts.begin_broadcast(
        line.work,
        line.clinic,
        name="news/announcement",
        values={"text": text},
        to=broadcasts.Addressees(audience),
        by=actor,
    )
