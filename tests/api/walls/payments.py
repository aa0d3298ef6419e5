"""Who sees what patients have paid: admins, each their own clinic's."""

from __future__ import annotations

from tests.api.office import Office
from tests.api.practice import book
from tests.api.walls.table import Row


def something_paid(office: Office) -> dict[str, str]:
    """Let Asha pay for a booking with Dr. Meera."""
    token = book(office, office.cast.meera, "+919876543021", 1)
    office.stage.pay(token, "sbx_paid")
    return {}


ROWS = (Row("GET /payments", 403, 403, 200, given=something_paid, shows=("sbx_paid", "Asha")),)
