"""The first page of a new member of staff: three sentences, and one tap."""

from __future__ import annotations

import re

from bot.app import create_app
from domain.actions.staff.credentials import send_credentials
from tests.people import PLATFORM_NUMBER, Cast
from tests.stage import Stage


def test_a_new_doctor_reads_three_sentences_and_opens_the_chat(stage: Stage, cast: Cast) -> None:
    answer = create_app(stage.parts).test_client().get(f"/welcome/{cast.clinic.clinic_id}")
    assert answer.status_code == 200
    page = answer.text
    assert len(re.findall(r'<p class="text">', page)) == 3
    number = cast.clinic.whatsapp_number.lstrip("+")
    assert re.findall(r'href="(https[^"]+)"', page) == [f"https://wa.me/{number}?text=help"]
    assert "City Medical Center" in page
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert "<script" not in page


def test_it_is_in_hindi_for_who_reads_that_and_leads_to_the_shared_number(
    stage: Stage, cast: Cast
) -> None:
    client = create_app(stage.parts).test_client()
    address = f"/welcome/{cast.sunrise.clinic_id}"
    answer = client.get(address, headers={"Accept-Language": "hi-IN,hi;q=0.9"})
    assert "स्वागत" in answer.text
    assert f"https://wa.me/{PLATFORM_NUMBER.lstrip('+')}?text=help" in answer.text


def test_no_clinic_has_no_page(stage: Stage) -> None:
    client = create_app(stage.parts).test_client()
    assert client.get("/welcome/clinic_nobody").status_code == 404
    assert client.get("/welcome/%3Cscript%3E").status_code == 404


def test_a_new_doctors_first_message_leads_there(stage: Stage, cast: Cast) -> None:
    work = stage.work()
    send_credentials(work, cast.clinic, cast.farida, "temporaryPassword123")
    work.commit()
    stage.hear(cast.farida.whatsapp_number, "hi")
    shown = [str(m.template.parameters if m.template else m.text) for m in stage.settle()]
    assert any(f"/welcome/{cast.clinic.clinic_id}" in text for text in shown)
