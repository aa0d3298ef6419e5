"""Refunds: a capture marked as refunded, the gateway told to return it, the payer told.

A refund is written with its cause; a worker asks the gateway for it and follows it to its end
(`domain.actions.settlement.polling`). A capture has at most one refund of ours: its id is the key.
Those that a person makes in the gateway's dashboard are in `by_hand`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TypeVar

from domain import due
from domain.actions.messages.notices import notice_about
from domain.actions.messages.outbox import send
from domain.actions.staff.alerts import Alert, alert_admins
from domain.due import OpenWork
from domain.model.base import stamp
from domain.model.clinics import Clinic, Doctor
from domain.model.due import Due
from domain.model.money import Capture, Disposition, Refund, RefundStatus
from domain.model.queues import LIVE, PaymentStatus, Token, TokenStatus
from domain.work import Work


def refund_token(work: Work, token: Token, reason: str) -> Token:
    """Refund what is left of *token*'s capture; return the token, which then holds no money.

    May be repeated: a token without a capture, or whose capture is refunded, stays as it is.
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
    """Write the refund of what is left of a capture, and schedule it with the gateway.

    Nothing is left of one that was returned by hand. It does not touch the token or the invoice
    that the capture was for. *reason* is one of our words, such as CLINIC_CLOSED.
    """
    work.put(capture.but(disposition=Disposition.REFUND))
    if not capture.left_paise:
        return
    work.put(
        Refund(
            capture_id=capture.capture_id,
            clinic_id=capture.clinic_id,
            token_id=capture.token_id,
            queue_id=capture.queue_id,
            doctor_id=capture.doctor_id,
            contact_id=capture.contact_id,
            amount_paise=capture.left_paise,
            reason=reason,
            at=work.now,
        )
    )
    about = due.Subject(
        capture.capture_id, clinic_id=capture.clinic_id, capture_id=capture.capture_id
    )
    due.schedule(work, "refund", work.now, about)


FAILURE_NOTE_HELPS = timedelta(days=3)
"""For how long a note about a failed refund is still worth sending."""


def refund_held_for_rebooking(work: Work, capture_id: str, *, tell: bool = True) -> Refund | None:
    """Refund a capture that is still kept for another day; None if it is not kept any more.

    *tell* sends the patient a notice of it. May be repeated: a capture that was used or refunded
    meanwhile stays as it is.
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
    """Record the status that the gateway gives a refund, and return the refund.

    A status only moves forward: pending, requested, failed, processed. Processed follows failed,
    because a person may make a failed refund by hand: the clinic's admins are told of the failure.
    May be repeated.
    """
    if not is_progress(refund.status, status):
        return refund
    if status is RefundStatus.FAILED:
        _tell_admins_of_failure(work, refund)
    return work.put(refund.but(status=status, gateway_refund_id=gateway_id or None))


def is_progress(before: RefundStatus, after: RefundStatus) -> bool:
    """Return whether a refund goes forward by changing from *before* to *after*."""
    return _PROGRESS.index(after) > _PROGRESS.index(before)


def write_paid(work: Work, token: Token, paid_paise: int) -> Token:
    """Write what is left of a token's payment after a refund by hand; its booking stands."""
    settled = token.status is TokenStatus.COMPLETED and token.collected_paise >= token.amount_paise
    status = PaymentStatus.PAID if paid_paise or settled else PaymentStatus.REFUNDED
    return work.put(token.but(payment_status=status, paid_paise=paid_paise, updated_at=work.now))


def schedule_refund_check(work: Work, refund: Refund) -> None:
    """Schedule an immediate check of a refund with the gateway; one that has ended stays so."""
    about = due.Subject(refund.capture_id, clinic_id=refund.clinic_id, capture_id=refund.capture_id)
    due.schedule(work, "refund", work.now, about)


_PROGRESS = (
    RefundStatus.PENDING,
    RefundStatus.REQUESTED,
    RefundStatus.FAILED,
    RefundStatus.PROCESSED,
)


def hold_for_rebooking(work: Work, token: Token, hours: int) -> Token:
    """Keep the capture of a closed day for a rebooking; refund it after *hours* if none comes.

    The capture is no longer in a seat but WAITING; the token still names it. Does nothing unless
    the capture is in a seat, so it may be repeated.
    """
    capture = work.get(Capture, token.capture_id or "", "CAPTURE")
    if capture is None or capture.disposition is not Disposition.SEAT:
        return token
    until = work.now + timedelta(hours=hours)
    work.put(capture.but(disposition=Disposition.WAITING, held_until=until))
    about = due.Subject(
        capture.capture_id, clinic_id=token.clinic_id, capture_id=capture.capture_id
    )
    due.schedule(work, "refund_waiting", until, about)
    return token


def _tell_admins_of_failure(work: Work, refund: Refund) -> None:
    """Tell a clinic's admins that a refund failed, so that a person must make it by hand."""
    clinic = work.get(Clinic, refund.clinic_id)
    if clinic is None:
        return  # a clinic's own payment: the operator sees to its refund
    token = work.get(Token, refund.queue_id, refund.token_id)
    note = Alert(
        name="desk/refund_failed",
        values={
            "amount": refund.amount_paise,
            "payment": refund.capture_id,
            "person": token.patient_name if token else "",
            "phone": token.patient_phone if token else None,
        },
        shows=[token.patient_id] if token else (),
        helps_for=FAILURE_NOTE_HELPS,
    )
    alert_admins(work, clinic, note)


def tell_refund(work: Work, clinic: Clinic, doctor: Doctor, token: Token, capture: Capture) -> None:
    """Tell the patient of *token* that *capture* is refunded to the account it came from."""
    send(
        work,
        notice_about(
            "booking/money_back",
            token,
            clinic,
            doctor,
            values={
                "amount": capture.left_paise,
                "stands": token.status in LIVE and token.capture_id != capture.capture_id,
            },
        ),
    )


def refund_unclaimed(open_work: OpenWork, item: Due) -> None:
    """Refund a capture that was kept for another day and not used in time.

    One that a later close keeps has its full time: the day was reopened and closed again.
    """
    work = open_work()
    work.delete(item)
    capture = work.get(Capture, item.capture_id or "", "CAPTURE")
    if capture is not None and (capture.held_until is None or capture.held_until <= item.at):
        refund_held_for_rebooking(work, capture.capture_id)
    work.commit()


REFUNDS_SHOWN_FOR = timedelta(days=30)
"""How long a payer is told of a refund who asks; banks take up to 7 days."""
MOST_REFUNDS = 3


def recent_refunds(work: Work, clinic: Clinic) -> list[Refund]:
    """Return the newest refunds in the scope of *work*, newest first, a few at most.

    An index finds them, so one of the last moments may be missing.
    """
    return _of_late(work, Refund, clinic)[:MOST_REFUNDS]


def kept_for_rebooking(work: Work, clinic: Clinic) -> int:
    """Return what is kept for another day in the scope of *work*, in paise."""
    captures = _of_late(work, Capture, clinic)
    return sum(c.left_paise for c in captures if c.disposition is Disposition.WAITING)


R = TypeVar("R", Capture, Refund)


def _of_late(work: Work, kind: type[R], clinic: Clinic) -> list[R]:
    between = stamp(work.now - REFUNDS_SHOWN_FOR), stamp(work.now)
    return work.query(
        kind,
        clinic.clinic_id,
        index="clinicId-at-idx",
        between=between,
        limit=400,
        descending=True,
    ).records
