"""The patient's conversation: which trigger a message is, and the tables that answer it."""

from __future__ import annotations

from flows import (
    account,
    booking,
    corrections,
    facts,
    files,
    handover,
    lateness,
    listed,
    machines,
    manners,
    my_bookings,
    phone_number,
    proposals,
    rights,
    safety,
    selection,
    settings,
    understanding,
)
from flows.choices import (
    choice_confirmed,
    choice_named,
    choice_named_partly,
    is_older_than_question,
    offered_where_replied,
    standing_push,
)
from flows.hearing.meaning import Meaning
from flows.known import known
from flows.table import Table
from flows.turn import Turn

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
        *files.ROWS,
        *rights.ROWS,
        *settings.ROWS,
    ),
    {**booking.REFUSALS, **my_bookings.REFUSALS, **rights.REFUSALS},
)

NO_CHOICES = {
    "text", "media", "contact", "number", "repeat", "ask_again", "facts", "book", "lost", "foreign",
}  # fmt: skip
"""Triggers for kinds of messages; no option has one of them as its kind."""

DETAILED = {"late", "hours"}
"""Phrases that may name a length of time or a day."""
MOST_NAMES = 2
"""Words of a name in a script that is not read; more of them may say anything."""
AT_NAME = {
    "cancel", "status", "help", "human", "stop", "start", "language", "lang", "hi", "ok", "thanks",
}  # fmt: skip
"""Words that are taken for what they mean even where a name is asked for."""


def answer(turn: Turn) -> None:
    """Answer a patient's message: a tap, a number, a command, the words of a choice, a sentence.

    What may be an emergency is answered before everything else. While people of the clinic answer,
    a message that is not for the bot goes to the desk.
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
        handover.call_bot_back(turn)
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
        return "media" if turn.conversation.greeted or files.is_file(turn) else "hi"
    return _trigger_of_text(turn)


def _trigger_of_text(turn: Turn) -> str:
    inbound = turn.inbound
    number = turn.ear.answers.choice(inbound.text)
    if number is not None and (turn.state != "name" or standing_push(turn)):
        return _choose_by_number(turn, number)
    if phone_number.is_typed(turn):
        return "number"
    typed = choice_named(turn) or choice_confirmed(turn)
    if typed is not None:
        return _choose(turn, typed)
    if turn.state == "name":
        return _at_name(turn)
    word = _trigger_of_phrase(turn)
    if word is not None:
        return word
    if manners.is_in_foreign_script(turn):
        return "foreign"
    typed = choice_named_partly(turn) or selection.slot_typed(turn)
    return _choose(turn, typed) if typed is not None else _read_sentence(turn)


def _trigger_of_phrase(turn: Turn) -> str | None:
    """Return what a text that is a known phrase means here; None if it is none, or means nothing."""
    word = turn.meaning.trigger
    choosing = turn.state in {"slot", "proposed"}
    if word == "move" and choosing and my_bookings.none_live(turn):
        return _read_sentence(turn)  # of the booking that is being made
    if word is not None and word in TABLE.machine.events:
        if word in DETAILED:
            turn.meaning = turn.ear.sentence(turn.inbound.text, known(turn)).but(trigger=word)
        return word
    if word == "no" and turn.state == "proposed" and len(turn.conversation.offered) > 1:
        return _choose(turn, turn.conversation.offered[1])  # what else there is
    return "no_number" if word == "no" and phone_number.is_missing(turn) else None


def _read_sentence(turn: Turn) -> str:
    """Take a sentence for the choice that it describes, else for what it seems to mean."""
    understood = understanding.understand(turn, TABLE.machine.events)
    if understood.option is not None:
        return _choose(turn, understood.option)
    turn.meaning = understood.said.but(trigger=understood.trigger)
    return understood.trigger


def _at_name(turn: Turn) -> str:
    """Take what is written where a name is asked for: a name, a question, or a way out."""
    if turn.meaning.trigger in AT_NAME and turn.meaning.trigger in TABLE.machine.events:
        return turn.meaning.trigger
    if manners.is_in_foreign_script(turn) and len(turn.inbound.text.split()) > MOST_NAMES:
        return "foreign"  # more than a name, perhaps
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
    if number < 0:
        last = listed.last_row(turn) if offered is turn.conversation.offered else offered[-1]
        return _choose(turn, last) if last else understanding.lost(turn)
    in_list = number <= len(offered)
    return _choose(turn, offered[number - 1]) if in_list else understanding.lost(turn)


def _choose(turn: Turn, option_id: str) -> str:
    kind, *rest = option_id.split(":")
    if kind not in TABLE.machine.events or kind in NO_CHOICES:
        return understanding.lost(turn)
    turn.choice = rest
    turn.meaning = Meaning(kind, "", turn.meaning.language)
    return kind
