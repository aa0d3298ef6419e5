"""Who gets in: the accounts of a clinic's staff."""

from __future__ import annotations

from tests.api.office import Office
from tests.api.walls.table import Row
from tests.people import a_user, staff_number, store


def a_second_admin(office: Office) -> dict[str, str]:
    """Let City Medical Center have an admin beside Farida."""
    user = a_user(office.cast.clinic, "usr_gita", "Gita", "+919876543290")
    store(office.stage.records, user, staff_number(user))
    return {"userId": user.user_id}


INVITATION = {"name": "Gita", "whatsappNumber": "+919876543290"}
ROWS = (
    Row("GET /users", 403, 403, 200, shows=("usr_farida", "Farida")),
    # The cast's clinics are on the smallest plan, which has one admin.
    Row("POST /users", 403, 403, 403, admin=403, body=INVITATION),
    Row("DELETE /users/{userId}", 403, 403, 404, given=a_second_admin),
)
