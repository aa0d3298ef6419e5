"""The lists a patient chooses from: doctors, days, slots, people."""

from __future__ import annotations

from datetime import date

from domain.actions.booking.days import read_day
from domain.actions.people.identify import patients_of
from domain.actions.people.preferences import preferred_part
from domain.model.clinics import Doctor
from domain.model.messages import Option
from domain.model.queues import Slot
from domain.timetable import numbers_in_part, today
from flows.selection import DAYS_A_PAGE, bookable_days, patient_meant, slot_number, slot_option
from flows.turn import Turn
from flows.wish import numbers_wished

SLOTS_A_PAGE = 8
DOCTORS_A_PAGE = 9
PEOPLE_LISTED = 9
"""A WhatsApp list has ten rows; the last ones lead on."""


def doctor_options(turn: Turn, doctors: list[Doctor]) -> list[Option]:
    """Return a page of *doctors*: the first, or the one asked for."""
    page = 0
    if turn.meaning.trigger == "docs" and turn.choice and turn.choice[0].isdecimal():
        page = int(turn.choice[0]) if int(turn.choice[0]) * DOCTORS_A_PAGE < len(doctors) else 0
    shown = doctors[page * DOCTORS_A_PAGE :][:DOCTORS_A_PAGE]
    options = [
        Option(
            id=f"doc:{d.doctor_id}",
            label="doctor_row",
            values={"name": d.name, "specialization": d.specialization},
        )
        for d in shown
    ]
    if len(doctors) > (page + 1) * DOCTORS_A_PAGE:
        options.append(Option(id=f"docs:{page + 1}", label="more_row"))
    return options


def slot_options(turn: Turn, doctor: Doctor, day: date) -> list[Option]:
    """Return a page of *day*'s free slots, then the choice of another day.

    The part of the day that was asked for, or that the patient prefers at this doctor's, comes
    first, then all others; each in the order of time.
    """
    view = read_day(turn.work, turn.clinic, doctor, day)
    patient_id = patient_meant(turn)
    part = preferred_part(turn.work, doctor.doctor_id, patient_id) if patient_id else None
    preferred = numbers_wished(turn, day, view.queue.timetable) or numbers_in_part(
        turn.clinic, day, view.queue.timetable, part
    )
    free = sorted(view.free(turn.work.now), key=lambda s: s.number not in preferred)
    start = _slot_page(turn, free, preferred) * SLOTS_A_PAGE
    if start >= len(free):
        start = 0
    shown, rest = free[start : start + SLOTS_A_PAGE], free[start + SLOTS_A_PAGE :]
    where = f"{doctor.doctor_id}:{day.isoformat()}"
    options = [slot_option(doctor, day, s) for s in shown]
    if rest:
        more = Option(id=f"day:{where}:{start // SLOTS_A_PAGE + 1}", label="more_row")
        if any(s.at < shown[-1].at for s in rest):
            more = Option(id=more.id, label="more_times_row")  # not all of them are later times
        options.append(more)
    return [*options, Option(id=f"days:{doctor.doctor_id}", label="days_row")]


def _slot_page(turn: Turn, free: list[Slot], preferred: frozenset[int]) -> int:
    """Return which page of *free* to show: the one asked for, or that of a slot that was taken."""
    number = slot_number(turn)
    if number is None:
        return 0
    if turn.meaning.trigger == "day":
        return number  # a choice of a day may name the page where a slot's has its number
    taken = (number not in preferred, number)
    return sum((s.number not in preferred, s.number) < taken for s in free) // SLOTS_A_PAGE


def day_options(turn: Turn, doctor: Doctor | None) -> list[Option]:
    """Return the days with a free slot, each with how many it has; last night is one of them."""
    present = today(turn.clinic, turn.work.now)
    return [
        Option(
            id=f"day:{doctor.doctor_id if doctor else ''}:{d.isoformat()}",
            label="day_row",
            values={"day": d.isoformat(), "left": left, "night": d < present},
        )
        for d, left in bookable_days(turn)[:DAYS_A_PAGE]
    ]


def person_options(turn: Turn) -> list[Option]:
    """Return the people the contact writes for, then the choice of somebody else."""
    known = patients_of(turn.work, turn.contact, turn.clinic.clinic_id)[:PEOPLE_LISTED]
    options = [
        Option(id=f"for:{p.patient_id}", label="person_row", values={"name": p.name}) for p in known
    ]
    return [*options, Option(id="new", label="someone_else_row")]
