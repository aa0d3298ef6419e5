"""Who reaches the addresses of doctors; the thing is Dr. Meera."""

from __future__ import annotations

from tests.api.office import Office
from tests.api.walls.table import Row

NEW = {
    "name": "Dr. Priya Patel",
    "whatsappNumber": "+919876543212",
    "specialization": "Pediatrics",
    "consultationFee": 600,
    "initialPassword": "temporaryPassword123",
}


def meera(_office: Office) -> dict[str, str]:
    """Return Dr. Meera."""
    return {"doctorId": "doc_meera"}


ROWS = (
    Row("GET /doctors", 200, 200, 200, shows=("doc_meera", "Dr. Meera")),
    Row("POST /doctors", 403, 403, 201, admin=201, body=NEW),
    Row("GET /doctors/{doctorId}", 200, 404, 404, given=meera),
    Row("PUT /doctors/{doctorId}", 200, 404, 404, body={"startTime": "10:00"}, given=meera),
    Row("DELETE /doctors/{doctorId}", 403, 403, 404, given=meera),
)
