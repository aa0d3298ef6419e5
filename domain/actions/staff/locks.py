"""Locking an account from its owner's phone: every sign-in ends, and none begins.

The number that the account had until lately can lock it too: whoever took the account over may
have changed the number. Such an account is frozen: a code goes to the new number, so an admin must
set the number again before a code unlocks it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from domain.actions.people.audit import log_account
from domain.actions.staff import sessions
from domain.actions.staff.alerts import Alert, alert_admins
from domain.model.accounts import AccountEvent
from domain.model.clinics import Clinic, StaffNumber, StaffStatus, User
from domain.model.people import Contact
from domain.work import Work

ALERT_HELPS = timedelta(days=2)


@dataclass(frozen=True)
class Lockable:
    """An account, and whether it is asked for by the number that it had before."""

    user: User
    former: bool


def account_to_lock(work: Work, contact: Contact, clinic_id: str) -> Lockable | None:
    """Return the account at a clinic that the contact's verified number may lock."""
    if not contact.verified_phone or not contact.phone:
        return None
    work = work.system("find the account that its owner's phone locks")
    number = work.get(StaffNumber, contact.phone, clinic_id)
    user = work.get(User, clinic_id, number.user_id) if number else None
    if number is None or user is None or user.status is not StaffStatus.ACTIVE:
        return None
    is_own = user.proven and user.whatsapp_number == contact.phone
    return Lockable(user, number.former) if is_own or number.former else None


def lock_account(work: Work, clinic: Clinic, wanted: Lockable) -> None:
    """Lock an account: its sessions end at once. May be repeated.

    If its former number asks, the clinic's admins are alerted, for an admin must set the number.
    """
    user = wanted.user
    if user.locked_at is not None and (user.frozen or not wanted.former):
        return
    log_account(work, user, AccountEvent.ACCOUNT_LOCK)
    locked = user.but(locked_at=work.now, frozen=wanted.former)
    sessions.end_all_sessions(work, locked, "LOCKED")
    if wanted.former:
        values = {"person": user.name}
        alert_admins(
            work, clinic, Alert(name="desk/account_frozen", values=values, helps_for=ALERT_HELPS)
        )


def unfreeze(work: Work, user: User) -> User:
    """Let a code unlock a frozen account whose number is its owner's after all."""
    log_account(work, user, AccountEvent.NUMBER_CHANGE)
    return work.put(user.but(frozen=False, updated_at=work.now))
