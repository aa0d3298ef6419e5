"""The specification's examples of consultations (6.8), one after the other."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.api.desk import Desk
from tests.api.examples.shape import differs, request_of
from tests.api.office import Office
from tests.people import FixedClock, store, stored

OF_DOCTOR = "/api/v1/doctors/{doctorId}/patients/{patientId}/visits"
ONE = "/api/v1/visits/{visitId}"
RUNS = (
    f"POST {OF_DOCTOR}",
    f"POST {ONE}/diagnosis",
    f"POST {ONE}/prescription",
    f"POST {ONE}/notes",
    f"PUT {ONE}",
    f"GET {ONE}",
    f"GET {OF_DOCTOR}",
)
MESSAGES = {
    f"POST {ONE}/diagnosis": "Diagnosis updated successfully",
    f"POST {ONE}/prescription": "Prescription updated successfully",
    f"POST {ONE}/notes": "Private notes added successfully",
    f"PUT {ONE}": "Visit record updated successfully",
}


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime(2025, 1, 15, 8, 30, tzinfo=UTC))


def test_a_consultation_as_the_specification_tells_it(office: Office) -> None:
    records = office.stage.records
    store(records, stored(records, office.cast.clinic).but(time_zone="UTC"))
    desk = Desk(office, office.cast.farida, "doc_meera")
    token = desk.token(desk.book(0, payAtClinic=True))
    desk.queue("start")
    desk.queue("call-next")
    visit_id = desk.token(token["tokenId"])["visitId"]
    ids = {"doctorId": "doc_meera", "patientId": token["patientId"]}

    def example(address: str) -> dict[str, Any]:
        method, path = address.replace("/api/v1", "").split(" ")
        for name, value in {**ids, "visitId": visit_id}.items():
            path = path.replace("{" + name + "}", value)
        body = request_of(address)
        if body is not None and "tokenId" in body:
            body["tokenId"] = token["tokenId"]
        office.stage.clock.advance(minutes=1)
        answer = office.doctor.call(method, path, body)
        assert answer.status_code == 200, answer.text
        assert differs(address, answer.json) == []
        found: dict[str, Any] = dict(answer.json or {})
        return found

    for address in RUNS:
        said = example(address)
        if address in MESSAGES:
            assert said["message"] == MESSAGES[address]
    written = example(f"GET {ONE}")["data"]["visit"]
    assert (written["prescription"], written["diagnosis"]) == (
        "Updated prescription",
        "Updated diagnosis",
    )
    assert written["vitalSigns"] == request_of(f"POST {OF_DOCTOR}")["vitalSigns"]
    assert written["privateNotes"] == request_of(f"POST {ONE}/notes")["privateNotes"]
    new = office.doctor.post(
        f"/doctors/doc_meera/patients/{token['patientId']}/visits",
        {"chiefComplaint": "Fever"},
    )
    assert (new.status_code, new.json["message"]) == (201, "Visit record created successfully")
    assert differs(f"POST {OF_DOCTOR}", new.json) == []
