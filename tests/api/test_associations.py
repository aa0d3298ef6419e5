"""A doctor's patients over the API: connecting, showing, noting, ending."""

from __future__ import annotations

from typing import Any

import pytest

from domain.model.people import Association
from tests.api.office import Client, Office
from tests.api.practice import book, found, names, profile, record, sunrise_admin, treat
from tests.people import store, stored
from tests.sms import with_sms

RAJESH: dict[str, Any] = {
    "patientPhone": "+919876543290",
    "patientName": "Rajesh Kumar",
    "age": 45,
    "gender": "MALE",
    "preferences": {"preferredTime": "MORNING", "communicationMethod": "WHATSAPP"},
}
MEERA, KHAN = "/doctors/doc_meera/patients", "/doctors/doc_khan/patients"


def join(client: Client, path: str = MEERA, **changes: Any) -> dict[str, Any]:
    answer = client.post(path, {**RAJESH, **changes})
    assert answer.status_code == 201, answer.json
    return answer.json["data"]


def shown(client: Client, patient_id: str, path: str = MEERA) -> dict[str, Any]:
    answer = client.get(f"{path}/{patient_id}")
    assert answer.status_code == 200, answer.json
    return answer.json["data"]["patient"]


@pytest.mark.parametrize("who", ["doctor", "admin"])
def test_somebody_new_becomes_a_doctors_patient(office: Office, who: str) -> None:
    client: Client = getattr(office, who)
    made = join(client)
    assert (made["doctorId"], made["patientPhone"]) == ("doc_meera", "+919876543290")
    patient = shown(client, made["patientId"])
    assert patient == {
        "patientId": made["patientId"],
        "patientPhone": "+919876543290",
        "name": "Rajesh Kumar",
        "age": 45,
        "gender": "MALE",
        "associationDate": made["associationDate"],
        "lastVisitDate": None,
        "totalVisits": 0,
        "preferences": {"preferredTime": "MORNING", "communicationMethod": "WHATSAPP"},
        "medicalHistory": {"allergies": [], "chronicConditions": [], "currentMedications": []},
        "notes": None,
    }
    assert profile(office.admin, made["patientId"])["age"] == 45


def test_connecting_again_is_the_same_connection(office: Office) -> None:
    first = join(office.doctor)
    office.stage.clock.advance(days=3)
    again = join(office.doctor, patientName="RAJESH kumar", preferences={})
    assert again == first
    assert shown(office.doctor, first["patientId"])["preferences"]["preferredTime"] == "MORNING"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"patientPhone": "+910000000000"}, "patientPhone"),
        ({"patientName": "!!"}, "patientName"),
        ({"preferences": {"preferredTime": "NIGHT"}}, "preferences.preferredTime"),
        ({"phone": "+919876543290"}, "phone"),
    ],
)
def test_what_cannot_be_is_refused_by_its_field(
    office: Office, changes: dict[str, Any], field: str
) -> None:
    answer = office.doctor.post(MEERA, {**RAJESH, **changes})
    assert answer.status_code == 422
    assert [d["field"] for d in answer.json["error"]["details"]] == [field]


def test_nobody_becomes_the_patient_of_a_doctor_who_left(office: Office) -> None:
    store(office.stage.records, office.cast.khan.but(status="INACTIVE"))
    assert office.admin.post(KHAN, RAJESH).status_code == 409


def test_a_list_is_by_name_in_pages_and_counts_the_doctors_own(office: Office) -> None:
    for n, name in enumerate(["Zoya", "Asha", "Manoj"]):
        join(office.doctor, patientPhone=f"+91987654329{n}", patientName=name)
    join(office.admin, KHAN, patientName="Bela")
    first = office.admin.get(MEERA, query={"limit": 2}).json["data"]
    assert (names(first), first["totalCount"]) == (["Asha", "Manoj"], 3)
    cursor = first["nextCursor"]
    last = office.admin.get(MEERA, query={"limit": 2, "cursor": cursor}).json["data"]
    assert (names(last), last["totalCount"], last["nextCursor"]) == (["Zoya"], 3, None)
    assert names(office.doctor.get("/patients").json["data"]) == ["Asha", "Manoj", "Zoya"]


def test_visits_and_their_count_are_the_one_doctors(office: Office) -> None:
    made = join(office.doctor, patientPhone="+919876543021", patientName="Asha")
    treat(office, office.cast.khan, "+919876543021")
    assert shown(office.doctor, made["patientId"])["totalVisits"] == 0
    of_khan = shown(office.admin, made["patientId"], KHAN)
    assert (of_khan["totalVisits"], of_khan["lastVisitDate"]) == (1, "2030-11-25T03:10:00Z")
    (theirs,) = found(office.admin, name="asha")["patients"]
    assert (theirs["totalVisits"], theirs["lastVisit"]) == (1, "2030-11-25")
    (own,) = found(office.doctor, name="asha")["patients"]
    assert (own["totalVisits"], own["lastVisit"]) == (0, None)


def test_preferences_and_notes_are_the_doctors_and_change_by_name(office: Office) -> None:
    made = join(office.doctor)
    path = f"{MEERA}/{made['patientId']}"
    office.stage.clock.advance(minutes=1)
    answer = office.doctor.put(
        path,
        {"preferences": {"preferredTime": "AFTERNOON"}, "notes": "Works late; afraid of needles"},
    )
    assert answer.json["message"] == "Patient association updated successfully"
    assert answer.json["data"]["updatedAt"] == "2030-11-25T03:01:00Z"
    patient = shown(office.admin, made["patientId"])
    assert patient["notes"] == "Works late; afraid of needles"
    assert patient["preferences"] == {
        "preferredTime": "AFTERNOON",
        "communicationMethod": "WHATSAPP",
    }
    kept = office.stage.work().get(Association, "doc_meera", made["patientId"])
    assert "needles" not in repr(kept)
    join(office.admin, KHAN)
    assert shown(office.other_doctor, made["patientId"], KHAN)["notes"] is None
    assert office.doctor.put(path, {"notes": None}).status_code == 200
    assert office.doctor.put(path, {"preferences": {"preferredTime": None}}).status_code == 200
    patient = shown(office.doctor, made["patientId"])
    assert (patient["notes"], patient["preferences"]["preferredTime"]) == (None, None)
    assert office.doctor.put(path, {"notes": 7}).status_code == 422


def test_what_is_preferred_is_done(office: Office) -> None:
    sms = with_sms(office.stage)
    made = join(office.admin, KHAN)
    path = f"{KHAN}/{made['patientId']}"
    wish = {"preferredTime": "AFTERNOON", "communicationMethod": "SMS"}
    assert office.admin.put(path, {"preferences": wish}).status_code == 200
    token = office.admin.post("/doctors/doc_khan/tokens", {"patientId": made["patientId"]})
    assert token.json["data"]["estimatedTime"] == "2030-11-25T06:30:00Z"
    assert office.settle() == []
    assert [to for to, _, _ in sms.sent] == [RAJESH["patientPhone"]]


def test_an_association_ends_and_the_next_booking_revives_it(office: Office) -> None:
    made = join(office.admin, KHAN, patientPhone="+919876543021", patientName="Asha")
    path = f"{KHAN}/{made['patientId']}"
    office.stage.clock.advance(minutes=1)
    answer = office.other_doctor.delete(path)
    assert answer.json == {
        "success": True,
        "message": "Patient association removed successfully",
        "data": {"patientId": made["patientId"], "removedAt": "2030-11-25T03:01:00Z"},
    }
    for method in ("GET", "PUT", "DELETE"):
        body = {"notes": "x"} if method == "PUT" else None
        assert office.other_doctor.call(method, path, body).status_code == 404
    assert office.other_doctor.get(f"/patients/{made['patientId']}").status_code == 404
    listed = office.other_doctor.get(KHAN).json["data"]
    assert (listed["patients"], listed["totalCount"]) == ([], 0)
    assert found(office.other_doctor, name="asha")["totalFound"] == 0
    (known,) = found(office.admin, name="asha")["patients"]
    assert known["isAssociatedWithDoctor"] is False
    book(office, office.cast.khan, "+919876543021")
    revived = shown(office.other_doctor, made["patientId"], KHAN)
    assert revived["associationDate"] == made["associationDate"]
    assert found(office.other_doctor, name="asha")["totalFound"] == 1


def test_an_association_with_a_live_token_stays(office: Office) -> None:
    token = book(office, office.cast.khan, "+919876543021")
    path = f"{KHAN}/{token.patient_id}"
    answer = office.admin.delete(path)
    assert (answer.status_code, answer.json["error"]["code"]) == (409, "HAS_LIVE_TOKEN")
    held = book(office, office.cast.meera, "+919876543021")
    join(office.doctor, patientPhone="+919876543021", patientName="Asha")
    assert office.doctor.delete(f"{MEERA}/{held.patient_id}").status_code == 409
    office.stage.wait(11)
    assert office.doctor.delete(f"{MEERA}/{held.patient_id}").status_code == 200


def test_a_colleagues_patient_is_not_found_and_neither_is_their_list(office: Office) -> None:
    made = join(office.doctor, allergies=["Latex"])
    for client in (office.other_doctor, sunrise_admin(office)):
        assert client.get(MEERA).status_code == 404
        assert client.post(MEERA, RAJESH).status_code == 404
        path = f"{MEERA}/{made['patientId']}"
        for method in ("GET", "PUT", "DELETE"):
            body = {"notes": "x"} if method == "PUT" else None
            assert client.call(method, path, body).status_code == 404
    assert office.other_doctor.get(f"{KHAN}/{made['patientId']}").status_code == 404
    join(office.other_doctor, KHAN)
    theirs = shown(office.other_doctor, made["patientId"], KHAN)
    assert theirs["medicalHistory"]["allergies"] == []
    assert shown(office.admin, made["patientId"], KHAN)["medicalHistory"]["allergies"] == ["Latex"]


def test_what_staff_recorded_is_there_when_the_person_writes(office: Office) -> None:
    made = record(office.admin, phone="+919876543021", name="Asha")
    assert made["patientId"] == office.cast.asha.patient_id
    assert stored(office.stage.records, office.cast.asha_contact).patient_ids == ("pat_asha",)
