"""What Twilio posts, made one with what any channel brings; and who may post it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator
from werkzeug.datastructures import MultiDict

from bot.channels.twilio.parse import parse_inbound, parse_status
from bot.channels.twilio.signature import RETRIES, callback_url, is_signed
from domain.channel import ErrorClass
from domain.model.messages import Place
from flows.inbound import Inbound

NOW = datetime(2030, 11, 25, 3, 0, 0, 5000, tzinfo=UTC)
FORM = {
    "MessageSid": "SM1",
    "SmsStatus": "received",
    "AccountSid": "AC1",
    "From": "whatsapp:+919800000001",
    "To": "whatsapp:+14155238886",
    "Body": "next",
    "NumMedia": "0",
    "WaId": "919800000001",
    "ProfileName": "Asha",
    "MessageType": "text",
}


def read(**more: str) -> Inbound:
    found = parse_inbound({**FORM, **more}, NOW)
    assert found is not None
    return found


def test_a_text_names_who_wrote_to_which_number_and_when() -> None:
    assert read() == Inbound(
        message_id="SM1",
        sender="+14155238886",
        display_number="+14155238886",
        kind="text",
        sent_at=NOW.replace(microsecond=0),
        phone="+919800000001",
        profile_name="Asha",
        text="next",
    )


@pytest.mark.parametrize(
    ("more", "choice", "text"),
    [
        ({"ButtonPayload": "pay:1", "ButtonText": "Pay", "Body": "Pay"}, "pay:1", "Pay"),
        ({"ListId": "doc:rao", "ListTitle": "Dr Rao", "Body": "Dr Rao"}, "doc:rao", "Dr Rao"),
        ({"ButtonPayload": "a", "ListId": "b", "Body": "c"}, "a", "c"),
    ],
    ids=["button", "list", "payload first"],
)
def test_a_tap_is_a_tap(more: dict[str, str], choice: str, text: str) -> None:
    found = read(**more, OriginalRepliedMessageSid="SM0")
    assert (found.kind, found.choice, found.text, found.answers) == ("tap", choice, text, "SM0")


@pytest.mark.parametrize(
    "more",
    [
        {"ButtonText": "Another time", "Body": ""},
        {"ButtonText": "Another time", "ButtonPayload": "Another time", "Body": "Another time"},
        {"ListTitle": "Another time", "Body": ""},
    ],
    ids=["a button's words alone", "words in place of an id", "a row's words alone"],
)
def test_words_without_an_id_are_read_as_if_typed(more: dict[str, str]) -> None:
    found = read(**more, MessageType="button", OriginalRepliedMessageSid="SM0")
    assert (found.kind, found.choice, found.text) == ("text", None, "Another time")
    assert found.answers == "SM0"


@pytest.mark.parametrize(
    ("more", "kind", "media"),
    [
        ({"NumMedia": "1", "MediaContentType0": "audio/ogg", "Body": ""}, "media", "audio"),
        ({"NumMedia": "1", "MediaContentType0": "image/jpeg"}, "media", "image"),
        ({"NumMedia": "1", "MediaContentType0": "application/pdf"}, "media", "document"),
        ({"NumMedia": "1", "MediaContentType0": "text/vcard", "Body": ""}, "contacts", None),
        ({"Latitude": "12.9", "Longitude": "77.5", "Body": ""}, "location", None),
        ({"MessageType": "reaction", "Body": "👍"}, "reaction", None),
        ({"MessageType": "contacts", "Body": ""}, "contacts", None),
        ({"MessageType": "order", "Body": ""}, "unsupported", None),
    ],
)
def test_every_other_kind_has_its_name(more: dict[str, str], kind: str, media: str) -> None:
    found = read(**more)
    assert (found.kind, found.media) == (kind, media)


def test_a_person_without_a_number_has_their_user_id() -> None:
    found = read(From="whatsapp:IN.7788990011", WaId="")
    assert (found.phone, found.wa_user_id) == (None, "IN.7788990011")
    for written in ("IN.7788990011", "whatsapp:IN.7788990011"):
        both = read(ExternalUserId=written)
        assert (both.phone, both.wa_user_id) == ("+919800000001", "IN.7788990011")


@pytest.mark.parametrize(
    "more",
    [{"From": "+919800000001"}, {"MessageSid": ""}, {"To": "whatsapp:"}, {"From": "whatsapp:"}],
    ids=["a text message", "no id", "to nobody", "from nobody"],
)
def test_what_is_no_whatsapp_message_to_us_is_passed_over(more: dict[str, str]) -> None:
    assert parse_inbound({**FORM, **more}, NOW) is None


@given(st.dictionaries(st.sampled_from([*FORM, "ListId", "ButtonPayload", "Latitude"]), st.text()))
def test_no_form_breaks_it(form: dict[str, str]) -> None:
    parse_inbound(form, NOW)
    parse_inbound({**FORM, **form}, NOW)
    parse_status({**form, "MessageStatus": form.get("Body", "")}, form.get("To"), NOW)


@pytest.mark.parametrize(
    ("word", "status"),
    [("sent", "sent"), ("delivered", "delivered"), ("read", "read"), ("failed", "failed"),
     ("undelivered", "failed"), ("canceled", "failed"), ("queued", None),
     ("sending", None), ("anything", None)],
)  # fmt: skip
def test_a_status_is_matched_by_our_id(word: str, status: str | None) -> None:
    found = parse_status({"MessageSid": "SM9", "MessageStatus": word}, "msg_1", NOW)
    if status is None:
        assert found is None
    else:
        assert found is not None
        assert (found.message_id, found.provider_id, found.status) == ("msg_1", "SM9", status)


@pytest.mark.parametrize(
    ("code", "kind"),
    [("63016", ErrorClass.TEMPLATE), ("30003", ErrorClass.NEVER), ("", ErrorClass.NEVER),
     ("x", ErrorClass.NEVER), ("20003", ErrorClass.STOP), ("63019", ErrorClass.DOCUMENT),
     ("9" * 30, ErrorClass.NEVER)],
)  # fmt: skip
def test_a_failure_says_what_to_do(code: str, kind: ErrorClass) -> None:
    form = {"MessageSid": "SM9", "MessageStatus": "undelivered", "ErrorCode": code}
    found = parse_status(form, "msg_1", NOW)
    assert found is not None
    assert found.error_kind is kind


# --- Signatures ---------------------------------------------------------------------------------

TOKEN = "test_auth_token"
PUBLIC = "https://bot.example.in"
VECTOR = {
    "From": "whatsapp:+919800000001",
    "To": "whatsapp:+14155238886",
    "Body": "hi",
    "MessageSid": "SM1",
    "NumMedia": "0",
}


def signed(signature: str | None, token: str = TOKEN, query: str = "", **more: str) -> bool:
    return is_signed(PUBLIC, query, MultiDict(VECTOR | more), signature, None, token)


def test_the_signature_of_the_address_and_the_fields_is_known() -> None:
    good = "CyV/gBPq9Xo2oREqxJqRHhuK710="
    assert signed(good)
    assert not signed(good, token="another")
    assert not signed(good, Body="ho")
    assert not signed(good, query="message=msg_1")


@pytest.mark.parametrize("bad", [None, "", "é", "x" * 28])
def test_anything_else_is_none(bad: str | None) -> None:
    assert not signed(bad)


def test_without_a_token_nobody_can_sign() -> None:
    forged = RequestValidator("").compute_signature(f"{PUBLIC}/api/v1/webhooks/twilio", VECTOR)
    assert not signed(forged, token="")


def test_a_callback_with_our_id_is_signed_with_or_without_its_wishes() -> None:
    url = callback_url(PUBLIC, "msg_1")
    assert url == f"{PUBLIC}/api/v1/webhooks/twilio?message=msg_1{RETRIES}"
    validator = RequestValidator(TOKEN)
    for address in (url, url.partition("#")[0]):
        signature = validator.compute_signature(address, VECTOR)
        assert signed(signature, query="message=msg_1")


def test_a_shared_key_signs_another_way() -> None:
    address = f"{PUBLIC}/api/v1/webhooks/twilio"
    signature = RequestValidator(TOKEN).compute_signature(address, VECTOR, "HMAC_SHA256")
    form = MultiDict(VECTOR)
    settings = "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256"
    assert is_signed(PUBLIC, "", form, signature, settings, TOKEN)
    assert not is_signed(PUBLIC, "", form, signature, None, TOKEN)
    assert not is_signed(PUBLIC, "", form, signature, "algorithm=NONE", TOKEN)


def test_a_file_and_a_place_are_named() -> None:
    url = "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages/MM1/Media/ME1"
    file = {"NumMedia": "1", "MediaContentType0": "image/jpeg", "MediaUrl0": url}
    found = parse_inbound({**FORM, **file}, NOW)
    assert found is not None
    assert found.source == url
    there = {"Latitude": "12.9", "Longitude": "-77.5", "Label": "Here", "Body": ""}
    found = parse_inbound({**FORM, **there}, NOW)
    assert found is not None
    assert found.place == Place(
        latitude="12.900000", longitude="-77.500000", name="Here", address=""
    )
    absurd = parse_inbound({**FORM, **there, "Latitude": "nan"}, NOW)
    assert absurd is not None
    assert (absurd.kind, absurd.place) == ("location", None)
