"""Staff book for a patient by phone: what was understood is shown, and booked upon a yes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, timedelta

from domain.actions.booking import desk
from domain.actions.booking.days import read_day
from domain.errors import (
    AlreadyBooked,
    DayClosed,
    DayFull,
    Invalid,
    Refused,
    StaffBookingRefused,
    TooManyHolds,
)
from domain.model.clinics import Doctor
from domain.model.conversations import Wish
from domain.model.messages import Option
from domain.model.queues import TokenStatus
from domain.plans import Suspended
from domain.timetable import slot_time, today
from flows.commands import own_doctor
from flows.hearing.desk_booking import BookingSaid
from flows.known import known
from flows.line import keep_command, too_old
from flows.table import ANYWHERE, Refusal, Row
from flows.turn import Found, Say, Turn, says
from flows.wish import numbers_wished, slot_wished

BOOK_FOR, BOOK_YES = "book_for", "book_yes"
DIGEST = 12
"""Characters that tell the person of one proposal from that of another."""


@dataclass(frozen=True)
class _Choice:
    """What a yes says: the slot, for whom, and whether an advance is asked for."""

    day: date
    number: int
    digest: str
    at_clinic: bool


def doctor_unclear(turn: Turn) -> bool:
    """Whether it is not clear with which doctor to book."""
    if turn.doctor is None:
        turn.doctor = _doctor(turn)
    return turn.doctor is None


def _doctor(turn: Turn) -> Doctor | None:
    own = own_doctor(turn)
    if turn.staff.role == "DOCTOR":
        return own
    if turn.choice and turn.choice[0].startswith("doc_"):
        return turn.work.get(Doctor, turn.clinic.clinic_id, turn.choice[0])
    said = _said(turn)
    ids = turn.meaning.doctor_ids or (said.doctor_ids if said else ())
    doctors = turn.doctors()
    named = [d for d in doctors if d.doctor_id in ids]
    if len(named) == 1:
        return named[0]
    return own or (doctors[0] if len(doctors) == 1 else None)


def unreadable(turn: Turn) -> bool:
    """Whether it names no phone and person, or says something that is not understood."""
    return _said(turn) is None


def not_kept(turn: Turn) -> bool:
    """Whether the yes is to a proposal that another one has replaced."""
    said, choice = _said(turn), _choice(turn)
    return said is None or choice is None or _digest(said) != choice.digest


def propose(turn: Turn) -> None:
    """Look for the slot that is asked for, and remember for whom; nothing is booked yet."""
    doctor, said = _the_doctor(turn), _said(turn)
    turn.found = _slot(turn, doctor)
    if turn.found is None:
        raise StaffBookingRefused(why="DAY_FULL")
    if said is not None:
        kept = turn.work.seal.seal(f"{said.phone} {said.name}")
        turn.remember(note=f"{BOOK_YES} {kept}")


def slot_gone(turn: Turn) -> bool:
    """Whether the slot that was proposed has been sold since, or is past."""
    choice = _choice(turn)
    if choice is None:
        return True
    view = read_day(turn.work, turn.clinic, _the_doctor(turn), choice.day)
    free = {slot.number: slot for slot in view.free(turn.work.now)}
    if choice.number in free:
        turn.found = Found(choice.day, free[choice.number], slot_time(free[choice.number]))
    return choice.number not in free


def propose_again(turn: Turn) -> None:
    """Look for another slot of the day, because the one that was proposed is gone."""
    choice = _choice(turn)
    if choice is not None:
        turn.wish = Wish(day=choice.day.isoformat())
    propose(turn)


def book(turn: Turn) -> None:
    """Book the slot that was proposed; the patient is sent the confirmation, or the link to pay."""
    said, choice, found = _said(turn), _choice(turn), turn.found
    if said is None or choice is None or found is None:
        raise LookupError("A booking follows a proposal.")
    work, doctor = turn.work, _the_doctor(turn)
    clinic = turn.clinic
    request = desk.BookingRequest(preferred=slot_time(found.slot), pays_at_clinic=choice.at_clinic)
    try:
        contact, patient = desk.identify_person(work, clinic.clinic_id, None, said.phone, said.name)
        turn.token = desk.book_for_patient(
            work, clinic, doctor, turn.actor, contact, patient, request
        )
    except (AlreadyBooked, DayClosed, DayFull, Invalid, Suspended, TooManyHolds) as refused:
        raise StaffBookingRefused(why=refused.code) from refused
    turn.remember(note=None)


# fmt: off
ROWS = (
    #   on      at         when             do              say                      then
    Row(BOOK_FOR, ANYWHERE, unreadable,     None,           "reception/how_to_book", "idle"),
    Row(BOOK_FOR, ANYWHERE, doctor_unclear, keep_command,   "line/which_doctor",     "which"),
    Row(BOOK_FOR, ANYWHERE, too_old,        None,           "line/too_old",          "idle"),
    Row(BOOK_FOR, ANYWHERE, None,           propose,        "reception/book_sure",   "idle"),
    Row(BOOK_YES, ANYWHERE, doctor_unclear, None,           "reception/how_to_book", "idle"),
    Row(BOOK_YES, ANYWHERE, not_kept,       None,           "reception/how_to_book", "idle"),
    Row(BOOK_YES, ANYWHERE, slot_gone,      propose_again,  "reception/book_sure",   "idle"),
    Row(BOOK_YES, ANYWHERE, None,           book,           "reception/booked",      "idle"),
)
# fmt: on
REFUSALS: dict[type[Refused], Refusal] = {
    StaffBookingRefused: Refusal("reception/not_booked"),
}


def _said(turn: Turn) -> BookingSaid | None:
    """Return for whom to book: as this message says, or the proposal that stands."""
    text = turn.meaning.rest
    if turn.meaning.trigger == BOOK_YES:
        command, _, kept = (turn.conversation.note or "").partition(" ")
        if command != BOOK_YES:
            return None
        text = turn.work.seal.open(kept)
    return turn.ear.booking(text, known(turn))


def _choice(turn: Turn) -> _Choice | None:
    match turn.choice:
        case [_, day, number, digest, how]:
            return _Choice(date.fromisoformat(day), int(number), digest, how == "clinic")
    return None


def _the_doctor(turn: Turn) -> Doctor:
    if turn.doctor is None:
        raise LookupError("It is not clear with which doctor to book; the rows before ask.")
    return turn.doctor


def _slot(turn: Turn, doctor: Doctor) -> Found | None:
    """Return the free slot that fits what was said, or the first one of that day, or of today."""
    if turn.wish is None:
        turn.wish = _wish(turn)
    day = date.fromisoformat(turn.wish.day) if turn.wish.day else today(turn.clinic, turn.work.now)
    last = today(turn.clinic, turn.work.now) + timedelta(days=turn.clinic.booking_days)
    if not today(turn.clinic, turn.work.now) <= day <= last:
        raise StaffBookingRefused(why="DAY_BEYOND")
    found = slot_wished(turn, doctor)
    if found is not None or turn.wish.minute is not None:
        return found
    view = read_day(turn.work, turn.clinic, doctor, day)
    if not view.open:
        raise StaffBookingRefused(why="DAY_CLOSED")
    free = view.free(turn.work.now)
    wanted = numbers_wished(turn, day, view.queue.timetable)
    slot = next((s for s in free if s.number in wanted), free[0] if free else None)
    return Found(day, slot, slot_time(slot)) if slot is not None else None


def _wish(turn: Turn) -> Wish:
    """Return day and time that the message names; the words before them name nobody's."""
    said, time = _said(turn), turn.ear.sentence(turn.meaning.rest, known(turn)).time
    return Wish(
        day=said.day.isoformat() if said and said.day else None,
        minute=time.minute if time else None,
        either_half=time.either_half if time else False,
        bound=time.bound if time else "at",
        part=time.part.value if time and time.part else None,
    )


def _digest(said: BookingSaid) -> str:
    return hashlib.sha256(f"{said.phone} {said.name}".encode()).hexdigest()[:DIGEST]


@says("reception/how_to_book")
def _how_to_book(_turn: Turn) -> Say:
    return Say()


@says("reception/not_booked")
def _not_booked(turn: Turn) -> Say:
    return Say(
        values={
            "doctor": _the_doctor(turn).name,
            "why": turn.details["why"].lower().replace("_", " "),
        }
    )


@says("reception/book_sure")
def _book_sure(turn: Turn) -> Say:
    """Show doctor, day, time and person, and ask how the advance is paid if there is one."""
    doctor, said, found = _the_doctor(turn), _said(turn), turn.found
    if said is None or found is None:
        raise LookupError("There is nothing to propose.")
    queue = read_day(turn.work, turn.clinic, doctor, found.day).queue
    base = f"{BOOK_YES}:{doctor.doctor_id}:{found.day.isoformat()}:{found.slot.number}"
    options = [Option(id=f"{base}:{_digest(said)}:clinic", label="yes_button")]
    if queue.advance_paise:
        shown = {"advance": queue.advance_paise}
        link = Option(id=f"{base}:{_digest(said)}:link", label="link_button", values=shown)
        options.append(link)
    options.append(Option(id=f"no:{doctor.doctor_id}", label="no_button"))
    return Say(
        values={
            "doctor": doctor.name,
            "person": said.name,
            "phone": said.phone,
            "number": found.slot.number,
            "on": found.day.isoformat(),
            "at": slot_time(found.slot).isoformat(),
            "again": turn.meaning.trigger == BOOK_YES,
            "wished": None if found.is_exact else found.wished.isoformat(),
        },
        options=options,
    )


@says("reception/booked")
def _booked(turn: Turn) -> Say:
    token = turn.acted_on
    return Say(
        values={
            "doctor": _the_doctor(turn).name,
            "person": token.patient_name,
            "number": token.number,
            "on": token.date,
            "at": token.estimated_time.isoformat(),
            "until": token.held_until.isoformat() if token.held_until else None,
            "advance": token.advance_paise if token.status is TokenStatus.PENDING else 0,
        }
    )
