"""Understanding what people type: words of every language become triggers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from flows.hearing.text import fold, is_emoji_only, script_of

OBJECTIONS = frozenset("👎❌❎🚫🛑❓❔❗❕🆘🚑😠😡🤬")
"""Emoji that ask or object; a message of any others alone is as polite as "ok"."""


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
        if is_emoji_only(text) and OBJECTIONS.isdisjoint(text):
            return Meaning("ok")
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
        return self._scripts.get(script_of(text) or "")


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
