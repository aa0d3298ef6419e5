"""Who reads the audit log: admins, each their own clinic's."""

from __future__ import annotations

from tests.api.office import Office
from tests.api.practice import record
from tests.api.walls.table import Row


def something_done(office: Office) -> dict[str, str]:
    """Let Dr. Meera record a patient."""
    record(office.doctor)
    return {}


ROWS = (
    Row("GET /audit", 403, 403, 200, given=something_done, shows=("usr_meera", "record_patient")),
)
