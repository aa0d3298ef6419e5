"""What clinics pay for the product."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar

from domain.model.base import Record


class SubscriptionStatus(StrEnum):
    """Whether a clinic's plan is running."""

    PENDING = "PENDING"
    """The clinic has not proven its number yet."""
    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"


class Subscription(Record, frozen=True, kw_only=True):
    """A clinic's plan and its bills. Key: clinicId, subscriptionId. Amounts are whole rupees."""

    TABLE: ClassVar[str] = "subscriptions"
    KEY: ClassVar[tuple[str, ...]] = ("clinic_id", "subscription_id")

    clinic_id: str
    subscription_id: str
    plan: str
    max_doctors: int
    current_doctors: int = 0
    price_per_doctor: int
    total_amount: int = 0
    billing_cycle: str = "MONTHLY"
    status: SubscriptionStatus = SubscriptionStatus.ACTIVE
    next_billing_date: date
    last_payment_date: date | None = None
    last_payment_amount: int | None = None
    payment_method: str | None = None
    created_at: datetime
    updated_at: datetime
