"""A captured payment pays for its booking or its bill, or is refunded: once, however it is told.

The gateway may tell of a capture late, twice or not at all. Each ends in one of three ways: an
advance takes a seat, a clinic's payment pays an invoice, everything else is refunded.
"""

from __future__ import annotations

from dataclasses import replace

from domain.actions.booking import booking, seats
from domain.actions.clinics import billing
from domain.actions.messages.notices import notice_about
from domain.actions.messages.outbox import send
from domain.actions.payments import links, orders, refunds
from domain.actions.payments.refunds import tell_refund
from domain.errors import NotFound
from domain.model import queues
from domain.model.clinics import Clinic, Doctor
from domain.model.messages import Guard
from domain.model.money import (
    Capture,
    Disposition,
    Payment,
    RequestStatus,
)
from domain.model.queues import PaymentStatus, Queue, QueueStatus, Token, TokenStatus
from domain.work import Work


def record_capture(
    work: Work, payment_id: str, capture_id: str, amount_paise: int, order: str | None = None
) -> None:
    """Enter a capture in the ledger, and apply it: to its seat, to its invoice, or as a refund.

    The first capture that covers the requested amount takes the seat and confirms the booking, or
    pays the invoice. One for a hold that has run out takes the seat as well if it is still free.
    Every other (a second payment, too little, a closed line) is refunded in full, and the payer
    is told. Invariant I3.

    May be repeated: the capture's id is the ledger's key, so a second call changes nothing. *order*
    is the reference of the order inside WhatsApp that was paid, if it is known.

    Raises:
        NotFound: If there is no such request for payment.
    """
    payment = work.require(Payment, payment_id)
    if order is not None:
        orders.record_paying_order(work, payment_id, order, capture_id)
    if work.get(Capture, capture_id, "CAPTURE") is not None:
        return
    if payment.invoice_id is not None:
        billing.record_invoice_payment(work, payment, capture_id, amount_paise)
    else:
        _record_advance(work, payment, capture_id, amount_paise)


def _record_advance(work: Work, payment: Payment, capture_id: str, amount_paise: int) -> None:
    token = work.require(Token, payment.queue_id, payment.token_id)
    clinic = work.get(Clinic, payment.clinic_id)
    doctor = work.get(Doctor, payment.clinic_id, payment.doctor_id)
    if clinic is None or doctor is None:
        raise NotFound
    capture = Capture(
        capture_id=capture_id,
        clinic_id=payment.clinic_id,
        payment_id=payment.payment_id,
        amount_paise=amount_paise,
        disposition=Disposition.SEAT,
        token_id=token.token_id,
        queue_id=token.queue_id,
        doctor_id=token.doctor_id,
        contact_id=token.contact_id,
        patient_id=token.patient_id,
        at=work.now,
    )
    work.put(capture)
    if queues.hold_ran_out(token, work.now):
        # The hold is over even if the clock has not ended it yet.
        token = seats.expire_hold(work, token)
    seat = None
    if amount_paise >= payment.amount_paise and _is_queue_open(work, token):
        if token.status is TokenStatus.PENDING:
            seat = token
        elif token.status is TokenStatus.EXPIRED:
            seat = booking.revive(work, clinic, doctor, token)
    if seat is None:
        refunds.refund_capture(work, capture, "NOT_SEATED")
        tell_refund(work, clinic, doctor, token, capture)
        orders.schedule_close(work, payment)
        return
    payment = work.put(payment.but(status=RequestStatus.PAID))
    orders.schedule_close(work, payment)
    paid = seat.but(
        payment_status=PaymentStatus.PAID, paid_paise=amount_paise, capture_id=capture_id
    )
    booking.confirm(work, clinic, doctor, paid)


def record_failed_attempt(work: Work, payment_id: str) -> None:
    """Record a failed attempt to pay. The hold goes on: the same UPI payment may still succeed.

    The payer of an advance is told at the first failure. Every call counts one attempt.

    Raises:
        NotFound: If there is no such request for payment.
    """
    payment = work.require(Payment, payment_id)
    if payment.status is not RequestStatus.OPEN:
        return
    if payment.invoice_id is None and not _record_failed_advance(work, payment):
        return
    work.put(payment.but(failed_attempts=payment.failed_attempts + 1))


def record_order_notice(work: Work, reference: str, *, has_failed: bool) -> None:
    """Schedule an immediate check with the gateway of an order that WhatsApp tells of.

    Only the gateway's answer counts as money. A failed attempt (*has_failed*) is recorded at once,
    as if the gateway had told of it.

    Raises:
        NotFound: If there is no such order here.
    """
    order = orders.find_order(work, reference)
    payment = work.get(Payment, order.payment_id) if order else None
    if payment is None:
        raise NotFound
    if has_failed:
        record_failed_attempt(work, payment.payment_id)
        payment = work.get(Payment, payment.payment_id) or payment
    links.schedule_check(work, payment)


def _record_failed_advance(work: Work, payment: Payment) -> bool:
    """Mark a token's payment as failed, and tell the patient at the first failure.

    Return whether the token still waits for its advance; if not, nothing is written.
    """
    token = work.require(Token, payment.queue_id, payment.token_id)
    if token.status is not TokenStatus.PENDING:
        return False
    token = work.put(token.but(payment_status=PaymentStatus.FAILED, updated_at=work.now))
    clinic = work.get(Clinic, payment.clinic_id)
    doctor = work.get(Doctor, payment.clinic_id, payment.doctor_id)
    if clinic and doctor and payment.failed_attempts == 0:
        notice = notice_about(
            "booking/payment_failed",
            token,
            clinic,
            doctor,
            guard=Guard.UNPAID,
            values={
                "amount": payment.amount_paise,
                "until": token.held_until.isoformat() if token.held_until else None,
            },
        )
        send(work, replace(notice, url=work.rules.pay_url(payment.payment_id)))
    return True


def _is_queue_open(work: Work, token: Token) -> bool:
    queue = work.get(Queue, token.doctor_id, token.date)
    return queue is not None and queue.status is not QueueStatus.CLOSED
