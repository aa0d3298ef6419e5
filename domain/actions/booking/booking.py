"""Selling a slot: hold, confirm, cancel, and give it again to late money."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from domain import due
from domain.actions.booking import history, phone_limits
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
    require_sellable,
    seats_of,
    take_seats,
    write_live_booking,
    write_new,
)
from domain.actions.messages.notices import notice_about
from domain.actions.messages.outbox import send
from domain.actions.payments.refunds import refund_token
from domain.actions.people import consent, phone_requests, profile, told
from domain.actions.people.associations import associate, is_first_booking
from domain.actors import Actor, person_of
from domain.errors import AlreadyBooked, DayClosed, DayFull, NotNow, NotSelling, SlotTaken
from domain.model.clinics import Clinic, ClinicStatus, Doctor
from domain.model.messages import Guard
from domain.model.people import Contact, Patient
from domain.model.queues import (
    LIVE,
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
from domain.timetable import is_within_reach
from domain.work import Work


@dataclass(frozen=True)
class Terms:
    """How a booking is made; the defaults are those of a patient in chat."""

    actor: Actor | None = None
    """The member of staff who books; None: the patient."""
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
    """As it was read: a slot sold since then makes the commit fail as a `Conflict`."""
    number: int
    at: datetime
    limit: int | None
    """Which of the day's online sales; None: none, as for bookings by staff beyond the limit."""


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

    Writes the seat (only if absent, so it is sold once), one of the day's online sales, the token
    and the request for its advance. An earlier unpaid hold of the same patient with the same doctor
    is given up; what was told with it stays. May be repeated: a slot that the patient holds already
    stays the same hold.

    Raises:
        DayClosed: If the doctor sees nobody that day, the line is closed, or the day cannot be
            booked yet.
        DayFull: If all of the day's online sales are made.
        SlotTaken: If the slot is sold, past or not in the timetable.
        AlreadyBooked: If the patient has a live token with that doctor that day, other than a hold.
        TooManyHolds: If an advance is due and the contact holds three unpaid slots, or has taken
            too many (`phone_limits`).
        NotSelling: If the clinic's subscription is suspended.
    """
    if clinic.status is ClinicStatus.SUSPENDED:
        raise NotSelling
    current = live_booking(work, contact.contact_id, patient.patient_id, doctor.doctor_id, day)
    if current is not None and current.status is not TokenStatus.PENDING:
        raise AlreadyBooked(token=current)
    if current is not None and current.number == number:
        return current
    given_up: list[Token] = []
    for old in holds_of(work, contact.contact_id):
        if old.patient_id == patient.patient_id and old.doctor_id == doctor.doctor_id:
            given_up += filter(None, [work.get(Token, old.queue_id, old.token_id)])
            give_up_hold(work, old)
    if not is_within_reach(clinic, day, work.now):
        raise DayClosed
    given_up_ids = {old.token_id for old in given_up}
    phone_limits.check_bookings(work, contact.contact_id, doctor, day, given_up_ids)
    view = read_day(work, clinic, doctor, day)
    slot_at, limit = require_sellable(view, number, work.now)
    offer = SlotOffer(view, number, slot_at, limit)
    token = sell(work, clinic, doctor, contact, patient, offer=offer, terms=IN_CHAT)
    return _keep_words(work, given_up, token)


def _keep_words(work: Work, given_up: Sequence[Token], token: Token) -> Token:
    """Keep with *token* what the patient told with the holds that it replaces."""
    for old in given_up:
        token = told.keep_told(work, token, profile.unseal(work, old.told))
        if old.complaint is not None:
            token = work.put(token.but(complaint=old.complaint))
    return token


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
    token = _new_token(work, queue, contact, patient, offer=offer, terms=terms).but(
        advance_paise=advance, held_until=held_until
    )
    take_seats(work, offer.day, token)
    action = "add" if terms.arrived else "book"
    write_new(work, token, terms.actor or person_of(token), action)
    if terms.actor is None:
        consent.resume_for_booking(work, clinic.clinic_id, contact.contact_id)
    if held_until is None:
        return confirm(work, clinic, doctor, token, terms.actor)
    return ask_advance(work, token, held_until)


def _new_token(
    work: Work, queue: Queue, contact: Contact, patient: Patient, *, offer: SlotOffer, terms: Terms
) -> Token:
    """Return the token of a booking, not written yet and without its advance."""
    return Token(
        queue_id=queue.queue_id,
        token_id=work.ids.new("TKN_"),
        clinic_id=queue.clinic_id,
        doctor_id=queue.doctor_id,
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
        limit_number=offer.limit,
        created_at=work.now,
        updated_at=work.now,
    )


def _source(terms: Terms) -> str:
    if terms.arrived:
        return "WALK_IN"
    return "STAFF" if terms.actor else "BOT"


_MIN_HOLD = timedelta(minutes=2)
"""The shortest hold, however near its slot is: time enough to pay."""


def _hold_end(
    work: Work, clinic: Clinic, contact: Contact, offer: SlotOffer, terms: Terms
) -> datetime:
    """Return until when an unpaid slot is held.

    Raises:
        TooManyHolds: If the contact holds three unpaid slots.
    """
    by_patient = terms.actor is None
    check_holds(work, contact.contact_id, clinic.clinic_id, everywhere=by_patient)
    if by_patient:
        phone_limits.count_hold(work, contact.contact_id)
    minutes = timedelta(minutes=terms.hold_minutes or work.rules.hold_minutes)
    return min(work.now + minutes, max(offer.at, work.now + _MIN_HOLD))


def confirm(
    work: Work, clinic: Clinic, doctor: Doctor, token: Token, actor: Actor | None = None
) -> Token:
    """Make a token's seat final: it joins the line, and doctor and patient are connected.

    *actor* is who confirms, if not the patient. Writes the confirmation to the patient; the waiting
    time in it is computed when it is sent. A walk-in joins the line as arrived: its history has the
    entry `add` in place of `confirm`, and no reminder is scheduled.
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
    _write_confirmation(work, clinic, doctor, token)
    if token.source == "BOT":
        phone_requests.request_number(work, clinic, token.contact_id)
    if not arrived:
        _schedule_reminder(work, token)
    return token


def _write_confirmation(work: Work, clinic: Clinic, doctor: Doctor, token: Token) -> None:
    send(
        work,
        notice_about(
            "booking/confirmed",
            token,
            clinic,
            doctor,
            guard=Guard.BOOKED,
            values={
                "paid": token.paid_paise,
                "balance": token.amount_paise - token.paid_paise,
                "moved": token.replaces is not None,
                "address": clinic.address,
                "new_name": token.payment_id is None and is_first_booking(work, token),
            },
        ),
    )


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
    if is_no_show(work, token):
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


def revive(work: Work, clinic: Clinic, doctor: Doctor, token: Token) -> Token | None:
    """Give an expired token its seat again because its money came late; the token is PENDING then.

    Returns None if the slot is sold, past or withdrawn, if the line is closed, or if the patient
    has another live token with that doctor that day.
    """
    day = date.fromisoformat(token.date)
    view = read_day(work, clinic, doctor, day)
    try:
        _, limit = require_sellable(view, token.number, work.now)
    except (DayClosed, DayFull, SlotTaken):
        return None
    if live_booking(work, token.contact_id, token.patient_id, token.doctor_id, day) is not None:
        return None
    token = token.but(status=TokenStatus.PENDING, limit_number=limit)
    take_seats(work, view, token)
    write_live_booking(work, token)
    return work.put(token)


def is_no_show(work: Work, token: Token) -> bool:
    """Whether a skipped token's line has closed, though the job has not yet marked the token."""
    if token.status is not TokenStatus.SKIPPED:
        return False
    queue = work.get(Queue, token.doctor_id, token.date)
    return queue is not None and queue.status is QueueStatus.CLOSED
