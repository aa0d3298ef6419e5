"""Webhooks are retried until accepted, survive restarts, and can be made to misbehave."""

import json
import signal

import pytest

from .conftest import ASHA, RAVI, VERIFY_TOKEN, Product, Simulator, eventually


def test_a_refused_webhook_comes_again_until_accepted(sim, product):
    product.refuse_with[:] = [503, 500]
    sent = sim.write("hello again")
    eventually(lambda: sim.chat()[-1]["note"] == "503", "the note of the refusal")
    assert sim.chat()[-1]["tick"] == "pending"
    assert sim.control("POST", "/webhooks/flush") == {"pending": 1}
    eventually(lambda: sim.chat()[-1]["note"] == "500", "the second refusal")
    sim.control("POST", "/webhooks/flush")
    eventually(product.messages)
    assert [m["id"] for m in product.messages(accepted_only=False)] == [sent["id"]] * 3
    eventually(lambda: sim.chat()[-1]["tick"] == "accepted")
    assert sim.chat()[-1]["note"] == ""


def test_a_refused_webhook_does_not_hold_up_the_next(sim, product):
    product.refuse_with[:] = [503]
    sim.write("first")
    sim.write("second")
    eventually(lambda: len(product.messages()) == 2)
    assert [m["text"]["body"] for m in product.messages()] == ["second", "first"]


def test_held_webhooks_come_when_let_go(sim, product):
    sim.faults(hold_webhooks=True)
    for text in ("a", "b", "c"):
        sim.write(text)
    assert sim.control("GET", "/webhooks")["pending"] == 3
    assert product.received == []
    sim.faults(hold_webhooks=False)
    sim.settle()
    assert [m["text"]["body"] for m in product.messages()] == ["a", "b", "c"]


def test_duplicates_are_exact_copies(sim, product):
    sim.faults(duplicate_webhooks=1.0)
    sim.write("twice")
    sim.settle()
    assert len(product.received) == 2
    assert product.received[0] == product.received[1]


def test_statuses_come_in_order_with_price_and_correlation(sim, product):
    sent = sim.send_text("Token 12 is next", biz_opaque_callback_data="out_1")
    sim.settle()
    assert product.status_names(sent) == ["sent", "delivered", "read"]
    for status in product.statuses(sent):
        assert status["recipient_id"] == ASHA
        assert status["biz_opaque_callback_data"] == "out_1"
        assert status["timestamp"].isdecimal()
    prices = [s.get("pricing", {}).get("category") for s in product.statuses(sent)]
    assert prices == ["service", "service", None]


def test_statuses_can_arrive_in_the_wrong_order(sim, product):
    sim.faults(shuffle_statuses=True)
    sent = sim.send_text("Token 12 is next")
    sim.settle()
    assert product.status_names(sent) == ["read", "delivered", "sent"]


def test_delivered_may_never_come(sim, product):
    sim.faults(skip_delivered=True)
    sent = sim.send_text("Token 12 is next")
    sim.settle()
    assert product.status_names(sent) == ["sent", "read"]
    assert product.statuses(sent)[1]["pricing"]["category"] == "service"


def test_receipts_can_wait_until_the_chat_is_looked_at(sim, product):
    sim.faults(read="viewed")
    sent = [sim.send_text(f"message {n}") for n in range(2)]
    sim.settle()
    assert product.status_names(sent[0]) == ["sent", "delivered"]
    chat = sim.chat()[-1]
    body = {"number": chat["number"], "index": chat["index"]}
    sim.control("POST", f"/phones/{ASHA}/seen", body)
    sim.control("POST", f"/phones/{ASHA}/seen", body)
    sim.settle()
    assert [product.status_names(one) for one in sent] == [["sent", "delivered", "read"]] * 2


def test_one_phone_may_never_send_receipts(sim, product):
    sim.control("PATCH", f"/phones/{ASHA}", {"read": "never"})
    sent = sim.send_text("message")
    sim.settle()
    assert product.status_names(sent) == ["sent", "delivered"]
    sim.control("PATCH", f"/phones/{ASHA}", {"read": None})


def test_a_raw_webhook_is_posted_as_it_is(sim, product):
    entry = {"id": "1", "changes": [{"field": "account_update", "value": {}}]}
    body = {"object": "whatsapp_business_account", "entry": [entry, entry]}
    answer = sim.control("POST", "/webhook", body)
    assert answer["status_code"] == 200
    assert product.received[-1][1] == body
    assert sim.control("POST", "/webhook?signature=wrong", body)["status_code"] == 401
    assert len(product.problems) == 1
    product.problems.clear()


@pytest.mark.slow
def test_the_handshake_comes_first_and_only_a_right_answer_opens_the_way(tmp_path):
    product = Product()
    product.verify = False
    simulator = Simulator(tmp_path, product.url)
    try:
        simulator.write("hello")
        assert simulator.control("POST", "/handshake") == {"handshake": "refused with 403"}
        assert product.received == []
        query = product.handshakes[0]
        assert query["hub.mode"] == ["subscribe"]
        assert query["hub.verify_token"] == [VERIFY_TOKEN]
        product.verify = True
        assert simulator.control("POST", "/handshake") == {"handshake": "verified"}
        eventually(product.messages)
    finally:
        simulator.http.close()
        assert simulator.stop(signal.SIGINT) < 2.0
        product.close()


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL], ids=["ended", "killed"])
def test_a_restart_keeps_chats_and_undelivered_webhooks(tmp_path, how):
    product = Product()
    simulator = Simulator(tmp_path, product.url)
    try:
        simulator.write("delivered")
        simulator.settle()
        simulator.send_text("answer")
        simulator.settle()
        product.close()
        simulator.write("not delivered", RAVI)
        eventually(lambda: simulator.chat(RAVI)[-1]["note"], "the failed attempt")
        before = simulator.chat()
        # Nothing is undone by a kill a moment later: changes are written a tenth of a second on.
        state = tmp_path / "state" / "simulator.db"
        eventually(lambda: b"not delivered" in _written(state), "the state on disk")
        with simulator.http.get(f"{simulator.base}/events", stream=True) as stream:
            lines = stream.iter_lines(decode_unicode=True)
            data = next(line for line in lines if line.startswith("data:"))
            assert len(json.loads(data[5:])["messages"]) == 3
            assert simulator.stop(how) < 2.0
        assert simulator.process.returncode == (-9 if how == signal.SIGKILL else 0)
        port = int(product.url.split(":")[2].split("/")[0])
        product = Product(port)
        simulator.start()
        assert simulator.chat() == before
        simulator.settle()
        assert [m["text"]["body"] for m in product.messages()] == ["not delivered"]
        assert simulator.write("and on")["index"] == before[-1]["index"] + 1
        assert product.handshakes == []
    finally:
        simulator.http.close()
        simulator.stop()
        product.close()


def _written(state):
    wal = state.with_name("simulator.db-wal")
    return state.read_bytes() + (wal.read_bytes() if wal.exists() else b"")
