"""A clinic on a plan, and its bills."""

from __future__ import annotations

from datetime import date

from bot.payments.sandbox import take_payment
from domain.actions.clinics import subscriptions
from domain.actions.settlement import captures
from domain.model.clinics import Clinic
from domain.model.money import Payment
from domain.model.subscriptions import Invoice, Subscription, SubscriptionStatus
from tests.people import Cast, store
from tests.stage import Stage

CITY = "clinic_city"
FARIDA = "+919876543010"


def subscribe(stage: Stage, cast: Cast) -> None:
    """Let City Medical Center, with two doctors, be on the Professional plan since today."""
    clinic = cast.clinic.but(
        subscription_plan="PROFESSIONAL", plan="PROFESSIONAL", max_doctors=10, price_per_doctor=649
    )
    subscription = Subscription(
        clinic_id=clinic.clinic_id,
        subscription_id="sub_1",
        plan="PROFESSIONAL",
        max_doctors=10,
        price_per_doctor=649,
        status=SubscriptionStatus.PENDING,
        next_billing_date=date(2030, 12, 25),
        created_at=stage.clock.now(),
        updated_at=stage.clock.now(),
    )
    store(stage.records, clinic, subscription)
    work = stage.work()
    subscriptions.begin_subscription(work, the_clinic(stage), the_subscription(stage))
    work.commit()


def the_clinic(stage: Stage) -> Clinic:
    """Return City Medical Center as it is stored now."""
    found = stage.work().get(Clinic, CITY)
    assert found is not None
    return found


def the_subscription(stage: Stage) -> Subscription:
    """Return its subscription as it is stored now."""
    return subscriptions.require_subscription(stage.work(), CITY)


def invoices(stage: Stage) -> list[Invoice]:
    """Return its bills, the oldest first."""
    return stage.work().query(Invoice, CITY).records


def the_bill(stage: Stage) -> Invoice:
    """Return the oldest."""
    return invoices(stage)[0]


def days(stage: Stage, count: float) -> None:
    """Let days pass, with all that they bring."""
    stage.wait(count * 24 * 60)


def billed(stage: Stage, cast: Cast) -> Invoice:
    """Let it be on the plan for a month; return the bill that came, of ₹1,298."""
    subscribe(stage, cast)
    days(stage, 31)
    (bill,) = invoices(stage)
    return bill


def request_of(stage: Stage, bill: Invoice) -> Payment:
    """Return the request by which a bill can be paid, as it is stored now."""
    found = stage.work().get(Payment, bill.payment_id or "")
    assert found is not None
    return found


def pay(
    stage: Stage, bill: Invoice, capture_id: str = "cap_1", *, amount_paise: int | None = None
) -> None:
    """Pay a bill as the gateway's notice does."""
    request = request_of(stage, bill)
    amount = amount_paise or request.amount_paise
    work = stage.work()
    take_payment(work, request.payment_id, capture_id, amount)
    captures.record_capture(work, request.payment_id, capture_id, amount)
    work.commit()
    stage.settle()


def told(stage: Stage) -> list[str]:
    """Return the names of what Farida, the admin, was sent."""
    admin = stage.contact_id(FARIDA)
    return [m.name for m in stage.messages() if m.contact_id == admin]
