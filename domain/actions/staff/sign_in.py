"""Sign in with a code and a password; reset or change the password (specification 6.1).

A failed sign-in tells nothing: an unknown number, a wrong code and a wrong password get the same
answer after the same time.
"""

from __future__ import annotations

from dataclasses import dataclass

from domain import passwords
from domain.actions.people.audit import log_account, log_stranger
from domain.actions.staff import code_limits, notices, numbers, otps, sessions
from domain.errors import AccountLocked, Invalid, NotSignedIn
from domain.model.accounts import AccountEvent, OtpRequest, OtpType, Session
from domain.model.clinics import Clinic, User
from domain.networks import subscriber_network
from domain.work import Work

WRONG = "The code or the password is wrong, or the code is no longer good."
WRONG_CODE = "The code is wrong or no longer good."
LOCKED = "This account is locked. Set a new password with a code to unlock it."
FROZEN = "This account is locked. An admin of the clinic must set its number again first."
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


def sign_in(
    work: Work, request_id: str, code: str, password: str, address: str
) -> SignInResult | NotSignedIn:
    """Start a session with a code and a password; the code also proves the number.

    A wrong code or password counts as one attempt, so the refusal is returned, not raised, and the
    attempt is committed. That an account is locked (`AccountLocked`) is told to nobody but who has
    both. A request id is a secret, so one that is not live is refused before
    anything costly is done. *address* is the caller's network address.

    Raises:
        Busy: If too many passwords are being checked.
    """
    request = otps.find_request(work, OtpType.LOGIN, request_id)
    if request is None or not otps.is_live(work, request):
        return NotSignedIn(WRONG)
    user = _account(work, request)
    stored = user.password_hash if user else None
    asker = subscriber_network(address)
    is_right = passwords.is_right(password, stored, work.rules.password_memory_kib, asker)
    clinic = work.get(Clinic, request.clinic_id)
    if (
        not otps.check_code(work, request, code, and_also=is_right)
        or user is None
        or clinic is None
    ):
        return _refuse(work, request, user, AccountEvent.SIGN_IN, NotSignedIn(WRONG))
    if user.locked_at is not None:
        refusal = AccountLocked(FROZEN if user.frozen else LOCKED)
        return _refuse(work, request, user, AccountEvent.SIGN_IN, refusal)
    code_limits.remember_network(work, user.whatsapp_number, address)
    now = work.now.replace(microsecond=0)
    user = user.but(proven=True, last_login=now, updated_at=now)
    user = work.put(notices.tell_sign_in(work, clinic, user))
    log_account(work, user, AccountEvent.SIGN_IN)
    return SignInResult(user, clinic, sessions.start_session(work, user))


def request_reset_code(work: Work, number: str, clinic_id: str, address: str) -> OtpRequest:
    """Request a code to reset a password with; the result is the same for every number.

    Raises:
        TooMany: If too many codes were requested.
    """
    return otps.request_code(
        work, OtpType.PASSWORD_RESET, number, clinic_id=clinic_id, address=address
    )


def reset_password(
    work: Work, request_id: str, code: str, password: str, address: str
) -> User | NotSignedIn:
    """Set a new password with a code, end every session, and unlock the account.

    If the code is wrong, the refusal is returned, not raised: the attempt is committed. A request
    that is not live is refused first, as in `sign_in`.

    Raises:
        Invalid: If the password is not strong enough.
        Busy: If too many passwords are being checked.
    """
    request = otps.find_request(work, OtpType.PASSWORD_RESET, request_id)
    if request is None or not otps.is_live(work, request):
        return NotSignedIn(WRONG_CODE)
    asker = subscriber_network(address)
    passwords.require_strong("newPassword", password, asker)
    user = _account(work, request)
    if not otps.check_code(work, request, code) or user is None:
        return _refuse(work, request, user, AccountEvent.PASSWORD_RESET, NotSignedIn(WRONG_CODE))
    if user.frozen:
        return _refuse(work, request, user, AccountEvent.PASSWORD_RESET, AccountLocked(FROZEN))
    code_limits.remember_network(work, user.whatsapp_number, address)
    log_account(work, user, AccountEvent.PASSWORD_RESET)
    notices.tell_password(work, user)
    user = sessions.end_all_sessions(work, user.but(locked_at=None), "PASSWORD_RESET")
    return _set_password(work, user, password, asker)


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
    asker = session.user_id
    passwords.require_strong("newPassword", password, asker)
    session, user = sessions.read_session(
        work, session.session_id, session.clinic_id, session.user_id
    )
    if password == current:
        raise Invalid("newPassword", "The new password is the old one.")
    if not passwords.is_right(current, user.password_hash, work.rules.password_memory_kib, asker):
        tried = work.put(session.but(wrong_passwords=session.wrong_passwords + 1))
        if tried.wrong_passwords >= WRONG_PASSWORDS:
            sessions.end_session(work, tried, "WRONG_PASSWORDS")
        log_account(work, user, AccountEvent.PASSWORD_CHANGE, "WRONG_PASSWORD")
        return Invalid("currentPassword", "This is not the current password.")
    log_account(work, user, AccountEvent.PASSWORD_CHANGE)
    notices.tell_password(work, user)
    session, user = sessions.end_other_sessions(work, user, session, "PASSWORD_CHANGED")
    return session, _set_password(work, user, password, asker)


def _refuse(
    work: Work, request: OtpRequest, user: User | None, event: AccountEvent, refusal: NotSignedIn
) -> NotSignedIn:
    """Write the refused attempt into the audit log; as much for a number that has no account."""
    if user is None:
        log_stranger(work, request.clinic_id, event, refusal.code)
    else:
        log_account(work, user, event, refusal.code)
    return refusal


def _account(work: Work, request: OtpRequest) -> User | None:
    return numbers.member_at(work, request.clinic_id, request.whatsapp_number)


def _set_password(work: Work, user: User, password: str, asker: str) -> User:
    now = work.now.replace(microsecond=0)
    return work.put(
        user.but(
            password_hash=passwords.hash_password(password, work.rules.password_memory_kib, asker),
            password_updated_at=now,
            must_change_password=False,
            updated_at=now,
        )
    )
