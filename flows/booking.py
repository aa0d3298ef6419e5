"""Booking a visit: a doctor, a day, a time, for whom, the advance."""

from __future__ import annotations

from domain.actions.booking import booking, rescheduling, seats
from domain.actions.booking.days import read_day
from domain.actions.people.associations import is_first_booking
from domain.actions.people.identify import find_or_add_patient, patients_of
from domain.errors import (
    AlreadyBooked,
    DayClosed,
    DayFull,
    NotFound,
    NotSelling,
    Refused,
    SlotTaken,
)
from domain.model.clinics import ClinicStatus, Doctor
from domain.model.messages import Option
from domain.model.queues import LIVE, Token, TokenStatus
from domain.timetable import open_days, today
from flows import limits
from flows.my_bookings import booking_to_reschedule
from flows.offers import day_options, doctor_options, person_options, slot_options
from flows.selection import (
    bookable_days,
    chosen_doctor,
    chosen_slot,
    date_in,
    doctor_and_day,
    free_slots,
    keep_said,
    person_for,
    profile_name,
    slot_day,
)
from flows.table import ANYWHERE, Refusal, Row
from flows.turn import Say, Turn, says
from flows.wish import SELF, patient_wished, person_named, wish_of


def no_doctors(turn: Turn) -> bool:
    """Whether nobody can be booked online at this clinic now."""
    return turn.clinic.status is ClinicStatus.SUSPENDED or not turn.doctors()


def doctor_gone(turn: Turn) -> bool:
    """Whether the doctor named by the choice no longer sees patients here."""
    return chosen_doctor(turn) is None


def free_today(turn: Turn) -> bool:
    """Whether the chosen doctor has a slot left today, or in last night's hours until they end."""
    doctor = chosen_doctor(turn)
    if doctor is None:
        return False
    present = today(turn.clinic, turn.work.now)
    for day in open_days(turn.clinic, doctor, turn.work.now):
        turn.day = day
        if day <= present and free_slots(turn):
            return True
    turn.day = present
    return False


def free_later(turn: Turn) -> bool:
    """Whether the chosen doctor has a day to book."""
    return bool(bookable_days(turn))


def free_that_day(turn: Turn) -> bool:
    """Whether the chosen day still has a slot."""
    if chosen_doctor(turn) is None:
        return False
    turn.day = date_in(turn.choice[1]) if len(turn.choice) > 1 else None
    return turn.day is not None and bool(free_slots(turn))


def is_rescheduling(turn: Turn) -> bool:
    """Whether the slot is for a booking that is rescheduled, not for a new one."""
    doctor = chosen_doctor(turn)
    token = booking_to_reschedule(turn)
    return doctor is not None and token is not None and token.doctor_id == doctor.doctor_id


def no_name_yet(turn: Turn) -> bool:
    """Whether nobody is known by name, nor by a WhatsApp profile whose name could be one.

    Of a relative, only the kinship may have been told.
    """
    if turn.conversation.patient_id is not None or wish_of(turn).person is not None:
        return False
    if wish_of(turn).relation not in {None, SELF}:
        return True
    known = patients_of(turn.work, turn.contact, turn.clinic.clinic_id)
    return not known and profile_name(turn) is None


def several_people(turn: Turn) -> bool:
    """Whether the contact writes for several people and has not said for whom."""
    if wish_of(turn).person is not None or patient_wished(turn) is not None:
        return False
    known = patients_of(turn.work, turn.contact, turn.clinic.clinic_id)
    chosen = turn.conversation.patient_id
    return len(known) > 1 and all(p.patient_id != chosen for p in known)


def owes_nothing(turn: Turn) -> bool:
    """Whether the slot chosen, now or before the person was named, needs no advance."""
    doctor = chosen_doctor(turn)
    day = slot_day(turn)
    if doctor is None or day is None:
        return False
    return read_day(turn.work, turn.clinic, doctor, day).queue.advance_paise == 0


def a_name(turn: Turn) -> bool:
    """Whether the text tells a person's name."""
    return turn.meaning.person is not None and turn.meaning.person.name is not None


def only_kinship(turn: Turn) -> bool:
    """Whether the text tells only how the person is related: the name is asked for again."""
    return turn.meaning.person is not None


def a_name_without_slot(turn: Turn) -> bool:
    """Whether the text can be a name, and no slot was chosen before it was asked for."""
    return a_name(turn) and not turn.conversation.note


def a_name_and_nothing_due(turn: Turn) -> bool:
    """Whether the text can be a name and the slot chosen before needs no advance."""
    return a_name(turn) and owes_nothing(turn)


def begin(turn: Turn) -> None:
    """Forget an earlier choice of doctor, day, booking and person."""
    turn.remember(
        doctor_id=None,
        date=None,
        token_id=None,
        patient_id=None,
        note=None,
        wish=None,
        greeted=True,
    )


def name_newcomer(turn: Turn) -> None:
    """Add the person just named; the booking that follows is for them."""
    if (said := turn.meaning.person) is not None and said.name is not None:
        turn.contact, patient = find_or_add_patient(
            turn.work, turn.contact, said.name, turn.clinic.clinic_id
        )
        turn.remember(patient_id=patient.patient_id, wish=wish_of(turn))


def note_kinship(turn: Turn) -> None:
    """Remember whose name is still asked for."""
    turn.remember(wish=wish_of(turn))


def note_doctor(turn: Turn) -> None:
    """Remember the doctor."""
    doctor = chosen_doctor(turn)
    turn.remember(doctor_id=doctor.doctor_id if doctor else None)


def note_slot(turn: Turn) -> None:
    """Remember the slot until the contact says whom it is for."""
    note_doctor(turn)
    turn.remember(note=":".join(turn.choice))


def someone_else(turn: Turn) -> None:
    """Forget the person chosen, but not the slot, to ask for a new one."""
    turn.remember(patient_id=None)


def hold_slot(turn: Turn) -> None:
    """Hold the chosen slot for the person the booking is for."""
    doctor, day, number = chosen_slot(turn)
    patient = person_for(turn)
    held = booking.hold(turn.work, turn.clinic, doctor, turn.contact, patient, day, number)
    turn.token = keep_said(turn, held, patient)
    turn.remember(token_id=None, note=None, patient_id=None, wish=None)


def choose_person(turn: Turn) -> None:
    """Take the person tapped, even if the slot chosen before is gone, then hold that slot."""
    turn.remember(patient_id=turn.choice[0] if turn.choice else None)
    turn.set_savepoint()
    hold_slot(turn)


def take_name(turn: Turn) -> None:
    """Add the person just named, even if the slot chosen before is gone, then hold that slot."""
    name_newcomer(turn)
    turn.set_savepoint()
    hold_slot(turn)


def reschedule(turn: Turn) -> None:
    """Reschedule the remembered booking; it gives up its slot only when it has the new one."""
    doctor, day, number = chosen_slot(turn)
    token = booking_to_reschedule(turn)
    if token is None:
        raise NotFound
    turn.token = rescheduling.reschedule(turn.work, turn.clinic, doctor, token, day, number)
    turn.remember(token_id=None, note=None, wish=None)


# fmt: off
ROWS = (
    #   on           at         when                     do              say                    then
    *(
        Row(on,      ANYWHERE,  no_doctors,              begin,          "booking/no_doctors",  "idle")
        for on in ("hi", "docs", "doc", "days", "day", "slot", "for", "new")
    ),
    Row("hi",        ANYWHERE,  None,                    begin,          "booking/doctors",     "doctor"),
    Row("docs",      ANYWHERE,  None,                    None,           "booking/doctors",     "doctor"),
    Row("doc",       ANYWHERE,  doctor_gone,             None,           "booking/doctors",     "doctor"),
    Row("doc",       ANYWHERE,  free_today,              note_doctor,    "booking/slots",       "slot"),
    Row("doc",       ANYWHERE,  free_later,              note_doctor,    "booking/days",        "day"),
    Row("doc",       ANYWHERE,  None,                    note_doctor,    "booking/no_days",     "doctor"),
    Row("days",      ANYWHERE,  free_later,              note_doctor,    "booking/days",        "day"),
    Row("days",      ANYWHERE,  None,                    note_doctor,    "booking/no_days",     "doctor"),
    Row("day",       ANYWHERE,  free_that_day,           note_doctor,    "booking/slots",       "slot"),
    Row("day",       ANYWHERE,  free_later,              note_doctor,    "booking/day_full",    "day"),
    Row("day",       ANYWHERE,  None,                    note_doctor,    "booking/no_days",     "doctor"),
    Row("slot",      ANYWHERE,  doctor_gone,             None,           "booking/doctors",     "doctor"),
    Row("slot",      ANYWHERE,  is_rescheduling,         reschedule,     None,                  "idle"),
    Row("slot",      ANYWHERE,  no_name_yet,             note_slot,      "booking/ask_name",    "name"),
    Row("slot",      ANYWHERE,  several_people,          note_slot,      "booking/for_whom",    "person"),
    Row("slot",      ANYWHERE,  owes_nothing,            hold_slot,      None,                  "idle"),
    Row("slot",      ANYWHERE,  None,                    hold_slot,      "booking/pay",         "paying"),
    Row("for",       ANYWHERE,  owes_nothing,            choose_person,  None,                  "idle"),
    Row("for",       ANYWHERE,  None,                    choose_person,  "booking/pay",         "paying"),
    Row("new",       ANYWHERE,  None,                    someone_else,   "booking/ask_name",    "name"),
    Row("text",      "name",    a_name_without_slot,     name_newcomer,  "booking/doctors",     "doctor"),
    Row("text",      "name",    a_name_and_nothing_due,  take_name,      None,                  "idle"),
    Row("text",      "name",    a_name,                  take_name,      "booking/pay",         "paying"),
    Row("text",      "name",    only_kinship,            note_kinship,   "booking/ask_name",    "name"),
    Row("text",      "name",    None,                    None,           "booking/ask_name",    "name"),
)


# fmt: on
REFUSALS: dict[type[Refused], Refusal] = {
    SlotTaken: Refusal("booking/slot_taken", "slot"),
    DayFull: Refusal("booking/day_full", "day"),
    NotSelling: Refusal("booking/no_doctors", "idle"),
    DayClosed: Refusal("booking/day_full", "day"),
    AlreadyBooked: Refusal("booking/already"),
    **limits.REFUSALS,
    NotFound: Refusal("booking/doctors", "doctor"),
}


@says("booking/no_doctors")
def _no_doctors(turn: Turn) -> Say:
    """Say that nobody can be booked, and to the clinic's own staff why."""
    unpaid = turn.user is not None and turn.clinic.status is ClinicStatus.SUSPENDED
    return Say(values={"unpaid": unpaid})


@says("booking/doctors")
def _doctors(turn: Turn) -> Say:
    doctors = turn.doctors()
    live = seats.live_tokens(turn.work, turn.contact.contact_id, turn.clinic.clinic_id)
    names = {d.doctor_id: d.name for d in doctors}
    known = patients_of(turn.work, turn.contact, turn.clinic.clinic_id)
    named = person_named(turn)
    person = named.name if named is not None else None
    person = next((p.name for p in known if p.patient_id == turn.conversation.patient_id), person)
    return Say(
        values={
            "person": person,
            "unwell": turn.meaning.trigger == "symptom",
            # Said once, where a person first writes to the clinic; it asks nothing.
            "notice": None if turn.conversation.last_inbound_at else turn.work.rules.notice_url,
            "languages": [own for tag, own in turn.phrases.languages() if tag != turn.language],
            "bookings": [
                {
                    "number": t.number,
                    "person": t.patient_name,
                    "doctor": names.get(t.doctor_id, ""),
                    "at": t.estimated_time.isoformat(),
                }
                for t in live
            ],
        },
        options=doctor_options(turn, doctors),
    )


@says("booking/slots")
def _slots(turn: Turn) -> Say:
    doctor, day = doctor_and_day(turn)
    turn.remember(doctor_id=doctor.doctor_id, date=day.isoformat())
    return Say(
        values={
            "doctor": doctor.name,
            "day": day.isoformat(),
            "night": day < today(turn.clinic, turn.work.now),
            "moving": _rescheduled_number(turn),
        },
        options=slot_options(turn, doctor, day),
    )


@says("booking/days")
def _days(turn: Turn) -> Say:
    doctor = chosen_doctor(turn)
    return Say(
        values={"doctor": doctor.name if doctor else "", "moving": _rescheduled_number(turn)},
        options=day_options(turn, doctor),
    )


@says("booking/day_full")
def _day_full(turn: Turn) -> Say:
    if not bookable_days(turn):
        return _no_days(turn)
    return _days(turn)


@says("booking/no_days")
def _no_days(turn: Turn) -> Say:
    doctor = chosen_doctor(turn)
    return Say(
        values={"doctor": doctor.name if doctor else ""},
        options=[Option(id="hi", label="doctors_button")],
    )


@says("booking/slot_taken")
def _slot_taken(turn: Turn) -> Say:
    turn.day = slot_day(turn)
    if turn.day is not None and free_slots(turn):
        return _slots(turn)
    return _day_full(turn)


@says("booking/ask_name")
def _ask_name(turn: Turn) -> Say:
    relation = wish_of(turn).relation
    return Say(values={"relation": relation if relation != SELF else None})


@says("booking/for_whom")
def _for_whom(turn: Turn) -> Say:
    return Say(options=person_options(turn))


@says("booking/pay")
def pay(turn: Turn) -> Say:
    """Gather the request for an advance: what it costs, until when, and where to pay."""
    token = turn.acted_on
    doctor = turn.work.get(Doctor, token.clinic_id, token.doctor_id)
    return Say(
        values={
            "person": token.patient_name,
            "doctor": doctor.name if doctor else "",
            "number": token.number,
            "at": token.estimated_time.isoformat(),
            "today": token.estimated_time.astimezone(turn.clinic.zone).date()
            == today(turn.clinic, turn.work.now),
            "advance": token.advance_paise,
            "fee": token.amount_paise,
            "until": token.held_until.isoformat() if token.held_until else None,
            "new_name": is_first_booking(turn.work, token),
        },
        url=turn.work.rules.pay_url(token.payment_id or ""),
        payment_id=token.payment_id,
    )


@says("booking/already")
def _already(turn: Turn) -> Say:
    token: Token = turn.details["token"]
    doctor = chosen_doctor(turn)
    if turn.meaning.trigger == "slot":
        note_slot(turn)  # which "for someone else" then takes
    return Say(
        values={
            "person": token.patient_name,
            "number": token.number,
            "at": token.estimated_time.isoformat(),
            "doctor": doctor.name if doctor else "",
        },
        options=[
            Option(id=f"status:{token.token_id}", label="status_button"),
            Option(id=f"move:{token.token_id}", label="move_button"),
            Option(id="new", label="someone_else_button"),
        ],
    )


def _rescheduled_number(turn: Turn) -> int | None:
    token = booking_to_reschedule(turn)
    return token.number if token and token.status in LIVE - {TokenStatus.PENDING} else None
