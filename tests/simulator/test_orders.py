"""Orders inside WhatsApp: shown, paid, told of by webhooks, looked up, and closed."""

import json
import time
from pathlib import Path

import pytest

from .conftest import ASHA, CLINIC, PLATFORM, RAVI, WABA, eventually
from .messages import changed

RECORDED = Path(__file__).parents[1] / "payloads" / "cloud_sent"
PARAMETERS = "interactive.action.parameters"
_made = iter(range(1, 1000))


def recorded(name):
    call = json.loads((RECORDED / f"{name}.json").read_text(encoding="utf-8"))
    return {key: call[key] for key in ("type", call["type"])}


def order(**more):
    """Return an order with a reference of its own that lives for ten minutes."""
    call = recorded("order_details")
    call["interactive"]["action"]["parameters"]["reference_id"] = f"ORD_{next(_made)}"
    ends = str(int(time.time()) + more.get("lives", 600))
    return changed(call, f"{PARAMETERS}.order.expiration.timestamp", ends)


def reference_of(call):
    return call["interactive"]["action"]["parameters"]["reference_id"]


def status(reference, word="completed"):
    call = changed(recorded("order_status"), f"{PARAMETERS}.reference_id", reference)
    return changed(call, f"{PARAMETERS}.order.status", word)


def pay(sim, **more):
    return sim.control("POST", f"/phones/{ASHA}/pay", more)


def payments(product):
    return [s for s in product.statuses() if s.get("type") == "payment"]


def look(sim, reference, configuration="clinic-main", number=CLINIC):
    return sim.graph(f"{number}/payments/{configuration}/{reference}", method="GET")


def shown(sim, message_id):
    return next(m["order"] for m in sim.chat() if m["id"] == message_id)


def test_an_order_is_shown_paid_and_told_as_meta_tells_it(sim, product):
    call = order()
    reference = reference_of(call)
    sent = sim.send(call)
    card = shown(sim, sent)
    assert (card["about"], card["amount"], card["status"]) == (
        "Consultation advance",
        20000,
        "pending",
    )
    attempt = pay(sim)
    sim.settle()
    told = payments(product)
    assert [(s["status"], s["payment"]["transaction"]["status"]) for s in told] == [
        ("pending", "pending"),
        ("captured", "success"),
    ]
    paid = told[-1]["payment"]
    assert (paid["reference_id"], paid["amount"]) == (reference, {"value": 20000, "offset": 100})
    assert paid["transaction"]["pg_transaction_id"] == attempt["pg_transaction_id"]
    assert (paid["receipt"], paid["notes"]["tokenId"]) == ("payr_1", "TKN_01J")
    assert isinstance(told[-1]["timestamp"], str)


def test_the_lookup_tells_what_was_tried(sim):
    call = order()
    reference = reference_of(call)
    sim.send(call)
    states = [look(sim, reference).json()["payments"][0]]
    for outcome in ("failed", "paid"):
        pay(sim, outcome=outcome)
        states.append(look(sim, reference).json()["payments"][0])
    assert [s["status"] for s in states] == ["new", "pending", "captured"]
    assert [t["status"] for t in states[-1]["transactions"]] == ["failed", "success"]
    assert states[-1]["reference_id"] == reference


def test_the_lookup_knows_an_order_by_its_number_configuration_and_reference(sim):
    call = order()
    sim.send(call)
    for answer in (
        look(sim, "ORD_none"),
        look(sim, reference_of(call), configuration="another"),
        look(sim, reference_of(call), number=PLATFORM),
    ):
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, 100)
    sim.faults(lookups_fail=True)
    assert look(sim, reference_of(call)).status_code == 500


def test_notices_of_a_payment_come_twice_and_in_the_wrong_order_if_told_to(sim, product):
    sim.faults(duplicate_webhooks=1.0, shuffle_statuses=True)
    sim.send(order())
    sim.settle()
    product.received.clear()
    pay(sim)
    sim.settle()
    words = [s["status"] for s in payments(product)]
    assert sorted(words) == ["captured", "captured", "pending", "pending"]
    assert words[0] == "captured"


def test_the_business_says_how_an_order_stands(sim, product):
    call = order()
    sent = sim.send(call)
    pay(sim)
    news = sim.send(status(reference_of(call)))
    assert shown(sim, sent)["status"] == "completed"
    assert shown(sim, news)["of"] == reference_of(call)
    sim.settle()
    assert "failed" not in product.status_names(news)


@pytest.mark.parametrize(
    ("before", "word", "code"),
    [
        ("completed", "canceled", 2046),
        ("canceled", "completed", 2046),
        ("paid", "canceled", 2047),
        ("pending", "canceled", 2047),
        ("nothing", "completed", 2046),
    ],
)
def test_a_status_that_does_not_follow_fails_later(sim, product, before, word, code):
    call = order()
    reference = reference_of(call)
    if before != "nothing":
        sim.send(call)
    if before in {"paid", "pending"}:
        pay(sim, outcome=before)
    if before in {"completed", "canceled"}:
        sim.send(status(reference, before))
    news = sim.send(status(reference, word))
    sim.settle()
    failed = eventually(lambda: product.statuses(news))[-1]
    assert (failed["status"], failed["errors"][0]["code"]) == ("failed", code)


def test_a_template_brings_a_status_outside_the_window(sim):
    template = {
        "name": f"order_closed_{next(_made)}",
        "language": "hi",
        "category": "UTILITY",
        "sub_category": "ORDER_STATUS",
        "parameter_format": "NAMED",
        "components": [
            {
                "type": "BODY",
                "text": "The request for {{amount}} is over.",
                "example": {
                    "body_text_named_params": [{"param_name": "amount", "example": "₹200"}]
                },
            }
        ],
    }
    assert sim.graph(f"{WABA}/message_templates", template).ok
    call = order()
    sent = sim.send(call)
    sim.control("POST", "/advance", {"hours": 25})
    news = recorded("order_status_template")
    news["template"]["name"] = template["name"]
    told = news["template"]["components"][1]["parameters"][0]["order_status"]
    told["reference_id"] = reference_of(call)
    sim.send(news)
    assert shown(sim, sent)["status"] == "completed"
    news["template"]["components"][1]["parameters"] *= 2
    assert sim.refusal(news)[1]["code"] == 132012
    del news["template"]["components"][1]
    assert sim.refusal(news)[1]["code"] == 131008
    wrong = {**template, "name": "wrong", "sub_category": "RICH"}
    assert sim.graph(f"{WABA}/message_templates", wrong).status_code == 400
    path = f"{WABA}/message_templates?name={template['name']}"
    assert sim.graph(path, method="DELETE").ok


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        ("reference_id", "x" * 36, 131009),
        ("reference_id", "a b", 131009),
        ("reference_id", None, 131008),
        ("type", "gifts", 131009),
        ("currency", "USD", 131009),
        ("total_amount", {"value": 20001, "offset": 100}, 131009),
        ("total_amount", {"value": "20000", "offset": 100}, 131009),
        ("total_amount", {"value": 20000, "offset": 1}, 131009),
        ("payment_settings", [], 131009),
        ("payment_settings.0.payment_gateway.type", "cash", 131009),
        ("payment_settings.0.payment_gateway.configuration_name", "x" * 61, 131009),
        ("payment_settings.0.payment_gateway.razorpay.receipt", "x" * 41, 131009),
        ("payment_settings.0.payment_gateway.razorpay.notes", {"n": "x" * 257}, 131009),
        ("order.status", "completed", 131009),
        ("order.type", "slow_pay", 131009),
        ("order.shipping", {"value": 100, "offset": 100}, 131009),
        ("order.discount", {"value": 100, "offset": 100}, 131009),
        ("order.discount", {"value": "100", "offset": 100}, 131009),
        ("order.items", [], 131009),
        ("order.items.0.sale_amount", {"value": 100, "offset": 100}, 131009),
        ("order.items.0.importer_address.country_code", None, 131008),
        ("order.items.0.importer_address.city", "", 131008),
        ("order.items.0.importer_address.postal_code", 560001, 131009),
        ("order.expiration.timestamp", "1795000900", 131009),
        ("order.expiration.description", "x" * 121, 131009),
        ("order.items.0.name", "x" * 61, 131009),
        ("order.items.0.importer_name", None, 131008),
        ("order.items.0.quantity", 0, 131009),
        ("order.subtotal", {"value": 1, "offset": 100}, 131009),
        ("order.tax", None, 131008),
    ],
)
def test_an_order_that_breaks_a_rule_is_refused(sim, path, value, code):
    assert sim.refusal(changed(order(), f"{PARAMETERS}.{path}", value))[1]["code"] == code


def test_an_order_may_have_shipping_a_discount_and_a_sale_amount(sim):
    call = order()
    for path, paise in (
        ("order.items.0.sale_amount", 15000),
        ("order.subtotal", 15000),
        ("order.shipping", 2000),
        ("order.discount", 1000),
        ("total_amount", 16000),
    ):
        call = changed(call, f"{PARAMETERS}.{path}", {"value": paise, "offset": 100})
    assert shown(sim, sim.send(call))["amount"] == 16000


@pytest.mark.parametrize("text", ["x" * 1025, "🔔" * 513], ids=["letters", "UTF-16"])
@pytest.mark.parametrize("made", [order, lambda: status("ORD_1")], ids=["order", "status"])
def test_the_words_of_an_order_have_a_limit(sim, made, text):
    refused = changed(made(), "interactive.body.text", text)
    assert sim.refusal(refused)[1]["code"] == 131009


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        ("reference_id", None, 131008),
        ("reference_id", "a b", 131009),
        ("order.status", "paid", 131009),
        ("order.description", "x" * 121, 131009),
        ("order.description", "", 131008),
    ],
)
def test_a_status_that_breaks_a_rule_is_refused(sim, path, value, code):
    call = status("ORD_1")
    assert sim.refusal(changed(call, f"{PARAMETERS}.{path}", value))[1]["code"] == code


def test_a_reference_is_taken_once(sim):
    call = order()
    sim.send(call)
    assert sim.refusal(call)[1]["code"] == 131009


def test_orders_and_their_statuses_can_be_refused_on_demand(sim, product):
    call = order()
    shown_first = sim.send(call)
    sim.faults(refused_forms=["order_details", "order_status"])
    for refused in (order(), status(reference_of(call))):
        assert sim.refusal(refused)[1]["code"] == 131009
    sim.faults(refused_forms_later=True)
    for refused in (order(), status(reference_of(call))):
        sent = sim.send(refused)
        sim.settle()
        assert product.status_names(sent) == ["failed"]
    assert shown(sim, shown_first)["status"] == "pending"


def test_what_is_over_can_be_paid_only_by_a_slow_bank(sim):
    call = order()
    sim.send(call)
    sim.send(status(reference_of(call), "canceled"))
    refused = sim.control("POST", f"/phones/{ASHA}/pay", {}, ok=False)
    assert refused.status_code == 409
    pay(sim, late=True)
    assert look(sim, reference_of(call)).json()["payments"][0]["status"] == "captured"
    assert sim.control("POST", f"/phones/{RAVI}/pay", {}, ok=False).status_code == 409
