"""Twilio's webhooks: their forms, their signatures, where they go and how often."""

import pytest

from .conftest import ASHA, LAKSHMI, LAKSHMI_ID, RAVI, eventually
from .twilio import (
    ACCOUNT,
    FROM,
    LIST,
    LIST_VALUES,
    MENU,
    QUICK,
    QUICK_SAMPLES,
    RETRIES,
    TO,
    TOKEN,
    TwilioProduct,
    TwilioSimulator,
)

MENU_VALUES = ["Book token 12?", "Yes", "ok:12", "No", "no:12"]


def heard(twilio, product):
    """Return the form of the newest message that the product has got."""
    twilio.settle()
    return product.forms()[-1]


def test_a_text_comes_with_who_wrote_it(twilio, twilio_product):
    written = twilio.write("It's me & you = 1+1 😀")
    form = heard(twilio, twilio_product)
    assert form == {
        "MessageSid": written["id"],
        "SmsMessageSid": written["id"],
        "SmsSid": written["id"],
        "AccountSid": ACCOUNT,
        "From": TO,
        "To": FROM,
        "Body": "It's me & you = 1+1 😀",
        "NumMedia": "0",
        "NumSegments": "1",
        "SmsStatus": "received",
        "ProfileName": "Asha",
        "WaId": ASHA,
        "MessageType": "text",
        "ApiVersion": "2010-04-01",
    }
    assert written["id"].startswith("SM")
    assert twilio.chat()[-1]["tick"] == "accepted"


def test_several_messages_come_one_by_one_in_order(twilio, twilio_product):
    for n in range(5):
        twilio.write(str(n))
    twilio.settle()
    assert [form["Body"] for form in twilio_product.forms()] == list("01234")


@pytest.mark.parametrize("option", ["Yes", "ok:12"])
def test_a_tap_on_a_quick_reply_brings_its_id_and_its_words(twilio, twilio_product, option):
    sid = twilio.deliver(**twilio.filled(twilio.create(MENU, MENU_VALUES), MENU_VALUES))
    twilio.tap(option)
    form = heard(twilio, twilio_product)
    assert (form["ButtonPayload"], form["ButtonText"], form["Body"]) == ("ok:12", "Yes", "Yes")
    assert form["MessageType"] == "button"
    assert form["OriginalRepliedMessageSid"] == sid
    assert form["OriginalRepliedMessageSender"] == FROM


def test_a_tap_on_a_template_does_too(twilio, twilio_product):
    sid = twilio.approved(QUICK, QUICK_SAMPLES, "tapped_v1")
    sid = twilio.deliver(**twilio.filled(sid, QUICK_SAMPLES))
    twilio.tap("No")
    form = heard(twilio, twilio_product)
    assert (form["ButtonPayload"], form["ButtonText"]) == ("no:12", "No")
    assert form["OriginalRepliedMessageSid"] == sid


def test_a_row_of_a_list_comes_with_its_id_and_title(twilio, twilio_product):
    sid = twilio.deliver(**twilio.filled(twilio.create(LIST, LIST_VALUES), LIST_VALUES))
    twilio.tap("Dr Rao")
    form = heard(twilio, twilio_product)
    assert (form["ListId"], form["ListTitle"], form["Body"]) == ("doc:rao", "Dr Rao", "Dr Rao")
    assert "ButtonPayload" not in form
    assert form["OriginalRepliedMessageSid"] == sid


def media(twilio, kind, **given):
    return twilio.control("POST", f"/phones/{ASHA}/media", {"type": kind, **given})


@pytest.mark.parametrize(
    ("kind", "content_type"),
    [("image", "image/png"), ("audio", "audio/ogg; codecs=opus"), ("sticker", "image/webp")],
)
def test_a_file_comes_by_its_address(twilio, twilio_product, kind, content_type):
    media(twilio, kind)
    form = heard(twilio, twilio_product)
    assert (form["NumMedia"], form["MediaContentType0"]) == ("1", content_type)
    assert form["MediaUrl0"].startswith(f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT}/")
    assert form["MessageType"] == kind
    path = form["MediaUrl0"].removeprefix("https://api.twilio.com")
    found = twilio.http.get(f"{twilio.base}{path}", auth=(ACCOUNT, TOKEN))
    assert found.status_code == 200
    assert found.headers["Content-Type"].startswith(content_type.partition(";")[0])
    assert twilio.http.get(f"{twilio.base}{path}").status_code == 401


def test_a_caption_is_the_body(twilio, twilio_product):
    media(twilio, "image", caption="My card")
    assert heard(twilio, twilio_product)["Body"] == "My card"


def test_a_location_has_a_place(twilio, twilio_product):
    media(twilio, "location", latitude=12.5, longitude=77.25, name="Home", address="12 MG Road")
    form = heard(twilio, twilio_product)
    place = {k: form[k] for k in ("Latitude", "Longitude", "Label", "Address")}
    assert place == {
        "Latitude": "12.5", "Longitude": "77.25", "Label": "Home", "Address": "12 MG Road",
    }  # fmt: skip
    assert form["MessageType"] == "location"


def test_a_contact_card_is_a_file(twilio, twilio_product):
    media(twilio, "contacts")
    form = heard(twilio, twilio_product)
    assert (form["NumMedia"], form["MediaContentType0"]) == ("1", "text/vcard")


def test_a_reaction_names_its_message(twilio, twilio_product):
    sid = twilio.deliver(Body="Hello")
    media(twilio, "reaction", message_id=sid, emoji="👍")
    form = heard(twilio, twilio_product)
    assert (form["MessageType"], form["Body"]) == ("reaction", "👍")
    assert form["OriginalRepliedMessageSid"] == sid


def test_what_twilio_does_not_know_has_neither_words_nor_files(twilio, twilio_product):
    media(twilio, "unsupported")
    form = heard(twilio, twilio_product)
    assert (form["Body"], form["NumMedia"]) == ("", "0")


def test_a_reply_names_the_message_and_whose_it_is(twilio, twilio_product):
    mine = twilio.write("First")
    twilio.write("Second", reply_to=mine["id"])
    form = heard(twilio, twilio_product)
    assert form["OriginalRepliedMessageSid"] == mine["id"]
    assert form["OriginalRepliedMessageSender"] == TO


def test_a_hidden_number_is_a_user_id(twilio, twilio_product):
    twilio.write("Hi", LAKSHMI)
    form = heard(twilio, twilio_product)
    assert form["From"] == form["ExternalUserId"] == f"whatsapp:{LAKSHMI_ID}"
    assert "WaId" not in form
    assert LAKSHMI not in str(form)


# -- statuses ----------------------------------------------------------------------------------


def test_statuses_go_to_the_messages_own_address_without_the_fragment(twilio, twilio_product):
    sid = twilio.deliver(Body="Hello")
    twilio.settle()
    told = twilio_product.statuses(sid)
    assert [form["MessageStatus"] for _, form in told] == ["sent", "delivered", "read"]
    assert {path for path, _ in told} == {"/hooks?message=m1"}
    (first, *_) = (form for _, form in told)
    assert {k: first[k] for k in ("AccountSid", "From", "To", "SmsStatus", "EventType")} == {
        "AccountSid": ACCOUNT,
        "From": FROM,
        "To": TO,
        "SmsStatus": "sent",
        "EventType": "SENT",
    }
    assert "ErrorCode" not in first
    assert [s["status"] for s in twilio.chat()[-1]["statuses"]] == ["sent", "delivered", "read"]


def test_without_an_address_nobody_is_told(twilio, twilio_product):
    twilio.deliver(Body="Hello", StatusCallback=None)
    twilio.settle()
    assert twilio_product.statuses() == []
    assert [s["status"] for s in twilio.chat()[-1]["statuses"]] == ["sent", "delivered", "read"]


def test_faults_of_webhooks_strike(twilio, twilio_product):
    twilio.faults(duplicate_webhooks=1.0)
    twilio.write("twice")
    twilio.settle()
    assert [form["Body"] for form in twilio_product.forms()] == ["twice", "twice"]
    twilio.faults(duplicate_webhooks=0.0, skip_delivered=True)
    sid = twilio.deliver(Body="Hello")
    twilio.settle()
    assert twilio_product.status_names(sid) == ["sent", "read"]
    twilio.faults(skip_delivered=False, shuffle_statuses=True)
    sid = twilio.deliver(Body="Hello")
    twilio.settle()
    assert twilio_product.status_names(sid) == ["read", "delivered", "sent"]


def test_the_call_knows_when_the_product_was_told(twilio):
    sid = twilio.deliver(Body="Hello")
    twilio.settle()
    (call,) = twilio.control("GET", "/calls")["calls"]
    assert (call["id"], call["outcome"], call["biz"]) == (sid, "accepted", twilio.callback)
    eventually(lambda: twilio.control("GET", "/calls")["calls"][0]["told"], "the first status")


# -- delivery ----------------------------------------------------------------------------------


@pytest.mark.slow
def test_what_fails_comes_again_if_the_address_asks_for_it(twilio, twilio_product):
    twilio_product.refuse_with += [503, 500]
    twilio.write("again")
    twilio.settle()
    assert [status for status, _ in twilio_product.received] == [503, 500, 200]
    assert twilio.chat()[-1]["tick"] == "accepted"


def test_what_fails_is_lost_if_the_address_does_not(twilio, twilio_product):
    without = twilio.callback.removesuffix(RETRIES)
    twilio_product.refuse_with += [503]
    sid = twilio.deliver(Body="Hello", StatusCallback=without)
    twilio.settle()
    assert [status for status, _ in twilio_product.received] == [503, 200, 200]
    assert twilio_product.status_names(sid) == ["sent", "delivered", "read"]


@pytest.mark.parametrize(("signature", "status"), [("right", 200), ("wrong", 401), ("none", 401)])
def test_a_form_of_ones_own_can_be_posted(twilio, twilio_product, signature, status):
    path = f"{twilio.base}/control/webhook?signature={signature}"
    answer = twilio.http.post(path, data="MessageSid=SM1&Body=Hi%20there&Empty=", timeout=10)
    assert answer.json()["status_code"] == status
    if status == 200:
        assert twilio_product.forms() == [{"MessageSid": "SM1", "Body": "Hi there", "Empty": ""}]
    twilio_product.problems.clear()


@pytest.mark.slow
def test_undelivered_webhooks_and_contents_survive_a_restart(tmp_path):
    product = TwilioProduct()
    simulator = TwilioSimulator(tmp_path, product)
    try:
        simulator.faults(hold_webhooks=True)
        sid = simulator.approved(QUICK, QUICK_SAMPLES, "kept_v1")
        simulator.write("before", RAVI)
        simulator.deliver(To=f"whatsapp:+{RAVI}", Body="Hello")
        simulator.stop()
        simulator.start()
        simulator.settle()
        assert [form["Body"] for form in product.forms()] == ["before"]
        assert [form["MessageStatus"] for _, form in product.statuses()] == [
            "sent", "delivered", "read",
        ]  # fmt: skip
        simulator.deliver(To=f"whatsapp:+{RAVI}", **simulator.filled(sid, QUICK_SAMPLES))
        assert simulator.chat(RAVI)[-1]["template"] == "kept_v1"
        assert product.problems == []
    finally:
        simulator.stop()
        simulator.http.close()
        product.close()


def test_the_documented_signature_is_the_one_that_is_made():
    """The vector of Twilio's own library, so that both sides cannot be wrong alike."""
    from simulator.twilio.dialect import signature  # noqa: PLC0415 - no process is needed here

    url = "https://bot.example.in/api/v1/webhooks/twilio"
    fields = [
        ("From", "whatsapp:+919800000001"),
        ("To", "whatsapp:+14155238886"),
        ("Body", "hi"),
        ("MessageSid", "SM1"),
        ("NumMedia", "0"),
    ]
    assert signature("test_auth_token", url, fields) == "CyV/gBPq9Xo2oREqxJqRHhuK710="
    assert signature(TOKEN, url, fields) != "CyV/gBPq9Xo2oREqxJqRHhuK710="
