"""A clinic's patients over the API: recording, finding, showing, changing."""

from __future__ import annotations

from typing import Any

import pytest

from domain.model.people import ClinicPatient, OptOut
from domain.names import fold_name
from tests.api.office import Office
from tests.api.practice import AMIT, Counting, book, found, names, profile, record, sunrise_admin


def test_a_patient_is_recorded_and_shown_as_given(office: Office) -> None:
    made = record(office.admin, currentMedications=["Metformin"])
    assert (made["phone"], made["name"], made["age"]) == ("+919988776655", "Amit Kumar", 38)
    shown = profile(office.admin, made["patientId"])
    assert shown == {
        **{k: v for k, v in AMIT.items() if k != "phone"},
        "patientId": made["patientId"],
        "patientPhone": "+919988776655",
        "age": 38,
        "currentMedications": ["Metformin"],
        "consent": shown["consent"],
        "createdAt": "2030-11-25T03:00:00Z",
        "updatedAt": "2030-11-25T03:00:00Z",
    }


def test_nothing_but_name_and_number_is_stored_in_clear(office: Office) -> None:
    made = record(office.admin)
    work = office.stage.work()
    stored = work.get(ClinicPatient, "clinic_city", made["patientId"])
    assert stored is not None
    for text in ("Penicillin", "ABC Street", "1992", "O+", "+919876543210"):
        assert text not in repr(stored)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"phone": "9988776655"}, "phone"),
        ({"phone": "+910000000000"}, "phone"),
        ({"phone": "+12025550123"}, "phone"),
        ({"name": "A"}, "name"),
        ({"name": "12345"}, "name"),
        ({"dateOfBirth": "2031-01-01"}, "dateOfBirth"),
        ({"dateOfBirth": "1791-01-01"}, "dateOfBirth"),
        ({"dateOfBirth": "15.3.1992"}, "dateOfBirth"),
        ({"age": 151}, "age"),
        ({"age": "32"}, "age"),
        ({"gender": "male"}, "gender"),
        ({"emergencyContact": "home"}, "emergencyContact"),
        ({"allergies": "Dust"}, "allergies"),
        ({"allergies": [""]}, "allergies.0"),
        ({"weight": 70}, "weight"),
    ],
)
def test_what_cannot_be_is_refused_by_its_field(
    office: Office, changes: dict[str, Any], field: str
) -> None:
    answer = office.admin.post("/patients", {**AMIT, **changes})
    assert answer.status_code == 422
    assert [d["field"] for d in answer.json["error"]["details"]] == [field]


def test_recording_again_finds_the_person_and_changes_nothing_known(office: Office) -> None:
    first = record(office.admin)
    office.stage.clock.advance(days=30)
    again = record(
        office.admin,
        name="amit  KUMAR",
        allergies=["Latex"],
        bloodGroup="A-",
        chronicConditions=["Diabetes"],
    )
    assert again["patientId"] == first["patientId"]
    assert again["createdAt"] == first["createdAt"]
    shown = profile(office.admin, first["patientId"])
    assert shown["name"] == "Amit Kumar"
    assert (shown["allergies"], shown["bloodGroup"]) == (["Penicillin", "Dust"], "O+")
    assert shown["chronicConditions"] == ["Diabetes"]


def test_another_birth_date_or_name_on_the_phone_is_another_person(office: Office) -> None:
    father = record(office.admin)
    son = record(office.admin, dateOfBirth="2015-01-01")
    wife = record(office.admin, name="Sunita Kumar")
    assert len({father["patientId"], son["patientId"], wife["patientId"]}) == 3
    assert record(office.admin, dateOfBirth="2015-01-01")["patientId"] == son["patientId"]
    assert record(office.admin)["patientId"] == father["patientId"]


def test_a_number_takes_twenty_people_of_one_clinic(office: Office) -> None:
    admin = office.admin
    for n in range(20):
        record(admin, name=f"Child {chr(97 + n)}")
    answer = admin.post("/patients", {**AMIT, "name": "Child z"})
    assert answer.status_code == 422
    record(admin, name="Child a")
    record(sunrise_admin(office), name="Child z")


def test_an_age_grows_and_never_overrides_a_birth_date(office: Office) -> None:
    given = {k: v for k, v in AMIT.items() if k != "dateOfBirth"}
    made = office.admin.post("/patients", {**given, "age": 32}).json["data"]
    assert (made["age"], made["dateOfBirth"]) == (32, None)
    office.stage.clock.advance(days=366)
    admin = office.admin
    assert profile(admin, made["patientId"])["age"] == 33
    path = f"/patients/{made['patientId']}"
    assert admin.put(path, {"dateOfBirth": "1990-01-01"}).status_code == 200
    assert admin.put(path, {"age": 12}).status_code == 200
    assert profile(admin, made["patientId"])["age"] == 41


def test_what_is_named_changes_and_the_rest_stays(office: Office) -> None:
    made = record(office.admin)
    office.stage.clock.advance(minutes=5)
    answer = office.admin.put(
        f"/patients/{made['patientId']}",
        {"name": "Amit K. Kumar", "allergies": [], "address": None},
    )
    assert answer.json == {
        "success": True,
        "message": "Patient updated successfully",
        "data": {"patientId": made["patientId"], "updatedAt": "2030-11-25T03:05:00Z"},
    }
    shown = profile(office.admin, made["patientId"])
    assert (shown["name"], shown["allergies"]) == ("Amit K. Kumar", [])
    assert (shown["address"], shown["bloodGroup"]) == (None, "O+")


def test_a_patient_renamed_is_found_by_the_new_name_at_the_clinic_and_at_every_doctor(
    office: Office,
) -> None:
    made = record(office.doctor)
    office.admin.put(f"/patients/{made['patientId']}", {"name": "Rohan Mehta"})
    for client in (office.admin, office.doctor):
        assert names(found(client, name="rohan")) == ["Rohan Mehta"]
        assert names(found(client, name="amit")) == []
    assert record(office.admin, name="Rohan Mehta")["patientId"] == made["patientId"]


# Search


def test_names_and_numbers_are_found_by_their_beginnings(office: Office) -> None:
    admin = office.admin
    record(admin)
    record(admin, phone="+919988776600", name="Kumari Devi")
    record(admin, phone="+919811111111", name="आशा श्री\u200dधर")
    assert names(found(admin, name="KUM")) == ["Amit Kumar", "Kumari Devi"]
    assert names(found(admin, name="kumar am")) == ["Amit Kumar"]
    assert names(found(admin, name="श्रीधर")) == ["आशा श्री\u200dधर"]
    assert names(found(admin, phone=" 9199887766")) == ["Amit Kumar", "Kumari Devi"]
    assert names(found(admin, phone="99887 76655")) == ["Amit Kumar"]
    assert names(found(admin, phone="+919988776655", name="Kumari")) == []
    assert names(found(admin, name="mit")) == []


def test_a_search_says_what_was_sought_and_counts_all_that_fit(office: Office) -> None:
    admin = office.admin
    for n in range(5):
        record(admin, phone=f"+91998877660{n}", name=f"Kumar {'abcde'[n]}x")
    first = found(admin, name="kumar", limit=2)
    assert (first["totalFound"], first["searchTerm"]) == (5, "kumar")
    assert names(first) == ["Kumar ax", "Kumar bx"]
    second = found(admin, name="kumar", limit=2, cursor=first["nextCursor"])
    last = found(admin, name="kumar", limit=2, cursor=second["nextCursor"])
    assert names(second) + names(last) == ["Kumar cx", "Kumar dx", "Kumar ex"]
    assert (last["totalFound"], last["nextCursor"]) == (5, None)
    assert found(admin, phone=" 919988776600")["searchTerm"] == "+919988776600"
    assert found(admin, phone="+919988776600", name="Kumar")["searchTerm"] == "Kumar"


@pytest.mark.parametrize("query", [{}, {"name": " "}, {"phone": "abc"}, {"name": "a", "q": "1"}])
def test_a_search_for_nothing_is_refused(office: Office, query: dict[str, str]) -> None:
    assert office.admin.get("/patients/search", query=query).status_code == 422


def test_a_doctor_finds_only_their_own_patients(office: Office) -> None:
    record(office.doctor)
    record(office.admin, phone="+919988776600", name="Kumari Devi")
    mine = found(office.doctor, name="kum")
    assert (names(mine), mine["totalFound"]) == (["Amit Kumar"], 1)
    assert mine["patients"][0]["isAssociatedWithDoctor"] is True
    assert found(office.other_doctor, name="kum")["totalFound"] == 0
    both = found(office.admin, name="kum")["patients"]
    assert [p["isAssociatedWithDoctor"] for p in both] == [True, False]


# The list


def test_the_list_is_in_pages_by_name_and_counts_all(office: Office) -> None:
    admin = office.admin
    for n, name in enumerate(["Chitra", "asha r", "Asha", "Bela"]):
        record(admin, phone=f"+91998877660{n}", name=name)
    first = admin.get("/patients", query={"limit": 3}).json["data"]
    assert (names(first), first["totalCount"]) == (["Asha", "asha r", "Bela"], 4)
    assert "asha" not in first["nextCursor"].lower()
    second = admin.get("/patients", query={"limit": 3, "cursor": first["nextCursor"]}).json["data"]
    assert (names(second), second["totalCount"], second["nextCursor"]) == (["Chitra"], 4, None)
    assert names(office.doctor.get("/patients").json["data"]) == []
    bad = admin.get("/patients", query={"cursor": first["nextCursor"][:-2]})
    assert bad.status_code == 422


# The walls


def test_a_person_another_clinic_knows_is_new_here_in_every_word(office: Office) -> None:
    sunrise = sunrise_admin(office)
    theirs = record(sunrise, allergies=["Latex"], name="AMIT kumar")
    office.stage.clock.advance(days=10)
    known, unknown = record(office.admin), record(office.admin, phone="+919988776644")
    sunrise = sunrise_admin(office)
    ids = {"patientId", "phone"}
    assert {k: v for k, v in known.items() if k not in ids} == {
        k: v for k, v in unknown.items() if k not in ids
    }
    assert known["createdAt"] == "2030-12-05T03:00:00Z"
    assert profile(office.admin, known["patientId"])["allergies"] == ["Penicillin", "Dust"]
    assert profile(sunrise, theirs["patientId"])["name"] == "AMIT kumar"


def test_as_much_is_read_and_written_for_a_known_number_as_for_a_new_one(office: Office) -> None:
    record(sunrise_admin(office))
    counted = Counting(office.stage.parts.store)

    def count(phone: str) -> list[tuple[str, int]]:
        with counted.watching() as done:
            record(office.admin, phone=phone)
        return done

    known = count("+919988776655")
    assert ("write", max(n for what, n in known if what == "write")) in known
    assert known == count("+919988776644")


def test_a_doctor_adding_a_colleagues_patient_is_answered_as_for_a_new_one(office: Office) -> None:
    theirs = record(office.doctor, chronicConditions=["Diabetes"])
    office.stage.clock.advance(days=10)
    given = {"phone": AMIT["phone"], "name": "amit kumar", "allergies": ["Latex"]}
    mine = office.other_doctor.post("/patients", given)
    new = office.other_doctor.post("/patients", {**given, "phone": "+919988776644"})
    assert mine.status_code == new.status_code == 201
    ids = {"patientId", "phone"}
    assert {k: v for k, v in mine.json["data"].items() if k not in ids} == {
        k: v for k, v in new.json["data"].items() if k not in ids
    }
    shown = profile(office.other_doctor, theirs["patientId"])
    assert (shown["allergies"], shown["chronicConditions"]) == (["Latex"], [])
    assert shown["createdAt"] == "2030-12-05T03:00:00Z"
    assert profile(office.doctor, theirs["patientId"])["allergies"] == ["Penicillin", "Dust"]
    assert names(found(office.other_doctor, name="amit")) == ["amit kumar", "amit kumar"]


def test_a_doctor_who_does_not_treat_a_patient_yet_changes_only_what_they_recorded(
    office: Office,
) -> None:
    theirs = record(office.doctor)
    path = f"/patients/{theirs['patientId']}"
    office.other_doctor.post("/patients", {"phone": AMIT["phone"], "name": "Amit Kumar"})
    assert (
        office.other_doctor.put(path, {"allergies": ["Latex"], "name": "A. K."}).status_code == 200
    )
    assert profile(office.other_doctor, theirs["patientId"])["name"] == "A. K."
    assert profile(office.admin, theirs["patientId"])["name"] == "Amit Kumar"
    assert profile(office.admin, theirs["patientId"])["allergies"] == ["Penicillin", "Dust"]


def test_the_doctor_who_wrote_the_record_corrects_it(office: Office) -> None:
    made = record(office.doctor)
    path = f"/patients/{made['patientId']}"
    office.doctor.put(path, {"allergies": ["Dust"], "name": "Amit Kumaran"})
    for client in (office.doctor, office.admin):
        shown = profile(client, made["patientId"])
        assert (shown["name"], shown["allergies"]) == ("Amit Kumaran", ["Dust"])
    office.admin.put(path, {"chronicConditions": ["HIV"]})
    assert profile(office.doctor, made["patientId"])["chronicConditions"] == []


def test_a_booking_opens_the_clinics_facts_and_adds_what_the_doctor_knew(office: Office) -> None:
    made = record(office.doctor)
    office.other_doctor.post(
        "/patients", {"phone": AMIT["phone"], "name": "amit KUMAR", "allergies": ["Latex"]}
    )
    book(office, office.cast.khan, AMIT["phone"])
    shown = profile(office.other_doctor, made["patientId"])
    assert shown["allergies"] == ["Penicillin", "Dust", "Latex"]
    assert (shown["name"], shown["bloodGroup"]) == ("Amit Kumar", "O+")
    assert names(found(office.other_doctor, name="amit")) == ["Amit Kumar"]


def test_a_name_a_clinic_gave_is_offered_to_the_person_at_that_clinic_only(office: Office) -> None:
    record(office.admin, phone="+919876543021", name="Secret Guest")
    stage = office.stage
    stage.hear("+919876543021", "hi", sender="100000000000001")
    stage.hear("+919876543021", "JOIN SUN77", sender="100000000000001")
    stage.hear("+919876543021", "book", sender="100000000000001")
    said = " ".join(str(m) for m in stage.settle())
    assert "Secret Guest" not in said


# Consent


def test_who_is_recorded_counts_as_opted_in_unless_they_did_not_agree(office: Office) -> None:
    made = record(office.admin)
    without = record(office.admin, phone="+919988776644", optIn=False)
    work = office.stage.work()
    agreed = work.get(ClinicPatient, "clinic_city", made["patientId"])
    refused = work.get(ClinicPatient, "clinic_city", without["patientId"])
    assert agreed is not None
    assert refused is not None
    assert (agreed.opted_in_by, agreed.opted_in_at is not None) == ("CLINIC", True)
    assert refused.opted_in_at is None
    assert work.get(OptOut, "clinic_city", office.stage.contact_id(AMIT["phone"])) is None
    stopped = work.get(OptOut, "clinic_city", office.stage.contact_id("+919988776644"))
    assert stopped is not None
    assert not stopped.everything


def test_who_did_not_agree_opts_in_by_writing(office: Office) -> None:
    record(office.admin, optIn=False)
    office.stage.hear(AMIT["phone"], "hi")
    assert (
        office.stage.work().get(OptOut, "clinic_city", office.stage.contact_id(AMIT["phone"]))
        is None
    )


def test_recording_never_undoes_a_stop_nor_silences_who_has_written(office: Office) -> None:
    office.stage.hear("+919876543021", "hi")
    office.stage.hear("+919876543021", "stop")
    record(office.admin, phone="+919876543021")
    office.stage.hear("+919876543022", "hi")
    record(office.admin, phone="+919876543022", optIn=False)
    work = office.stage.work()
    assert work.get(OptOut, "clinic_city", "con_asha") is not None
    assert work.get(OptOut, "clinic_city", "con_ravi") is None


def test_names_are_stored_as_given(office: Office) -> None:
    made = record(office.admin, name=" *Amit*  O'Brien <b> ")
    assert made["name"] == "*Amit* O'Brien <b>"
    stored = office.stage.work().get(ClinicPatient, "clinic_city", made["patientId"])
    assert stored is not None
    assert stored.name_key == fold_name("*amit* o'brien <b>")
