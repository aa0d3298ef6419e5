"""What people do reaches the product in the shapes Meta documents."""

import pytest

from .conftest import (
    ASHA,
    ASHA_ID,
    CLINIC,
    CLINIC_DISPLAY,
    LAKSHMI,
    LAKSHMI_ID,
    MEERA,
    RAVI,
    WABA,
    eventually,
)
from .messages import BUTTONS, LIST


def test_a_text_comes_in_metas_envelope(sim, product):
    sent = sim.write("next")
    body = eventually(lambda: product.received)[0][1]
    value = body["entry"][0]["changes"][0]["value"]
    assert body["object"] == "whatsapp_business_account"
    assert body["entry"][0]["id"] == WABA
    assert body["entry"][0]["changes"][0]["field"] == "messages"
    assert value["metadata"] == {
        "display_phone_number": CLINIC_DISPLAY,
        "phone_number_id": CLINIC,
    }
    assert value["contacts"] == [{"profile": {"name": "Asha"}, "wa_id": ASHA, "user_id": ASHA_ID}]
    message = value["messages"][0]
    assert message.pop("timestamp").isdecimal()
    assert message == {
        "from": ASHA,
        "from_user_id": ASHA_ID,
        "id": sent["id"],
        "type": "text",
        "text": {"body": "next"},
    }


def test_a_username_user_comes_without_a_phone_number(sim, product):
    sim.write("hi", LAKSHMI)
    value = eventually(product.values)[0]
    assert "wa_id" not in value["contacts"][0]
    assert "from" not in value["messages"][0]
    assert value["contacts"][0]["user_id"] == value["messages"][0]["from_user_id"] == LAKSHMI_ID


def test_a_username_user_is_answered_by_user_id(sim, product):
    sim.write("hi", LAKSHMI)
    answer = sim.post({"recipient": LAKSHMI_ID, "type": "text", "text": {"body": "Namaste"}})
    assert answer.json()["contacts"] == [{"input": LAKSHMI_ID, "user_id": LAKSHMI_ID}]
    identity = answer.json()["messages"][0]["id"]
    status = eventually(lambda: product.statuses(identity))[0]
    assert "recipient_id" not in status
    assert status["recipient_user_id"] == LAKSHMI_ID
    assert sim.chat(LAKSHMI)[-1]["text"] == "Namaste"


@pytest.mark.parametrize("option", ["ok:12", "Yes"], ids=["by id", "by title"])
def test_a_tapped_button_answers_the_message_that_has_it(sim, product, option):
    sent = sim.send(BUTTONS)
    sim.send_text("something newer")
    sim.tap(option)
    message = eventually(product.messages)[0]
    assert message["type"] == "interactive"
    assert message["interactive"] == {
        "type": "button_reply",
        "button_reply": {"id": "ok:12", "title": "Yes"},
    }
    assert message["context"] == {"from": CLINIC_DISPLAY, "id": sent}


def test_a_tapped_row_of_a_list_carries_its_description(sim, product):
    sim.send(LIST)
    shown = sim.chat()[-1]
    assert shown["list_label"] == "Doctors"
    assert shown["footer"] == "0 to go back"
    assert [o["title"] for o in shown["options"]] == ["Dr Rao", "Dr Iyer"]
    sim.tap("Dr Rao")
    assert eventually(product.messages)[0]["interactive"] == {
        "type": "list_reply",
        "list_reply": {"id": "doc:rao", "title": "Dr Rao", "description": "General"},
    }


def test_a_tap_on_nothing_says_what_could_be_tapped(sim):
    sim.send(BUTTONS)
    answer = sim.control("POST", f"/phones/{ASHA}/tap", {"option": "Maybe"}, ok=False)
    assert answer.status_code == 409
    assert answer.json()["available"] == ["ok:12 (Yes)", "no:12 (No)"]


def test_an_old_message_can_still_be_tapped(sim, product):
    old = sim.send(BUTTONS)
    sim.send(BUTTONS)
    sim.tap("No", message_id=old)
    assert eventually(product.messages)[0]["context"]["id"] == old


def test_a_link_is_opened_and_nothing_is_sent(sim, product):
    action = {
        "name": "cta_url",
        "parameters": {"display_text": "Pay ₹50", "url": "http://127.0.0.1:9/pay/1"},
    }
    content = {"type": "cta_url", "body": {"text": "Pay"}, "action": action}
    sim.send({"type": "interactive", "interactive": content})
    shown = sim.chat()[-1]
    assert (shown["url_label"], shown["url"]) == ("Pay ₹50", "http://127.0.0.1:9/pay/1")
    assert sim.tap("Pay ₹50") == {"url": "http://127.0.0.1:9/pay/1"}
    assert product.messages() == []


@pytest.mark.parametrize(
    "kind", ["audio", "sticker", "image", "document", "location", "unsupported"]
)
def test_what_is_no_text_has_its_own_shape(sim, product, kind):
    sim.control("POST", f"/phones/{ASHA}/media", {"type": kind})
    message = eventually(product.messages)[0]
    assert message["type"] == kind
    if kind == "unsupported":
        assert message["errors"][0]["code"] == 131051
        assert message["unsupported"] == {"type": "poll"}
    elif kind == "location":
        assert message["location"]["latitude"] == pytest.approx(12.9763)
    else:
        assert {"id", "mime_type", "sha256"} <= set(message[kind])
        assert message.get("audio", {"voice": True})["voice"] is True


def test_media_can_be_fetched_with_the_token(sim, product):
    sim.control("POST", f"/phones/{ASHA}/media", {"type": "image", "caption": "my report"})
    image = eventually(product.messages)[0]["image"]
    assert image["caption"] == "my report"
    told = sim.graph(image["id"], method="GET").json()
    assert told["sha256"] == image["sha256"]
    headers = {"Authorization": "Bearer access-token"}
    assert sim.http.get(told["url"], headers=headers).content.startswith(b"\x89PNG")
    assert sim.http.get(told["url"]).status_code == 401


def test_a_reaction_and_its_removal(sim, product):
    sent = sim.send_text("You are next")
    sim.control("POST", f"/phones/{ASHA}/media", {"type": "reaction", "emoji": "🙏"})
    assert sim.chat()[-1]["reactions"] == {"user": "🙏"}
    sim.control("POST", f"/phones/{ASHA}/media", {"type": "reaction", "emoji": ""})
    first, second = eventually(lambda: len(product.messages()) == 2 and product.messages())
    assert first["reaction"] == {"message_id": sent, "emoji": "🙏"}
    assert second["reaction"] == {"message_id": sent}
    answer = sim.post({"status": "read", "message_id": second["id"]})
    assert answer.json() == {"success": True}


def test_a_quoted_reply_names_what_it_answers(sim, product):
    sent = sim.send_text("Which day?")
    sim.write("Monday", reply_to=sent)
    assert eventually(product.messages)[0]["context"] == {"from": CLINIC_DISPLAY, "id": sent}


def test_a_phone_added_while_running_can_write(sim, product):
    phone = sim.control("POST", "/phones", {"name": "Kiran"})
    assert phone["role"] == "patient"
    sim.write("hi", phone["wa_id"])
    assert eventually(product.values)[0]["contacts"][0]["profile"]["name"] == "Kiran"
    again = {"name": "Kiran", "wa_id": phone["wa_id"]}
    assert sim.control("POST", "/phones", again, ok=False).status_code == 400


def test_a_read_receipt_turns_the_ticks_blue_and_shows_typing(sim):
    first, second = sim.write("one"), sim.write("two")
    sim.settle()
    assert [m["tick"] for m in sim.chat()[-2:]] == ["accepted", "accepted"]
    call = {
        "status": "read",
        "message_id": second["id"],
        "typing_indicator": {"type": "text"},
    }
    assert sim.post(call).json() == {"success": True}
    ticks = {m["id"]: m["tick"] for m in sim.chat()}
    assert ticks[first["id"]] == ticks[second["id"]] == "read"
    assert sim.post({"status": "read", "message_id": "wamid.X"}).json()["error"]["code"] == 100


def test_messages_of_one_phone_arrive_in_the_order_of_sending(sim, product):
    for n in range(40):
        sim.write(str(n), RAVI)
        sim.write(str(n), MEERA)
    eventually(lambda: len(product.messages()) == 80)
    for wa_id in (RAVI, MEERA):
        texts = [m["text"]["body"] for m in product.messages() if m["from"] == wa_id]
        assert texts == [str(n) for n in range(40)]


def test_what_is_typed_in_the_business_app_is_echoed(sim, product):
    written = sim.control("POST", f"/phones/{ASHA}/echo", {"text": "Come at five"})
    assert sim.chat()[-1]["text"] == "Come at five"

    change = eventually(lambda: product.received)[0][1]["entry"][0]["changes"][0]
    value = change["value"]
    assert change["field"] == "smb_message_echoes"
    (echo,) = value["message_echoes"]
    assert (echo["id"], echo["to"], echo["text"]) == (
        written["id"], ASHA, {"body": "Come at five"},
    )  # fmt: skip
    assert value["metadata"]["phone_number_id"] == CLINIC
