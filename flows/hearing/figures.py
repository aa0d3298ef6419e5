"""Numbers as parts of a sentence: whole ones, halves and quarters, and what they count."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from flows.hearing.lexicon import Word, squeeze

NOTHING = Word("", "", 0, 0)
"""Stands before the first word and after the last."""
SURE_FROM = 5
"""Letters from which a slip of typing is believed: "shyam" is not "sham", nor "line" nine."""
STRETCHED_FROM = 4
"""Letters from which a word with repeated letters is believed: "bajeee", but "moon" is not "mon"."""
MOST_DIGITS = 15
"""A longer number is none that a sentence counts with."""
HOUR = 60


def word_at(words: Sequence[Word], at: int) -> Word:
    """Return the word at *at*; an empty one outside the sentence."""
    return words[at] if 0 <= at < len(words) else NOTHING


def heard(word: Word, *concepts: str) -> bool:
    """Return whether *word* surely stands for one of *concepts*."""
    return word.has(*concepts) and (not word.slip or _is_believed(word))


def _is_believed(word: Word) -> bool:
    """Return whether a slip is surely the word that it is taken for."""
    letters = len(word.text)
    if letters >= SURE_FROM:
        return True
    return letters >= STRETCHED_FROM and squeeze(word.raw.casefold()) == squeeze(word.text)


def key_of(word: Word, section: str) -> str | None:
    """Return the key that *word* surely has in *section*, the first if there are several."""
    if not word.concepts or (word.slip and not _is_believed(word)):
        return None
    return _keys(word.concepts).get(section)


def number_of(word: Word) -> int | None:
    """Return the number that *word* is, in digits or surely as a word."""
    if word.text.isdecimal():
        return digits_of(word)
    if word.slip and len(word.text) <= SURE_FROM:
        return None  # "Sarah" is not "barah" (12)
    key = _keys(word.concepts).get("number")
    return None if key is None else int(key)


def sections_of(word: Word) -> Iterable[str]:
    """Return the sections in which *word* has a concept; digits are a number."""
    return ("number",) if word.text.isdecimal() else _keys(word.concepts)


@lru_cache(maxsize=4096)
def _keys(concepts: frozenset[str]) -> Mapping[str, str]:
    """Return the first key of each section."""
    return dict(c.split(":", 1) for c in sorted(concepts, reverse=True))


def digits_of(word: Word) -> int | None:
    """Return the number that *word* is in digits."""
    return int(word.text) if word.text.isdecimal() and len(word.text) <= MOST_DIGITS else None


def sign(word: Word, *signs: str) -> bool:
    """Return whether *word* is one of *signs* and stands directly after the word before."""
    return word.glued and word.text in signs


def is_counted(words: Sequence[Word], start: int, end: int, joining: str = "/-.:") -> bool:
    """Return whether the number from *start* to *end* is a token, an age, money or the like.

    So it is after "token" or a currency, before "years" or "people", next to a month, and as a
    part of a longer number such as 98-76 or 120/80, with one of the signs *joining*.
    """
    before, after = word_at(words, start - 1), word_at(words, end)
    if before.has("counted:label") and not before.slip:
        return True
    if after.has("counted:thing", "ordinal:ending") and not after.slip:
        return True  # "16:45 slot" is no slip of "slots"
    if not {"unit", "month"}.isdisjoint(sections_of(after)) or key_of(before, "month"):
        return True
    return joins(words, end, joining) or joins(words, start - 1, joining)


def joins(words: Sequence[Word], at: int, signs: str) -> bool:
    """Return whether one of *signs* at *at* joins two numbers into one, as in 98-76."""
    return (
        sign(word_at(words, at), *signs)
        and word_at(words, at + 1).glued
        and word_at(words, at + 1).text.isdecimal()
        and word_at(words, at - 1).text.isdecimal()
    )


def amount_at(words: Sequence[Word], at: int) -> tuple[int, int] | None:
    """Read a number of units at *at*, such as 2, 1.5, 1½, "half", "dedh" or "sava do".

    Returns:
        The position after it, and the number in sixtieths; None if there is no number.
    """
    word = word_at(words, at)
    number = number_of(word)
    if number is None:
        return _fraction_at(words, at)
    whole, end = number * HOUR, at + 1
    after, last = word_at(words, end), word_at(words, end + 1)
    below = digits_of(last) if last.glued else None
    if below is not None and sign(after, "."):
        return end + 2, whole + below * HOUR // 10 ** len(last.text)
    if below and sign(after, "/"):
        return end + 2, whole // below
    part = _PARTS.get(fraction_of(after) or "")
    if part is not None and after.glued:
        return end + 1, whole + part
    if word_at(words, end + 1).text == "/" and digits_of(after) == 1:
        last_below = digits_of(word_at(words, end + 2))
        if last_below:
            return end + 3, whole + HOUR // last_below
    half_end = half_more(words, end)
    return (half_end, whole + _PARTS["half"]) if half_end else (end, whole)


def half_more(words: Sequence[Word], at: int) -> int | None:
    """Return the position after "and a half" at *at*; None if it does not stand there."""
    if not heard(word_at(words, at), "link:and"):
        return None
    half = at + 2 if heard(word_at(words, at + 1), "link:an") else at + 1
    return half + 1 if fraction_of(word_at(words, half)) == "half" else None


def fraction_of(word: Word) -> str | None:
    """Return the key of the fraction that *word* is; a slip only of those said before a number.

    "Radha" is not "aadha", but "pauney chaar" is "paune chaar".
    """
    key = key_of(word, "fraction")
    return key if key in ADDED or not word.slip else None


def _fraction_at(words: Sequence[Word], at: int) -> tuple[int, int] | None:
    key = fraction_of(word_at(words, at))
    if key is None:
        return None
    if key in _PARTS:
        return at + 1, _PARTS[key]
    following = number_of(word_at(words, at + 1))
    if following is not None:
        return at + 2, following * HOUR + ADDED[key]
    return None if key == "plus_half" else (at + 1, HOUR + ADDED[key])


_PARTS = {"quarter": 15, "half": 30, "three_quarters": 45, "one_half": 90, "two_half": 150}
"""Fractions that are complete, in sixtieths."""
ADDED = {"minus_quarter": -15, "plus_quarter": 15, "plus_half": 30}
"""Fractions that are said before a number: "saade teen" is 3 and a half."""
