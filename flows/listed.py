"""Which of the choices of a list a sentence describes: by its place, by its time, or as none of them."""

from __future__ import annotations

from flows import selection
from flows.choices import question_of
from flows.hearing.meaning import Meaning, TimeSaid
from flows.hearing.sounds import sound
from flows.hearing.text import fold
from flows.turn import Turn

LISTED = frozenset({"slot", "doctor", "day", "person"})
"""States with a list to choose from."""
PICKING = frozenset({None, "book", "shift", "move", "ok"})
"""What a sentence may want that picks one of the choices listed."""
MORE = ("more_row", "more_times_row", "other_times_button", "someone_else_row", "days_row")
"""Labels of the choices that lead to more of the same, the nearest first."""


def rows(turn: Turn) -> list[str]:
    """Return the choices of the list itself, without those that lead to another."""
    offered = turn.conversation.offered
    return [o for o in offered if o.partition(":")[0] == offered[0].partition(":")[0]]


def last_row(turn: Turn) -> str | None:
    """Return the choice meant by "the last one": of a list the last of it, and not what leads on."""
    offered = turn.conversation.offered
    if turn.state in LISTED and offered:
        return rows(turn)[-1]
    return offered[-1] if offered else None


def more(turn: Turn) -> str | None:
    """Return the choice that leads to more of what is listed."""
    question = question_of(turn)
    labels = {o.label: o.id for o in question.options} if question else {}
    return next((labels[label] for label in MORE if label in labels), None)


def is_long(text: str) -> bool:
    """Return whether *text* has more lines than an answer to a list has, as our own lists do."""
    return text.strip().count("\n") > 1


def choice_listed(turn: Turn, said: Meaning) -> str | None:
    """Return the choice of the standing list that a sentence describes; None if it does not."""
    text, answers = turn.inbound.text, turn.ear.answers
    if turn.state not in LISTED or not turn.conversation.offered or is_long(text):
        return None
    if answers.refuses_all(text) and not (said.day or said.doctor_ids or said.person):
        return more(turn)
    place = _place_said(turn, said)
    if place is not None:
        return place
    match turn.state:
        case "person" if answers.names_nobody_listed(text):
            return "new"
        case "person":
            return _person_listed(turn)
        case "slot" | "day" if answers.wants_earliest(text) and _nothing_else(said):
            return rows(turn)[0]
        case "slot" if _picks_time(turn, said):
            return selection.slot_at(turn, said.time or turn.ear.time_chosen(text))
        case "slot" if (number := turn.ear.token_number(text)) is not None:
            return selection.slot_numbered(turn, number)
    return None


def _place_said(turn: Turn, said: Meaning) -> str | None:
    """Return which of the choices a short sentence counts: "the second one will do"."""
    text, answers = turn.inbound.text, turn.ear.answers
    if said.trigger not in PICKING or "?" in text or not _nothing_else(said):
        return None
    place = answers.place(text)
    if place is not None:
        return {1: rows(turn)[0], -1: rows(turn)[-1]}[place]
    number = said.number
    if number is None or turn.ear.token_number(text) is not None or not answers.says_plainly(text):
        return None
    if number < 0:
        return last_row(turn)
    offered = turn.conversation.offered
    return offered[number - 1] if 0 < number <= len(offered) else None


def _nothing_else(said: Meaning) -> bool:
    """Return whether a sentence names nothing that says more than a place in the list."""
    return not (said.facts or said.day or said.time or said.doctor_ids or said.person)


def _picks_time(turn: Turn, said: Meaning) -> bool:
    """Return whether a sentence names a time, and neither another day or doctor nor more."""
    if said.trigger not in PICKING or said.day or said.doctor_ids or said.person:
        return False
    if "?" in turn.inbound.text or not set(said.facts) <= {"hours"}:
        return False
    time = said.time
    if time is None:
        return not said.facts and turn.ear.time_chosen(turn.inbound.text) is not None
    return time.minute is not None and (said.is_plain or _is_definite(turn, time))


def _is_definite(turn: Turn, time: TimeSaid) -> bool:
    """Return whether a sentence that says more still chooses the *time*: "11 wala rakh lo, ..."."""
    return time.bound == "at" and not time.about and turn.ear.answers.chooses(turn.inbound.text)


def _person_listed(turn: Turn) -> str | None:
    """Return the choice of the one listed person whose name is among the words: "2 yr old riya"."""
    question = question_of(turn)
    if question is None or not turn.ear.answers.says_plainly(turn.inbound.text):
        return None
    heard = set(sound(fold(turn.inbound.text)).split())
    fits = [
        o.id
        for o in question.options
        if o.id.startswith("for:")
        and heard & set(sound(fold(str(o.values.get("name", "")))).split())
    ]
    return fits[0] if len(fits) == 1 else None
