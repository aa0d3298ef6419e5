"""Telling the people of a clinic what only they can mend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from domain.actions.messages.outbox import Draft, send
from domain.actions.staff import numbers
from domain.model.clinics import Clinic, Doctor, Role, StaffStatus, User
from domain.model.messages import Guard, Option, Urgency
from domain.model.queues import Token
from domain.work import Work


@dataclass(frozen=True, kw_only=True)
class Note:
    """What the desk is told."""

    name: str
    """The message."""
    values: Mapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Variables that lie sealed until they are sent."""
    options: Sequence[Option] = ()
    sender: str | None = None
    """Which number it leaves by, if not the clinic's."""
    message_id: str | None = None
    about: Token | None = None
    guard: Guard | None = None
    urgency: Urgency = Urgency.NEWS
    helps_for: timedelta


def tell_admins(work: Work, clinic: Clinic, note: Note) -> int:
    """Write *note* to each admin of *clinic* with a proven number; return to how many."""
    across = work.system("tell a clinic's admins")
    admins = [u for u in _staff(across, clinic) if u.role is Role.ADMIN]
    return _write_to_each(across, clinic, admins, note)


def tell_desk(work: Work, clinic: Clinic, note: Note) -> int:
    """Write *note* to the admins of *clinic*, or to its doctors if none can be reached."""
    told = tell_admins(work, clinic, note)
    if told:
        return told
    across = work.system("tell a clinic's doctors")
    return _write_to_each(across, clinic, _staff(across, clinic), note)


def _staff(work: Work, clinic: Clinic) -> list[User]:
    users = work.query(User, clinic.clinic_id, limit=100).records
    return [u for u in users if u.status is StaffStatus.ACTIVE and u.proven]


def tell_doctor(work: Work, clinic: Clinic, doctor: Doctor, note: Note) -> None:
    """Write *note* to the doctor of a line, or to the clinic's admins if that cannot be.

    A number that nobody has proven may be a stranger's: no patient is named to it. Neither is one
    to another doctor, so that nobody is told where no admin has proven their number either.
    """
    across = work.system("tell who runs a line")
    user = numbers.member_at(across, clinic.clinic_id, doctor.whatsapp_number)
    if user is not None and user.proven and user.doctor_id == doctor.doctor_id:
        _write(across, clinic, user, note, note.message_id)
    else:
        tell_admins(work, clinic, note)


def _write_to_each(work: Work, clinic: Clinic, users: Sequence[User], note: Note) -> int:
    """Write *note* to *users*; the first gets it under the note's own id, if it has one."""
    for place, user in enumerate(users):
        is_named_anew = note.message_id is not None and place > 0
        message_id = f"{note.message_id}_{user.user_id}" if is_named_anew else note.message_id
        _write(work, clinic, user, note, message_id)
    return len(users)


def _write(work: Work, clinic: Clinic, user: User, note: Note, message_id: str | None) -> None:
    contact = numbers.contact_at(work, user.whatsapp_number, user.name)
    send(
        work,
        Draft(
            note.name,
            to=contact.contact_id,
            clinic=clinic,
            sender=note.sender,
            values=note.values,
            secrets=note.secrets,
            options=note.options,
            urgency=note.urgency,
            about=note.about,
            guard=note.guard,
            helps_until=work.now + note.helps_for,
            message_id=message_id,
        ),
    )
