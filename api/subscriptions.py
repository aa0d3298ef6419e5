"""A clinic's plan and its bills (specification 6.2)."""

from __future__ import annotations

from collections.abc import Iterable

from api.frame.calls import Answer, Call
from api.frame.routes import Resource
from api.schemas.subscriptions import (
    Bill,
    Billing,
    CurrentPlan,
    GivenUp,
    PendingChange,
    PlanChanged,
    PlanChoice,
    PriceChange,
    SubscriptionShown,
    Usage,
)
from domain import analytics
from domain.actions.clinics import subscriptions as actions
from domain.actions.reports import figures
from domain.model.clinics import Clinic
from domain.model.subscriptions import Invoice, InvoiceStatus
from domain.periods import PeriodName, period_of
from domain.permissions import Permission
from domain.plans import PLANS, PlanName
from domain.timetable import today
from domain.work import Work

subscriptions = Resource("subscription", "What the clinic's plan allows and costs.")
BILLS_SHOWN = 12


@subscriptions.get(
    "/clinics/subscription", needs=Permission.VIEW_SUBSCRIPTION, answers=SubscriptionShown
)
def read_subscription(work: Work, call: Call) -> Answer:
    """Show the clinic's plan, its bills and what it did this month."""
    clinic = _clinic(work, call)
    found = actions.require_subscription(work, clinic.clinic_id)
    pending = None
    if found.next_plan is not None and found.effective_date is not None:
        coming = PLANS[PlanName(found.next_plan)]
        pending = PendingChange(
            plan=coming.name,
            price_per_doctor=coming.price_per_doctor,
            effective_date=found.effective_date,
            gives_up=_render_losses(
                actions.list_losses(
                    work, clinic, PLANS[PlanName(found.plan)], coming, found.changed_by
                )
            ),
        )
    return Answer(
        SubscriptionShown(
            current_plan=CurrentPlan(
                plan=PlanName(found.plan),
                max_doctors=found.max_doctors,
                current_doctors=clinic.current_doctors,
                price_per_doctor=found.price_per_doctor,
                total_amount=actions.monthly_amount(clinic, found),
                billing_cycle=found.billing_cycle,
                status=found.status.value,
            ),
            pending_change=pending,
            billing=Billing(
                next_billing_date=found.next_billing_date,
                last_payment_date=found.last_payment_date,
                last_payment_amount=found.last_payment_amount,
                payment_method=found.payment_method,
            ),
            usage=_render_usage(work, clinic),
            invoices=[
                _render_bill(work, i)
                for i in actions.list_invoices(work, clinic.clinic_id, BILLS_SHOWN)
            ],
        )
    )


@subscriptions.post(
    "/clinics/subscription/upgrade", needs=Permission.MANAGE_SUBSCRIPTION, answers=PlanChanged
)
def change_plan(work: Work, call: Call, body: PlanChoice) -> Answer:
    """Change the clinic's plan, up or down.

    More is allowed at once; the price, and all of what becomes less, counts from the first of next
    month; `givesUp` says beforehand what that is. A plan that is too small for the clinic's
    doctors is refused.
    """
    clinic = _clinic(work, call)
    made = actions.change_plan(
        work, clinic, body.new_plan, body.estimated_doctors, by=call.caller.user.user_id
    )
    return Answer(
        PlanChanged(
            previous_plan=made.previous.name,
            new_plan=made.new.name,
            price_change=PriceChange(
                old_price_per_doctor=made.old_price_per_doctor,
                new_price_per_doctor=made.new.price_per_doctor,
                estimated_monthly_saving=made.estimated_monthly_saving,
            ),
            effective_date=made.effective_date,
            next_billing_amount=made.next_billing_amount,
            gives_up=_render_losses(made.losses),
        ),
        "Subscription updated successfully",
    )


def _clinic(work: Work, call: Call) -> Clinic:
    return work.require(Clinic, call.caller.clinic_id)


def _render_losses(losses: Iterable[actions.Loss]) -> list[GivenUp]:
    return [GivenUp(feature=loss.feature, message=loss.message) for loss in losses]


def _render_usage(work: Work, clinic: Clinic) -> Usage:
    month = period_of(PeriodName.THIS_MONTH, today(clinic, work.now))
    now = analytics.total(figures.figures_of_clinic(work, clinic.clinic_id, month), month)
    return Usage(
        total_tokens_this_month=now.tokens,
        total_revenue_this_month=analytics.rupees(now.revenue_paise),
    )


def _render_bill(work: Work, invoice: Invoice) -> Bill:
    owed = invoice.status is InvoiceStatus.OPEN and invoice.payment_id is not None
    return Bill.of(invoice, work.rules.pay_url(invoice.payment_id or "") if owed else None)
