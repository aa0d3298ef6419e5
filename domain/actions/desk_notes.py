"""Telling the people of a clinic what only they can mend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from domain.actions import numbers
from domain.actions.messages import send
from domain.model.clinics import Clinic, Doctor, Role, StaffStatus, User
from domain.model.messages import Option, Urgency
from domain.model.queues import Token
from domain.work import Work


@dataclass(frozen=True, kw_only=True)
class Note:
    """What the desk is told."""

    name: str
    """The message."""
    values: Mapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, str] | None = None
    """Variables that lie sealed until they are sent."""
    options: Sequence[Option] = ()
    sender: str | None = None
    """Which number it leaves by, if not the clinic's."""
    message_id: str | None = None
    about: Token | None = None
    guard: str | None = None
    helps_for: timedelta


def tell_admins(work: Work, clinic: Clinic, note: Note) -> int:
    """Write *note* to each admin of *clinic* with a proven number; return to how many."""
    across = work.system("tell a clinic's admins")
    admins = [u for u in _staff(across, clinic) if u.role is Role.ADMIN]
    return sum(_write(across, clinic, u.whatsapp_number, note) for u in admins)


def tell_desk(work: Work, clinic: Clinic, note: Note) -> int:
    """Write *note* to the admins of *clinic*, or to its doctors if none can be reached."""
    told = tell_admins(work, clinic, note)
    if told:
        return told
    across = work.system("tell a clinic's doctors")
    return sum(_write(across, clinic, u.whatsapp_number, note) for u in _staff(across, clinic))


def _staff(work: Work, clinic: Clinic) -> list[User]:
    users = work.query(User, clinic.clinic_id, limit=100).records
    return [u for u in users if u.status is StaffStatus.ACTIVE and u.proven]


def tell_doctor(work: Work, clinic: Clinic, doctor: Doctor, note: Note) -> None:
    """Write *note* to the doctor of a line."""
    _write(work.system("tell who runs a line"), clinic, doctor.whatsapp_number, note)


def _write(work: Work, clinic: Clinic, number: str, note: Note) -> int:
    contact = numbers.contact_at(work, number, None)
    send(
        work,
        name=note.name,
        contact_id=contact.contact_id,
        clinic=clinic,
        sender=note.sender,
        values=note.values,
        secrets=note.secrets,
        options=note.options,
        urgency=Urgency.NEWS,
        about=note.about,
        guard=note.guard,
        helps_until=work.now + note.helps_for,
        message_id=note.message_id,
    )
    return 1
