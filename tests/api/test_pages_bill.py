"""The page on which a clinic pays its own bill."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from domain.model.clinics import ClinicStatus
from domain.model.subscriptions import Invoice, InvoiceStatus
from tests.api.checkout import HOME, state_of, visit
from tests.bank import Bank
from tests.bills import (
    billed,
    days,
    pay,
    request_of,
    the_bill,
    the_clinic,
    the_subscription,
    told,
)
from tests.gateways import use_bank
from tests.people import Cast, store
from tests.stage import Stage

HINDI = {"Accept-Language": "hi-IN,hi;q=0.9,en;q=0.5"}


@pytest.fixture
def bill(stage: Stage, cast: Cast) -> Invoice:
    return billed(stage, cast)


@pytest.fixture
def browser(stage: Stage, bill: Invoice) -> FlaskClient:
    """Open pages of the sandbox."""
    assert bill.payment_id
    return visit(stage)


@pytest.fixture
def bank(stage: Stage, bill: Invoice) -> Bank:
    """Put a gateway with a page of its own in the sandbox's place."""
    assert bill.payment_id
    return use_bank(stage)


def page(bill: Invoice) -> str:
    return f"/pay/{bill.payment_id}"


def test_an_open_bill_shows_what_it_is_for_and_by_when(browser, bill):
    text = browser.get(page(bill)).text
    assert state_of(text) == "open"
    for words in (
        "City Medical Center", "₹1,298", "Pay ₹1,298", "Professional plan",
        "2 doctors, ₹649 a month each", "25 Dec 2030 to 24 Jan 2031", "To be paid by 1 Jan 2031",
        "Sandbox – no real money",
    ):  # fmt: skip
        assert words in text
    for words in ("Token", "data-seconds", "http-equiv", 'left-bar"', "paid at the clinic"):
        assert words not in text


def test_it_is_shown_in_the_browsers_language(browser, bill):
    text = browser.get(page(bill), headers=HINDI).text
    assert '<html lang="hi"' in text
    for words in (
        "PulseOps का बिल",
        "Professional प्लान",
        "2 डॉक्टर",
        "₹649",
        "1 जन॰ 2031 तक चुकाना है",
    ):
        assert words in text


def test_one_doctor_is_one_doctor(browser, stage, bill):
    store(stage.records, bill.but(doctors=1, version=the_bill(stage).version))
    assert "1 doctor, ₹649 a month" in browser.get(page(bill)).text


def test_a_bill_is_pressed_paid_and_thanked_for(browser, stage, bill):
    answer = browser.post(page(bill), data={"outcome": "paid"})
    assert (answer.status_code, answer.headers["Location"]) == (303, page(bill))
    text = browser.get(page(bill)).text
    assert state_of(text) == "paid"
    assert "The bill of ₹1,298 is paid" in text
    assert "<form" not in text
    assert "To be paid by" not in text
    assert 'href="https://wa.me/919876543000"' in text
    stage.settle()
    assert the_bill(stage).status is InvoiceStatus.PAID
    assert told(stage) == ["billing/invoice", "billing/paid"]
    assert "चुका दिया गया है" in browser.get(page(bill), headers=HINDI).text


def test_a_second_press_goes_back_and_the_page_says_so(browser, stage, bill):
    for _ in range(2):
        browser.post(page(bill), data={"outcome": "paid"})
        stage.clock.advance(seconds=1)
    text = browser.get(page(bill)).text
    assert state_of(text) == "paid"
    assert "A second payment of ₹1,298 reached us." in text
    stage.settle()
    assert told(stage) == ["billing/invoice", "billing/paid", "billing/money_back"]


def test_a_failed_attempt_says_so_and_the_next_one_pays(browser, stage, bill):
    browser.post(page(bill), data={"outcome": "failed"})
    text = browser.get(page(bill)).text
    assert state_of(text) == "open"
    assert "The payment did not go through" in text
    browser.post(page(bill), data={"outcome": "paid"})
    assert "did not go through" not in browser.get(page(bill)).text
    assert the_bill(stage).status is InvoiceStatus.PAID


def test_a_suspended_clinic_that_pays_on_the_page_is_active_again(browser, stage, bill):
    days(stage, 15)
    assert the_clinic(stage).status is ClinicStatus.SUSPENDED
    assert state_of(browser.get(page(bill)).text) == "open"
    browser.post(page(bill), data={"outcome": "paid"})
    assert the_clinic(stage).status is ClinicStatus.ACTIVE
    assert the_subscription(stage).last_payment_amount == 1298


def test_a_clinics_name_is_text_and_never_markup(browser, stage, bill):
    store(stage.records, the_clinic(stage).but(name='<script>alert("x")</script>'))
    text = browser.get(page(bill)).text
    assert text.count("<script") == 1
    assert "&lt;script&gt;" in text


def test_a_bill_that_is_gone_is_a_page_in_plain_words(browser, stage, bill):
    store(stage.records, request_of(stage, bill).but(invoice_id="inv_none"))
    assert browser.get(page(bill)).status_code == 404


# Where a gateway takes the money


def test_the_button_leads_to_the_gateway_which_is_told_of_no_hold(stage, bill, bank):
    asked = []
    make_link = bank.make_link

    def noting(wanted):
        asked.append(wanted)
        return make_link(wanted)

    bank.make_link = noting
    browser = visit(stage)
    text = browser.get(page(bill)).text
    assert "outcome" not in text
    assert "Razorpay" in text
    for _ in range(2):
        answer = browser.post(page(bill))
        assert answer.headers["Location"] == f"https://bank.example/{bill.payment_id}"
    (wanted,) = asked
    assert (wanted.token_id, wanted.held_until, wanted.amount_paise) == (None, None, 129800)
    assert wanted.description == "PulseOps, 2030-12-25 to 2031-01-24"
    assert wanted.return_url == HOME + page(bill)


def test_who_comes_back_with_a_proof_waits_for_the_gateways_word(stage, bill, bank):
    browser = visit(stage)
    browser.post(page(bill))
    bank.pay(bill.payment_id, "pay_1", 129800)
    browser.get(page(bill), query_string={"proof": bill.payment_id})
    text = browser.get(page(bill)).text
    assert state_of(text) == "checking"
    assert "<form" not in text
    stage.settle()
    assert state_of(browser.get(page(bill)).text) == "paid"


def test_a_paid_bill_leads_nowhere(stage, bill, bank):
    pay(stage, bill)
    browser = visit(stage)
    assert browser.post(page(bill)).headers["Location"] == page(bill)
    assert state_of(browser.get(page(bill)).text) == "paid"
    assert bank.asked["make_link"] == 0


def test_the_page_of_a_link_that_is_over_leads_to_the_one_that_took_its_place(stage, bill, bank):
    browser = visit(stage)
    browser.post(page(bill))
    bank.links[bill.payment_id].cancelled = True
    stage.wait(3)
    now = the_bill(stage)
    assert browser.get(page(bill)).headers["Location"] == page(now)
    assert browser.post(page(bill)).headers["Location"] == page(bill)
    assert state_of(browser.get(page(now)).text) == "open"
    pay(stage, now)
    assert state_of(browser.get(page(bill)).text) == "paid"
