"""Who reaches a doctor's patients; the thing is a patient of Dr. Meera."""

from __future__ import annotations

from tests.api.office import Office
from tests.api.practice import record
from tests.api.walls.table import Row

ALL = "/doctors/{doctorId}/patients"
ONE = f"{ALL}/{{patientId}}"
NEW = {"patientPhone": "+919988776644", "patientName": "Sunita Rao"}


def amit_of_meera(office: Office) -> dict[str, str]:
    """Return the doctor and the patient."""
    return {"doctorId": "doc_meera", "patientId": record(office.doctor)["patientId"]}


ROWS = (
    Row(f"GET {ALL}", 200, 404, 404, given=amit_of_meera),
    Row(f"POST {ALL}", 201, 404, 404, admin=201, body=NEW, given=amit_of_meera),
    Row(f"GET {ONE}", 200, 404, 404, given=amit_of_meera),
    Row(f"PUT {ONE}", 200, 404, 404, body={"notes": "Afraid of needles"}, given=amit_of_meera),
    Row(f"DELETE {ONE}", 200, 404, 404, given=amit_of_meera),
)
