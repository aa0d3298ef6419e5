"""Refunds that a person makes in the gateway's dashboard, which the product did not ask for.

Each has a row of its own in the ledger, beside the one refund of ours that a capture may have. What
they return is no longer the product's to give: a later cancellation promises only what is left.
The gateway tells of them late, twice, out of order or not at all (then `polling` finds them).
"""

from __future__ import annotations

from datetime import timedelta

from domain.actions.messages.notices import notice_about
from domain.actions.messages.outbox import send
from domain.actions.payments import links, refunds
from domain.actions.staff.alerts import Alert, alert_admins
from domain.gateway import GatewayRefund
from domain.model.clinics import Clinic, Doctor
from domain.model.money import Capture, Disposition, Refund, RefundStatus
from domain.model.queues import LIVE, Token
from domain.work import Work

BY_HAND = "BY_HAND"
"""The reason of a refund that a person made."""
NOTE_HELPS = timedelta(days=3)
"""For how long it is worth telling the clinic of such a refund."""


def record_notice(work: Work, capture_id: str, made: GatewayRefund) -> bool:
    """Record what the gateway tells of a refund; return False if it has to be asked first.

    That is scheduled: for a capture that nobody has told of yet, and for a refund beside ours while
    ours is under way (ours has failed then, or it means nothing). May be repeated, in any order.
    """
    if work.get(Capture, capture_id, "CAPTURE") is None:
        links.schedule_capture_lookup(work, capture_id)
        return False
    ours = work.get(Refund, capture_id, "REFUND")
    if ours and ours.status is RefundStatus.REQUESTED and not _is_ours(ours, made):
        refunds.schedule_refund_check(work, ours)
        return False
    record_gateway_refund(work, capture_id, made)
    return True


def record_gateway_refund(work: Work, capture_id: str, made: GatewayRefund) -> None:
    """Record a refund that the gateway has of a capture: ours, or one made by hand.

    One made by hand is booked in a row of its own: what it returns is taken from the token, whose
    booking stands, and the clinic's admins and the patient are told. If the gateway could not carry
    it out, all of that is taken back, and a refund promised meanwhile is made. One of the whole sum
    that we owe takes our refund's place. May be repeated, in any order.

    Raises:
        NotFound: If the capture is unknown here.
    """
    capture = work.require(Capture, capture_id, "CAPTURE")
    ours = work.get(Refund, capture_id, "REFUND")
    row = work.get(Refund, capture_id, row_of(made.refund_id))
    if row is None and ours is not None and _is_ours(ours, made):
        refunds.record_refund_status(work, ours, made.status, made.refund_id)
    elif row is None:
        _record_new(work, capture, ours, made)
    elif refunds.is_progress(row.status, made.status):
        _record_status(work, capture, ours, row, made.status)


def is_news(work: Work, capture_id: str, returned_paise: int) -> bool:
    """Return whether the gateway must be asked for a capture's refunds.

    It says that *returned_paise* has gone back in all. What was made by hand may have failed since.
    """
    capture = work.require(Capture, capture_id, "CAPTURE")
    ours = work.get(Refund, capture_id, "REFUND")
    known = capture.returned_paise + (ours.amount_paise if ours and _is_made(ours) else 0)
    return returned_paise > known or capture.returned_paise > 0


def row_of(refund_id: str) -> str:
    """Return the row in the ledger of a refund made by hand."""
    return f"HAND#{refund_id}"


def _is_ours(ours: Refund, made: GatewayRefund) -> bool:
    """Return whether *made* is our refund, or one by hand that takes its place.

    Until ours has an id of the gateway's, or once it has failed, a refund of its whole amount takes
    its place; a failed one made by hand does not count.
    """
    if made.is_ours or made.refund_id == ours.gateway_refund_id:
        return True
    is_open = ours.gateway_refund_id is None or ours.status is RefundStatus.FAILED
    is_whole = made.amount_paise == ours.amount_paise
    return is_open and is_whole and made.status is not RefundStatus.FAILED


def _record_new(work: Work, capture: Capture, ours: Refund | None, made: GatewayRefund) -> None:
    # The gateway returns no more than it took; what ours has returned is not returned again.
    bound = capture.left_paise - (ours.amount_paise if ours and _is_made(ours) else 0)
    amount = min(made.amount_paise, bound)
    if amount <= 0:
        return
    row = work.put(
        Refund(
            capture_id=capture.capture_id,
            row=row_of(made.refund_id),
            clinic_id=capture.clinic_id,
            token_id=capture.token_id,
            queue_id=capture.queue_id,
            doctor_id=capture.doctor_id,
            contact_id=capture.contact_id,
            amount_paise=amount,
            reason=BY_HAND,
            status=made.status,
            gateway_refund_id=made.refund_id,
            at=work.now,
        )
    )
    if made.status is RefundStatus.FAILED:
        return
    _count(work, capture, ours, amount)
    _tell_admins(work, row, "desk/refund_by_hand")
    _tell_patient(work, row)


def _is_made(ours: Refund) -> bool:
    return ours.status in {RefundStatus.REQUESTED, RefundStatus.PROCESSED}


def _record_status(
    work: Work, capture: Capture, ours: Refund | None, row: Refund, status: RefundStatus
) -> None:
    """Record a new status of a refund made by hand; only a failed one does not count."""
    work.put(row.but(status=status))
    if status is RefundStatus.FAILED:
        _count(work, capture, ours, -row.amount_paise)
        _tell_admins(work, row, "desk/refund_by_hand_failed")
    elif row.status is RefundStatus.FAILED:
        _count(work, capture, ours, row.amount_paise)


def _count(work: Work, capture: Capture, ours: Refund | None, paise: int) -> None:
    """Count *paise* as returned by hand; a negative sum as not returned after all."""
    capture = capture.but(returned_paise=capture.returned_paise + paise)
    if capture.disposition is Disposition.REFUND:
        _follow_with_ours(work, capture, ours, paise)
        return
    if capture.disposition is Disposition.WAITING and not capture.left_paise:
        capture = capture.but(disposition=Disposition.REFUND)
    work.put(capture)
    token = work.get(Token, capture.queue_id, capture.token_id)
    if token is not None and token.capture_id == capture.capture_id:
        refunds.write_paid(work, token, capture.left_paise)


def _follow_with_ours(work: Work, capture: Capture, ours: Refund | None, paise: int) -> None:
    """Keep our refund at what is left; what it can no longer return is owed, and made by hand."""
    owed = max(0, capture.owed_paise - paise) if paise > 0 or _has_begun(ours) else 0
    capture = work.put(capture.but(owed_paise=owed))
    rest = capture.left_paise - owed
    if ours is None and rest:
        refunds.refund_capture(work, capture, BY_HAND)
    elif ours is not None and not rest:
        work.delete(ours)
    elif ours is not None and ours.amount_paise != rest:
        work.put(ours.but(amount_paise=rest, request_body=None))


def _has_begun(ours: Refund | None) -> bool:
    return ours is not None and (ours.attempts > 0 or ours.status is not RefundStatus.PENDING)


def _tell_admins(work: Work, row: Refund, name: str) -> None:
    clinic = work.get(Clinic, row.clinic_id)
    if clinic is None:
        return  # a clinic's own payment: the operator made its refund
    token = work.get(Token, row.queue_id, row.token_id)
    note = Alert(
        name=name,
        values={
            "amount": row.amount_paise,
            "payment": row.capture_id,
            "person": token.patient_name if token else "",
            "phone": token.patient_phone if token else None,
            "number": token.number if token else 0,
            "at": token.estimated_time.isoformat() if token else None,
            "stands": token is not None and token.status in LIVE,
        },
        helps_for=NOTE_HELPS,
    )
    alert_admins(work, clinic, note)


def _tell_patient(work: Work, row: Refund) -> None:
    clinic = work.get(Clinic, row.clinic_id)
    doctor = work.get(Doctor, row.clinic_id, row.doctor_id)
    token = work.get(Token, row.queue_id, row.token_id)
    if clinic is None or doctor is None or token is None:
        return
    values = {
        "amount": row.amount_paise,
        "stands": token.status in LIVE,
        "balance": max(0, token.amount_paise - token.paid_paise),
    }
    send(work, notice_about("news/refund_by_hand", token, clinic, doctor, values=values))
