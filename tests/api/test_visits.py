"""Consultations through the API: who may write what, what is kept, what the patient gets."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from typing import Any

import pypdfium2
import pytest

from domain.actions.booking import desk
from domain.actions.booking.queues import current_line
from domain.actions.delivery import states
from domain.actions.line import calling, lifecycle
from domain.actions.line.preconditions import SeenState
from domain.actions.people import profile
from domain.actors import Actor
from domain.channel import ErrorClass, Outbound, SendFailed
from domain.line_context import LineContext
from domain.model.clinics import Doctor
from domain.model.messages import Message
from domain.model.people import Association, ClinicPatient, Profile
from domain.model.queues import Queue, Token
from domain.model.visits import Prescription, PrivateNote, Visit, VisitVersion
from tests.api.answers import refused
from tests.api.office import Client
from tests.people import Cast
from tests.stage import Stage

PHONE, NAME = "+919876543021", "Asha"
SECRET = "Patient seems anxious about work stress"


@pytest.fixture
def token(stage: Stage, cast: Cast) -> Token:
    """Asha has come to Dr. Meera, and the line has not started."""
    return walk_in(stage, cast, cast.meera)


def walk_in(stage: Stage, cast: Cast, doctor: Doctor, name: str = NAME) -> Token:
    work = stage.work()
    line = current_line(work, cast.clinic, doctor)
    made = desk.add_walk_in(line, actor(doctor), PHONE, name)
    work.commit()
    return made


def actor(doctor: Doctor) -> Actor:
    return Actor(doctor.user_id or "", doctor.name)


def call_in(stage: Stage, cast: Cast, doctor: Doctor) -> Token:
    """Start the line if need be and call the next patient in, half a minute later."""
    stage.clock.advance(seconds=30)
    work = stage.work()
    line = current_line(work, cast.clinic, doctor)
    if line.queue.started_at is None:
        line = replace(line, queue=lifecycle.start(line, actor(doctor)))
    moved = calling.call_next(line, actor(doctor), SeenState())
    work.commit()
    assert moved.current is not None
    return moved.current


def visits_of(token: Token) -> str:
    return f"/doctors/{token.doctor_id}/patients/{token.patient_id}/visits"


def allergic(stage: Stage, token: Token, *allergies: str) -> None:
    work = stage.work()
    record = work.get(ClinicPatient, token.clinic_id, token.patient_id)
    assert record is not None
    work.put(record.but(facts=profile.seal(work, Profile(allergies=allergies))))
    work.commit()


def recorded(client: Client, token: Token, **fields: Any) -> str:
    answer = client.post(visits_of(token), {"tokenId": token.token_id, **fields})
    assert answer.status_code in {200, 201}, answer.json
    visit_id: str = answer.json["data"]["visitId"]
    return visit_id


def shown(client: Client, visit_id: str) -> dict[str, Any]:
    answer = client.get(f"/visits/{visit_id}")
    assert answer.status_code == 200, answer.json
    found: dict[str, Any] = answer.json["data"]["visit"]
    return found


# The record


def test_the_visit_of_a_token_is_updated_and_returned(office, stage, cast, token):
    called = call_in(stage, cast, cast.meera)
    answer = office.doctor.post(
        visits_of(token), {"tokenId": token.token_id, "chiefComplaint": "Headache"}
    )
    assert answer.status_code == 200
    assert answer.json["data"]["visitId"] == called.visit_id
    found = shown(office.doctor, called.visit_id or "")
    assert found["status"] == "OPEN"
    assert found["chiefComplaint"] == "Headache"


def test_a_visit_written_before_the_call_is_the_one_that_the_call_opens(office, stage, cast, token):
    answer = office.doctor.post(
        visits_of(token), {"tokenId": token.token_id, "chiefComplaint": "Headache"}
    )
    assert answer.status_code == 201
    called = call_in(stage, cast, cast.meera)
    assert called.visit_id == answer.json["data"]["visitId"]
    assert shown(office.doctor, called.visit_id or "")["chiefComplaint"] == "Headache"


def test_what_was_written_survives_an_undo_and_an_empty_visit_does_not(office, stage, cast, token):
    called = call_in(stage, cast, cast.meera)
    recorded(office.doctor, token, examination="Normal")
    take_back(stage, cast)
    assert stage.token(called).visit_id == called.visit_id
    assert shown(office.doctor, called.visit_id or "")["examination"] == "Normal"

    second = walk_in(stage, cast, cast.khan)
    call_in(stage, cast, cast.khan)
    take_back(stage, cast, cast.khan)
    assert stage.token(second).visit_id is None


def take_back(stage: Stage, cast: Cast, doctor: Doctor | None = None) -> None:
    doctor = doctor or cast.meera
    stage.clock.advance(seconds=30)
    work = stage.work()
    calling.undo(current_line(work, cast.clinic, doctor), actor(doctor), SeenState())
    work.commit()


def test_a_private_note_survives_an_undo_too(office, stage, cast, token):
    del token
    called = call_in(stage, cast, cast.meera)
    office.doctor.post(f"/visits/{called.visit_id}/notes", {"privateNotes": SECRET})
    take_back(stage, cast)
    assert shown(office.doctor, called.visit_id or "")["privateNotes"] == SECRET


def test_a_visit_without_a_token_is_over_and_counts(office, stage, token):
    answer = office.doctor.post(visits_of(token), {"chiefComplaint": "Fever"})
    assert answer.status_code == 201
    again = office.doctor.post(visits_of(token), {"visitDate": "2030-11-20"})
    assert again.json["data"]["visitId"] != answer.json["data"]["visitId"]
    found = shown(office.doctor, answer.json["data"]["visitId"])
    assert (found["status"], found["tokenId"], found["visitDate"]) == (
        "COMPLETED",
        None,
        "2030-11-25",
    )
    known = stage.work().get(Association, token.doctor_id, token.patient_id)
    assert known is not None
    assert known.total_visits == 2
    assert known.last_visit_date == stage.clock.now()


def test_completion_completes_the_visit(office, stage, cast, token):
    called = call_in(stage, cast, cast.meera)
    stage.clock.advance(minutes=9)
    work = stage.work()
    queue = work.get(Queue, token.doctor_id, token.date)
    assert queue is not None
    line = LineContext(work, cast.clinic, cast.meera, queue)
    calling.call_next(line, actor(cast.meera), SeenState())
    work.commit()
    assert shown(office.doctor, called.visit_id or "")["status"] == "COMPLETED"
    later = office.doctor.put(f"/visits/{called.visit_id}", {"notes": "Written afterwards"})
    assert later.status_code == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"visitDate": "2030-11-26"}, "visitDate"),
        ({"visitDate": "2030-02-30"}, "visitDate"),
        ({"vitalSigns": {"pulse": 72}}, "vitalSigns.pulse"),
        ({"surprise": "x"}, "surprise"),
        ({"examination": "x" * 5001}, "examination"),
    ],
)
def test_what_cannot_be_a_visit_is_refused_by_field(office, token, body, field):
    answer = office.doctor.post(visits_of(token), body)
    assert refused(answer) == (422, "VALIDATION_ERROR")
    assert answer.json["error"]["details"][0]["field"] == field


def test_a_token_of_somebody_else_is_not_found(office, stage, cast, token):
    other = walk_in(stage, cast, cast.meera, "Asha's brother")
    khans = walk_in(stage, cast, cast.khan)
    for wrong in (other.token_id, khans.token_id, "TKN_none"):
        answer = office.admin.post(visits_of(token), {"tokenId": wrong})
        assert refused(answer) == (404, "NOT_FOUND")


def test_a_cancelled_booking_has_no_consultation(office, token):
    assert office.admin.delete(f"/tokens/{token.token_id}").status_code == 200
    answer = office.doctor.post(visits_of(token), {"tokenId": token.token_id})
    assert refused(answer) == (409, "NOT_NOW")


def test_who_is_no_patient_of_the_doctor_has_no_visits(office, cast, token):
    del token
    nobodys = f"/doctors/{cast.khan.doctor_id}/patients/pat_asha/visits"
    for client in (office.admin, office.other_doctor):
        assert refused(client.get(nobodys)) == (404, "NOT_FOUND")
        assert refused(client.post(nobodys, {"chiefComplaint": "x"})) == (404, "NOT_FOUND")


# Edits


def test_an_edit_keeps_who_wrote_what_and_when(office, stage, token):
    visit_id = recorded(office.doctor, token, examination="Normal")
    first = stage.clock.now()
    stage.clock.advance(minutes=3)
    answer = office.admin.put(f"/visits/{visit_id}", {"examination": "BP elevated", "notes": None})
    assert answer.json["data"]["updatedAt"] == "2030-11-25T03:03:00Z"
    found = shown(office.doctor, visit_id)
    assert [(e["action"], e["fields"], e["by"]) for e in found["edits"]] == [
        ("record", ["examination"], "Dr. Meera"),
        ("edit", ["examination"], "Farida"),
    ]
    work = stage.work()
    versions = work.query(VisitVersion, visit_id).records
    assert [json.loads(work.seal.open(v.values or "")) for v in versions] == [
        {"examination": "Normal"},
        {"examination": "BP elevated"},
    ]
    assert versions[0].at == first


def test_an_edit_that_changes_nothing_leaves_no_trace(office, stage, token):
    visit_id = recorded(office.doctor, token, examination="Normal")
    stage.clock.advance(minutes=3)
    answer = office.doctor.put(f"/visits/{visit_id}", {"examination": "Normal"})
    assert answer.json["data"]["updatedAt"] == "2030-11-25T03:00:00Z"
    assert len(shown(office.doctor, visit_id)["edits"]) == 1


def test_null_takes_a_text_away_and_nothing_at_all_is_refused(office, token):
    visit_id = recorded(office.doctor, token, examination="Normal")
    office.doctor.put(f"/visits/{visit_id}", {"examination": None})
    assert shown(office.doctor, visit_id)["examination"] is None
    assert refused(office.doctor.put(f"/visits/{visit_id}", {})) == (
        422,
        "VALIDATION_ERROR",
    )


def test_the_item_does_not_grow_with_edits(office, stage, token):
    visit_id = recorded(office.doctor, token, examination="Normal 0")

    def size() -> int:
        visit = stage.work().get(Visit, token.doctor_id, visit_id)
        assert visit is not None
        return len(visit.clinical or "")

    before = size()
    for number in range(9):
        office.doctor.put(f"/visits/{visit_id}", {"examination": f"Normal {number + 1}"})
    assert size() == before
    assert len(shown(office.doctor, visit_id)["edits"]) == 10


# Diagnosis


def test_a_diagnosis_has_the_title_of_its_code(office, token):
    visit_id = recorded(office.doctor, token)
    answer = office.doctor.post(
        f"/visits/{visit_id}/diagnosis",
        {"diagnosis": "Hypertension Stage 1", "icd10Code": "i10", "severity": "MILD"},
    )
    assert answer.json["data"]["icd10Code"] == "I10"
    assert answer.json["data"]["icd10Title"] == "Essential (primary) hypertension"
    found = shown(office.doctor, visit_id)
    assert (found["diagnosis"], found["icd10Code"], found["severity"]) == (
        "Hypertension Stage 1",
        "I10",
        "MILD",
    )
    assert found["icd10Title"] == "Essential (primary) hypertension"


@pytest.mark.parametrize("wrong", ["I1O", "ZZZ", "I10-I15", "I", "", "I10.0"])
def test_a_code_that_is_none_is_refused(office, token, wrong):
    visit_id = recorded(office.doctor, token)
    answer = office.doctor.post(
        f"/visits/{visit_id}/diagnosis", {"diagnosis": "Hypertension", "icd10Code": wrong}
    )
    assert refused(answer) == (422, "VALIDATION_ERROR")
    assert answer.json["error"]["details"][0]["field"] == "icd10Code"
    assert shown(office.doctor, visit_id)["diagnosis"] is None


def test_a_diagnosis_in_words_takes_the_code_away(office, token):
    visit_id = recorded(office.doctor, token)
    office.doctor.post(
        f"/visits/{visit_id}/diagnosis", {"diagnosis": "Hypertension", "icd10Code": "I10"}
    )
    office.doctor.put(f"/visits/{visit_id}", {"diagnosis": "Migraine"})
    found = shown(office.doctor, visit_id)
    assert (found["diagnosis"], found["icd10Code"]) == ("Migraine", None)


# Prescription


def prescribe(client: Client, visit_id: str, *names: str) -> Any:
    body = {"medications": [{"name": name, "strength": "5mg"} for name in names]}
    return client.post(f"/visits/{visit_id}/prescription", body)


def test_a_prescription_is_words_in_answers_and_data_beside_them(office, token):
    visit_id = recorded(office.doctor, token)
    answer = office.doctor.post(
        f"/visits/{visit_id}/prescription",
        {
            "medications": [{"name": "Amlodipine", "strength": "5mg"}, {"name": "Rest"}],
            "notes": "Monitor BP weekly",
        },
    )
    found = shown(office.doctor, visit_id)
    assert found["prescription"] == "Amlodipine 5mg, Rest"
    assert found["prescriptionId"] == answer.json["data"]["prescriptionId"]
    assert [m["name"] for m in found["medications"]] == ["Amlodipine", "Rest"]
    assert found["prescriptionNotes"] == "Monitor BP weekly"
    assert office.doctor.get(visits_of(token)).json["data"]["visits"][0]["prescription"] == (
        "Amlodipine 5mg, Rest"
    )


def test_words_supersede_the_structured_prescription_and_it_is_kept(office, token):
    visit_id = recorded(office.doctor, token)
    prescribe(office.doctor, visit_id, "Amlodipine")
    office.admin.put(f"/visits/{visit_id}", {"prescription": "Amlodipine 5mg, at night"})
    found = shown(office.doctor, visit_id)
    assert (found["prescription"], found["prescriptionId"]) == ("Amlodipine 5mg, at night", None)
    assert found["medications"] == []
    (kept,) = found["prescriptions"]
    assert (kept["status"], kept["createdBy"]) == ("SUPERSEDED", "Dr. Meera")
    assert kept["medications"][0]["name"] == "Amlodipine"


def test_the_same_words_again_leave_the_structured_prescription(office, token):
    visit_id = recorded(office.doctor, token)
    prescribe(office.doctor, visit_id, "Amlodipine")
    office.doctor.put(
        f"/visits/{visit_id}", {"prescription": "Amlodipine 5mg", "examination": "Better"}
    )
    assert shown(office.doctor, visit_id)["medications"][0]["name"] == "Amlodipine"


def test_a_later_prescription_supersedes_the_one_before(office, token):
    visit_id = recorded(office.doctor, token)
    prescribe(office.doctor, visit_id, "Amlodipine")
    prescribe(office.doctor, visit_id, "Ramipril")
    found = shown(office.doctor, visit_id)
    assert [(p["status"], p["medications"][0]["name"]) for p in found["prescriptions"]] == [
        ("SUPERSEDED", "Amlodipine"),
        ("CURRENT", "Ramipril"),
    ]
    assert found["prescription"] == "Ramipril 5mg"


@pytest.mark.parametrize(
    ("allergy", "medicine", "warned"),
    [
        ("Penicillin", "Penicillin V", True),
        ("penicillin", "Benzylpenicillin", True),
        ("Sulfa drugs", "Sulfamethoxazole", True),
        ("Amoxicillin/clavulanate", "Amoxicillin", True),
        ("All other drugs of that class", "Any drug", False),
        ("पेनिसिलिन", "पेनिसिलिन", True),
        ("Penicillin", "Amlodipine", False),
        ("Nut", "Nutrition drink", False),
    ],
)
def test_a_medicine_among_the_allergies_is_prescribed_with_a_warning(
    office, stage, token, allergy, medicine, warned
):
    allergic(stage, token, allergy)
    visit_id = recorded(office.doctor, token)
    answer = prescribe(office.doctor, visit_id, medicine)
    assert answer.status_code == 200
    warnings = answer.json["data"]["warnings"]
    assert [w["allergy"] for w in warnings] == ([allergy] if warned else [])
    assert shown(office.doctor, visit_id)["prescription"] == f"{medicine} 5mg"


def test_words_are_looked_at_for_allergies_too(office, stage, token):
    allergic(stage, token, "Penicillin")
    visit_id = recorded(office.doctor, token)
    answer = office.doctor.put(f"/visits/{visit_id}", {"prescription": "penicillin 250 mg, rest"})
    assert answer.json["data"]["warnings"][0]["allergy"] == "Penicillin"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"medications": []},
        {"medications": [{"strength": "5mg"}]},
        {"medications": [{"name": " "}]},
        {"medications": [{"name": "A", "dose": "x"}]},
        {"medications": [{"name": "A"}] * 31},
    ],
)
def test_a_prescription_names_its_medicines(office, token, body):
    visit_id = recorded(office.doctor, token)
    answer = office.doctor.post(f"/visits/{visit_id}/prescription", body)
    assert refused(answer) == (422, "VALIDATION_ERROR")


# The document


def text_of(pdf: bytes) -> str:
    return pypdfium2.PdfDocument(io.BytesIO(pdf))[0].get_textpage().get_text_range()


def test_the_prescription_is_a_document_without_what_stays_inside(office, token):
    visit_id = recorded(office.doctor, token, chiefComplaint="Headache", examination="BP up")
    office.doctor.post(f"/visits/{visit_id}/notes", {"privateNotes": SECRET})
    assert refused(office.doctor.get(f"/visits/{visit_id}/prescription.pdf")) == (
        404,
        "NOT_FOUND",
    )
    prescribe(office.doctor, visit_id, "Amlodipine")
    answer = office.doctor.get(f"/visits/{visit_id}/prescription.pdf")
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert answer.headers["Cache-Control"] == "private, no-store"
    text = text_of(answer.data)
    for word in ("City Medical Center", "Dr. Meera", "Asha", "Amlodipine 5mg", "25 November 2030"):
        assert word in text
    for word in ("Headache", "BP up", SECRET):
        assert word not in text


def test_the_patient_is_sent_a_link_that_opens_in_their_language_for_a_week(
    office, stage, cast, token
):
    contact = stage.work().get(type(cast.asha_contact), cast.asha_contact.contact_id)
    assert contact is not None
    work = stage.work()
    work.put(contact.but(language="hi"))
    work.commit()
    visit_id = recorded(office.doctor, token)
    prescribe(office.doctor, visit_id, "पैरासिटामोल")
    office.settle()
    answer = office.doctor.post(f"/visits/{visit_id}/prescription/send")
    assert answer.json["data"]["status"] == "QUEUED"
    sent = [m for m in office.settle() if m.template and "prescription" in m.template.name]
    assert len(sent) == 1
    assert sent[0].document is None
    url = sent[0].template.parameters["link"]
    assert answer.json["data"]["messageId"] == sent[0].message_id
    path = url.partition("/api/v1")[2]
    opened = office.stranger.get(path)
    assert "पैरासिटामोल 5mg" in text_of(opened.data)
    assert "दवा का पर्चा" in text_of(opened.data)
    prescribe(office.doctor, visit_id, "Ramipril")
    assert "Ramipril 5mg" in text_of(office.stranger.get(path).data)
    stage.clock.advance(days=7)
    assert refused(office.stranger.get(path)) == (404, "NOT_FOUND")
    assert refused(office.stranger.get("/prescriptions/rx_guessed")) == (404, "NOT_FOUND")


def test_who_wrote_lately_is_sent_the_document_itself(office, stage, token):
    message, sent = sent_to_asha(office, stage, token)
    assert sent.message_id == message
    assert sent.document == "Prescription 2030-11-25.pdf"
    assert sent.text == (
        "💊 The prescription of Asha from Dr. Meera, City Medical Center, Mon 25 Nov."
    )
    assert sent.template is None
    assert sent.url is not None
    fetched = office.stranger.get(sent.url.partition("/api/v1")[2])
    assert fetched.mimetype == "application/pdf"
    assert "Amlodipine 5mg" in text_of(fetched.data)


def test_a_document_that_whatsapp_cannot_fetch_is_a_link(office, stage, token):
    message, sent = sent_to_asha(office, stage, token)
    provider = stored(stage, message).provider_id or ""
    failure = SendFailed(ErrorClass.DOCUMENT, 131053, "WhatsApp could not fetch the file.")
    for _ in range(2):
        work = stage.work()
        states.apply_status(work, message, "failed", provider, failure=failure)
        work.commit()
    (again,) = office.settle()
    assert (again.document, again.template) == (None, None)
    assert (again.url, again.url_label) == (sent.url, "Open prescription")
    assert again.text.endswith("Open and save it until Mon 2 Dec:")


def sent_to_asha(office: Any, stage: Stage, token: Token) -> tuple[str, Outbound]:
    """Send her prescription to Asha, who has just written; return its message and what went."""
    stage.hear(PHONE, "hi")
    visit_id = recorded(office.doctor, token)
    prescribe(office.doctor, visit_id, "Amlodipine")
    office.settle()
    answer = office.doctor.post(f"/visits/{visit_id}/prescription/send")
    (sent,) = office.settle()
    return answer.json["data"]["messageId"], sent


def stored(stage: Stage, message_id: str) -> Message:
    found = stage.work().get(Message, message_id)
    assert found is not None
    return found


def test_nothing_prescribed_is_nothing_to_send(office, token):
    visit_id = recorded(office.doctor, token)
    assert refused(office.doctor.post(f"/visits/{visit_id}/prescription/send")) == (
        404,
        "NOT_FOUND",
    )


# Private notes


def test_private_notes_are_appended_and_signed(office, stage, token):
    visit_id = recorded(office.doctor, token)
    office.doctor.post(f"/visits/{visit_id}/notes", {"privateNotes": SECRET})
    stage.clock.advance(minutes=1)
    office.admin.post(
        f"/visits/{visit_id}/notes", {"privateNotes": "Calls back", "isConfidential": False}
    )
    found = shown(office.doctor, visit_id)
    assert found["privateNotes"] == f"{SECRET}\n\nCalls back"
    entries = found["privateNotesEntries"]
    assert [(e["createdBy"], e["isConfidential"]) for e in entries] == [
        ("Dr. Meera", True),
        ("Farida", False),
    ]


def test_private_notes_are_in_no_list(office, token):
    visit_id = recorded(office.doctor, token)
    office.doctor.post(f"/visits/{visit_id}/notes", {"privateNotes": SECRET})
    for path in (visits_of(token), f"/patients/{token.patient_id}/visits"):
        assert SECRET not in office.doctor.get(path).text


def test_nothing_clinical_lies_in_the_store_in_clear(office, stage, token):
    visit_id = recorded(
        office.doctor, token, chiefComplaint="Headache", vitalSigns={"pulse": "72 bpm"}
    )
    office.doctor.post(f"/visits/{visit_id}/notes", {"privateNotes": SECRET})
    office.doctor.post(
        f"/visits/{visit_id}/diagnosis", {"diagnosis": "Hypertension", "icd10Code": "I10"}
    )
    prescribe(office.doctor, visit_id, "Amlodipine")
    office.doctor.put(f"/visits/{visit_id}", {"notes": "Responds well"})
    work = stage.work()
    kept: list[Any] = [work.get(Visit, token.doctor_id, visit_id)]
    kept += work.query(VisitVersion, visit_id).records
    kept += work.query(Prescription, visit_id).records
    kept += work.query(PrivateNote, visit_id).records
    assert len(kept) == 1 + 5 + 1 + 1
    for word in ("Headache", "72 bpm", SECRET, "Hypertension", "I10", "Amlodipine", "Responds"):
        assert word not in repr(kept)


# The timeline, and the walls


def test_the_timeline_is_all_doctors_for_an_admin_and_their_own_for_a_doctor(
    office, stage, cast, token
):
    recorded(office.doctor, token, examination="Meera's")
    khans = walk_in(stage, cast, cast.khan)
    recorded(office.other_doctor, khans, examination="Khan's")
    path = f"/patients/{token.patient_id}/visits"
    every = office.admin.get(path).json["data"]
    assert every["totalCount"] == 2
    assert {v["doctorName"] for v in every["visits"]} == {"Dr. Meera", "Dr. Khan"}
    own = office.doctor.get(path).json["data"]
    assert [v["doctorId"] for v in own["visits"]] == [cast.meera.doctor_id]
    assert own["totalCount"] == 1


def test_a_list_goes_on_at_its_cursor_the_latest_first(office, token):
    for day in (18, 19, 20, 21, 22):
        office.doctor.post(visits_of(token), {"visitDate": f"2030-11-{day}"})
    seen, cursor = [], None
    while True:
        query = {"limit": 2, **({"cursor": cursor} if cursor else {})}
        data = office.doctor.get(visits_of(token), query=query).json["data"]
        assert data["totalCount"] == 5
        seen += [v["date"] for v in data["visits"]]
        cursor = data["nextCursor"]
        if cursor is None:
            break
    assert seen == [f"2030-11-{day}" for day in (22, 21, 20, 19, 18)]


def test_a_colleague_and_another_clinic_find_nothing(office, cast, token):
    visit_id = recorded(office.doctor, token, examination="Normal")
    sunrise = office.sign_in(cast.rao_user)
    for client in (office.other_doctor, sunrise):
        assert refused(client.get(visits_of(token))) == (404, "NOT_FOUND")
        assert refused(client.get(f"/patients/{token.patient_id}/visits")) == (
            404,
            "NOT_FOUND",
        )
        assert refused(client.get(f"/visits/{visit_id}")) == (404, "NOT_FOUND")
        assert refused(client.put(f"/visits/{visit_id}", {"notes": "x"})) == (
            404,
            "NOT_FOUND",
        )
        for name, body in (
            ("notes", {"privateNotes": "x"}),
            ("diagnosis", {"diagnosis": "x"}),
            ("prescription", {"medications": [{"name": "x"}]}),
            ("prescription/send", None),
            ("follow-up", {"followUpDate": "2030-11-27"}),
        ):
            assert refused(client.post(f"/visits/{visit_id}/{name}", body)) == (
                404,
                "NOT_FOUND",
            )
        assert refused(client.get(f"/visits/{visit_id}/prescription.pdf")) == (
            404,
            "NOT_FOUND",
        )


def test_an_id_of_something_else_is_no_visit(office, token):
    assert refused(office.doctor.get(f"/visits/{token.token_id}")) == (404, "NOT_FOUND")


# The next visit


def test_a_follow_up_is_a_booking_as_at_the_desk(office, token):
    visit_id = recorded(office.doctor, token)
    answer = office.doctor.post(
        f"/visits/{visit_id}/follow-up",
        {"followUpDate": "2030-11-29", "followUpTime": "10:00", "payAtClinic": True},
    )
    data = answer.json["data"]
    assert (answer.status_code, data["status"]) == (200, "CONFIRMED")
    assert data["estimatedTime"] == "2030-11-29T04:30:00Z"
    assert shown(office.doctor, visit_id)["followUpTokenId"] == data["tokenId"]
    again = office.doctor.post(f"/visits/{visit_id}/follow-up", {"followUpDate": "2030-11-29"})
    assert refused(again) == (409, "ALREADY_BOOKED")


def test_a_follow_up_today_is_the_next_free_slot(office, stage, cast, token):
    visit_id = call_in(stage, cast, cast.meera).visit_id
    stage.clock.advance(minutes=60)
    office.admin.post(f"/doctors/{token.doctor_id}/queue/call-next")
    answer = office.admin.post(
        f"/visits/{visit_id}/follow-up", {"followUpDate": "2030-11-25", "payAtClinic": True}
    )
    assert answer.json["data"]["estimatedTime"] == "2030-11-25T04:15:00Z"


def test_a_follow_up_without_a_time_is_in_the_preferred_part_of_the_day(office, token):
    visit_id = recorded(office.doctor, token)
    wish = {"preferences": {"preferredTime": "AFTERNOON"}}
    office.doctor.put(f"/doctors/{token.doctor_id}/patients/{token.patient_id}", wish)
    answer = office.doctor.post(f"/visits/{visit_id}/follow-up", {"followUpDate": "2030-11-29"})
    assert answer.json["data"]["estimatedTime"] == "2030-11-29T06:30:00Z"


def test_a_follow_up_with_an_advance_sends_the_link(office, token):
    visit_id = recorded(office.doctor, token)
    office.settle()
    answer = office.doctor.post(f"/visits/{visit_id}/follow-up", {"followUpDate": "2030-11-29"})
    assert answer.json["data"]["status"] == "PENDING"
    assert answer.json["data"]["estimatedTime"] == "2030-11-29T03:30:00Z"
    assert any("/pay/" in str(m) for m in office.settle())


@pytest.mark.parametrize("day", ["2030-11-20", "2031-11-20", "2030-13-01"])
def test_a_follow_up_lies_ahead_and_within_what_can_be_booked(office, token, day):
    visit_id = recorded(office.doctor, token)
    answer = office.doctor.post(f"/visits/{visit_id}/follow-up", {"followUpDate": day})
    assert answer.status_code in {409, 422}
