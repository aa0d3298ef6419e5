"""Which words of a sentence are a person's name: those that are no other known words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from enum import Enum

from domain.names import clean_name
from flows.hearing.lexicon import Word

MOST_WORDS = 5
"""Words of a name; more unknown words in a row are a sentence."""
LONG_SLIP = 6
"""Letters from which an unknown word is taken for the known word that it resembles ("cancle").

Shorter ones are too often names: "Tina" is no slip.
"""
SHORT = 4
"""Letters of what may be abbreviated in a name, with a dot: R., Md."""
_NOTHING: frozenset[str] = frozenset()


class Kind(Enum):
    """What a word may be within a name."""

    NAME = "NAME"
    """A name, or a word that nobody knows."""
    BOTH = "BOTH"
    """A name that is another word as well: "May", "Sham"."""
    INITIAL = "INITIAL"
    ADDRESS = "ADDRESS"
    """Part of a name only between others: Ramesh Bhai Patel."""
    NONE = "NONE"


def without_short_slips(words: Sequence[Word]) -> list[Word]:
    """Return *words* where a short one that only resembles a known word is unknown, as it stands."""
    return [
        replace(w, text=w.raw.casefold(), concepts=_NOTHING, slip=False)
        if w.slip and len(w.text) < LONG_SLIP
        else w
        for w in words
    ]


def kind_of(word: Word) -> Kind:
    """Return what *word* may be within a name."""
    letters = word.raw.replace("'", "")
    if not letters or not word.text[0].isalpha():
        return Kind.NONE
    if len(letters) == 1:
        return Kind.INITIAL
    others = [c for c in word.concepts if not c.startswith("name:")]
    if not others:
        return Kind.NAME
    if len(others) < len(word.concepts):
        return Kind.BOTH
    return Kind.ADDRESS if word.has("person:address") else Kind.NONE


def name_end(words: Sequence[Word], at: int, *, sure: bool = False) -> int:
    """Return where the name that begins at a position ends; the position itself if none does.

    With *sure* something before it says that a name follows, so it may be a word that means
    something else as well.
    """
    end, parts, named = at, 0, False
    while end < len(words) and parts <= MOST_WORDS:
        kind = kind_of(words[end])
        if is_initial(words, end):
            parts, end = parts + 1, end + 1
            continue
        if _joins(words, at, end):
            end += 1
            continue
        if (
            kind is Kind.NONE
            or _is_gender(words, end)
            or (kind is Kind.ADDRESS and not _between(words, at, end))
        ):
            break
        parts += 1
        named = named or kind is Kind.NAME or (sure and kind is Kind.BOTH)
        end += 1
    while end > at and not words[end - 1].text[0].isalpha():
        end -= 1
    return end if named and parts <= MOST_WORDS else at


def name_start(words: Sequence[Word], end: int) -> int:
    """Return where the name that ends before a position begins; the position if none does."""
    at = end
    while at > 0 and (kind_of(words[at - 1]) is not Kind.NONE or _joins(words, 0, at - 1)):
        at -= 1
    while at < end and name_end(words, at) != end:
        at += 1
    return at


def without_titles(words: Sequence[Word], at: int) -> int:
    """Return the position after the titles, and their dots, that begin at a position."""
    while at < len(words) and words[at].has("person:title"):
        at += 2 if at + 1 < len(words) and words[at + 1].text == "." else 1
    return at


def is_doctors(words: Sequence[Word], at: int) -> bool:
    """Return whether a doctor's title stands before a position."""
    if at and words[at - 1].text == ".":
        at -= 1
    return at > 0 and words[at - 1].has("person:doctor")


def written(text: str, words: Sequence[Word]) -> str | None:
    """Return the name that *words* of *text* are, cleaned; None if it cannot be one."""
    name = clean_name(text[words[0].start : words[-1].end])
    return name.removesuffix("'s").removesuffix("’s") if name else None


def is_initial(words: Sequence[Word], at: int) -> bool:
    """Return whether a single letter with a stop stands here: the K. of K. V. Raghavan."""
    letter = words[at]
    stop = words[at + 1] if at + 1 < len(words) else None
    return len(letter.raw) == 1 and letter.raw.isupper() and stop is not None and stop.text == "."


def _joins(words: Sequence[Word], at: int, sign: int) -> bool:
    """Return whether a sign belongs to the name before it: R. K. Sharma, Anne-Marie."""
    if sign <= at or not words[sign].glued:
        return False
    before = words[sign - 1]
    if words[sign].text == ".":
        return len(before.raw) <= SHORT and before.text[0].isalpha()
    following = words[sign + 1] if sign + 1 < len(words) else None
    return words[sign].text == "-" and following is not None and following.glued


def _is_gender(words: Sequence[Word], at: int) -> bool:
    """Return whether a letter is the "F" of "Riya F 5", and no initial."""
    after = words[at + 1] if at + 1 < len(words) else None
    number = after is not None and (after.text == "/" or after.number is not None)
    return number and len(words[at].raw) == 1 and words[at].has("person:m", "person:f")


def _between(words: Sequence[Word], at: int, middle: int) -> bool:
    after = words[middle + 1] if middle + 1 < len(words) else None
    return middle > at and after is not None and kind_of(after) is Kind.NAME
