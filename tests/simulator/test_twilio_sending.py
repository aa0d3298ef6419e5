"""Sending through Twilio: its answers and what the person sees, refusals, the window, faults."""

import json

import pytest
import requests

from .conftest import ASHA, ASHA_ID, CLINIC_DISPLAY, LAKSHMI, LAKSHMI_ID, RAVI, eventually
from .twilio import (
    ACCOUNT,
    CODE,
    FROM,
    LIST,
    LIST_VALUES,
    MENU,
    MESSAGES,
    QUICK,
    QUICK_SAMPLES,
    TO,
    TOKEN,
    numbered,
)

MENU_VALUES = ["Book token 12?", "Yes", "ok:12", "No", "no:12"]


def test_the_answer_describes_a_queued_message(twilio):
    answer = twilio.message(Body="Hello")
    assert answer.status_code == 201
    said = answer.json()
    assert said["sid"].startswith("SM")
    assert len(said["sid"]) == 34
    assert {k: said[k] for k in ("status", "direction", "from", "to", "body", "error_code")} == {
        "status": "queued",
        "direction": "outbound-api",
        "from": FROM,
        "to": TO,
        "body": "Hello",
        "error_code": None,
    }
    assert said["account_sid"] == ACCOUNT


@pytest.mark.parametrize(
    "auth", [(ACCOUNT, "stolen"), ("AC" + "2" * 32, TOKEN), None], ids=["token", "sid", "none"]
)
@pytest.mark.parametrize("path", [MESSAGES, "/v1/ContentAndApprovals"])
def test_without_the_accounts_sid_and_token_nothing_is_answered(twilio, path, auth):
    answer = twilio.call("GET", path, auth=auth)
    assert answer.status_code == 401
    assert answer.json() == {
        "code": 20003,
        "message": "Authenticate",
        "more_info": "https://www.twilio.com/docs/errors/20003",
        "status": 401,
    }


def test_messages_of_another_account_are_not_there(twilio):
    answer = twilio.call("GET", MESSAGES.replace(ACCOUNT, "AC" + "9" * 32))
    assert (answer.status_code, answer.json()["code"]) == (404, 20404)


def test_metas_addresses_are_not_there(twilio):
    assert twilio.graph("100200300400500/messages", {}).status_code == 404
    assert twilio.control("POST", "/handshake", ok=False).status_code == 409


def test_twilios_addresses_are_not_there_when_meta_is_played(sim):
    for path in (MESSAGES, "/v1/ContentAndApprovals"):
        answer = sim.http.get(sim.base + path, auth=(ACCOUNT, TOKEN), timeout=10)
        assert answer.status_code == 404


GEO = "geo:12.975800,-77.606300|12 MG Road"
REFUSED = [
    ("no body", {}, 21619),
    ("a blank body", {"Body": " \n"}, 21619),
    ("a long body", {"Body": "x" * 1601}, 21617),
    ("a body of too many UTF-16 units", {"Body": "🙂" * 801}, 21617),
    ("body and content", {"Body": "Hi", "ContentSid": "HX" + "0" * 32}, 63030),
    ("file and content", {"MediaUrl": "https://a.test/1", "ContentSid": "HX" + "0" * 32}, 63030),
    ("variables without content", {"Body": "Hi", "ContentVariables": "{}"}, 63030),
    ("an unknown content", {"ContentSid": "HX" + "0" * 32}, 21655),
    ("no recipient", {"To": None, "Body": "Hi"}, 21604),
    ("no sender", {"From": None, "Body": "Hi"}, 21603),
    ("a recipient without whatsapp:", {"To": f"+{ASHA}", "Body": "Hi"}, 21211),
    ("a recipient without plus", {"To": f"whatsapp:{ASHA}", "Body": "Hi"}, 21211),
    ("a recipient with spaces", {"To": "whatsapp:+91 98765 00001", "Body": "Hi"}, 21211),
    ("an unknown user id", {"To": "whatsapp:IN.1", "Body": "Hi"}, 21211),
    ("a sender without whatsapp:", {"From": f"+{CLINIC_DISPLAY}", "Body": "Hi"}, 21212),
    ("a sender without plus", {"From": f"whatsapp:{CLINIC_DISPLAY}", "Body": "Hi"}, 21212),
    ("a sender that is not ours", {"From": "whatsapp:+14155238886", "Body": "Hi"}, 63007),
    ("to itself", {"To": FROM, "Body": "Hi"}, 63031),
    ("a wrong callback", {"StatusCallback": "here", "Body": "Hi"}, 21609),
    ("a wrong file", {"MediaUrl": "report.pdf"}, 21620),
    ("a place beside content", {"PersistentAction": GEO, "ContentSid": "HX" + "0" * 32}, 63030),
    ("a place without a name", {"PersistentAction": GEO}, 21619),
    ("a place without a label", {"Body": "Hi", "PersistentAction": "geo:12.9,77.6"}, 20001),
    ("a place off the map", {"Body": "Hi", "PersistentAction": "geo:91,77.6|Home"}, 20001),
    ("two places", {"Body": "Hi", "PersistentAction": [GEO, GEO]}, 20001),
    ("two files", {"MediaUrl": ["https://a.test/1", "https://a.test/2"]}, 21623),
    ("an unknown parameter", {"Body": "Hi", "Buttons": "Yes"}, 20001),
]


@pytest.mark.parametrize(
    ("fields", "code"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED]
)
def test_what_breaks_a_rule_is_refused_and_shown_to_nobody(twilio, fields, code):
    answer = twilio.message(**fields)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert answer.json()["more_info"].endswith(f"/{code}")
    assert len(twilio.chat()) == 1
    (refusal,) = twilio.control("GET", "/refusals")["refusals"]
    assert (refusal["code"], refusal["path"]) == (code, MESSAGES)
    (call,) = twilio.control("GET", "/calls")["calls"]
    assert (call["outcome"], call["code"]) == ("refused", code)


@pytest.mark.parametrize("body", ["x" * 1600, "🙂" * 800])
def test_the_longest_body_is_shown(twilio, body):
    twilio.deliver(Body=body)
    assert twilio.chat()[-1]["text"] == body


def test_quick_replies_are_shown_with_their_words_filled_in(twilio):
    sid = twilio.create(MENU, MENU_VALUES)
    twilio.deliver(**twilio.filled(sid, MENU_VALUES))
    shown = twilio.chat()[-1]
    assert (shown["type"], shown["text"]) == ("interactive", "Book token 12?")
    assert [(o["id"], o["title"]) for o in shown["options"]] == [("ok:12", "Yes"), ("no:12", "No")]


def test_a_list_is_shown_with_its_rows(twilio):
    sid = twilio.create(LIST, LIST_VALUES)
    twilio.deliver(**twilio.filled(sid, LIST_VALUES))
    shown = twilio.chat()[-1]
    assert (shown["text"], shown["list_label"]) == ("Choose a doctor", "Doctors")
    rows = [(o["id"], o["title"], o["description"]) for o in shown["options"]]
    assert rows == [("doc:rao", "Dr Rao", "General"), ("doc:iyer", "Dr Iyer", "Skin")]


def test_an_approved_content_is_a_template(twilio):
    sid = twilio.approved(QUICK, QUICK_SAMPLES, "shown_v1")
    twilio.deliver(**twilio.filled(sid, ["7", "Ravi", "ok:7", "no:7"]))
    shown = twilio.chat()[-1]
    assert shown["text"] == "Token 7 for Ravi: is that right?"
    assert (shown["type"], shown["template"], shown["category"]) == (
        "template", "shown_v1", "utility",
    )  # fmt: skip
    assert [o["id"] for o in shown["options"]] == ["ok:7", "no:7"]


def test_a_code_can_be_copied_and_goes_to_a_number_alone(twilio):
    sid = twilio.approved(CODE, ["123456"], "code_v1", "AUTHENTICATION")
    twilio.deliver(**twilio.filled(sid, ["481516"]))
    shown = twilio.chat()[-1]
    assert (shown["code"], shown["code_label"]) == ("481516", "Copy code")
    assert "*481516* is your verification code." in shown["text"]
    assert twilio.refused(**twilio.filled(sid, ["x" * 16])) == 63021
    hidden = twilio.filled(sid, ["481516"])
    assert twilio.refused(To=f"whatsapp:{LAKSHMI_ID}", **hidden) == 63024


def test_a_code_is_not_sent_before_it_is_approved(twilio):
    sid = twilio.create(CODE, ["123456"])
    assert twilio.refused(**twilio.filled(sid, ["481516"])) == 63021


def test_a_place_is_shown_with_its_name_and_label(twilio):
    twilio.deliver(Body="City Clinic", PersistentAction=GEO)
    shown = twilio.chat()[-1]
    assert (shown["type"], shown["text"]) == ("location", "")
    assert shown["media"] == {
        "kind": "location",
        "latitude": 12.9758,
        "longitude": -77.6063,
        "name": "City Clinic",
        "address": "12 MG Road",
    }


def test_a_document_is_fetched_and_shown_without_words(twilio, twilio_product):
    link = twilio_product.file(b"%PDF-1.7")
    sid = twilio.deliver(MediaUrl=link, Body="Your bill")
    eventually(lambda: twilio.chat()[-1]["media"].get("id"), "the file")
    shown = twilio.chat()[-1]
    assert (shown["type"], shown["text"]) == ("document", "")
    assert shown["media"]["filename"] == link.rpartition("/")[2]
    twilio.settle()
    assert twilio_product.status_names(sid) == ["sent", "delivered", "read"]


def test_a_document_that_cannot_be_fetched_fails_later(twilio, twilio_product):
    sid = twilio.deliver(MediaUrl=twilio_product.file(b"", status=404))
    eventually(lambda: twilio_product.statuses(sid), "the status")
    ((_, status),) = twilio_product.statuses(sid)
    assert (status["MessageStatus"], status["ErrorCode"]) == ("failed", "63019")


def test_a_hidden_person_is_answered_at_the_address_they_wrote_from(twilio, twilio_product):
    twilio.write("Hi", LAKSHMI)
    twilio.settle()
    asked = twilio_product.forms()[-1]["From"]
    sid = twilio.deliver(To=asked, Body="Hello")
    twilio.settle()
    assert twilio.chat(LAKSHMI)[-1]["text"] == "Hello"
    assert {form["To"] for _, form in twilio_product.statuses(sid)} == {f"whatsapp:{LAKSHMI_ID}"}


# -- variables ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (None, 21656),
        ("", 21656),
        ("[]", 21656),
        ("{", 21656),
        (json.dumps(numbered(MENU_VALUES[:4])), 21656),
        (json.dumps(numbered([*MENU_VALUES, "more"])), 21656),
        (json.dumps({**numbered(MENU_VALUES), "name": "Asha"}), 21656),
        (json.dumps({**numbered(MENU_VALUES), "2": 2}), 21656),
        (json.dumps({**numbered(MENU_VALUES), "2": None}), 21656),
    ],
    ids=[
        "nothing",
        "empty",
        "a list",
        "no JSON",
        "one missing",
        "one too many",
        "a name",
        "a number",
        "null",
    ],
)
def test_variables_are_an_object_of_numbered_strings(twilio, given, code):
    sid = twilio.create(MENU, MENU_VALUES)
    assert twilio.refused(ContentSid=sid, ContentVariables=given) == code


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("", 21656),
        ("   ", 21656),
        ("one\ntwo", 21656),
        ("one\r\ntwo", 21656),
        ("one\u2028two", 21656),
        ("one\ttwo", 21656),
        ("one     two", 21656),
        ("Asha's", 21656),
        ("x" * 1601, 21658),
        ("🙂" * 801, 21658),
        ("x" * 1025, 63021),
        ("🙂" * 513, 63021),
    ],
    ids=[
        "empty",
        "blank",
        "a line break",
        "a return",
        "a separator of lines",
        "a tab",
        "five spaces",
        "an apostrophe",
        "too long",
        "too long in units",
        "a long body",
        "a long body in units",
    ],
)
def test_a_value_that_twilio_does_not_take_is_refused(twilio, value, code):
    sid = twilio.create(MENU, MENU_VALUES)
    assert twilio.refused(**twilio.filled(sid, [value, *MENU_VALUES[1:]])) == code


@pytest.mark.parametrize("value", ["one    two", "Asha\u2019s", "x" * 1024, "🙂" * 512])
def test_a_value_within_the_rules_is_shown(twilio, value):
    sid = twilio.create(MENU, MENU_VALUES)
    twilio.deliver(**twilio.filled(sid, [value, *MENU_VALUES[1:]]))
    assert twilio.chat()[-1]["text"] == value


@pytest.mark.parametrize(
    ("types", "values", "place", "value"),
    [
        (MENU, MENU_VALUES, 1, "x" * 21),
        (MENU, MENU_VALUES, 1, "🙂" * 11),
        (MENU, MENU_VALUES, 2, "x" * 201),
        (MENU, MENU_VALUES, 1, "No"),
        (MENU, MENU_VALUES, 2, "no:12"),
        (LIST, LIST_VALUES, 0, "x" * 1025),
        (LIST, LIST_VALUES, 1, "x" * 21),
        (LIST, LIST_VALUES, 2, "x" * 25),
        (LIST, LIST_VALUES, 3, "x" * 201),
        (LIST, LIST_VALUES, 4, "x" * 73),
        (LIST, LIST_VALUES, 2, "Dr Iyer"),
        (LIST, LIST_VALUES, 3, "doc:iyer"),
    ],
    ids=[
        "title",
        "title in units",
        "id",
        "same titles",
        "same ids",
        "list body",
        "list button",
        "item",
        "item id",
        "description",
        "same items",
        "same item ids",
    ],
)
def test_what_does_not_fit_once_filled_in_is_refused(twilio, types, values, place, value):
    sid = twilio.create(types, values)
    wrong = [*values[:place], value, *values[place + 1 :]]
    assert twilio.refused(**twilio.filled(sid, wrong)) == 63021
    longest = {"x" * 21: "x" * 20, "🙂" * 11: "🙂" * 10}.get(value, values[place])
    twilio.deliver(**twilio.filled(sid, [*values[:place], longest, *values[place + 1 :]]))


def test_more_than_three_quick_replies_need_approval(twilio):
    actions = [{"type": "QUICK_REPLY", "title": f"Button {n}", "id": f"b{n}"} for n in range(4)]
    types = {"twilio/quick-reply": {"body": "Choose one", "actions": actions}}
    sid = twilio.create(types, [])
    assert twilio.refused(ContentSid=sid) == 63021
    assert twilio.submit(sid, "four_v1").ok
    twilio.deliver(ContentSid=sid)
    assert len(twilio.chat()[-1]["options"]) == 4


# -- the window --------------------------------------------------------------------------------


def test_outside_the_window_words_and_menus_fail_and_templates_do_not(twilio, twilio_product):
    menu = twilio.create(MENU, MENU_VALUES)
    template = twilio.approved(QUICK, QUICK_SAMPLES, "window_v1")
    twilio.control("POST", "/advance", {"hours": 25})
    for fields in ({"Body": "Hello"}, twilio.filled(menu, MENU_VALUES)):
        sid = twilio.deliver(**fields)
        twilio.settle()
        ((_, status),) = twilio_product.statuses(sid)
        assert (status["MessageStatus"], status["ErrorCode"]) == ("failed", "63016")
    sid = twilio.deliver(**twilio.filled(template, QUICK_SAMPLES))
    twilio.settle()
    assert twilio_product.status_names(sid) == ["sent", "delivered", "read"]


def test_a_number_without_whatsapp_fails_later(twilio, twilio_product):
    sid = twilio.deliver(To="whatsapp:+919999999999", Body="Hello")
    twilio.settle()
    ((_, status),) = twilio_product.statuses(sid)
    assert (status["MessageStatus"], status["ErrorCode"]) == ("failed", "63024")
    twilio.faults(unknown_recipients="new_phone")
    twilio.deliver(To="whatsapp:+919999999999", Body="Hello")
    assert twilio.chat("919999999999")[-1]["text"] == "Hello"


# -- faults ------------------------------------------------------------------------------------


def test_faults_of_sending_strike_with_twilios_codes(twilio):
    twilio.faults(fail_next=1)
    answer = twilio.message(Body="Hello")
    assert (answer.status_code, answer.json()["code"]) == (500, 20500)
    twilio.faults(fail_next=1, error_code=20429)
    answer = twilio.message(Body="Hello")
    assert (answer.status_code, answer.json()["code"]) == (429, 20429)
    twilio.faults(fail_next=1, error_code=20503, http_status=502)
    assert twilio.message(Body="Hello").status_code == 502
    twilio.faults(drop_next=1)
    with pytest.raises(requests.ConnectionError):
        twilio.message(Body="Hello")
    assert [m["text"] for m in twilio.chat()] == ["hello", "Hello"]
    (call,) = [c for c in twilio.control("GET", "/calls")["calls"] if c["outcome"] == "dropped"]
    assert call["biz"] == twilio.callback


def test_rates_are_refused_with_twilios_codes(twilio):
    twilio.faults(throughput_per_second=1)
    codes = [twilio.message(Body=str(n)).json().get("code") for n in range(3)]
    assert 63017 in codes
    twilio.faults(throughput_per_second=None, pair_rate=True)
    codes = [twilio.message(Body=str(n)).json().get("code") for n in range(47)]
    assert 63018 in codes


FORMS = [
    ("text", {"Body": "Hello"}),
    ("media", {"MediaUrl": "http://127.0.0.1:9/1.pdf"}),
    ("twilio/quick-reply", (MENU, MENU_VALUES)),
    ("twilio/list-picker", (LIST, LIST_VALUES)),
    ("twilio/text", ({"twilio/text": {"body": "Token {{1}}"}}, ["12"])),
]


@pytest.mark.parametrize(("form", "fields"), FORMS, ids=[form for form, _ in FORMS])
def test_one_form_can_be_refused_at_once_or_later_and_no_other(
    twilio, twilio_product, form, fields
):
    if isinstance(fields, tuple):
        fields = twilio.filled(twilio.create(*fields), fields[1])
    other = "media" if form == "text" else "text"
    twilio.faults(refused_forms=[other])
    twilio.deliver(**fields)
    twilio.faults(refused_forms=[form])
    assert twilio.refused(**fields) == 21656
    twilio.faults(refused_form_code=63005)
    assert twilio.refused(**fields) == 63005
    twilio.faults(refused_forms_later=True)
    sid = twilio.deliver(**fields)
    twilio.settle()
    ((_, status),) = twilio_product.statuses(sid)
    assert (status["MessageStatus"], status["ErrorCode"]) == ("failed", "63005")


# -- the list ----------------------------------------------------------------------------------


def test_messages_are_listed_in_pages_the_newest_first(twilio):
    twilio.write("from Ravi", RAVI)
    sids = [twilio.deliver(Body=str(n)) for n in range(3)]
    twilio.settle()
    found, path = [], f"{MESSAGES}?PageSize=2"
    while path:
        page = twilio.call("GET", path).json()
        assert len(page["messages"]) <= 2
        found += page["messages"]
        path = page["next_page_uri"]
    assert [m["sid"] for m in found[:3]] == sids[::-1]
    assert [m["status"] for m in found] == ["read"] * 3 + ["received"] * 2
    assert {m["direction"] for m in found[3:]} == {"inbound"}
    theirs = twilio.call("GET", MESSAGES, params={"From": TO}).json()["messages"]
    assert [m["body"] for m in theirs] == ["hello"]
    assert theirs[0]["to"] == FROM


def test_messages_are_listed_since_a_moment(twilio):
    twilio.deliver(Body="Hello")
    for moment, count in (("2000-01-01T00:00:00Z", 2), ("2100-01-01", 0)):
        listed = twilio.call("GET", MESSAGES, params={"DateSent>": moment}).json()
        assert len(listed["messages"]) == count
        listed = twilio.call("GET", MESSAGES, params={"DateSent<": moment}).json()
        assert len(listed["messages"]) == 2 - count
    for query in ({"DateSent>": "soon"}, {"PageSize": "all"}, {"Page": "-1"}):
        answer = twilio.call("GET", MESSAGES, params=query)
        assert (answer.status_code, answer.json()["code"]) == (400, 20001)


def test_a_message_to_a_user_id_is_listed_with_it(twilio):
    sid = twilio.deliver(To=f"whatsapp:{ASHA_ID}", Body="Hello")
    (listed,) = [m for m in twilio.call("GET", MESSAGES).json()["messages"] if m["sid"] == sid]
    assert listed["to"] == f"whatsapp:{ASHA_ID}"
