"""One ear for everybody: what a text means, from whole phrases and from the words of sentences."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from itertools import groupby, pairwise
from urllib.parse import unquote

from flows.hearing.answers import Answers
from flows.hearing.commands import Commands
from flows.hearing.desk import DeskReading, bare_name, readings
from flows.hearing.desk_booking import BookingSaid, read_booking
from flows.hearing.doctors import names_of
from flows.hearing.known import NOTHING_KNOWN, Known
from flows.hearing.lexicon import Lexicon
from flows.hearing.meaning import DurationSaid, Meaning, PersonSaid, TimeSaid
from flows.hearing.numbers import find_numbers
from flows.hearing.people import find_people, name_said
from flows.hearing.phones import find_phones
from flows.hearing.sentence import Sentence, read_sentence
from flows.hearing.spans import covered
from flows.hearing.text import fold, is_emoji_only, script_of, split
from flows.hearing.times import as_clock, find_times
from flows.hearing.wishes import wishes_in

NEVER_ASKED = frozenset({"here", "stop", "stop_all", "start", "yes"})
"""Phrases that mean nothing with a question mark: "aa gaye?" asks for somebody else."""
LONGEST_READ = 600
"""Characters of a message that are read; nobody asks for a visit in more."""
MOST_LINES = 5
"""Line breaks of a message that is read; one with more is a form, an advertisement or our own."""
COURTEOUS = frozenset(
    "👍👌🙏👏🙌🤝👋💪💯✅✔☑🆗❤♥🧡💛💚💙💜🤍🤎💖💕💐🌹🌸🌺🌻🎉☺😊🙂😀😃😄😁😆😇😌🤗🥰😍😘😎🤩🥳🫡"
)
"""Emoji that say no more than "ok"; others may be tears, an illness, a question or stars."""
PATIENT_IS = re.compile(r"^\s*(the )?patient( is|'s name is| name is|:|-)\s+", re.IGNORECASE)
"""What people write before a name, beside what `people.toml` has."""
CODE = re.compile(r"[a-z]{3,10}\d{2,4}|[0-9a-z]{26}")
"""A clinic's join code, as registration makes it, folded."""
TEN = 10
MOST_INITIALS = 3
"""Single letters in a row that may be initials; more of them spell a word."""
SHORT = 3
"""Words of a message that is a bare number, with a sign or two."""


@dataclass(frozen=True)
class Vocabulary:
    """What is said in one language: whole phrases by trigger, and the words of sentences."""

    language: str
    script: str | None
    """Unicode's name of the letters only this language uses here, such as DEVANAGARI."""
    patient: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    staff: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    words: Mapping[str, Mapping[str, Sequence[str]]] = field(default_factory=dict)
    """Section, key, phrases."""


class Ear:
    """Understands patients and staff in all languages at once. Safe to share between threads."""

    def __init__(self, vocabularies: Sequence[Vocabulary]) -> None:
        self._scripts = {v.script: v.language for v in vocabularies if v.script}
        self._patient = _index(vocabularies, "patient")
        staff = _index(vocabularies, "staff")
        self.lexicon = Lexicon([v.words for v in vocabularies], [*self._patient, *staff])
        self.answers = Answers(self.lexicon)
        self._commands = Commands(staff, self.lexicon)

    def phrase(self, text: str) -> Meaning:
        """Return what a patient's whole text means, courtesy around it aside; else no trigger."""
        if is_emoji_only(text) and COURTEOUS.issuperset(c for c in text if is_emoji_only(c)):
            return Meaning("ok")
        found = self._patient.get(fold(text)) or self._patient.get(self._without_courtesy(text))
        if found is not None and not ("?" in text and found[0] in NEVER_ASKED):
            return Meaning(found[0], "", found[1])
        answer = self.answers.yes_or_no(text)
        if answer is not None:
            return Meaning(answer)
        return Meaning(None, text.strip(), self.language_of(text))

    def sentence(self, text: str, known: Known) -> Meaning:
        """Return what a patient's sentence means: a wish, facts asked for, and all it names.

        The trigger is what the sentence seems to mean; a table decides whether that is acted upon.
        """
        language = self.language_of(text)
        if text.count("\n") > MOST_LINES:
            return Meaning(None, text.strip(), language)
        said = read_sentence(text[:LONGEST_READ], self.lexicon, known)
        return said if said.language else said.but(language=language)

    def alarms(self, text: str) -> bool:
        """Return whether *text* may tell of an emergency, in a phrase or in a sentence."""
        if self._patient.get(fold(text), ("", ""))[0] == "red_flag":
            return True
        words = self.lexicon.words(text[:LONGEST_READ])
        return any(w.has("say:red") for w in words) and "red_flag" in wishes_in(
            Sentence(tuple(words)).clauses(date.max)
        )

    def command_words(self, text: str) -> str:
        """Return the words of staff's *text* that are the command, without the data behind it.

        All of it, if it is a sentence; "" if it is no command.
        """
        meaning = self._commands.read(text[:LONGEST_READ], NOTHING_KNOWN)
        if meaning.trigger is None:
            return ""
        return text.strip().removesuffix(meaning.rest)

    def own_words(self, text: str) -> str:
        """Return a patient's *text* without the name of the person that it names."""
        found = find_people(self.lexicon.words(text[:LONGEST_READ]), text)
        names = [s.value.name for s in found if s.value.name]
        return text.replace(names[0], " ") if names else text

    def codes_after_join(self, text: str) -> list[str] | None:
        """Return the join code behind the word for joining ("JOIN+CITY42", "Hi! join city 42").

        It may have been written in two words, so there are up to two readings. None if the word for
        joining is not there.
        """
        words = _whole_words(text)
        for at, word in enumerate(words):
            if self._patient.get(fold(word), ("", ""))[0] == "join":
                following = [w.upper() for w in words[at + 1 : at + 3]]
                return [*following[:1], "".join(following)][: len(following)]
        return None

    def codes(self, text: str) -> list[str]:
        """Return the words of *text* that have the shape of a join code."""
        words = _whole_words(text)
        words = [self._figures(w) for w in _spelled(words)]
        parted = ["".join(pair) for pair in pairwise(words) if pair[1].isdecimal()]  # "city 42"
        return [w.upper() for w in (*words, *parted) if CODE.fullmatch(w)]

    def _figures(self, word: str) -> str:
        """Return the figures of a *word* that is a number from ten on: "forty"."""
        keys = [c.partition(":")[2] for c in self.lexicon.concepts(fold(word))]
        return next((k for k in keys if k.isdecimal() and int(k) >= TEN), word)

    def whole_time(self, text: str) -> TimeSaid | None:
        """Return the clock time that the whole *text* is, courtesy aside; None if it says more."""
        words = self.lexicon.words(text[:LONGEST_READ])
        times = [s for s in find_times(words) if s.value.minute is not None]
        explained = covered(times)
        more = [
            w
            for i, w in enumerate(words)
            if i not in explained and w.text[0].isalnum() and not w.has("say:filler", "say:polite")
        ]
        if times and not more:
            return times[0].value
        numbers = [w for w in words if w.text.isdecimal()]
        if not times and len(numbers) == 1 and len(words) <= SHORT:
            return as_clock(numbers[0].number or 0) if self.plain(text) == numbers[0].text else None
        return None

    def time_chosen(self, text: str) -> TimeSaid | None:
        """Return the time that a bare number of *text* names, which takes it: "1045 works"."""
        words = [w for w in self.lexicon.words(text) if w.text[0].isalnum()]
        numbers = [w for w in words if w.text.isdecimal()]
        beside = ("say:polite", "say:yes", "say:ok", "say:suits", "say:book", "say:this_one")
        if len(numbers) != 1 or not all(w in numbers or w.has(*beside) for w in words):
            return None
        return as_clock(int(numbers[0].text))

    def name(self, text: str, known: Known) -> PersonSaid | None:
        """Return whom *text* names, where a name was asked for; None if it names nobody."""
        text = PATIENT_IS.sub("", text)
        return name_said(text, self.lexicon, [d.name for d in known.doctors])

    def plain(self, text: str) -> str:
        """Return the folded words of *text* without those of courtesy, slips put right."""
        return self._without_courtesy(text)

    def command(self, text: str, known: Known) -> Meaning:
        """Return what a text of staff means: a command and its words, or what it may mean."""
        doctors = names_of(known.doctors, self.lexicon)
        meaning = self._commands.read(text[:LONGEST_READ], known, doctors)
        return meaning if meaning.language else meaning.but(language=self.language_of(text))

    def length_and_reason(self, text: str, minute: int) -> tuple[DurationSaid | None, str]:
        """Return the length of time and the reason in what follows a command (`Commands`)."""
        return self._commands.length_and_reason(text, minute)

    def adds_nothing(self, text: str, trigger: str | None) -> bool:
        """Return whether *text*, behind a command, changes nothing about it (`Commands`)."""
        return self._commands.adds_nothing(text, trigger)

    def token_number(self, text: str) -> int | None:
        """Return the token's number that is all of *text*, courtesy aside: "#44", "token 44"."""
        words = self.lexicon.words(text)
        found = find_numbers(words)
        explained = covered(found)
        more = [w for i, w in enumerate(words) if i not in explained and w.text[0].isalnum()]
        if len(found) != 1 or not all(w.has("say:polite", "say:this_one") for w in more):
            return None
        return found[0].value

    def count_phones(self, text: str, known: Known) -> int:
        """Return how many telephone numbers *text* has."""
        return len(find_phones(self.lexicon.words(text), text, known.countries))

    def desk(self, trigger: str, text: str, known: Known) -> list[DeskReading]:
        """Return what follows a command about one patient, in the ways it can be read (`desk`)."""
        return readings(trigger, text, self.lexicon, names_of(known.doctors, self.lexicon))

    def booking(self, text: str, known: Known) -> BookingSaid | None:
        """Return for whom staff ask to book, and with whom (`desk_booking`)."""
        doctors = names_of(known.doctors, self.lexicon)
        return read_booking(text[:LONGEST_READ], self.lexicon, known, doctors)

    def bare_name(self, text: str) -> str | None:
        """Return the name that is all of *text*, courtesy aside; None if it says anything else."""
        return bare_name(text, self.lexicon)

    def leading_doctor(self, text: str, known: Known) -> tuple[tuple[str, ...], str]:
        """Return the one doctor (doctorId) whose name *text* begins with, and what follows it."""
        return self._commands.without_doctor(text, names_of(known.doctors, self.lexicon))

    def language_of(self, text: str) -> str | None:
        """Return the language whose script most letters of *text* are in, if it has one."""
        return self._scripts.get(script_of(text) or "")

    def _without_courtesy(self, text: str) -> str:
        """Return the folded words of a text, slips put right, without those of courtesy."""
        words = self.lexicon.words(text[:LONGEST_READ])
        return " ".join(w.text for w in words if w.text[0].isalnum() and not w.has("say:polite"))


def _whole_words(text: str) -> list[str]:
    """Return the words of *text*; letters and digits written together are one, as in City42."""
    found: list[str] = []
    for piece in split(unquote(text[:LONGEST_READ])):
        if not piece.text[0].isalnum():
            found.append("")
        elif piece.glued and found and found[-1]:
            found[-1] += piece.text
        else:
            found.append(piece.text)
    return [w for w in found if w]


def _spelled(words: Sequence[str]) -> list[str]:
    """Return *words*, those joined that are spelled: "c i t y 4 2" is city42."""
    found: list[str] = []
    for single, run in groupby(words, key=lambda w: len(w) == 1):
        letters = list(run)
        found += ["".join(letters)] if single and len(letters) > MOST_INITIALS else letters
    return found


def _index(vocabularies: Sequence[Vocabulary], who: str) -> dict[str, tuple[str, str]]:
    """Map each phrase to its trigger and language; English, which comes first, wins a clash."""
    found: dict[str, tuple[str, str]] = {}
    for vocabulary in vocabularies:
        for trigger, phrases in getattr(vocabulary, who).items():
            for phrase in phrases:
                found.setdefault(_folded(phrase), (trigger, vocabulary.language))
    return found


@cache
def _folded(phrase: str) -> str:
    """Normalise a phrase of a vocabulary; every ear of a process has the same ones."""
    return fold(phrase)
