"""Access and refresh tokens: signed, short-lived, without personal data (specification 3.2).

All of a token is derived from the stored session and its user, so that a repeated call gets the
same token, although none is stored.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import jwt

from api.frame.services import Services
from domain.actions.staff.sessions import ends_at
from domain.errors import NotSignedIn
from domain.model.accounts import Session
from domain.model.clinics import User
from domain.permissions import OF_ROLE, PATIENT_ACCESS_SCOPE

ISSUER = "pulseops-api"
AUDIENCE = "pulseops-client"
ALGORITHM = "HS256"
REFRESH = "refresh"


@dataclass(frozen=True)
class Claims:
    """The claims of a valid access token."""

    user_id: str
    clinic_id: str
    session_id: str
    expires_at: int
    """Seconds since 1970."""


def access_token(services: Services, user: User, session: Session) -> str:
    """Return the access token of *user* for *session*, valid JWT_ACCESS_EXPIRY from its renewal."""
    issued = session.refreshed_at
    claims: dict[str, object] = {
        "user_id": user.user_id,
        "clinic_id": user.clinic_id,
        "role": user.role.value,
        "permissions": [p.value for p in OF_ROLE[user.role]],
        "patient_access_scope": PATIENT_ACCESS_SCOPE[user.role],
        "sid": session.session_id,
        # One for each refresh token. A hash, since that token's id must not be read from this one.
        "jti": hashlib.sha256(session.refresh_id.encode()).hexdigest()[:32],
        "iat": int(issued.timestamp()),
        "exp": int((issued + services.access_expiry).timestamp()),
        "iss": ISSUER,
        "aud": AUDIENCE,
    }
    if user.doctor_id is not None:
        claims["doctor_id"] = user.doctor_id
    return jwt.encode(claims, services.secret, ALGORITHM)


def refresh_token(services: Services, session: Session) -> str:
    """Return the refresh token of *session*, valid until it is used or expires."""
    issued = session.refreshed_at
    claims = {
        "typ": REFRESH,
        "sid": session.session_id,
        "jti": session.refresh_id,
        "iat": int(issued.timestamp()),
        "exp": int(min(issued + services.refresh_expiry, ends_at(session)).timestamp()),
        "iss": ISSUER,
        "aud": AUDIENCE,
    }
    return jwt.encode(claims, services.secret, ALGORITHM)


def read_access(services: Services, token: str, now: datetime) -> Claims:
    """Return the claims of an access token.

    Raises:
        NotSignedIn: If it is not ours, was changed, is a refresh token, or has expired.
    """
    claims = _read(services, token, now)
    try:
        return Claims(claims["user_id"], claims["clinic_id"], claims["sid"], claims["exp"])
    except KeyError:
        raise NotSignedIn("This is not an access token.") from None


def read_refresh(services: Services, token: str, now: datetime) -> tuple[str, str]:
    """Return the ids of session and refresh token, whether or not it has been used.

    Raises:
        NotSignedIn: If it is not ours, was changed, is an access token, or has expired.
    """
    claims = _read(services, token, now)
    if claims.get("typ") != REFRESH:
        raise NotSignedIn("This is not a refresh token.")
    return claims["sid"], claims["jti"]


def _read(services: Services, token: str, now: datetime) -> dict[str, Any]:
    try:
        # The expiry is checked below, by our clock, which tests set.
        claims: dict[str, Any] = jwt.decode(
            token,
            services.secret,
            algorithms=[ALGORITHM],
            audience=AUDIENCE,
            issuer=ISSUER,
            options={
                "require": ["exp", "iat", "jti", "sid"],
                "verify_exp": False,
                "verify_iat": False,
            },
        )
    except jwt.InvalidTokenError:
        raise NotSignedIn("The token is not valid.") from None
    if int(claims["exp"]) <= now.timestamp():
        raise NotSignedIn("The token has expired.")
    return claims
