"""The payment page where a gateway takes the money: a button that leads away, and the way back."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from bot.webhooks.razorpay import razorpay
from domain.gateway import GatewayRefused
from domain.model.queues import Token, TokenStatus
from tests.api.checkout import HOME, state_of, visit
from tests.bank import Bank, Fault
from tests.bookings import cancel, hold
from tests.gateways import use_bank
from tests.people import Cast
from tests.stage import Stage
from web.checkout.views import pages


@pytest.fixture
def bank(stage: Stage) -> Bank:
    return use_bank(stage)


@pytest.fixture
def browser(stage: Stage, bank: Bank) -> FlaskClient:
    assert stage.parts.gateway is bank
    return visit(stage)


@pytest.fixture
def token(stage: Stage, cast: Cast) -> Token:
    return hold(stage, cast, 5)


def page(token: Token) -> str:
    return f"/pay/{token.payment_id}"


def test_the_page_shows_amount_time_left_and_one_button(browser, token):
    text = browser.get(page(token)).text
    assert state_of(text) == "open"
    for words in ("₹50", "Pay ₹50", 'data-seconds="599"', "Kept for you until", "Razorpay"):
        assert words in text
    for words in ("outcome", "Sandbox", "trial", "failed payment"):
        assert words not in text
    assert text.count("<button") == 1


def test_the_button_leads_to_the_gateway_and_comes_back_here(browser, token, bank):
    asked = []
    make_link = bank.make_link

    def noting(wanted):
        asked.append(wanted)
        return make_link(wanted)

    bank.make_link = noting
    for _ in range(2):
        answer = browser.post(page(token))
        assert answer.status_code == 303
        assert answer.headers["Location"] == f"https://bank.example/{token.payment_id}"
    assert len(asked) == 1
    assert asked[0].return_url == HOME + page(token)
    assert (asked[0].amount_paise, asked[0].payment_id) == (5000, token.payment_id)


def test_the_form_may_lead_to_the_gateway_and_no_further(browser, token):
    policy = browser.get(page(token)).headers["Content-Security-Policy"]
    assert "form-action 'self' https:;" in policy
    assert "script-src 'nonce-" in policy


@pytest.mark.usefixtures("bank")
def test_in_development_the_gateway_may_be_on_this_machine(stage, token):
    app = Flask("bot.app")
    app.register_blueprint(pages(stage.parts, public_url="http://localhost:8000"))
    policy = app.test_client().get(page(token)).headers["Content-Security-Policy"]
    assert "form-action 'self' https: http:;" in policy


@pytest.mark.parametrize("ends", ["expired", "cancelled", "paid"])
def test_what_is_not_to_be_paid_any_more_leads_back_to_the_page(browser, stage, token, bank, ends):
    if ends == "expired":
        stage.clock.advance(10)
    elif ends == "cancelled":
        cancel(stage, token)
    else:
        stage.pay(token)
    answer = browser.post(page(token))
    assert (answer.status_code, answer.headers["Location"]) == (303, page(token))
    assert state_of(browser.get(page(token)).text) in {"ended", "cancelled", "paid"}
    assert bank.asked == {}


def test_a_gateway_that_is_away_is_told_in_plain_words(browser, token, bank):
    bank.faults.append(Fault.AWAY)
    answer = browser.post(page(token))
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert "The payment service does not answer" in answer.text
    assert browser.post(page(token)).status_code == 303


def test_a_payment_the_gateway_does_not_take_is_told_in_plain_words(browser, token, bank):
    def refuse(_asked):
        raise GatewayRefused("amount exceeds maximum amount allowed")

    bank.make_link = refuse
    answer = browser.post(page(token))
    assert answer.status_code == 502
    assert "cannot be paid online" in answer.text
    assert "maximum" not in answer.text


def test_a_link_that_is_over_at_the_gateway_leads_back_and_is_looked_at(
    browser, stage, token, bank
):
    bank.faults.append(Fault.LOST)
    browser.post(page(token))
    bank.pay(token.payment_id or "", "pay_1", 5000)
    answer = browser.post(page(token))
    assert answer.headers["Location"] == page(token)
    stage.settle()
    assert state_of(browser.get(page(token)).text) == "paid"


@pytest.mark.parametrize("form", [{"outcome": "paid"}, {"outcome": "failed"}])
def test_nothing_can_be_paid_on_the_page_itself(browser, stage, token, bank, form):
    assert browser.post(page(token), data=form).status_code == 422
    assert stage.token(token).status is TokenStatus.PENDING
    assert bank.asked == {}


def test_who_comes_back_with_a_proof_waits_for_the_gateways_word(browser, stage, token, bank):
    browser.post(page(token))
    bank.pay(token.payment_id or "", "pay_1", 5000)
    answer = browser.get(page(token), query_string={"proof": token.payment_id})
    assert (answer.status_code, answer.headers["Location"]) == (303, page(token))
    text = browser.get(page(token)).text
    assert state_of(text) == "checking"
    assert '<meta http-equiv="refresh" content="4">' in text
    assert "<form" not in text
    stage.settle()  # the gateway is asked at once, whether it writes or not
    assert state_of(browser.get(page(token)).text) == "paid"


def test_who_comes_back_without_a_proof_sees_the_page_as_it_is(browser, stage, token, bank):
    browser.post(page(token))
    asked = dict(bank.asked)
    answer = browser.get(page(token), query_string={"proof": "payr_other"})
    assert (answer.status_code, answer.headers["Location"]) == (303, page(token))
    assert "Set-Cookie" not in answer.headers
    assert state_of(browser.get(page(token)).text) == "open"
    stage.settle()
    assert dict(bank.asked) == asked


def test_coming_back_to_a_request_that_is_none_is_a_page_in_plain_words(browser):
    for answer in (browser.get("/pay/payr_0?proof=payr_0"), browser.post("/pay/payr_0")):
        assert answer.status_code == 404
        assert "This page is not here" in answer.text


def test_a_page_in_hindi_says_so_too(browser, stage, cast):
    contact = cast.asha_contact.but(language="hi")
    work = stage.work()
    work.put(contact)
    work.commit()
    token = hold(stage, cast, 6)
    text = browser.get(page(token)).text
    assert "Razorpay के पन्ने पर" in text


def test_the_log_of_a_press_names_no_payment(browser, token, capsys):
    browser.post(page(token))
    browser.get(page(token), query_string={"proof": token.payment_id})
    assert str(token.payment_id) not in capsys.readouterr().out


def test_only_razorpay_has_a_webhook(stage):
    app = Flask("bot.app")
    app.register_blueprint(razorpay(stage.parts))  # without a secret it takes nothing
    answer = app.test_client().post("/api/v1/webhooks/razorpay", data=b"{}")
    assert answer.status_code == 403
