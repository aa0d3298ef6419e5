"""What staff look up: all lines at a glance, and where a patient is booked."""

from __future__ import annotations

from domain.actions.booking.queues import current_queue
from domain.actions.booking.tokens import count_tokens, doctors_of, tokens_of_day
from domain.actions.line import lookup
from domain.actions.line.presence import presence_of
from domain.actions.payments import ledger
from domain.model.clinics import Doctor
from domain.model.queues import WAITING, TokenStatus
from domain.timetable import today
from flows.hearing.desk import FIND, TODAY
from flows.table import ANYWHERE, Row
from flows.turn import Say, Turn, says

MOST_LINES = 12
MOST_SHOWN = 8


def nobody_named(turn: Turn) -> bool:
    """Whether `find` says neither a name nor a number."""
    return not turn.meaning.rest.strip()


# fmt: off
ROWS = (
    #   on     at         when          do    say                    then
    Row(TODAY, ANYWHERE,  None,         None, "reception/today",     "idle"),
    Row(FIND,  ANYWHERE,  nobody_named, None, "reception/find_whom", "idle"),
    Row(FIND,  ANYWHERE,  None,         None, "reception/found",     "idle"),
)
# fmt: on


@says("reception/today")
def _today(turn: Turn) -> Say:
    """Say how each line stands; to an admin also what the desk took."""
    doctors = _doctors(turn)
    values: dict[str, object] = {
        "lines": [_line(turn, d) for d in doctors[:MOST_LINES]],
        "more": max(0, len(doctors) - MOST_LINES),
        "money": None,
    }
    if turn.staff.role == "ADMIN":
        day = today(turn.clinic, turn.work.now)
        money = ledger.statement_of(turn.work, turn.clinic, day)
        values["money"] = {
            "collected": money.collected,
            "cash": money.cash,
            "upi": money.upi,
            "due": money.due,
        }
    return Say(values=values)


@says("reception/find_whom")
def _find_whom(_turn: Turn) -> Say:
    return Say()


@says("reception/found")
def _found(turn: Turn) -> Say:
    asked = turn.meaning.rest.strip()
    found = lookup.find(turn.work, turn.clinic, _doctors(turn), asked)
    tokens = found.tokens[:MOST_SHOWN]
    turn.show(*tokens)
    turn.shown.update({p.patient_id: None for p in found.patients})
    doctors = doctors_of(turn.work, tokens)
    day = today(turn.clinic, turn.work.now).isoformat()
    booked = {t.patient_id for t in found.tokens}
    others = [p for p in found.patients if p.patient_id not in booked]
    return Say(
        values={
            "asked": asked,
            "tokens": [
                {
                    "number": t.number,
                    "person": t.patient_name,
                    "doctor": doctors[t.doctor_id].name if t.doctor_id in doctors else "",
                    "at": t.estimated_time.isoformat(),
                    "on": None if t.date == day else t.date,
                    "state": t.status.value,
                    "phone": t.patient_phone,
                }
                for t in tokens
            ],
            "more": len(found.tokens) - len(tokens),
            "people": [
                {
                    "person": p.name,
                    "phone": p.phone,
                    "last": p.last_visit.isoformat() if p.last_visit else None,
                }
                for p in others[:MOST_SHOWN]
            ],
        },
        keeps_question=True,
    )


def _doctors(turn: Turn) -> list[Doctor]:
    """Return the doctors whose lines the writer sees: all, or one's own."""
    return lookup.doctors_in_scope(turn.work, turn.doctors())


def _line(turn: Turn, doctor: Doctor) -> dict[str, object]:
    queue = current_queue(turn.work, turn.clinic, doctor)
    tokens = tokens_of_day(turn.work, queue)
    counts = count_tokens(tokens)
    waiting = [t for t in tokens if t.status in WAITING]
    return {
        "name": doctor.name,
        "line": queue.status.value,
        "serving": queue.current_number,
        "waiting": len(waiting),
        "arrived": sum(t.status is TokenStatus.ARRIVED for t in waiting),
        "seen": counts.completed,
        "behind": presence_of(turn.work, turn.clinic, doctor).minutes_late,
        "begins": queue.planned_start.isoformat(),
    }
