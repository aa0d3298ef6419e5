"""The patient's conversation: which trigger a message is, and the tables that answer it."""

from __future__ import annotations

from domain.timetable import today
from flows import (
    account,
    booking,
    corrections,
    handover,
    my_bookings,
    phone_number,
    proposals,
    selection,
    settings,
)
from flows.choices import (
    choice_confirmed,
    choice_named,
    choice_named_partly,
    is_older_than_question,
    offered_where_replied,
    standing_push,
)
from flows.hearing.doctors import DoctorKnown
from flows.hearing.ear import Known
from flows.hearing.meaning import Meaning
from flows.table import Table
from flows.turn import Turn
from flows.wish import GOES_ON

TABLE = Table(
    (
        *proposals.ROWS,
        *booking.ROWS,
        *corrections.ROWS,
        *my_bookings.ROWS,
        *account.ROWS,
        *handover.ROWS,
        *phone_number.ROWS,
        *settings.ROWS,
    ),
    {**booking.REFUSALS, **my_bookings.REFUSALS},
)

NO_CHOICES = {"text", "media", "contact", "number", "repeat", "ask_again", "facts", "book", "lost"}
"""Triggers for kinds of messages; no option has one of them as its kind."""

AT_NAME = {
    "cancel",
    "status",
    "help",
    "human",
    "stop",
    "start",
    "language",
    "lang",
    "hi",
    "menu",
    "red_flag",
}
"""Words that are taken for what they mean even where a name is asked for."""


def answer(turn: Turn) -> None:
    """Answer a patient's message: a tap, a number, a command, the words of a choice, a sentence.

    While people of the clinic answer, a message that is not for the bot goes to the desk.
    """
    if turn.inbound.kind == "text":
        turn.meaning = turn.ear.phrase(turn.inbound.text)
    if handover.is_for_people(turn) and not handover.calls_bot_back(turn):
        if phone_number.is_typed(turn, alone=True):
            phone_number.keep_number(turn)  # and the desk gets the message as well
        handover.pass_on(turn)
        return
    if handover.calls_bot_back(turn):
        turn.remember(handed_over_until=None)
    trigger = _trigger(turn)
    if trigger not in {"lost", "media"}:
        turn.remember(misses=0)
    if turn.facts and trigger != "facts":
        TABLE.fire("facts", turn)
    TABLE.fire(trigger, turn)


def known(turn: Turn) -> Known:
    """Return what the ear must know of the clinic to read a sentence."""
    here = turn.work.now.astimezone(turn.clinic.zone)
    return Known(
        today=today(turn.clinic, turn.work.now),
        minute=here.hour * 60 + here.minute,
        doctors=tuple(DoctorKnown(d.doctor_id, d.name, d.specialization) for d in turn.doctors()),
        countries=tuple(turn.work.rules.phone_countries),
    )


def _trigger(turn: Turn) -> str:
    inbound = turn.inbound
    if inbound.kind == "tap" and inbound.choice:
        return _choose(turn, inbound.choice)
    if inbound.kind == "contacts" and (inbound.own_phone or turn.conversation.greeted):
        return "contact"
    if inbound.kind != "text":
        return "media" if turn.conversation.greeted else "hi"
    number = turn.ear.choice(inbound.text)
    if number is not None and (turn.state != "name" or standing_push(turn)):
        return _choose_by_number(turn, number)
    if phone_number.is_typed(turn):
        return "number"
    typed = choice_named(turn) or choice_confirmed(turn)
    if typed is not None:
        return _choose(turn, typed)
    if turn.state == "name":
        return _at_name(turn)
    word = turn.meaning.trigger
    if word is not None and word in TABLE.machine.events:
        return word
    if word == "no" and phone_number.is_missing(turn):
        return "no_number"
    typed = choice_named_partly(turn) or selection.slot_typed(turn)
    if typed is not None:
        return _choose(turn, typed)
    said = turn.ear.sentence(turn.inbound.text, known(turn))
    trigger = _sentence(turn, said)
    turn.meaning = said.but(trigger=trigger)
    return trigger


def _sentence(turn: Turn, said: Meaning) -> str:
    """Take a sentence for what it seems to mean; what it names narrows a booking or opens one."""
    turn.facts, turn.doctor = said.facts, None
    trigger = said.trigger
    names_visit = said.doctor_ids or said.day or (said.time and turn.state in GOES_ON)
    if trigger in {None, "symptom"} and names_visit and not said.facts:
        trigger = "book"
    elif corrections.is_correction(turn, said):
        trigger = "rename"
    if trigger == "book":
        if said.trigger == "book" and not (said.doctor_ids or said.day or said.time):
            booking.begin(turn)  # a new wish, whatever was being chosen
            turn.state = "idle"
        return "book" if said.doctor_ids or said.day or said.time or said.person else "hi"
    if trigger is not None and trigger in TABLE.machine.events:
        return trigger
    if said.facts:
        return "facts" if turn.conversation.greeted else "hi"
    return _lost(turn)


def _at_name(turn: Turn) -> str:
    """Take what is written where a name is asked for: a name, a question, or a way out."""
    if turn.meaning.trigger in AT_NAME and turn.meaning.trigger in TABLE.machine.events:
        return turn.meaning.trigger
    person = turn.ear.name(turn.inbound.text, known(turn))
    if person is None:
        said = turn.ear.sentence(turn.inbound.text, known(turn))
        if said.trigger in {"red_flag", "human"}:
            return said.trigger
        turn.facts = said.facts
    turn.meaning = Meaning(None, turn.inbound.text, turn.meaning.language, person=person)
    return "facts" if turn.facts else "text"


def _choose_by_number(turn: Turn, number: int) -> str:
    """Take a number as the answer to the message replied to, else to the newest question.

    A question that was asked after the number was written is put again: the person cannot have
    meant it.
    """
    offered = offered_where_replied(turn) or turn.conversation.offered
    push = standing_push(turn) if offered is turn.conversation.offered else None
    if push is not None:
        if push.at > turn.inbound.sent_at:
            return "repeat"
        offered = push.offered
    elif offered is turn.conversation.offered and is_older_than_question(turn):
        return "ask_again"
    position = number - 1 if number > 0 else len(offered) - 1
    return _choose(turn, offered[position]) if 0 <= position < len(offered) else _lost(turn)


def _choose(turn: Turn, option_id: str) -> str:
    kind, *rest = option_id.split(":")
    if kind not in TABLE.machine.events or kind in NO_CHOICES:
        return _lost(turn)
    turn.choice = rest
    turn.meaning = Meaning(kind, "", turn.meaning.language)
    return kind


def _lost(turn: Turn) -> str:
    return "lost" if turn.conversation.greeted else "hi"
