"""Text as it is compared: one form of letters, digits and apostrophes, and its single words."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from domain.names import fold_apostrophes

_EDGES = " \t\r\n.,;:!?\"'`´’‘“”*_~()[]{}<>|/\\-–—•…।॥"
_SAME = {0x093C: None, 0x0901: 0x0902}
"""Devanagari's nukta goes; candrabindu becomes anusvara."""
_STYLES = "\ufe0e\ufe0f"
"""Variation selectors: the same sign as text or as emoji."""
_SIGNS = {
    **dict.fromkeys("‐‑‒–—―−", "-"),
    **dict.fromkeys("।॥", "."),
    **dict.fromkeys("？؟", "?"),
    **dict.fromkeys("，،", ","),
}
"""Signs that are written for another one."""
DIGITS = re.compile(r"\d{1,3}")


@dataclass(frozen=True, slots=True)
class Piece:
    """A number, a word or a sign of a message, as it is compared and as it was written."""

    text: str
    """Folded: a number in ASCII digits, a word in one case."""
    raw: str
    start: int
    """Where it begins and ends in what was written, in characters."""
    end: int
    glued: bool = False
    """Whether no blank stands before it, as before the "pm" of 5pm."""
    slip: bool = False
    """Whether *text* is what a slip of typing was meant to be."""


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


def split(text: str) -> list[Piece]:
    """Split *text* into numbers, words and signs, in their order.

    A word has letters, their marks and apostrophes; invisible marks and emoji styles are left out.
    Digits of any script are one number; a dash of any kind is "-".
    """
    found: list[Piece] = []
    run: list[tuple[int, str]] = []
    kind, blank_before = "", True

    def close() -> None:
        if run:
            start, end = run[0][0], run[-1][0] + 1
            folded = unicodedata.normalize("NFKC", "".join(c for _, c in run))
            glued = bool(found) and not blank_before
            found.append(Piece(folded.strip("'") or folded, text[start:end], start, end, glued))
            run.clear()

    for position, kept, new_kind in _characters(text):
        if new_kind != kind or new_kind == "sign":
            close()
            blank_before = kind == "blank"
        kind = new_kind
        if kind != "blank":
            run.append((position, kept))
    close()
    return found


def _characters(text: str) -> Iterator[tuple[int, str, str]]:
    """Give each visible character's position, its folded form, and its kind."""
    for position, char in enumerate(text):
        category = unicodedata.category(char)
        if category in {"Me", "Cf"} or char in _STYLES:
            continue
        if char.isspace() or category[0] == "C":
            yield position, " ", "blank"
        elif category == "Nd":
            yield position, str(unicodedata.digit(char)), "number"
        else:
            folded = unicodedata.normalize("NFKC", char).casefold().translate(_SAME)
            folded = fold_apostrophes(_SIGNS.get(char, folded))
            word = category[0] in "LM" or folded == "'"
            yield position, folded, "word" if word else "sign"


def is_emoji_only(text: str) -> bool:
    """Return whether *text* is nothing but emoji, with their styles, joins and skin tones."""
    signs = [c for c in text if not c.isspace() and c not in _STYLES]
    kinds = {unicodedata.category(c) for c in signs}
    return "So" in kinds and kinds <= {"So", "Sk", "Cf"}


def script_of(text: str) -> str | None:
    """Return the script of more than half of the letters of *text*, as Unicode names it: TAMIL."""
    normal = unicodedata.normalize("NFKC", text)
    letters = [c for c in normal if unicodedata.category(c)[0] == "L"]
    scripts = Counter(unicodedata.name(c, "").partition(" ")[0] for c in letters)
    return next((s for s, written in scripts.items() if written * 2 > len(letters)), None)


def number_in(text: str) -> int | None:
    """Return the number that is the whole of *text*, in the digits of any script; else None."""
    folded = fold(text)
    return int(folded) if DIGITS.fullmatch(folded) else None
