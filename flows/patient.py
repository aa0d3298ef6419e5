"""The patient's conversation: which trigger a message is, and the tables that answer it."""

from __future__ import annotations

from flows import booking, mine, settings
from flows.table import Table
from flows.turn import Turn
from flows.words import Heard, fold, number_in

TABLE = Table((*booking.ROWS, *mine.ROWS, *settings.ROWS), {**booking.REFUSALS, **mine.REFUSALS})


def answer(turn: Turn) -> None:
    """Answer a patient's message: a tap, a number, a command, the words of a choice, or else."""
    trigger = _trigger(turn)
    if trigger not in {"lost", "media"}:
        turn.remember(misses=0)
    TABLE.fire(trigger, turn)


def _trigger(turn: Turn) -> str:
    inbound = turn.inbound
    if inbound.kind == "tap" and inbound.choice:
        return _choose(turn, inbound.choice)
    if inbound.kind != "text":
        newcomer = not turn.conversation.greeted
        return "hi" if newcomer and inbound.kind != "media" else "media"
    number = number_in(inbound.text)
    if number is not None:
        return _numbered(turn, number)
    word = turn.heard.trigger
    if turn.state == "name" and word in {None, "thanks"}:
        return "text"
    if word in {"yes", "no"} and turn.state != "sure":
        return _lost(turn)
    if word is not None:
        return word
    typed = _typed_choice(turn)
    return _choose(turn, typed) if typed is not None else _lost(turn)


def _numbered(turn: Turn, number: int) -> str:
    """Take a bare number as the answer to the newest question.

    One that an event asked after the number was written is put again instead: the person cannot
    have meant it.
    """
    offered, asked_at = turn.conversation.offered, turn.conversation.asked_at
    if turn.push is not None and (asked_at is None or turn.push.at > asked_at):
        if turn.push.at > turn.inbound.sent_at:
            return "repeat"
        offered = turn.push.offered
    if 1 <= number <= len(offered):
        return _choose(turn, offered[number - 1])
    return _lost(turn)


def _choose(turn: Turn, option_id: str) -> str:
    kind, *rest = option_id.split(":")
    if kind not in TABLE.machine.events:
        return _lost(turn)
    turn.choice = rest
    turn.heard = Heard(kind, "", turn.heard.language)
    return kind


def _typed_choice(turn: Turn) -> str | None:
    """Return the offered choice whose words were typed, wholly or as a part only it has."""
    typed = fold(turn.inbound.text)
    titles = turn.conversation.titles
    exact = [i for i, t in enumerate(titles) if t == typed]
    part = [i for i, t in enumerate(titles) if len(typed) > 2 and f" {typed} " in f" {t} "]  # noqa: PLR2004
    found = exact or part
    return turn.conversation.offered[found[0]] if len(found) == 1 else None


def _lost(turn: Turn) -> str:
    return "lost" if turn.conversation.greeted else "hi"
