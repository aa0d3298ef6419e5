"""A clinic sees the number of a person whose number WhatsApp hides, as soon as it is known."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.office import Client, Office
from tests.api.practice import found, names, profile

NINA, PHONE, OTHER = "IN.55501", "+919876543031", "+919876543032"


@pytest.fixture
def booked(office: Office) -> str:
    """Let Nina, whose number is hidden, book with Dr. Khan; return her patientId."""
    for words in ("hi", "khan", "1", "Nina"):
        office.stage.hear("", words, wa_user_id=NINA)
    office.settle()
    [patient] = found(office.admin, name="nina")["patients"]
    return patient["patientId"]


def tokens(client: Client) -> list[dict[str, Any]]:
    answer = client.get("/doctors/doc_khan/tokens", query={"date": "2030-11-25"})
    assert answer.status_code == 200, answer.json
    listed: list[dict[str, Any]] = answer.json["data"]["tokens"]
    return listed


def line(client: Client) -> list[dict[str, Any]]:
    answer = client.get("/doctors/doc_khan/queue/current")
    assert answer.status_code == 200, answer.json
    listed: list[dict[str, Any]] = answer.json["data"]["tokens"]
    return listed


def test_search_profile_tokens_and_line_show_a_typed_number(office: Office, booked: str) -> None:
    doctor = office.other_doctor
    assert [t["patientPhone"] for t in tokens(doctor)] == [None]
    office.stage.hear("", "98765 43031", wa_user_id=NINA)
    for caller in (office.admin, doctor):
        assert names(found(caller, phone=PHONE)) == ["Nina"]
        assert profile(caller, booked)["patientPhone"] == PHONE
        assert [t["patientPhone"] for t in tokens(caller)] == [PHONE]
        assert [t["patientPhone"] for t in line(caller)] == [PHONE]
    assert names(found(office.doctor, phone=PHONE)) == []


@pytest.mark.parametrize("at_the_desk_first", [False, True])
def test_when_it_is_known_for_certain_the_old_number_finds_nobody(
    office: Office,
    booked: str,
    at_the_desk_first: bool,  # noqa: FBT001 - a case
) -> None:
    office.stage.hear("", "98765 43031", wa_user_id=NINA)
    if at_the_desk_first:
        office.stage.hear(office.cast.khan_user.whatsapp_number, f"add {OTHER} Nina")
        office.settle()
    office.stage.hear(OTHER, "status", wa_user_id=NINA)
    both = ["Nina", "Nina"] if at_the_desk_first else ["Nina"]
    assert names(found(office.admin, phone=OTHER)) == both
    assert names(found(office.admin, phone=PHONE)) == []
    assert profile(office.admin, booked)["patientPhone"] == OTHER
    assert {t["patientPhone"] for t in tokens(office.other_doctor)} == {OTHER}
