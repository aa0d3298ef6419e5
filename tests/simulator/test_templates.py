"""Templates: registering, filling in, and what Meta refuses about them."""

import pytest

from .conftest import ASHA, LAKSHMI, LAKSHMI_ID, RAVI, WABA, eventually
from .messages import BUTTONS, body, call, listed, pressed

NEXT = {
    "name": "token_next",
    "language": "en",
    "category": "UTILITY",
    "parameter_format": "NAMED",
    "components": [
        {
            "type": "BODY",
            "text": "Token {{token}} with {{doctor}} is the next one.",
            "example": {
                "body_text_named_params": [
                    {"param_name": "token", "example": "012"},
                    {"param_name": "doctor", "example": "Dr Rao"},
                ]
            },
        },
        {"type": "FOOTER", "text": "City Clinic"},
        {
            "type": "BUTTONS",
            "buttons": [
                {"type": "QUICK_REPLY", "text": "I am here"},
                {
                    "type": "URL",
                    "text": "Follow",
                    "url": "http://localhost/live/{{1}}",
                    "example": ["http://localhost/live/abc"],
                },
            ],
        },
    ],
}
PLACES = {
    "name": "token_place",
    "language": "hi",
    "category": "UTILITY",
    "components": [
        {
            "type": "BODY",
            "text": "टोकन {{1}}: आपसे पहले {{2}} लोग हैं।",
            "example": {"body_text": [["012", "3"]]},
        }
    ],
}
CODE = {
    "name": "login_code",
    "language": "en",
    "category": "AUTHENTICATION",
    "components": [
        {"type": "body", "add_security_recommendation": True},
        {"type": "footer", "code_expiration_minutes": 5},
        {"type": "buttons", "buttons": [{"type": "otp", "otp_type": "copy_code"}]},
    ],
}


@pytest.fixture(scope="module", autouse=True)
def registered(running):
    _, simulator = running
    for template in (NEXT, PLACES, CODE):
        answer = simulator.graph(f"{WABA}/message_templates", template)
        assert answer.json()["status"] == "APPROVED", answer.text


FOLLOW = pressed("1", "url", type="text", text="abc")


def test_named_parameters_are_filled_in_whatever_their_order(sim, product):
    sent = sim.send(call("token_next", body(doctor="Dr Rao", token="012"), FOLLOW), to=RAVI)
    shown = sim.chat(RAVI)[-1]
    assert shown["text"] == "Token 012 with Dr Rao is the next one."
    assert shown["footer"] == "City Clinic"
    assert shown["url"] == "http://localhost/live/abc"
    assert shown["template"] == "token_next"
    sim.settle()
    assert product.statuses(sent)[0]["pricing"]["category"] == "utility"


def test_positional_parameters_are_filled_in_by_place(sim):
    sim.send(call("token_place", listed("012", "3"), language="hi"), to=RAVI)
    assert sim.chat(RAVI)[-1]["text"] == "टोकन 012: आपसे पहले 3 लोग हैं।"


@pytest.mark.parametrize("payload", [None, "HERE_TKN_1"], ids=["its label", "a payload"])
def test_a_quick_reply_comes_back_as_a_button(sim, product, payload):
    components = [body(token="1", doctor="Dr Rao"), FOLLOW]
    if payload:
        components.append(pressed("0", "quick_reply", type="payload", payload=payload))
    sent = sim.send(call("token_next", *components))
    sim.tap("I am here")
    message = eventually(product.messages)[0]
    assert message["type"] == "button"
    assert message["button"] == {"payload": payload or "I am here", "text": "I am here"}
    assert message["context"]["id"] == sent


@pytest.mark.parametrize(
    ("payload", "brought"),
    [("set", {"payload": "HERE_1"}), ("label", {"payload": "I am here"}), ("none", {})],
)
def test_a_quick_reply_can_come_with_its_text_alone(sim, product, payload, brought):
    here = pressed("0", "quick_reply", type="payload", payload="HERE_1")
    sent = sim.send(call("token_next", body(token="1", doctor="Dr Rao"), FOLLOW, here))
    tapped = sim.tap("HERE_1", payload=payload)
    assert tapped["text"] == "I am here"
    message = eventually(product.messages)[0]
    assert message["type"] == "button"
    assert message["button"] == {"text": "I am here", **brought}
    assert message["context"]["id"] == sent


def test_only_a_quick_reply_can_come_with_its_text_alone(sim, product):
    sim.send(BUTTONS)
    tap = {"option": "Yes", "payload": "none"}
    refused = sim.control("POST", f"/phones/{ASHA}/tap", tap, ok=False)
    assert (refused.status_code, "quick reply" in refused.json()["error"]) == (400, True)
    assert product.messages() == []
    wrong = {"option": "Yes", "payload": "other"}
    assert sim.control("POST", f"/phones/{ASHA}/tap", wrong, ok=False).status_code == 400


GOOD = {"token": "012", "doctor": "Dr Rao"}


@pytest.mark.parametrize(
    ("message", "http", "code"),
    [
        (call("unknown"), 404, 132001),
        (call("token_next", body(**GOOD), language="hi"), 404, 132001),
        (call("token_next", body(token="012"), FOLLOW), 400, 132000),
        (call("token_next", body(token="1", name="Dr Rao"), FOLLOW), 400, 132012),
        (call("token_next", body(token="", doctor="Dr Rao"), FOLLOW), 400, 131008),
        (call("token_next", body(token="0\n1", doctor="Dr Rao"), FOLLOW), 400, 100),
        (call("token_next", body(token="0\t1", doctor="Dr Rao"), FOLLOW), 400, 100),
        (call("token_next", body(token="0     1", doctor="Dr Rao"), FOLLOW), 400, 100),
        (call("token_next", body(token="x" * 1024, doctor="Dr Rao"), FOLLOW), 400, 132005),
        (call("token_next", body(**GOOD)), 400, 131008),
        (call("token_place", listed("1"), language="hi"), 400, 132000),
    ],
    ids=[
        "unknown",
        "other language",
        "too few",
        "wrong name",
        "empty",
        "newline",
        "tab",
        "five spaces",
        "too long",
        "address without its end",
        "too few by place",
    ],
)
def test_parameters_that_do_not_fit_are_refused(sim, message, http, code):
    status, error = sim.refusal(message)
    assert (status, error["code"]) == (http, code)


def test_four_spaces_are_still_accepted(sim):
    sim.send(call("token_next", body(token="0    1", doctor="Dr Rao"), FOLLOW))


def test_a_code_is_given_twice_and_can_be_copied(sim, product):
    button = pressed("0", "url", type="text", text="482913")
    sent = sim.send(call("login_code", listed("482913"), button), to=RAVI)
    shown = sim.chat(RAVI)[-1]
    assert shown["text"].startswith("*482913* is your verification code.")
    assert shown["footer"] == "This code expires in 5 minutes."
    assert (shown["code"], shown["code_label"]) == ("482913", "Copy code")
    sim.settle()
    assert product.statuses(sent)[0]["pricing"]["category"] == "authentication"
    assert sim.refusal(call("login_code", listed("482913")))[1]["code"] == 132000
    answer = sim.post(
        {"recipient": "IN.7788990013", **call("login_code", listed("482913"), button)}
    )
    assert answer.json()["error"]["code"] == 131062


def test_templates_can_be_refused_on_demand(sim):
    sim.faults(refused_forms=["template"], refused_form_code=132015)
    status, error = sim.refusal(call("token_place", listed("012", "3"), language="hi"))
    assert (status, error["code"]) == (400, 132015)
    sim.send_text("Hello")


def with_body(text, **more):
    return {**PLACES, "name": "another", "components": [{"type": "BODY", "text": text, **more}]}


EXAMPLE = {"example": {"body_text": [["012"]]}}


@pytest.mark.parametrize(
    "template",
    [
        {**PLACES, "name": "Token-Place"},
        {**PLACES, "name": "another", "category": "NEWS"},
        {**PLACES, "name": "another", "components": []},
        with_body("{{1}} is next", **EXAMPLE),
        with_body("Next is {{1}}", **EXAMPLE),
        with_body("Token {{2}} is next", **EXAMPLE),
        with_body("Token {{1}} is next"),
        with_body("x" * 1025),
        PLACES,
    ],
    ids=[
        "name",
        "category",
        "no body",
        "variable first",
        "variable last",
        "wrong number",
        "no example",
        "too long",
        "exists already",
    ],
)
def test_a_template_of_the_wrong_form_is_refused(sim, template):
    answer = sim.graph(f"{WABA}/message_templates", template)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, 100)


def test_templates_are_listed_in_pages(sim):
    path = f"{WABA}/message_templates"
    first = sim.graph(f"{path}?limit=2", method="GET").json()
    assert [t["name"] for t in first["data"]] == ["login_code", "token_next"]
    after = first["paging"]["cursors"]["after"]
    assert f"after={after}" in first["paging"]["next"]
    second = sim.graph(f"{path}?limit=2&after={after}", method="GET").json()
    assert [t["name"] for t in second["data"]] == ["token_place"]
    assert "next" not in second["paging"]
    one = sim.graph(f"{path}?name=token_place", method="GET").json()["data"]
    assert [(t["language"], t["status"]) for t in one] == [("hi", "APPROVED")]


def test_approval_is_told_by_webhook_and_deletion_ends_it(sim, product):
    made = sim.graph(f"{WABA}/message_templates", with_body("Please wait.")).json()
    sim.settle()
    assert product.values()[-1]["event"] == "APPROVED"
    assert str(product.values()[-1]["message_template_id"]) == made["id"]
    new = [{"type": "BODY", "text": "Please wait a little."}]
    assert sim.graph(made["id"], {"components": new}).json() == {"success": True}
    sim.send(call("another", language="hi"), to=ASHA)
    assert sim.chat()[-1]["text"] == "Please wait a little."
    path = f"{WABA}/message_templates?name=another"
    assert sim.graph(path, method="DELETE").json() == {"success": True}
    assert sim.refusal(call("another", language="hi"))[1]["code"] == 132001


SHARE = {
    "name": "number_ask",
    "language": "en",
    "category": "UTILITY",
    "components": [
        {"type": "BODY", "text": "Please share your number."},
        {"type": "BUTTONS", "buttons": [{"type": "REQUEST_CONTACT_INFO"}]},
    ],
}


def test_a_template_asks_for_the_number_and_a_tap_shares_it(sim, product):
    assert sim.graph(f"{WABA}/message_templates", SHARE).json()["status"] == "APPROVED"
    sim.write("hi", LAKSHMI)
    answer = sim.post({"recipient": LAKSHMI_ID, **call("number_ask")})
    sent = answer.json()["messages"][0]["id"]
    assert sim.chat(LAKSHMI)[-1]["asks_contact"]
    sim.settle()
    sim.tap("Share contact info", LAKSHMI)
    sim.write("hello", LAKSHMI)
    shared, after = eventually(lambda: len(product.messages()) > 2 and product.messages())[1:]
    [card] = shared["contacts"]
    assert card["origin"] == "contact_request"
    assert card["phones"][0]["phone"] == f"+{LAKSHMI}"
    assert shared["context"]["id"] == sent
    assert shared["from_user_id"] == LAKSHMI_ID
    assert "from" not in shared
    assert after["from"] == LAKSHMI
    sim.control("PATCH", f"/phones/{LAKSHMI}", {"send_phone": False})


def test_a_card_that_was_not_asked_for_is_somebody_elses(sim, product):
    sim.control("POST", f"/phones/{ASHA}/media", {"type": "contacts", "name": "Dev"})
    [card] = eventually(product.messages)[-1]["contacts"]
    assert (card["origin"], card["name"]["first_name"]) == ("other", "Dev")


def test_a_template_has_one_such_button_at_most(sim):
    twice = {"type": "BUTTONS", "buttons": [{"type": "REQUEST_CONTACT_INFO"}] * 2}
    refused = {**SHARE, "name": "asks_twice", "components": [SHARE["components"][0], twice]}
    assert sim.graph(f"{WABA}/message_templates", refused).status_code == 400
