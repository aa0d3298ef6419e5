"""The audit log over the API: every access to a patient's data, found again."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.office import Client, Office
from tests.api.practice import AMIT, record, sunrise_admin


def log(client: Client, **query: Any) -> dict[str, Any]:
    answer = client.get("/audit", query=query)
    assert answer.status_code == 200, answer.json
    return answer.json["data"]


def actions(listed: dict[str, Any]) -> list[tuple[str, str]]:
    return [(e["action"], e["outcome"]) for e in listed["entries"]]


def test_each_access_leaves_an_entry_newest_first(office: Office) -> None:
    made = record(office.doctor)
    path = f"/patients/{made['patientId']}"
    office.stage.clock.advance(minutes=1)
    office.doctor.get(path)
    office.stage.clock.advance(minutes=1)
    office.admin.put(path, {"gender": "OTHER"}, headers={"X-Request-Id": "from-the-desk"})
    found = log(office.admin)
    assert actions(found) == [
        ("change_patient", "DONE"),
        ("get_patient", "DONE"),
        ("record_patient", "DONE"),
    ]
    assert found["nextCursor"] is None
    assert found["entries"][0] == {
        "at": "2030-11-25T03:02:00Z",
        "userId": "usr_farida",
        "userName": "Farida",
        "role": "ADMIN",
        "action": "change_patient",
        "outcome": "DONE",
        "patientId": made["patientId"],
        "patientIds": [],
        "about": {},
        "requestId": "from-the-desk",
    }
    assert {e["patientId"] for e in found["entries"]} == {made["patientId"]}
    assert AMIT["name"] not in str(found)


def test_an_attempt_at_what_is_not_ones_own_is_recorded(office: Office) -> None:
    made = record(office.doctor)
    for path in (
        f"/patients/{made['patientId']}",
        f"/doctors/doc_meera/patients/{made['patientId']}",
    ):
        assert office.other_doctor.get(path).status_code == 404
    found = log(office.admin, userId="usr_khan")
    assert actions(found) == [("get_doctor_patient", "NOT_FOUND"), ("get_patient", "NOT_FOUND")]
    assert found["entries"][0]["about"] == {"doctorId": "doc_meera"}


def test_the_log_is_found_by_patient_user_and_days(office: Office) -> None:
    one, two = record(office.doctor), record(office.admin, phone="+919988776600")
    office.stage.clock.advance(days=1)
    for made in (one, two):
        office.admin.get(f"/patients/{made['patientId']}")
    assert actions(log(office.admin, patientId=one["patientId"])) == [
        ("get_patient", "DONE"),
        ("record_patient", "DONE"),
    ]
    assert actions(log(office.admin, patientId=one["patientId"], userId="usr_meera")) == [
        ("record_patient", "DONE")
    ]
    assert len(log(office.admin, startDate="2030-11-26")["entries"]) == 2
    assert len(log(office.admin, endDate="2030-11-25")["entries"]) == 2
    assert log(office.admin, startDate="2030-11-27")["entries"] == []
    day = log(office.admin, userId="usr_farida", startDate="2030-11-25", endDate="2030-11-25")
    assert actions(day) == [("record_patient", "DONE")]


def test_days_of_the_log_are_the_clinics(office: Office) -> None:
    office.stage.clock.advance(minutes=15 * 60 + 29)
    record(office.admin)
    office.stage.clock.advance(minutes=1)
    record(office.admin)
    assert len(log(office.admin, endDate="2030-11-25")["entries"]) == 1
    assert len(log(office.admin, startDate="2030-11-26")["entries"]) == 1


def test_the_log_comes_in_pages(office: Office) -> None:
    made = record(office.doctor)
    for client in (office.admin, office.doctor, office.admin, office.doctor):
        office.stage.clock.advance(seconds=1)
        client.get(f"/patients/{made['patientId']}")
    seen: list[str] = []
    query: dict[str, Any] = {"limit": 2, "patientId": made["patientId"], "userId": "usr_meera"}
    while True:
        part = log(office.admin, **query)
        assert len(part["entries"]) <= 2
        seen += [e["at"] for e in part["entries"]]
        if part["nextCursor"] is None:
            break
        query["cursor"] = part["nextCursor"]
    assert seen == ["2030-11-25T03:00:04Z", "2030-11-25T03:00:02Z", "2030-11-25T03:00:00Z"]


def test_the_log_is_the_clinics_own_and_for_admins(office: Office) -> None:
    made = record(office.doctor)
    assert office.doctor.get("/audit").status_code == 403
    assert log(sunrise_admin(office))["entries"] == []
    assert log(sunrise_admin(office), patientId=made["patientId"])["entries"] == []
    assert log(sunrise_admin(office), userId="usr_meera")["entries"] == []


@pytest.mark.parametrize(
    "query",
    [
        {"startDate": "2030-11-26", "endDate": "2030-11-25"},
        {"startDate": "yesterday"},
        {"cursor": "x"},
        {"limit": 0},
        {"page": 2},
    ],
)
def test_a_question_that_makes_no_sense_is_refused(office: Office, query: dict[str, Any]) -> None:
    assert office.admin.get("/audit", query=query).status_code == 422


def test_a_cursor_of_another_question_is_refused(office: Office) -> None:
    made = record(office.doctor)
    record(office.doctor)
    by_patient = log(office.admin, patientId=made["patientId"], limit=1)["nextCursor"]
    answer = office.admin.get("/audit", query={"cursor": by_patient})
    assert answer.status_code == 422


def test_instants_are_answered_in_whole_seconds(office):
    office.stage.clock.advance(seconds=0.123)
    office.admin.get("/patients")
    (entry,) = office.admin.get("/audit").json["data"]["entries"]
    assert entry["at"] == "2030-11-25T03:00:00Z"
