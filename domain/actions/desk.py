"""What the desk does for patients: adding walk-ins, announcing to those who are booked today."""

from __future__ import annotations

from datetime import date

from domain.actions import booking, due, history, seats
from domain.actions.days import keep_queue, place_in, read_day
from domain.actions.messages import send
from domain.actions.moves import Actor
from domain.actions.people import associate, contact_by_phone, new_contact, patient_named
from domain.errors import AlreadyBooked, DayClosed
from domain.model.clinics import Clinic, Doctor
from domain.model.messages import Consent
from domain.model.queues import (
    Locator,
    Queue,
    QueueStatus,
    Seat,
    Token,
    TokenStatus,
    number_text,
)
from domain.timetable import slot_time
from domain.work import Work


def add_walk_in(
    work: Work,
    clinic: Clinic,
    doctor: Doctor,
    queue: Queue,
    actor: Actor,
    phone: str,
    name: str,
) -> Token:
    """Give somebody at the desk the next free slot ahead, else a number after the last.

    They have arrived and pay at the clinic; the daily limit of online sales does not count.

    Raises:
        DayClosed: If the line is closed.
        AlreadyBooked: If the person has a live token with that doctor that day.
    """
    if queue.status is QueueStatus.CLOSED:
        raise DayClosed
    across = work.system("a walk-in's phone may be known already")
    contact = contact_by_phone(across, phone) or new_contact(
        across, phone=phone, wa_user_id=None, profile_name=None, verified=False
    )
    contact, patient = patient_named(across, contact, name)
    day = date.fromisoformat(queue.date)
    live = seats.live_booking(across, contact.contact_id, patient.patient_id, doctor.doctor_id, day)
    if live is not None:
        raise AlreadyBooked(token=live)
    view = read_day(work, clinic, doctor, day)
    queue = keep_queue(work, view.queue if view.queue.version else queue)
    ahead = [
        s
        for s in queue.timetable
        if slot_time(s) > work.now and not view.is_taken(s.number, work.now)
    ]
    number = ahead[0].number if ahead else view.last_number + 1
    at = slot_time(ahead[0]) if ahead else max(queue.planned_end, work.now)
    token = Token(
        queue_id=queue.queue_id,
        token_id=work.ids.new("TKN_"),
        clinic_id=clinic.clinic_id,
        doctor_id=doctor.doctor_id,
        patient_id=patient.patient_id,
        contact_id=contact.contact_id,
        patient_name=patient.name,
        patient_phone=phone,
        status=TokenStatus.ARRIVED,
        number=number,
        token_number=number_text(number),
        date=queue.date,
        estimated_time=at,
        arrived_at=work.now,
        confirmed_at=work.now,
        source="WALK_IN",
        amount_paise=queue.fee_paise,
        place=place_in(queue, number),
        created_at=work.now,
        updated_at=work.now,
    )
    stale = view.seats.get(f"slot#{number:03d}")
    if stale is not None:
        previous = work.get(Token, stale.queue_id, stale.token_id)
        if previous is not None and previous.status is TokenStatus.PENDING:
            seats.expire(work, previous)
    work.put(
        Seat(
            version=stale.version if stale else 0,  # as shown: what was sold since is a conflict
            queue_id=queue.queue_id,
            seat=f"slot#{number:03d}",
            clinic_id=clinic.clinic_id,
            token_id=token.token_id,
        )
    )
    work.put(token)
    work.put(
        Locator(
            id=token.token_id,
            kind="token",
            clinic_id=clinic.clinic_id,
            doctor_id=doctor.doctor_id,
            partition=queue.queue_id,
            sort=token.token_id,
        )
    )
    seats.keep_booking(across, token)
    work.put(seats.waiting_of(token))
    associate(across, clinic, doctor, token)
    history.note(work, token, "add", by=actor.user_id, by_name=actor.name)
    send(
        work,
        name="booking/confirmed",
        contact_id=contact.contact_id,
        clinic=clinic,
        about=token,
        guard="booked",
        values={
            **booking.facts(token, doctor),
            "paid": 0,
            "balance": token.amount_paise,
            "moved": False,
        },
        consent=Consent.TOKEN,
    )
    return token


def announce(work: Work, queue: Queue, doctor: Doctor, actor: Actor, text: str) -> None:
    """Have *text* sent to everybody who holds a live token of this day."""
    history.note_line(work, queue, "announce", by=actor.user_id, by_name=actor.name)
    due.event(work, "announce", queue, text=text, doctor=doctor.name)
