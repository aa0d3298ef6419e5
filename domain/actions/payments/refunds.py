"""Money that goes back: asked for, followed until the gateway has paid it, told."""

from __future__ import annotations

from datetime import timedelta

from domain import due
from domain.actions.messages import notices
from domain.actions.messages.outbox import Draft, send
from domain.actions.staff.alerts import Alert, alert_admins
from domain.due import OpenWork
from domain.model.clinics import Clinic, Doctor
from domain.model.due import Due
from domain.model.messages import Consent
from domain.model.money import Capture, Disposition, Refund, RefundStatus
from domain.model.queues import LIVE, PaymentStatus, Token
from domain.work import Work


def refund_token(work: Work, token: Token, reason: str) -> Token:
    """Send back the payment that holds *token*'s seat; the worker asks the gateway for it.

    There is one refund a captured payment, by being its key.
    """
    if token.capture_id is None:
        return token
    capture = work.get(Capture, token.capture_id, "CAPTURE")
    if capture is None or capture.disposition is Disposition.REFUND:
        return token
    refund_capture(work, capture, reason)
    return work.put(
        token.but(payment_status=PaymentStatus.REFUNDED, paid_paise=0, updated_at=work.now)
    )


def refund_capture(work: Work, capture: Capture, reason: str) -> None:
    """Write the refund of a captured payment and have it asked for."""
    work.put(capture.but(disposition=Disposition.REFUND))
    work.put(
        Refund(
            capture_id=capture.capture_id,
            clinic_id=capture.clinic_id,
            token_id=capture.token_id,
            queue_id=capture.queue_id,
            doctor_id=capture.doctor_id,
            contact_id=capture.contact_id,
            amount_paise=capture.amount_paise,
            reason=reason,
            at=work.now,
        )
    )
    about = due.Subject(
        capture.capture_id, clinic_id=capture.clinic_id, capture_id=capture.capture_id
    )
    due.schedule(work, "refund", work.now, about)


FAILURE_NOTE_HELPS = timedelta(days=3)
"""How late a clinic is still told of a refund that failed."""


def refund_held_for_rebooking(work: Work, capture_id: str, *, tell: bool = True) -> Refund | None:
    """Send back money that still waits for another day of the patient's choice.

    Does nothing if it was used or returned meanwhile. *tell* writes a notice of it.
    """
    capture = work.get(Capture, capture_id, "CAPTURE")
    if capture is None or capture.disposition is not Disposition.WAITING:
        return None
    token = work.get(Token, capture.queue_id, capture.token_id)
    refund_capture(work, capture, "CLINIC_CLOSED")
    if token is not None:
        work.put(
            token.but(payment_status=PaymentStatus.REFUNDED, paid_paise=0, updated_at=work.now)
        )
        clinic = work.get(Clinic, capture.clinic_id)
        doctor = work.get(Doctor, capture.clinic_id, capture.doctor_id)
        if clinic and doctor and tell:
            tell_refund(work, clinic, doctor, token, capture)
    return work.get(Refund, capture_id, "REFUND")


def record_refund_status(
    work: Work, refund: Refund, status: RefundStatus, gateway_id: str
) -> Refund:
    """Record what the gateway says of a refund, and return it; it only moves forward.

    A refund that failed may still be made, by hand, for which the clinic is told of it; one that
    was made does not fail any more.
    """
    if _PROGRESS.index(status) <= _PROGRESS.index(refund.status):
        return refund
    if status is RefundStatus.FAILED:
        _tell_admins_of_failure(work, refund)
    return work.put(refund.but(status=status, gateway_refund_id=gateway_id or None))


def schedule_refund_check(work: Work, refund: Refund) -> None:
    """Have the gateway asked at once how far a refund has come, unless it has ended."""
    about = due.Subject(refund.capture_id, clinic_id=refund.clinic_id, capture_id=refund.capture_id)
    due.schedule(work, "refund", work.now, about)


_PROGRESS = (
    RefundStatus.PENDING,
    RefundStatus.REQUESTED,
    RefundStatus.FAILED,
    RefundStatus.PROCESSED,
)


def hold_for_rebooking(work: Work, token: Token, hours: int) -> Token:
    """Let a closed clinic's money wait *hours* for another day, then return it unasked."""
    capture = work.get(Capture, token.capture_id or "", "CAPTURE")
    if capture is None or capture.disposition is not Disposition.SEAT:
        return token
    work.put(capture.but(disposition=Disposition.WAITING))
    about = due.Subject(
        capture.capture_id, clinic_id=token.clinic_id, capture_id=capture.capture_id
    )
    due.schedule(work, "refund_waiting", work.now + timedelta(hours=hours), about)
    return token


def _tell_admins_of_failure(work: Work, refund: Refund) -> None:
    """Tell a clinic's admins that a patient's money could not be returned: somebody must do it."""
    clinic = work.get(Clinic, refund.clinic_id)
    if clinic is None:
        return  # paid twice for a bill: what a clinic gets back is the operator's to see to
    token = work.get(Token, refund.queue_id, refund.token_id)
    note = Alert(
        name="desk/refund_failed",
        values={
            "amount": refund.amount_paise,
            "payment": refund.capture_id,
            "person": token.patient_name if token else "",
            "phone": token.patient_phone if token else None,
        },
        helps_for=FAILURE_NOTE_HELPS,
    )
    alert_admins(work, clinic, note)


def tell_refund(work: Work, clinic: Clinic, doctor: Doctor, token: Token, capture: Capture) -> None:
    """Tell the patient of *token* that *capture* goes back to where it came from."""
    send(
        work,
        Draft(
            "booking/money_back",
            to=token.contact_id,
            clinic=clinic,
            about=token,
            values={
                **notices.notice_values(token, doctor),
                "amount": capture.amount_paise,
                "stands": token.status in LIVE and token.capture_id != capture.capture_id,
            },
            consent=Consent.TOKEN,
        ),
    )


def refund_unclaimed(open_work: OpenWork, item: Due) -> None:
    """Return money that waited for another day in vain."""
    work = open_work()
    work.delete(item)
    refund_held_for_rebooking(work, item.capture_id or "")
    work.commit()
