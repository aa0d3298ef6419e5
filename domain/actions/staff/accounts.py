"""Accounts of a clinic's staff: list all, invite and deactivate admins."""

from __future__ import annotations

import secrets
import string
from collections.abc import Iterator

from domain import passwords, plans
from domain.actions.staff import numbers, sessions
from domain.actions.staff.credentials import send_credentials
from domain.errors import LastAdmin, NotNow, NumberTaken
from domain.model.clinics import Clinic, Role, StaffStatus, User
from domain.plans import Feature
from domain.ports import Page
from domain.work import Work

TEMPORARY_LETTERS = "".join(c for c in string.ascii_lowercase if c not in "ilo")
TEMPORARY_GROUPS, TEMPORARY_GROUP = 4, 4
"""Such as kqtz-4827-hmwe-9053: 62 bits, easy to copy from a phone."""
PAGE = 200


def list_users(work: Work, clinic_id: str, limit: int, after: str | None) -> Page[User]:
    """Return a page of the clinic's accounts, inactive ones too."""
    return work.query(User, clinic_id, limit=limit, after=after)


def invite(
    work: Work, clinic_id: str, *, name: str, number: str, initial_password: str | None = None
) -> User:
    """Create an admin's account for a number, and send its owner a temporary password.

    The owner must change it. They prove the number by the button under the message, or by signing
    in. Without *initial_password* a random one is made, which nobody else sees.

    Raises:
        Invalid: If the number is not valid, or the password not strong enough.
        NumberTaken: If a member of the clinic's staff has that number.
        PlanRequired: If the plan allows one admin only (detail `plan`).
        Busy: If too many passwords are being checked.
    """
    clinic = work.require(Clinic, clinic_id)
    number = numbers.parse_number(work, "whatsappNumber", number)
    if initial_password is not None:
        passwords.require_strong("initialPassword", initial_password, clinic_id)
    if any(_admins(work, clinic_id)):
        plans.require(clinic, Feature.MORE_ADMINS)
    if numbers.member_at(work, clinic_id, number) is not None:
        raise NumberTaken("Somebody already works at the clinic under this number.")
    password = initial_password or _temporary_password()
    now = work.now.replace(microsecond=0)
    user = work.put(
        User(
            clinic_id=clinic_id,
            user_id=work.ids.secret("usr_"),
            whatsapp_number=number,
            name=name,
            role=Role.ADMIN,
            password_hash=passwords.hash_password(
                password, work.rules.password_memory_kib, clinic_id
            ),
            must_change_password=True,
            password_updated_at=now,
            created_at=now,
            updated_at=now,
        )
    )
    numbers.claim_number(work, user)
    send_credentials(work, clinic, user, password)
    return user


def deactivate(work: Work, clinic_id: str, user_id: str) -> User:
    """Deactivate an admin's account: their sessions and chat commands end at once.

    Raises:
        NotFound: If there is no such account here.
        LastAdmin: If no other ACTIVE admin has proven their number.
        NotNow: If it is inactive, or a doctor's, who is removed as a doctor (detail `state`).
    """
    user = work.require(User, clinic_id, user_id)
    if user.status is not StaffStatus.ACTIVE:
        raise NotNow("This account has ended already.", state=user.status)
    if user.doctor_id is not None:
        raise NotNow("This is a doctor's account: remove the doctor first.", state=user.status)
    others = (u for u in _admins(work, clinic_id) if u.user_id != user_id)
    other = next((u for u in others if u.proven), None)
    if other is None:
        raise LastAdmin(
            "Nobody else runs the clinic: invite another admin, who must sign in once first."
        )
    # Two admins who remove each other at the same moment: the second finds the first changed.
    work.check(other)
    numbers.release_number(work, user)
    left = user.but(status=StaffStatus.INACTIVE)
    return sessions.end_all_sessions(work, left, "DEACTIVATED")


def surplus_admins(work: Work, clinic_id: str, chosen: str | None) -> list[User]:
    """Return the ACTIVE admins beyond the one that a plan with a single admin allows.

    The one who stays has proven their number: *chosen* (userId) if they have, else the one whose
    account is oldest. If none has, nobody is surplus.
    """
    admins = list(_admins(work, clinic_id))
    proven = [u for u in admins if u.proven]
    if not proven:
        return []
    stays = min(proven, key=lambda u: (u.user_id != chosen, u.created_at, u.user_id))
    return [u for u in admins if u.user_id != stays.user_id]


def end_surplus_admins(work: Work, clinic_id: str, chosen: str | None) -> list[User]:
    """End the admin role of `surplus_admins` and their sessions at once; return them as written.

    An admin who is also a doctor stays a doctor; any other account is deactivated.
    """
    ended: list[User] = []
    for user in surplus_admins(work, clinic_id, chosen):
        if user.doctor_id is None:
            numbers.release_number(work, user)
            left = user.but(status=StaffStatus.INACTIVE)
        else:
            left = user.but(role=Role.DOCTOR)
        ended.append(sessions.end_all_sessions(work, left, "PLAN_ENDED"))
    return ended


def _admins(work: Work, clinic_id: str) -> Iterator[User]:
    """Yield the clinic's ACTIVE admins, whether or not they have proven their numbers."""
    after = None
    while True:
        page = work.query(User, clinic_id, limit=PAGE, after=after)
        for user in page.records:
            if user.role is Role.ADMIN and user.status is StaffStatus.ACTIVE:
                yield user
        after = page.after
        if after is None:
            return


def _temporary_password() -> str:
    groups = [
        "".join(secrets.choice(letters) for _ in range(TEMPORARY_GROUP))
        for letters in (TEMPORARY_LETTERS, string.digits) * (TEMPORARY_GROUPS // 2)
    ]
    return "-".join(groups)
