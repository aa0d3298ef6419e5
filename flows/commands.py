"""What a command of staff says: whose line, which words follow, what the sender saw."""

from __future__ import annotations

from domain.actions.line.preconditions import SeenState
from domain.model.clinics import Doctor, StaffStatus
from domain.names import clean_name
from flows.hearing.meaning import DurationSaid
from flows.hearing.phones import number_and_name
from flows.known import known
from flows.turn import Turn

MOST_MINUTES = 600
"""The longest pause."""


def doctor_meant(turn: Turn) -> Doctor | None:
    """Return the doctor whose line is meant: named by the tap or the words, or one's own."""
    if turn.doctor is None:
        turn.doctor, turn.rest = _find_doctor(turn)
    return turn.doctor


def _find_doctor(turn: Turn) -> tuple[Doctor | None, str]:
    user, rest = turn.staff, turn.meaning.rest
    if turn.choice and turn.choice[0].startswith("doc_"):
        doctor = turn.work.get(Doctor, turn.clinic.clinic_id, turn.choice[0])
        return (doctor if doctor and _is_active(doctor) else None), rest
    own = own_doctor(turn)
    if user.role == "DOCTOR":
        return own, rest
    doctors = [d for d in turn.doctors() if _is_active(d)]
    named, after = turn.ear.leading_doctor(rest, known(turn))
    found = [d for d in doctors if d.doctor_id in (named or turn.meaning.doctor_ids)]
    if len(found) == 1:
        return found[0], after if named else rest
    if own is not None:
        return own, rest
    if len(doctors) == 1:
        return doctors[0], rest
    return None, rest


def own_doctor(turn: Turn) -> Doctor | None:
    """Return the doctor whom the writer is; None if they are none."""
    if turn.staff.doctor_id is None:
        return None
    return turn.work.get(Doctor, turn.clinic.clinic_id, turn.staff.doctor_id)


def _is_active(doctor: Doctor) -> bool:
    return doctor.status is StaffStatus.ACTIVE


def arguments(turn: Turn) -> str:
    """Return what follows the command and the doctor's name."""
    doctor_meant(turn)
    return turn.rest


def keep_with_doctor(turn: Turn, command: str, rest: str = "") -> None:
    """Remember *command*, whose line it is about, and its *rest*, until the sender has answered.

    Doctors mean their own line, so that no name is needed.
    """
    doctor = doctor_meant(turn)
    name = doctor.name if doctor and turn.staff.role != "DOCTOR" else ""
    turn.remember(note=" ".join(filter(None, (command, name, rest))))


def seen_state(turn: Turn) -> SeenState:
    """Return what the sender saw: the token a button names, or when the text was written."""
    if turn.inbound.kind == "tap" and len(turn.choice) > 1:
        return SeenState(button=True, current=turn.choice[1] if turn.choice[1] != "-" else None)
    return SeenState(written_at=turn.inbound.sent_at)


def minutes_and_reason(turn: Turn) -> tuple[int | None, str | None]:
    """Return minutes and reason of "15 lunch", "lunch" or "till 2:30"."""
    duration, reason = length_and_reason(turn)
    return (duration.minutes if duration else None), clean_name(reason)


def minutes_late(turn: Turn) -> tuple[int | None, str]:
    """Return the minutes that were chosen, or follow the command, and the words after them."""
    if len(turn.choice) > 1 and turn.choice[1].isdecimal():
        return int(turn.choice[1]), ""
    duration, rest = _length_said(turn)
    return (duration.minutes if duration else None), rest


def length_and_reason(turn: Turn) -> tuple[DurationSaid | None, str]:
    """Return the length of time behind a command, and what is said beside it.

    The length has no minutes if something looks like one and cannot be read, or is absurd.
    """
    duration, reason = _length_said(turn)
    if duration is not None and not 0 < (duration.minutes or 0) <= MOST_MINUTES:
        return DurationSaid(None), reason
    return duration, reason


def _length_said(turn: Turn) -> tuple[DurationSaid | None, str]:
    here = turn.work.now.astimezone(turn.clinic.zone)
    said = turn.meaning.duration
    duration, reason = turn.ear.length_and_reason(arguments(turn), here.hour * 60 + here.minute)
    return (duration or said), reason


def walk_in(turn: Turn) -> tuple[str | None, str] | None:
    """Return phone (E.164) and name of a walk-in, in either order; without a phone, the name alone.

    None if the name is missing, two numbers are there, or anything that is neither.
    """
    said = arguments(turn)
    if not any(map(str.isdecimal, said)):
        name = turn.ear.bare_name(said)
        return (None, name) if name else None
    if turn.ear.count_phones(said, known(turn)) > 1:
        return None  # whose is which?
    found = number_and_name(said, turn.work.rules.phone_countries)
    person = turn.ear.name(found[1] or "", known(turn)) if found else None
    return (found[0], person.name) if found and person and person.name else None
