"""Registration, sign-in and passwords."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from api.schemas.base import AnyDigits, Body, Data, Id, Instant, Name, Paged, Path, Phone, Query
from domain.actions.staff.otps import VALID_FOR
from domain.passwords import MAX_LENGTH, MIN_LENGTH
from domain.plans import PlanName

Otp = Annotated[
    str,
    AnyDigits,
    StringConstraints(pattern=r"^[0-9]{6}$"),
    Field(description="Six digits, from WhatsApp; those of any script will do."),
]
Password = Annotated[str, StringConstraints(min_length=1, max_length=MAX_LENGTH)]
NewPassword = Annotated[
    str,
    StringConstraints(min_length=MIN_LENGTH, max_length=MAX_LENGTH),
    Field(description="With a letter and a digit, and none of the well-known ones."),
]
Jwt = Annotated[str, StringConstraints(min_length=1, max_length=4096)]
Plan = Annotated[PlanName, Field(strict=False)]
OtpSeconds = Annotated[int, Field(description="How long the code is good, in seconds.")]
MaskedNumber = Annotated[str, Field(description="The number the code goes to, if it is known.")]
MustChange = Annotated[bool, Field(description="Nothing else is open until the password is new.")]
GOOD_FOR_SECONDS = int(VALID_FOR.total_seconds())


class Registration(Body):
    """A clinic that wants to begin."""

    clinic_name: Name
    address: Annotated[str, StringConstraints(strip_whitespace=True, max_length=300)]
    whatsapp_number: Phone
    admin_name: Name
    subscription_plan: Plan


class Registered(Data):
    """A clinic whose number is still to be proven."""

    clinic_id: str
    registration_id: str
    otp_expires_in: OtpSeconds = GOOD_FOR_SECONDS


class RegistrationProof(Body):
    """The code that came, and the first password."""

    registration_id: Id
    otp: Otp
    password: NewPassword


class OpenedClinic(Data):
    """A clinic that may begin."""

    clinic_id: str
    name: str
    status: str


class FirstAdmin(Data):
    """Who runs a new clinic."""

    user_id: str
    role: str


class TokenPair(Data):
    """An access token, and the refresh token that gets the next pair, once."""

    access_token: str
    refresh_token: str


class RegistrationVerified(TokenPair):
    """The clinic, its admin, and their session."""

    clinic: OpenedClinic
    admin_user: FirstAdmin


class OtpCall(Body):
    """Who wants a code, and at which clinic."""

    whatsapp_number: Phone
    clinic_id: Id


class LoginAsked(Data):
    """A login that has begun. Whether the number is known cannot be seen."""

    login_request_id: str
    otp_expires_in: OtpSeconds = GOOD_FOR_SECONDS
    masked_number: MaskedNumber


class LoginProof(Body):
    """The code that came, and the password."""

    login_request_id: Id
    otp: Otp
    password: Password


class Account(Data):
    """Who has signed in."""

    user_id: str
    whatsapp_number: str
    name: str
    role: str
    clinic_id: str
    doctor_id: str | None
    permissions: list[str]
    must_change_password: MustChange


class ClinicName(Data):
    """A clinic, by name."""

    clinic_id: str
    name: str


class LoggedIn(TokenPair):
    """A session, and whose it is."""

    user: Account
    clinic: ClinicName
    must_change_password: MustChange


class ResetAsked(Data):
    """A reset that has begun. Whether the number is known cannot be seen."""

    reset_request_id: str
    otp_expires_in: OtpSeconds = GOOD_FOR_SECONDS
    masked_number: MaskedNumber


class ResetProof(Body):
    """The code that came, and the new password."""

    reset_request_id: Id
    otp: Otp
    new_password: NewPassword


class PasswordReset(Data):
    """A password that is new."""

    user_id: str
    password_updated_at: Instant


class RefreshCall(Body):
    """The refresh token that has not been used yet."""

    refresh_token: Jwt


class LogoutCall(Body):
    """The session's refresh token; it may be left out by who sends the access token."""

    refresh_token: Jwt | None = None


class SessionsQuery(Paged):
    """Whose sessions."""

    user_id: Annotated[Id, Field(description="Of another account; for admins.")] | None = None


class WhoseSessions(Query):
    """Whose sessions end."""

    user_id: Annotated[Id, Field(description="Of another account; for admins.")] | None = None


class SessionPath(Path):
    """One session."""

    session_id: Id


class SessionShown(Data):
    """One sign-in that has not ended."""

    session_id: str
    created_at: Annotated[Instant, Field(description="When it began.")]
    refreshed_at: Annotated[Instant, Field(description="When it last got new tokens.")]
    ends_at: Annotated[Instant, Field(description="When it ends, however often it is refreshed.")]
    current: Annotated[bool, Field(description="Whether it is the one that asks.")]


class SessionList(Data):
    """Sign-ins, the newest first."""

    sessions: list[SessionShown]
    total_count: int
    next_cursor: str | None


class PasswordChange(Body):
    """The password as it is, and as it will be."""

    current_password: Password
    new_password: NewPassword


class PasswordChanged(TokenPair):
    """A password that is new, and tokens in the place of all others."""

    user_id: str
    password_updated_at: Instant
