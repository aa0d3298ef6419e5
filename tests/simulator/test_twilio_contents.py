"""Content resources: which are kept, which are approved, how they are listed."""

import copy

import pytest

from .twilio import (
    ACCOUNT,
    CODE,
    LIST,
    LIST_VALUES,
    MENU,
    QUICK,
    QUICK_SAMPLES,
    content,
    numbered,
)


def text(body):
    return {"twilio/text": {"body": body}}


def buttons(count, **changes):
    actions = [
        {"type": "QUICK_REPLY", "title": f"Button {n}", "id": f"b{n}", **changes}
        for n in range(count)
    ]
    return {"twilio/quick-reply": {"body": "Choose one", "actions": actions}}


def items(count, **changes):
    rows = [{"item": f"Row {n}", "id": f"r{n}", **changes} for n in range(count)]
    return {"twilio/list-picker": {"body": "Choose one", "button": "Rows", "items": rows}}


def code(**changes):
    changed = copy.deepcopy(CODE)
    changed["whatsapp/authentication"].update(changes)
    return changed


def test_a_content_is_kept_under_a_sid(twilio):
    answer = twilio.call("POST", "/v1/Content", json=content(QUICK, QUICK_SAMPLES, "token", "hi"))
    assert answer.status_code == 201
    made = answer.json()
    assert made["sid"].startswith("HX")
    assert len(made["sid"]) == 34
    wanted = {
        "account_sid": ACCOUNT,
        "friendly_name": "token",
        "language": "hi",
        "variables": numbered(QUICK_SAMPLES),
        "types": QUICK,
    }
    assert {k: made[k] for k in wanted} == wanted
    (listed,) = twilio.call("GET", "/v1/ContentAndApprovals").json()["contents"]
    assert {k: listed[k] for k in wanted} == wanted
    assert listed["approval_requests"]["status"] == "unsubmitted"


KEPT = [
    ("variables on lines of their own", text("{{1}}\n{{2}}"), ["a", "b"]),
    ("a body that is one variable", MENU, ["a", "b", "c", "d", "e"]),
    ("a variable used twice", text("{{1}} and {{1}}"), ["a"]),
    ("variables out of order", text("{{2}} and {{1}}"), ["a", "b"]),
    ("ten buttons", buttons(10), []),
    ("a button without id", {"twilio/quick-reply": {"body": "b", "actions": [{"title": "t"}]}}, []),
    ("ten items", items(10), []),
    ("a list", LIST, LIST_VALUES),
    ("a code", CODE, ["123456"]),
]


@pytest.mark.parametrize(("types", "samples"), [c[1:] for c in KEPT], ids=[c[0] for c in KEPT])
def test_what_keeps_the_rules_is_kept(twilio, types, samples):
    twilio.create(types, samples)


REFUSED = [
    ("a gap in the numbers", text("{{1}} and {{3}}"), ["a", "b"]),
    ("numbers from 2", text("{{2}} and {{3}}"), ["a", "b"]),
    ("numbers from 0", text("{{0}}"), ["a"]),
    ("a number with a zero", text("{{01}}"), ["a"]),
    ("a name", text("Dear {{name}}!"), ["a"]),
    ("a number with spaces", text("Dear {{ 1 }}!"), ["a"]),
    ("side by side", text("Dear {{1}}{{2}}!"), ["a", "b"]),
    ("only spaces between", text("Dear {{1}}  {{2}}!"), ["a", "b"]),
    ("side by side in an id", buttons(1, id="{{1}}{{2}}"), ["a", "b"]),
    ("braces that are no variable", text("Dear {{1}!"), []),
    ("no sample", text("Dear {{1}}!"), []),
    ("a sample too many", text("Dear {{1}}!"), ["a", "b"]),
    ("an empty sample", text("Dear {{1}}!"), [" "]),
    ("a sample of two lines", text("Dear {{1}}!"), ["a\nb"]),
    ("an empty body", text(" "), []),
    ("a long text", text("x" * 1601), []),
    ("no button", buttons(0), []),
    ("eleven buttons", buttons(11), []),
    ("a long title", buttons(1, title="x" * 26), []),
    ("a long title in units", buttons(1, title="🙂" * 13), []),
    ("a long id", buttons(1, id="x" * 201), []),
    ("another action", buttons(1, type="URL"), []),
    ("an unknown field", buttons(1, url="https://a.test"), []),
    ("no item", items(0), []),
    ("eleven items", items(11), []),
    ("a long item", items(1, item="x" * 25), []),
    ("a long item id", items(1, id="x" * 201), []),
    ("a long description", items(1, description="x" * 73), []),
    ("no item id", items(1, id=None), []),
    ("a code without button", code(actions=[]), ["123456"]),
    ("a code for too long", code(code_expiration_minutes=91), ["123456"]),
    ("a code without sample", CODE, []),
    ("an unknown type", {"twilio/card": {"title": "t"}}, []),
    ("two types", {**text("a"), **buttons(1)}, []),
    ("no type", {}, []),
]


@pytest.mark.parametrize(
    ("types", "samples"), [c[1:] for c in REFUSED], ids=[c[0] for c in REFUSED]
)
def test_what_breaks_a_rule_is_not_kept(twilio, types, samples):
    answer = twilio.call("POST", "/v1/Content", json=content(types, samples))
    assert answer.status_code == 400
    assert answer.json()["code"] in {20001, 20422}
    assert twilio.call("GET", "/v1/ContentAndApprovals").json()["contents"] == []
    (refusal,) = twilio.control("GET", "/refusals")["refusals"]
    assert (refusal["method"], refusal["path"]) == ("POST", "/v1/Content")


@pytest.mark.parametrize(
    "change",
    [{"friendly_name": " "}, {"language": "English"}, {"language": None}, {"variables": ["a"]}],
    ids=["name", "language", "no language", "variables"],
)
def test_a_content_needs_a_name_and_a_language(twilio, change):
    answer = twilio.call("POST", "/v1/Content", json={**content(text("Hi"), []), **change})
    assert (answer.status_code, answer.json()["code"]) == (400, 20422)


def test_a_content_is_sent_as_json(twilio):
    for options in ({"data": {"friendly_name": "a"}}, {"json": ["a"]}):
        answer = twilio.call("POST", "/v1/Content", **options)
        assert (answer.status_code, answer.json()["code"]) == (400, 20422)
    raw = {"data": "{", "headers": {"Content-Type": "application/json"}}
    assert twilio.call("POST", "/v1/Content", **raw).json()["code"] == 20422


def test_contents_are_listed_in_pages(twilio):
    sids = {twilio.create(text(f"Hello {n}"), []) for n in range(5)}
    found, url, sizes = [], "/v1/ContentAndApprovals?PageSize=2", []
    while url:
        page = twilio.call("GET", url.removeprefix(twilio.base)).json()
        assert page["meta"]["key"] == "contents"
        sizes.append(len(page["contents"]))
        found += [c["sid"] for c in page["contents"]]
        url = page["meta"]["next_page_url"]
    assert (sizes, set(found)) == ([2, 2, 1], sids)


def test_a_deleted_content_is_gone(twilio):
    sid = twilio.create(text("Hello"), [])
    assert twilio.call("DELETE", f"/v1/Content/{sid}").status_code == 204
    assert twilio.refused(ContentSid=sid) == 21655
    for method, path in (("DELETE", ""), ("POST", "/ApprovalRequests/whatsapp")):
        answer = twilio.call(method, f"/v1/Content/{sid}{path}", json={})
        assert (answer.status_code, answer.json()["code"]) == (404, 20404)


# -- approval ----------------------------------------------------------------------------------


def test_what_is_submitted_is_approved_at_once(twilio):
    sid = twilio.create(QUICK, QUICK_SAMPLES)
    answer = twilio.submit(sid, "token_v1")
    assert (answer.status_code, answer.json()["status"]) == (201, "received")
    assert twilio.approval(sid) == {
        "name": "token_v1",
        "category": "UTILITY",
        "content_type": "twilio/quick-reply",
        "status": "approved",
        "rejection_reason": "",
        "allow_category_change": True,
    }


BODY_ENDS = "variables cannot be at the start or end of the template"
NO_VARIABLES = "the text of a button has no variables"
TOO_MANY = (
    "too many variables for the length of the template; reduce their number or increase the"
    " message length"
)
SPACES = "a body has no tabs, nor more than four spaces or two line breaks in a row"
REJECTED = [
    ("begins with a variable", text("{{1}}, hello"), ["a"], BODY_ENDS),
    ("ends with a variable", text("Hello, {{1}}"), ["a"], BODY_ENDS),
    ("signs before", text("*{{1}}, hello"), ["a"], BODY_ENDS),
    ("an emoji before", text("🏥 {{1}}, hello"), ["a"], BODY_ENDS),
    ("a full stop after", text("Hello, {{1}}."), ["a"], BODY_ENDS),
    ("an emoji after", text("Hello, {{1}} 🙂"), ["a"], BODY_ENDS),
    ("too few words", text("Hello {{1}}, welcome"), ["a"], TOO_MANY),
    ("two blank lines", text("Hello\n\n\nyou"), [], SPACES),
    ("a danda after", text("नमस्ते {{1}}।"), ["a"], BODY_ENDS),
    ("a long body", text("x" * 1025), [], "component BODY is longer than 1024"),
    ("a variable title", buttons(1, title="{{1}}"), ["a"], NO_VARIABLES),
    ("same titles", buttons(2, title="Yes"), [], "two buttons have the same text"),
]


@pytest.mark.parametrize(
    ("types", "samples", "reason"), [c[1:] for c in REJECTED], ids=[c[0] for c in REJECTED]
)
def test_what_reviewers_do_not_take_is_rejected(twilio, types, samples, reason):
    sid = twilio.create(types, samples)
    assert twilio.submit(sid, "rejected_v1").status_code == 201
    approval = twilio.approval(sid)
    assert (approval["status"], approval["rejection_reason"]) == ("rejected", reason)
    (refusal,) = twilio.control("GET", "/refusals")["refusals"]
    assert reason in refusal["message"]


@pytest.mark.parametrize(
    ("body", "sample"),
    [
        ("1 {{1}} 2 3", "a"),
        ("Hello {{1}}, be welcome", "a"),
        ("नमस्ते {{1}} जी हाँ", "a"),
        ("Hello", None),
    ],
)
def test_a_letter_or_a_digit_on_each_side_is_enough(twilio, body, sample):
    twilio.approved(text(body), [sample] if sample else [], "letters_v1")


def test_lists_cannot_be_approved(twilio):
    sid = twilio.create(LIST, LIST_VALUES)
    answer = twilio.submit(sid)
    assert (answer.status_code, answer.json()["code"]) == (400, 20422)
    assert twilio.approval(sid)["status"] == "unsubmitted"


@pytest.mark.parametrize(
    "body",
    [
        {"name": "Token", "category": "UTILITY"},
        {"name": "x" * 513, "category": "UTILITY"},
        {"name": None, "category": "UTILITY"},
        {"name": "token_v1", "category": "URGENT"},
        ["token_v1"],
    ],
    ids=["upper case", "too long", "no name", "category", "a list"],
)
def test_a_template_has_a_name_and_a_category(twilio, body):
    sid = twilio.create(QUICK, QUICK_SAMPLES)
    answer = twilio.call("POST", f"/v1/Content/{sid}/ApprovalRequests/whatsapp", json=body)
    assert (answer.status_code, answer.json()["code"]) == (400, 20422)


def test_a_name_is_approved_once_in_each_language(twilio):
    twilio.approved(QUICK, QUICK_SAMPLES, "once_v1")
    again = twilio.create(QUICK, QUICK_SAMPLES)
    twilio.submit(again, "once_v1")
    assert twilio.approval(again)["status"] == "rejected"
    twilio.submit(again, "twice_v1")
    assert twilio.approval(again)["status"] == "approved"
    assert twilio.submit(again, "thrice_v1").json()["code"] == 20422
    hindi = twilio.create(QUICK, QUICK_SAMPLES, language="hi")
    twilio.submit(hindi, "once_v1")
    assert twilio.approval(hindi)["status"] == "approved"


def test_codes_alone_are_of_the_category_for_codes(twilio):
    for types, samples, category in (
        (CODE, ["123456"], "UTILITY"),
        (QUICK, QUICK_SAMPLES, "AUTHENTICATION"),
    ):
        sid = twilio.create(types, samples)
        twilio.submit(sid, "category_v1", category)
        assert twilio.approval(sid)["status"] == "rejected"
