"""What a clinic pays for the product: plans, bills, grace and suspension."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from domain.actions.booking import booking, desk
from domain.actions.clinics import subscriptions
from domain.actors import Actor
from domain.errors import DayClosed, NotFound, PlanLimit
from domain.model.clinics import ClinicStatus
from domain.model.queues import TokenStatus
from domain.model.subscriptions import InvoiceStatus, SubscriptionStatus
from domain.plans import PlanName, Suspended
from domain.scopes import ClinicScope
from tests.bills import days, invoices, pay, subscribe, the_clinic, the_subscription, told
from tests.people import Cast, a_user, store, stored
from tests.stage import Stage


@pytest.fixture
def town(stage: Stage, cast: Cast) -> Stage:
    """City Medical Center on the Professional plan since today, with two doctors."""
    subscribe(stage, cast)
    return stage


def change(stage: Stage, plan: PlanName, doctors: int) -> subscriptions.PlanChange:
    work = stage.work()
    made = subscriptions.change_plan(work, the_clinic(stage), plan, doctors)
    work.commit()
    return made


def test_an_upgrade_allows_more_at_once_and_costs_from_the_first_of_next_month(town):
    made = change(town, PlanName.ENTERPRISE, 15)
    assert made.effective_date == date(2030, 12, 1)
    assert made.old_price_per_doctor == 649
    assert made.estimated_monthly_saving == 1500
    assert made.next_billing_amount == 8235
    clinic = the_clinic(town)
    assert (clinic.subscription_plan, clinic.max_doctors) == ("ENTERPRISE", 50)
    assert (clinic.plan, clinic.price_per_doctor) == ("ENTERPRISE", 649)
    days(town, 6)
    assert the_clinic(town).price_per_doctor == 549
    assert the_clinic(town).total_amount == 2 * 549
    assert the_subscription(town).next_plan is None


def test_a_downgrade_counts_altogether_from_the_first_of_next_month(town):
    made = change(town, PlanName.BASIC, 2)
    assert made.estimated_monthly_saving == -300
    assert the_clinic(town).max_doctors == 10
    assert the_subscription(town).next_plan == "BASIC"
    days(town, 6)
    clinic = the_clinic(town)
    assert (clinic.subscription_plan, clinic.max_doctors, clinic.price_per_doctor) == (
        "BASIC", 3, 799,
    )  # fmt: skip


def test_a_downgrade_is_refused_while_there_are_too_many_doctors(town):
    store(town.records, the_clinic(town).but(current_doctors=4))
    with pytest.raises(PlanLimit) as refusal:
        change(town, PlanName.BASIC, 2)
    assert refusal.value.details["plan"] == "PROFESSIONAL"
    assert the_subscription(town).next_plan is None


def test_a_downgrade_that_has_become_too_small_stays_away(town):
    change(town, PlanName.BASIC, 2)
    store(town.records, the_clinic(town).but(current_doctors=5))
    days(town, 6)
    assert the_clinic(town).max_doctors == 10
    assert the_clinic(town).price_per_doctor == 649
    assert the_subscription(town).next_plan is None


def test_a_plan_that_is_too_small_for_the_estimate_is_refused(town):
    with pytest.raises(PlanLimit):
        change(town, PlanName.ENTERPRISE, 51)


def test_the_plan_one_has_cannot_be_chosen_again(town):
    with pytest.raises(subscriptions.SamePlan):
        change(town, PlanName.PROFESSIONAL, 3)


def test_the_last_choice_before_the_effective_date_counts(town):
    change(town, PlanName.ENTERPRISE, 15)
    change(town, PlanName.BASIC, 2)
    days(town, 6)
    assert the_clinic(town).subscription_plan == "BASIC"


def test_a_clinic_without_a_subscription_has_none(stage, cast):
    with pytest.raises(NotFound):
        subscriptions.require_subscription(stage.work(), cast.sunrise.clinic_id)
    with pytest.raises(NotFound):
        subscriptions.require_subscription(
            stage.work().within(ClinicScope("clinic_sunrise")), "clinic_city"
        )


def test_each_month_brings_one_bill_with_a_link_to_pay_it(town):
    days(town, 31)
    (bill,) = invoices(town)
    assert (bill.amount, bill.doctors, bill.price_per_doctor) == (1298, 2, 649)
    assert (bill.period_start, bill.period_end) == (date(2030, 12, 25), date(2031, 1, 24))
    assert the_subscription(town).next_billing_date == date(2031, 1, 25)
    assert told(town) == ["billing/invoice"]
    pay(town, bill)
    days(town, 31)
    assert [i.period_start for i in invoices(town)] == [date(2030, 12, 25), date(2031, 1, 25)]


def test_a_bill_that_is_paid_is_noted_and_thanked_for(town):
    days(town, 31)
    pay(town, invoices(town)[0])
    assert invoices(town)[0].status is InvoiceStatus.PAID
    subscription = the_subscription(town)
    assert subscription.last_payment_amount == 1298
    assert subscription.last_payment_date == date(2030, 12, 26)
    assert told(town) == ["billing/invoice", "billing/paid"]
    days(town, 20)
    assert the_subscription(town).status is SubscriptionStatus.ACTIVE
    assert told(town) == ["billing/invoice", "billing/paid"]


def test_a_bill_goes_to_no_number_that_its_admin_has_not_proven(town, cast):
    typo = a_user(cast.clinic, "usr_typo", "Gita", "+919876543055", proven=False)
    store(town.records, typo)
    days(town, 31)
    assert [o.phone for o in town.channel.sent] == [cast.farida.whatsapp_number]


def test_where_no_admin_is_proven_the_bill_stands_in_the_api_alone(town, cast):
    store(town.records, stored(town.records, cast.farida).but(proven=False))
    days(town, 40)
    assert town.channel.sent == []
    (bill,) = invoices(town)
    assert bill.payment_id is not None


def test_a_bill_paid_twice_goes_back_once(town):
    days(town, 31)
    pay(town, invoices(town)[0])
    pay(town, invoices(town)[0], "cap_2")
    town.settle()
    assert told(town).count("billing/paid") == 1


def test_an_unpaid_bill_is_past_due_then_in_grace_then_suspends_until_it_is_paid(town):
    days(town, 31)
    days(town, 8)
    assert the_subscription(town).status is SubscriptionStatus.PAST_DUE
    assert the_clinic(town).status is ClinicStatus.ACTIVE
    days(town, 7)
    assert the_subscription(town).status is SubscriptionStatus.SUSPENDED
    assert the_clinic(town).status is ClinicStatus.SUSPENDED
    assert told(town) == ["billing/invoice", "billing/past_due", "billing/suspended"]
    pay(town, invoices(town)[0])
    assert the_subscription(town).status is SubscriptionStatus.ACTIVE
    assert the_clinic(town).status is ClinicStatus.ACTIVE


def test_a_suspended_clinic_sells_nothing_online_and_serves_who_is_booked(town, cast):
    work = town.work()
    today = date(2030, 11, 25)
    booking.hold(work, the_clinic(town), cast.khan, cast.ravi_contact, cast.ravi, today, 1)
    work.commit()
    store(town.records, the_clinic(town).but(status=ClinicStatus.SUSPENDED))
    town.hear("+919876543021", "hi")
    town.settle()
    assert [m.name for m in town.messages() if m.contact_id == "con_asha"] == ["booking/no_doctors"]
    work = town.work()
    with pytest.raises(DayClosed):
        booking.hold(
            work, the_clinic(town), cast.khan, cast.asha_contact, cast.asha, date(2030, 11, 26), 1
        )
    town.hear("+919876543012", "start")
    town.settle()
    town.hear("+919876543012", "next")
    town.settle()
    (token,) = town.tokens("+919876543022")
    assert token.status is TokenStatus.CURRENT


def test_a_suspended_clinics_desk_goes_on_booking_for_later_days(town, cast):
    store(town.records, the_clinic(town).but(status=ClinicStatus.SUSPENDED))
    work = town.work()
    wanted = desk.BookingRequest(
        preferred=datetime(2030, 11, 27, 5, 0, tzinfo=UTC), pays_at_clinic=True
    )
    actor = Actor("usr_farida", "Farida")
    clinic = the_clinic(town)
    token = desk.book_for_patient(
        work, clinic, cast.khan, actor, cast.asha_contact, cast.asha, wanted
    )
    work.commit()
    assert (token.status, token.date) == (TokenStatus.CONFIRMED, "2030-11-27")


@pytest.mark.parametrize("own", [True, False])
def test_a_suspended_clinics_desk_takes_no_advance_online(town, cast, own):
    store(town.records, the_clinic(town).but(status=ClinicStatus.SUSPENDED))
    work = town.work()
    actor = Actor("usr_farida", "Farida")
    clinic, doctor = the_clinic(town), cast.meera
    wanted = desk.BookingRequest(
        preferred=datetime(2030, 11, 27, 5, 0, tzinfo=UTC), pays_at_clinic=own
    )
    if own:
        desk.book_for_patient(work, clinic, doctor, actor, cast.asha_contact, cast.asha, wanted)
        return
    with pytest.raises(Suspended, match="payAtClinic"):
        desk.book_for_patient(work, clinic, doctor, actor, cast.asha_contact, cast.asha, wanted)


def test_staff_of_a_suspended_clinic_are_told_why_they_cannot_book(town, cast):
    store(town.records, the_clinic(town).but(status=ClinicStatus.SUSPENDED))
    town.hear(cast.meera.whatsapp_number, "book")
    (told_staff,) = town.settle()
    assert "until its PulseOps bill is paid" in told_staff.text
    town.hear("+919876543021", "book")
    (told_patient,) = town.settle()
    assert "bill" not in told_patient.text


def test_a_clinic_suspended_while_somebody_chooses_sells_them_nothing(town):
    for text in ("hi", "1"):
        town.hear("+919876543021", text)
    town.settle()
    store(town.records, the_clinic(town).but(status=ClinicStatus.SUSPENDED))
    town.hear("+919876543021", "1")
    (said,) = town.settle()
    assert "No doctor takes bookings here" in said.text
    assert town.tokens("+919876543021") == []


def test_a_clinic_without_doctors_is_billed_nothing(town):
    store(town.records, the_clinic(town).but(current_doctors=0))
    days(town, 31)
    assert invoices(town) == []
    assert the_subscription(town).next_billing_date == date(2031, 1, 25)


@pytest.mark.parametrize(
    ("day", "anchor", "following"),
    [
        (date(2031, 1, 31), 31, date(2031, 2, 28)),
        (date(2031, 2, 28), 31, date(2031, 3, 31)),
        (date(2031, 12, 15), 15, date(2032, 1, 15)),
        (date(2032, 1, 30), 30, date(2032, 2, 29)),
    ],
)
def test_a_month_after_keeps_its_day_where_there_is_one(day, anchor, following):
    assert subscriptions.month_after(day, anchor) == following
    assert following - day <= timedelta(days=31)
