"""A clinic's plan and its bills over the wire. Amounts are whole rupees."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from api.schemas.base import Body, Data, Instant
from domain.model.subscriptions import Invoice
from domain.plans import Feature, PlanName


class CurrentPlan(Data):
    """The plan as it counts now."""

    plan: PlanName
    max_doctors: int
    current_doctors: int
    price_per_doctor: int
    total_amount: int = Field(description="ACTIVE doctors × the price that counts now.")
    billing_cycle: str
    status: str


class GivenUp(Data):
    """A feature that a smaller plan does not have, and what that means for the clinic."""

    feature: Feature
    message: str


class PendingChange(Data):
    """What was chosen and has not come into effect."""

    plan: PlanName
    price_per_doctor: int
    effective_date: date
    gives_up: list[GivenUp] = Field(description="What goes on that day.")


class Billing(Data):
    """When the next bill comes, and the last payment: null until there was one."""

    next_billing_date: date
    last_payment_date: date | None
    last_payment_amount: int | None
    payment_method: str | None


class Usage(Data):
    """What the clinic did in this month of its calendar."""

    total_tokens_this_month: int
    total_revenue_this_month: int


class Bill(Data):
    """One month's invoice; `paymentLink` while it is open."""

    invoice_id: str
    period_start: date
    period_end: date
    plan: str
    doctors: int
    price_per_doctor: int
    amount: int
    status: str
    due_date: date
    payment_link: str | None
    paid_at: Instant | None

    @classmethod
    def of(cls, invoice: Invoice, link: str | None) -> Bill:
        """Render *invoice*, with the *link* where it can be paid."""
        return cls(
            invoice_id=invoice.invoice_id,
            period_start=invoice.period_start,
            period_end=invoice.period_end,
            plan=invoice.plan,
            doctors=invoice.doctors,
            price_per_doctor=invoice.price_per_doctor,
            amount=invoice.amount,
            status=invoice.status.value,
            due_date=invoice.due_date,
            payment_link=link,
            paid_at=invoice.paid_at,
        )


class SubscriptionShown(Data):
    """Plan, billing and usage."""

    current_plan: CurrentPlan
    pending_change: PendingChange | None
    billing: Billing
    usage: Usage
    invoices: list[Bill] = Field(description="The last twelve, the newest first.")


class PlanChoice(Body):
    """Which plan, and for how many doctors its cost is to be estimated."""

    new_plan: PlanName = Field(strict=False)
    estimated_doctors: int = Field(ge=1, le=1000)


class PriceChange(Data):
    """What one doctor costs a month, before and after."""

    old_price_per_doctor: int
    new_price_per_doctor: int
    estimated_monthly_saving: int = Field(description="Negative if it will cost more.")


class PlanChanged(Data):
    """What the change does, and from when its price counts."""

    previous_plan: PlanName
    new_plan: PlanName
    price_change: PriceChange
    effective_date: date
    next_billing_amount: int
    gives_up: list[GivenUp] = Field(
        description="What the clinic has now and the new plan has not, from `effectiveDate` on."
    )
