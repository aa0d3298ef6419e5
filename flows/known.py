"""What the ear must know to read a sentence: the clinic's doctors, its day and its clock."""

from __future__ import annotations

from domain.timetable import today
from flows.hearing.doctors import DoctorKnown
from flows.hearing.known import Known
from flows.turn import Turn


def known(turn: Turn) -> Known:
    """Return what the ear must know of the clinic to read a sentence."""
    here = turn.work.now.astimezone(turn.clinic.zone)
    return Known(
        today=today(turn.clinic, turn.work.now),
        minute=here.hour * 60 + here.minute,
        doctors=tuple(DoctorKnown(d.doctor_id, d.name, d.specialization) for d in turn.doctors()),
        countries=tuple(turn.work.rules.phone_countries),
    )
