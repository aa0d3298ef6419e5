"""What goes to Twilio, and what its answers mean."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from msgspec import structs

from bot.channels.http import new_session
from bot.channels.twilio.channel import TwilioChannel, TwilioSms
from bot.channels.twilio.client import new_client
from bot.channels.twilio.contents import Contents, create, submit
from bot.channels.twilio.missed import fetch_missed
from domain.channel import Choice, ErrorClass, SendFailed, SendUnknown, TemplateCall
from tests.contract.channels.providers import (
    ACCOUNT,
    AUTH_TOKEN,
    DOCTORS,
    HANG_UP,
    NUMBER,
    PLACE,
    PUBLIC_URL,
    THREE,
    Answer,
    Server,
    Twilio,
)

TEXT = Twilio.TEXT
CALLBACK = f"{PUBLIC_URL}/api/v1/webhooks/twilio?message=out_01JABC#rc=5&rp=all"
PLAIN = {
    "From": f"whatsapp:{NUMBER}",
    "To": "whatsapp:+919800000001",
    "StatusCallback": CALLBACK,
}
SHAPES: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "text": ({"text": "Token 012 is next."}, {"Body": "Token 012 is next."}),
    "buttons nobody made": (
        {"text": "Token 12", "choices": THREE},
        {"Body": "Token 12\n\n1. Pay now\n2. Another time\n3. Cancel"},
    ),
    "a list nobody made": (
        {"text": "Choose", "choices": DOCTORS, "choices_label": "Doctors"},
        {"Body": "Choose\n\n1. Dr Rao (General · 14 waiting)\n2. Dr Iyer"},
    ),
    "choices that are numbered already": (
        {"text": "Choose\n1. Dr Rao (General)\n2. Dr Iyer", "choices": DOCTORS},
        {"Body": "Choose\n1. Dr Rao (General)\n2. Dr Iyer"},
    ),
    "link": (
        {"text": "Pay by 10:25.", "url": "https://p.example.in/p/1", "url_label": "Pay ₹200"},
        {"Body": "Pay by 10:25.\n\nPay ₹200: https://p.example.in/p/1"},
    ),
    "place": (
        {"text": "Our address", "url": "https://maps.example.in/1", "place": PLACE},
        {
            "Body": "City Clinic",
            "PersistentAction": "geo:12.975800,-77.606300|1 MG Road, Kolkata",
        },
    ),
    "place without an address": (
        {"place": structs.replace(PLACE, name="City | Clinic", address="")},
        {
            "Body": "City | Clinic",
            "PersistentAction": "geo:12.975800,-77.606300|City / Clinic",
        },
    ),
    "document": (
        {
            "text": "The prescription of Asha.",
            "url": "https://p.example.in/rx_1",
            "document": "Prescription 2030-11-25.pdf",
        },
        {"Body": "The prescription of Asha.", "MediaUrl": "https://p.example.in/rx_1"},
    ),
    "a long text": ({"text": "x" * 3000}, {"Body": "x" * 1599 + "…"}),
}
CONTENTS: dict[str, tuple[dict[str, Any], tuple[str, str], list[str]]] = {
    "buttons": (
        {"text": "Token 12\n\nDr Rao,     10:10", "choices": THREE},
        ("menu_buttons_3_2", "en"),
        ["Token 12", "Dr Rao, 10:10", "Pay now", "pay:1", "Another time", "move:1", "Cancel",
         "drop:1"],
    ),
    "rows with second lines": (
        {"text": "Choose\n1. Dr Rao\n2. Dr Iyer", "choices": DOCTORS, "choices_label": "Doctors"},
        ("menu_rows_2_3", "en"),
        ["Choose", "1. Dr Rao", "2. Dr Iyer", "Doctors", "Dr Rao", "doc:rao",
         "General · 14 waiting", "Dr Iyer", "doc:iyer",
         "–"],
    ),
    "rows": (
        {"text": "When?", "choices": tuple(Choice(f"s:{n}", f"{n}:00") for n in range(5))},
        ("menu_list_5_1", "en"),
        ["When?", "…", "0:00", "s:0", "1:00", "s:1", "2:00", "s:2", "3:00", "s:3", "4:00", "s:4"],
    ),
    "template": (
        {"text": "ignored", "template": TemplateCall(
            "token_next_v1", "hi", {"token": "012", "doctor": "Dr\nRao", "who": ""}, ("HERE_1",))},
        ("token_next_v1", "hi"),
        ["012", "Dr Rao", "–", "HERE_1"],
    ),
    "login code": (
        {"template": TemplateCall("login_code", "en", code="482913")},
        ("login_code", "en"),
        ["482913"],
    ),
}  # fmt: skip


def test_a_reaction_is_refused_and_nothing_goes_out(twilio: Twilio, server: Server) -> None:
    channel = twilio.channel()
    assert not channel.can_react

    with pytest.raises(SendFailed) as refusal:
        channel.send(replace(twilio.TEXT, text="👍", reacts_to="SM1"))

    assert refusal.value.kind is ErrorClass.NEVER
    assert server.calls == []


@pytest.mark.parametrize(("parts", "wire"), SHAPES.values(), ids=SHAPES)
def test_each_shape_is_sent_as_text(
    twilio: Twilio, server: Server, parts: dict[str, Any], wire: dict[str, str]
) -> None:
    twilio.channel().send(replace(TEXT, **parts))

    [call] = server.calls
    assert call.form == PLAIN | wire
    assert call.path == f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"


@pytest.mark.parametrize(("parts", "key", "variables"), CONTENTS.values(), ids=CONTENTS)
def test_what_lies_at_twilio_is_sent_as_content(
    twilio: Twilio,
    server: Server,
    parts: dict[str, Any],
    key: tuple[str, str],
    variables: list[str],
) -> None:
    twilio.contents[key] = "HX7"
    twilio.channel().send(replace(TEXT, **parts))

    [call] = server.calls
    filled = json.loads(call.form.pop("ContentVariables"))
    assert {**call.form, "ContentVariables": None} == PLAIN | {
        "ContentSid": "HX7", "ContentVariables": None,
    }  # fmt: skip
    assert filled == {str(n): value for n, value in enumerate(variables, start=1)}


def test_a_template_the_account_does_not_have_asks_for_another_language(
    twilio: Twilio, server: Server
) -> None:
    twilio.contents["closed_v1", "en"] = "HX8"
    with pytest.raises(SendFailed) as refusal:
        twilio.channel().send(replace(TEXT, template=TemplateCall("closed_v1", "hi")))

    assert refusal.value.kind is ErrorClass.LANGUAGE
    assert server.calls == []
    twilio.channel().send(replace(TEXT, template=TemplateCall("closed_v1", "en")))
    assert server.calls[0].form == PLAIN | {"ContentSid": "HX8"}


def test_a_menu_too_long_for_whatsapp_goes_as_numbered_text(twilio: Twilio, server: Server) -> None:
    twilio.contents["menu_buttons_3_1", "en"] = "HX7"
    twilio.channel().send(replace(TEXT, text="x" * 1100, choices=THREE))

    assert server.calls[0].form["Body"].endswith("x\n\n1. Pay now\n2. Another time\n3. Cancel")


def test_a_person_without_a_number_is_answered_where_they_wrote_from(
    twilio: Twilio, server: Server
) -> None:
    twilio.channel().send(replace(TEXT, phone=None))

    assert server.calls[0].form["To"] == "whatsapp:IN.7788990011"


def test_nobody_is_written_to_without_an_address_nor_sent_a_code_without_a_number(
    twilio: Twilio, server: Server
) -> None:
    code = TemplateCall("account_code_v1", "en", code="482913")
    for message in (replace(TEXT, wa_user_id=None), replace(TEXT, template=code)):
        with pytest.raises(SendFailed) as refusal:
            twilio.channel().send(replace(message, phone=None))
        assert refusal.value.kind is ErrorClass.NEVER
    assert server.calls == []


def test_a_number_is_asked_for_in_words_as_twilio_has_no_button_for_it(twilio: Twilio) -> None:
    asked = TemplateCall("number_ask_v1", "en", {"clinic": "City Medical Center"})
    with pytest.raises(SendFailed) as refusal:
        twilio.channel().send(replace(TEXT, phone=None, template=asked))

    assert refusal.value.kind is ErrorClass.LANGUAGE


def test_a_message_taken_as_failed_is_a_refusal(twilio: Twilio) -> None:
    said = {"sid": "SM1", "status": "failed", "error_code": 63024}
    twilio.answers(Answer(201, json.dumps(said).encode()))

    with pytest.raises(SendFailed) as refusal:
        twilio.channel().send(TEXT)

    assert (refusal.value.kind, refusal.value.code) == (ErrorClass.NEVER, 63024)


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, 99999, ErrorClass.MALFORMED),
        (500, 99999, ErrorClass.LATER),
        (503, None, ErrorClass.LATER),
        (404, 20404, ErrorClass.STOP),
        (400, "63016", ErrorClass.MALFORMED),
    ],
    ids=["4xx", "5xx", "no code", "code over status", "not a number"],
)
def test_an_unknown_code_goes_by_the_status(
    twilio: Twilio, status: int, code: object, kind: ErrorClass
) -> None:
    twilio.errs(status, code)

    with pytest.raises(SendFailed) as refusal:
        twilio.channel().send(TEXT)

    assert refusal.value.kind is kind


def test_twilios_words_reach_the_reason_without_numbers(twilio: Twilio) -> None:
    twilio.errs(400, 21211, "The 'To' number +91 98000 00001 is not valid")

    with pytest.raises(SendFailed) as refusal:
        twilio.channel().send(TEXT)

    assert "98000" not in refusal.value.reason
    assert "is not valid" in refusal.value.reason


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"null", b'{"sid": 7}', b'{"sid": ""}'])
def test_an_answer_that_cannot_be_read_may_have_been_a_yes(twilio: Twilio, body: bytes) -> None:
    twilio.answers(Answer(201, body))

    with pytest.raises(SendUnknown):
        twilio.channel().send(TEXT)


def test_a_redirect_is_not_followed_with_the_token(twilio: Twilio, server: Server) -> None:
    twilio.answers(Answer(302, headers=(("Location", f"{server.url}/elsewhere"),)))

    with pytest.raises(SendFailed) as refusal:
        twilio.channel().send(TEXT)

    assert refusal.value.kind is ErrorClass.STOP
    assert len(server.calls) == 1


@pytest.mark.parametrize("name", ["TWILIO_EDGE", "TWILIO_REGION"])
def test_the_environment_does_not_bend_the_address(
    twilio: Twilio, server: Server, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "dublin")
    assert twilio.channel().send(TEXT) == "SM1"
    assert len(server.calls) == 1


@pytest.mark.parametrize("url", ["api.twilio.com", "ftp://api.twilio.com", "https://"])
def test_malformed_settings_stop_the_number(url: str) -> None:
    with new_session() as session:
        client = new_client(ACCOUNT, AUTH_TOKEN, url, session)
        channel = TwilioChannel(client, lambda *_: None, PUBLIC_URL)
        with pytest.raises(SendFailed) as refusal:
            channel.send(TEXT)

    assert refusal.value.kind is ErrorClass.STOP
    assert AUTH_TOKEN not in refusal.value.reason


def test_without_an_address_of_its_own_it_asks_twilio(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def refuse(_session: requests.Session, _method: str, url: str, **_: object) -> None:
        asked.append(url)
        raise requests.ConnectTimeout

    monkeypatch.setattr(requests.Session, "request", refuse)
    with new_session() as session:
        client = new_client(ACCOUNT, AUTH_TOKEN, None, session)
        with pytest.raises(SendFailed):
            TwilioChannel(client, lambda *_: None, PUBLIC_URL).send(TEXT)
        assert Contents(client)("menu_list_1", "en") is None
    assert [url.split("/")[2] for url in asked] == ["api.twilio.com", "content.twilio.com"]


# --- Text messages ------------------------------------------------------------------------------


def test_a_text_message_names_our_id_where_its_status_comes(twilio: Twilio, server: Server) -> None:
    sent = TwilioSms(twilio.client(), "+15550001111", PUBLIC_URL).send(
        "+919800000001", "123456 is your code.", "out_01JABC"
    )

    assert sent == "SM1"
    assert server.calls[0].form == {
        "From": "+15550001111",
        "To": "+919800000001",
        "Body": "123456 is your code.",
        "StatusCallback": CALLBACK,
    }


def test_a_text_message_may_have_gone_too(twilio: Twilio) -> None:
    twilio.answers(HANG_UP)
    with pytest.raises(SendUnknown):
        TwilioSms(twilio.client(), "+15550001111", PUBLIC_URL).send("+919800000001", "x", "m")


# --- What lies at Twilio ------------------------------------------------------------------------


def listing(*contents: tuple[str, str, str, str]) -> Answer:
    rows = [
        {
            "friendly_name": name,
            "language": language,
            "sid": sid,
            "approval_requests": {"status": approval} if approval else None,
        }
        for name, language, sid, approval in contents
    ]
    return Answer(body=json.dumps({"contents": rows, "meta": {"key": "contents"}}).encode())


def test_templates_count_once_approved_and_menus_always(twilio: Twilio, server: Server) -> None:
    twilio.answers(
        listing(
            ("closed_v1", "en_GB", "HX1", "approved"),
            ("closed_v1", "hi", "HX2", "pending"),
            ("menu_list_3", "en", "HX3", "unsubmitted"),
            ("menu_list_4", "en", "HX4", ""),
        )
    )
    now = [0.0]
    contents = Contents(twilio.client(), clock=lambda: now[0])

    assert contents("closed_v1", "en-GB") == "HX1"
    assert contents("closed_v1", "hi") is None
    assert (contents("menu_list_3", "en"), contents("menu_list_4", "en")) == ("HX3", "HX4")
    assert len(server.calls) == 1
    assert server.calls[0].path.startswith("/v1/ContentAndApprovals")

    twilio.answers(listing(("closed_v1", "hi", "HX2", "approved")))
    now[0] = 601
    assert contents("closed_v1", "hi") == "HX2"


def test_a_list_that_cannot_be_read_is_asked_for_again_a_minute_later(
    twilio: Twilio, server: Server
) -> None:
    twilio.errs(404, 20404)
    now = [0.0]
    contents = Contents(twilio.client(), clock=lambda: now[0])
    assert contents("closed_v1", "en") is None
    now[0] = 59
    assert contents("closed_v1", "en") is None
    assert len(server.calls) == 1
    twilio.answers(listing(("closed_v1", "en", "HX1", "approved")))
    now[0] = 61
    assert contents("closed_v1", "en") == "HX1"


def test_a_content_is_made_and_submitted(twilio: Twilio, server: Server) -> None:
    twilio.answers(Answer(201, b'{"sid": "HX9"}'), Answer(201, b"{}"))
    client = twilio.client()
    sid = create(client, {"friendly_name": "closed_v1"})
    submit(client, sid, "closed_v1", "UTILITY")

    assert [call.path for call in server.calls] == [
        "/v1/Content",
        "/v1/Content/HX9/ApprovalRequests/whatsapp",
    ]
    assert server.calls[1].json == {"name": "closed_v1", "category": "UTILITY"}
    twilio.errs(400, 20001)
    with pytest.raises(SendFailed):
        submit(client, sid, "closed_v1", "UTILITY")


# --- What came while nobody answered ------------------------------------------------------------


def message(sid: str, at: str, **more: str) -> dict[str, str]:
    came = {
        "sid": sid,
        "direction": "inbound",
        "from": "whatsapp:+919800000001",
        "to": f"whatsapp:{NUMBER}",
        "body": "next",
        "num_media": "0",
        "date_sent": f"Mon, 06 May 2030 {at} +0000",
    }
    return came | more


def test_what_came_is_listed_oldest_first_without_our_own(twilio: Twilio, server: Server) -> None:
    rows = [
        message("SM3", "10:05:00"),
        message("SM2", "10:04:00", direction="outbound-api"),
        message("SM1", "10:03:00", body="hi"),
        message("SM0", "09:00:00"),
        message("SM9", "10:03:30", **{"from": "+919800000001"}),
    ]
    said = {"messages": rows, "next_page_uri": None, "page_size": 1000}
    twilio.answers(Answer(body=json.dumps(said).encode()))
    since = datetime(2030, 5, 6, 10, tzinfo=UTC)

    found = fetch_missed(twilio.client(), since, datetime(2030, 5, 6, 11, tzinfo=UTC))

    assert [(m.message_id, m.text, m.sender, m.phone) for m in found] == [
        ("SM1", "hi", NUMBER, "+919800000001"),
        ("SM3", "next", NUMBER, "+919800000001"),
    ]
    assert found[0].sent_at == datetime(2030, 5, 6, 10, 3, tzinfo=UTC)
    assert "DateSent" in server.calls[0].path


def test_a_list_that_does_not_come_says_so(twilio: Twilio) -> None:
    twilio.answers(HANG_UP)
    since = datetime(2030, 5, 6, 10, tzinfo=UTC)
    with pytest.raises(SendUnknown):
        fetch_missed(twilio.client(), since, since)
