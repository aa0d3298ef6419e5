"""What a sentence only refers to: the time or the day of the booking that stands, its patient's age."""

from __future__ import annotations

from domain.model.queues import Token
from domain.names import is_same_name
from flows import my_bookings
from flows.hearing.ages import find_details
from flows.hearing.meaning import Meaning, PersonSaid, TimeSaid, Who
from flows.turn import Turn
from flows.wish import GOES_ON

MOVES = frozenset({None, "book", "move", "shift", "ok", "cancel"})
"""What a sentence may want that names a time or a day as that of the booking."""


def as_before(turn: Turn, said: Meaning) -> Meaning:
    """Return what a sentence means, with what it refers to: "tomorrow, same time" names a time.

    It is unchanged unless the writer has one booking here, and is not making another.
    """
    concepts = {c for w in turn.ear.lexicon.words(said.rest) for c in w.keys("say")}
    if not concepts & {"same_time", "same_day", "age_wrong", "do_it", "move", "may_i"}:
        return said
    token = _one_booking(turn)
    if token is None or turn.state in GOES_ON:
        return said
    if "age_wrong" in concepts:
        return _with_age(turn, said, token)
    if said.trigger not in MOVES or said.doctor_ids or said.person:
        return said
    at = token.estimated_time.astimezone(turn.clinic.zone)
    if "same_time" in concepts and said.time is None and said.day is not None:
        time = TimeSaid(at.hour * 60 + at.minute)
        facts = tuple(f for f in said.facts if f != "hours")
        return said.but(time=time, trigger="move", facts=facts)
    part_only = said.trigger in {"move", "shift"} and said.time and said.time.minute is None
    if said.day is None and said.time is not None and ("same_day" in concepts or part_only):
        return said.but(day=at.date(), trigger="move")
    return said


def _with_age(turn: Turn, said: Meaning, token: Token) -> Meaning:
    """Return a sentence that corrects an age as one that names the patient of *token* so old."""
    if said.trigger not in {None, "change_name"} or said.facts:
        return said
    words = turn.ear.lexicon.words(said.rest)
    age = find_details(words).age
    if age is None or said.person is not None or any(w.keys("kin") for w in words):
        return said
    writer = turn.inbound.profile_name or turn.contact.profile_name or ""
    if any(w.has("person:my") for w in words) and not is_same_name(writer, token.patient_name):
        return said  # the writer's own age, who is not the patient
    person = PersonSaid(Who.NAMED, name=token.patient_name, age=age)
    return said.but(trigger=None, person=person, day=None, time=None)


def _one_booking(turn: Turn) -> Token | None:
    live = my_bookings.bookings_meant(turn)
    return live[0] if len(live) == 1 else None
