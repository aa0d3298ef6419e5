"""Messages that staff send to patients: one by one and to many."""

from __future__ import annotations

from typing import Any

import pytest

from domain.actions.delivery import circuit_breaker
from domain.actions.messages import templates
from domain.actions.people.consent import opt_out
from domain.channel import ErrorClass, SendFailed
from domain.model.clinics import ClinicStatus
from tests.api.correspondence import ANNOUNCEMENT, ASHA, RAVI, association_of, record_of
from tests.api.examples.shape import differs, examples, request_of
from tests.api.office import Office
from tests.api.practice import sunrise_admin
from tests.people import CITY_SENDER, a_person, a_user, address_of, store, stored

STRANGER = "+919876543099"
RUNS = (
    "POST /api/v1/whatsapp/send-message",
    "GET /api/v1/whatsapp/templates",
    "POST /api/v1/whatsapp/broadcast",
)


@pytest.fixture
def town(office: Office) -> Office:
    """Asha is a patient of Dr. Meera's, Ravi of Dr. Khan's; both have an open window."""
    store(
        office.stage.records,
        record_of(office, "asha", "Asha", ASHA),
        record_of(office, "ravi", "Ravi", RAVI),
        association_of(office, "doc_meera", "asha", "Asha", ASHA),
        association_of(office, "doc_khan", "ravi", "Ravi", RAVI),
    )
    return office


def announce(office: Office, recipients: list[str]) -> dict[str, Any]:
    """Begin a broadcast to *recipients*."""
    answer = office.admin.post("/whatsapp/broadcast", {**ANNOUNCEMENT, "recipients": recipients})
    assert answer.status_code == 202
    made: dict[str, Any] = answer.json["data"]
    return made


def text_to(phone: str, text: str = "Your report is here") -> dict[str, object]:
    return {"patientPhone": phone, "messageType": "TEXT", "text": text}


def test_the_specifications_example_of_a_message_is_answered_like_it(town):
    body = request_of("POST /api/v1/whatsapp/send-message") | {"patientPhone": ASHA}
    answer = town.admin.post("/whatsapp/send-message", body)
    assert answer.status_code == 200
    assert differs("POST /api/v1/whatsapp/send-message", answer.json) == []
    assert answer.json["data"]["status"] == "SENT"
    (sent,) = town.stage.channel.sent
    assert sent.template is not None
    assert "Rajesh Kumar" in sent.text


def test_repeated_with_its_key_it_answers_as_at_first(town):
    key = {"Idempotency-Key": "k1"}
    first, second = (
        town.admin.post("/whatsapp/send-message", text_to(ASHA), headers=key) for _ in range(2)
    )
    assert first.json["data"]["status"] == "SENT"
    assert second.json["data"] == first.json["data"]
    assert second.json["message"] == first.json["message"]


def test_a_message_the_provider_refuses_says_so_and_why(town):
    town.stage.channel.failures.append(
        SendFailed(ErrorClass.NEVER, 131026, "this number is not on WhatsApp")
    )
    answer = town.admin.post("/whatsapp/send-message", text_to(ASHA))
    assert answer.json["data"]["status"] == "FAILED"
    assert answer.json["data"]["reason"]
    assert answer.json["data"]["sentAt"] is None


def test_a_message_that_has_not_left_in_time_is_queued_under_our_id(town):
    town.services.__dict__["pause"] = lambda _seconds: None
    answer = town.admin.post("/whatsapp/send-message", text_to(ASHA))
    assert answer.json["data"]["status"] == "QUEUED"
    assert answer.json["data"]["messageId"].startswith("msg_")
    assert answer.json["data"]["sentAt"] is None


def test_a_doctor_writes_to_own_patients_only(town):
    assert town.doctor.post("/whatsapp/send-message", text_to(ASHA)).status_code == 200
    assert town.doctor.post("/whatsapp/send-message", text_to(RAVI)).status_code == 404


def test_who_is_no_patient_and_who_is_another_clinics_read_alike(town):
    admin = town.sign_in(town.cast.rao_user)
    known = admin.post("/whatsapp/send-message", text_to(ASHA))
    unknown = admin.post("/whatsapp/send-message", text_to(STRANGER))
    assert known.status_code == unknown.status_code == 404
    assert known.json["message"] == unknown.json["message"]
    assert town.stage.channel.sent == []


def test_a_patient_who_wants_no_messages_gets_none(town):
    work = town.stage.work()
    opt_out(work, "clinic_city", "con_asha", has_live_token=False)
    work.commit()
    answer = town.admin.post("/whatsapp/send-message", text_to(ASHA))
    assert (answer.status_code, answer.json["error"]["code"]) == (409, "NOT_REACHABLE")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"templateName": "no_such"}, "templateName"),
        ({"templateData": {"clinic_name": "City"}}, "templateData.announcement"),
        ({"templateData": ANNOUNCEMENT["templateData"] | {"more": "x"}}, "templateData.more"),  # type: ignore[operator]
        ({"patientPhone": "+910000000000"}, "patientPhone"),
    ],
)
def test_what_cannot_be_sent_is_named(town, change, field):
    answer = town.admin.post(
        "/whatsapp/send-message", {"patientPhone": ASHA, **ANNOUNCEMENT, **change}
    )
    assert answer.status_code == 422
    assert [d["field"] for d in answer.json["error"]["details"]] == [field]


def test_the_specifications_example_of_a_broadcast_is_answered_like_it(town):
    body = request_of("POST /api/v1/whatsapp/broadcast") | {"recipients": [ASHA, RAVI]}
    answer = town.admin.post("/whatsapp/broadcast", body)
    assert answer.status_code == 202
    assert differs("POST /api/v1/whatsapp/broadcast", answer.json) == []
    town.stage.wait(1)
    broadcast_id = answer.json["data"]["broadcastId"]
    now = town.admin.get(f"/whatsapp/broadcast/{broadcast_id}").json["data"]
    assert (now["totalRecipients"], now["sentCount"], now["failedCount"]) == (2, 2, 0)
    assert now["status"] == "COMPLETED"
    assert {m.contact_id for m in town.stage.messages()} == {"con_asha", "con_ravi"}


def test_a_broadcast_reaches_no_strangers_and_says_why(town):
    work = town.stage.work()
    opt_out(work, "clinic_city", "con_ravi", has_live_token=False)
    work.commit()
    made = announce(town, [ASHA, STRANGER, RAVI, ASHA])
    town.stage.wait(1)
    now = town.admin.get(f"/whatsapp/broadcast/{made['broadcastId']}").json["data"]
    assert (now["totalRecipients"], now["sentCount"], now["failedCount"]) == (3, 1, 2)
    listed = town.admin.get(f"/whatsapp/broadcast/{made['broadcastId']}/recipients").json["data"]
    assert [(r["phone"], r["outcome"], r["reason"]) for r in listed["recipients"]] == [
        (ASHA, "SENT", None),
        (STRANGER, "FAILED", "not a patient of this clinic"),
        (RAVI, "FAILED", "wants no messages of this clinic"),
    ]
    assert [m.contact_id for m in town.stage.messages()] == ["con_asha"]
    results = town.admin.get(f"/whatsapp/broadcast/{made['broadcastId']}/results")
    assert results.mimetype == "text/csv"
    assert results.get_data().decode("utf-8-sig").splitlines() == [
        "phone,name,outcome,reason",
        f"{ASHA},Asha,SENT,",
        f"{STRANGER},,FAILED,not a patient of this clinic",
        f"{RAVI},Ravi,FAILED,wants no messages of this clinic",
    ]


def test_a_preview_counts_and_sends_nothing(town):
    answer = town.admin.post(
        "/whatsapp/broadcast",
        {**ANNOUNCEMENT, "audience": {"kind": "ALL_PATIENTS"}, "preview": True},
    )
    assert answer.json["data"]["status"] == "PREVIEW"
    assert answer.json["data"]["totalRecipients"] == 2
    assert answer.json["data"]["broadcastId"] is None
    town.stage.wait(1)
    assert town.stage.channel.sent == []


def test_everybody_booked_on_a_day_is_reached_once(town):
    town.stage.hear(ASHA, "hi", sender=CITY_SENDER)
    town.stage.settle()
    for person, phone in (("asha", ASHA), ("ravi", RAVI)):
        body = {
            "patientPhone": phone,
            "patientName": person.title(),
            "preferredTime": "2030-11-25T05:00:00Z",
            "consultationType": "GENERAL",
            "payAtClinic": True,
        }
        for doctor in ("doc_meera", "doc_khan"):
            assert town.admin.post(f"/doctors/{doctor}/tokens", body).status_code == 201
    town.stage.settle()
    before = len(town.stage.channel.sent)
    made = town.admin.post(
        "/whatsapp/broadcast",
        {**ANNOUNCEMENT, "audience": {"kind": "BOOKED_ON", "date": "2030-11-25"}},
    ).json["data"]
    town.stage.wait(1)
    now = town.admin.get(f"/whatsapp/broadcast/{made['broadcastId']}").json["data"]
    assert (now["totalRecipients"], now["sentCount"], now["status"]) == (2, 2, "COMPLETED")
    assert len(town.stage.channel.sent) == before + 2


def many(office: Office, count: int) -> list[str]:
    """Make *count* patients of the clinic and return their numbers."""
    phones = []
    for n in range(count):
        phone = f"+9198{n:08d}"
        patient, contact = a_person(f"p{n}", f"Patient {n}", phone)
        record = record_of(office, f"p{n}", f"Patient {n}", phone)
        store(office.stage.records, patient, contact, address_of(contact), record)
        phones.append(phone)
    return phones


def test_a_cancelled_broadcast_sends_no_more(town):
    phones = many(town, 30)
    made = town.admin.post("/whatsapp/broadcast", {**ANNOUNCEMENT, "recipients": phones}).json[
        "data"
    ]
    cancelled = town.admin.post(f"/whatsapp/broadcast/{made['broadcastId']}/cancel")
    assert cancelled.json["data"]["status"] == "CANCELLED"
    town.stage.wait(1)
    assert town.stage.channel.sent == []
    again = town.admin.post(f"/whatsapp/broadcast/{made['broadcastId']}/cancel")
    assert (again.status_code, again.json["error"]["code"]) == (409, "BROADCAST_OVER")


def test_a_broadcast_to_many_reaches_each_once_and_lists_them_in_pages(town):
    phones = many(town, 130)
    made = town.admin.post("/whatsapp/broadcast", {**ANNOUNCEMENT, "recipients": phones}).json[
        "data"
    ]
    town.stage.wait(2)
    path = f"/whatsapp/broadcast/{made['broadcastId']}"
    now = town.admin.get(path).json["data"]
    assert (now["sentCount"], now["status"]) == (130, "COMPLETED")
    assert len({m.contact_id for m in town.stage.messages()}) == 130
    admin = town.admin
    first = admin.get(f"{path}/recipients", query={"limit": 100}).json["data"]
    rest = admin.get(
        f"{path}/recipients", query={"limit": 100, "cursor": first["nextCursor"]}
    ).json["data"]
    assert [r["phone"] for r in first["recipients"] + rest["recipients"]] == phones
    assert rest["nextCursor"] is None


def test_a_suspended_clinic_announces_nothing(town):
    clinic = stored(town.stage.records, town.cast.clinic)
    store(town.stage.records, clinic.but(status=ClinicStatus.SUSPENDED))
    answer = town.admin.post("/whatsapp/broadcast", {**ANNOUNCEMENT, "recipients": [ASHA]})
    assert (answer.status_code, answer.json["error"]["code"]) == (409, "SUSPENDED")


@pytest.mark.parametrize(
    "body",
    [
        ANNOUNCEMENT,
        {**ANNOUNCEMENT, "recipients": [ASHA], "audience": {"kind": "ALL_PATIENTS"}},
        {**ANNOUNCEMENT, "recipients": []},
        {**ANNOUNCEMENT, "audience": {"kind": "BOOKED_ON"}},
        {**ANNOUNCEMENT, "audience": {"kind": "BOOKED_ON", "date": "2030-02-30"}},
        {"messageType": "TEXT", "recipients": [ASHA]},
    ],
)
def test_a_broadcast_says_to_whom_and_what(town, body):
    assert town.admin.post("/whatsapp/broadcast", body).status_code == 422


def test_a_doctor_broadcasts_nothing(town):
    assert (
        town.doctor.post("/whatsapp/broadcast", {**ANNOUNCEMENT, "recipients": [ASHA]}).status_code
        == 403
    )


def test_another_clinics_broadcast_is_not_found(town):
    made = town.admin.post("/whatsapp/broadcast", {**ANNOUNCEMENT, "recipients": [ASHA]}).json[
        "data"
    ]
    work = town.stage.work()
    other = a_user(town.cast.sunrise, "usr_olga", "Olga", "+919876543077")
    work.put(other)
    work.commit()
    admin = town.sign_in(other)
    path = f"/whatsapp/broadcast/{made['broadcastId']}"
    assert admin.get(path).status_code == 404
    assert admin.post(f"{path}/cancel").status_code == 404
    assert admin.get(f"{path}/recipients").status_code == 404
    assert admin.get(f"{path}/results").status_code == 404


def test_the_specifications_example_of_templates_is_answered_like_it(town):
    answer = town.doctor.get("/whatsapp/templates")
    assert differs("GET /api/v1/whatsapp/templates", answer.json) == []
    shown = answer.json["data"]["templates"]
    example = examples()["GET /api/v1/whatsapp/templates"]["response"]["data"]["templates"]
    for wanted in example:
        (found,) = [t for t in shown if (t["name"], t["language"]) == (wanted["name"], "en")]
        assert found["components"] == wanted["components"]
        assert found["category"] == wanted["category"]
    assert {t["language"] for t in shown} == {"en", "hi"}


def test_a_template_shows_what_whatsapp_says_of_it(town):
    work = town.stage.work()
    templates.record_template_state(
        work,
        town.services.template_account,
        "office_free_text_v1",
        "hi",
        work.now,
        templates.Verdict(status="REJECTED", reason="ABUSIVE_CONTENT"),
    )
    work.commit()
    shown = town.admin.get("/whatsapp/templates").json["data"]["templates"]
    states = {(t["name"], t["language"]): (t["status"], t["reason"]) for t in shown}
    assert states["free_text", "hi"] == ("REJECTED", "ABUSIVE_CONTENT")
    assert states["free_text", "en"] == (None, None)


def test_a_number_that_cannot_send_shows_since_when_and_why(town):
    assert town.admin.get("/whatsapp/status").json["data"]["status"] == "HEALTHY"
    work = town.stage.work()
    failure = SendFailed(ErrorClass.STOP, 131042, "the account has a payment problem")
    circuit_breaker.trip(work, CITY_SENDER, failure)
    work.commit()
    shown = town.admin.get("/whatsapp/status").json["data"]
    assert (shown["status"], shown["reason"]) == ("DOWN", "the account has a payment problem")
    assert shown["downSince"]
    other = sunrise_admin(town)
    assert other.get("/whatsapp/status").json["data"]["status"] == "HEALTHY"
    assert town.doctor.get("/whatsapp/status").status_code == 403
