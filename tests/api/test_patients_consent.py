"""What may be sent to a patient, since when, and how that was learned: shown and exported."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from domain.actions.people import consent
from tests.api.office import Office
from tests.api.practice import AMIT, profile, record, sunrise_admin

PHONE = AMIT["phone"]
CITY, SUNRISE = "100000000000002", "100000000000001"


def say(office: Office, text: str, *, sender: str = CITY) -> str:
    """Let the person on the phone write; return when."""
    office.stage.clock.advance(minutes=1)
    office.stage.hear(PHONE, text, sender=sender)
    office.settle()
    return f"{office.stage.clock.now():%Y-%m-%dT%H:%M:%SZ}"


def shown(office: Office, patient_id: str) -> dict[str, Any]:
    found: dict[str, Any] = profile(office.admin, patient_id)["consent"]
    return found


def changes(office: Office, patient_id: str) -> list[tuple[str, str]]:
    return [(c["change"], c["way"]) for c in shown(office, patient_id)["history"]]


def test_who_is_recorded_has_opted_in_through_the_clinic(office: Office) -> None:
    found = shown(office, record(office.admin)["patientId"])
    assert (found["optedIn"], found["optedInWay"]) == (True, "CLINIC")
    assert found["optedInAt"] == "2030-11-25T03:00:00Z"
    assert [(c["change"], c["way"]) for c in found["history"]] == [("OPTED_IN", "API")]


def test_stop_and_start_leave_their_traces_each_with_its_time(office: Office) -> None:
    patient_id = record(office.admin)["patientId"]
    stopped = say(office, "stop")
    found = shown(office, patient_id)
    assert (found["optedIn"], found["optedOutAt"]) == (False, stopped)
    started = say(office, "start")
    found = shown(office, patient_id)
    assert (found["optedIn"], found["optedInAt"], found["optedInWay"]) == (True, started, "WORD")
    assert found["optedOutAt"] is None
    assert [(c["at"], c["change"], c["way"]) for c in found["history"]] == [
        (started, "OPTED_IN", "WORD"),
        (stopped, "OPTED_OUT", "WORD"),
        ("2030-11-25T03:00:00Z", "OPTED_IN", "API"),
    ]


def test_start_without_a_stop_is_no_new_opt_in(office: Office) -> None:
    patient_id = record(office.admin)["patientId"]
    say(office, "start")
    assert changes(office, patient_id) == [("OPTED_IN", "API")]


def test_who_was_recorded_without_consent_opts_in_by_writing(office: Office) -> None:
    patient_id = record(office.admin, optIn=False)["patientId"]
    found = shown(office, patient_id)
    assert (found["optedIn"], found["optedInAt"], found["optedInWay"]) == (False, None, None)
    wrote = say(office, "hi")
    found = shown(office, patient_id)
    assert (found["optedIn"], found["optedInAt"], found["optedInWay"]) == (True, wrote, "BOT")
    assert changes(office, patient_id) == [("OPTED_IN", "BOT"), ("OPTED_OUT", "API")]


def test_who_stopped_stays_so_when_another_on_the_phone_is_recorded(office: Office) -> None:
    record(office.admin)
    say(office, "stop")
    other = record(office.admin, name="Amita Kumar")["patientId"]
    assert not shown(office, other)["optedIn"]
    assert changes(office, other)[0] == ("OPTED_OUT", "WORD")


@pytest.mark.parametrize("stops", [True, False])
def test_what_whatsapp_tells_is_a_trace_too(office: Office, stops: bool) -> None:  # noqa: FBT001
    patient_id = record(office.admin)["patientId"]
    for wanted in [True] if stops else [True, True, False]:
        work = office.stage.work()
        consent.set_marketing_preference(work, PHONE, None, stops_marketing=wanted)
        work.commit()
        office.stage.clock.advance(seconds=1)
    found = shown(office, patient_id)
    assert (found["optedIn"], found["marketingStopped"]) == (True, stops)
    told = [c["change"] for c in found["history"] if c["way"] == "WHATSAPP"]
    assert told == ["MARKETING_STOPPED"] if stops else ["MARKETING_RESUMED", "MARKETING_STOPPED"]


def test_another_clinics_stop_is_not_shown(office: Office) -> None:
    patient_id = record(office.admin)["patientId"]
    record(sunrise_admin(office))
    say(office, "JOIN SUN77", sender=SUNRISE)
    say(office, "stop", sender=SUNRISE)
    assert shown(office, patient_id)["optedIn"]
    assert changes(office, patient_id) == [("OPTED_IN", "API")]


def test_the_export_holds_it(office: Office) -> None:
    record(office.admin)
    stopped = say(office, "stop")
    text = office.admin.get("/patients/export").get_data().decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(text))
    assert (row["optedIn"], row["optedInWay"], row["optedOutAt"]) == ("False", "CLINIC", stopped)
    (patient,) = office.admin.get("/patients/export", query={"format": "JSON"}).json["data"][
        "patients"
    ]
    assert (patient["optedIn"], patient["optedInAt"]) == (False, "2030-11-25T03:00:00Z")
