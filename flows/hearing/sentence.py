"""A sentence: what its words name, its clauses, and what all of it means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TypeVar

from flows.hearing.dates import DaySaid, find_days
from flows.hearing.doctors import ENGLISH_NOT, either_of, names_of
from flows.hearing.durations import find_durations
from flows.hearing.known import Known
from flows.hearing.lexicon import Lexicon, Word
from flows.hearing.meaning import DurationSaid, Meaning, PersonSaid, TimeSaid
from flows.hearing.numbers import find_numbers
from flows.hearing.people import find_people
from flows.hearing.phones import find_phones
from flows.hearing.rules import concepts_of, mood_of
from flows.hearing.spans import Span, covered, pick
from flows.hearing.times import find_times
from flows.hearing.wishes import FACTS, Clause, wishes_in

T = TypeVar("T")
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
MOST_UNEXPLAINED = 1
"""Words of a sentence that may be left unexplained where it counts as plain."""
SAID_SHORTLY = frozenset({"stop", "start", "here"})
"""Wishes that are acted on at once, so that they are heard only in a short message."""
SHORT_WISH = 10
"""Words of a short message."""
BESIDE_ARRIVAL = (
    "say:arrived", "say:filler", "say:polite", "say:clinic", "say:present", "say:where", "say:ahead",
    "say:how_many", "say:beside_arrival", "say:booking", "say:wait_ok", "say:tell", "say:stay",
)  # fmt: skip
"""What may stand beside a word that says loosely that somebody came: "aa gaya", "here"."""
LENGTH_ALONE = 4
"""Words of a message that is a length of time and no more."""
_ENDS = frozenset(".?!;,")
"""Signs that end a clause."""


@dataclass(frozen=True)
class Sentence:
    """The words of a message, and what they name."""

    words: tuple[Word, ...]
    days: Sequence[Span[DaySaid]] = ()
    times: Sequence[Span[TimeSaid]] = ()
    durations: Sequence[Span[DurationSaid]] = ()
    people: Sequence[Span[PersonSaid]] = ()
    doctors: Sequence[Span[frozenset[str]]] = ()
    numbers: Sequence[Span[int]] = ()

    def without_overlaps(self) -> Sentence:
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
        return Sentence(
            self.words,
            days=_of(taken, self.days),
            times=_of(taken, self.times),
            durations=_of(taken, self.durations),
            people=_of(taken, self.people),
            doctors=_of(taken, self.doctors),
            numbers=_of(taken, self.numbers),
        )

    def length(self, *, late: bool) -> DurationSaid | None:
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
                start = at + (not word.has("say:cancel", "say:move"))  # "just cancel" says both
        return found + self._clause(start, len(self.words), "", named)

    def corrections(self) -> frozenset[int]:
        """Return where a "nahi" denies the day before it, as another follows: "kal nahi, parso"."""
        last = max((s.start for s in self.days), default=0)
        return frozenset(
            at
            for at in range(1, last)
            if self.words[at].has("say:not")
            and self.words[at].text not in ENGLISH_NOT
            and any(c.startswith(("day:", "weekday:")) for c in self.words[at - 1].concepts)
        )

    def _clause(
        self, start: int, end: int, sign: str, named: Mapping[str, frozenset[int]]
    ) -> list[Clause]:
        words = self.words[start:end]
        if not words:
            return []
        corrections = self.corrections()
        concepts = concepts_of([w for at, w in enumerate(words, start) if at not in corrections])
        concepts |= {k for k, places in named.items() if any(start <= p < end for p in places)}
        asks = sign == "?" or _begins_question(words)
        mood = mood_of(concepts, question=asks)
        return [Clause(words, concepts | ({"asked"} if mood.asked else set()), mood)]


def read_sentence(text: str, lexicon: Lexicon, known: Known) -> Meaning:
    """Return what a patient's sentence seems to mean: a wish, facts asked for, all it names.

    Its language is that which it asks for, if it does.
    """
    doctors = names_of(known.doctors, lexicon)
    words = lexicon.words(text, doctors.parts)
    if any(w.has("say:machine") for w in words):
        return Meaning(None, text.strip(), guess=True, is_plain=False)
    said = _name_things(words, text, known, doctors.find(words))
    clauses = said.clauses(known.today)
    triggers = _triggers(said, clauses)
    told = [s for s in said.days if not _is_told(said.words, s, clauses)]
    if told and len(told) < len(said.days):
        said = replace(said, days=told)
    said = _without_told(said, clauses)
    if not triggers and any(c.mood.past or c.mood.supposed or c.mood.others for c in clauses):
        said = replace(said, days=(), times=(), doctors=())  # told of, and not wished for
    phones = find_phones(words, text, known.countries)
    which_day = -1 if {"move", "shift"} & set(triggers) else 0  # "not tomorrow, on Friday"
    return Meaning(
        next((t for t in triggers if t not in FACTS), None),
        text.strip(),
        _language_named(words) if "lang" in triggers else None,
        guess=True,
        is_plain=said.unexplained() <= MOST_UNEXPLAINED,
        facts=tuple(t for t in triggers if t in FACTS),
        doctor_ids=tuple(sorted(either_of(words, said.doctors))),
        by_speciality=bool(said.doctors) and said.doctors[0].weight < 1,
        day=_day_meant(said, which_day),
        time=_merged([s.value for s in said.times]),
        duration=said.length(late="late" in triggers),
        person=said.people[0].value if said.people else None,
        phone=phones[0].value if phones else None,
        number=said.numbers[0].value if said.numbers else None,
    )


def _day_meant(said: Sentence, which: int) -> date | None:
    """Return the day that is meant; of "kal shaadi hai, uske agle din" the one after that."""
    if not said.days:
        return None
    following = any(w.has("say:day_after_that") for w in said.words)
    return said.days[which].value.day + timedelta(days=following)


def _name_things(
    words: Sequence[Word], text: str, known: Known, doctors: Sequence[Span[frozenset[str]]]
) -> Sentence:
    people = [s for s in find_people(words, text) if not _is_denied(words, s.start)]
    return Sentence(
        tuple(words),
        days=[s for s in find_days(words, known.today) if not _is_denied(words, s.start)],
        times=_not_denied(words, find_times(words)),
        durations=find_durations(words, known.minute),
        people=people,
        doctors=_without_patients(doctors, people),
        numbers=find_numbers(words),
    ).without_overlaps()


def _without_patients(
    doctors: Sequence[Span[frozenset[str]]], people: Sequence[Span[PersonSaid]]
) -> Sequence[Span[frozenset[str]]]:
    """Return the doctors without a patient's name that a doctor has too, if another is named."""
    named = covered([s for s in people if s.value.name])
    others = [d for d in doctors if d.weight > 1 or named.isdisjoint(range(d.start, d.end))]
    return others or doctors


def _triggers(said: Sentence, clauses: Sequence[Clause]) -> list[str]:
    """Return the wishes of the clauses, as the whole sentence has them."""
    short = len(said.words) <= SHORT_WISH
    found = [t for t in wishes_in(clauses) if short or t not in SAID_SHORTLY]
    if "cancel" in found and _says_cannot(clauses) and _wants_another(said, clauses):
        # "Not today, tomorrow": another day is wanted, and none given up.
        found = ["move", *(t for t in found if t != "cancel")]
    if "here" in found and not _says_who_came(said):
        found.remove("here")
    alone = said.durations and not said.unexplained() and len(said.words) <= LENGTH_ALONE
    return ["late"] if not found and alone else found  # "2 min me"


def _says_who_came(said: Sentence) -> bool:
    """Return whether it is the writer, or theirs, who came: "report aa gayi" tells of no arrival."""
    if any(w.has("say:arrived") and not w.has("say:loosely") for w in said.words):
        return True
    named = covered(said.people) | covered(said.numbers)
    return all(
        w.has(*BESIDE_ARRIVAL) or w.keys("kin") or w.keys("person") or not w.text[0].isalpha()
        for at, w in enumerate(said.words)
        if at not in named
    )


def _is_denied(words: Sequence[Word], at: int) -> bool:
    """Return whether "not" stands right before the word *at*."""
    return at > 0 and words[at - 1].has("say:not") and words[at - 1].text in ENGLISH_NOT


def _begins_question(words: Sequence[Word]) -> bool:
    """Return whether a clause begins as English questions do: "is he", "can I", not "will be"."""
    second = words[1] if words[1:] else None
    return (
        words[0].has("say:aux")
        and second is not None
        and (second.text in SUBJECTS or second.has("say:doctor", "say:booking"))
    )


def _language_named(words: Sequence[Word]) -> str | None:
    return next((tag for w in words for tag in w.keys("language")), None)


def _not_denied(words: Sequence[Word], spans: list[Span[T]]) -> list[Span[T]]:
    """Return *spans* without those that Hindi denies: "11.30 nahi 1 baje"."""
    kept = [s for s in spans if not _denied_behind(words, s.end)]
    return kept or spans


def _denied_behind(words: Sequence[Word], at: int) -> bool:
    """Return whether a Hindi "not" denies what ends before *at*: "subah ke time nahi"."""
    while at < len(words) and words[at].has("link:of", "say:of", "say:times", "say:this_one"):
        at += 1
    return at < len(words) and words[at].has("say:not") and words[at].text not in ENGLISH_NOT


def _wants_another(said: Sentence, clauses: Sequence[Clause]) -> bool:
    """Return whether another day or time is asked for beside one that is not possible."""
    asked = any(
        c.concepts & {"day", "clock"}
        and (c.mood.allowed or c.mood.wanted)
        and not c.concepts & {"cannot", "not_coming"}
        for c in clauses
    )
    return len(said.days) > 1 or asked


def _without_told(said: Sentence, clauses: Sequence[Clause]) -> Sentence:
    """Return *said* without what was before, or is given up, where something else is wanted.

    "Pichli baar Sharma ji, is baar Menon madam"; "aaj to nahi, kisi aur din".
    """
    concepts = frozenset[str]().union(*(c.concepts for c in clauses))
    if "other_day" in concepts:
        said = replace(said, days=[s for s in said.days if not _in_refusal(said.words, s, clauses)])
    if len(said.doctors) > 1 and "this_time" in concepts:
        since = next(i for i, w in enumerate(said.words) if w.has("say:this_time"))
        later = [s for s in said.doctors if s.start > since]
        said = replace(said, doctors=later or said.doctors)
    return said


def _in_refusal(words: Sequence[Word], span: Span[DaySaid], clauses: Sequence[Clause]) -> bool:
    """Return whether a day is named in a clause that says no, or that is not about another day."""
    at = words[span.start]
    return any(at in c.words and (c.mood.negated or "other_day" not in c.concepts) for c in clauses)


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
