"""What staff cannot send: what WhatsApp has not approved, and marketing nobody wants."""

from __future__ import annotations

from typing import Any

import pytest

from domain.actions.messages import templates
from domain.actions.people import consent
from domain.channel import ErrorClass, SendFailed
from domain.model.people import Silence
from tests.api.correspondence import ANNOUNCEMENT, ASHA, RAVI, association_of, record_of
from tests.api.office import Office
from tests.people import CITY_SENDER, store, stored

TEXT = {"messageType": "TEXT", "text": "Free check-ups all week"}
REMINDER = {
    "messageType": "TEMPLATE",
    "templateName": "appointment_reminder",
    "templateData": {
        "patient_name": "Asha", "doctor_name": "Dr. Meera", "appointment_time": "10:30",
        "token_number": "008",
    },
}  # fmt: skip


@pytest.fixture
def town(office: Office) -> Office:
    """Asha and Ravi are patients of City's; neither has written in the last day."""
    store(
        office.stage.records,
        record_of(office, "asha", "Asha", ASHA),
        record_of(office, "ravi", "Ravi", RAVI),
        association_of(office, "doc_meera", "asha", "Asha", ASHA),
    )
    return office


def whatsapp_says(office: Office, name: str, language: str = "en", **said: Any) -> None:
    """Let WhatsApp have said something of a template that staff may send."""
    work = office.stage.work()
    account = office.services.template_account
    templates.record_template_state(
        work, account, f"office_{name}_v1", language, work.now, templates.Verdict(**said)
    )
    work.commit()


def stops_marketing(office: Office, phone: str) -> None:
    work = office.stage.work()
    consent.set_marketing_preference(work, phone, None, stops_marketing=True)
    work.commit()


def send(office: Office, body: dict[str, Any], phone: str = ASHA) -> tuple[int, str | None]:
    answer = office.admin.post("/whatsapp/send-message", {**body, "patientPhone": phone})
    said: dict[str, Any] = answer.json or {}
    return answer.status_code, said.get("error", {}).get("code")


def broadcast(office: Office, body: dict[str, Any], **more: Any) -> Any:
    return office.admin.post("/whatsapp/broadcast", {**body, "recipients": [ASHA, RAVI], **more})


@pytest.mark.parametrize("status", ["REJECTED", "PAUSED", "DISABLED", "PENDING", "DELETED"])
def test_a_template_known_not_to_be_approved_is_refused_and_why(town: Office, status: str) -> None:
    whatsapp_says(town, "clinic_announcement", status=status, reason="INVALID_FORMAT")
    answer = town.admin.post("/whatsapp/send-message", {**ANNOUNCEMENT, "patientPhone": ASHA})
    assert (answer.status_code, answer.json["error"]["code"]) == (409, "TEMPLATE_NOT_APPROVED")
    assert f"{status} (INVALID_FORMAT)" in answer.json["message"]
    for more in ({}, {"preview": True}):
        refused = broadcast(town, ANNOUNCEMENT, **more)
        assert (refused.status_code, refused.json["error"]["code"]) == (
            409, "TEMPLATE_NOT_APPROVED",
        )  # fmt: skip
    assert town.settle() == []


@pytest.mark.parametrize("said", [{"status": "APPROVED"}, {"quality": "GREEN"}, None])
def test_what_is_approved_or_not_spoken_of_is_sent(town: Office, said: Any) -> None:
    if said is not None:
        whatsapp_says(town, "clinic_announcement", **said)
    assert send(town, ANNOUNCEMENT) == (200, None)
    assert broadcast(town, ANNOUNCEMENT).status_code == 202


def test_english_is_the_last_resort_of_who_reads_something_else(town: Office) -> None:
    contact = stored(town.stage.records, town.cast.asha_contact)
    store(town.stage.records, contact.but(language="hi"))
    whatsapp_says(town, "clinic_announcement", "hi", status="REJECTED")
    assert send(town, ANNOUNCEMENT) == (200, None)
    whatsapp_says(town, "clinic_announcement", "en", status="REJECTED")
    assert send(town, ANNOUNCEMENT) == (409, "TEMPLATE_NOT_APPROVED")


def test_words_of_ones_own_need_no_template_within_a_day_of_theirs(town: Office) -> None:
    whatsapp_says(town, "free_text", status="PAUSED")
    assert send(town, TEXT) == (409, "TEMPLATE_NOT_APPROVED")
    town.stage.hear(ASHA, "hi", sender=CITY_SENDER)
    town.settle()
    assert send(town, TEXT) == (200, None)


def test_marketing_reaches_nobody_who_has_stopped_it_in_whatsapp(town: Office) -> None:
    stops_marketing(town, ASHA)
    assert send(town, ANNOUNCEMENT) == (409, "NOT_REACHABLE")
    assert send(town, REMINDER) == (200, None)
    assert send(town, ANNOUNCEMENT, RAVI) == (200, None)


def test_what_whatsapp_counts_as_marketing_by_now_is_marketing(town: Office) -> None:
    stops_marketing(town, ASHA)
    whatsapp_says(town, "appointment_reminder", category="MARKETING")
    assert send(town, REMINDER) == (409, "NOT_REACHABLE")


@pytest.mark.parametrize(
    ("body", "reached"), [(ANNOUNCEMENT, 1), (TEXT, 1), (REMINDER, 2)], ids=["offer", "words", "to"]
)
def test_a_broadcast_counts_and_reaches_who_wants_it(
    town: Office, body: dict[str, Any], reached: int
) -> None:
    stops_marketing(town, ASHA)
    preview = broadcast(town, body, preview=True).json["data"]
    assert preview["totalRecipients"] - preview["failedCount"] == reached
    made = broadcast(town, body).json["data"]["broadcastId"]
    town.stage.wait(1)
    now = town.admin.get(f"/whatsapp/broadcast/{made}").json["data"]
    assert (now["sentCount"], now["failedCount"]) == (reached, 2 - reached)
    assert len(town.stage.channel.sent) == reached
    told = town.admin.get(f"/whatsapp/broadcast/{made}/recipients").json["data"]["recipients"]
    assert [r["reason"] for r in told if r["reason"]] == ["wants no marketing"] * (2 - reached)


def test_whatsapps_refusal_of_marketing_is_remembered(town: Office) -> None:
    town.stage.channel.failures.append(SendFailed(ErrorClass.UNWANTED, 131050, "No marketing."))
    answer = town.admin.post("/whatsapp/send-message", {**ANNOUNCEMENT, "patientPhone": ASHA})
    assert answer.json["data"]["status"] == "FAILED"
    silence = town.stage.work().get(Silence, "con_asha")
    assert silence is not None
    assert silence.marketing
    assert not silence.all_clinics
    assert send(town, ANNOUNCEMENT) == (409, "NOT_REACHABLE")
    assert send(town, REMINDER) == (200, None)
