"""What a command of staff says: whose line, which words follow, what the sender saw."""

from __future__ import annotations

import re

from domain.actions.line.preconditions import SeenState
from domain.model.clinics import Doctor, StaffStatus
from domain.names import clean_name
from domain.phones import normalise
from flows.hearing.text import fold, number_in
from flows.turn import Turn

MOST_MINUTES = 600
"""The longest pause."""
FILLERS = {
    "please", "pls", "plz", "now", "ji", "sir", "madam", "patient", "token", "the", "one", "it",
    "queue", "line", "day", "today", "कृपया", "जी", "अब", "मरीज़", "टोकन", "लाइन",
}  # fmt: skip
"""Words that may follow a command without changing what it says."""


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
    own = None
    if user.doctor_id:
        own = turn.work.get(Doctor, turn.clinic.clinic_id, user.doctor_id)
    if user.role == "DOCTOR":
        return own, rest
    doctors = [d for d in turn.doctors() if _is_active(d)]
    words = rest.split()
    for size in range(min(3, len(words)), 0, -1):
        part = fold(" ".join(words[:size]))
        found = [d for d in doctors if part and f" {part}" in f" {fold(d.name)}"]
        if len(found) == 1:
            return found[0], " ".join(words[size:])
    if own is not None:
        return own, rest
    if len(doctors) == 1:
        return doctors[0], rest
    return None, rest


def _is_active(doctor: Doctor) -> bool:
    return doctor.status is StaffStatus.ACTIVE


def arguments(turn: Turn) -> str:
    """Return what follows the command and the doctor's name."""
    doctor_meant(turn)
    return turn.rest


def seen_state(turn: Turn) -> SeenState:
    """Return what the sender saw: the token a button names, or when the text was written."""
    if turn.inbound.kind == "tap" and len(turn.choice) > 1:
        return SeenState(button=True, current=turn.choice[1] if turn.choice[1] != "-" else None)
    return SeenState(written_at=turn.inbound.sent_at)


def minutes_and_reason(text: str) -> tuple[int | None, str | None]:
    """Return minutes and reason of "15 lunch", "lunch" or "15 min"."""
    match = re.match(
        r"\s*(\d{1,3})\s*(?:minutes|minute|mins|min|m|मिनट)?\b\s*(.*)", text, re.DOTALL
    )
    if match and (number := number_in(match[1])) is not None:
        return min(number, MOST_MINUTES) or None, clean_name(match[2].strip(_AROUND))
    return None, clean_name(text.strip(_AROUND))


_AROUND = " \t\n.,:;-–—()"
"""What people write between the minutes and the reason."""


def walk_in(turn: Turn) -> tuple[str, str] | None:
    """Return phone and name of "9876543210 Ravi Kumar", or None if either is missing or wrong."""
    match = re.match(r"\s*(\+?[\d\s().-]{8,17}\d)\s+(\D.*)", arguments(turn), re.DOTALL)
    if match is None:
        return None
    phone = normalise(match[1], turn.work.rules.phone_countries)
    name = clean_name(match[2])
    return (phone, name) if phone and name else None
