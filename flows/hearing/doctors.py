"""Doctors that a sentence names: by a part of the name, in either script, or by speciality."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from rapidfuzz.distance import OSA

from flows.hearing.lexicon import Lexicon, Word, squeeze
from flows.hearing.sounds import sound
from flows.hearing.spans import Span
from flows.hearing.text import fold

TITLES = frozenset({"dr", "doctor", "prof", "डॉ", "डॉक्टर", "mr", "mrs", "ms"})
ENGLISH_NOT = frozenset({"not", "no", "don't", "dont", "do not", "without"})
OR = frozenset({"or", "ya", "या", "/"})
"""Words between two doctors of whom either will do."""
SHORTEST_SLIP = 5
"""Letters of a doctor's name in which one slip is understood."""
HONORIFICS = ("ji", "sir", "mam", "maam", "madam", "sahab", "saab")
"""What is written on to a doctor's name."""


@dataclass(frozen=True)
class DoctorKnown:
    """A doctor as patients speak of one."""

    doctor_id: str
    name: str
    specialization: str


class DoctorNames:
    """Finds the doctors of one clinic in sentences."""

    def __init__(self, doctors: Iterable[DoctorKnown], lexicon: Lexicon) -> None:
        self._by_part: dict[str, frozenset[str]] = {}
        self._by_speciality: dict[str, frozenset[str]] = {}
        for doctor in doctors:
            for part in _parts(doctor.name):
                self._by_part[part] = self._by_part.get(part, frozenset()) | {doctor.doctor_id}
            for word in lexicon.words(doctor.specialization):
                for key in word.keys("speciality"):
                    found = self._by_speciality.get(key, frozenset())
                    self._by_speciality[key] = found | {doctor.doctor_id}
        self._by_sound: dict[str, frozenset[str]] = {}
        self._by_run: dict[str, frozenset[str]] = {}
        for part, ids in self._by_part.items():
            heard = _consonants(part)
            self._by_sound[heard] = self._by_sound.get(heard, frozenset()) | ids
            run = squeeze(heard)
            self._by_run[run] = self._by_run.get(run, frozenset()) | ids

    @property
    def parts(self) -> frozenset[str]:
        """The folded words of all names: none of them is a slip of another word."""
        return frozenset(self._by_part)

    def find(self, words: Sequence[Word]) -> list[Span[frozenset[str]]]:
        """Return which doctors (doctorIds) each part of a sentence may mean."""
        found: list[Span[frozenset[str]]] = []
        at = 0
        while at < len(words):
            span = self._name_at(words, at) or self._speciality_at(words, at)
            if span is not None:
                found.append(span)
            at = span.end if span is not None else at + 1
        return [s for s in found if not _is_denied(words, s, found)] or found

    def beginning(self, word: str) -> frozenset[str]:
        """Return the doctors (doctorIds) with a name that begins with the folded *word*."""
        fits = (ids for part, ids in self._by_part.items() if part.startswith(word))
        return frozenset[str]().union(*fits)

    def _name_at(self, words: Sequence[Word], at: int) -> Span[frozenset[str]] | None:
        """Return the doctors whose name stands at *at*: all words of it that follow narrow them."""
        beside = [*words[max(0, at - 2) : at], *words[at + 1 : at + 2]]
        titled = any(map(_is_title, beside))
        ids = self._named(words[at], titled=titled)
        if not ids:
            return None
        end = at + 1
        while end < len(words) and (more := ids & self._named(words[end], titled=True)):
            ids, end = more, end + 1
        start = at
        while start > 0 and (_is_title(words[start - 1]) or words[start - 1].text == "."):
            start -= 1
        return Span(start, end, ids, 2.0 if titled else 1.0)

    def _named(self, word: Word, *, titled: bool) -> frozenset[str]:
        exact = self._by_part.get(word.text) or self._by_part.get(fold(word.raw))
        if exact:
            return exact
        known = any(not c.startswith(("name:", "plain:")) for c in word.concepts)
        if known and not word.slip:
            return frozenset()
        text = fold(word.raw)
        if not text.isascii():
            heard = _consonants(text)
            ids = self._by_sound.get(heard, frozenset())
            # The sound of "मेनन" has one "n", as no vowel is written between the two.
            doubled = titled and squeeze(text) != text
            return ids or (self._by_run.get(squeeze(heard), frozenset()) if doubled else ids)
        for ending in HONORIFICS:
            if text.endswith(ending) and text.removesuffix(ending) in self._by_part:
                return self._by_part[text.removesuffix(ending)]
        least = SHORTEST_SLIP - titled
        most = 2 if titled and len(text) > SHORTEST_SLIP else 1
        if len(text) < least:
            return frozenset()
        near = [
            (distance, ids)
            for known, ids in self._by_part.items()
            if len(known) >= least
            and (distance := OSA.distance(text, known, score_cutoff=most)) <= most
        ]
        best = min((d for d, _ in near), default=0)
        return frozenset[str]().union(*(ids for d, ids in near if d == best))

    def _speciality_at(self, words: Sequence[Word], at: int) -> Span[frozenset[str]] | None:
        ids = frozenset[str]().union(
            *(self._by_speciality.get(k, frozenset()) for k in words[at].keys("speciality"))
        )
        return Span(at, at + 1, ids, 0.5) if ids else None


def _is_denied(
    words: Sequence[Word], span: Span[frozenset[str]], every: Sequence[Span[frozenset[str]]]
) -> bool:
    """Return whether a doctor is named only to be denied: "not Patel, Sharma", "patel nahi sharma".

    English denies before, Hindi after.
    """
    before = words[span.start - 1] if span.start else None
    if before is not None and before.has("say:not") and before.text in ENGLISH_NOT:
        return True
    after = next(
        (w for w in words[span.end :] if not w.has("say:of", "say:filler", "say:doctor")), None
    )
    denied = after is not None and after.has("say:not", "say:no") and after.text not in ENGLISH_NOT
    return denied and any(other.start > span.start for other in every)


def either_of(words: Sequence[Word], spans: Sequence[Span[frozenset[str]]]) -> frozenset[str]:
    """Return the doctors (doctorIds) that are meant: of "Khan or Gupta" both, else those named first."""
    if not spans:
        return frozenset()
    meant = spans[0].value
    for before, after in pairwise(spans):
        if not any(w.text in OR for w in words[before.end : after.start]):
            break
        meant |= after.value
    return meant


@lru_cache(maxsize=256)
def names_of(doctors: tuple[DoctorKnown, ...], lexicon: Lexicon) -> DoctorNames:
    """Return the finder of a clinic's *doctors*; those of the clinics spoken to last are kept."""
    return DoctorNames(doctors, lexicon)


def _parts(name: str) -> list[str]:
    """Return the folded words of a name that can stand for it: no title, no initial."""
    words = [w.strip(".") for w in fold(name).replace("'", "").split()]
    whole = [w for w in fold(name).split() if "'" in w]
    return [w for w in (*words, *whole) if w not in TITLES and len(w) > 1]


def _is_title(word: Word) -> bool:
    return word.text.rstrip(".") in {*TITLES, *HONORIFICS} or word.has("say:doctor")


def _consonants(word: str) -> str:
    """Return the consonants of a name as they sound: the part that is written alike in all scripts."""
    return "".join(c for c in sound(word) if c not in "eiouy").removesuffix("v")
