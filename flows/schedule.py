"""Days off and working hours from WhatsApp: by doctors for themselves, by admins who name one.

What would take somebody's time says first whose, and is made by a yes to that very list.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from typing import Any

from domain.actions.clinics import doctors, working_hours
from domain.actions.line import affected
from domain.actions.line.affected import Affected
from domain.errors import Invalid
from domain.model.clinics import Doctor
from domain.model.messages import Option
from domain.timetable import WEEKDAYS, today
from flows.commands import arguments, doctor_meant, keep_with_doctor
from flows.hearing.hours import HoursSaid, SessionSaid, read_hours
from flows.hearing.leave import read_days_off
from flows.line import keep_command, nobody_named
from flows.table import ANYWHERE, Row
from flows.turn import Say, Turn, says
from flows.week import week_lines

MOST_NAMED = 5
"""How many of those affected a question names."""
MOST_TAKEN_BACK = 7
"""How many days a button can name."""
A_FEW = 3
"""Fewer days than these, beside others that the doctor works, change alone: "hours sat 10-12"."""
CONFIRMED = {"off_yes": "off", "hours_yes": "hours"}


@dataclass(frozen=True)
class Wanted:
    """A change of a doctor's plan, as it was understood."""

    doctor: Doctor
    changes: dict[str, Any]
    words: str
    """The same in words that are surely read again, once it is confirmed."""
    days: tuple[date, ...] = ()
    """The days off, if it is about those."""


def only_asked(turn: Turn) -> bool:
    """Whether nothing follows the command, or a question: then it only asks what stands."""
    is_text = turn.inbound.kind == "text"
    asks = is_text and turn.meaning.trigger not in CONFIRMED and "?" in turn.inbound.text
    return not nobody_named(turn) and (asks or not arguments(turn).strip(" .!,"))


def unclear(turn: Turn) -> bool:
    """Whether what follows the command cannot be read, or cannot be."""
    return _wanted(turn) is None


def moves_somebody(turn: Turn) -> bool:
    """Whether people would lose their time to whom nobody has said yes."""
    wanted = _wanted(turn)
    if wanted is None:
        return False
    found = _affected(turn, wanted)
    is_confirmed = turn.meaning.trigger in CONFIRMED and turn.choice == [_mark(found)]
    return bool(found) and not is_confirmed


def keep_change(turn: Turn) -> None:
    """Remember the change that is asked about."""
    wanted = _wanted(turn)
    if wanted is not None:
        keep_with_doctor(turn, f"{_kind(turn)}_yes", wanted.words)


def make_change(turn: Turn) -> None:
    """Make the change; those who lose their time are told."""
    wanted = _wanted(turn)
    if wanted is None:
        raise LookupError("A change is made that no condition has read.")
    turn.values = {"moved": len(_affected(turn, wanted))}
    changed = doctors.change_doctor(
        turn.work,
        turn.clinic.clinic_id,
        wanted.doctor.doctor_id,
        wanted.changes,
        by=turn.staff,
        confirm=True,
    )
    turn.values["days"] = [day.isoformat() for day in wanted.days]
    turn.doctor = changed.doctor


def take_back(turn: Turn) -> None:
    """Take days off back that moved nobody."""
    doctor = _the_doctor(turn)
    named = turn.choice[1].split(",") if len(turn.choice) > 1 else []
    left = tuple(day for day in doctor.days_off if day.isoformat() not in named)
    changed = doctors.change_doctor(
        turn.work, turn.clinic.clinic_id, doctor.doctor_id, {"days_off": left}, by=turn.staff
    )
    turn.doctor = changed.doctor


# fmt: off
ROWS = (
    *(row for kind in ("off", "hours") for on in (kind, f"{kind}_yes") for row in (
        #   on  at        when            do            say                        then
        Row(on, ANYWHERE, nobody_named,   keep_command, "line/which_doctor",       "which"),
        Row(on, ANYWHERE, only_asked,     None,         f"schedule/{kind}_stand",  "idle"),
        Row(on, ANYWHERE, unclear,        None,         f"schedule/{kind}_unclear", "idle"),
        Row(on, ANYWHERE, moves_somebody, keep_change,  "schedule/moves",          "idle"),
        Row(on, ANYWHERE, None,           make_change,  f"schedule/{kind}_set",    "idle"),
    )),
    Row("keep_plan", ANYWHERE, None,         None,         "schedule/kept",           "idle"),
    Row("off_back",  ANYWHERE, nobody_named, None,         "staff/doctors",           "idle"),
    Row("off_back",  ANYWHERE, None,         take_back,    "schedule/off_back",       "idle"),
)
# fmt: on


def _kind(turn: Turn) -> str:
    trigger = turn.meaning.trigger or ""
    return CONFIRMED.get(trigger, trigger)


def _wanted(turn: Turn) -> Wanted | None:
    """Return the change that a command says; None if it cannot be read or cannot be."""
    doctor = doctor_meant(turn)
    if doctor is None:
        return None
    words = turn.ear.lexicon.words(arguments(turn))
    wanted = _days_off(turn, doctor) if _kind(turn) == "off" else None
    said = read_hours(words) if _kind(turn) == "hours" else None
    if said is not None:
        wanted = _hours(doctor, said)
    if wanted is None:
        return None
    try:
        working_hours.require_consistent(turn.work, turn.clinic, _planned(wanted))
    except Invalid:
        return None
    return wanted


def _days_off(turn: Turn, doctor: Doctor) -> Wanted | None:
    words = turn.ear.lexicon.words(arguments(turn))
    days = read_days_off(words, today(turn.clinic, turn.work.now))
    if days is None:
        return None
    off = tuple(sorted({*doctor.days_off, *days}))
    again = ", ".join(day.isoformat() for day in days)
    return Wanted(doctor, {"days_off": off}, again, tuple(days))


def _hours(doctor: Doctor, said: tuple[HoursSaid, ...]) -> Wanted:
    named = {WEEKDAYS[d] for group in said for d in group.days or ()}
    week = {
        WEEKDAYS[d]: [_clocks(s) for s in group.sessions]
        for group in said
        for d in group.days or [WEEKDAYS.index(w) for w in doctor.working_days]
    }
    others = set(doctor.working_days) - named
    if named and others and len(named) < A_FEW:
        week |= {d: working_hours.sessions_of(doctor, d) for d in others}
    return Wanted(doctor, working_hours.fields_of_week(week), _again(said))


def _clocks(session: SessionSaid) -> tuple[str, str]:
    start, end = (divmod(m, 60) for m in (session.start, session.end))
    return f"{start[0]:02d}:{start[1]:02d}", f"{end[0]:02d}:{end[1]:02d}"


def _again(said: tuple[HoursSaid, ...]) -> str:
    """Return hours in words that leave nothing open, for when they are read again."""
    groups = []
    for group in said:
        days = " ".join(WEEKDAYS[d].lower() for d in group.days or ())
        sessions = ", ".join(f"{_half(s.start)} - {_half(s.end)}" for s in group.sessions)
        groups.append(f"{days} {sessions}".strip())
    return "; ".join(groups)


def _half(minute: int) -> str:
    return f"{time(minute // 60, minute % 60):%I:%M %p}".lower()


def _planned(wanted: Wanted) -> Doctor:
    changes = {**wanted.changes, **working_hours.sum_up(wanted.doctor, wanted.changes)}
    return wanted.doctor.but(**changes)


def _affected(turn: Turn, wanted: Wanted) -> list[Affected]:
    change = affected.Change(turn.clinic, wanted.doctor, turn.clinic, _planned(wanted))
    return affected.find_affected(turn.work, change)


def _mark(found: list[Affected]) -> str:
    """Return what a yes must name, so that it is to this list and to no other."""
    return "-".join(a.token.token_id[-6:] for a in found[:MOST_NAMED]) + f"-{len(found)}"


@says("schedule/moves")
def _moves(turn: Turn) -> Say:
    """Name those who would lose their time, and ask."""
    wanted = _wanted(turn)
    found = _affected(turn, wanted) if wanted else []
    shown = [a.token for a in found[:MOST_NAMED]]
    turn.show(*shown)
    return Say(
        values={
            "doctor": wanted.doctor.name if wanted else "",
            "count": len(found),
            "people": [
                {
                    "number": t.number,
                    "person": t.patient_name,
                    "at": t.estimated_time.isoformat(),
                }
                for t in shown
            ],
        },
        options=[
            Option(id=f"run:{_mark(found)}", label="change_button"),
            Option(id="keep_plan", label="keep_button"),
        ],
    )


@says("schedule/off_stand")
@says("schedule/off_unclear")
@says("schedule/off_set")
@says("schedule/off_back")
def _off(turn: Turn) -> Say:
    doctor = _the_doctor(turn)
    present = today(turn.clinic, turn.work.now)
    off = sorted(d for d in {*doctor.days_off, *turn.clinic.holidays} if d >= present)
    return Say(
        values={
            "doctor": doctor.name,
            "off": [day.isoformat() for day in off],
            "days": [],
            "moved": 0,
            **turn.values,
        },
        options=_taking_back(doctor, turn.values),
    )


def _taking_back(doctor: Doctor, said: Mapping[str, Any]) -> list[Option]:
    """Offer to take back the days off just set; a day on which bookings ended stays closed."""
    days = said.get("days") or []
    if not days or said.get("moved") or len(days) > MOST_TAKEN_BACK:
        return []
    return [Option(id=f"off_back:{doctor.doctor_id}:{','.join(days)}", label="take_back_button")]


@says("schedule/hours_stand")
@says("schedule/hours_unclear")
@says("schedule/hours_set")
def _hours_shown(turn: Turn) -> Say:
    doctor = _the_doctor(turn)
    lines = week_lines(turn.clinic, doctor, today(turn.clinic, turn.work.now))
    return Say(values={"doctor": doctor.name, "lines": lines, "moved": 0, **turn.values})


@says("schedule/kept")
def _kept(_turn: Turn) -> Say:
    return Say()


def _the_doctor(turn: Turn) -> Doctor:
    doctor = doctor_meant(turn)
    if doctor is None:
        raise LookupError("A plan is shown of nobody.")
    return doctor
