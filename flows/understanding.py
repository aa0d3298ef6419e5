"""What a patient's sentence means where the conversation stands: a choice, a proposal, a question.

The ear says what a sentence names. Here it is decided which trigger of the table that is, or which
of the choices that stand. A sentence is a guess, so what books, moves or cancels is only proposed.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass

from flows import booking, corrections, manners, my_bookings
from flows.choices import standing_push
from flows.hearing.meaning import Meaning, Who
from flows.known import known
from flows.listed import choice_listed, is_long, more
from flows.references import as_before
from flows.turn import Turn
from flows.wish import GOES_ON

SAID_BESIDE = {None, "symptom", "ok", "thanks", "help"}
"""Triggers that a doctor, a day or a time outweighs."""
ANSWERED_ALONE = {"complain", "red_flag"}
"""Wishes beside which no fact is told."""
PRESENCE = {"hours", "doctor_in"}
"""Facts that are asked about a doctor whom a visit is wished with: "is Dr. Rao free on Monday?"."""
YES_OR_NO = {"sure", "proposed"}
"""States with a question to be confirmed."""


@dataclass(frozen=True)
class Understood:
    """What a sentence means here: an option of the standing question, else a trigger."""

    said: Meaning
    trigger: str = "lost"
    option: str | None = None


def understand(turn: Turn, triggers: Container[str]) -> Understood:
    """Return what the sentence that came means; *triggers* are those that the table takes."""
    text = turn.inbound.text
    denied = turn.state in YES_OR_NO and turn.ear.answers.without_no(text) != text
    rest = turn.ear.answers.without_no(text) if denied else text
    said = as_before(turn, turn.ear.sentence(rest, known(turn)))
    if turn.state == "sure" and turn.conversation.offered and not said.facts:
        stays = said.trigger in {None, "keep"} and denied
        comes = said.trigger not in {"move", "cancel"} and turn.ear.answers.comes_after_all(rest)
        if stays or (comes and not (said.day or said.time)):
            return Understood(said, option=turn.conversation.offered[-1])
    option = _choice_meant(turn, said)
    if option is not None:
        return Understood(said, option=option)
    trigger = _trigger_of(turn, said, triggers)
    if trigger in {"lost", "hi"} and said.trigger not in {"book", "hi", "other_doctor"}:
        if standing_push(turn) is not None:
            trigger = "repeat"
        elif turn.state in YES_OR_NO:
            trigger = "ask_again"
    return Understood(said, trigger)


def lost(turn: Turn) -> str:
    """Return the trigger of a text that was not understood."""
    if manners.is_in_foreign_script(turn):
        return "foreign"
    return "lost" if turn.conversation.greeted else "hi"


def _choice_meant(turn: Turn, said: Meaning) -> str | None:
    """Return the choice that a sentence describes: more times, another day, another person."""
    text, offered = turn.inbound.text, turn.conversation.offered
    kinds = {o.partition(":")[0]: o for o in offered}
    push = standing_push(turn)
    if push is not None and turn.ear.answers.will_wait(text):
        return next((o for o in push.offered if o.startswith("wait:")), None)
    if (listed := choice_listed(turn, said)) is not None:
        return listed
    match turn.state:
        case "slot" | "doctor" | "proposed" if turn.ear.answers.asks_for_more(text):
            return more(turn)
        case "slot" | "proposed" if _wants_other_times(turn, said):
            return more(turn)
        case "slot" | "proposed" if said.trigger == "move" and not (said.day or said.time):
            return kinds.get("days")
    return None


def _wants_other_times(turn: Turn, said: Meaning) -> bool:
    """Return whether a sentence says that the time shown does not suit, or asks for a later one."""
    text, answers = turn.inbound.text, turn.ear.answers
    other = said.person is not None and said.person.who is not Who.WRITER
    named = said.day or said.time or said.doctor_ids or other or said.facts
    return not (named or is_long(text)) and (
        answers.refuses_all(text) or answers.asks_for_later(text)
    )


def _trigger_of(turn: Turn, said: Meaning, triggers: Container[str]) -> str:
    """Return the trigger of a sentence; the facts asked for beside it are noted in the turn."""
    turn.doctor = None
    turn.facts = _facts_wanted(turn, said)
    trigger = None if said.trigger == "status" and turn.facts else said.trigger
    named = _names_visit(turn, said)
    if trigger in SAID_BESIDE and (_names_moment(turn, said) if turn.facts else named):
        trigger = "book"
    if turn.state == "person" and said.person is not None and not named:
        return "for_said" if _is_sure_of_person(turn, said) else "ask_again"
    if corrections.is_correction(turn, said):
        trigger = "rename"
    trigger = _settle(turn, said, trigger, named=named)
    if trigger is not None and trigger in triggers:
        return trigger
    if turn.facts and is_known(turn):
        return turn.facts[0] if len(turn.facts) == 1 else "facts"
    return lost(turn)


def _settle(turn: Turn, said: Meaning, trigger: str | None, *, named: bool) -> str | None:
    """Return what a wish for a visit or another time is here, with what was named beside it."""
    match trigger:
        case "book":
            return _book(turn, said)
        case "keep" if said.day is not None:
            return "move"  # "do not cancel, make it tomorrow"
        case "other_doctor":
            return "book" if said.doctor_ids else "hi"
        case "cancel" | "move" | "shift" if turn.state in GOES_ON and my_bookings.none_live(turn):
            return "book"  # of the booking that is being made
        case "pay" if _asks(turn, said) and my_bookings.none_live(turn):
            return "cash"  # how it is paid
        case "move" | "shift":
            return "book" if named and my_bookings.none_live(turn) else "move"
        case None if turn.state in GOES_ON and said.person is not None:
            return "book"
    return trigger


def _book(turn: Turn, said: Meaning) -> str:
    """Return the trigger of a wish to book; one that names nothing begins anew."""
    narrowed = bool(said.doctor_ids or said.day or said.time)
    if said.trigger == "book" and not narrowed:
        booking.begin(turn)
        turn.state = "idle"
    return "book" if narrowed or said.person else "hi"


def _facts_wanted(turn: Turn, said: Meaning) -> tuple[str, ...]:
    if said.trigger in ANSWERED_ALONE:
        return ()
    if turn.state == "sure" and said.facts == ("refund",):
        return ("policy",)  # what is paid back if the booking is cancelled
    visit = said.doctor_ids and (turn.state in GOES_ON or (said.trigger is None and said.day))
    at_large = not (said.day or said.time) and _asks(turn, said)
    presence = PRESENCE - {"hours"} if at_large else PRESENCE  # "when does Dr. Khan sit?"
    return tuple(f for f in said.facts if not (visit and f in presence))


def _asks(turn: Turn, said: Meaning) -> bool:
    return any(w.has("say:ask", "say:may_i") for w in turn.ear.lexicon.words(said.rest))


def _names_visit(turn: Turn, said: Meaning) -> bool:
    """Return whether a doctor, a day or a time is named for a visit."""
    doctor = said.doctor_ids and (not said.by_speciality or said.is_plain)
    at_once = said.time is not None and turn.state in {*GOES_ON, "paying"}
    return bool(doctor or (said.day and (said.is_plain or turn.state == "day")) or at_once)


def _names_moment(turn: Turn, said: Meaning) -> bool:
    """Return whether a doctor and a time are named beside facts: "fees, and a Monday 9 am with Gupta"."""
    clock = said.time is not None and said.time.minute is not None
    return bool(said.doctor_ids) and clock and PRESENCE.isdisjoint(turn.facts)


def _is_sure_of_person(turn: Turn, said: Meaning) -> bool:
    """Return whether the person whom a sentence names can be taken for that of the visit."""
    name = said.person.name if said.person else None
    written_as_name = name is None or not name.isascii() or name[0].isupper()
    return written_as_name and turn.ear.answers.says_plainly(turn.inbound.text)


def is_known(turn: Turn) -> bool:
    """Return whether the writer has been here before, so that no greeting is due."""
    return turn.conversation.greeted or bool(turn.contact.patient_ids)
