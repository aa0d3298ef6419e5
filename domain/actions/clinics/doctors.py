"""A clinic's doctors: added, changed, removed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from domain import passwords, plans
from domain.actions.clinics.profile import find_clinic
from domain.actions.clinics.working_hours import SUMMED_UP, require_consistent, sum_up
from domain.actions.line import affected, schedule_changes
from domain.actions.messages.outbox import Draft, send
from domain.actions.staff import numbers, sessions
from domain.actions.staff.credentials import send_credentials
from domain.actors import Actor
from domain.errors import Invalid, NotAllowed, NotFound, NotNow, NumberTaken
from domain.model.clinics import Clinic, Doctor, Role, StaffStatus, User
from domain.plans import require_active
from domain.ports import Page
from domain.work import Work

ADMINS_ONLY = ("consultation_fee", "advance_amount", "daily_limit", "status")
"""Fields of a doctor that only admins change (specification notes, 5)."""
DAY_FIELDS = frozenset({
    "start_time", "end_time", "lunch_break", "sessions", "working_days", "days_off",
    "daily_limit", "status",
})  # fmt: skip
"""Fields whose change is applied to days that are already sold."""


@dataclass(frozen=True)
class AddedDoctor:
    """A doctor who was added, with their account."""

    doctor: Doctor
    user: User
    password: str | None
    """The temporary password that they were sent; None for an admin, who has one already."""


@dataclass(frozen=True)
class ChangedDoctor:
    """A doctor after a change, and the names of the fields that changed."""

    doctor: Doctor
    fields: tuple[str, ...]

    @property
    def number_changed(self) -> bool:
        """Whether their WhatsApp number changed."""
        return "whatsapp_number" in self.fields


def find_doctor(work: Work, clinic_id: str, doctor_id: str) -> tuple[Clinic, Doctor, User | None]:
    """Return a doctor of the clinic with their account.

    Raises:
        NotFound: If there is none, or it is outside the scope.
    """
    clinic, doctor = work.fetch([(Clinic, (clinic_id,)), (Doctor, (clinic_id, doctor_id))])
    if not isinstance(clinic, Clinic) or not isinstance(doctor, Doctor):
        raise NotFound
    return clinic, doctor, work.get(User, clinic_id, doctor.user_id or "")


def list_doctors(work: Work, clinic_id: str, limit: int, after: str | None) -> Page[Doctor]:
    """Return a page of the clinic's doctors in the order they were added, with removed ones."""
    return work.query(Doctor, clinic_id, limit=limit, after=after)


def count_doctors(work: Work, clinic_id: str) -> int:
    """Return how many doctors the scope of *work* sees, removed ones included."""
    after, found = None, 0
    while True:
        some = work.query(Doctor, clinic_id, limit=400, after=after)
        found += len(some.records)
        after = some.after
        if after is None:
            return found


def accounts_of(work: Work, doctors: list[Doctor]) -> dict[str, User]:
    """Return the account of each of *doctors* by doctorId."""
    refs = [(User, (d.clinic_id, d.user_id or "")) for d in doctors]
    users = zip(doctors, work.fetch(refs), strict=True)
    return {d.doctor_id: u for d, u in users if isinstance(u, User)}


def add_doctor(
    work: Work, clinic_id: str, details: Mapping[str, Any], initial_password: str | None
) -> AddedDoctor:
    """Add a doctor with *details*, fields of `Doctor`, and an account for their number.

    If the number is an admin's, that admin (an owner) becomes a doctor too and keeps their
    password. Anybody else gets a new account and is sent *initial_password*, which they must
    change, with the button that proves the number.

    Raises:
        Invalid: If the details contradict each other, or the password is missing or weak.
        NumberTaken: If the number is another doctor's of the clinic.
        PlanLimit: If the plan allows no more doctors.
        Suspended: If the clinic's subscription is suspended.
    """
    clinic = find_clinic(work, clinic_id)
    number = numbers.parse_number(work, "whatsappNumber", details["whatsapp_number"])
    doctor = Doctor(
        **{
            **details,
            **sum_up(None, details),
            "whatsapp_number": number,
            "clinic_id": clinic_id,
            "doctor_id": work.ids.new("doc_"),
            "created_at": work.now,
            "updated_at": work.now,
        }
    )
    require_consistent(work, clinic, doctor)
    owner = numbers.member_at(work, clinic_id, number)
    if owner is not None and (owner.role is not Role.ADMIN or owner.doctor_id is not None):
        raise NumberTaken("This number belongs to another doctor of the clinic.")
    if owner is not None:
        _count_new_doctor(work, clinic)
        user, password = work.put(owner.but(doctor_id=doctor.doctor_id, updated_at=work.now)), None
        _tell_owner(work, clinic, doctor, user)
    else:
        password = _require_sendable(initial_password, clinic_id)
        _count_new_doctor(work, clinic)
        user = _new_account(work, doctor, password)
        send_credentials(work, clinic, user, password)
    numbers.claim_number(work, user)
    doctor = work.put(doctor.but(user_id=user.user_id))
    return AddedDoctor(doctor, user, password)


def change_doctor(
    work: Work,
    clinic_id: str,
    doctor_id: str,
    changes: Mapping[str, Any],
    *,
    by: User,
    confirm: bool = False,
) -> ChangedDoctor:
    """Change fields of a doctor, and apply new hours, days off and limits to days that are sold.

    With *confirm*, bookings that the new hours or days leave no place for end, and are told.

    Raises:
        NotFound: If there is no such doctor, or it is outside the scope.
        NotAllowed: If a doctor changes a field of `ADMINS_ONLY` (detail `field`).
        Invalid: If the fields contradict each other.
        ConfirmationNeeded: If bookings would end and *confirm* is not given; it lists them.
        NumberTaken: If the new number is somebody else's of the clinic.
        PlanLimit, Suspended: If an inactive doctor is reactivated, as in `add_doctor`.
    """
    clinic, doctor, user = find_doctor(work, clinic_id, doctor_id)
    if by.role is not Role.ADMIN:
        for name in ADMINS_ONLY:
            if name in changes:
                raise NotAllowed("Only an admin of the clinic changes this.", field=api_name(name))
    wanted = dict(changes)
    if "whatsapp_number" in wanted:
        given = wanted["whatsapp_number"]
        wanted["whatsapp_number"] = numbers.parse_number(work, "whatsappNumber", given)
    planned = doctor.but(**{**wanted, **sum_up(doctor, wanted)})
    wanted = {name: getattr(planned, name) for name in (*wanted, *SUMMED_UP)}
    fields = tuple(name for name in wanted if getattr(doctor, name) != getattr(planned, name))
    if not fields:
        return ChangedDoctor(doctor, fields)
    require_consistent(work, clinic, planned)
    if DAY_FIELDS & set(fields) and not confirm:
        affected.require_confirmed(work, [affected.Change(clinic, doctor, clinic, planned)])
    planned = work.put(planned.but(updated_at=work.now))
    if user is not None:
        _change_account(work, clinic, doctor, planned, user)
    if DAY_FIELDS & set(fields):
        schedule_changes.apply_to_sold_days(work, clinic, planned, Actor(by.user_id, by.name))
    return ChangedDoctor(planned, fields)


def remove_doctor(
    work: Work, clinic_id: str, doctor_id: str, *, by: User
) -> tuple[Doctor, User | None]:
    """Remove a doctor: end the account, close the days to come, tell and refund who is booked.

    Records of patients and visits stay. An owner keeps the admin's account.

    Raises:
        NotFound: If there is no such doctor.
        NotNow: If they are removed already (detail `state`).
    """
    clinic, doctor, user = find_doctor(work, clinic_id, doctor_id)
    if doctor.status is not StaffStatus.ACTIVE:
        raise NotNow("This doctor was removed before.", state=doctor.status)
    left = work.put(doctor.but(status=StaffStatus.INACTIVE, updated_at=work.now))
    if user is not None:
        user = _change_account(work, clinic, doctor, left, user)
    schedule_changes.apply_to_sold_days(work, clinic, left, Actor(by.user_id, by.name))
    return left, user


def api_name(name: str) -> str:
    """Return a field's name as the API writes it, in camel case."""
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def _change_account(work: Work, clinic: Clinic, before: Doctor, doctor: Doctor, user: User) -> User:
    """Update an account after its doctor: name, number, and whether they work here."""
    was_here = before.status is StaffStatus.ACTIVE
    is_here = doctor.status is StaffStatus.ACTIVE
    if was_here != is_here:
        _change_count(work, clinic, 1 if is_here else -1)
    is_owner = user.role is Role.ADMIN
    changed = user
    if not is_owner and doctor.name != before.name:
        changed = changed.but(name=doctor.name)
    if was_here and is_here and doctor.whatsapp_number != user.whatsapp_number:
        changed = numbers.change_number(work, clinic, changed, doctor.whatsapp_number)
    elif is_here and not was_here and is_owner:
        if user.doctor_id is not None:
            raise NumberTaken("This account belongs to another doctor by now.")
        changed = changed.but(doctor_id=doctor.doctor_id)
        work.put(doctor.but(whatsapp_number=user.whatsapp_number))
        numbers.claim_number(work, changed)
    elif is_here and not was_here:
        changed = changed.but(
            doctor_id=doctor.doctor_id,
            status=StaffStatus.ACTIVE,
            whatsapp_number=doctor.whatsapp_number,
            proven=changed.proven and changed.whatsapp_number == doctor.whatsapp_number,
        )
        numbers.claim_number(work, changed)
        if not changed.proven:
            numbers.request_confirmation(work, clinic, changed)
    elif was_here and is_owner and not is_here:
        changed = changed.but(doctor_id=None)
        numbers.claim_number(work, changed)
    elif was_here and not is_here:
        numbers.release_number(work, user)
        changed = changed.but(status=StaffStatus.INACTIVE)
        changed = sessions.end_all_sessions(work, changed, "DEACTIVATED")
    return changed if changed == user else work.put(changed.but(updated_at=work.now))


def _count_new_doctor(work: Work, clinic: Clinic) -> None:
    """Count one more doctor; a full plan is reported before a suspended subscription."""
    plans.require_room(clinic, clinic.current_doctors + 1)
    _change_count(work, clinic, 1)


def _change_count(work: Work, clinic: Clinic, more: int) -> None:
    """Change the clinic's number of ACTIVE doctors by *more*, and what it costs a month.

    Raises:
        Suspended: If it grows and the clinic's subscription is suspended.
        PlanLimit: If it grows beyond the plan.
    """
    doctors = clinic.current_doctors + more
    if more > 0:
        require_active(clinic)
        plans.require_room(clinic, doctors)
    work.put(clinic.but(current_doctors=doctors, total_amount=doctors * clinic.price_per_doctor))


def _new_account(work: Work, doctor: Doctor, password: str) -> User:
    return work.put(
        User(
            clinic_id=doctor.clinic_id,
            user_id=work.ids.new("usr_"),
            whatsapp_number=doctor.whatsapp_number,
            name=doctor.name,
            role=Role.DOCTOR,
            doctor_id=doctor.doctor_id,
            password_hash=passwords.hash_password(
                password, work.rules.password_memory_kib, doctor.clinic_id
            ),
            must_change_password=True,
            password_updated_at=work.now,
            created_at=work.now,
            updated_at=work.now,
        )
    )


def _tell_owner(work: Work, clinic: Clinic, doctor: Doctor, user: User) -> None:
    contact = numbers.ensure_contact(work, user.whatsapp_number, user.name)
    options = [] if user.proven else [numbers.confirm_button(user)]
    send(
        work,
        Draft(
            "account/now_doctor",
            to=contact.contact_id,
            clinic=clinic,
            values={"name": user.name, "doctor": doctor.name},
            options=options,
        ),
    )


def _require_sendable(password: str | None, clinic_id: str) -> str:
    """Return the first password of a new account, which travels in a message.

    Raises:
        Invalid: If it is missing or weak, or has blanks or invisible signs.
    """
    if password is None:
        raise Invalid("initialPassword", "Is needed for a number that has no account yet.")
    passwords.require_strong("initialPassword", password, clinic_id)
    if not password.isprintable() or len(password.split()) > 1 or password != password.strip():
        raise Invalid("initialPassword", "It is sent in a message: no blanks, no signs unseen.")
    return password
