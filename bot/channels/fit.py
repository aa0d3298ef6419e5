"""Cuts texts to a provider's limit without breaking a letter in two."""

from __future__ import annotations

import unicodedata

ELLIPSIS = "…"
ZERO_WIDTH_JOINER = "\u200d"
VIRAMA = 9
"""The combining class of the signs that join two Indic consonants into one."""
SKIN_TONES = range(0x1F3FB, 0x1F400)


def cut(words: str, most: int) -> str:
    """Return *words* cut to at most *most* code points, with "…" at the end if anything is cut.

    A last resort: the tests of `templates/` make sure that our words fit. A visible letter stays
    whole: a consonant keeps its vowel signs, an emoji its parts.
    """
    if len(words) <= most:
        return words
    end = most - len(ELLIPSIS)
    while end > 0 and _joined(words[end - 1], words[end]):
        end -= 1
    return words[:end].rstrip() + ELLIPSIS


def _joined(left: str, right: str) -> bool:
    """Return whether *right* belongs to the same visible letter as *left*."""
    return (
        unicodedata.category(right).startswith("M")
        or ord(right) in SKIN_TONES
        or ZERO_WIDTH_JOINER in (left, right)
        or unicodedata.combining(left) == VIRAMA
    )
