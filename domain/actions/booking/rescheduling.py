"""Rescheduling a booking, with its money."""

from __future__ import annotations

from datetime import date, datetime

from domain.actions.booking import history
from domain.actions.booking.booking import cancel_keeping_money, confirm, is_no_show
from domain.actions.booking.days import read_day
from domain.actions.booking.queues import ensure_queue
from domain.actions.booking.seats import (
    live_booking,
    notify_line_shortened,
    require_sellable,
    take_seats,
    write_new,
)
from domain.actions.payments import ledger
from domain.actors import person_of
from domain.errors import AlreadyBooked, DayClosed, NotNow
from domain.model.base import stamp
from domain.model.clinics import Clinic, Doctor
from domain.model.money import Capture, Disposition, Transfer
from domain.model.queues import (
    LIVE,
    WAITING,
    PaymentStatus,
    Queue,
    Token,
    TokenStatus,
    number_text,
)
from domain.timetable import is_within_reach
from domain.work import Work


def reschedule(
    work: Work, clinic: Clinic, doctor: Doctor, old: Token, day: date, number: int
) -> Token:
    """Give *old*'s patient another slot for it; the new seat and the old one are one transaction.

    The money goes along by a ledger row in the same transaction. *old* is a waiting or skipped
    token, or one cancelled by a closed clinic whose money waits for another day.

    Raises:
        DayClosed, DayFull, SlotTaken: As for `hold`; *old* keeps its seat then.
        AlreadyBooked: If the patient has another live token with that doctor on the new day.
        NotNow: If *old* is in no state to be rescheduled.
    """
    capture = work.get(Capture, old.capture_id, "CAPTURE") if old.capture_id else None
    _require_reschedulable(work, old, capture)
    other = live_booking(work, old.contact_id, old.patient_id, old.doctor_id, day)
    if other is not None and other.token_id != old.token_id:
        raise AlreadyBooked(token=other)
    if not is_within_reach(clinic, day, work.now):
        raise DayClosed
    view = read_day(work, clinic, doctor, day)
    own_limit = old.limit_number if old.queue_id == view.queue.queue_id else None
    slot_at, limit = require_sellable(view, number, work.now, own_limit)
    queue = ensure_queue(work, view.queue)
    if old.status in LIVE:
        cancel_keeping_money(work, old, "RESCHEDULED")
        notify_line_shortened(work, old)
        history.log_token(work, old, "reschedule", person_of(old))
    token = _successor(work, old, queue, number, slot_at).but(limit_number=limit)
    take_seats(work, view, token)
    write_new(work, token, person_of(token), "book")
    if capture is not None:
        _transfer(work, capture, old, token)
    if old.collected_paise:
        _carry_desk_money(work, old, token)
    return confirm(work, clinic, doctor, token)


def _require_reschedulable(work: Work, old: Token, capture: Capture | None) -> None:
    """Raise `NotNow` unless *old* waits, was skipped, or has money waiting for another day."""
    money_waits = capture is not None and capture.disposition is Disposition.WAITING
    if old.status not in WAITING | {TokenStatus.SKIPPED} and not money_waits:
        raise NotNow(state=old.status)
    if is_no_show(work, old):
        raise NotNow(state=TokenStatus.NO_SHOW)


def _successor(work: Work, old: Token, queue: Queue, number: int, slot_at: datetime) -> Token:
    """Return the token that replaces *old*, not written yet."""
    return Token(
        queue_id=queue.queue_id,
        token_id=work.ids.new("TKN_"),
        clinic_id=old.clinic_id,
        doctor_id=old.doctor_id,
        patient_id=old.patient_id,
        contact_id=old.contact_id,
        patient_name=old.patient_name,
        patient_phone=old.patient_phone,
        status=TokenStatus.CONFIRMED,
        number=number,
        token_number=number_text(number),
        date=queue.date,
        estimated_time=slot_at,
        source=old.source,
        payment_status=old.payment_status,
        amount_paise=old.amount_paise,
        advance_paise=old.advance_paise,
        paid_paise=old.paid_paise,
        collected_paise=old.collected_paise,
        cash_paise=old.cash_paise,
        upi_paise=old.upi_paise,
        counted=old.counted,
        capture_id=old.capture_id,
        payment_id=old.payment_id,
        replaces=old.token_id,
        complaint=old.complaint,
        created_at=work.now,
        updated_at=work.now,
    )


def _carry_desk_money(work: Work, old: Token, token: Token) -> None:
    """Count what the desk took for *old* as taken for *token*."""
    given_up = work.get(Token, old.queue_id, old.token_id) or old
    emptied = work.put(given_up.but(collected_paise=0, cash_paise=0, upi_paise=0))
    ledger.record_collection(work, emptied)
    ledger.record_collection(work, token)


def _transfer(work: Work, capture: Capture, old: Token, token: Token) -> None:
    """Transfer the captured money from *old* to *token*."""
    work.put(
        Transfer(
            capture_id=capture.capture_id,
            row=f"MOVE#{stamp(work.now)}#{token.token_id}",
            clinic_id=old.clinic_id,
            from_token_id=old.token_id,
            to_token_id=token.token_id,
            amount_paise=capture.left_paise,
            at=work.now,
        )
    )
    work.put(
        capture.but(disposition=Disposition.SEAT, token_id=token.token_id, queue_id=token.queue_id)
    )
    given_up = work.get(Token, old.queue_id, old.token_id) or old
    work.put(given_up.but(capture_id=None, paid_paise=0, payment_status=PaymentStatus.PENDING))
