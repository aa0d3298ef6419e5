"""Who gets in: registration, sign-in and passwords."""

from __future__ import annotations

from tests.accounts import NEW_PASSWORD, PASSWORD
from tests.api.walls.table import Row

PUBLIC = (
    "POST /auth/clinic/register",
    "POST /auth/clinic/verify-registration",
    "POST /auth/clinic/login",
    "POST /auth/clinic/verify-login",
    "POST /auth/forgot-password",
    "POST /auth/reset-password",
    "POST /auth/refresh",
    "POST /auth/logout",
)
CHANGE = {"currentPassword": PASSWORD, "newPassword": NEW_PASSWORD}
ROWS = (
    *(Row(address, 422, 422, 422, admin=422, body={}, public=True) for address in PUBLIC),
    # Everybody's own: these have no password yet, so what they say it is cannot be right.
    Row("POST /auth/change-password", 422, 422, 422, admin=422, body=CHANGE),
)
