"""A clinic's plan: what it allows, what it costs, and how it is changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from domain import due
from domain.actions.clinics import senders
from domain.actions.staff import accounts
from domain.errors import NotFound, NotNow, PlanLimit
from domain.model.base import utc
from domain.model.clinics import Clinic
from domain.model.subscriptions import Invoice, Subscription, SubscriptionStatus
from domain.plans import PLANS, Feature, Plan, PlanName
from domain.timetable import today
from domain.work import Work

BILLED_AT = time(9)
"""In the clinic's zone: no request for money arrives at midnight."""
DECEMBER = 12


class SamePlan(NotNow):
    """The clinic is on that plan already, or a change to it is scheduled."""

    code = "SAME_PLAN"


@dataclass(frozen=True)
class Loss:
    """A feature that a smaller plan does not have."""

    feature: Feature
    message: str
    """What the clinic can no longer do, in words for its people."""


@dataclass(frozen=True)
class PlanChange:
    """What changing the plan does; amounts are whole rupees a month."""

    previous: Plan
    new: Plan
    old_price_per_doctor: int
    estimated_monthly_saving: int
    """Negative if it will cost more."""
    effective_date: date
    next_billing_amount: int
    losses: tuple[Loss, ...]
    """What the clinic gives up on the effective date."""


def find_subscription(work: Work, clinic_id: str) -> Subscription | None:
    """Return a clinic's subscription; None where the clinic was set up without one."""
    found = work.query(Subscription, clinic_id, limit=1, descending=True).records
    return found[0] if found else None


def require_subscription(work: Work, clinic_id: str) -> Subscription:
    """Return a clinic's subscription.

    Raises:
        NotFound: If it has none, or it is outside the scope.
    """
    found = find_subscription(work, clinic_id)
    if found is None:
        raise NotFound
    return found


def begin_subscription(work: Work, clinic: Clinic, subscription: Subscription) -> Subscription:
    """Activate a new clinic's subscription, and schedule its first bill for a month from now."""
    running = work.put(
        subscription.but(status=SubscriptionStatus.ACTIVE, updated_at=work.now, ttl=None)
    )
    schedule_bill(work, clinic, running.next_billing_date)
    return running


def schedule_bill(work: Work, clinic: Clinic, day: date) -> None:
    """Schedule the clinic's next bill for the morning of *day*."""
    about = due.Subject(clinic.clinic_id, clinic_id=clinic.clinic_id, date=day.isoformat())
    due.schedule(work, "bill", _billing_time(clinic, day), about)


def change_plan(
    work: Work,
    clinic: Clinic,
    name: PlanName,
    estimated_doctors: int,
    *,
    by: str | None = None,
) -> PlanChange:
    """Change the plan of *clinic* to the one called *name*.

    A higher limit of doctors holds at once; the new price, and every feature the new plan lacks,
    from the first of next month. A second change replaces one that is not in effect yet.

    *estimated_doctors* only serves the estimate of the cost: bills count real doctors. *by* is the
    admin (userId) who changes it, and the one who stays if the new plan allows one admin.

    Raises:
        SamePlan: If that is the scheduled plan or, with none scheduled, the present one.
        PlanLimit: If the clinic has, or expects, more doctors than the plan allows.
    """
    subscription = require_subscription(work, clinic.clinic_id)
    previous, new = PLANS[PlanName(subscription.plan)], PLANS[name]
    if name is PlanName(subscription.next_plan or subscription.plan):
        raise SamePlan(f"The clinic is on the {name} plan already.")
    _require_doctors_fit(clinic, new, estimated_doctors)
    effective = _first_of_next_month(today(clinic, work.now))
    now = work.now.replace(microsecond=0)
    allowed = new if new.max_doctors > previous.max_doctors else previous
    work.put(
        subscription.but(
            plan=allowed.name.value,
            max_doctors=allowed.max_doctors,
            next_plan=name.value,
            effective_date=effective,
            changed_by=by,
            updated_at=now,
        )
    )
    work.put(_with_limits_of(allowed, clinic, now))
    _schedule_plan_change(work, clinic, effective)
    old_price = subscription.price_per_doctor
    return PlanChange(
        previous=previous,
        new=new,
        old_price_per_doctor=old_price,
        estimated_monthly_saving=(old_price - new.price_per_doctor) * estimated_doctors,
        effective_date=effective,
        next_billing_amount=new.price_per_doctor * estimated_doctors,
        losses=list_losses(work, clinic, allowed, new, by),
    )


def _require_doctors_fit(clinic: Clinic, plan: Plan, estimated_doctors: int) -> None:
    """Raise `PlanLimit` unless *plan* allows the doctors the clinic has and those it expects."""
    doctors = max(clinic.current_doctors, estimated_doctors)
    if doctors > plan.max_doctors:
        raise PlanLimit(
            f"The {plan.name} plan allows {plan.max_doctors} doctors; the clinic has "
            f"{clinic.current_doctors} and expects {estimated_doctors}.",
            plan=_smallest_plan_for(doctors),
            max_doctors=plan.max_doctors,
        )


def _schedule_plan_change(work: Work, clinic: Clinic, day: date) -> None:
    midnight = utc(datetime.combine(day, time(), clinic.zone))
    about = due.Subject(work.ids.new("chg_"), clinic_id=clinic.clinic_id, date=day.isoformat())
    due.schedule(work, "plan_change", midnight, about)


def list_losses(
    work: Work, clinic: Clinic, before: Plan, new: Plan, by: str | None
) -> tuple[Loss, ...]:
    """Return what *clinic* gives up when *new*, chosen by the admin *by*, replaces *before*."""
    gone = before.features - new.features
    said = dict(_LOST)
    if Feature.OWN_SENDER in gone and clinic.phone_number_id is not None:
        said[Feature.OWN_SENDER] = (
            "The clinic's own WhatsApp sender is given up: messages leave by the shared number, "
            "and patients have to write there."
        )
    if Feature.MORE_ADMINS in gone:
        ending = [u.name for u in accounts.surplus_admins(work, clinic.clinic_id, by)]
        if ending:
            said[Feature.MORE_ADMINS] = (
                "The plan has one admin. These are admins no longer, and are signed out: "
                f"{', '.join(ending)}."
            )
    return tuple(Loss(feature, said[feature]) for feature in Feature if feature in gone)


_LOST = {
    Feature.DASHBOARD: "The dashboard cannot be opened any more.",
    Feature.DOCTOR_ANALYTICS: "The analytics of doctors cannot be opened any more.",
    Feature.FLOW_ANALYTICS: "The analytics of the patient flow cannot be opened any more.",
    Feature.REVENUE_ANALYTICS: "The analytics of revenue cannot be opened any more.",
    Feature.REPORTS: "No new reports can be made.",
    Feature.MORE_ADMINS: "No further admins can be invited.",
    Feature.OWN_SENDER: "The clinic cannot have a WhatsApp sender of its own.",
    Feature.BRANDING: "Pages, prescriptions and reports carry the name of PulseOps.",
}
"""What the clinic's people read about each feature that they lose."""


def apply_plan_change(work: Work, clinic: Clinic, day: str) -> None:
    """Put into effect the plan change that was scheduled for *day* (ISO date).

    If the clinic has more doctors by now than the new plan allows, it stays on the larger plan, at
    that plan's price. A sender of the clinic's own and further admins end here if the plan lacks
    them; every other feature is checked when it is used. May be repeated; a change that a later one
    replaced does nothing.
    """
    subscription = require_subscription(work, clinic.clinic_id)
    if subscription.next_plan is None or str(subscription.effective_date) != day:
        return
    new = PLANS[PlanName(subscription.next_plan)]
    if clinic.current_doctors > new.max_doctors:
        new = PLANS[PlanName(subscription.plan)]
    now = work.now.replace(microsecond=0)
    if Feature.OWN_SENDER not in new.features:
        clinic = senders.give_up_sender(work, clinic.clinic_id)
    if Feature.MORE_ADMINS not in new.features:
        accounts.end_surplus_admins(work, clinic.clinic_id, subscription.changed_by)
    work.put(
        subscription.but(
            plan=new.name.value,
            max_doctors=new.max_doctors,
            price_per_doctor=new.price_per_doctor,
            next_plan=None,
            effective_date=None,
            changed_by=None,
            updated_at=now,
        )
    )
    changed = _with_limits_of(new, clinic, now)
    work.put(
        changed.but(
            price_per_doctor=new.price_per_doctor,
            total_amount=new.price_per_doctor * clinic.current_doctors,
        )
    )


def list_invoices(work: Work, clinic_id: str, limit: int) -> list[Invoice]:
    """Return a clinic's latest *limit* invoices, the newest first."""
    return work.query(Invoice, clinic_id, limit=limit, descending=True).records


def monthly_amount(clinic: Clinic, subscription: Subscription) -> int:
    """Return what the clinic pays a month for its ACTIVE doctors at today's price, in rupees."""
    return clinic.current_doctors * subscription.price_per_doctor


def month_after(day: date, anchor: int) -> date:
    """Return the day numbered *anchor* of the month after *day*'s, or its last if it is shorter."""
    following = _first_of_next_month(day)
    last = _first_of_next_month(following) - timedelta(days=1)
    return following.replace(day=min(anchor, last.day))


def _with_limits_of(plan: Plan, clinic: Clinic, now: datetime) -> Clinic:
    return clinic.but(
        subscription_plan=plan.name.value,
        plan=plan.name.value,
        max_doctors=plan.max_doctors,
        updated_at=now,
    )


def _smallest_plan_for(doctors: int) -> str | None:
    return next((p.name.value for p in PLANS.values() if p.max_doctors >= doctors), None)


def _first_of_next_month(day: date) -> date:
    if day.month == DECEMBER:
        return date(day.year + 1, 1, 1)
    return date(day.year, day.month + 1, 1)


def _billing_time(clinic: Clinic, day: date) -> datetime:
    return utc(datetime.combine(day, BILLED_AT, clinic.zone))
