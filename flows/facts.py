"""Facts that patients ask for: answered in one message, and the question asked before stands.

A kind of fact is a function under `fact(name)`, which returns what its block in `facts.j2` says;
its name is a trigger, and a name that `Turn.facts` may list beside others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any
from urllib.parse import quote_plus

from domain.actions.booking import seats
from domain.actions.booking.queues import get_queue, is_present
from domain.actions.line.presence import Presence, presence_of
from domain.actions.messages import notices
from domain.actions.payments import refunds
from domain.actions.staff import handover
from domain.actions.visits import prescriptions
from domain.model.clinics import Clinic, Doctor
from domain.model.messages import Guard, Option, Place
from domain.model.queues import WAITING, Token, TokenStatus
from domain.timetable import hours, is_open, open_days, pauses, today
from flows.my_bookings import bookings_meant, none_live, several, unpaid
from flows.my_bookings import take as take_booking
from flows.selection import chosen_doctor, date_in
from flows.table import ANYWHERE, Row
from flows.turn import Say, Turn, says
from flows.week import week_lines

Fact = Callable[[Turn], Mapping[str, Any]]
FACTS: dict[str, Fact] = {}
"""For each kind of fact: the function that looks it up. Values that are missing are empty."""
MOST_DOCTORS = 10
"""Lines of an answer about all doctors."""
DAYS_AHEAD = 14
"""How far ahead days off are told."""
MOST_DAYS = 5
MAP = "https://www.google.com/maps/search/?api=1&query="
"""Opens a map at a place that is searched for (Google, "Maps URLs")."""


def fact(name: str) -> Callable[[Fact], Fact]:
    """Register the function that looks up the fact *name*."""

    def register(look_up: Fact) -> Fact:
        FACTS[name] = look_up
        return look_up

    return register


def waits_today(turn: Turn) -> bool:
    """Whether the one booking meant waits in today's line."""
    return _token_waiting(turn) is not None


def look_up(turn: Turn) -> None:
    """Look up every fact that was asked for, in the order of asking."""
    turn.values = {"facts": [{"fact": name, **FACTS[name](turn)} for name in _asked(turn)]}


# fmt: off
ROWS = (
    #   on             at         when          do             say              then
    *(Row(on,          ANYWHERE,  None,         look_up,       "facts/answer",  None)
      for on in ("facts", "fee", "address", "phone", "doctor_in", "hours", "refund",
                 "prescription", "cash", "policy", "if_late")),
    Row("ahead",       ANYWHERE,  waits_today,  look_up,       "facts/answer",  None),
    Row("ahead",       ANYWHERE,  none_live,    None,          "mine/none",     "idle"),
    Row("ahead",       ANYWHERE,  several,      None,          "mine/which",    "idle"),
    Row("ahead",       ANYWHERE,  unpaid,       take_booking,  "booking/pay",   "paying"),
    Row("ahead",       ANYWHERE,  None,         take_booking,  "mine/status",   "idle"),
)
# fmt: on


@says("facts/answer")
def _answer(turn: Turn) -> Say:
    asked, wanted = _asked(turn), _question_standing(turn)
    token = _token_waiting(turn) if "ahead" in asked else None
    return Say(
        values={**turn.values, "wanted": wanted},
        options=_cancel_options(turn) if "policy" in asked else (),
        url=_map_of(turn.clinic) if "address" in asked else None,
        # A place has no words beside it, so it goes only where nothing else is to be said.
        place=_place_of(turn.clinic) if asked == ["address"] and not wanted else None,
        about=token,
        guard=Guard.STANDING if token else None,
        keeps_question=True,
    )


def _asked(turn: Turn) -> list[str]:
    """Return the facts asked for; a trigger of one fact is a list of one."""
    return [f for f in turn.facts or (turn.meaning.trigger,) if f in FACTS]


def _question_standing(turn: Turn) -> str:
    """Return what the question that stands wants: a choice, a name, or nothing."""
    if turn.state == "name":
        return "name"
    return "choice" if turn.state != "idle" and turn.conversation.offered else ""


# The doctors and the day that are meant


def _doctors_named(turn: Turn) -> list[Doctor]:
    return [d for d in turn.doctors() if d.doctor_id in turn.meaning.doctor_ids]


def _doctors_meant(turn: Turn) -> list[Doctor]:
    """Return the doctors named, else the one spoken about; none if there is neither."""
    spoken_about = chosen_doctor(turn)
    return _doctors_named(turn) or ([spoken_about] if spoken_about else [])


def _own_doctors(turn: Turn) -> list[Doctor]:
    """Return the doctors meant, else those of the person's bookings."""
    booked = {t.doctor_id for t in _live(turn)}
    return _doctors_meant(turn) or [d for d in turn.doctors() if d.doctor_id in booked]


def _live(turn: Turn) -> list[Token]:
    return seats.live_tokens(turn.work, turn.contact.contact_id, turn.clinic.clinic_id)


def _present(turn: Turn) -> date:
    return today(turn.clinic, turn.work.now)


# What a visit costs


@fact("fee")
def _fee(turn: Turn) -> Mapping[str, Any]:
    doctors = _doctors_meant(turn) or turn.doctors()
    return {"fees": [_fee_of(turn, d) for d in doctors[:MOST_DOCTORS]]}


@fact("cash")
def _cash(turn: Turn) -> Mapping[str, Any]:
    doctors = _own_doctors(turn) or turn.doctors()
    fees = [_fee_of(turn, d) for d in doctors]
    return {"fees": fees, "advance": any(fee["advance"] for fee in fees)}


def _fee_of(turn: Turn, doctor: Doctor) -> dict[str, Any]:
    """Return what a visit costs on the day meant: as that day is sold, else as set now."""
    spoken_about = date_in(turn.conversation.date or "")
    if spoken_about is not None and (turn.state == "idle" or spoken_about < _present(turn)):
        spoken_about = None
    queue = get_queue(turn.work, turn.clinic, doctor, turn.meaning.day or spoken_about)
    return {"doctor": doctor.name, "fee": queue.fee_paise, "advance": queue.advance_paise}


# How the clinic is reached


@fact("address")
def _address(turn: Turn) -> Mapping[str, Any]:
    return {"address": turn.clinic.address, "mapped": _map_of(turn.clinic) is not None}


def _map_of(clinic: Clinic) -> str | None:
    """Return a link that opens a map at the clinic; None if it has not told where it is."""
    place = _place_of(clinic)
    where = f"{place.latitude},{place.longitude}" if place else clinic.address
    return f"{MAP}{quote_plus(where)}" if where else None


def _place_of(clinic: Clinic) -> Place | None:
    if clinic.latitude is None or clinic.longitude is None:
        return None
    return Place(
        latitude=clinic.latitude,
        longitude=clinic.longitude,
        name=clinic.name,
        address=clinic.address,
    )


@fact("phone")
def _phone(turn: Turn) -> Mapping[str, Any]:
    return {"phone": turn.clinic.phone or ""}


# When doctors are in


@fact("doctor_in")
def _doctor_in(turn: Turn) -> Mapping[str, Any]:
    doctors = (_own_doctors(turn) or turn.doctors())[:MOST_DOCTORS]
    day = turn.meaning.day
    if day == _present(turn):
        day = None
    found = [(d, presence_of(turn.work, turn.clinic, d, day)) for d in doctors]
    return {"doctors": [_presence_values(d, p) for d, p in found]}


def _presence_values(doctor: Doctor, presence: Presence) -> dict[str, Any]:
    instants = {"from": presence.since, "to": presence.until, "next": presence.next_start}
    return {
        "doctor": doctor.name,
        "state": presence.whereabouts.value,
        "day": presence.day.isoformat(),
        **{name: at.isoformat() if at else "" for name, at in instants.items()},
        "late": presence.minutes_late,
        "serving": presence.serving or 0,
    }


@fact("hours")
def _hours(turn: Turn) -> Mapping[str, Any]:
    day, doctors = turn.meaning.day, _doctors_named(turn)
    if doctors:
        return {"doctors": [_hours_of(turn, d, day) for d in doctors]}
    opening = handover.next_opening(turn.work, turn.clinic, day)
    ahead = {_present(turn) + timedelta(days=n) for n in range(DAYS_AHEAD + 1)}
    closed = [] if day else sorted(ahead.intersection(turn.clinic.holidays))[:MOST_DAYS]
    return {
        "doctors": [],
        "asked": day.isoformat() if day else "",
        "open": opening["open"],
        **{name: opening[name] or "" for name in ("day", "from", "to")},
        "closed": [d.isoformat() for d in closed],
    }


def _hours_of(turn: Turn, doctor: Doctor, day: date | None) -> dict[str, Any]:
    """Return a doctor's hours on *day*, or for None those of the week, with days off to come."""
    clinic = turn.clinic
    works = day is None or is_open(clinic, doctor, day)
    later = (d for d in open_days(clinic, doctor, turn.work.now) if day is None or d > day)
    following = next(later, None)
    on = (day if works else following) or _present(turn)
    begin, end = hours(clinic, doctor, on)
    longest = max(pauses(clinic, doctor, on), key=lambda p: p[1] - p[0], default=())
    first, last = _present(turn), _present(turn) + timedelta(days=DAYS_AHEAD)
    off = sorted(d for d in {*doctor.days_off, *clinic.holidays} if first <= d <= last)
    return {
        "doctor": doctor.name,
        "weekdays": list(doctor.working_days),
        "week": week_lines(turn.clinic, doctor, _present(turn)) if doctor.sessions else [],
        "from": begin.isoformat(),
        "to": end.isoformat(),
        "pause": [at.isoformat() for at in longest],
        "off": [d.isoformat() for d in off[:MOST_DAYS]],
        "day": day.isoformat() if day else "",
        "works": works,
        "next": "" if works or following is None else begin.isoformat(),
    }


# The person's own turn, money and papers


@fact("ahead")
def _ahead(turn: Turn) -> Mapping[str, Any]:
    token = _token_waiting(turn)
    if token is None:
        return {"waits": False, "booked": bool(_live(turn))}
    doctor = turn.work.require(Doctor, token.clinic_id, token.doctor_id)
    return {"waits": True, **notices.notice_values(token, doctor)}


def _token_waiting(turn: Turn) -> Token | None:
    """Return the person's one booking that waits in a line of now; None if none or several do."""
    work, clinic = turn.work, turn.clinic
    waiting = [t for t in bookings_meant(turn) if t.status in WAITING]
    found = [t for t in waiting if is_present(work, clinic, t.doctor_id, t.date)]
    return found[0] if len(found) == 1 else None


@fact("refund")
def _refund(turn: Turn) -> Mapping[str, Any]:
    found = []
    for refund in refunds.recent_refunds(turn.work, turn.clinic):
        token = turn.work.get(Token, refund.queue_id, refund.token_id)
        found.append(
            {
                "amount": refund.amount_paise,
                "at": refund.at.isoformat(),
                "state": refund.status.value,
                "number": token.number if token else 0,
            }
        )
    return {"refunds": found, "kept": refunds.kept_for_rebooking(turn.work, turn.clinic)}


@fact("prescription")
def _prescription(turn: Turn) -> Mapping[str, Any]:
    """Send the newest prescription again; the answer says which one it is."""
    visit = prescriptions.send_latest(turn.work, turn.clinic, turn.contact)
    if visit is None:
        return {"sent": False}
    return {"sent": True, "person": visit.patient_name, "day": visit.visit_date}


@fact("policy")
def _policy(turn: Turn) -> Mapping[str, Any]:
    cancellable = _cancellable(turn)
    paid = sum(t.paid_paise for t in cancellable if t.capture_id)
    return {
        "paid": paid if len(cancellable) == 1 else 0,
        "advance": bool(paid) or any(d.advance_amount for d in turn.doctors()),
    }


@fact("if_late")
def _if_late(turn: Turn) -> Mapping[str, Any]:
    return {"number": token.number if (token := _token_waiting(turn)) else None}


def _cancel_options(turn: Turn) -> list[Option]:
    """Offer to cancel the booking that lives; of several the next message asks which."""
    cancellable = _cancellable(turn)
    if not cancellable:
        return []
    about = f":{cancellable[0].token_id}" if len(cancellable) == 1 else ""
    return [Option(id=f"cancel{about}", label="cancel_button")]


def _cancellable(turn: Turn) -> list[Token]:
    return [t for t in _live(turn) if t.status is not TokenStatus.CURRENT]
