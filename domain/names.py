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


def fold_apostrophes(text: str) -> str:
    """Return *text* with one form of apostrophe, so that O’Brien and O'Brien are the same."""
    return text.translate(APOSTROPHES)


def fold_name(name: str) -> str:
    """Fold *name* for comparison: one case, one form of each letter and apostrophe, single blanks.

    Invisible letters are dropped, such as the joiners that some Hindi keyboards insert; vowel
    signs and accents stay.
    """
    # Case folding can undo normalisation, and the reverse; after two rounds nothing changes.
    for _ in range(2):
        name = unicodedata.normalize("NFKC", unicodedata.normalize("NFKD", name).casefold())
    name = fold_apostrophes(name)
    seen = "".join(c for c in name if unicodedata.category(c) != "Cf")
    seen = "".join(" " if unicodedata.category(c)[0] == "C" else c for c in seen)
    return " ".join(" ".join(unicodedata.normalize("NFKC", seen).split())[:LONGEST_KEY].split())


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
