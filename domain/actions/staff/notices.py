"""Notices to the owner of an account, on their phone: a sign-in, a new password.

Whoever reads one that they did not cause sends "lock" (`locks`).
"""

from __future__ import annotations

from datetime import timedelta

from domain import due
from domain.actions.staff.numbers import write_to_owner
from domain.due import OpenWork
from domain.model.clinics import Clinic, StaffStatus, User
from domain.model.due import Due
from domain.work import Work

QUIET = timedelta(minutes=10)
"""Sign-ins that follow a notice within this time are told together, at its end."""


def tell_sign_in(work: Work, clinic: Clinic, user: User) -> User:
    """Tell an account's owner of a sign-in now, or with others soon; return the user to be put."""
    told_at = user.sign_in_told_at
    if told_at is None or work.now - told_at >= QUIET:
        return _tell_sign_ins(work, clinic, user, 1)
    if not user.sign_ins_untold:
        about = due.Subject(user.user_id, clinic_id=user.clinic_id)
        due.schedule(work, "tell_sign_ins", told_at + QUIET, about, user=user.user_id)
    return user.but(sign_ins_untold=user.sign_ins_untold + 1)


def tell_untold_sign_ins(open_work: OpenWork, item: Due) -> None:
    """Tell an account's owner of the sign-ins since the last notice. May be repeated."""
    work = open_work()
    work.delete(item)
    clinic = work.get(Clinic, item.clinic_id or "")
    user = work.get(User, item.clinic_id or "", str(item.values["user"]))
    if clinic and user and user.sign_ins_untold and user.status is StaffStatus.ACTIVE:
        work.put(_tell_sign_ins(work, clinic, user, user.sign_ins_untold))
    work.commit()


def tell_password(work: Work, user: User) -> None:
    """Tell an account's owner that its password was changed or set anew."""
    clinic = work.require(Clinic, user.clinic_id)
    write_to_owner(work, clinic, user, "account/password_changed", {"at": work.now.isoformat()})


def _tell_sign_ins(work: Work, clinic: Clinic, user: User, count: int) -> User:
    last = user.last_login or work.now
    values = {"at": last.isoformat(), "count": count}
    write_to_owner(work, clinic, user, "account/new_sign_in", values)
    return user.but(sign_in_told_at=work.now, sign_ins_untold=0)
