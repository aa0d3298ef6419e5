"""Book a follow-up of a visit."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

from domain.actions.booking import desk
from domain.actions.booking.days import require_doctor
from domain.actions.visits import visits
from domain.actors import Actor
from domain.model.queues import Token
from domain.model.visits import Visit
from domain.timetable import hours, today
from domain.work import Work


def book_follow_up(
    work: Work,
    visit: Visit,
    actor: Actor,
    day: date,
    at: time | None,
    *,
    pays_at_clinic: bool,
) -> Token:
    """Book the patient of *visit* again with the same doctor, as the desk does.

    *day* and *at* are in the clinic's zone; without *at* the day's first free slot is booked,
    in the part of the day that the patient prefers if one is free there. The visit keeps the id of
    the booking.

    Raises:
        Invalid, DayClosed, DayFull, AlreadyBooked, TooManyHolds: As `desk.book_for_patient`.
    """
    clinic, doctor = require_doctor(work, visit.clinic_id, visit.doctor_id)
    contact, patient = desk.identify_person(work, visit.clinic_id, visit.patient_id, None, None)
    begin = hours(clinic, doctor, day)[0]
    if at is not None:
        begin = datetime.combine(day, at, clinic.zone).astimezone(UTC)
    elif day == today(clinic, work.now):
        begin = max(begin, work.now)
    wanted = desk.BookingRequest(
        preferred=begin,
        any_time=at is None,
        pays_at_clinic=pays_at_clinic,
        consultation_type="FOLLOW_UP",
    )
    token = desk.book_for_patient(work, clinic, doctor, actor, contact, patient, wanted)
    visits.link_follow_up(work, visit, token)
    return token
