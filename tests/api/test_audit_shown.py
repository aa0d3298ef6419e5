"""Whose data was shown: the audit log names the ids of lists, searches and commands in chat."""

from __future__ import annotations

from typing import Any

import pytest

from domain.actions.people import audit
from tests.api.office import Client, Office
from tests.api.practice import AMIT, record
from tests.lines import three_waiting

KHAN, FARIDA = "+919876543012", "+919876543010"


def log(client: Client, **query: Any) -> list[dict[str, Any]]:
    answer = client.get("/audit", query=query)
    assert answer.status_code == 200, answer.json
    found: list[dict[str, Any]] = answer.json["data"]["entries"]
    return found


def says(office: Office, phone: str, text: str) -> dict[str, Any]:
    """Let a member of staff write *text*; return the newest entry of the log."""
    office.stage.clock.advance(seconds=10)
    office.stage.hear(phone, text)
    office.settle()
    return log(office.admin, limit=1)[0]


def test_i11_a_list_in_chat_names_whom_it_showed(office: Office) -> None:
    waiting = three_waiting(office.stage, office.cast)
    entry = says(office, KHAN, "list")
    assert (entry["action"], entry["outcome"]) == ("chat_list", "DONE")
    assert (entry["userId"], entry["role"]) == ("usr_khan", "DOCTOR")
    assert set(entry["patientIds"]) == {t.patient_id for t in waiting}
    assert entry["patientId"] is None
    assert entry["about"] == {"doctorId": "doc_khan"}


def test_i11_an_admins_status_names_who_is_next(office: Office) -> None:
    waiting = three_waiting(office.stage, office.cast)
    entry = says(office, FARIDA, "status khan")
    assert (entry["action"], entry["userId"]) == ("chat_status", "usr_farida")
    assert waiting[0].patient_id in {entry["patientId"], *entry["patientIds"]}


def test_i11_a_command_that_moves_the_line_names_whom_it_showed(office: Office) -> None:
    waiting = three_waiting(office.stage, office.cast)
    entry = says(office, KHAN, "next")
    assert (entry["action"], entry["outcome"]) == ("chat_next", "DONE")
    assert set(entry["patientIds"]) == {t.patient_id for t in waiting[:2]}


def test_i11_a_refused_command_that_shows_the_line_says_so(office: Office) -> None:
    three_waiting(office.stage, office.cast)
    entry = says(office, KHAN, "resume")
    assert (entry["action"], entry["outcome"]) == ("chat_resume", "NOT_NOW")


@pytest.mark.parametrize("text", ["help", "doctors", "nonsense of this kind"])
def test_a_command_that_shows_nobody_leaves_no_entry(office: Office, text: str) -> None:
    three_waiting(office.stage, office.cast)
    office.stage.hear(KHAN, text)
    assert log(office.admin) == []


def test_what_patients_look_up_of_their_own_is_no_access_of_staff(office: Office) -> None:
    three_waiting(office.stage, office.cast)
    office.stage.hear("+919876543021", "status")
    assert log(office.admin) == []


def test_i11_lists_of_the_api_name_whom_they_showed(office: Office) -> None:
    one, two = record(office.doctor), record(office.doctor, phone="+919988776600")
    both = {one["patientId"], two["patientId"]}
    for path in ("/patients", "/doctors/doc_meera/patients"):
        office.stage.clock.advance(seconds=1)
        office.doctor.get(path)
        assert set(log(office.admin, limit=1)[0]["patientIds"]) == both
    three = three_waiting(office.stage, office.cast)
    for path in ("/doctors/doc_khan/tokens", "/doctors/doc_khan/queue/current"):
        office.stage.clock.advance(seconds=1)
        office.admin.get(path)
        assert set(log(office.admin, limit=1)[0]["patientIds"]) == {t.patient_id for t in three}


def test_i11_a_search_names_whom_it_found_and_how_but_not_the_words(office: Office) -> None:
    made = record(office.doctor)
    office.stage.clock.advance(seconds=1)
    office.doctor.get("/patients/search", query={"name": AMIT["name"][:4]})
    entry = log(office.admin, limit=1)[0]
    assert entry["about"] == {"searchedBy": "name"}
    assert entry["patientId"] == made["patientId"]
    assert AMIT["name"][:4] not in str(entry)


def test_a_page_of_a_list_names_that_page_alone(office: Office) -> None:
    record(office.doctor)
    record(office.doctor, phone="+919988776600")
    office.stage.clock.advance(seconds=1)
    shown = office.doctor.get("/patients", query={"limit": 1}).json["data"]["patients"]
    entry = log(office.admin, limit=1)[0]
    assert (entry["patientId"], entry["patientIds"]) == (shown[0]["patientId"], [])


def test_i11_a_patients_entries_have_the_lists_they_were_in(office: Office) -> None:
    one, two = record(office.doctor), record(office.doctor, phone="+919988776600")
    office.stage.clock.advance(seconds=1)
    office.doctor.get("/patients")
    found = [e["action"] for e in log(office.admin, patientId=one["patientId"])]
    assert found == ["list_patients", "record_patient"]
    assert len(log(office.admin, patientId=two["patientId"], userId="usr_meera")) == 2


def test_a_page_ends_where_enough_was_read_and_the_cursor_leads_on(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "MOST_READ", 2)
    made = record(office.doctor)
    for _ in range(5):
        office.stage.clock.advance(seconds=1)
        office.doctor.get("/patients/pat_nobody")
    query: dict[str, Any] = {"patientId": made["patientId"], "limit": 2}
    seen, pages = [], 0
    while True:
        part = office.admin.get("/audit", query=query).json["data"]
        seen += [e["action"] for e in part["entries"]]
        pages += 1
        if part["nextCursor"] is None:
            break
        query["cursor"] = part["nextCursor"]
    assert seen == ["record_patient"]
    assert pages == 3


def test_an_attempt_that_the_role_may_not_make_is_recorded(office: Office) -> None:
    assert office.doctor.get("/payments").status_code == 403
    entry = log(office.admin, limit=1)[0]
    assert (entry["action"], entry["outcome"]) == ("list_payments", "FORBIDDEN")
    assert entry["userId"] == "usr_meera"
