"""A clinic's plan over the API."""

from __future__ import annotations

from datetime import date

import pytest

from domain.actions.clinics import subscriptions
from domain.model.subscriptions import Subscription
from tests.api.examples.shape import differs, request_of
from tests.api.office import Office
from tests.people import store, stored

PATH = "/clinics/subscription"
RUNS = ("GET /api/v1/clinics/subscription", "POST /api/v1/clinics/subscription/upgrade")


@pytest.fixture
def clinic(office: Office) -> Office:
    """Return the office of a clinic on the Professional plan with three doctors."""
    now = office.stage.clock.now()
    city = stored(office.stage.records, office.cast.clinic).but(
        subscription_plan="PROFESSIONAL",
        plan="PROFESSIONAL",
        max_doctors=10,
        current_doctors=3,
        price_per_doctor=649,
    )
    subscription = Subscription(
        clinic_id="clinic_city",
        subscription_id="sub_1",
        plan="PROFESSIONAL",
        max_doctors=10,
        price_per_doctor=649,
        next_billing_date=date(2030, 12, 25),
        last_payment_date=date(2030, 11, 25),
        last_payment_amount=1947,
        payment_method="UPI",
        created_at=now,
        updated_at=now,
    )
    store(office.stage.records, city, subscription)
    return office


def test_the_specifications_example_of_a_subscription_is_answered_like_it(clinic):
    answer = clinic.admin.get(PATH)
    assert differs("GET /api/v1/clinics/subscription", answer.json) == []
    assert answer.json["data"]["currentPlan"]["totalAmount"] == 1947
    assert answer.json["data"]["pendingChange"] is None


def test_what_was_never_paid_is_null(clinic):
    subscription = clinic.stage.work().query(Subscription, "clinic_city").records[0]
    never = subscription.but(last_payment_date=None, last_payment_amount=None, payment_method=None)
    store(clinic.stage.records, never)
    billing = clinic.admin.get(PATH).json["data"]["billing"]
    assert billing["lastPaymentDate"] is None
    assert billing["lastPaymentAmount"] is None
    assert billing["paymentMethod"] is None


def test_the_specifications_example_of_an_upgrade_is_answered_like_it(clinic):
    body = request_of("POST /api/v1/clinics/subscription/upgrade")
    answer = clinic.admin.post(f"{PATH}/upgrade", body)
    assert answer.status_code == 200
    assert differs("POST /api/v1/clinics/subscription/upgrade", answer.json) == []
    data = answer.json["data"]
    assert data["priceChange"]["estimatedMonthlySaving"] == 1500
    assert (data["effectiveDate"], data["nextBillingAmount"]) == ("2030-12-01", 8235)
    now = clinic.admin.get(PATH).json["data"]
    assert now["currentPlan"]["maxDoctors"] == 50
    assert now["pendingChange"] == {
        "plan": "ENTERPRISE", "pricePerDoctor": 549, "effectiveDate": "2030-12-01", "givesUp": [],
    }  # fmt: skip


def test_a_downgrade_says_beforehand_what_it_gives_up(clinic):
    answer = clinic.admin.post(f"{PATH}/upgrade", {"newPlan": "BASIC", "estimatedDoctors": 3})
    lost = {g["feature"]: g["message"] for g in answer.json["data"]["givesUp"]}
    assert set(lost) == {
        "doctor_analytics", "flow_analytics", "revenue_analytics", "reports", "more_admins",
    }  # fmt: skip
    assert lost["reports"] == "No new reports can be made."
    pending = clinic.admin.get(PATH).json["data"]["pendingChange"]
    assert pending["givesUp"] == answer.json["data"]["givesUp"]


def test_a_plan_too_small_is_refused_naming_one_that_is_not(clinic):
    city = stored(clinic.stage.records, clinic.cast.clinic)
    store(clinic.stage.records, city.but(current_doctors=4))
    answer = clinic.admin.post(f"{PATH}/upgrade", {"newPlan": "BASIC", "estimatedDoctors": 2})
    assert (answer.status_code, answer.json["error"]["code"]) == (409, "PLAN_LIMIT")
    assert answer.json["error"]["plan"] == "PROFESSIONAL"


def test_the_same_plan_is_refused(clinic):
    answer = clinic.admin.post(
        f"{PATH}/upgrade", {"newPlan": "PROFESSIONAL", "estimatedDoctors": 3}
    )
    assert (answer.status_code, answer.json["error"]["code"]) == (409, "SAME_PLAN")


@pytest.mark.parametrize(
    "body",
    [
        {"newPlan": "GOLD", "estimatedDoctors": 3},
        {"newPlan": "BASIC", "estimatedDoctors": 0},
        {"newPlan": "BASIC", "estimatedDoctors": "3"},
        {"newPlan": "BASIC"},
    ],
)
def test_what_is_no_plan_or_no_number_is_refused(clinic, body):
    assert clinic.admin.post(f"{PATH}/upgrade", body).status_code == 422


def test_a_doctor_sees_no_subscription(clinic):
    assert clinic.doctor.get(PATH).status_code == 403
    body = {"newPlan": "ENTERPRISE", "estimatedDoctors": 3}
    assert clinic.doctor.post(f"{PATH}/upgrade", body).status_code == 403


def test_bills_are_listed_with_a_link_while_they_are_open(clinic):

    work = clinic.stage.work()
    subscriptions.begin_subscription(
        work,
        stored(clinic.stage.records, clinic.cast.clinic),
        work.query(Subscription, "clinic_city").records[0],
    )
    work.commit()
    clinic.stage.wait(31 * 24 * 60)
    (bill,) = clinic.admin.get(PATH).json["data"]["invoices"]
    assert (bill["amount"], bill["status"]) == (1947, "OPEN")
    assert bill["paymentLink"].startswith("http://localhost:8000/pay/payr_")
