"""One ear for everybody: what a text means, from whole phrases and from the words of sentences."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from itertools import pairwise
from typing import TypeVar
from urllib.parse import unquote

from flows.hearing.commands import Commands
from flows.hearing.dates import DaySaid, find_days
from flows.hearing.doctors import ENGLISH_NOT, names_of
from flows.hearing.durations import find_durations
from flows.hearing.known import NOTHING_KNOWN, Known
from flows.hearing.lexicon import Lexicon, Word
from flows.hearing.meaning import DurationSaid, Meaning, PersonSaid, TimeSaid
from flows.hearing.numbers import choice_number, find_numbers
from flows.hearing.people import find_people, name_said
from flows.hearing.phones import find_phones
from flows.hearing.rules import concepts_of, mood_of
from flows.hearing.spans import Span, covered, pick
from flows.hearing.text import fold, is_emoji_only, script_of, split
from flows.hearing.times import as_clock, find_times
from flows.hearing.wishes import FACTS, Clause, wishes_in

T = TypeVar("T")
NEVER_ASKED = frozenset({"here", "stop", "stop_all", "start", "yes"})
"""Phrases that mean nothing with a question mark: "aa gaye?" asks for somebody else."""
SUBJECTS = frozenset(
    {
        "i",
        "you",
        "we",
        "he",
        "she",
        "it",
        "they",
        "there",
        "my",
        "the",
        "dr",
        "any",
        "this",
        "that",
        "anyone",
        "sir",
    }
)
"""Words that follow the verb with which an English question begins."""
ANSWERS = ("say:polite", "say:cancel", "say:book", "say:want", "filler:courtesy", "say:this_one")
"""What may stand beside a yes or no."""
MOST_UNEXPLAINED = 1
MOST_LINES = 5
"""Line breaks of a message that is read; one with more is a form, an advertisement or our own."""
SAID_SHORTLY = frozenset({"stop", "start", "here"})
"""Wishes that are acted on at once, so that they are heard only in a short message."""
SHORT_ANSWER = 6
"""Words of a short answer to a question."""
SHORT_WISH = 10
"""Words of a short message."""
LONGEST_READ = 600
"""Characters of a message that are read; nobody asks for a visit in more."""
COURTEOUS = frozenset(
    "👍👌🙏👏🙌🤝👋💪💯✅✔☑🆗❤♥🧡💛💚💙💜🤍🤎💖💕💐🌹🌸🌺🌻🎉☺😊🙂😀😃😄😁😆😇😌🤗🥰😍😘😎🤩🥳🫡"
)
"""Emoji that say no more than "ok"; others may be tears, an illness, a question or stars."""
PATIENT_IS = re.compile(r"^\s*(the )?patient( is|'s name is| name is|:|-)\s+", re.IGNORECASE)
"""What people write before a name, beside what `people.toml` has."""
CODE = re.compile(r"[a-z]{3,10}\d{2,4}|[0-9a-z]{26}")
"""A clinic's join code, as registration makes it, folded."""
SHORT = 3
"""Words of a message that is a bare number, with a sign or two."""
_ENDS = frozenset(".?!;,")
"""Signs that end a clause."""


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
        self._commands = Commands(staff, self.lexicon)

    def phrase(self, text: str) -> Meaning:
        """Return what a patient's whole text means, courtesy around it aside; else no trigger."""
        if is_emoji_only(text) and COURTEOUS.issuperset(c for c in text if is_emoji_only(c)):
            return Meaning("ok")
        found = self._patient.get(fold(text)) or self._patient.get(self._without_courtesy(text))
        if found is not None and not ("?" in text and found[0] in NEVER_ASKED):
            return Meaning(found[0], "", found[1])
        answer = self._yes_or_no(text)
        if answer is not None:
            return Meaning(answer)
        return Meaning(None, text.strip(), self.language_of(text))

    def sentence(self, text: str, known: Known) -> Meaning:
        """Return what a patient's sentence means: a wish, facts asked for, and all it names.

        The trigger is what the sentence seems to mean; a table decides whether that is acted upon.
        """
        if text.count("\n") > MOST_LINES:
            return Meaning(None, text.strip(), self.language_of(text))
        text = text[:LONGEST_READ]
        doctors = names_of(known.doctors, self.lexicon)
        words = self.lexicon.words(text, doctors.parts)
        said = _Said(
            tuple(words),
            days=[s for s in find_days(words, known.today) if not _is_denied(words, s.start)],
            times=_not_denied(words, find_times(words)),
            durations=find_durations(words, known.minute),
            people=[s for s in find_people(words, text) if not _is_denied(words, s.start)],
            doctors=doctors.find(words),
            numbers=find_numbers(words),
        ).without_overlaps()
        short = len(words) <= SHORT_WISH
        clauses = said.clauses(known.today)
        triggers = [t for t in wishes_in(clauses) if short or t not in SAID_SHORTLY]
        if "cancel" in triggers and _says_cannot(clauses) and _wants_another(said, clauses):
            # "not today, tomorrow": another day is wanted, and none given up.
            triggers = ["move", *(t for t in triggers if t != "cancel")]
        told = [s for s in said.days if not _is_told(said.words, s, clauses)]
        if told and len(told) < len(said.days):
            said = replace(said, days=told)
        if not triggers and said.durations and not said.unexplained() and len(words) <= SHORT + 1:
            triggers = ["late"]  # "2 min me"
        if not triggers and any(c.mood.past or c.mood.supposed or c.mood.others for c in clauses):
            said = replace(said, days=(), times=(), doctors=())  # told of, and not wished for
        phones = find_phones(words, text, known.countries)
        return Meaning(
            next((t for t in triggers if t not in FACTS), None),
            text.strip(),
            _language_named(words) if "lang" in triggers else self.language_of(text),
            guess=True,
            is_plain=said.unexplained() <= MOST_UNEXPLAINED,
            facts=tuple(t for t in triggers if t in FACTS),
            doctor_ids=tuple(sorted(said.doctors[0].value)) if said.doctors else (),
            by_speciality=bool(said.doctors) and said.doctors[0].weight < 1,
            day=said.days[-1 if "move" in triggers else 0].value.day if said.days else None,
            time=_merged([s.value for s in said.times]),
            duration=said.length("late" in triggers),
            person=said.people[0].value if said.people else None,
            phone=phones[0].value if phones else None,
            number=said.numbers[0].value if said.numbers else None,
        )

    def alarms(self, text: str) -> bool:
        """Return whether *text* may tell of an emergency, in a phrase or in a sentence."""
        if self._patient.get(fold(text), ("", ""))[0] == "red_flag":
            return True
        words = self.lexicon.words(text[:LONGEST_READ])
        return any(w.has("say:red") for w in words) and "red_flag" in wishes_in(
            _Said(tuple(words)).clauses(date.max)
        )

    def command_words(self, text: str) -> str:
        """Return the words of staff's *text* that are the command, without the data behind it.

        All of it, if it is a sentence; "" if it is no command.
        """
        meaning = self._commands.read(text[:LONGEST_READ], NOTHING_KNOWN)
        if meaning.trigger is None:
            return ""
        return text.strip().removesuffix(meaning.rest)

    def asks_for_more(self, text: str) -> bool:
        """Return whether *text* asks for more of what is listed: "aur time dikhao", "more doctors"."""
        concepts = concepts_of(self.lexicon.words(text[:LONGEST_READ]))
        return (
            "more" in concepts
            and bool(concepts & {"times", "doctor", "ask", "send", "who"})
            and "not" not in concepts
        )

    def without_no(self, text: str) -> str:
        """Return *text* without a no at its beginning: "no no, 10 min late" is "10 min late"."""
        words = self.lexicon.words(text[:LONGEST_READ])
        at = 0
        while at < len(words) and words[at].has("say:no", "say:not", "say:polite", "say:keep"):
            at += 1
        denies = any(w.has("say:no", "say:not") for w in words[:at])
        return text[words[at].start :] if denies and at < len(words) else text

    def says_plainly(self, text: str) -> bool:
        """Return whether *text* is short, and neither denies, asks nor names several people."""
        words = [w for w in self.lexicon.words(text[:LONGEST_READ]) if w.text[0].isalnum()]
        concepts = concepts_of(words)
        named = sum(bool(w.keys("kin")) for w in words)
        return (
            len(words) <= SHORT_ANSWER and named <= 1 and not concepts & {"not", "no", "ask", "if"}
        )

    def wants_earliest(self, text: str) -> bool:
        """Return whether *text* asks for the first day that is free."""
        return "earliest" in concepts_of(self.lexicon.words(text[:LONGEST_READ]))

    def will_wait(self, text: str) -> bool:
        """Return whether *text* says that its writer waits."""
        concepts = concepts_of(self.lexicon.words(text[:LONGEST_READ]))
        return "wait_ok" in concepts and not concepts & {"not", "cannot", "ask", "if"}

    def names_nobody_listed(self, text: str) -> bool:
        """Return whether *text* says that the visit is for somebody who is not listed."""
        return "other_person" in concepts_of(self.lexicon.words(text[:LONGEST_READ]))

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
        parted = ["".join(pair) for pair in pairwise(words) if pair[1].isdecimal()]  # "city 42"
        return [w.upper() for w in (*words, *parted) if CODE.fullmatch(w)]

    def choice(self, text: str) -> int | None:
        """Return the number of the option that the whole *text* picks ("1", "option 1", "pehla").

        -1 is the last one. None if anything else is said.
        """
        words = self.lexicon.words(text[:LONGEST_READ])
        names_token = any(w.text == "#" or w.has("pick:token", "say:token_number") for w in words)
        number = None if names_token else choice_number(words)
        if len(words) > 2 and words[-2].has("say:not") and words[-1].text.isdecimal():
            number = int(words[-1].text) if choice_number([words[-1]]) else number  # "1 nahi 2"
        points = any(w.text in {"that", "this", "the"} for w in words)
        counted = any(w.text.isdecimal() or set(w.keys("pick")) - {"one", "the"} for w in words)
        return None if points and not counted else number  # "that one" is no number

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

    def leading_doctor(self, text: str, known: Known) -> tuple[tuple[str, ...], str]:
        """Return the one doctor (doctorId) whose name *text* begins with, and what follows it."""
        return self._commands.without_doctor(text, names_of(known.doctors, self.lexicon))

    def language_of(self, text: str) -> str | None:
        """Return the language whose script most letters of *text* are in, if it has one."""
        return self._scripts.get(script_of(text) or "")

    def _yes_or_no(self, text: str) -> str | None:
        """Return "yes" or "no" if all words of *text* say that, or nothing beside it."""
        words = [w for w in self.lexicon.words(text[:LONGEST_READ]) if w.text[0].isalnum()]
        if "?" in text or not words:
            return None
        first = [w for w in words if w.end <= len(text.split(",", maxsplit=1)[0])] or words
        if concepts_of(words[len(first) :]) & {"move", "late", "cancel", "book", "arrived"}:
            return None  # there is more to it than that
        said_no = ("say:not", "say:no", "say:keep")
        if first[0].has(*said_no) and all(w.has(*said_no, *ANSWERS) for w in first):
            return "no"
        if any(w.has("say:yes") for w in words) and all(
            w.has("say:yes", "say:ok", *ANSWERS) for w in words
        ):
            return "yes"
        return None

    def _without_courtesy(self, text: str) -> str:
        """Return the folded words of a text, slips put right, without those of courtesy."""
        words = self.lexicon.words(text[:LONGEST_READ])
        return " ".join(w.text for w in words if w.text[0].isalnum() and not w.has("say:polite"))


@dataclass(frozen=True)
class _Said:
    """What the words of a sentence name."""

    words: tuple[Word, ...]
    days: Sequence[Span[DaySaid]] = ()
    times: Sequence[Span[TimeSaid]] = ()
    durations: Sequence[Span[DurationSaid]] = ()
    people: Sequence[Span[PersonSaid]] = ()
    doctors: Sequence[Span[frozenset[str]]] = ()
    numbers: Sequence[Span[int]] = ()

    def without_overlaps(self) -> _Said:
        """Return it with each word taken for one thing only."""
        every: list[Span[object]] = []
        for spans in (
            self.durations,
            self.days,
            self.times,
            self.doctors,
            self.people,
            self.numbers,
        ):
            every += [Span(s.start, s.end, id(s), s.weight) for s in spans]
        taken = frozenset(s.value for s in pick(every))
        return _Said(
            self.words,
            days=_of(taken, self.days),
            times=_of(taken, self.times),
            durations=_of(taken, self.durations),
            people=_of(taken, self.people),
            doctors=_of(taken, self.doctors),
            numbers=_of(taken, self.numbers),
        )

    def length(self, late: bool) -> DurationSaid | None:  # noqa: FBT001 - of one caller
        """Return the length of time that is named; "late 20" counts minutes without saying so."""
        if self.durations or not late:
            return self.durations[0].value if self.durations else None
        named = covered(self.numbers) | covered(self.times) | covered(self.days)
        bare = [w for i, w in enumerate(self.words) if w.text.isdecimal() and i not in named]
        return DurationSaid(int(bare[0].text)) if len(bare) == 1 else None

    def unexplained(self) -> int:
        """Return how many words neither name anything nor are known."""
        named = covered(self.durations) | covered(self.days) | covered(self.times)
        named |= covered(self.doctors) | covered(self.people) | covered(self.numbers)
        return sum(
            w.text[0].isalpha()
            and not any(c.startswith(("say:", "filler:", "person:")) for c in w.concepts)
            for i, w in enumerate(self.words)
            if i not in named
        )

    def clauses(self, today: date) -> list[Clause]:
        """Return the clauses of the sentence; what they name counts as concepts too."""
        named = {
            "day_ahead": covered([s for s in self.days if s.value.day > today]),
            "clock_exact": covered([s for s in self.times if s.value.minute is not None]),
            "doctor_said": covered(self.doctors),
            "day": covered(self.days),
            "clock": covered(self.times),
            "length": covered(self.durations),
            "for": covered(self.people),
        }
        within = frozenset().union(*(named[k] for k in ("day", "clock", "length", "doctor_said")))
        found: list[Clause] = []
        start = 0
        for at, word in enumerate(self.words):
            ends = word.text in _ENDS and at not in within
            if ends or word.has("say:but"):
                found += self._clause(start, at, word.text, named)
                start = at + 1
        return found + self._clause(start, len(self.words), "", named)

    def _clause(
        self, start: int, end: int, sign: str, named: Mapping[str, frozenset[int]]
    ) -> list[Clause]:
        words = self.words[start:end]
        if not words:
            return []
        concepts = concepts_of(words)
        concepts |= {k for k, places in named.items() if any(start <= p < end for p in places)}
        asks = sign == "?" or _begins_question(words)
        mood = mood_of(concepts, question=asks)
        return [Clause(words, concepts | ({"asked"} if mood.asked else set()), mood)]


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


def _is_denied(words: Sequence[Word], at: int) -> bool:
    """Return whether "not" stands right before the word *at*."""
    return at > 0 and words[at - 1].has("say:not") and words[at - 1].text in ENGLISH_NOT


def _begins_question(words: Sequence[Word]) -> bool:
    """Return whether a clause begins as English questions do: "is he", "can I", not "will be"."""
    second = words[1] if len(words) > 1 else None
    return (
        words[0].has("say:aux")
        and second is not None
        and (second.text in SUBJECTS or second.has("say:doctor", "say:booking"))
    )


def _language_named(words: Sequence[Word]) -> str | None:
    return next((tag for w in words for tag in w.keys("language")), None)


def _not_denied(words: Sequence[Word], spans: list[Span[T]]) -> list[Span[T]]:
    """Return *spans* without those that Hindi denies: "11.30 nahi 1 baje"."""
    kept = [
        s
        for s in spans
        if not (
            s.end < len(words)
            and words[s.end].has("say:not")
            and words[s.end].text not in ENGLISH_NOT
        )
    ]
    return kept or spans


def _wants_another(said: _Said, clauses: Sequence[Clause]) -> bool:
    """Return whether another day or time is asked for beside one that is not possible."""
    asked = any(
        c.concepts & {"day", "clock"}
        and (c.mood.allowed or c.mood.wanted)
        and not c.concepts & {"cannot", "not_coming"}
        for c in clauses
    )
    return len(said.days) > 1 or asked


def _is_told(words: Sequence[Word], span: Span[DaySaid], clauses: Sequence[Clause]) -> bool:
    """Return whether a day stands in a clause that tells of the past, or denies."""
    at = words[span.start]
    return any((c.mood.past or c.mood.negated) and at in c.words for c in clauses)


def _says_cannot(clauses: Sequence[Clause]) -> bool:
    return any(
        c.concepts & {"cannot", "not_coming"} and "cancel" not in c.concepts for c in clauses
    )


def _of(taken: frozenset[object], spans: Sequence[Span[T]]) -> list[Span[T]]:
    return [s for s in spans if id(s) in taken]


def _merged(times: Sequence[TimeSaid]) -> TimeSaid | None:
    """Return the clock time that was named, else the part of the day."""
    return next((t for t in times if t.minute is not None), times[0] if times else None)


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
