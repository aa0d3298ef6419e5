"""Which of the choices that stand a text picks: by their words, a part of them, or yes and no."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from domain.model.conversations import Push
from domain.model.messages import Message, Option
from flows import settings
from flows.hearing.sounds import sound
from flows.hearing.text import fold
from flows.known import known
from flows.replies import message_answered
from flows.turn import Turn

SHORTEST_PART = 3
"""Letters of a part of a choice's words; fewer stand in too many other words."""

SAYS_AGAIN = {"sure": ("cancel", "not_coming"), "proposed": ("book",)}
"""What may follow a yes and is no other wish, by the question: "yes, cancel it"."""


def offered_where_replied(turn: Turn) -> tuple[str, ...]:
    """Return the choices of our message that was replied to; none if it had none or is too old.

    A number then counts as a tap on that message would.
    """
    answered = message_answered(turn.work, turn.contact.contact_id, turn.inbound)
    return tuple(option.id for option in answered.options) if answered is not None else ()


def is_older_than_question(turn: Turn) -> bool:
    """Whether the message was written, or came to us, before the standing question was asked.

    WhatsApp tells whole seconds. Of two messages that came at once the second has seen nothing of
    what the first led to.
    """
    asked_at = turn.conversation.asked_at
    if asked_at is None or not turn.conversation.offered:
        return False
    received_at = turn.inbound.received_at
    if received_at is not None and received_at <= asked_at:
        return True
    return turn.inbound.sent_at < asked_at.replace(microsecond=0)


def standing_push(turn: Turn) -> Push | None:
    """Return the question that an event asked, if it is the newest."""
    asked_at = turn.conversation.asked_at
    if turn.push is not None and (asked_at is None or turn.push.at > asked_at):
        return turn.push
    return None


def choice_confirmed(turn: Turn) -> str | None:
    """Return the choice that "yes" or "no" means where the standing question is to be confirmed."""
    answer = turn.meaning.trigger
    again = SAYS_AGAIN.get(turn.state, ())
    if answer is None or answer in again or (answer == "hi" and "book" in again):
        answer = turn.ear.answers.yes_or_no(turn.inbound.text, *again)
    if answer not in {"yes", "no"} or standing_push(turn) is not None:
        return None
    if answer == "no" and turn.state == "proposed" and _wants_instead(turn):
        return None
    question = question_of(turn)
    label = f"{answer}_"
    found = (o.id for o in question.options if o.label.startswith(label)) if question else iter(())
    return next(found, None)


def _wants_instead(turn: Turn) -> bool:
    """Return whether more follows a "no" than a no: "no, with Dr. Patel"."""
    rest = turn.ear.answers.without_no(turn.inbound.text)
    if rest == turn.inbound.text:
        return False
    said = turn.ear.sentence(rest, known(turn))
    return bool(said.doctor_ids or said.day or said.time or said.facts)


def choice_named(turn: Turn) -> str | None:
    """Return the choice whose words, in any language, are the whole text: it wins over commands."""
    typed = fold(turn.inbound.text)
    for name, options in _standing_choices(turn):
        found = [o.id for o in options if typed in map(fold, turn.phrases.every_title(name, o))]
        if not found:
            position = _title_typed(typed, _titles(turn, name, options), part=False)
            found = [options[position].id] if position is not None else []
        if len(found) == 1:
            return found[0]
    return None


def choice_named_partly(turn: Turn) -> str | None:
    """Return the choice of which a part was typed that only it has; a question picks none."""
    if "?" in turn.inbound.text:
        return None
    typed = turn.ear.plain(turn.inbound.text)
    for name, options in _standing_choices(turn):
        titles = _titles(turn, name, options)
        position = _title_typed(typed, titles, part=True)
        if position is None and len(typed) >= SHORTEST_PART:
            position = _title_typed(sound(typed), [sound(t) for t in titles], part=False)
        if position is not None:
            return options[position].id
    return None


def _standing_choices(turn: Turn) -> list[tuple[str, Sequence[Option]]]:
    """Return the choices of an event's newest question and of the conversation's, each with its name."""
    push, question = standing_push(turn), question_of(turn)
    found: list[tuple[str, Sequence[Option]]] = []
    if push is not None:
        found.append((settings.REPEAT, settings.options_of(push)))
    if question is not None:
        found.append((question.name, question.options))
    return found


def question_of(turn: Turn) -> Message | None:
    """Return the message that asked the conversation's standing question."""
    return turn.work.get(Message, turn.conversation.question or "")


def _titles(turn: Turn, name: str, options: Sequence[Option]) -> list[str]:
    """Return the folded words of the options of message *name*, as they were shown."""
    zone = {"zone": turn.clinic.time_zone}
    shown = [msgspec.structs.replace(o, values=zone | o.values) for o in options]
    return [fold(turn.phrases.title(turn.language, name, o)) for o in shown]


def _title_typed(typed: str, titles: Sequence[str], *, part: bool) -> int | None:
    """Return which of *titles* was typed, wholly or as a part only it has."""
    if "#" not in typed:
        titles = [t.replace("#", "") for t in titles]
    found = [i for i, t in enumerate(titles) if t == typed]
    if part and not found and (len(typed) >= SHORTEST_PART or "#" in typed):
        found = [i for i, t in enumerate(titles) if f" {typed} " in f" {t} "]
    return found[0] if len(found) == 1 else None
