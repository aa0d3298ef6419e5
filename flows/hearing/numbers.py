"""Numbers of tokens and of options: "#8", "token 8", "option 1", "the second one", "last one"."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from flows.hearing.lexicon import Word
from flows.hearing.spans import Span, pick

LAST = -1
"""The number of "last one", whatever it is."""
HIGHEST = 999
"""The highest number of a token or an option: it has up to three digits."""
FAR = 3
"""Signs and words between "token" and its number, at most: "token no. 8"."""
IN_PASSING = 0.5
"""The weight of an ordinal that may be a date as well: "the 2nd"."""
_BETWEEN = frozenset(".:#-")


def find_numbers(words: Sequence[Word]) -> list[Span[int]]:
    """Return the numbers among *words* that are marked as a token's or an option's.

    -1 is the last one. A whole message that is a number, courtesy aside, is one too. Numbers of
    anything else are left out: times, ages, amounts, houses, telephones.
    """
    found: list[Span[int]] = []
    chosen = choice_number(words)
    if chosen is not None:
        return [Span(0, len(words), chosen)]
    for at in range(len(words)):
        span = _numbered_at(words, at) or _ordinal_at(words, at)
        if span is not None:
            found.append(span)
    return pick(found)


def choice_number(words: Sequence[Word]) -> int | None:
    """Return the option that the whole message picks; None if it says anything else.

    -1 is the last one. Courtesy, marks and emoji may stand around the number, a question may not.
    """
    values: list[int] = []
    ones = 0
    for at, word in enumerate(words):
        value = _ordinal(words, at)
        if value is None and _is_small(word) and not _is_suffix(words, at + 1):
            value = word.number
        if value is not None and word.has("pick:one"):
            ones += 1  # the "one" of "first one", unless nothing else is picked
        elif value is not None and words[at + 1 : at + 2] and words[at + 1].has("pick:token"):
            return None  # "2 tokens" is how many
        elif value is not None:
            values.append(value)
        elif not (_says_nothing(word) or _is_suffix(words, at)):
            return None
    if not values and ones == 1:
        return 1
    return values[0] if len(values) == 1 else None


def _numbered_at(words: Sequence[Word], at: int) -> Span[int] | None:
    """Return "token no. 8", "#8", "option 1" or "8 number" that begins at a position."""
    if words[at].text != "#" and not _is_marker(words[at]):
        return _number_then_marker(words, at)
    if at and words[at - 1].has("pick:other"):
        return None  # a room's, a house's or a telephone's
    end = at + 1
    while end < min(len(words), at + 1 + FAR) and (
        words[end].text in _BETWEEN or _is_marker(words[end])
    ):
        end += 1
    if end == len(words) or not _is_small(words[end]) or _goes_on(words, end):
        return None
    return Span(at, end + 1, words[end].number or 0)


def _number_then_marker(words: Sequence[Word], at: int) -> Span[int] | None:
    """Return "8 number" or "8 no": people say so in Hindi."""
    following = words[at + 1] if at + 1 < len(words) else None
    if following is None or not following.has("pick:number") or not words[at].text.isdecimal():
        return None
    if at + 2 < len(words) and words[at + 2].number is not None:
        return None
    return Span(at, at + 2, words[at].number or 0) if _is_small(words[at]) else None


def _ordinal_at(words: Sequence[Word], at: int) -> Span[int] | None:
    """Return "first one", "1st option", "doosra wala" or "the 2nd" that begins at a position."""
    value = _ordinal(words, at)
    if value is None:
        return None
    end = at + 2 if _is_suffix(words, at + 1) else at + 1
    start = at - 1 if at and words[at - 1].has("pick:the") else at
    if end < len(words) and words[end].has("pick:one", "pick:option"):
        return Span(start, end + 1, value)
    if " " in words[at].text:
        return Span(start, end, value)  # "पहले वाला" is one phrase
    return Span(start, end, value, IN_PASSING) if start < at else None


def _ordinal(words: Sequence[Word], at: int) -> int | None:
    """Return which one "first", "pehla", "2nd" or "last" is; None if the word is no ordinal."""
    word = words[at]
    if word.has("pick:last"):
        return LAST
    keys = [k for k in word.keys("pick") if k.isdecimal()]
    if keys:
        return int(keys[0])
    return word.number if _is_small(word) and _is_suffix(words, at + 1) else None


def _is_suffix(words: Sequence[Word], at: int) -> bool:
    """Return whether the word at a position is the "nd" of 2nd."""
    return (
        0 < at < len(words)
        and words[at].glued
        and words[at].has("pick:suffix")
        and words[at - 1].text.isdecimal()
    )


def _is_small(word: Word) -> bool:
    number = word.number
    return number is not None and 0 < number <= HIGHEST


def _is_marker(word: Word) -> bool:
    return word.has("pick:token", "pick:option", "pick:number")


def _goes_on(words: Sequence[Word], at: int) -> bool:
    """Return whether a number at a position is part of a longer one, or of a time: "8 30"."""
    rest = words[at + 1 : at + 3]
    if not rest:
        return False
    joined = rest[0].text in {":", "-", "."} and len(rest) > 1 and rest[1].glued
    return rest[-1 if joined else 0].text.isdecimal()


def _says_nothing(word: Word) -> bool:
    """Return whether a word is courtesy, a marker, or a sign or emoji that changes nothing."""
    if _is_marker(word) or any(c.startswith(("filler:", "pick:")) for c in word.concepts):
        return not word.has("pick:suffix", "pick:other")
    kinds = {unicodedata.category(c) for c in word.text}
    return kinds <= _PLAIN_SIGNS and word.text not in _TELLING_SIGNS


_PLAIN_SIGNS = frozenset({"Po", "Pd", "Ps", "Pe", "Pi", "Pf", "Pc", "So", "Sk"})
_TELLING_SIGNS = frozenset("?%@/&")
"""Signs with which a number is not just a number."""
