"""What a person has asked of a booking, over several messages: doctor, day, time, for whom."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import msgspec

from domain.actions.booking.days import read_day
from domain.actions.people.identify import patients_of
from domain.actions.people.profile import parse_changes
from domain.model.clinics import Doctor, StaffStatus
from domain.model.conversations import Wish
from domain.model.people import Patient, Profile
from domain.model.queues import Slot
from domain.names import fold_name
from domain.timetable import PartOfDay, hours, numbers_in_part, open_days, slot_time, today
from flows.hearing.meaning import Meaning, PersonSaid, Who
from flows.hearing.sounds import sound
from flows.turn import Found, Turn

GOES_ON = frozenset({"doctor", "day", "slot", "person", "name", "proposed"})
"""States of a booking being made: what is said adds to what was said before."""
SELF = "self"
NEAR_MINUTES = 60
"""How far from the wished time a free slot makes a day fit, where no day was named."""
DAYS_SEARCHED = 7
HALF_DAY = 720
DAY = 2 * HALF_DAY
DAYTIME = range(7 * 60, 21 * 60)
"""The half of the day meant by "8" if both have a free slot."""


def wish_of(turn: Turn) -> Wish:
    """Return what was asked of the booking so far, with what this message adds."""
    if turn.wish is None:
        before = turn.conversation.wish if turn.state in GOES_ON else None
        before = None if before is not None and before.corrects else before
        turn.wish = _with_said(turn, before or Wish(), turn.meaning)
    return turn.wish


def _with_said(turn: Turn, wish: Wish, said: Meaning) -> Wish:
    changes: dict[str, object] = {}
    if said.doctor_ids:
        changes["doctor_ids"] = said.doctor_ids
    if said.day is not None:
        changes["day"] = said.day.isoformat()
    if said.time is not None:
        time = said.time
        changes |= {
            "minute": time.minute,
            "either_half": time.either_half,
            "bound": time.bound,
            "part": time.part.value if time.part else None,
        }
    if said.person is not None:
        changes |= _person(turn, said.person)
    return msgspec.structs.replace(wish, **changes)


def _person(turn: Turn, said: PersonSaid) -> dict[str, object]:
    if said.who is Who.WRITER:
        return {"relation": SELF, "person": None}
    if said.name is None:
        return {"relation": said.relation, "person": None}
    return {"relation": said.relation, "person": seal_person(turn, said)}


def seal_person(turn: Turn, said: PersonSaid) -> str:
    """Encrypt a person who was named, for the conversation to keep."""
    return turn.work.seal.seal(msgspec.json.encode(said).decode())


def person_named(turn: Turn) -> PersonSaid | None:
    """Return the person whom the booking is for, if their name was told."""
    sealed = wish_of(turn).person
    return msgspec.json.decode(turn.work.seal.open(sealed), type=PersonSaid) if sealed else None


def profile_of(turn: Turn, said: PersonSaid) -> Profile:
    """Return what was said of a person beside the name, as it is kept of a patient from today."""
    told = {"age": said.age, "gender": said.gender}
    return parse_changes(today(turn.clinic, turn.work.now), told)


def patient_wished(turn: Turn) -> Patient | None:
    """Return the known patient whom the booking is for, by what was said; None if it says no such.

    The writer is the one with the name of their WhatsApp profile, or the only one.
    """
    wish = wish_of(turn)
    named = person_named(turn)
    if named is None and wish.relation != SELF:
        return None
    known = patients_of(turn.work, turn.contact, turn.clinic.clinic_id)
    name = named.name if named else turn.inbound.profile_name or turn.contact.profile_name
    heard = sound(fold_name(name or ""))
    fits = [p for p in known if sound(fold_name(p.name)) == heard]
    if not fits and named is not None:
        fits = [p for p in known if sound(fold_name(p.name).split()[0]) == heard]
    return fits[0] if len(fits) == 1 else known[0] if len(known) == 1 and named is None else None


def doctors_meant(turn: Turn) -> list[Doctor]:
    """Return the doctors who fit what was said: none if nothing was said of one."""
    ids = turn.meaning.doctor_ids or wish_of(turn).doctor_ids
    if not ids and turn.state in {*GOES_ON, "paying"} and turn.conversation.doctor_id:
        ids = (turn.conversation.doctor_id,)
    doctors = turn.doctors()
    if not ids:
        return doctors if len(doctors) == 1 else []
    return [d for d in doctors if d.doctor_id in ids and d.status is StaffStatus.ACTIVE]


def day_wished(turn: Turn) -> date | None:
    """Return the day that was named, possibly one that cannot be booked."""
    day = wish_of(turn).day
    return date.fromisoformat(day) if day else None


def is_past(turn: Turn) -> bool:
    """Whether the day that was named is over."""
    day = day_wished(turn)
    return day is not None and day < today(turn.clinic, turn.work.now)


def is_beyond(turn: Turn) -> bool:
    """Whether the day that was named is later than the last that can be booked."""
    day = day_wished(turn)
    last = today(turn.clinic, turn.work.now) + timedelta(days=turn.clinic.booking_days)
    return day is not None and day > last


def slot_wished(turn: Turn, doctor: Doctor) -> Found | None:
    """Return the free slot of *doctor* that fits best; None if no time was named or none is near.

    Without a day it is the first one with a free slot near that time.
    """
    wish = wish_of(turn)
    if wish.minute is None:
        return None
    day = day_wished(turn)
    if day is not None:
        night = _best_of(turn, doctor, day - timedelta(days=1), day)
        is_night = night is not None and _minutes_off(night) <= NEAR_MINUTES
        return night if is_night else _best_of(turn, doctor, day)
    for candidate in open_days(turn.clinic, doctor, turn.work.now)[:DAYS_SEARCHED]:
        found = _best_of(turn, doctor, candidate)
        if found is not None and _minutes_off(found) <= NEAR_MINUTES:
            return found
    return None


def _best_of(turn: Turn, doctor: Doctor, day: date, on: date | None = None) -> Found | None:
    """Return the free slot of *day* nearest to the wished time, on the side that was named.

    The time is meant on the date *on*; None: in the hours of *day*, which may reach past midnight.
    """
    wish = wish_of(turn)
    if wish.minute is None or day not in open_days(turn.clinic, doctor, turn.work.now):
        return None
    halves = (wish.minute, wish.minute + HALF_DAY) if wish.either_half else (wish.minute,)
    free = read_day(turn.work, turn.clinic, doctor, day).free(turn.work.now)
    found: list[tuple[bool, float, Found]] = []
    end = hours(turn.clinic, doctor, day)[1]
    for minute in halves:
        wished = _instant(turn, on or day, minute)
        if on is None and _instant(turn, day, minute + DAY) < end:
            wished = _instant(turn, day, minute + DAY)
        for slot in free:
            off = (slot_time(slot) - wished).total_seconds()
            if (wish.bound == "after" and off < 0) or (wish.bound == "before" and off > 0):
                continue
            unusual = minute not in DAYTIME or abs(off) > NEAR_MINUTES * 60
            found.append((unusual, abs(off), Found(day, slot, wished)))
    return min(found, key=lambda f: f[:2])[2] if found else None


def _minutes_off(found: Found) -> float:
    return abs((slot_time(found.slot) - found.wished).total_seconds()) / 60


def _instant(turn: Turn, day: date, minute: int) -> datetime:
    midnight = datetime(day.year, day.month, day.day, tzinfo=turn.clinic.zone)
    return (midnight + timedelta(minutes=minute)).astimezone(turn.work.now.tzinfo)


def numbers_wished(turn: Turn, day: date, slots: tuple[Slot, ...]) -> frozenset[int]:
    """Return the numbers of the slots in the part of the day that was named; none if none was."""
    part = wish_of(turn).part
    return numbers_in_part(turn.clinic, day, slots, PartOfDay(part) if part else None)
