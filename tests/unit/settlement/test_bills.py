"""I3 for a clinic's own bill: it is paid once, like an advance, and in nobody's ledger but ours."""

from __future__ import annotations

from datetime import date
from itertools import count

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

from domain.actions.payments import ledger, refunds
from domain.actions.payments.ledger import PRODUCT_LEDGER, Statement
from domain.actions.settlement import captures
from domain.errors import Conflict, NotNow
from domain.model.money import Capture, Disposition, Payment, Refund, RefundStatus, RequestStatus
from domain.model.subscriptions import Invoice, InvoiceStatus
from domain.scopes import ClinicScope
from tests.bank import Bank, Fault, Killed
from tests.bills import billed, days, pay, request_of, the_bill, the_subscription, told
from tests.gateways import use_bank
from tests.people import Cast, store
from tests.stage import Stage
from web.checkout.pay import obtain_gateway_url

PAID_ON = date(2030, 12, 26)
AMOUNT = 129800
_numbers = count()


@pytest.fixture
def bill(stage: Stage, cast: Cast) -> Invoice:
    """A bill of ₹1,298, a day old."""
    return billed(stage, cast)


@pytest.fixture
def bank(stage: Stage, bill: Invoice) -> Bank:
    """Put a gateway in the sandbox's place."""
    assert bill.payment_id
    return use_bank(stage)


def press(stage: Stage, bill: Invoice) -> str | None:
    return obtain_gateway_url(stage.parts, bill.payment_id or "", "https://clinic.example/pay")


def ours(stage: Stage, day: date = PAID_ON) -> Statement:
    """Return the product's own day, which adds up to nothing."""
    found = ledger.statement_of(stage.work(), PRODUCT_LEDGER, day)
    assert found.difference == 0
    assert ledger.find_discrepancies(stage.work(), PRODUCT_LEDGER, day) == []
    return found


def refund(stage: Stage, capture_id: str) -> Refund | None:
    return stage.work().get(Refund, capture_id, "REFUND")


# The ledger


def test_what_a_clinic_pays_is_the_products_own_and_pays_its_bill(
    stage: Stage, cast: Cast, bill: Invoice
) -> None:
    pay(stage, bill)
    assert ours(stage) == Statement(captured=AMOUNT, invoiced=AMOUNT, payments=1)
    assert (the_bill(stage).status, the_bill(stage).capture_id) == (InvoiceStatus.PAID, "cap_1")
    assert request_of(stage, bill).status is RequestStatus.PAID
    assert ledger.statement_of(stage.work(), cast.clinic, PAID_ON) == Statement()


def test_a_clinic_sees_nothing_of_it_in_its_own_ledger(
    stage: Stage, cast: Cast, bill: Invoice
) -> None:
    pay(stage, bill)
    pay(stage, bill, "cap_2")
    work = stage.work().within(ClinicScope(cast.clinic.clinic_id))
    assert ledger.list_payments(work, cast.clinic, PAID_ON, PAID_ON).payments == []
    assert work.get(Capture, "cap_1", "CAPTURE") is None
    assert work.get(Refund, "cap_2", "REFUND") is None


def test_a_notice_repeated_pays_once(stage: Stage, bill: Invoice) -> None:
    pay(stage, bill)
    pay(stage, bill)
    assert ours(stage).payments == 1
    assert told(stage) == ["billing/invoice", "billing/paid"]


def test_a_second_payment_goes_back_and_the_admin_is_told(stage: Stage, bill: Invoice) -> None:
    pay(stage, bill)
    pay(stage, bill, "cap_2")
    back = refund(stage, "cap_2")
    assert back is not None
    assert (back.reason, back.status) == ("NOT_OWED", RefundStatus.PROCESSED)
    assert ours(stage) == Statement(
        captured=2 * AMOUNT, invoiced=AMOUNT, refunded=AMOUNT, sent_back=AMOUNT, payments=2
    )
    assert told(stage) == ["billing/invoice", "billing/paid", "billing/money_back"]
    assert the_subscription(stage).last_payment_amount == 1298
    assert stage.messages()[-1].values["stands"] == 1


def test_two_payments_at_once_cannot_both_pay(stage: Stage, bill: Invoice) -> None:
    works = stage.work(), stage.work()
    for number, work in enumerate(works):
        captures.record_capture(work, bill.payment_id or "", f"cap_{number}", AMOUNT)
    works[0].commit()
    with pytest.raises(Conflict):
        works[1].commit()
    pay(stage, bill, "cap_1")
    assert refund(stage, "cap_1") is not None
    assert ours(stage).invoiced == AMOUNT


def test_too_little_goes_back_and_the_bill_stays(stage: Stage, bill: Invoice) -> None:
    pay(stage, bill, amount_paise=AMOUNT - 1)
    assert refund(stage, "cap_1") is not None
    assert the_bill(stage).status is InvoiceStatus.OPEN
    assert stage.messages()[-1].values["stands"] == 0
    pay(stage, bill, "cap_2")
    assert the_bill(stage).capture_id == "cap_2"
    assert ours(stage).invoiced == AMOUNT


def test_a_failed_attempt_is_noted_and_nobody_is_written_to(stage: Stage, bill: Invoice) -> None:
    for _ in range(2):
        work = stage.work()
        captures.record_failed_attempt(work, bill.payment_id or "")
        work.commit()
    assert request_of(stage, bill).failed_attempts == 2
    pay(stage, bill)
    work = stage.work()
    captures.record_failed_attempt(work, bill.payment_id or "")
    assert work.is_empty
    assert told(stage) == ["billing/invoice", "billing/paid"]


@pytest.mark.parametrize("wrong", ["unpaid", "another's", "no refund", "refunded too"])
def test_rows_that_contradict_one_another_are_found(
    stage: Stage, bill: Invoice, wrong: str
) -> None:
    pay(stage, bill)
    capture = stage.work().get(Capture, "cap_1", "CAPTURE")
    assert capture is not None
    work = stage.work()
    if wrong == "unpaid":
        work.put(the_bill(stage).but(status=InvoiceStatus.OPEN))
    elif wrong == "another's":
        work.put(the_bill(stage).but(capture_id="cap_9"))
    elif wrong == "no refund":
        work.put(capture.but(disposition=Disposition.REFUND))
    else:
        refunds.refund_capture(work, capture, "TEST")
    work.commit()
    assert ledger.find_discrepancies(stage.work(), PRODUCT_LEDGER, PAID_ON) == ["cap_1"]


@pytest.mark.slow
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.sampled_from([1, AMOUNT - 1, AMOUNT, AMOUNT + 1])),
        max_size=5,
    )
)
def test_whatever_arrives_pays_once_and_all_else_goes_back(
    stage: Stage, bill: Invoice, arrives: list[tuple[str, int]]
) -> None:
    number = next(_numbers)
    request = Payment(
        payment_id=f"payr_{number}",
        clinic_id=bill.clinic_id,
        doctor_id="",
        queue_id="",
        token_id="",
        contact_id="",
        amount_paise=AMOUNT,
        invoice_id=f"inv_{number}",
        created_at=stage.clock.now(),
    )
    owed = bill.but(version=0, invoice_id=f"inv_{number}", payment_id=request.payment_id)
    store(stage.records, request, owed)
    before = ours(stage)
    for name, amount in arrives:
        work = stage.work()
        captures.record_capture(work, request.payment_id, f"{number}_{name}", amount)
        work.commit()
    taken: dict[str, int] = {}
    for name, amount in arrives:
        taken.setdefault(name, amount)
    paying = [name for name, amount in taken.items() if amount >= AMOUNT][:1]
    kept = sum(taken[name] for name in paying)
    assert ours(stage) == before + Statement(
        captured=sum(taken.values()),
        invoiced=kept,
        refunded=sum(taken.values()) - kept,
        payments=len(taken),
    )
    now = stage.work().get(Invoice, bill.clinic_id, owed.invoice_id)
    assert now is not None
    assert now.status is (InvoiceStatus.PAID if paying else InvoiceStatus.OPEN)
    assert now.capture_id == (f"{number}_{paying[0]}" if paying else None)


# Its link


def test_a_link_lives_until_the_bill_is_paid_and_is_asked_about_ever_more_rarely(
    stage: Stage, bill: Invoice, bank: Bank
) -> None:
    assert press(stage, bill) == press(stage, bill)
    days(stage, 1)
    first_day = bank.asked["fetch_link"]
    assert first_day < 40
    days(stage, 40)
    assert bank.asked["fetch_link"] < first_day + 55
    bank.pay(bill.payment_id or "", "pay_1", AMOUNT)
    days(stage, 1.1)
    assert the_bill(stage).capture_id == "pay_1"
    days(stage, 6)
    asked = bank.asked["fetch_link"]
    days(stage, 30)
    assert bank.asked["fetch_link"] == asked
    assert bank.asked["make_link"] == 1


def test_money_whose_notice_is_lost_pays_within_two_minutes(
    stage: Stage, bill: Invoice, bank: Bank
) -> None:
    press(stage, bill)
    bank.pay(bill.payment_id or "", "pay_1", AMOUNT)
    stage.wait(2)
    assert the_bill(stage).status is InvoiceStatus.PAID


def test_a_bill_that_is_paid_has_no_link_any_more(stage: Stage, bill: Invoice, bank: Bank) -> None:
    pay(stage, bill)
    with pytest.raises(NotNow):
        press(stage, bill)
    assert bank.asked["make_link"] == 0


def test_a_bill_paid_another_way_ends_its_link(stage: Stage, bill: Invoice, bank: Bank) -> None:
    press(stage, bill)
    pay(stage, bill)
    stage.wait(3)
    assert bank.links[bill.payment_id or ""].cancelled


def test_a_bill_whose_link_is_over_is_asked_for_by_another(
    stage: Stage, bill: Invoice, bank: Bank
) -> None:
    press(stage, bill)
    bank.links[bill.payment_id or ""].cancelled = True
    stage.wait(3)
    now = the_bill(stage)
    assert now.payment_id != bill.payment_id
    assert request_of(stage, bill).status is RequestStatus.ENDED
    with pytest.raises(NotNow):
        press(stage, bill)
    assert press(stage, now) is not None
    bank.pay(now.payment_id or "", "pay_1", AMOUNT)
    stage.wait(2)
    assert the_bill(stage).capture_id == "pay_1"


def test_money_by_a_former_link_pays_and_ends_the_one_that_took_its_place(
    stage: Stage, bill: Invoice, bank: Bank
) -> None:
    press(stage, bill)
    bank.links[bill.payment_id or ""].cancelled = True
    stage.wait(3)
    now = the_bill(stage)
    press(stage, now)
    bank.pay(bill.payment_id or "", "pay_late", AMOUNT)
    days(stage, 1)
    assert the_bill(stage).capture_id == "pay_late"
    assert request_of(stage, now).status is RequestStatus.ENDED
    assert bank.links[now.payment_id or ""].cancelled
    assert ours(stage, date(2030, 12, 26)).invoiced == AMOUNT


def test_too_little_by_a_link_lets_another_be_made(stage: Stage, bill: Invoice, bank: Bank) -> None:
    press(stage, bill)
    bank.pay(bill.payment_id or "", "pay_1", AMOUNT - 100)
    stage.wait(3)
    assert bank.returned == {"pay_1": AMOUNT - 100}
    assert the_bill(stage).payment_id != bill.payment_id


@pytest.mark.parametrize("fault", [Fault.KILLED, Fault.KILLED_AFTER])
def test_a_worker_killed_while_it_asks_is_followed_by_another(
    stage: Stage, bill: Invoice, bank: Bank, fault: Fault
) -> None:
    press(stage, bill)
    bank.pay(bill.payment_id or "", "pay_1", AMOUNT)
    bank.faults.append(fault)
    with pytest.raises(Killed):
        stage.wait(2)
    stage.wait(5)
    assert the_bill(stage).capture_id == "pay_1"
