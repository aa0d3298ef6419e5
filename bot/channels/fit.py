"""Measures texts, and cuts them to a provider's limit without breaking a letter in two."""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from itertools import accumulate

from domain.channel import Choice

ELLIPSIS = "…"
ZERO_WIDTH_JOINER = "\u200d"
VIRAMA = 9
"""The combining class of the signs that join two Indic consonants into one."""
SKIN_TONES = range(0x1F3FB, 0x1F400)
FIRST_STRONG, POP = "\u2068", "\u2069"
"""Signs around words whose direction must not change that of the words beside them."""
REGIONAL_LETTERS = range(0x1F1E6, 0x1F200)
"""Two of them are a flag."""


def utf16_units(words: str) -> int:
    """Return the length of *words* in UTF-16 units, in which an emoji counts as two or more.

    Whether a provider counts these or code points is not documented. There are never fewer of
    these, so a text that fits in units fits in both.
    """
    return len(words.encode("utf-16-le", "surrogatepass")) // 2


def cut(words: str, most: int) -> str:
    """Return *words* cut to at most *most* UTF-16 units, with "…" at the end if anything is cut.

    A last resort: the tests of `templates/` make sure that our words fit. A visible letter stays
    whole: a consonant keeps its vowel signs, an emoji its parts. Isolated words stay isolated.
    """
    if utf16_units(words) <= most:
        return words
    after = ELLIPSIS + POP if FIRST_STRONG in words else ELLIPSIS
    sizes = accumulate(map(utf16_units, words))
    end = bisect_right(list(sizes), most - len(after))
    while end > 0 and _joined(words[end - 1], words[end]):
        end -= 1
    kept = words[:end].rstrip()
    is_open = kept.count(FIRST_STRONG) > kept.count(POP)
    return kept + (after if is_open else ELLIPSIS)


def fit_buttons(choices: tuple[Choice, ...], most: int, title_max: int) -> bool:
    """Return whether *choices* go as buttons: at most *most*, short, different, and of one line."""
    words = {choice.words for choice in choices}
    return (
        len(choices) <= most
        and len(words) == len(choices)
        and all(utf16_units(title) <= title_max for title in words)
        and not any(choice.more for choice in choices)
    )


def _joined(left: str, right: str) -> bool:
    """Return whether *right* belongs to the same visible letter as *left*."""
    return (
        unicodedata.category(right).startswith("M")
        or ord(right) in SKIN_TONES
        or ZERO_WIDTH_JOINER in (left, right)
        or unicodedata.combining(left) == VIRAMA
        or (ord(left) in REGIONAL_LETTERS and ord(right) in REGIONAL_LETTERS)
    )
