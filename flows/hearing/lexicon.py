"""The words of all languages: which concepts a word or phrase stands for, slips of typing too."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from rapidfuzz import process
from rapidfuzz.distance import OSA

from flows.hearing.text import Piece, split

Sections = Mapping[str, Mapping[str, Sequence[str]]]
"""Of one language: section, key, phrases. The concept of a phrase is `section:key`."""

NO_SLIPS = frozenset({"name", "plain"})
"""Sections whose words are known as they stand: no other word is taken for a slip of one."""
SLIP_FROM = 4
"""Letters from which a word may be written with one slip; shorter ones are too much alike."""
TWO_SLIPS_FROM = 8


@dataclass(frozen=True, slots=True)
class Word:
    """A word, number or sign of a message, or a phrase that the lexicon knows as one.

    *concepts* are names such as `kin:father`; none if the word is unknown.
    """

    text: str
    raw: str
    start: int
    end: int
    glued: bool = False
    concepts: frozenset[str] = frozenset()
    slip: bool = False
    """Whether it is known only as a slip of typing."""

    @property
    def number(self) -> int | None:
        """The number that it is: in digits, or as a word ("five", "paanch")."""
        if self.text.isdecimal():
            return int(self.text)
        return next((int(k) for k in self.keys("number")), None)

    def keys(self, section: str) -> list[str]:
        """Return the keys of the concepts of *section*: `keys("kin")` of "papa" is ["father"]."""
        prefix = f"{section}:"
        return sorted(c[len(prefix) :] for c in self.concepts if c.startswith(prefix))

    def has(self, *concepts: str) -> bool:
        """Return whether it stands for any of *concepts*."""
        return not self.concepts.isdisjoint(concepts)


class Lexicon:
    """Knows the words of all languages at once. Safe to share between threads."""

    def __init__(self, languages: Iterable[Sections], phrases: Iterable[str] = ()) -> None:
        """Learn the words of *languages*; the words of *phrases* are known, and mean nothing alone."""
        self._phrases: dict[tuple[str, ...], frozenset[str]] = {}
        meant = {p.text for phrase in phrases for p in split(phrase)}
        for sections in languages:
            for section, keys in sections.items():
                for key, said in keys.items():
                    added = self._add(f"{section}:{key}", said)
                    meant |= added if section not in NO_SLIPS else set()
        self._longest: dict[str, int] = {}
        for phrase in self._phrases:
            self._longest[phrase[0]] = max(self._longest.get(phrase[0], 0), len(phrase))
        self._known = {w for phrase in self._phrases for w in phrase}
        self._known |= meant
        written = sorted((w for w in meant if w.isalpha()), key=lambda w: (len(w), w))
        self._squeezed = {squeeze(w): w for w in reversed(written)}
        self._by_length = {k: list(g) for k, g in groupby(written, key=len)}
        self._slips: dict[str, str | None] = {}

    def words(self, text: str, names: Container[str] = ()) -> list[Word]:
        """Return the words of *text*: the longest phrases that are known, else single words.

        *names* are folded words that are nobody's slip, such as those of doctors.
        """
        pieces = self.pieces(text, names)
        texts = [p.text for p in pieces]
        found: list[Word] = []
        at = 0
        while at < len(pieces):
            size = self._size(texts, at)
            key = tuple(texts[at : at + size])
            parts = pieces[at : at + size]
            found.append(
                Word(
                    text=" ".join(key),
                    raw=text[parts[0].start : parts[-1].end],
                    start=parts[0].start,
                    end=parts[-1].end,
                    glued=parts[0].glued,
                    concepts=self._phrases.get(key, frozenset()),
                    slip=any(p.slip for p in parts),
                )
            )
            at += size
        return found

    def pieces(self, text: str, names: Container[str] = ()) -> list[Piece]:
        """Return the pieces of *text*, slips of typing put right; *names* are left as they are."""
        return [
            p
            if p.text in names or (known := self._written(p.text)) == p.text
            else replace(p, text=known, slip=True)
            for p in split(text)
        ]

    def concepts(self, word: str) -> frozenset[str]:
        """Return what the single folded *word* stands for."""
        return self._phrases.get((word,), frozenset())

    def _size(self, texts: Sequence[str], at: int) -> int:
        """Return of how many pieces the longest known phrase at *at* is; 1 if none is known."""
        for size in range(min(self._longest.get(texts[at], 1), len(texts) - at), 1, -1):
            if tuple(texts[at : at + size]) in self._phrases:
                return size
        return 1

    def _add(self, concept: str, phrases: Iterable[str]) -> set[str]:
        """Add the phrases of *concept*, and return the words they consist of."""
        keys = [tuple(p.text for p in split(phrase)) for phrase in phrases]
        for key in keys:
            self._phrases[key] = self._phrases.get(key, frozenset()) | {concept}
        return {word for key in keys for word in key}

    def _written(self, word: str) -> str:
        """Return the known word that *word* is meant to be; itself if it is known or none is."""
        if word in self._known or not word.replace("'", "").isalpha():
            return word
        if word.endswith("'s") and word[:-2] in self._known:
            return word[:-2]
        if word not in self._slips:
            if len(self._slips) > MOST_SLIPS_KEPT:
                self._slips.clear()
            self._slips[word] = self._find_slip(word)
        return self._slips[word] or word

    def _find_slip(self, word: str) -> str | None:
        """Return the one known word that *word* is a slip of; None if there is none, or several."""
        squeezed = self._squeezed.get(squeeze(word))
        if squeezed is not None:
            return squeezed
        if len(word) < SLIP_FROM:
            return None
        most = 2 if len(word) >= TWO_SLIPS_FROM else 1
        near = [
            known
            for length in range(len(word) - most, len(word) + most + 1)
            for known in self._by_length.get(length, ())
            if len(known) >= SLIP_FROM
        ]
        found = process.extract(word, near, scorer=OSA.distance, score_cutoff=most, limit=3)
        best = min((d for _, d, _ in found), default=0)
        names = {known for known, distance, _ in found if distance == best}
        concepts = {self._phrases.get((known,), frozenset({known})) for known in names}
        return min(names) if len(concepts) == 1 else None


MOST_SLIPS_KEPT = 5_000
"""Unknown words whose nearest known word is remembered; then they are forgotten together."""


def squeeze(word: str) -> str:
    """Return *word* with each run of one letter as a single letter: "neext" as "next"."""
    return "".join(letter for letter, _ in groupby(word))
