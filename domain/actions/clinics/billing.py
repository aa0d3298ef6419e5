"""The monthly bill of a clinic: issued, sent on WhatsApp, past due, paid; the clinic suspended.

A suspension closes the clinic's online booking and the features of its plan. People who are booked
do not notice: records, queues, refunds and turn notices go on (specification notes, 11).
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from domain import due
from domain.actions.clinics import subscriptions
from domain.actions.messages.outbox import Draft, send
from domain.actions.payments import links, refunds
from domain.actions.staff import numbers
from domain.due import OpenWork
from domain.model.base import utc
from domain.model.clinics import Clinic, ClinicStatus, Role, StaffStatus, User
from domain.model.due import Due
from domain.model.messages import Consent
from domain.model.money import PRODUCT, Capture, Disposition, Payment, RequestStatus
from domain.model.subscriptions import (
    Invoice,
    InvoiceStatus,
    Subscription,
    SubscriptionStatus,
)
from domain.timetable import today
from domain.work import Work

DAYS_TO_PAY = 7
"""Days from the start of the billed month; after them the invoice is past due."""
DAYS_OF_GRACE = 7
"""Days past due in which everything still works; after them the clinic is suspended."""
PAISE = 100
WITH_PAY_LINK = frozenset({"billing/invoice", "billing/past_due", "billing/suspended"})
"""Messages that carry the address of the bill's payment page."""


def bill_clinic(open_work: OpenWork, item: Due) -> None:
    """Issue a clinic's invoice for the month that begins, and schedule the next month's.

    None is issued for an amount of 0, or while the clinic is suspended.
    """
    work = open_work()
    work.delete(item)
    clinic = work.get(Clinic, item.clinic_id or "")
    if clinic is not None:
        first = date.fromisoformat(item.date or "")
        subscription = subscriptions.require_subscription(work, clinic.clinic_id)
        anchor = today(clinic, subscription.created_at).day
        following = subscriptions.month_after(first, anchor)
        work.put(subscription.but(next_billing_date=following, updated_at=work.now))
        work.put(clinic.but(next_billing_date=following))
        subscriptions.schedule_bill(work, clinic, following)
        amount = subscriptions.monthly_amount(clinic, subscription)
        if amount and subscription.status is not SubscriptionStatus.SUSPENDED:
            _issue_invoice(work, clinic, subscription, first, following - timedelta(days=1))
    work.commit()


def mark_past_due(open_work: OpenWork, item: Due) -> None:
    """Mark a clinic past due if the invoice is unpaid; schedule its suspension, tell its admins."""
    work = open_work()
    work.delete(item)
    clinic, invoice = _find_unpaid(work, item)
    if clinic is not None and invoice is not None:
        subscription = subscriptions.require_subscription(work, clinic.clinic_id)
        if subscription.status is SubscriptionStatus.ACTIVE:
            work.put(subscription.but(status=SubscriptionStatus.PAST_DUE, updated_at=work.now))
        last_day = invoice.due_date + timedelta(days=DAYS_OF_GRACE)
        _schedule_morning(work, "suspend", clinic, invoice, last_day + timedelta(days=1))
        _tell_admins(work, clinic, invoice, "billing/past_due", last_day=last_day.isoformat())
    work.commit()


def suspend_clinic(open_work: OpenWork, item: Due) -> None:
    """Suspend a clinic whose invoice is still unpaid after the days of grace; tell its admins."""
    work = open_work()
    work.delete(item)
    clinic, invoice = _find_unpaid(work, item)
    if clinic is not None and invoice is not None:
        subscription = subscriptions.require_subscription(work, clinic.clinic_id)
        work.put(subscription.but(status=SubscriptionStatus.SUSPENDED, updated_at=work.now))
        work.put(clinic.but(status=ClinicStatus.SUSPENDED, updated_at=work.now))
        _tell_admins(work, clinic, invoice, "billing/suspended")
    work.commit()


def change_plan_when_due(open_work: OpenWork, item: Due) -> None:
    """Put a clinic's scheduled plan change into effect."""
    work = open_work()
    work.delete(item)
    clinic = work.get(Clinic, item.clinic_id or "")
    if clinic is not None:
        subscriptions.apply_plan_change(work, clinic, item.date or "")
    work.commit()


def record_invoice_payment(
    work: Work, payment: Payment, capture_id: str, amount_paise: int
) -> None:
    """Enter a capture for an invoice in the product's ledger; pay the invoice, or refund it.

    It pays if the invoice is open and the capture covers the requested amount. Otherwise it is
    refunded in full. The clinic's admins are told in both cases. The caller makes sure that the
    capture is not in the ledger yet.
    """
    capture = Capture(
        capture_id=capture_id,
        clinic_id=PRODUCT,
        payment_id=payment.payment_id,
        amount_paise=amount_paise,
        disposition=Disposition.INVOICE,
        token_id="",
        queue_id="",
        doctor_id="",
        contact_id="",
        patient_id="",
        at=work.now,
    )
    work.put(capture)
    clinic = work.get(Clinic, payment.clinic_id)
    invoice = work.get(Invoice, payment.clinic_id, payment.invoice_id or "")
    is_owed = invoice is not None and invoice.status is InvoiceStatus.OPEN
    if clinic is None or invoice is None or not is_owed or amount_paise < payment.amount_paise:
        refunds.refund_capture(work, capture, "NOT_OWED")
        if clinic is not None and invoice is not None:
            _tell_admins(
                work, clinic, invoice, "billing/money_back", event=capture_id,
                amount=amount_paise, stands=not is_owed,
            )  # fmt: skip
        return
    work.put(payment.but(status=RequestStatus.PAID))
    asked = work.get(Payment, invoice.payment_id or "")
    if asked is not None and asked.status is RequestStatus.OPEN:
        # A former request was paid: the one that replaced it ends as well.
        work.put(asked.but(status=RequestStatus.ENDED))
        links.schedule_check(work, asked)
    _mark_paid(work, clinic, invoice, capture)


def replace_request(work: Work, payment_id: str) -> None:
    """Replace an open request whose link has expired by a new one, and point the invoice to it.

    A link at the gateway expires, and a request can have only one. Does nothing unless the request
    is open and the invoice names it, so it may be repeated.
    """
    payment = work.get(Payment, payment_id)
    if payment is None or payment.status is not RequestStatus.OPEN:
        return
    invoice = work.get(Invoice, payment.clinic_id, payment.invoice_id or "")
    if invoice is not None and invoice.payment_id == payment_id:
        work.put(payment.but(status=RequestStatus.ENDED))
        work.put(invoice.but(payment_id=_open_request(work, invoice).payment_id))


def _mark_paid(work: Work, clinic: Clinic, invoice: Invoice, capture: Capture) -> None:
    """Mark an invoice paid; reactivate the clinic unless another invoice is past its due date."""
    day = today(clinic, work.now)
    invoice = work.put(
        invoice.but(status=InvoiceStatus.PAID, paid_at=work.now, capture_id=capture.capture_id)
    )
    others = [
        i
        for i in work.query(Invoice, clinic.clinic_id).records
        if i.status is InvoiceStatus.OPEN and i.due_date < day
    ]
    subscription = subscriptions.require_subscription(work, clinic.clinic_id)
    status = subscription.status if others else SubscriptionStatus.ACTIVE
    work.put(
        subscription.but(
            status=status,
            last_payment_date=day,
            last_payment_amount=capture.amount_paise // PAISE,
            payment_method="UPI",
            updated_at=work.now,
        )
    )
    if status is SubscriptionStatus.ACTIVE and clinic.status is ClinicStatus.SUSPENDED:
        work.put(clinic.but(status=ClinicStatus.ACTIVE, updated_at=work.now))
    _tell_admins(work, clinic, invoice, "billing/paid")


def _issue_invoice(
    work: Work, clinic: Clinic, subscription: Subscription, first: date, last: date
) -> None:
    invoice_id = f"inv_{first.isoformat()}"
    if work.get(Invoice, clinic.clinic_id, invoice_id) is not None:
        return
    amount = subscriptions.monthly_amount(clinic, subscription)
    invoice = Invoice(
        clinic_id=clinic.clinic_id,
        invoice_id=invoice_id,
        period_start=first,
        period_end=last,
        plan=subscription.plan,
        doctors=clinic.current_doctors,
        price_per_doctor=subscription.price_per_doctor,
        amount=amount,
        due_date=first + timedelta(days=DAYS_TO_PAY),
        created_at=work.now,
    )
    invoice = work.put(invoice.but(payment_id=_open_request(work, invoice).payment_id))
    _schedule_morning(work, "overdue", clinic, invoice, invoice.due_date + timedelta(days=1))
    _tell_admins(work, clinic, invoice, "billing/invoice")


def _open_request(work: Work, invoice: Invoice) -> Payment:
    """Open a request for an invoice's amount; it stays open until it is paid."""
    return work.put(
        Payment(
            payment_id=work.ids.secret("payr_"),
            clinic_id=invoice.clinic_id,
            doctor_id="",
            queue_id="",
            token_id="",
            contact_id="",
            amount_paise=invoice.amount * PAISE,
            invoice_id=invoice.invoice_id,
            created_at=work.now,
        )
    )


def _schedule_morning(work: Work, kind: str, clinic: Clinic, invoice: Invoice, day: date) -> None:
    at = utc(datetime.combine(day, time(9), clinic.zone))
    about = due.Subject(f"{clinic.clinic_id}:{invoice.invoice_id}", clinic_id=clinic.clinic_id)
    due.schedule(work, kind, at, about, invoice=invoice.invoice_id)


def _find_unpaid(work: Work, item: Due) -> tuple[Clinic | None, Invoice | None]:
    clinic = work.get(Clinic, item.clinic_id or "")
    invoice = work.get(Invoice, item.clinic_id or "", str(item.values.get("invoice") or ""))
    if invoice is None or invoice.status is InvoiceStatus.PAID:
        return clinic, None
    return clinic, invoice


def _tell_admins(
    work: Work,
    clinic: Clinic,
    invoice: Invoice,
    name: str,
    *,
    event: str | None = None,
    **values: str | int,
) -> None:
    """Send a message to every admin of the clinic from the platform's number.

    Only proven numbers are written to: any other may be a stranger's. If none is proven, the bill
    is still in the API, with its payment page. Each admin gets *name* once an invoice, or once for
    each *event* id.
    """
    about = event or invoice.invoice_id
    has_link = name in WITH_PAY_LINK
    admins = work.query(User, clinic.clinic_id).records
    for admin in admins:
        is_here = admin.role is Role.ADMIN and admin.status is StaffStatus.ACTIVE
        if not (is_here and admin.proven):
            continue
        contact = numbers.ensure_contact(work, admin.whatsapp_number, admin.name)
        send(
            work,
            Draft(
                name,
                to=contact.contact_id,
                clinic=clinic,
                sender=work.rules.platform_sender,
                values={
                    "amount": invoice.amount * PAISE,
                    "doctors": invoice.doctors,
                    "plan": invoice.plan.title(),
                    "first": invoice.period_start.isoformat(),
                    "last": invoice.period_end.isoformat(),
                    "due": invoice.due_date.isoformat(),
                    **values,
                },
                url=work.rules.pay_url(invoice.payment_id or "") if has_link else None,
                consent=Consent.REPLY,
                helps_until=work.now + timedelta(days=DAYS_TO_PAY),
                message_id=f"msg_{name.split('/')[1]}_{about}_{admin.user_id}",
            ),
        )
