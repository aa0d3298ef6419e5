"""Registration, sign-in and passwords (specification 6.1)."""

from __future__ import annotations

from flask import request

from api.frame import jwts
from api.frame.calls import BEARER, Answer, Call
from api.frame.days import page_of
from api.frame.idempotency import Repeated
from api.frame.routes import Resource
from api.schemas.auth import (
    Account,
    ClinicName,
    FirstAdmin,
    LoggedIn,
    LoginAsked,
    LoginProof,
    LogoutCall,
    OpenedClinic,
    OtpCall,
    PasswordChange,
    PasswordChanged,
    PasswordReset,
    RefreshCall,
    Registered,
    Registration,
    RegistrationProof,
    RegistrationVerified,
    ResetAsked,
    ResetProof,
    SessionList,
    SessionPath,
    SessionShown,
    SessionsQuery,
    TokenPair,
    WhoseSessions,
)
from domain import phones
from domain.actions.clinics import registration
from domain.actions.staff import numbers, sessions, sign_in
from domain.errors import Invalid, NotAllowed, NotSignedIn, Refused
from domain.model.accounts import Session
from domain.model.base import stamp
from domain.model.clinics import User
from domain.permissions import EVERYBODY, OF_ROLE
from domain.work import Work

auth = Resource("auth", "Registering a clinic, signing in with WhatsApp and a password.")
TOKENS = ("accessToken", "refreshToken")
LOGOUT = "LOGOUT"


@auth.post("/auth/clinic/register", needs=None, answers=Registered, status=201)
def register_clinic(work: Work, call: Call, body: Registration) -> Answer:
    """Register a clinic with its first admin.

    A code goes to the number on WhatsApp; `verify-registration` opens the clinic with it.
    """
    asked = registration.register(
        work,
        name=body.clinic_name,
        address=body.address,
        number=_parse_number(work, body.whatsapp_number),
        admin_name=body.admin_name,
        plan=body.subscription_plan,
        network_address=call.address,
    )
    return Answer(
        Registered(clinic_id=asked.clinic_id, registration_id=asked.request_id),
        "Clinic registered successfully. OTP sent to WhatsApp.",
    )


@auth.post(
    "/auth/clinic/verify-registration",
    needs=None,
    answers=RegistrationVerified,
    masked=TOKENS,
    repeated=Repeated.REFUSED,
)
def verify_registration(work: Work, call: Call, body: RegistrationProof) -> Answer:
    """Prove the number with the code, set the password, and begin.

    A wrong code counts as one of three attempts.
    """
    opened = registration.verify(work, body.registration_id, body.otp, body.password, call.address)
    if isinstance(opened, Refused):
        return Answer.refused(opened)
    clinic, admin = opened.clinic, opened.admin
    return Answer(
        RegistrationVerified(
            clinic=OpenedClinic(
                clinic_id=clinic.clinic_id, name=clinic.name, status=clinic.status.value
            ),
            admin_user=FirstAdmin(user_id=admin.user_id, role=admin.role.value),
            **_token_pair(call, admin, opened.session),
        ),
        "Clinic registration completed successfully",
    )


@auth.post("/auth/clinic/login", needs=None, answers=LoginAsked)
def login(work: Work, call: Call, body: OtpCall) -> Answer:
    """Have a code sent to sign in with.

    The answer is the same for a number that nobody has; no code comes then.
    """
    number = _parse_number(work, body.whatsapp_number)
    asked = sign_in.request_sign_in_code(work, number, body.clinic_id, call.address)
    return Answer(
        LoginAsked(login_request_id=asked.request_id, masked_number=phones.mask(number)),
        "Login OTP sent to WhatsApp",
    )


@auth.post(
    "/auth/clinic/verify-login",
    needs=None,
    answers=LoggedIn,
    masked=TOKENS,
    repeated=Repeated.REFUSED,
)
def verify_login(work: Work, call: Call, body: LoginProof) -> Answer:
    """Sign in with the code and the password.

    A wrong one of either counts as one of three attempts, and the answer does not say which.
    """
    signed_in = sign_in.sign_in(work, body.login_request_id, body.otp, body.password, call.address)
    if isinstance(signed_in, Refused):
        return Answer.refused(signed_in)
    user, clinic = signed_in.user, signed_in.clinic
    return Answer(
        LoggedIn(
            user=_account(user),
            clinic=ClinicName(clinic_id=clinic.clinic_id, name=clinic.name),
            must_change_password=user.must_change_password,
            **_token_pair(call, user, signed_in.session),
        ),
        "Login successful",
    )


@auth.post("/auth/forgot-password", needs=None, answers=ResetAsked)
def forgot_password(work: Work, call: Call, body: OtpCall) -> Answer:
    """Have a code sent to set a new password with.

    The answer is the same for a number that nobody has; no code comes then.
    """
    number = _parse_number(work, body.whatsapp_number)
    asked = sign_in.request_reset_code(work, number, body.clinic_id, call.address)
    return Answer(
        ResetAsked(reset_request_id=asked.request_id, masked_number=phones.mask(number)),
        "Password reset OTP sent to WhatsApp",
    )


@auth.post("/auth/reset-password", needs=None, answers=PasswordReset)
def reset_password(work: Work, call: Call, body: ResetProof) -> Answer:
    """Set a new password with the code; every session of the account ends.

    A wrong code counts as one of three attempts.
    """
    user = sign_in.reset_password(
        work, body.reset_request_id, body.otp, body.new_password, call.address
    )
    if isinstance(user, Refused):
        return Answer.refused(user)
    return Answer(
        PasswordReset(user_id=user.user_id, password_updated_at=user.updated_at),
        "Password reset successfully",
    )


@auth.post("/auth/refresh", needs=None, answers=TokenPair, masked=TOKENS, repeated=Repeated.RUN)
def refresh(work: Work, call: Call, body: RefreshCall) -> Answer:
    """Get the next pair of tokens with the refresh token.

    Each refresh token is good once. For ten seconds a repetition gets the same pair, unless that
    pair has been refreshed itself. Any other use of an old one ends the session.
    """
    session_id, refresh_id = jwts.read_refresh(call.services, body.refresh_token, call.now)
    renewed = sessions.renew(work, session_id, refresh_id)
    if isinstance(renewed, Refused):
        return Answer.refused(renewed)
    session, user = renewed
    return Answer(TokenPair(**_token_pair(call, user, session)))


@auth.post("/auth/logout", needs=None, optional_body=True)
def logout(work: Work, call: Call, body: LogoutCall) -> Answer:
    """End the session of the refresh token, or of the access token, whichever is sent.

    Its tokens are worth nothing from now on. It may be called again.
    """
    for session_id in _sessions_named(call, body):
        sessions.end_by_id(work, session_id, LOGOUT)
    return Answer(message="Logged out successfully")


@auth.get("/auth/sessions", needs=EVERYBODY, answers=SessionList)
def list_sessions(work: Work, call: Call, query: SessionsQuery) -> Answer:
    """List the sign-ins of one's own account that have not ended, the newest first.

    An admin may name another account of the clinic by `userId`.
    """
    found = sessions.list_sessions(work, _whose(work, call, query.user_id))
    after = call.read_cursor(query.cursor)
    page, more = page_of(found, _session_key, query.limit, after, descending=True)
    return Answer(
        SessionList(
            sessions=[
                SessionShown(
                    session_id=s.session_id,
                    created_at=s.created_at,
                    refreshed_at=s.refreshed_at,
                    ends_at=sessions.ends_at(s),
                    current=s.session_id == call.caller.session.session_id,
                )
                for s in page
            ],
            total_count=len(found),
            next_cursor=call.next_cursor(more),
        )
    )


@auth.delete("/auth/sessions", needs=EVERYBODY)
def end_sessions(work: Work, call: Call, query: WhoseSessions) -> Answer:
    """End every sign-in of one's own account, this one too.

    An admin may name another account of the clinic by `userId`.
    """
    user = _whose(work, call, query.user_id)
    sessions.end_all_sessions(work, user, "ENDED_IN_LIST")
    return Answer(message="All sessions ended")


@auth.delete("/auth/sessions/<sessionId>", needs=EVERYBODY)
def end_session(work: Work, call: Call, path: SessionPath) -> Answer:
    """End one sign-in of one's own account; an admin any of the clinic. It may be called again."""
    caller = call.caller
    own = None if caller.is_admin else caller.user.user_id
    sessions.end_chosen(work, caller.clinic_id, path.session_id, own)
    return Answer(message="Session ended")


@auth.post(
    "/auth/change-password",
    needs=EVERYBODY,
    answers=PasswordChanged,
    masked=TOKENS,
    repeated=Repeated.REFUSED,
    before_password_change=True,
)
def change_password(work: Work, call: Call, body: PasswordChange) -> Answer:
    """Set a new password.

    Every other session of the account ends; this one goes on with the tokens of the answer.
    """
    changed = sign_in.change_password(
        work, call.caller.session, body.current_password, body.new_password
    )
    if isinstance(changed, Refused):
        return Answer.refused(changed)
    session, user = changed
    return Answer(
        PasswordChanged(
            user_id=user.user_id,
            password_updated_at=user.updated_at,
            **_token_pair(call, user, session),
        ),
        "Password changed successfully",
    )


def _session_key(session: Session) -> str:
    return f"{stamp(session.created_at)}#{session.session_id}"


def _whose(work: Work, call: Call, user_id: str | None) -> User:
    """Return the account whose sessions are meant: the caller's, or one that an admin names.

    Raises:
        NotAllowed: If somebody who is no admin names another account.
        NotFound: If the clinic has no such account.
    """
    caller = call.caller
    if user_id in {None, caller.user.user_id}:
        return caller.user
    if not caller.is_admin:
        raise NotAllowed
    return work.require(User, caller.clinic_id, user_id or "")


def _sessions_named(call: Call, body: LogoutCall) -> set[str]:
    """Return the sessions of the valid tokens that were sent.

    Raises:
        NotSignedIn: If no token that was sent is valid.
        Invalid: If none was sent.
    """
    found: set[str] = set()
    refusal: Refused = Invalid("refreshToken", "Is needed, unless an access token is sent.")
    header = request.headers.get("Authorization", "")
    if header.startswith(BEARER):
        try:
            token = header.removeprefix(BEARER).strip()
            found.add(jwts.read_access(call.services, token, call.now).session_id)
        except NotSignedIn as error:
            refusal = error
    if body.refresh_token is not None:
        try:
            found.add(jwts.read_refresh(call.services, body.refresh_token, call.now)[0])
        except NotSignedIn as error:
            refusal = error
    if not found:
        raise refusal
    return found


def _parse_number(work: Work, text: str) -> str:
    return numbers.parse_number(work, "whatsappNumber", text)


def _token_pair(call: Call, user: User, session: Session) -> dict[str, str]:
    return {
        "access_token": jwts.access_token(call.services, user, session),
        "refresh_token": jwts.refresh_token(call.services, session),
    }


def _account(user: User) -> Account:
    return Account(
        user_id=user.user_id,
        whatsapp_number=user.whatsapp_number,
        name=user.name,
        role=user.role.value,
        clinic_id=user.clinic_id,
        doctor_id=user.doctor_id,
        permissions=[p.value for p in OF_ROLE[user.role]],
        must_change_password=user.must_change_password,
    )
