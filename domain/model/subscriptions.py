"""Subscriptions of clinics to the product, and their invoices."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar

from domain.model.base import Record


class SubscriptionStatus(StrEnum):
    """The state of a clinic's subscription."""

    PENDING = "PENDING"
    """The clinic has not proven its number yet."""
    ACTIVE = "ACTIVE"
    PAST_DUE = "PAST_DUE"
    """An invoice is past due; everything still works."""
    SUSPENDED = "SUSPENDED"
    """Not paid in the days of grace: no online bookings, new doctors, reports or announcements."""


class Subscription(Record, frozen=True, kw_only=True):
    """A clinic's plan and its price. Key: clinicId, subscriptionId. Amounts are whole rupees."""

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
    next_plan: str | None = None
    """The plan from effective_date on; None if no change is scheduled."""
    effective_date: date | None = None
    changed_by: str | None = None
    """The admin (userId) who chose it; they stay if it allows one admin only."""
    created_at: datetime
    updated_at: datetime


class InvoiceStatus(StrEnum):
    """Whether an invoice was paid."""

    OPEN = "OPEN"
    PAID = "PAID"


class Invoice(Record, frozen=True, kw_only=True):
    """A clinic's bill for a month. Key: clinicId, invoiceId. Amounts are whole rupees.

    Its id is made of its first day (`inv_2025-02-15`), so that a month has one.
    """

    TABLE: ClassVar[str] = "invoices"
    KEY: ClassVar[tuple[str, ...]] = ("clinic_id", "invoice_id")

    clinic_id: str
    invoice_id: str
    period_start: date
    period_end: date
    """The last day it covers."""
    plan: str
    doctors: int
    price_per_doctor: int
    amount: int
    status: InvoiceStatus = InvoiceStatus.OPEN
    due_date: date
    """Past due from the day after."""
    payment_id: str | None = None
    """The payment by which it can be paid now."""
    capture_id: str | None = None
    """The capture that paid it."""
    paid_at: datetime | None = None
    created_at: datetime
