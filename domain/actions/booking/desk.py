"""What the desk does for patients: adds walk-ins, books and cancels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from domain.actions.booking import booking, seats
from domain.actions.booking.days import Day, read_day
from domain.actions.booking.queues import current_queue
from domain.actions.booking.tokens import state_of, tokens_of_day
from domain.actions.messages.notices import notice_about
from domain.actions.messages.outbox import send
from domain.actions.people import patients
from domain.actions.people.identify import add_without_phone, identify
from domain.actions.people.preferences import preferred_part
from domain.actors import SILENT, Actor, Remark
from domain.errors import (
    AlreadyBooked,
    DayClosed,
    DayFull,
    Invalid,
    NotAllowed,
    NotFound,
    NotNow,
)
from domain.line_context import LineContext
from domain.model.clinics import Clinic, ClinicStatus, Doctor
from domain.model.messages import Guard
from domain.model.people import Contact, Patient, has_address
from domain.model.queues import LIVE, Queue, QueueStatus, Token, TokenStatus
from domain.names import clean_name, is_same_name
from domain.phones import normalise
from domain.plans import Suspended
from domain.timetable import hours, numbers_in_part, slot_time, today
from domain.work import Work


def add_walk_in(line: LineContext, actor: Actor, phone: str | None, name: str) -> Token:
    """Add a walk-in by *phone* (E.164) and *name*; see `seat_walk_in`.

    Without a phone it is a new patient, to whom nothing is ever sent. Two of the same name in one
    line could not be told apart, so the second is refused.

    Raises:
        DayClosed: If the line is closed.
        AlreadyBooked: If the person has a live token with that doctor that day.
    """
    across = line.work.system("a walk-in's phone may be known already")
    if phone is not None:
        return seat_walk_in(line, actor, *identify(across, line.clinic.clinic_id, phone, name))
    for token in tokens_of_day(line.work, line.queue):
        unknown = not has_address(token.contact_id) and is_same_name(token.patient_name, name)
        if unknown and token.status in LIVE:
            raise AlreadyBooked(token=token)
    return seat_walk_in(line, actor, *add_without_phone(across, line.clinic.clinic_id, name))


def seat_walk_in(line: LineContext, actor: Actor, contact: Contact, patient: Patient) -> Token:
    """Give a walk-in the next free slot ahead, else a number after the last.

    The patient has arrived and pays at the clinic; the daily limit of online sales does not count.

    Raises:
        DayClosed: If the line is closed.
        AlreadyBooked: If the patient has a live token with that doctor that day.
    """
    clinic, doctor = line.clinic, line.doctor
    if line.queue.status is QueueStatus.CLOSED:
        raise DayClosed
    across = line.work.system("what a clinic sells is not shown to its staff")
    _require_no_booking(across, contact, patient, doctor, line.day)
    view = read_day(across, clinic, doctor, line.day)
    offer = _next_offer(view, BookingRequest(), line.now, frozenset(), owes=False)
    terms = booking.Terms(actor=actor, pays_at_clinic=True, arrived=True)
    return booking.sell(across, clinic, doctor, contact, patient, offer=offer, terms=terms)


@dataclass(frozen=True)
class BookingRequest:
    """What staff ask for when they book for a patient."""

    preferred: datetime | None = None
    """The slot at this instant, or the next free one after it; None: the next free one today."""
    any_time: bool = False
    """Whether `preferred` names only a day, from when on any time will do."""
    amount_paise: int | None = None
    """The whole fee; None: the day's."""
    may_set_amount: bool = False
    """Whether the caller may ask for another fee than the day's."""
    pays_at_clinic: bool = False
    consultation_type: str = "GENERAL"

    @property
    def names_time(self) -> bool:
        """Whether a time was asked for, before which what the patient prefers does not count."""
        return self.preferred is not None and not self.any_time


def identify_person(
    work: Work, clinic_id: str, patient_id: str | None, phone: str | None, name: str | None
) -> tuple[Contact, Patient]:
    """Return contact and patient to book for: a patient by id, else a person by phone and name.

    A person who is not known yet is recorded.

    Raises:
        NotFound: If the caller has no such patient.
        Invalid: If the phone is not that patient's, or phone or name is missing or cannot be one.
    """
    number = normalise(phone, work.rules.phone_countries) if phone else None
    if phone and number is None:
        raise Invalid("patientPhone", "This is not a phone number of a country that is accepted.")
    if patient_id is not None:
        known = patients.find_patient(work, patient_id)
        if number is not None and number != known.phone:
            raise Invalid("patientPhone", "Is not the number of that patient.")
        across = work.system("whom a patient of the clinic is reached through")
        patient = across.get(Patient, patient_id)
        contact = across.get(Contact, patient.contact_id) if patient else None
        if patient is None or contact is None:
            raise NotFound
        return contact, patient.but(name=known.name)
    if number is None:
        raise Invalid("patientPhone", "Is needed, unless there is a patientId.")
    cleaned = clean_name(name) if name else None
    if cleaned is None:
        raise Invalid("patientName", "Is needed, unless there is a patientId.")
    return identify(work, clinic_id, number, cleaned)


def book_for_patient(
    work: Work,
    clinic: Clinic,
    doctor: Doctor,
    actor: Actor,
    contact: Contact,
    patient: Patient,
    request: BookingRequest,
) -> Token:
    """Book for a patient, beyond the daily limit if need be.

    If an advance is due, the slot is held for an hour at most and the payment link is sent to the
    patient. Otherwise the booking is confirmed at once, and gets a number after the last if no
    slot is left today and no time was asked for. Without a time, free slots in the part of the day
    that the patient prefers at this doctor's come first.

    Raises:
        Invalid: If the time is past or too far ahead, or the amount does not cover the advance.
        NotAllowed: If the caller may not ask for that amount.
        DayClosed, DayFull: If the doctor sees nobody then, or no slot is left.
        AlreadyBooked: If the patient has a live token that day, or an unpaid one with the doctor.
        TooManyHolds: If the contact holds three unpaid slots at this clinic.
        Suspended: If an advance is due while the clinic's subscription is suspended.
    """
    across = work.system("staff book for somebody whom other clinics may know")
    day = _requested_day(work, clinic, doctor, request.preferred)
    _require_no_booking(across, contact, patient, doctor, day)
    view = read_day(across, clinic, doctor, day)
    if not view.open:
        raise DayClosed
    owes = view.queue.advance_paise > 0 and not request.pays_at_clinic
    amount = _requested_amount(view.queue, request, owes=owes)
    if owes:
        _require_online_payment(clinic)
        _require_no_hold(across, contact, patient, doctor)
    part = None
    if not request.names_time:
        part = preferred_part(work, doctor.doctor_id, patient.patient_id)
    preferred = numbers_in_part(clinic, day, view.queue.timetable, part)
    offer = _next_offer(view, request, work.now, preferred, owes=owes)
    terms = booking.Terms(
        actor=actor,
        hold_minutes=work.rules.staff_hold_minutes,
        amount_paise=amount,
        pays_at_clinic=request.pays_at_clinic,
        consultation_type=request.consultation_type,
    )
    token = booking.sell(across, clinic, doctor, contact, patient, offer=offer, terms=terms)
    if token.payment_id is not None and token.held_until is not None:
        _send_link(across, clinic, doctor, token, token.payment_id, token.held_until)
    return token


def _requested_amount(queue: Queue, request: BookingRequest, *, owes: bool) -> int:
    """Return the whole fee in paise.

    Raises:
        NotAllowed: If it is not the day's, and who books may not change it.
        Invalid: If an advance is due that it does not cover.
    """
    amount = queue.fee_paise if request.amount_paise is None else request.amount_paise
    if amount != queue.fee_paise and not request.may_set_amount:
        raise NotAllowed("Only an admin can ask for another amount than the fee.", field="amount")
    if owes and amount < queue.advance_paise:
        raise Invalid("amount", "Is less than the advance.")
    return amount


def _require_online_payment(clinic: Clinic) -> None:
    """Raise `Suspended` if the clinic may take no advance because its bill is unpaid."""
    if clinic.status is ClinicStatus.SUSPENDED:
        raise Suspended(
            "The clinic's subscription is suspended: until its bill is paid no advance can be "
            "paid online. Book to be paid at the clinic (payAtClinic)."
        )


def _send_link(
    work: Work,
    clinic: Clinic,
    doctor: Doctor,
    token: Token,
    payment_id: str,
    held_until: datetime,
) -> None:
    """Send the patient the link by which the advance is paid."""
    notice = notice_about(
        "booking/pay",
        token,
        clinic,
        doctor,
        guard=Guard.UNPAID,
        values={
            "today": token.date == today(clinic, work.now).isoformat(),
            "advance": token.advance_paise,
            "fee": token.amount_paise,
            "until": held_until.isoformat(),
        },
    )
    url = work.rules.pay_url(payment_id)
    send(work, replace(notice, url=url, payment_id=payment_id, helps_until=held_until))


def _requested_day(work: Work, clinic: Clinic, doctor: Doctor, preferred: datetime | None) -> date:
    if preferred is None:
        return date.fromisoformat(current_queue(work, clinic, doctor).date)
    if preferred < work.now:
        raise Invalid("preferredTime", "Is in the past.")
    day = preferred.astimezone(clinic.zone).date()
    if day > today(clinic, work.now) + timedelta(days=clinic.booking_days):
        raise Invalid("preferredTime", f"Is more than {clinic.booking_days} days ahead.")
    night = day - timedelta(days=1)
    # Hours that reach past midnight belong to the day they begin on.
    return night if preferred < hours(clinic, doctor, night)[1] else day


def _require_no_booking(
    work: Work, contact: Contact, patient: Patient, doctor: Doctor, day: date
) -> None:
    live = seats.live_booking(work, contact.contact_id, patient.patient_id, doctor.doctor_id, day)
    if live is not None:
        raise AlreadyBooked(token=live)


def _require_no_hold(work: Work, contact: Contact, patient: Patient, doctor: Doctor) -> None:
    for held in seats.holds_of(work, contact.contact_id):
        same = held.patient_id == patient.patient_id and held.doctor_id == doctor.doctor_id
        if same and held.held_until > work.now:
            raise AlreadyBooked(token=work.require(Token, held.queue_id, held.token_id))


def _next_offer(
    view: Day, request: BookingRequest, now: datetime, preferred: frozenset[int], *, owes: bool
) -> booking.SlotOffer:
    """Return the first free slot ahead that *request* allows, else a number after the last.

    Slots with *preferred* numbers come first.

    A booking that *owes* an advance takes one of the online sales; no other does.

    Raises:
        DayFull: If no slot is left, and one is needed: for an advance, or at a time asked for.
    """
    after = request.preferred or now
    for slot in sorted(view.queue.timetable, key=lambda s: s.number not in preferred):
        at = slot_time(slot)
        if at >= after and at > now and not view.is_taken(slot.number, now):
            limit = view.free_limit(slot.number, now) if owes else None
            return booking.SlotOffer(view, slot.number, at, limit)
    if owes or request.preferred is not None:
        raise DayFull
    return booking.SlotOffer(view, view.last_number + 1, max(view.queue.planned_end, now), None)


def cancel_for_patient(
    work: Work, clinic: Clinic, doctor: Doctor, token: Token, actor: Actor, remark: Remark = SILENT
) -> Token:
    """Cancel a booking for the clinic, refund what was paid online, and tell the patient.

    Raises:
        NotNow: If the token is being served or over, or its day is closed.
    """
    queue = work.get(Queue, token.doctor_id, token.date)
    state = state_of(token, queue, work.now)
    if state not in LIVE or state is TokenStatus.CURRENT:
        raise NotNow(f"The token is {state.value}.", state=state)
    ended = booking.cancel(
        work,
        token,
        by=actor.user_id,
        by_name=actor.name,
        reason=remark.reason or "CLINIC_REQUEST",
        notes=remark.notes,
    )
    paid = {"paid": token.paid_paise}
    send(work, notice_about("news/cancelled", ended, clinic, doctor, values=paid))
    return ended
