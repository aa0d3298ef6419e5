"""People who are late: a patient who keeps their place, a doctor whose times then move."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from domain.actions.line import lateness
from domain.actions.messages import notices
from domain.model.clinics import Doctor
from domain.model.messages import Option
from domain.model.queues import Queue, Token, TokenStatus
from domain.rules import MOST_LATE_MINUTES
from flows.commands import minutes_late
from flows.hearing.meaning import DurationSaid, TimeSaid
from flows.line import the_line
from flows.my_bookings import (
    another_day,
    being_served,
    bookings_meant,
    none_live,
    over,
    several,
    take,
    take_chosen,
)
from flows.table import ANYWHERE, Row
from flows.turn import Say, Turn, says

OFFERED_MINUTES = (10, 20, 30)
"""How late a patient may be by a button."""
DOCTORS_MINUTES = (10, 20, 30, 60)
"""How late a doctor may be by a choice."""
VERY_LATE_MINUTES = 180
"""Who is later is offered another time."""


def skipped(turn: Turn) -> bool:
    """Whether the one booking meant was called and nobody came."""
    return [t.status for t in bookings_meant(turn)] == [TokenStatus.SKIPPED]


def no_minutes(turn: Turn) -> bool:
    """Whether it was not said, or cannot be told, how late the patient is."""
    return minutes_said(turn) is None


def keep_minutes(turn: Turn) -> None:
    """Keep how late it is for the booking that is chosen next."""
    minutes = minutes_said(turn)
    turn.values = {} if minutes is None else {"minutes": minutes}


def announce_late(turn: Turn) -> None:
    """Note how late the patient of the one booking meant is."""
    minutes = minutes_said(turn) or 0
    turn.token = lateness.announce_patient_late(turn.work, bookings_meant(turn)[0], minutes)
    turn.values = {"minutes": minutes}


def how_late_is_open(turn: Turn) -> bool:
    """Whether it was not said how late the doctor is."""
    minutes, _ = minutes_late(turn)
    return minutes is None


def not_late(turn: Turn) -> bool:
    """Whether no minutes late are on time."""
    return minutes_late(turn)[0] == 0


def announce_doctor_late(turn: Turn) -> None:
    """Note how late the doctor is; those whose time moves are told."""
    _announce(turn, min(minutes_late(turn)[0] or 0, MOST_LATE_MINUTES))


def take_back(turn: Turn) -> None:
    """Note that the doctor is on time after all."""
    _announce(turn, 0)


def _announce(turn: Turn, minutes: int) -> None:
    line = the_line(turn)
    queue = lateness.announce_doctor_late(line, turn.actor, minutes)
    told, booked = lateness.count_told(replace(line, queue=queue))
    turn.values = {
        "minutes": minutes,
        "until": queue.late_until.isoformat() if queue.late_until else None,
        "told": told,
        "booked": booked,
    }


# fmt: off
ROWS = (
    #   on      at         when          do             say               then
    Row("late", ANYWHERE,  over,         take_chosen,   "mine/not_now",   "idle"),
    Row("late", ANYWHERE,  none_live,    None,          "mine/none",      "idle"),
    Row("late", ANYWHERE,  several,      keep_minutes,  "mine/which",     "idle"),
    Row("late", ANYWHERE,  being_served, take,          "mine/status",    "idle"),
    Row("late", ANYWHERE,  skipped,      take,          "mine/status",    "idle"),
    Row("late", ANYWHERE,  another_day,  take,          "late/not_today", "idle"),
    Row("late", ANYWHERE,  no_minutes,   take,          "late/how_late",  "idle"),
    Row("late", ANYWHERE,  None,         announce_late, "late/noted",     "idle"),
)
STAFF_ROWS = (
    #   on         at         when               do                    say                     then
    Row("late",    ANYWHERE,  how_late_is_open,  None,                 "late/doctor_how_late", "idle"),
    Row("late",    ANYWHERE,  not_late,          take_back,            "late/doctor_on_time",  "idle"),
    Row("late",    ANYWHERE,  None,              announce_doctor_late, "late/doctor_noted",    "idle"),
    Row("on_time", ANYWHERE,  None,              take_back,            "late/doctor_on_time",  "idle"),
)
# fmt: on


def duration_said(turn: Turn) -> DurationSaid | None:
    """Return how late a patient says they are: by a choice, or in words; None: not said."""
    if turn.choice:
        about, chosen = [*turn.choice, ""][:2]
        is_minutes = about.startswith("TKN_") and chosen.isdecimal()
        return DurationSaid(int(chosen)) if is_minutes else None
    if turn.meaning.duration is None and turn.meaning.time is not None:
        return _until_arrival(turn, turn.meaning.time)
    return turn.meaning.duration


def _until_arrival(turn: Turn, said: TimeSaid) -> DurationSaid | None:
    """Return how late somebody is who says when they will come; None if that is not late."""
    booked = bookings_meant(turn)
    if said.minute is None or len(booked) != 1:
        return None
    at = booked[0].estimated_time.astimezone(turn.clinic.zone)
    late = said.minute - (at.hour * 60 + at.minute)
    late += 720 if said.either_half and late < -MOST_LATE_MINUTES else 0
    return DurationSaid(late) if 0 < late <= MOST_LATE_MINUTES else None


def minutes_said(turn: Turn) -> int | None:
    """Return by how many minutes a patient says they are late, at most MOST_LATE_MINUTES."""
    said = duration_said(turn)
    minutes = said.minutes if said is not None else None
    return min(minutes, MOST_LATE_MINUTES) if minutes else None


@says("late/noted")
def _noted(turn: Turn) -> Say:
    token = turn.acted_on
    choices = _other_times(token) if _may_be_too_late(turn, token) else []
    return Say(
        values={**_facts(turn, token), "state": token.status.value, **turn.values},
        options=choices,
    )


@says("late/how_late")
def _how_late(turn: Turn) -> Say:
    token = turn.acted_on
    return Say(
        values=_facts(turn, token),
        options=_minutes_offered(token.token_id, OFFERED_MINUTES),
    )


def _minutes_offered(late_id: str, offered: Iterable[int]) -> list[Option]:
    """Return the choices of how late the booking or the doctor with *late_id* is."""
    return [
        Option(id=f"late:{late_id}:{minutes}", label="minutes_button", values={"minutes": minutes})
        for minutes in offered
    ]


@says("late/not_today")
def _not_today(turn: Turn) -> Say:
    return Say(values=_facts(turn, turn.acted_on))


def _facts(turn: Turn, token: Token) -> dict[str, str | int]:
    doctor = turn.work.require(Doctor, token.clinic_id, token.doctor_id)
    return notices.notice_values(token, doctor)


def _may_be_too_late(turn: Turn, token: Token) -> bool:
    """Whether the patient comes after the doctor's hours, or very late."""
    queue = turn.work.require(Queue, token.doctor_id, token.date)
    comes_in_hours = token.late_until is None or token.late_until <= queue.planned_end
    return not comes_in_hours or turn.values["minutes"] > VERY_LATE_MINUTES


def _other_times(token: Token) -> list[Option]:
    cancel = Option(id=f"cancel:{token.token_id}", label="cancel_button")
    if token.status is TokenStatus.PENDING:
        return [cancel]
    return [Option(id=f"move:{token.token_id}", label="move_button"), cancel]


@says("late/doctor_noted")
def _doctor_noted(turn: Turn) -> Say:
    doctor = the_line(turn).doctor
    return Say(
        values={"doctor": doctor.name, **turn.values},
        options=[Option(id=f"on_time:{doctor.doctor_id}", label="on_time_button")],
    )


@says("late/doctor_how_late")
def _doctor_how_late(turn: Turn) -> Say:
    doctor = the_line(turn).doctor
    return Say(
        values={"doctor": doctor.name},
        options=_minutes_offered(doctor.doctor_id, DOCTORS_MINUTES),
    )


@says("late/doctor_on_time")
def _doctor_on_time(turn: Turn) -> Say:
    return Say(values={"doctor": the_line(turn).doctor.name, **turn.values})
