"""An announcement to everybody in a line."""

from __future__ import annotations

from domain.actions.booking import history
from domain.actions.broadcasts import broadcasts
from domain.actors import Actor
from domain.model.broadcasts import Audience, AudienceKind, Broadcast
from domain.model.clinics import Clinic, Doctor
from domain.model.queues import Queue
from domain.work import Work


def announce(
    work: Work, clinic: Clinic, doctor: Doctor, queue: Queue, actor: Actor, text: str
) -> Broadcast:
    """Broadcast *text* to everybody who is served, waits or was skipped in this line."""
    history.log_line(work, queue, "announce", actor)
    audience = Audience(kind=AudienceKind.LINE, day=queue.date, doctor_id=doctor.doctor_id)
    return broadcasts.begin_broadcast(
        work,
        clinic,
        name="news/announcement",
        values={"text": text},
        to=broadcasts.Addressees(audience),
        by=actor,
    )
