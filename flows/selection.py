"""What a patient has chosen so far: doctor, day, slot, person."""

from __future__ import annotations

import re
from datetime import date, datetime

from domain.actions.booking import complaints
from domain.actions.booking.days import Day, read_day
from domain.actions.people import told
from domain.actions.people.identify import find_or_add_patient, own_patient, patients_of
from domain.errors import NotFound
from domain.model.clinics import Doctor, StaffStatus
from domain.model.messages import Option
from domain.model.people import Patient
from domain.model.queues import Slot, Token
from domain.names import clean_name, is_same_name
from domain.timetable import open_days, slot_time
from flows.hearing.meaning import TimeSaid
from flows.hearing.text import fold
from flows.my_bookings import chosen_token
from flows.turn import Turn
from flows.wish import HALF_DAY, patient_wished, person_named, profile_of, wish_of

NUMBER = re.compile(r"(?:token )?#(\d{1,3})")
SLOT_STATES = frozenset({"slot", "proposed"})
"""States in which a time alone chooses a slot of the day shown."""
DAYS_A_PAGE = 9
"""A WhatsApp list has ten rows."""


def chosen_doctor(turn: Turn) -> Doctor | None:
    """Return the doctor named by the choice, or else the one spoken about; None if they left."""
    if turn.doctor is None:
        doctor_id = turn.conversation.doctor_id
        if turn.choice and turn.choice[0].startswith("doc_"):
            doctor_id = turn.choice[0]
        token = chosen_token(turn)
        if token is not None:
            doctor_id = token.doctor_id
        if doctor_id is not None:
            turn.doctor = turn.work.get(Doctor, turn.clinic.clinic_id, doctor_id)
    doctor = turn.doctor
    return doctor if doctor and doctor.status is StaffStatus.ACTIVE else None


def slot_typed(turn: Turn) -> str | None:
    """Return the choice of the slot whose time or number is the whole text, of the day shown.

    A time that names no half of the day may be either.
    """
    if turn.state not in SLOT_STATES:
        return None
    numbered = NUMBER.fullmatch(fold(turn.inbound.text))
    if numbered is not None and (option := slot_numbered(turn, int(numbered[1]))) is not None:
        return option
    return slot_at(turn, turn.ear.whole_time(turn.inbound.text))


def slot_at(turn: Turn, said: TimeSaid | None) -> str | None:
    """Return the choice of the slot at the time *said*, of the day being shown; None if none is."""
    day, doctor = date_in(turn.conversation.date or ""), chosen_doctor(turn)
    if doctor is None or day is None or said is None or said.bound != "at":
        return None
    for slot in _read_day(turn, doctor, day).queue.timetable:
        if _is_at(slot_time(slot).astimezone(turn.clinic.zone), said):
            return slot_option(doctor, day, slot).id
    return None


def slot_numbered(turn: Turn, number: int) -> str | None:
    """Return the choice of the slot with token *number* on the day being shown; None if none has it."""
    day, doctor = date_in(turn.conversation.date or ""), chosen_doctor(turn)
    if doctor is None or day is None:
        return None
    slots = _read_day(turn, doctor, day).queue.timetable
    return next((slot_option(doctor, day, s).id for s in slots if s.number == number), None)


def _is_at(at: datetime, said: TimeSaid) -> bool:
    """Return whether *at*, by the clinic's clock, is the time that was said."""
    minute = at.hour * 60 + at.minute
    return minute == said.minute or (said.either_half and minute - HALF_DAY == said.minute)


def free_slots(turn: Turn) -> list[Slot]:
    """Return the chosen doctor's free slots on the turn's day."""
    doctor = chosen_doctor(turn)
    if doctor is None or turn.day is None:
        return []
    return _read_day(turn, doctor, turn.day).free(turn.work.now)


def bookable_days(turn: Turn) -> list[tuple[date, int]]:
    """Return the chosen doctor's days that have a free slot, with how many, soonest first."""
    doctor = chosen_doctor(turn)
    if doctor is None:
        return []
    found: list[tuple[date, int]] = []
    for day in open_days(turn.clinic, doctor, turn.work.now):
        left = len(_read_day(turn, doctor, day).free(turn.work.now))
        if left:
            found.append((day, left))
        if len(found) == DAYS_A_PAGE:
            break
    return found


def _read_day(turn: Turn, doctor: Doctor, day: date) -> Day:
    """Read a doctor's day, with what is taken of it."""
    return read_day(turn.work, turn.clinic, doctor, day)


def chosen_slot(turn: Turn) -> tuple[Doctor, date, int]:
    """Return doctor, day and number of the slot chosen.

    Raises:
        NotFound: If the choice does not name one.
    """
    doctor, day, number = chosen_doctor(turn), slot_day(turn), slot_number(turn)
    if doctor is None or day is None or number is None:
        raise NotFound
    return doctor, day, number


def slot_day(turn: Turn) -> date | None:
    """Return the day of the slot chosen now, or before the person was named."""
    parts = _slot_parts(turn)
    return date_in(parts[1]) if len(parts) > 1 else None


def slot_number(turn: Turn) -> int | None:
    """Return the number of the slot chosen now, or before the person was named."""
    match _slot_parts(turn):
        case [_, _, number, *_] if number.isdecimal():
            return int(number)
    return None


def _slot_parts(turn: Turn) -> list[str]:
    """Return doctor, day and number of the slot chosen now, or before the person was named."""
    if turn.choice and turn.choice[0].startswith("doc_"):
        return turn.choice
    return (turn.conversation.note or "").split(":")


def doctor_and_day(turn: Turn) -> tuple[Doctor, date]:
    """Return the doctor and the day spoken about.

    Raises:
        NotFound: If there is none.
    """
    doctor = chosen_doctor(turn)
    if doctor is None or turn.day is None:
        raise NotFound
    return doctor, turn.day


def person_for(turn: Turn) -> Patient:
    """Return the patient a booking is for, added under their WhatsApp name if none is known."""
    known = patients_of(turn.work, turn.contact, turn.clinic.clinic_id)
    chosen = next((p for p in known if p.patient_id == turn.conversation.patient_id), None)
    wished, named = patient_wished(turn), person_named(turn)
    patient = chosen or wished or (known[0] if named is None and known else None)
    clinic_id = turn.clinic.clinic_id
    if patient is None:
        name = named.name if named is not None else profile_name(turn)
        turn.contact, patient = find_or_add_patient(turn.work, turn.contact, name or "", clinic_id)
        return patient
    turn.contact, own = own_patient(turn.work, turn.contact, patient, clinic_id)
    if patient is chosen and own is not patient:
        turn.remember(patient_id=own.patient_id)
    return own


def keep_said(turn: Turn, token: Token, patient: Patient) -> Token:
    """Keep with a booking what was said of its patient beside the name, and what it is for."""
    named, wished, complaint = person_named(turn), patient_wished(turn), wish_of(turn).complaint
    if named is not None and (wished == patient or is_same_name(named.name or "", patient.name)):
        token = told.keep_told(turn.work, token, profile_of(turn, named))
    if complaint is not None:
        token = complaints.note_complaint(turn.work, token, turn.work.seal.open(complaint))
    return token


def patient_meant(turn: Turn) -> str | None:
    """Return the patient (patientId) a time is chosen for; None while that is not known."""
    wished = patient_wished(turn)
    if wished is not None:
        return wished.patient_id
    known = [p.patient_id for p in patients_of(turn.work, turn.contact, turn.clinic.clinic_id)]
    if turn.conversation.patient_id in known:
        return turn.conversation.patient_id
    return known[0] if len(known) == 1 else None


def profile_name(turn: Turn) -> str | None:
    """Return the person's WhatsApp name, if it can be a name."""
    return clean_name(turn.inbound.profile_name or turn.contact.profile_name or "")


def date_in(text: str) -> date | None:
    """Return the date that *text* is, or None."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def slot_option(doctor: Doctor, day: date, slot: Slot) -> Option:
    """Return the choice of a slot."""
    return Option(
        id=f"slot:{doctor.doctor_id}:{day.isoformat()}:{slot.number}",
        label="slot_row",
        values={"at": slot_time(slot).isoformat(), "number": slot.number},
    )
