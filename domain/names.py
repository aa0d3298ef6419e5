"""Names of people: clean them, and fold them for comparison and search."""

from __future__ import annotations

import re
import unicodedata

SHORTEST_NAME, LONGEST_NAME = 2, 100
JOINERS = "\u200c\u200d"
"""Invisible letters by which Hindi tells half letters from joined ones."""
APOSTROPHES = str.maketrans(dict.fromkeys("’‘ʼ`", "'"))
"""What phones and keyboards write for an apostrophe, and the one that stands for all."""
LONGEST_KEY = 200
"""Longest folded name: some letters fold into several, and a key's length is limited."""
MALE_TITLES = frozenset({"mr", "shri", "shree", "श्री", "श्रीमान"})
FEMALE_TITLES = frozenset({"mrs", "ms", "miss", "smt", "shrimati", "श्रीमती", "सुश्री"})
TITLES = MALE_TITLES | FEMALE_TITLES | {"dr", "डॉ", "डॉक्टर"}
"""Folded titles, which may stand before a name or be left out."""
_STROKES = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ı": "i", "æ": "ae", "œ": "oe"})
"""Latin letters with a stroke or joined, which do not decompose, as people type them elsewhere."""
_NUKTA = "\u093c"
"""The dot below a letter of Devanagari, which people leave out: ख़ान is खान."""


def fold_apostrophes(text: str) -> str:
    """Return *text* with one form of apostrophe, so that O’Brien and O'Brien are the same."""
    return text.translate(APOSTROPHES)


def fold_letters(text: str) -> str:
    """Fold *text* for comparison: one case, one form of each letter and apostrophe, single blanks.

    Accents of Latin letters, Devanagari's nukta and invisible letters are dropped, such as the
    joiners that some Hindi keyboards insert; vowel signs stay.
    """
    # Case folding can undo normalisation, and the reverse; after two rounds nothing changes.
    for _ in range(2):
        text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKD", text).casefold())
    text = fold_apostrophes(text)
    seen = "".join(c for c in text if unicodedata.category(c) != "Cf")
    seen = "".join(" " if unicodedata.category(c)[0] == "C" else c for c in seen)
    return " ".join(unicodedata.normalize("NFKC", _without_accents(seen)).split())


def _without_accents(text: str) -> str:
    kept: list[str] = []
    after_latin = False
    for char in unicodedata.normalize("NFKD", text.translate(_STROKES)):
        if unicodedata.category(char)[0] != "M":
            after_latin = char.isascii() and char.isalpha()
        elif char == _NUKTA or (after_latin and "\u0300" <= char <= "\u036f"):
            continue
        kept.append(char)
    return "".join(kept)


def fold_name(name: str) -> str:
    """Fold *name* for comparison and search, so that people find it as they type it.

    Beside what `fold_letters` folds, apostrophes are dropped, dots are blanks, and titles before
    the name do not count: "Dr. Zoë O’Brien" is "zoe obrien". A title alone stays.
    """
    # Where a sign goes, a mark may follow another letter than before: fold again.
    folded = fold_letters(fold_letters(name).replace("'", "").replace(".", " "))
    words = folded[:LONGEST_KEY].split()
    while len(words) > 1 and words[0] in TITLES:
        del words[0]
    return " ".join(words)


def is_same_name(one: str, other: str) -> bool:
    """Return whether two names are one person's: folded the same, and no titles that contradict.

    Mr Sharma and Mrs Sharma, on one family's phone, are two persons.
    """
    genders = {_titled(one), _titled(other)} - {None}
    return fold_name(one) == fold_name(other) and genders != {"MALE", "FEMALE"}


def _titled(name: str) -> str | None:
    """Return the gender that a title at the beginning of *name* tells."""
    words = fold_letters(name).replace(".", " ").split()
    for word in words[:-1]:
        if word not in TITLES:
            break
        if word in MALE_TITLES | FEMALE_TITLES:
            return "MALE" if word in MALE_TITLES else "FEMALE"
    return None


def clean_name(text: str) -> str | None:
    """Return *text* cleaned as a person's name, or None if it cannot be one.

    Line breaks, control characters and WhatsApp's formatting marks are removed. What is left must
    have at least two characters, one of them a letter.
    """
    kept = "".join(
        " " if unicodedata.category(c)[0] == "C" and c not in JOINERS else c for c in text
    )
    kept = " ".join(re.sub(r"[*_~`]", "", kept).split())[:LONGEST_NAME].strip()
    if len(kept) < SHORTEST_NAME or not any(unicodedata.category(c)[0] == "L" for c in kept):
        return None
    return kept
