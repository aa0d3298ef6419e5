"""Sign in with a code and a password; reset or change the password (specification 6.1).

A failed sign-in tells nothing: an unknown number, a wrong code and a wrong password get the same
answer after the same time.
"""

from __future__ import annotations

from dataclasses import dataclass

from domain import passwords
from domain.actions.staff import numbers, otps, sessions
from domain.errors import Invalid, NotSignedIn
from domain.model.accounts import OtpRequest, OtpType, Session
from domain.model.clinics import Clinic, User
from domain.work import Work

WRONG = "The code or the password is wrong, or the code is no longer good."
WRONG_CODE = "The code is wrong or no longer good."
WRONG_PASSWORDS = 5
"""Wrong current passwords after which a session ends: somebody else may be using it."""


@dataclass(frozen=True)
class SignInResult:
    """The new session, and whose it is."""

    user: User
    clinic: Clinic
    session: Session


def request_sign_in_code(work: Work, number: str, clinic_id: str, address: str) -> OtpRequest:
    """Request a code to sign in with; the result is the same for every number.

    Raises:
        TooMany: If too many codes were requested.
    """
    return otps.request_code(work, OtpType.LOGIN, number, clinic_id=clinic_id, address=address)


def sign_in(work: Work, request_id: str, code: str, password: str) -> SignInResult | NotSignedIn:
    """Start a session with a code and a password; the code also proves the number.

    A wrong code or password counts as one attempt, so the refusal is returned, not raised, and the
    attempt is committed.

    Raises:
        Busy: If too many passwords are being checked.
    """
    request = otps.find_request(work, OtpType.LOGIN, request_id)
    user = _account(work, request)
    stored = user.password_hash if user else None
    is_right = passwords.is_right(password, stored, work.rules.password_memory_kib)
    clinic = work.get(Clinic, request.clinic_id if request else "clinic_none")
    if (
        not otps.check_code(work, request, code, and_also=is_right)
        or user is None
        or clinic is None
    ):
        return NotSignedIn(WRONG)
    now = work.now.replace(microsecond=0)
    user = work.put(user.but(proven=True, last_login=now, updated_at=now))
    return SignInResult(user, clinic, sessions.start_session(work, user))


def request_reset_code(work: Work, number: str, clinic_id: str, address: str) -> OtpRequest:
    """Request a code to reset a password with; the result is the same for every number.

    Raises:
        TooMany: If too many codes were requested.
    """
    return otps.request_code(
        work, OtpType.PASSWORD_RESET, number, clinic_id=clinic_id, address=address
    )


def reset_password(work: Work, request_id: str, code: str, password: str) -> User | NotSignedIn:
    """Set a new password with a code, and end every session.

    If the code is wrong, the refusal is returned, not raised: the attempt is committed.

    Raises:
        Invalid: If the password is not strong enough.
        Busy: If too many passwords are being checked.
    """
    passwords.require_strong("newPassword", password)
    request = otps.find_request(work, OtpType.PASSWORD_RESET, request_id)
    user = _account(work, request)
    if not otps.check_code(work, request, code) or user is None:
        return NotSignedIn(WRONG_CODE)
    return _set_password(work, sessions.end_all_sessions(work, user), password)


def change_password(
    work: Work, session: Session, current: str, password: str
) -> tuple[Session, User] | Invalid:
    """Change the password, end every other session, and give this one new tokens.

    If the current password is wrong, the refusal is returned, not raised: the attempt is committed.

    Raises:
        Invalid: If the new password is the current one, or not strong enough.
        NotSignedIn: If the session has ended meanwhile.
        Busy: If too many passwords are being checked.
    """
    passwords.require_strong("newPassword", password)
    session, user = sessions.read_session(
        work, session.session_id, session.clinic_id, session.user_id
    )
    if password == current:
        raise Invalid("newPassword", "The new password is the old one.")
    if not passwords.is_right(current, user.password_hash, work.rules.password_memory_kib):
        tried = work.put(session.but(wrong_passwords=session.wrong_passwords + 1))
        if tried.wrong_passwords >= WRONG_PASSWORDS:
            sessions.end_session(work, tried, "WRONG_PASSWORDS")
        return Invalid("currentPassword", "This is not the current password.")
    session, user = sessions.end_other_sessions(work, user, session)
    return session, _set_password(work, user, password)


def _account(work: Work, request: OtpRequest | None) -> User | None:
    if request is None:
        return None
    return numbers.member_at(work, request.clinic_id, request.whatsapp_number)


def _set_password(work: Work, user: User, password: str) -> User:
    now = work.now.replace(microsecond=0)
    return work.put(
        user.but(
            password_hash=passwords.hash_password(password, work.rules.password_memory_kib),
            password_updated_at=now,
            must_change_password=False,
            updated_at=now,
        )
    )
