"""Erasing a patient: what goes, what is kept and why, and that nothing tells of other clinics."""

from __future__ import annotations

from typing import Any

from domain.model.broadcasts import (
    Audience,
    AudienceKind,
    Broadcast,
    BroadcastPage,
    Recipient,
)
from domain.model.messages import Message
from domain.model.people import (
    Address,
    Association,
    ClinicPatient,
    Contact,
    DirectoryEntry,
    OptOut,
    Patient,
)
from domain.model.queues import HistoryEntry, Token
from domain.model.visits import Visit
from tests.api.answers import error
from tests.api.office import Client, Office
from tests.api.practice import AMIT, book, found, record, sunrise_admin, treat
from tests.people import store

ASHA = "+919876543021"


def erase(client: Client, patient_id: str) -> dict[str, Any]:
    answer = client.delete(f"/patients/{patient_id}")
    assert answer.status_code == 200, answer.json
    return answer.json["data"]


def everything(office: Office) -> str:
    """Return all that is stored of what a patient's data can be in, as text."""
    work = office.stage.work()
    kept: list[Any] = []
    for owner in ("clinic_city", "doc_khan", "doc_meera"):
        kept += work.query(DirectoryEntry, owner).records
    for doctor in ("doc_khan", "doc_meera"):
        kept += work.query(Association, doctor).records + work.query(Visit, doctor).records
    kept += work.query(ClinicPatient, "clinic_city").records
    kept += work.query(Token, "doc_khan", index="doctorId-date-idx").records
    for token in work.query(Token, "doc_khan", index="doctorId-date-idx").records:
        kept += work.query(HistoryEntry, token.queue_id).records
    kept += work.query(Message, "con_asha", index="contactId-createdAt-idx").records
    return repr(kept)


def test_a_patient_is_erased_at_once_and_everywhere(office: Office) -> None:
    made = record(office.doctor)
    done = erase(office.admin, made["patientId"])
    assert done["patientId"] == made["patientId"]
    assert {"name", "phone", "allergies", "messages"} <= set(done["erased"])
    assert {k["what"] for k in done["kept"]} == {"bookings", "auditLog", "optOut"}
    for path in (
        f"/patients/{made['patientId']}",
        f"/doctors/doc_meera/patients/{made['patientId']}",
    ):
        assert office.admin.get(path).status_code == 404
        assert office.doctor.get(path).status_code == 404
    assert found(office.admin, name="amit")["totalFound"] == 0
    assert office.admin.delete(f"/patients/{made['patientId']}").status_code == 404
    office.settle()
    for text in ("Amit", AMIT["phone"], made["patientId"]):
        assert text not in everything(office)
    work = office.stage.work()
    assert work.get(Patient, made["patientId"]) is None
    assert work.get(Address, f"tel:{AMIT['phone']}") is None


def test_a_person_another_clinic_knows_stays_there_and_the_answer_is_the_same(
    office: Office,
) -> None:
    sunrise = sunrise_admin(office)
    theirs = record(sunrise)
    known, other = record(office.admin), record(office.admin, phone="+919988776600")
    one, two = erase(office.admin, known["patientId"]), erase(office.admin, other["patientId"])
    office.settle()
    assert {**one, "patientId": ""} == {**two, "patientId": ""}
    assert sunrise.get(f"/patients/{theirs['patientId']}").status_code == 200
    assert office.stage.work().get(Patient, theirs["patientId"]) is not None
    assert office.stage.work().get(Patient, known["patientId"]) is None
    erase(sunrise, theirs["patientId"])
    office.settle()
    assert office.stage.work().get(Patient, theirs["patientId"]) is None
    assert office.stage.work().get(Address, f"tel:{AMIT['phone']}") is None


def test_a_patient_with_a_live_token_is_not_erased(office: Office) -> None:
    token = book(office, office.cast.khan, ASHA)
    answer = office.admin.delete(f"/patients/{token.patient_id}")
    assert (answer.status_code, answer.json["error"]["code"]) == (409, "HAS_LIVE_TOKEN")
    assert found(office.admin, name="asha")["totalFound"] == 1


def test_visits_are_kept_three_years_and_then_erased(office: Office) -> None:
    office.stage.hear(ASHA, "hi", name="Asha")
    token = treat(office, office.cast.khan, ASHA)
    office.stage.clock.advance(days=2)
    done = erase(office.admin, token.patient_id)
    (visits,) = [k for k in done["kept"] if k["what"] == "visits"]
    assert (visits["count"], visits["until"]) == (1, "2033-11-25")
    assert "1.3.1" in visits["reason"]
    office.settle()
    kept = office.stage.token(token)
    assert (kept.patient_name, kept.patient_phone, kept.collected_paise) == ("Erased", None, 50000)
    stored = everything(office)
    assert ASHA not in stored
    assert stored.count("Asha") == 1  # the visit's own
    visit = office.stage.work().get(Visit, "doc_khan", token.visit_id or "")
    assert visit is not None
    assert (visit.patient_name, visit.patient_phone) == ("Asha", None)
    office.stage.wait(11)
    office.stage.clock.advance(days=3 * 366)
    office.settle()
    assert office.stage.work().get(Visit, "doc_khan", token.visit_id or "") is None
    assert "Asha" not in everything(office)


def test_the_account_of_who_has_written_stays_and_so_does_their_stop(office: Office) -> None:
    office.stage.hear(ASHA, "hi", name="Asha")
    made = record(office.admin, phone=ASHA, name="Asha")
    office.stage.hear(ASHA, "stop")
    erase(office.admin, made["patientId"])
    office.settle()
    work = office.stage.work()
    contact = work.get(Contact, "con_asha")
    assert contact is not None
    assert contact.patient_ids == ()
    assert work.get(OptOut, "clinic_city", "con_asha") is not None
    office.stage.hear(ASHA, "start")
    office.stage.hear(ASHA, "book")
    assert office.settle()


def test_of_a_family_only_the_one_is_erased(office: Office) -> None:
    record(office.admin, phone=ASHA, name="Asha")
    daughter = record(office.admin, phone=ASHA, name="Anu")
    book(office, office.cast.khan, ASHA)
    office.settle()
    erase(office.admin, daughter["patientId"])
    office.settle()
    assert [p["name"] for p in found(office.admin, phone=ASHA)["patients"]] == ["Asha"]
    messages = office.stage.work().query(Message, "con_asha", index="contactId-createdAt-idx")
    assert any("Asha" in repr(m.values) for m in messages.records)


def test_the_lists_of_broadcasts_forget_who_was_erased(office: Office) -> None:
    made = record(office.admin)
    contact_id = office.stage.contact_id(AMIT["phone"])
    now = office.stage.clock.now()
    store(
        office.stage.records,
        Broadcast(
            clinic_id="clinic_city",
            broadcast_id="bc_1",
            name="office/clinic_announcement",
            audience=Audience(kind=AudienceKind.PHONES),
            by="usr_farida",
            by_name="Farida",
            expanded=True,
            created_at=now,
        ),
        BroadcastPage(
            broadcast_id="bc_1",
            page="001",
            clinic_id="clinic_city",
            phones=(AMIT["phone"], "+919988776600"),
        ),
        Recipient(
            broadcast_id="bc_1",
            recipient=contact_id,
            place="000001",
            clinic_id="clinic_city",
            phone=AMIT["phone"],
            name="Amit Kumar",
        ),
    )
    erase(office.admin, made["patientId"])
    office.settle()
    work = office.stage.work()
    page = work.get(BroadcastPage, "bc_1", "001")
    own = work.get(Recipient, "bc_1", contact_id)
    assert page is not None
    assert own is not None
    assert (page.phones, own.phone, own.name) == (("+919988776600",), None, None)


def test_who_comes_back_is_a_new_patient_whom_the_erasure_leaves_alone(office: Office) -> None:
    made = record(office.doctor)
    erase(office.admin, made["patientId"])
    again = record(office.doctor, allergies=["Latex"])
    office.settle()
    office.stage.wait(15)
    shown = office.doctor.get(f"/patients/{again['patientId']}").json["data"]["patient"]
    assert shown["allergies"] == ["Latex"]
    assert found(office.doctor, name="amit")["totalFound"] == 1


def test_a_patient_of_many_doctors_leaves_all_their_lists(office: Office) -> None:
    doctors = [
        office.cast.khan.but(
            version=0, doctor_id=f"doc_{n}", user_id=None, whatsapp_number=f"+9198765431{n}0"
        )
        for n in range(10, 15)
    ]
    store(office.stage.records, *doctors)
    made = record(office.admin)
    for doctor in doctors:
        path = f"/doctors/{doctor.doctor_id}/patients"
        body = {"patientPhone": AMIT["phone"], "patientName": AMIT["name"]}
        assert office.admin.post(path, body).status_code == 201
    changed = office.admin.put(f"/patients/{made['patientId']}", {"name": "Amit Shah"})
    assert changed.status_code == 200
    office.settle()
    work = office.stage.work()
    for doctor in doctors:
        own = work.get(Association, doctor.doctor_id, made["patientId"])
        assert own is not None
        assert own.patient_name == "Amit Shah"
    erase(office.admin, made["patientId"])
    office.settle()
    for doctor in doctors:
        assert work.within(work.scope).get(Association, doctor.doctor_id, made["patientId"]) is None
        assert work.query(DirectoryEntry, doctor.doctor_id).records == []


def test_erasing_is_for_the_clinics_own_admins(office: Office) -> None:
    made = record(office.doctor)
    assert office.doctor.delete(f"/patients/{made['patientId']}").status_code == 403
    assert sunrise_admin(office).delete(f"/patients/{made['patientId']}").status_code == 404
    assert office.doctor.get(f"/patients/{made['patientId']}").status_code == 200


def test_i12_a_repeated_call_does_not_bring_back_who_was_erased(either_office: Office) -> None:
    office = either_office
    key = {"Idempotency-Key": "the-same"}
    first = office.doctor.post("/patients", AMIT, headers=key)
    other = {"Idempotency-Key": "another"}
    body = {**AMIT, "phone": "+919988776611", "name": "Bela Rao"}
    bela = office.doctor.post("/patients", body, headers=other).json["data"]
    office.stage.clock.advance(seconds=1)
    erase(office.admin, first.json["data"]["patientId"])
    office.settle()
    again = office.doctor.post("/patients", AMIT, headers=key)
    assert error(again, 409) == "ANSWER_ERASED"
    assert AMIT["name"] not in again.text
    assert found(office.admin, name="amit")["totalFound"] == 0
    replayed = office.doctor.post("/patients", body, headers=other)
    assert replayed.json["data"]["patientId"] == bela["patientId"]


def test_the_erasure_itself_may_be_repeated_with_its_key(office: Office) -> None:
    made = record(office.doctor)
    office.stage.clock.advance(seconds=1)
    key = {"Idempotency-Key": "erase"}
    first = office.admin.delete(f"/patients/{made['patientId']}", headers=key)
    office.settle()
    office.stage.wait(11)
    admin = office.admin
    again = admin.delete(f"/patients/{made['patientId']}", headers=key)
    assert again.json["data"] == first.json["data"]
