"""Names of people, as they are written, compared and searched."""

from __future__ import annotations

import re
import unicodedata

SHORTEST_NAME, LONGEST_NAME = 2, 100
JOINERS = "\u200c\u200d"
"""How Hindi tells half letters from joined ones."""
LONGEST_KEY = 200
"""Letters of a folded name that count: some letters fold into many, and keys have a limit."""


def fold_name(name: str) -> str:
    """Return *name* for comparing: one case, one form of each letter, single blanks.

    Invisible letters do not count, such as the joiners that Hindi keyboards put into a name or
    leave out; vowel signs and accents do.
    """
    # Folding the case can undo the normal form and the other way round: twice is stable.
    for _ in range(2):
        name = unicodedata.normalize("NFKC", unicodedata.normalize("NFKD", name).casefold())
    seen = "".join(c for c in name if unicodedata.category(c) != "Cf")
    seen = "".join(" " if unicodedata.category(c)[0] == "C" else c for c in seen)
    return " ".join(" ".join(unicodedata.normalize("NFKC", seen).split())[:LONGEST_KEY].split())


def clean_name(text: str) -> str | None:
    """Return *text* as a person's name, or None if it cannot be one.

    Line breaks, control characters and WhatsApp's formatting marks go; a name has a letter.
    """
    kept = "".join(
        " " if unicodedata.category(c)[0] == "C" and c not in JOINERS else c for c in text
    )
    kept = " ".join(re.sub(r"[*_~`]", "", kept).split())[:LONGEST_NAME].strip()
    if len(kept) < SHORTEST_NAME or not any(unicodedata.category(c)[0] == "L" for c in kept):
        return None
    return kept
