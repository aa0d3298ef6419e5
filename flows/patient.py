"""The patient's conversation: which trigger a message is, and the tables that answer it."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from domain.model.conversations import Push
from domain.model.messages import Message, Option
from flows import (
    account,
    booking,
    facts,
    handover,
    my_bookings,
    phone_number,
    selection,
    settings,
)
from flows.hearing.text import fold, number_in
from flows.replies import message_answered
from flows.table import Table
from flows.turn import Turn
from flows.words import Meaning

TABLE = Table(
    (
        *booking.ROWS,
        *my_bookings.ROWS,
        *facts.ROWS,
        *account.ROWS,
        *handover.ROWS,
        *phone_number.ROWS,
        *settings.ROWS,
    ),
    {**booking.REFUSALS, **my_bookings.REFUSALS},
)

NO_CHOICES = {"text", "media", "contact", "number", "repeat", "lost"}
"""Triggers for kinds of messages; no option has one of them as its kind."""

SHORTEST_PART = 3
"""Letters of a part of a choice's words; fewer stand in too many other words."""


def answer(turn: Turn) -> None:
    """Answer a patient's message: a tap, a number, a command, or the words of a choice.

    While people of the clinic answer, a message that is not for the bot goes to the desk.
    """
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
    TABLE.fire(trigger, turn)


def _trigger(turn: Turn) -> str:
    inbound = turn.inbound
    if inbound.kind == "tap" and inbound.choice:
        return _choose(turn, inbound.choice)
    if inbound.kind == "contacts" and (inbound.own_phone or turn.conversation.greeted):
        return "contact"
    if inbound.kind != "text":
        return "media" if turn.conversation.greeted else "hi"
    digits = number_in(inbound.text)
    if digits is not None and (turn.state != "name" or standing_push(turn)):
        return _choose_by_number(turn, digits)
    if phone_number.is_typed(turn):
        return "number"
    word = turn.meaning.trigger
    if turn.state == "name" and word in {None, "thanks"}:
        return "text"
    typed = _event_choice_typed(turn) or (_confirmation(turn) if word in {"yes", "no"} else None)
    if typed is None and word is not None and word in TABLE.machine.events:
        return word
    if typed is None and word == "no" and phone_number.is_missing(turn):
        return "no_number"
    typed = typed or _offered_choice_typed(turn) or selection.slot_typed(turn)
    return _choose(turn, typed) if typed is not None else _lost(turn)


def _choose_by_number(turn: Turn, digits: int) -> str:
    """Take a bare number as the answer to the message replied to, else to the newest question.

    A question that an event asked after the number was written is repeated instead: the person
    cannot have meant it.
    """
    offered = _offered_where_replied(turn) or turn.conversation.offered
    push = standing_push(turn) if offered is turn.conversation.offered else None
    if push is not None:
        if push.at > turn.inbound.sent_at:
            return "repeat"
        offered = push.offered
    if 1 <= digits <= len(offered):
        return _choose(turn, offered[digits - 1])
    return _lost(turn)


def _offered_where_replied(turn: Turn) -> tuple[str, ...]:
    """Return the choices of our message that was replied to; none if it had none or is too old.

    A number then counts as a tap on that message would.
    """
    answered = message_answered(turn.work, turn.contact.contact_id, turn.inbound)
    return tuple(option.id for option in answered.options) if answered is not None else ()


def _choose(turn: Turn, option_id: str) -> str:
    kind, *rest = option_id.split(":")
    if kind not in TABLE.machine.events or kind in NO_CHOICES:
        return _lost(turn)
    turn.choice = rest
    turn.meaning = Meaning(kind, "", turn.meaning.language)
    return kind


def standing_push(turn: Turn) -> Push | None:
    """Return the question that an event asked, if it is the newest."""
    asked_at = turn.conversation.asked_at
    if turn.push is not None and (asked_at is None or turn.push.at > asked_at):
        return turn.push
    return None


def _event_choice_typed(turn: Turn) -> str | None:
    """Return the choice of an event's newest question whose words were typed."""
    push = standing_push(turn)
    options = settings.options_of(push) if push else []
    return _option_typed(turn, settings.REPEAT, options)


def _confirmation(turn: Turn) -> str | None:
    """Return the choice that "yes" or "no" means while a booking may be about to be cancelled."""
    kind = {"yes": "yes_cancel", "no": "keep"}[turn.meaning.trigger or ""]
    found = (o for o in turn.conversation.offered if o.partition(":")[0] == kind)
    return next(found, None)


def _offered_choice_typed(turn: Turn) -> str | None:
    """Return the offered choice whose words were typed, wholly or as a part only it has."""
    question = turn.work.get(Message, turn.conversation.question or "")
    return _option_typed(turn, question.name, question.options) if question is not None else None


def _option_typed(turn: Turn, name: str, options: Sequence[Option]) -> str | None:
    """Return which option of message *name* has the words that were typed."""
    zone = {"zone": turn.clinic.time_zone}
    shown = [msgspec.structs.replace(o, values=zone | o.values) for o in options]
    titles = [fold(turn.phrases.title(turn.language, name, o)) for o in shown]
    position = _title_typed(fold(turn.inbound.text), titles)
    return options[position].id if position is not None else None


def _title_typed(typed: str, titles: Sequence[str]) -> int | None:
    """Return which of *titles* was typed, wholly or as a part only it has."""
    if "#" not in typed:
        titles = [t.replace("#", "") for t in titles]
    exact = [i for i, t in enumerate(titles) if t == typed]
    long_enough = len(typed) >= SHORTEST_PART or "#" in typed
    part = [i for i, t in enumerate(titles) if long_enough and f" {typed} " in f" {t} "]
    found = exact or part
    return found[0] if len(found) == 1 else None


def _lost(turn: Turn) -> str:
    return "lost" if turn.conversation.greeted else "hi"
