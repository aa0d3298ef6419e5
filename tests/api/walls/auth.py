"""Who gets in: registration, sign-in and passwords."""

from __future__ import annotations

from domain.actions.staff import sessions
from tests.accounts import NEW_PASSWORD, PASSWORD
from tests.api.office import Office
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


def a_session(office: Office) -> dict[str, str]:
    """Let Dr. Meera be signed in somewhere."""
    work = office.stage.work()
    session = sessions.start_session(work, office.cast.meera_user)
    work.commit()
    return {"sessionId": session.session_id}


CHANGE = {"currentPassword": PASSWORD, "newPassword": NEW_PASSWORD}
ROWS = (
    *(Row(address, 422, 422, 422, admin=422, body={}, public=True) for address in PUBLIC),
    Row("GET /auth/sessions", 403, 403, 404, query={"userId": "usr_farida"}),
    Row("DELETE /auth/sessions", 200, 403, 404, query={"userId": "usr_meera"}),
    Row("DELETE /auth/sessions/{sessionId}", 200, 404, 404, given=a_session),
    # Everybody's own: these have no password yet, so what they say it is cannot be right.
    Row("POST /auth/change-password", 422, 422, 422, admin=422, body=CHANGE),
)
