"""A wish for a booking, said in a sentence: what was understood is proposed, and not asked again.

A sentence is a guess. It books and moves nothing: it leads to a proposal with Yes, or to the list
of what is still missing.
"""

from __future__ import annotations

from domain.model.clinics import Doctor
from domain.model.messages import Option
from domain.timetable import today
from flows.booking import (
    begin,
    free_later,
    free_today,
    hold_slot,
    no_doctors,
    no_name_yet,
    owes_nothing,
)
from flows.my_bookings import (
    being_served,
    booking_to_reschedule,
    keep_for_rescheduling,
    none_live,
    over,
    several,
)
from flows.offers import day_options, doctor_options
from flows.selection import chosen_doctor, free_slots, slot_option
from flows.settings import ask_again
from flows.table import ANYWHERE, Row
from flows.turn import Say, Turn, says
from flows.wish import (
    GOES_ON,
    SELF,
    day_wished,
    doctors_meant,
    is_beyond,
    is_past,
    patient_wished,
    person_named,
    slot_wished,
    wish_of,
)


def only_a_relative(turn: Turn) -> bool:
    """Whether nothing but "for my father" was said: his name is asked for at once."""
    wish = wish_of(turn)
    said_more = wish.doctor_ids or wish.day or wish.minute is not None or wish.part
    return wish.relation not in {None, SELF} and wish.person is None and not said_more


def several_doctors_fit(turn: Turn) -> bool:
    """Whether what was said fits several doctors."""
    return len(doctors_meant(turn)) > 1


def no_doctor_said(turn: Turn) -> bool:
    """Whether it was not said which doctor, and there are several."""
    return not doctors_meant(turn)


def day_impossible(turn: Turn) -> bool:
    """Whether the day that was named is over, or later than booking reaches."""
    return _doctor(turn) is not None and (is_past(turn) or is_beyond(turn))


def a_slot_fits(turn: Turn) -> bool:
    """Whether a time was named, and a free slot is at it or near it."""
    doctor = _doctor(turn)
    found = slot_wished(turn, doctor) if doctor is not None else None
    turn.found = found
    return found is not None


def a_free_day(turn: Turn) -> bool:
    """Whether a day was named on which the doctor has a free slot."""
    day = day_wished(turn)
    if day is None or _doctor(turn) is None:
        return False
    turn.day = day
    return bool(free_slots(turn))


def a_full_day(turn: Turn) -> bool:
    """Whether a day was named on which the doctor has none, but has one on another."""
    return day_wished(turn) is not None and free_later(turn)


def may_move(turn: Turn) -> bool:
    """Whether one booking is meant that can still be moved, and something was said of when."""
    wish = wish_of(turn)
    said = wish.day or wish.minute is not None
    return bool(said) and not (over(turn) or none_live(turn) or several(turn) or being_served(turn))


def moves_to_impossible_day(turn: Turn) -> bool:
    """Whether a booking is to move to a day that cannot be booked."""
    return may_move(turn) and day_impossible(turn)


def moves_to_slot(turn: Turn) -> bool:
    """Whether a booking is to move to a time at which, or near which, a slot is free."""
    return may_move(turn) and a_slot_fits(turn)


def moves_to_day(turn: Turn) -> bool:
    """Whether a booking is to move to a day with a free slot."""
    return may_move(turn) and a_free_day(turn)


def note_wish(turn: Turn) -> None:
    """Remember what was asked; a new wish forgets the doctor, day and person of an earlier one."""
    wish = wish_of(turn)
    if turn.state not in GOES_ON:
        begin(turn)
    doctor = _doctor(turn)
    patient = patient_wished(turn)
    turn.remember(
        wish=wish,
        greeted=True,
        doctor_id=doctor.doctor_id if doctor else None,
        **({"patient_id": patient.patient_id} if patient else {}),
    )


def is_proposed(turn: Turn) -> bool:
    """Whether a proposal is the newest question."""
    return bool(turn.conversation.offered)


def note_said(turn: Turn) -> None:
    """Remember whom the slot chosen before is for."""
    turn.remember(wish=wish_of(turn))


def hold_for_said(turn: Turn) -> None:
    """Hold the slot chosen before for the person who was told in words."""
    note_said(turn)
    turn.set_savepoint()
    hold_slot(turn)


def note_move(turn: Turn) -> None:
    """Remember which booking is to move, and to when."""
    wish = wish_of(turn)
    keep_for_rescheduling(turn)
    turn.remember(wish=wish)


# fmt: off
ROWS = (
    #   on     at         when                     do          say                        then
    Row("book",  ANYWHERE,  no_doctors,              begin,      "booking/no_doctors",      "idle"),
    Row("book",  ANYWHERE,  only_a_relative,         note_wish,  "booking/ask_name",        "name"),
    Row("book",  ANYWHERE,  several_doctors_fit,     note_wish,  "booking/which_doctor",    "doctor"),
    Row("book",  ANYWHERE,  no_doctor_said,          note_wish,  "booking/doctors",         "doctor"),
    *(
        row for on in ("book", "doc") for row in (
            Row(on,  ANYWHERE,  day_impossible,          note_wish,  "booking/not_that_day",    "day"),
            Row(on,  ANYWHERE,  a_slot_fits,             note_wish,  "booking/proposal",        "proposed"),
            Row(on,  ANYWHERE,  a_free_day,              note_wish,  "booking/slots",           "slot"),
            Row(on,  ANYWHERE,  a_full_day,              note_wish,  "booking/day_full",        "day"),
        )
    ),
    Row("book",  ANYWHERE,  free_today,              note_wish,  "booking/slots",           "slot"),
    Row("book",  ANYWHERE,  free_later,              note_wish,  "booking/days",            "day"),
    Row("book",  ANYWHERE,  None,                    note_wish,  "booking/no_days",         "doctor"),
    # "ok" is neither yes nor no.
    Row("ok",     "proposed",  is_proposed,  ask_again,  None,  None),
    Row("thanks", "proposed",  is_proposed,  ask_again,  None,  None),
    Row("for_said", "person",  no_name_yet,   note_said,      "booking/ask_name",  "name"),
    Row("for_said", "person",  owes_nothing,  hold_for_said,  None,                "idle"),
    Row("for_said", "person",  None,          hold_for_said,  "booking/pay",       "paying"),
    Row("move",  ANYWHERE,  moves_to_impossible_day, note_move,  "booking/not_that_day",    "day"),
    Row("move",  ANYWHERE,  moves_to_slot,           note_move,  "booking/proposal",        "proposed"),
    Row("move",  ANYWHERE,  moves_to_day,            note_move,  "booking/slots",           "slot"),
)
# fmt: on


@says("booking/which_doctor")
def _which_doctor(turn: Turn) -> Say:
    return Say(options=doctor_options(turn, doctors_meant(turn)))


@says("booking/not_that_day")
def _not_that_day(turn: Turn) -> Say:
    doctor = chosen_doctor(turn)
    day = day_wished(turn)
    return Say(
        values={
            "doctor": doctor.name if doctor else "",
            "asked": day.isoformat() if day else "",
            "past": is_past(turn),
            "days": turn.clinic.booking_days,
        },
        options=day_options(turn, doctor),
    )


@says("booking/proposal")
def _proposal(turn: Turn) -> Say:
    """Ask whether what was understood is right; the next best choices stand beside Yes."""
    doctor, found = chosen_doctor(turn), turn.found
    if doctor is None or found is None:
        raise LookupError("A slot is proposed that no condition has found.")
    turn.remember(doctor_id=doctor.doctor_id, date=found.day.isoformat())
    named, patient = person_named(turn), patient_wished(turn)
    moved = booking_to_reschedule(turn)
    if moved is not None and moved.doctor_id != doctor.doctor_id:
        moved = None
    slot = slot_option(doctor, found.day, found.slot)
    return Say(
        values={
            "doctor": doctor.name,
            "at": slot.values["at"],
            "number": found.slot.number,
            "wished": None
            if found.is_exact or wish_of(turn).bound != "at"
            else found.wished.isoformat(),
            "today": found.day == today(turn.clinic, turn.work.now),
            "person": patient.name if patient else named.name if named else None,
            "relation": wish_of(turn).relation,
            "moving": moved.number if moved else None,
        },
        options=[
            Option(id=slot.id, label="yes_button"),
            Option(
                id=f"day:{doctor.doctor_id}:{found.day.isoformat()}", label="other_times_button"
            ),
            Option(id=f"days:{doctor.doctor_id}", label="days_row"),
        ],
    )


def _doctor(turn: Turn) -> Doctor | None:
    """Return the one doctor meant: by the choice, the booking that moves, or what was said."""
    if turn.doctor is None and turn.meaning.trigger == "book":
        fits = doctors_meant(turn)
        turn.doctor = fits[0] if len(fits) == 1 else None
        return turn.doctor
    return chosen_doctor(turn)
