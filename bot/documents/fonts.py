"""Which font has which letter: Noto's, for the scripts of India's languages, and what stands in."""

from __future__ import annotations

import unicodedata
from functools import cache, lru_cache
from pathlib import Path

import manimgx_fonts
import uharfbuzz

FOLDER = Path(manimgx_fonts.__file__).parent
LATIN = "notosans"
"""The font of all that it has letters for: Latin, Greek, Cyrillic, digits, signs."""
FAMILIES = (
    "NotoSans", "NotoSansDevanagari", "NotoSansBengali", "NotoSansGurmukhi", "NotoSansGujarati",
    "NotoSansOriya", "NotoSansTamil", "NotoSansTelugu", "NotoSansKannada", "NotoSansMalayalam",
    "NotoSansArabic", "NotoEmoji",
)  # fmt: skip
FONTS = {family.lower(): FOLDER / f"{family}[wght].ttf" for family in FAMILIES}
"""The file of each font; the first that has a letter shows it."""
JOINERS = frozenset("\u200c\u200d")
"""Ask the letters around them to join or not, so each belongs into the font of those."""
VARIATIONS = frozenset(map(chr, range(0xFE00, 0xFE10)))
"""Ask for another look of the letter before them."""
STAND_IN = "\ufffd"
"""Shown for a letter that no font has."""


def has_letter(font: str, letter: str) -> bool:
    """Return whether *font* has *letter*."""
    return ord(letter) in _letters_of(font)


@lru_cache(4096)
def font_of(letter: str) -> str | None:
    """Return the first font that has *letter*, None if none has."""
    return next((font for font in FONTS if has_letter(font, letter)), None)


def showable(text: str) -> str:
    """Return *text* as it can be shown: `STAND_IN` for each letter that no font has."""
    return "".join(map(_shown_as, text))


def _shown_as(letter: str) -> str:
    """Return *letter*, or what stands for it: nothing, if it would not be seen in any font."""
    if letter == "\n" or font_of(letter) is not None:
        return letter
    if letter.isspace():
        return " "
    is_unseen = unicodedata.category(letter) in {"Cc", "Cf"} or letter in VARIATIONS
    return "" if is_unseen else STAND_IN


@cache
def _letters_of(font: str) -> frozenset[int]:
    """Return the letters that *font* has; each file is read once a process."""
    return frozenset(uharfbuzz.Face(uharfbuzz.Blob.from_file_path(FONTS[font])).unicodes)
