"""What Meta refuses in the parameters of a template when it is sent."""

import pytest

from .conftest import RAVI, WABA
from .messages import body, call, changed, listed, pressed

QUICK = {"type": "QUICK_REPLY", "text": "I am here"}
FOLLOW = {
    "type": "URL",
    "text": "Follow",
    "url": "https://example.test/{{1}}",
    "example": ["https://example.test/abc"],
}
SITE = {"type": "URL", "text": "Our site", "url": "https://example.test"}
CONTACT = {"type": "REQUEST_CONTACT_INFO"}
OTP = {"type": "OTP", "otp_type": "COPY_CODE"}
TEXT = "Token {{1}} with {{2}} is the next one."
PLACED = {"type": "BODY", "text": TEXT, "example": {"body_text": [["8", "Dr Rao"]]}}
NAMED = {
    "type": "BODY",
    "text": "Token {{token}} with {{doctor}} is the next one.",
    "example": {
        "body_text_named_params": [
            {"param_name": "token", "example": "8"},
            {"param_name": "doctor", "example": "Dr Rao"},
        ]
    },
}
TITLE = {
    "type": "HEADER",
    "format": "TEXT",
    "text": "Token {{1}}",
    "example": {"header_text": ["8"]},
}
PLAIN = {"type": "BODY", "text": "Please come in."}


def buttons(*given):
    return {"type": "BUTTONS", "buttons": list(given)}


def definition(name, *components, category="UTILITY", **more):
    known = {"name": name, "language": "en", "category": category}
    return {**known, "components": list(components), **more}


TEMPLATES = [
    definition("by_place", TITLE, PLACED, buttons(QUICK, FOLLOW, SITE)),
    definition("by_name", NAMED, buttons(QUICK, FOLLOW), parameter_format="NAMED"),
    definition("plain", PLAIN, buttons(CONTACT)),
    definition("a_code", {"type": "BODY"}, buttons(OTP), category="AUTHENTICATION"),
    definition(
        "a_named_code",
        {"type": "BODY"},
        buttons(OTP),
        category="AUTHENTICATION",
        parameter_format="NAMED",
    ),
]


@pytest.fixture(scope="module", autouse=True)
def registered(running):
    _, simulator = running
    for template in TEMPLATES:
        answer = simulator.graph(f"{WABA}/message_templates", template)
        assert answer.json()["status"] == "APPROVED", answer.text
    yield
    for template in TEMPLATES:
        path = f"{WABA}/message_templates?name={template['name']}"
        assert simulator.graph(path, method="DELETE").ok


def titled(text):
    return {"type": "header", "parameters": [{"type": "text", "text": text}]}


def linked(text="abc", index="1", **more):
    return pressed(index, "url", type="text", text=text, **more)


def replied(payload="HERE_1", index="0", **more):
    return pressed(index, "quick_reply", **({"type": "payload", "payload": payload} | more))


def codes(text="482913", again=None, index="0"):
    return [listed(text), linked(again or text, index)]


PLACE = [titled("8"), listed("8", "Dr Rao"), linked()]
NAMES = [body(token="8", doctor="Dr Rao"), linked()]
TITLED, BODY, LINKED = range(3)


def by_place(at=None, component=None):
    components = list(PLACE)
    if at is not None:
        components[at] = component
    return call("by_place", *components)


def without(path, message):
    return changed(message, f"template.components.{path}", None)


NO_SUCH = pressed("0", "copy_code", type="coupon_code", coupon_code="A")
REFUSED = {
    "body too few": (by_place(BODY, listed("8")), 132000),
    "body too many": (by_place(BODY, listed("8", "R", "9")), 132000),
    "body missing": (call("by_place", PLACE[TITLED], PLACE[LINKED]), 132000),
    "header missing": (call("by_place", PLACE[BODY], PLACE[LINKED]), 132000),
    "header unwanted": (call("plain", titled("8")), 132000),
    "body unwanted": (call("plain", listed("8")), 132000),
    "empty": (by_place(BODY, listed("8", "")), 131008),
    "blank": (by_place(BODY, listed("8", "  ")), 131008),
    "no value": (without("1.parameters.0.text", by_place()), 131008),
    "line break": (by_place(BODY, listed("8", "Dr\nRao")), 100),
    "tab": (by_place(BODY, listed("8", "Dr\tRao")), 100),
    "five spaces": (by_place(BODY, listed("8", "Dr     Rao")), 100),
    "header line break": (by_place(TITLED, titled("8\n9")), 100),
    "header too long": (by_place(TITLED, titled("8" * 55)), 132005),
    "body too long": (by_place(BODY, listed("8", "x" * 995)), 132005),
    "body too long in UTF-16": (by_place(BODY, listed("8", "🔔" * 498)), 132005),
    "no type": (without("1.parameters.0.type", by_place()), 131008),
    "other type": (
        changed(by_place(), "template.components.1.parameters.0.type", "payload"),
        132012,
    ),
    "name by place": (by_place(BODY, body(token="8", doctor="R")), 132012),
    "no name": (call("by_name", listed("8", "R"), linked()), 100),
    "one name missing": (
        without("0.parameters.0.parameter_name", call("by_name", *NAMES)),
        100,
    ),
    "empty name": (
        changed(call("by_name", *NAMES), "template.components.0.parameters.0.parameter_name", ""),
        100,
    ),
    "wrong name": (call("by_name", body(token="8", nurse="R"), linked()), 132012),
    "name of an address": (
        call("by_name", NAMES[0], linked(parameter_name="1")),
        132012,
    ),
    "address without end": (call("by_place", PLACE[TITLED], PLACE[BODY]), 131008),
    "address with empty end": (by_place(LINKED, linked("")), 131008),
    "address with a line break": (by_place(LINKED, linked("a\nb")), 100),
    "address too long": (by_place(LINKED, linked("x" * 2000)), 132005),
    "address of another type": (
        by_place(LINKED, pressed("1", "url", type="payload", payload="abc")),
        132012,
    ),
    "fixed address filled": (call("by_place", *PLACE, linked(index="2")), 132000),
    "no such button": (call("by_place", *PLACE, linked(index="3")), 132012),
    "no index": (call("by_place", *PLACE, linked(index="")), 132012),
    "reply as an address": (call("by_place", *PLACE, linked(index="0")), 132012),
    "address as a reply": (by_place(LINKED, replied(index="1")), 132012),
    "unknown sub_type": (call("by_place", *PLACE, NO_SUCH), 132012),
    "contact filled": (call("plain", linked(index="0")), 132012),
    "button twice": (call("by_place", *PLACE, linked()), 131009),
    "body twice": (call("by_place", *PLACE, PLACE[BODY]), 131009),
    "reply of text": (call("by_place", *PLACE, replied(type="text")), 132012),
    "reply without payload": (call("by_place", *PLACE, replied("")), 131008),
    "reply with long payload": (call("by_place", *PLACE, replied("x" * 257)), 131009),
    "reply with two payloads": (
        call("by_place", *PLACE, {**replied(), "parameters": replied()["parameters"] * 2}),
        132012,
    ),
    "unknown component": (call("plain", {"type": "poem"}), 131009),
    "status of an order": (call("plain", {"type": "order_status", "parameters": []}), 131009),
    "no object": (call("plain", "body"), 131009),
    "parameters no list": (call("plain", {"type": "body", "parameters": "8"}), 131009),
    "parameter no object": (call("plain", {"type": "body", "parameters": ["8"]}), 131009),
    "code once": (call("a_code", listed("482913")), 132000),
    "code without body": (call("a_code", linked(index="0")), 132000),
    "two codes": (call("a_code", *codes("482913", "111111")), 132012),
    "code too long": (call("a_code", *codes("1" * 16)), 132005),
    "code with a sign": (call("a_code", *codes("482-913")), 132012),
    "code with a space": (call("a_code", *codes("482 913")), 132012),
    "code of Hindi digits": (call("a_code", *codes("४८२९१३")), 132012),
    "empty code": (call("a_code", *codes("", " ")), 131008),
    "code by a reply": (call("a_code", listed("482913"), replied("482913")), 132012),
    "code on another button": (call("a_code", *codes(index="1")), 132012),
    "code with a header": (call("a_code", titled("8"), *codes()), 132000),
    "code without names": (call("a_named_code", *codes()), 100),
    "code with one name": (call("a_named_code", body(code="482913"), linked("482913", "0")), 100),
    "code with a name by place": (call("a_code", body(code="4829"), linked("4829", "0")), 132012),
}
ACCEPTED = {
    "by place": by_place(),
    "by name": call("by_name", *NAMES),
    "index as a number": by_place(LINKED, linked(index=1)),
    "longest body": by_place(BODY, listed("8", "x" * 994)),
    "longest body in UTF-16": by_place(BODY, listed("8", "🔔" * 497)),
    "longest header": by_place(TITLED, titled("8" * 54)),
    "longest payload": call("by_place", *PLACE, replied("x" * 256)),
    "no parameters": call("plain"),
    "longest code": call("a_code", *codes("A1" * 7 + "B")),
    "code with names": call(
        "a_named_code", body(code="482913"), linked("482913", "0", parameter_name="code")
    ),
}


@pytest.mark.parametrize(("message", "code"), REFUSED.values(), ids=REFUSED)
def test_parameters_that_do_not_fit_are_refused(sim, message, code):
    status, error = sim.refusal(message, to=RAVI)
    assert (status, error["code"]) == (400, code)
    assert error["error_data"]["details"]
    assert sim.chat(RAVI) == []


@pytest.mark.parametrize("message", ACCEPTED.values(), ids=ACCEPTED)
def test_parameters_that_fit_are_taken(sim, message):
    sim.send(message, to=RAVI)
    assert sim.chat(RAVI)[-1]["type"] == "template"
