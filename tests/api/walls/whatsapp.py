"""Who reaches messages to patients: each clinic its own, a doctor to own patients only."""

from __future__ import annotations

from tests.api.correspondence import ANNOUNCEMENT, ASHA, association_of, record_of
from tests.api.office import Office
from tests.api.walls.table import Row
from tests.people import store


def patient(office: Office) -> dict[str, str]:
    """Make Asha a patient of Dr. Meera's."""
    store(
        office.stage.records,
        record_of(office, "asha", "Asha", ASHA),
        association_of(office, "doc_meera", "asha", "Asha", ASHA),
    )
    return {}


def broadcast(office: Office) -> dict[str, str]:
    """Begin a broadcast of City's."""
    patient(office)
    made = office.admin.post("/whatsapp/broadcast", {**ANNOUNCEMENT, "recipients": [ASHA]})
    return {"broadcastId": made.json["data"]["broadcastId"]}


TO_ASHA = {"patientPhone": ASHA, "messageType": "TEXT", "text": "Your report is here"}
TO_ALL = {**ANNOUNCEMENT, "recipients": [ASHA]}
ROWS = (
    Row("GET /whatsapp/templates", 200, 200, 200),
    Row("GET /whatsapp/status", 403, 403, 200),
    Row("POST /whatsapp/send-message", 200, 404, 404, body=TO_ASHA, given=patient),
    Row("POST /whatsapp/broadcast", 403, 403, 202, admin=202, body=TO_ALL, given=patient),
    Row("GET /whatsapp/broadcast/{broadcastId}", 403, 403, 404, given=broadcast),
    Row("POST /whatsapp/broadcast/{broadcastId}/cancel", 403, 403, 404, given=broadcast),
    Row("GET /whatsapp/broadcast/{broadcastId}/results", 403, 403, 404, given=broadcast),
    Row("GET /whatsapp/broadcast/{broadcastId}/recipients", 403, 403, 404, given=broadcast),
)
