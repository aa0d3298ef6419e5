"""Understanding what people type: words of every language become triggers."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise

from domain.names import fold_apostrophes

_EDGES = " \t\r\n.,;:!?\"'`´’‘“”*_~()[]{}<>|/\\-–—•…।॥"
_SAME = {0x093C: None, 0x0901: 0x0902}
"""Devanagari's nukta goes; candrabindu becomes anusvara."""
_STYLES = "\ufe0e\ufe0f"
"""Variation selectors: the same sign as text or as emoji."""
DIGITS = re.compile(r"\d{1,3}")


@dataclass(frozen=True)
class Meaning:
    """What a text means: a trigger, the words after it, and the language it is in."""

    trigger: str | None
    rest: str = ""
    language: str | None = None


@dataclass(frozen=True)
class Vocabulary:
    """The words of one language: for each trigger, the phrases that mean it."""

    language: str
    script: str | None
    """Unicode's name of the letters only this language uses here, such as DEVANAGARI."""
    patient: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    staff: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def fold(text: str) -> str:
    """Normalise *text* for comparison: one case, one form of letters and digits, no emoji.

    Of the signs, a token number's stays, as in #8, and the apostrophe, in one form. In Devanagari,
    people leave out the dot below a letter and exchange the two marks of nasal vowels: the dot
    goes, the marks become one.
    """
    text = fold_apostrophes(unicodedata.normalize("NFKC", text).casefold().translate(_SAME))
    kept = []
    for char, following in pairwise(f"{text} "):
        kind = unicodedata.category(char)
        if kind in {"Me", "Cf"} or char in _STYLES:
            continue  # keycaps, joiners and styles of emoji say nothing
        if kind == "Nd":
            kept.append(str(unicodedata.digit(char)))
        elif kind[0] in "LMN" or char in "+'":
            kept.append(char)
        elif char == "#" and following.isdecimal():
            kept.append(" #")
        else:
            kept.append(" ")
    return " ".join("".join(kept).split()).strip(_EDGES)


class Interpreter:
    """Recognises commands of patients and staff in all languages at once."""

    def __init__(self, vocabularies: list[Vocabulary]) -> None:
        self._scripts = {v.script: v.language for v in vocabularies if v.script}
        self._patient = _index(vocabularies, "patient")
        self._staff = _index(vocabularies, "staff")

    def patient(self, text: str) -> Meaning:
        """Return what a patient's text means.

        A phrase must be the whole text; only `join` and `book for` take the words that follow.
        """
        folded = fold(text)
        found = self._patient.get(folded)
        if found:
            return Meaning(found[0], "", found[1])
        for size in (2, 1):
            head, rest = _split(text, size)
            found = self._patient.get(head)
            if found and rest and found[0] in {"join", "book_for"}:
                return Meaning(found[0], rest, found[1])
        return Meaning(None, text.strip(), self.language_of(text))

    def staff(self, text: str) -> Meaning:
        """Return what a member of staff's text means: the command, then what follows it."""
        for size in (3, 2, 1):
            head, rest = _split(text, size)
            found = self._staff.get(head)
            if found:
                return Meaning(found[0], rest, found[1])
        return Meaning(None, text.strip(), self.language_of(text))

    def language_of(self, text: str) -> str | None:
        """Return the language whose script most letters of *text* are in, if it has one."""
        letters = [c for c in text if unicodedata.category(c)[0] == "L"]
        for script, language in self._scripts.items():
            written = sum(unicodedata.name(c, "").startswith(script) for c in letters)
            if letters and written * 2 > len(letters):
                return language
        return None


def number_in(text: str) -> int | None:
    """Return the number that is the whole of *text*, in the digits of any script; else None."""
    folded = fold(text)
    return int(folded) if DIGITS.fullmatch(folded) else None


def _split(text: str, words: int) -> tuple[str, str]:
    pieces = text.strip().lstrip("/").split(None, words)
    return fold(" ".join(pieces[:words])), pieces[words] if len(pieces) > words else ""


def _index(vocabularies: list[Vocabulary], who: str) -> dict[str, tuple[str, str]]:
    """Map each phrase to its trigger and language; English, which comes first, wins a clash."""
    found: dict[str, tuple[str, str]] = {}
    for vocabulary in vocabularies:
        for trigger, phrases in getattr(vocabulary, who).items():
            for phrase in phrases:
                found.setdefault(_folded(phrase), (trigger, vocabulary.language))
    return found


@cache
def _folded(phrase: str) -> str:
    """Normalise a phrase of a vocabulary; every interpreter of a process has the same ones."""
    return fold(phrase)
