"""The patient's conversation: which trigger a message is, and the tables that answer it."""

from __future__ import annotations

from flows import (
    account,
    booking,
    corrections,
    facts,
    handover,
    lateness,
    machines,
    manners,
    my_bookings,
    phone_number,
    proposals,
    safety,
    selection,
    settings,
)
from flows.choices import (
    choice_confirmed,
    choice_named,
    choice_named_partly,
    is_older_than_question,
    offered_where_replied,
    question_of,
    standing_push,
)
from flows.hearing.meaning import Meaning
from flows.hearing.sounds import sound
from flows.hearing.text import fold
from flows.known import known
from flows.table import Table
from flows.turn import Turn
from flows.wish import GOES_ON

TABLE = Table(
    (
        *proposals.ROWS,
        *booking.ROWS,
        *corrections.ROWS,
        *my_bookings.ROWS,
        *lateness.ROWS,
        *facts.ROWS,
        *account.ROWS,
        *safety.ROWS,
        *handover.ROWS,
        *manners.ROWS,
        *phone_number.ROWS,
        *settings.ROWS,
    ),
    {**booking.REFUSALS, **my_bookings.REFUSALS},
)

NO_CHOICES = {
    "text", "media", "contact", "number", "repeat", "ask_again", "facts", "book", "lost", "foreign",
}  # fmt: skip
"""Triggers for kinds of messages; no option has one of them as its kind."""

SAID_BESIDE = {None, "symptom", "ok", "thanks", "help"}
"""Triggers that a doctor, a day or a time outweighs."""
ANSWERED_ALONE = {"complain", "red_flag"}
"""Wishes beside which no fact is told."""
MORE = ("more_row", "more_times_row", "other_times_button")
"""Labels of the choices that lead to more of the same."""
DETAILED = {"late", "hours"}
"""Phrases that may name a length of time or a day."""
AT_NAME = {
    "cancel", "status", "help", "human", "stop", "start", "language", "lang", "hi", "ok", "thanks",
}  # fmt: skip
"""Words that are taken for what they mean even where a name is asked for."""


def answer(turn: Turn) -> None:
    """Answer a patient's message: a tap, a number, a command, the words of a choice, a sentence.

    What may be an emergency is answered before everything else. While people of the clinic answer, a message that is not for the bot goes to the desk.
    """
    if turn.inbound.kind == "text":
        turn.meaning = turn.ear.phrase(turn.inbound.text)
    if safety.is_red_flag(turn):
        TABLE.fire(safety.RED_FLAG, turn)
        if handover.is_for_people(turn):
            handover.pass_on(turn)
        return
    if handover.is_for_people(turn) and not handover.calls_bot_back(turn):
        if phone_number.is_typed(turn, alone=True):
            phone_number.keep_number(turn)  # and the desk gets the message as well
        handover.pass_on(turn)
        return
    if handover.calls_bot_back(turn):
        turn.remember(handed_over_until=None)
    trigger = _trigger(turn)
    if machines.is_ignored(turn, trigger):
        return
    if trigger not in {"lost", "media"}:
        turn.remember(misses=0)
    if turn.facts and trigger not in {"facts", *turn.facts}:
        TABLE.fire("facts", turn)  # and then what was wished beside them
    TABLE.fire(trigger, turn)


def _trigger(turn: Turn) -> str:
    inbound = turn.inbound
    if inbound.kind == "tap" and inbound.choice:
        return _choose(turn, inbound.choice)
    if inbound.kind == "contacts" and (inbound.own_phone or turn.conversation.greeted):
        return "contact"
    if inbound.kind != "text":
        return "media" if turn.conversation.greeted else "hi"
    return _trigger_of_text(turn)


def _trigger_of_text(turn: Turn) -> str:
    inbound = turn.inbound
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
    if word == "move" and turn.state in {"slot", "proposed"}:
        return _read_sentence(turn)  # of the booking that is being made
    if word is not None and word in TABLE.machine.events:
        if word in DETAILED:
            turn.meaning = turn.ear.sentence(inbound.text, known(turn)).but(trigger=word)
        return word
    if word == "no" and turn.state == "proposed" and len(turn.conversation.offered) > 1:
        return _choose(turn, turn.conversation.offered[1])  # what else there is
    if word == "no" and phone_number.is_missing(turn):
        return "no_number"
    if manners.is_in_foreign_script(turn):
        return "foreign"
    typed = choice_named_partly(turn) or selection.slot_typed(turn)
    return _choose(turn, typed) if typed is not None else _read_sentence(turn)


def _read_sentence(turn: Turn) -> str:
    text = turn.inbound.text
    denied = turn.state in {"sure", "proposed"} and turn.ear.without_no(text) != text
    said = turn.ear.sentence(turn.ear.without_no(text) if denied else text, known(turn))
    if denied and turn.state == "sure" and said.trigger is None and not said.facts:
        return _choose(turn, turn.conversation.offered[-1])
    picked = _choice_meant(turn, said)
    if picked is not None:
        return _choose(turn, picked)
    trigger = _sentence(turn, said)
    if trigger in {"lost", "hi"} and said.trigger not in {"book", "hi", "other_doctor"}:
        if standing_push(turn) is not None:
            trigger = "repeat"
        elif turn.state in {"sure", "proposed"}:
            trigger = "ask_again"
    turn.meaning = said.but(trigger=trigger)
    return trigger


def _choice_meant(turn: Turn, said: Meaning) -> str | None:
    """Return the choice that a sentence describes: more times, another day, another person."""
    offered = {o.partition(":")[0]: o for o in turn.conversation.offered}
    push = standing_push(turn)
    if push is not None and turn.ear.will_wait(turn.inbound.text):
        return next((o for o in push.offered if o.startswith("wait:")), None)
    if turn.state == "person" and turn.ear.names_nobody_listed(turn.inbound.text):
        return offered.get("new")
    if turn.state == "day" and turn.ear.wants_earliest(turn.inbound.text):
        return turn.conversation.offered[0] if turn.conversation.offered else None
    if turn.state == "person" and (listed := _person_listed(turn)) is not None:
        return listed
    if turn.state in {"slot", "doctor", "proposed"} and turn.ear.asks_for_more(turn.inbound.text):
        question = question_of(turn)
        labels = {o.label: o.id for o in question.options} if question else {}
        found = (labels[label] for label in MORE if label in labels)
        return next(found, None)
    if (
        said.trigger == "move"
        and turn.state in {"slot", "proposed"}
        and not (said.day or said.time)
    ):
        return offered.get("days")
    number = turn.ear.token_number(turn.inbound.text) if turn.state == "slot" else None
    return selection.slot_numbered(turn, number) if number is not None else None


def _person_listed(turn: Turn) -> str | None:
    """Return the choice of the one listed person whose name is among the words: "2 yr old riya"."""
    question = question_of(turn)
    if not turn.ear.says_plainly(turn.inbound.text):
        return None
    heard = set(sound(fold(turn.inbound.text)).split())
    fits = [
        o.id
        for o in (question.options if question else ())
        if o.id.startswith("for:")
        and heard & set(sound(fold(str(o.values.get("name", "")))).split())
    ]
    return fits[0] if len(fits) == 1 else None


def _sentence(turn: Turn, said: Meaning) -> str:
    """Take a sentence for what it seems to mean; what it names narrows a booking or opens one."""
    trigger = said.trigger
    turn.doctor = None
    turn.facts = () if trigger in ANSWERED_ALONE else said.facts
    if trigger == "status" and turn.facts:
        trigger = None
    names_visit = (
        (said.doctor_ids and (not said.by_speciality or said.is_plain))
        or (said.day and said.is_plain)
        or (said.time and turn.state in {*GOES_ON, "paying"})
    )
    if trigger is None and said.doctor_ids and said.day:
        turn.facts = tuple(f for f in turn.facts if f not in {"hours", "doctor_in"})
    if turn.state in GOES_ON and said.doctor_ids:
        turn.facts = tuple(f for f in turn.facts if f not in {"hours", "doctor_in"})
    if trigger in SAID_BESIDE and names_visit and not turn.facts:
        trigger = "book"
    if turn.state == "person" and said.person is not None and not names_visit:
        name = said.person.name
        is_sure = name is None or not name.isascii() or name[0].isupper()
        is_sure = is_sure and turn.ear.says_plainly(turn.inbound.text)
        return "for_said" if is_sure else "ask_again"
    if corrections.is_correction(turn, said):
        trigger = "rename"
    if trigger == "book":
        if said.trigger == "book" and not (said.doctor_ids or said.day or said.time):
            booking.begin(turn)  # a new wish, whatever was being chosen
            turn.state = "idle"
        return "book" if said.doctor_ids or said.day or said.time or said.person else "hi"
    if trigger == "keep" and said.day is not None:
        return "move"  # "do not cancel, make it tomorrow"
    if trigger == "other_doctor":
        return "book" if said.doctor_ids else "hi"
    if trigger in {"move", "shift"} and my_bookings.none_live(turn) and names_visit:
        return "book"
    if trigger == "shift":
        return "move"
    if trigger is None and turn.state in GOES_ON and said.person is not None:
        return "book"
    if trigger is not None and trigger in TABLE.machine.events:
        return trigger
    if turn.facts and is_known(turn):
        return turn.facts[0] if len(turn.facts) == 1 else "facts"
    return _lost(turn)


def is_known(turn: Turn) -> bool:
    """Whether the writer has been here before, so that no greeting is due."""
    return turn.conversation.greeted or bool(turn.contact.patient_ids)


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
    if manners.is_in_foreign_script(turn):
        return "foreign"
    return "lost" if turn.conversation.greeted else "hi"
