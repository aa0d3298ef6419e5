"""Selling a slot: hold, confirm, give back, move to another time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from domain import due
from domain.actions.booking import history
from domain.actions.booking.days import Day, read_day
from domain.actions.booking.holds import ask_advance, check_holds, give_up_hold
from domain.actions.booking.places import place_by_time, waiting_of
from domain.actions.booking.queues import ensure_queue
from domain.actions.booking.seats import (
    end_payment_request,
    holds_of,
    live_booking,
    notify_line_shortened,
    release_seat,
    remove_hold,
    seats_of,
    sellable,
    take_seats,
    write_live_booking,
    write_new,
)
from domain.actions.messages.notices import notice_values
from domain.actions.messages.outbox import Draft, send
from domain.actions.payments.refunds import refund_token
from domain.actions.people import consent, phone_requests
from domain.actions.people.associations import associate
from domain.actors import Actor, person_of
from domain.errors import AlreadyBooked, DayClosed, DayFull, NotNow, NotSelling, SlotTaken
from domain.model.base import stamp
from domain.model.clinics import Clinic, ClinicStatus, Doctor
from domain.model.messages import Consent, Guard
from domain.model.money import Capture, Disposition, Transfer
from domain.model.people import Contact, Patient
from domain.model.queues import (
    LIVE,
    WAITING,
    PaymentStatus,
    Queue,
    QueueStatus,
    Token,
    TokenStatus,
    number_text,
)
from domain.rules import (
    REMINDER_BEFORE_MINUTES,
    REMINDER_IF_BOOKED_BEFORE_MINUTES,
)
from domain.work import Work


@dataclass(frozen=True)
class Terms:
    """How a booking is made: by the patient in chat, unless staff say otherwise."""

    actor: Actor | None = None
    """Who of the staff books; None: the patient."""
    hold_minutes: int | None = None
    """How long an unpaid slot is held; None: as for a patient."""
    amount_paise: int | None = None
    """The whole fee, if it is not the day's."""
    pays_at_clinic: bool = False
    """No advance is asked for."""
    arrived: bool = False
    """A walk-in: the patient stands at the desk, and pays at the clinic."""
    consultation_type: str = "GENERAL"


IN_CHAT = Terms()


@dataclass(frozen=True)
class SlotOffer:
    """A free slot that a booking takes: a number, its instant, and one of the online sales."""

    day: Day
    """As it was read: what was sold since is a conflict."""
    number: int
    at: datetime
    limit: int | None
    """None: beyond the limit, as staff may go."""


def hold(
    work: Work,
    clinic: Clinic,
    doctor: Doctor,
    contact: Contact,
    patient: Patient,
    day: date,
    number: int,
) -> Token:
    """Sell slot *number* of *day* to *patient*: held until paid, or confirmed if nothing is due.

    Writes the seat (conditional, so it is sold once), one of the day's online sales, the token and
    the request for its advance. A contact's earlier unpaid hold with the same doctor for the same
    patient is given up for it; asked for the slot that they hold already, it is that hold.

    Raises:
        DayClosed, DayFull, SlotTaken, AlreadyBooked, TooManyHolds: As they say.
        NotSelling: If the clinic's subscription is suspended.
    """
    if clinic.status is ClinicStatus.SUSPENDED:
        raise NotSelling
    current = live_booking(work, contact.contact_id, patient.patient_id, doctor.doctor_id, day)
    if current is not None and current.status is not TokenStatus.PENDING:
        raise AlreadyBooked(token=current)
    if current is not None and current.number == number:
        return current
    for old in holds_of(work, contact.contact_id):
        if old.patient_id == patient.patient_id and old.doctor_id == doctor.doctor_id:
            give_up_hold(work, old)
    view = read_day(work, clinic, doctor, day)
    slot_at, limit = sellable(view, number, work.now)
    offer = SlotOffer(view, number, slot_at, limit)
    return sell(work, clinic, doctor, contact, patient, offer=offer, terms=IN_CHAT)


def sell(
    work: Work,
    clinic: Clinic,
    doctor: Doctor,
    contact: Contact,
    patient: Patient,
    *,
    offer: SlotOffer,
    terms: Terms,
) -> Token:
    """Write a booking of *offer*, which is free: held until paid, or confirmed if nothing is due.

    The one way to sell a slot, in chat and at the desk. A walk-in is confirmed as arrived.

    Raises:
        TooManyHolds: If an advance is due and the contact holds three unpaid slots.
    """
    queue = ensure_queue(work, offer.day.queue)
    advance = 0 if terms.pays_at_clinic else queue.advance_paise
    held_until = _hold_end(work, clinic, contact, offer, terms) if advance else None
    token = Token(
        queue_id=queue.queue_id,
        token_id=work.ids.new("TKN_"),
        clinic_id=clinic.clinic_id,
        doctor_id=doctor.doctor_id,
        patient_id=patient.patient_id,
        contact_id=contact.contact_id,
        patient_name=patient.name,
        patient_phone=contact.number,
        status=TokenStatus.PENDING,
        number=offer.number,
        token_number=number_text(offer.number),
        date=queue.date,
        estimated_time=offer.at,
        arrived_at=work.now if terms.arrived else None,
        consultation_type=terms.consultation_type,
        source=_source(terms),
        amount_paise=queue.fee_paise if terms.amount_paise is None else terms.amount_paise,
        advance_paise=advance,
        held_until=held_until,
        limit_number=offer.limit,
        created_at=work.now,
        updated_at=work.now,
    )
    take_seats(work, offer.day, token)
    action = "add" if terms.arrived else "book"
    write_new(work, token, terms.actor or person_of(token), action)
    if terms.actor is None:
        consent.resume_for_booking(work, clinic.clinic_id, contact.contact_id)
    if held_until is None:
        return confirm(work, clinic, doctor, token, terms.actor)
    return ask_advance(work, token, held_until)


def _source(terms: Terms) -> str:
    if terms.arrived:
        return "WALK_IN"
    return "STAFF" if terms.actor else "BOT"


_MIN_HOLD = timedelta(minutes=2)
"""A hold never ends before a person could pay, however near its slot is."""


def _hold_end(
    work: Work, clinic: Clinic, contact: Contact, offer: SlotOffer, terms: Terms
) -> datetime:
    """Return until when an unpaid slot is held.

    Raises:
        TooManyHolds: If the contact holds three unpaid slots.
    """
    by_patient = terms.actor is None
    check_holds(work, contact.contact_id, clinic.clinic_id, everywhere=by_patient)
    minutes = timedelta(minutes=terms.hold_minutes or work.rules.hold_minutes)
    return min(work.now + minutes, max(offer.at, work.now + _MIN_HOLD))


def confirm(
    work: Work, clinic: Clinic, doctor: Doctor, token: Token, actor: Actor | None = None
) -> Token:
    """Make a token's seat final: it stands in the line, and doctor and patient are connected.

    *actor* is who made it so, if not the patient. Writes the confirmation to the patient, whose
    waiting time is worked out when it is sent. A walk-in stands in the line as arrived: its
    history begins with the entry of its being added, and nobody reminds it.
    """
    arrived = token.arrived_at is not None
    queue = work.require(Queue, token.doctor_id, token.date)
    token = work.put(
        token.but(
            status=TokenStatus.ARRIVED if arrived else TokenStatus.CONFIRMED,
            place=place_by_time(queue, token.number),
            held_until=None,
            confirmed_at=work.now,
            updated_at=work.now,
        )
    )
    work.put(waiting_of(token))
    for seat in seats_of(work, token):
        work.put(seat.but(held_until=None))
    remove_hold(work, token)
    token = associate(work, clinic, doctor, token)
    if not arrived:
        history.log_token(work, token, "confirm", actor or person_of(token))
    send(
        work,
        Draft(
            "booking/confirmed",
            to=token.contact_id,
            clinic=clinic,
            about=token,
            guard=Guard.BOOKED,
            values={
                **notice_values(token, doctor),
                "paid": token.paid_paise,
                "balance": token.amount_paise - token.paid_paise,
                "moved": token.replaces is not None,
            },
            consent=Consent.TOKEN,
        ),
    )
    if token.source == "BOT":
        phone_requests.request_number(work, clinic, token.contact_id)
    if not arrived:
        _schedule_reminder(work, token)
    return token


def _schedule_reminder(work: Work, token: Token) -> None:
    """Schedule the reminder of a booking, unless it is made so late that nobody needs one."""
    remind_at = token.estimated_time - timedelta(minutes=REMINDER_BEFORE_MINUTES)
    early = token.estimated_time - timedelta(minutes=REMINDER_IF_BOOKED_BEFORE_MINUTES)
    if token.created_at < early:
        due.schedule_for_token(work, "remind", max(remind_at, work.now), token)


def cancel(
    work: Work, token: Token, *, by: str, by_name: str, reason: str, notes: str | None = None
) -> Token:
    """Cancel a live token, free its seat, and send back what was paid online.

    Raises:
        NotNow: If the token is being served, is over, or was cancelled before.
    """
    if token.status not in LIVE or token.status is TokenStatus.CURRENT:
        raise NotNow(state=token.status)
    if _is_no_show(work, token):
        raise NotNow(state=TokenStatus.NO_SHOW)
    ended = cancel_keeping_money(work, token, reason)
    notify_line_shortened(work, token)
    history.log_token(work, token, "cancel", Actor(by, by_name), detail=reason, notes=notes)
    if token.capture_id:
        ended = refund_token(work, ended, reason)
    return ended


def cancel_keeping_money(work: Work, token: Token, reason: str) -> Token:
    """Cancel a token and free its seat; what was paid stays with the token."""
    release_seat(work, token)
    end_payment_request(work, token)
    return work.put(
        token.but(
            status=TokenStatus.CANCELLED,
            place=None,
            held_until=None,
            limit_number=None,
            cancel_reason=reason,
            cancelled_at=work.now,
            updated_at=work.now,
        )
    )


def reschedule(
    work: Work, clinic: Clinic, doctor: Doctor, old: Token, day: date, number: int
) -> Token:
    """Move a paid or free booking to another slot: the new seat and the old one in one write.

    The money goes along by a ledger row in the same transaction. *old* is a waiting or skipped
    token, or one cancelled by a closed clinic whose money waits for another day.

    Raises:
        DayClosed, DayFull, SlotTaken: Nothing is given up then.
        AlreadyBooked: If the patient has another live token with that doctor on the new day.
        NotNow: If *old* can no longer be moved.
    """
    capture = work.get(Capture, old.capture_id, "CAPTURE") if old.capture_id else None
    waiting_money = capture is not None and capture.disposition is Disposition.WAITING
    if old.status not in WAITING | {TokenStatus.SKIPPED} and not waiting_money:
        raise NotNow(state=old.status)
    if _is_no_show(work, old):
        raise NotNow(state=TokenStatus.NO_SHOW)
    other = live_booking(work, old.contact_id, old.patient_id, old.doctor_id, day)
    if other is not None and other.token_id != old.token_id:
        raise AlreadyBooked(token=other)
    view = read_day(work, clinic, doctor, day)
    own = old.limit_number if old.queue_id == view.queue.queue_id else None
    slot_at, limit = sellable(view, number, work.now, own)
    queue = ensure_queue(work, view.queue)
    if old.status in LIVE:
        cancel_keeping_money(work, old, "RESCHEDULED")
        notify_line_shortened(work, old)
        history.log_token(work, old, "reschedule", person_of(old))
    token = Token(
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
        capture_id=old.capture_id,
        payment_id=old.payment_id,
        limit_number=limit,
        replaces=old.token_id,
        created_at=work.now,
        updated_at=work.now,
    )
    take_seats(work, view, token)
    write_new(work, token, person_of(token), "book")
    if capture is not None:
        work.put(
            Transfer(
                capture_id=capture.capture_id,
                row=f"MOVE#{stamp(work.now)}#{token.token_id}",
                clinic_id=old.clinic_id,
                from_token_id=old.token_id,
                to_token_id=token.token_id,
                amount_paise=capture.amount_paise,
                at=work.now,
            )
        )
        work.put(
            capture.but(
                disposition=Disposition.SEAT, token_id=token.token_id, queue_id=token.queue_id
            )
        )
        given = work.get(Token, old.queue_id, old.token_id) or old
        work.put(given.but(capture_id=None, paid_paise=0, payment_status=PaymentStatus.PENDING))
    return confirm(work, clinic, doctor, token)


def revive(work: Work, clinic: Clinic, doctor: Doctor, token: Token) -> Token | None:
    """Give an expired token its seat again because its money came late.

    Returns None if the slot is gone, past, withdrawn or its line closed, or if the patient holds
    another live token with that doctor that day.
    """
    day = date.fromisoformat(token.date)
    view = read_day(work, clinic, doctor, day)
    try:
        _, limit = sellable(view, token.number, work.now)
    except (DayClosed, DayFull, SlotTaken):
        return None
    if live_booking(work, token.contact_id, token.patient_id, token.doctor_id, day) is not None:
        return None
    token = token.but(status=TokenStatus.PENDING, limit_number=limit)
    take_seats(work, view, token)
    write_live_booking(work, token)
    return work.put(token)


def _is_no_show(work: Work, token: Token) -> bool:
    """Whether a skipped token's line has closed, though nobody has brought the token after it."""
    if token.status is not TokenStatus.SKIPPED:
        return False
    queue = work.get(Queue, token.doctor_id, token.date)
    return queue is not None and queue.status is QueueStatus.CLOSED
