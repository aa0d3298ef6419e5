"""What a message says: the wish, and the doctor, day, time, person and numbers named with it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from domain.timetable import PartOfDay


@dataclass(frozen=True)
class TimeSaid:
    """A time of the day that was named: a clock time, a part of the day, or both ("sham 6").

    Minutes count from midnight by the clinic's clock.
    """

    minute: int | None = None
    """17:30 is 1050; None if only a part of the day was named."""
    either_half: bool = False
    """Whether *minute* is before noon because neither half of the day was named: "5" is 300."""
    about: bool = False
    """Whether it was said loosely: "5ish", "around 5", "5 ke aaspaas"."""
    bound: str = "at"
    """at, after ("after 6", "6 ke baad") or before."""
    part: PartOfDay | None = None
    """"subah", "in the evening", "after lunch"."""


@dataclass(frozen=True)
class DurationSaid:
    """A length of time that was named, in whole minutes.

    Of a range ("10-15") the longer one counts. *minutes* is None where something looks like a time
    and cannot be read: it is asked about before anybody is told.
    """

    minutes: int | None
    until: bool = False
    """Whether a time of the day was named instead: "till 2:30"."""


class Who(StrEnum):
    """How a person was named."""

    WRITER = "WRITER"
    """"for me", "mere liye"."""
    RELATIVE = "RELATIVE"
    """By kinship alone: "my father", "मेरी बेटी"."""
    NAMED = "NAMED"
    """By name."""


@dataclass(frozen=True)
class PersonSaid:
    """A person that a sentence names: "for Riya, 5, female"."""

    who: Who
    relation: str | None = None
    """The kinship's key, such as father."""
    name: str | None = None
    """As it was written, cleaned."""
    age: int | None = None
    """In years."""
    gender: str | None = None
    """MALE, FEMALE or OTHER."""
    called: str | None = None
    """The word for the kinship, as it was written: "Amma". It can stand for a name."""


@dataclass(frozen=True)
class Meaning:
    """What a text means: a trigger, the words after it, the language it is in, and all it names."""

    trigger: str | None
    rest: str = ""
    language: str | None = None
    guess: bool = False
    """Whether the trigger is only what a sentence seems to mean."""
    is_plain: bool = True
    """Whether hardly a word of it is left unexplained."""
    facts: tuple[str, ...] = ()
    """The facts asked for, beside the trigger, in the order they were asked."""
    doctor_ids: tuple[str, ...] = ()
    """The doctors that fit what was said of one; several if it was not said which."""
    by_speciality: bool = False
    """Whether they are meant by a speciality alone, which may be a word for something else."""
    day: date | None = None
    time: TimeSaid | None = None
    duration: DurationSaid | None = None
    person: PersonSaid | None = None
    phone: str | None = None
    """E.164, of an accepted country."""
    number: int | None = None
    """A token's or an option's number: "#8", "token 8", "option 1", "first one"."""

    def but(self, **changes: object) -> Meaning:
        """Return a copy with *changes*."""
        return replace(self, **changes)  # type: ignore[arg-type]  # named as fields
