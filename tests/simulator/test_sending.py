"""Sending: Meta's answers, its limits with their codes, the service window, faults."""

import pytest
import requests

from .conftest import ASHA, CLINIC, CLINIC_DISPLAY, RAVI, WABA, eventually
from .messages import BUTTONS, LIST, changed, document

TEXT = {"type": "text", "text": {"body": "Hello"}}
CTA = {
    "type": "interactive",
    "interactive": {
        "type": "cta_url",
        "body": {"text": "Pay"},
        "action": {
            "name": "cta_url",
            "parameters": {"display_text": "Pay", "url": "https://example.test/1"},
        },
    },
}


def button(n, title=None):
    return {"type": "reply", "reply": {"id": f"b{n}", "title": title or f"Title {n}"}}


def rows(count):
    return [{"id": f"r{n}", "title": f"Row {n}"} for n in range(count)]


BODY, ACTION = "interactive.body.text", "interactive.action"
REFUSED = [
    ("text too long", TEXT, "text.body", "x" * 4097, 131009),
    ("text too long in UTF-16", TEXT, "text.body", "🔔" * 2049, 131009),
    ("text empty", TEXT, "text.body", " ", 131008),
    ("text missing", TEXT, "text", None, 131008),
    ("type unknown", TEXT, "type", "poll", 131051),
    ("four buttons", BUTTONS, f"{ACTION}.buttons", [button(n) for n in range(4)], 131009),
    ("no buttons", BUTTONS, f"{ACTION}.buttons", [], 131009),
    ("same titles", BUTTONS, f"{ACTION}.buttons", [button(1, "A"), button(2, "A")], 131009),
    ("same ids", BUTTONS, f"{ACTION}.buttons", [button(1, "A"), button(1, "B")], 131009),
    ("long button", BUTTONS, f"{ACTION}.buttons", [button(1, "x" * 21)], 131009),
    ("long button in UTF-16", BUTTONS, f"{ACTION}.buttons", [button(1, "🔔" * 11)], 131009),
    ("long button body", BUTTONS, BODY, "x" * 1025, 131009),
    ("long list body", LIST, BODY, "x" * 4097, 131009),
    ("no body", BUTTONS, "interactive.body", None, 131008),
    ("long footer", LIST, "interactive.footer.text", "x" * 61, 131009),
    ("long header", LIST, "interactive.header.text", "x" * 61, 131009),
    ("list label", LIST, f"{ACTION}.button", "x" * 21, 131009),
    ("row title", LIST, f"{ACTION}.sections.0.rows.0.title", "x" * 25, 131009),
    ("row title in UTF-16", LIST, f"{ACTION}.sections.0.rows.0.title", "𝒳" * 13, 131009),
    ("row description", LIST, f"{ACTION}.sections.0.rows.0.description", "x" * 73, 131009),
    ("row id", LIST, f"{ACTION}.sections.0.rows.0.id", "x" * 201, 131009),
    ("same row ids", LIST, f"{ACTION}.sections.0.rows.0.id", "doc:iyer", 131009),
    ("section title", LIST, f"{ACTION}.sections.0.title", "x" * 25, 131009),
    ("eleven rows", LIST, f"{ACTION}.sections.0.rows", rows(11), 131009),
    (
        "eleven rows over two sections",
        LIST,
        f"{ACTION}.sections",
        [{"title": "A", "rows": rows(6)}, {"title": "B", "rows": rows(11)[6:]}],
        131009,
    ),
    (
        "two sections without titles",
        LIST,
        f"{ACTION}.sections",
        [{"rows": rows(1)}, {"title": "B", "rows": rows(2)[1:]}],
        131008,
    ),
    ("button id", BUTTONS, f"{ACTION}.buttons.0.reply.id", "x" * 257, 131009),
    ("button id with a space", BUTTONS, f"{ACTION}.buttons.0.reply.id", "ok:12 ", 131009),
    ("row id with a space", LIST, f"{ACTION}.sections.0.rows.0.id", " doc:rao", 131009),
    ("empty description", LIST, f"{ACTION}.sections.0.rows.0.description", "", 131008),
    ("empty section title", LIST, f"{ACTION}.sections.0.title", "", 131008),
    ("long link body", CTA, BODY, "x" * 1025, 131009),
    ("link label", CTA, f"{ACTION}.parameters.display_text", "x" * 21, 131009),
    ("link address", CTA, f"{ACTION}.parameters.url", "pay me", 131009),
    ("link beside buttons", CTA, f"{ACTION}.name", "reply", 131009),
]
ACCEPTED = [
    ("longest text", TEXT, "text.body", "x" * 4096),
    ("longest text in UTF-16", TEXT, "text.body", "🔔" * 2048),
    ("three buttons", BUTTONS, f"{ACTION}.buttons", [button(n, "x" * 19 + str(n)) for n in "123"]),
    ("ten rows", LIST, f"{ACTION}.sections.0.rows", rows(10)),
    ("longest list body", LIST, BODY, "x" * 4096),
    ("one section without title", LIST, f"{ACTION}.sections.0.title", None),
]


@pytest.mark.parametrize(
    ("message", "path", "value", "code"),
    [case[1:] for case in REFUSED],
    ids=[case[0] for case in REFUSED],
)
def test_what_breaks_a_limit_is_refused(sim, message, path, value, code):
    status, error = sim.refusal(changed(message, path, value))
    assert (status, error["code"]) == (400, code)
    assert error["type"] == "OAuthException"
    assert error["message"].startswith(f"(#{code}) ")
    assert error["error_data"]["messaging_product"] == "whatsapp"
    assert error["error_data"]["details"]
    assert error["fbtrace_id"]
    assert len(sim.chat()) == 1


@pytest.mark.parametrize(
    ("message", "path", "value"), [case[1:] for case in ACCEPTED], ids=[c[0] for c in ACCEPTED]
)
def test_what_keeps_a_limit_is_accepted(sim, message, path, value):
    sim.send(changed(message, path, value))


def test_the_answer_names_contact_and_message(sim):
    answer = sim.post({"to": f"+{ASHA}", **TEXT})
    assert answer.status_code == 200
    body = answer.json()
    assert body["contacts"] == [{"input": f"+{ASHA}", "wa_id": ASHA}]
    assert body["messages"][0]["id"].startswith("wamid.")
    assert body["messaging_product"] == "whatsapp"


@pytest.mark.parametrize("to", [ASHA, f"+{ASHA}", "+91 98765-00001", ASHA[2:]])
def test_a_number_may_be_written_in_several_ways(sim, to):
    assert sim.post({"to": to, **TEXT}).json()["contacts"][0]["wa_id"] == ASHA


def test_a_wrong_token_and_an_unknown_number_are_refused(sim):
    answer = sim.post({"to": f"+{ASHA}", **TEXT}, token="stolen")
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, 190)
    answer = sim.post({"to": f"+{ASHA}", **TEXT}, number="1")
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["error_subcode"]) == (400, 100, 33)
    assert sim.refusal(TEXT, to=CLINIC_DISPLAY)[1]["code"] == 131021
    answer = sim.graph(f"{CLINIC}/messages", {"to": ASHA, **TEXT})
    assert answer.json()["error"]["code"] == 100


def test_somebody_who_is_not_on_whatsapp_fails_later(sim, product):
    sent = sim.send(TEXT, to="919999999999")
    status = eventually(lambda: product.statuses(sent))[0]
    assert status["status"] == "failed"
    assert status["recipient_id"] == "919999999999"
    assert status["errors"][0]["code"] == 131026


def test_a_new_phone_can_appear_for_an_unknown_number(sim):
    sim.faults(unknown_recipients="new_phone", window_enforced=False)
    sim.send(TEXT, to="919999999999")
    assert sim.chat("919999999999")[-1]["text"] == "Hello"


def test_outside_the_window_free_text_fails_later(sim, product):
    sim.control("POST", "/advance", {"hours": 25})
    sent = sim.send(TEXT)
    sim.settle()
    assert product.status_names(sent) == ["failed"]
    assert product.statuses(sent)[0]["errors"][0]["code"] == 131047
    sim.write("I am here")
    sent = sim.send(TEXT)
    sim.settle()
    assert product.status_names(sent)[0] == "sent"


def test_outside_the_window_free_text_can_be_refused_at_once(sim):
    sim.faults(sync_131047=True)
    assert sim.refusal(TEXT, to=RAVI)[1]["code"] == 131047
    sim.faults(window_enforced=False)
    sim.send(TEXT, to=RAVI)


def test_a_quoted_reply_is_shown_with_what_it_quotes(sim):
    asked = sim.chat()[-1]["id"]
    sim.send_text("An answer", context={"message_id": asked})
    assert sim.chat()[-1]["context"] == asked


def test_the_business_reacts(sim, product):
    asked = sim.chat()[-1]["id"]
    sent = sim.send({"type": "reaction", "reaction": {"message_id": asked, "emoji": "✅"}})
    assert sim.chat()[-1]["reactions"] == {"business": "✅"}
    assert [s["status"] for s in eventually(lambda: product.statuses(sent))] == ["sent"]


def test_accepted_calls_can_be_read_back(sim):
    before = sim.control("GET", "/sent")["count"]
    sim.send_text("one")
    sim.refusal(changed(TEXT, "text.body", "x" * 4097))
    sim.send_text("two")
    calls = sim.control("GET", f"/sent?after={before}")["sent"]
    assert [call["payload"]["text"]["body"] for call in calls] == ["one", "two"]
    assert calls[0]["arrived"] <= calls[1]["arrived"]


def test_the_number_describes_itself(sim):
    told = sim.graph(f"{CLINIC}?fields=display_phone_number,verified_name", method="GET").json()
    assert told == {
        "id": CLINIC,
        "display_phone_number": CLINIC_DISPLAY,
        "verified_name": "City Medical Center",
    }
    assert len(sim.graph(f"{WABA}/phone_numbers", method="GET").json()["data"]) == 2


def test_an_injected_error_refuses_and_delivers_nothing(sim):
    sim.faults(error_rate=1.0, error_code=131056)
    status, error = sim.refusal(TEXT)
    assert (status, error["code"]) == (429, 131056)
    sim.faults(error_rate=0.0, fail_next=1, error_code=131000, http_status=503)
    assert sim.refusal(TEXT)[0] == 503
    sim.send(TEXT)
    assert len(sim.chat()) == 2


QUOTING = {**TEXT, "context": {"message_id": "wamid.A1"}}
FORMS = [
    ("text", TEXT, BUTTONS),
    ("document", document("http://127.0.0.1/r.pdf"), TEXT),
    ("image", {"type": "image", "image": {"id": "1"}}, TEXT),
    ("button", BUTTONS, LIST),
    ("list", LIST, BUTTONS),
    ("cta_url", CTA, BUTTONS),
    ("interactive", LIST, TEXT),
    ("context", QUOTING, TEXT),
]


@pytest.mark.parametrize(("form", "refused", "other"), FORMS, ids=[case[0] for case in FORMS])
def test_one_form_can_be_refused_and_no_other(sim, form, refused, other):
    sim.faults(refused_forms=[form])
    status, error = sim.refusal(refused)
    assert (status, error["code"]) == (400, 131009)
    assert form in error["error_data"]["details"]
    assert len(sim.chat()) == 1
    sim.send(other)
    sim.control("DELETE", "/faults")
    sim.send(refused)


def test_several_forms_can_be_refused_with_another_code(sim):
    sim.faults(refused_forms=["list", "cta_url"], refused_form_code=131051)
    assert [sim.refusal(message)[1]["code"] for message in (LIST, CTA)] == [131051, 131051]
    sim.send(BUTTONS)


def test_a_refused_form_can_be_accepted_and_fail_later(sim, product):
    sim.faults(refused_forms=["button", "context"], refused_forms_later=True)
    for refused in (BUTTONS, QUOTING):
        sent = sim.send(refused)
        sim.settle()
        (status,) = product.statuses(sent)
        assert (status["status"], status["errors"][0]["code"]) == ("failed", 131009)
    nothing = sim.control("POST", f"/phones/{ASHA}/tap", {"option": "Yes"}, ok=False)
    assert nothing.status_code == 409
    sim.faults(refused_form_code=131026)
    sent = sim.send(BUTTONS)
    sim.settle()
    assert product.statuses(sent)[0]["errors"][0]["code"] == 131026
    sent = sim.send(LIST)
    sim.settle()
    assert product.status_names(sent) == ["sent", "delivered", "read"]


def test_a_refused_reaction_is_refused_at_once_in_either_case(sim):
    reaction = {"message_id": sim.chat()[-1]["id"], "emoji": "✅"}
    sim.faults(refused_forms=["reaction"], refused_forms_later=True)
    refusal = sim.refusal({"type": "reaction", "reaction": reaction})
    assert refusal[1]["code"] == 131009
    assert sim.chat()[-1]["reactions"] == {}


def test_a_dropped_answer_still_delivers(sim):
    sim.faults(drop_next=1)
    with pytest.raises(requests.ConnectionError):
        sim.post({"to": f"+{ASHA}", **TEXT})
    assert sim.chat()[-1]["text"] == "Hello"
    sim.send(TEXT)


def test_a_hanging_answer_still_delivers(sim):
    sim.faults(timeout_next=1, hang_seconds=1.0)
    with pytest.raises(requests.Timeout):
        sim.post({"to": f"+{ASHA}", **TEXT}, timeout=0.1)
    assert sim.chat()[-1]["text"] == "Hello"


def test_every_call_is_remembered_with_what_became_of_it(sim):
    sim.faults(fail_next=1)
    sim.refusal({**TEXT, "biz_opaque_callback_data": "ours"})
    sim.faults(drop_next=1)
    with pytest.raises(requests.ConnectionError):
        sim.post({"to": f"+{ASHA}", **TEXT, "biz_opaque_callback_data": "ours"})
    sim.send({**TEXT, "biz_opaque_callback_data": "ours"})

    def known():
        calls = sim.control("GET", "/calls")["calls"]
        return calls if all(c["told"] for c in calls[1:]) else None

    calls = eventually(known, "the product's knowing of both")
    assert [c["outcome"] for c in calls] == ["refused", "dropped", "accepted"]
    assert [c["code"] for c in calls] == [131000, None, None]
    assert {c["biz"] for c in calls} == {"ours"}
    assert calls[0]["told"] is None
    assert calls[2]["told"] >= calls[2]["arrived"]


def test_the_pair_rate_lends_45_messages(sim):
    sim.faults(pair_rate=True, window_enforced=False)
    for _ in range(45):
        sim.send(TEXT)
    assert sim.refusal(TEXT)[1]["code"] == 131056
    sim.send(TEXT, to=RAVI)


def test_the_throughput_of_a_number_is_bounded(sim):
    sim.faults(throughput_per_second=3)
    codes = [sim.post({"to": f"+{ASHA}", **TEXT}).status_code for _ in range(4)]
    assert codes == [200, 200, 200, 429]


def test_faults_are_checked_and_reset(sim):
    answer = sim.control("POST", "/faults", {"eror_rate": 1}, ok=False)
    assert (answer.status_code, "eror_rate" in answer.json()["error"]) == (400, True)
    assert sim.control("POST", "/faults", {"error_rate": 2}, ok=False).status_code == 400
    assert sim.faults(latency_ms=5)["latency_ms"] == 5
    assert sim.control("DELETE", "/faults")["latency_ms"] == 0


def test_strangers_are_kept_out(sim):
    rebound = sim.http.get(f"{sim.base}/control/phones", headers={"Host": "evil.test"})
    foreign = sim.http.delete(f"{sim.base}/control/state", headers={"Origin": "http://evil.test"})
    assert (rebound.status_code, foreign.status_code) == (403, 403)
