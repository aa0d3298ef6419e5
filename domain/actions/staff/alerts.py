"""Alerts: messages to a clinic's staff about what only they can fix."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from domain.actions.messages.outbox import Draft, send
from domain.actions.staff import numbers
from domain.model.clinics import Clinic, Doctor, Role, StaffStatus, User
from domain.model.messages import Attachment, Guard, Option, Urgency
from domain.model.queues import Token
from domain.work import Work


@dataclass(frozen=True, kw_only=True)
class Alert:
    """A message to staff, without its recipients; the fields are those of `Draft`."""

    name: str
    """The message's name, such as desk/parked."""
    values: Mapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Values that stay encrypted until they are sent."""
    options: Sequence[Option] = ()
    sender: str | None = None
    """The sender, if not the clinic's."""
    message_id: str | None = None
    about: Token | None = None
    guard: Guard | None = None
    attachment: Attachment | None = None
    shows: Sequence[str] = ()
    """Whom it shows (patientIds and contactIds)."""
    urgency: Urgency = Urgency.NEWS
    helps_for: timedelta


def alert_admins(work: Work, clinic: Clinic, alert: Alert) -> int:
    """Send *alert* to each admin of *clinic* with a proven number; return how many there are."""
    across = work.system("alert a clinic's admins")
    admins = [u for u in _reachable_staff(across, clinic) if u.role is Role.ADMIN]
    return _write_to_each(across, clinic, admins, alert)


def alert_desk(work: Work, clinic: Clinic, alert: Alert) -> int:
    """Send *alert* to the admins of *clinic*, or to its doctors if no admin has a proven number.

    Return how many people it was sent to.
    """
    reached = alert_admins(work, clinic, alert)
    if reached:
        return reached
    across = work.system("alert a clinic's doctors")
    return _write_to_each(across, clinic, _reachable_staff(across, clinic), alert)


def alert_others(work: Work, clinic: Clinic, user: User, alert: Alert) -> None:
    """Send *alert* to the desk without *user*: the admins, or the doctors if there is none."""
    across = work.system("alert the others of a clinic's desk")
    staff = _reachable_staff(across, clinic)
    desk = [u for u in staff if u.role is Role.ADMIN] or staff
    others = [u for u in desk if u.user_id != user.user_id]
    _write_to_each(across, clinic, others, alert)


def alert_user(work: Work, clinic: Clinic, user_id: str, alert: Alert) -> bool:
    """Send *alert* to one member of staff; return False if they work here no more."""
    across = work.system("alert a member of staff")
    users = [u for u in _reachable_staff(across, clinic) if u.user_id == user_id]
    return _write_to_each(across, clinic, users, alert) > 0


def is_of_desk(work: Work, clinic: Clinic, user: User) -> bool:
    """Return whether `alert_desk` reaches *user*."""
    across = work.system("see who is at a clinic's desk")
    staff = _reachable_staff(across, clinic)
    desk = [u for u in staff if u.role is Role.ADMIN] or staff
    return any(u.user_id == user.user_id for u in desk)


def alert_desk_and_doctors(
    work: Work, clinic: Clinic, doctor_ids: Collection[str], alert: Alert
) -> int:
    """Send *alert* to the admins of *clinic* and the doctors *doctor_ids*; return their number.

    If none of them has a proven number, it goes to every member of staff who has one.
    """
    across = work.system("alert a clinic's admins and some of its doctors")
    staff = _reachable_staff(across, clinic)
    meant = [u for u in staff if u.role is Role.ADMIN or u.doctor_id in doctor_ids]
    return _write_to_each(across, clinic, meant or staff, alert)


def _reachable_staff(work: Work, clinic: Clinic) -> list[User]:
    users = work.query(User, clinic.clinic_id, limit=100).records
    return [u for u in users if u.status is StaffStatus.ACTIVE and u.proven]


def alert_doctor(work: Work, clinic: Clinic, doctor: Doctor, alert: Alert) -> None:
    """Send *alert* to the doctor of a line, or to the admins if the doctor's number is not proven.

    An unproven number may be a stranger's, and an alert may name a patient. Other doctors do not
    get it either: if no admin has a proven number, nobody does.
    """
    across = work.system("alert the doctor of a line")
    user = numbers.member_at(across, clinic.clinic_id, doctor.whatsapp_number)
    if user is not None and user.proven and user.doctor_id == doctor.doctor_id:
        _write(across, clinic, user, alert, alert.message_id)
    else:
        alert_admins(work, clinic, alert)


def _write_to_each(work: Work, clinic: Clinic, users: Sequence[User], alert: Alert) -> int:
    """Send *alert* to *users*; the first message has the alert's own id, if it has one."""
    for index, user in enumerate(users):
        message_id = alert.message_id
        if message_id is not None and index > 0:
            message_id = f"{message_id}_{user.user_id}"
        _write(work, clinic, user, alert, message_id)
    return len(users)


def _write(work: Work, clinic: Clinic, user: User, alert: Alert, message_id: str | None) -> None:
    contact = numbers.ensure_contact(work, user.whatsapp_number, user.name)
    send(
        work,
        Draft(
            alert.name,
            to=contact.contact_id,
            clinic=clinic,
            sender=alert.sender,
            values=alert.values,
            secrets=alert.secrets,
            options=alert.options,
            urgency=alert.urgency,
            about=alert.about,
            guard=alert.guard,
            attachment=alert.attachment,
            shows=alert.shows,
            helps_until=work.now + alert.helps_for,
            message_id=message_id,
        ),
    )
