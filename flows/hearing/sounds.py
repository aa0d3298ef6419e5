"""How a name sounds, whichever script and spelling it is written in."""

from __future__ import annotations

_LATIN = {
    **dict(
        zip(
            "कखगघङचछजझञटठडढणतथदधन",
            [
                "k",
                "k",
                "g",
                "g",
                "n",
                "ch",
                "ch",
                "j",
                "j",
                "n",
                "t",
                "t",
                "d",
                "d",
                "n",
                "t",
                "t",
                "d",
                "d",
                "n",
            ],
            strict=True,
        )
    ),
    **dict(
        zip(
            "पफबभमयरलवशषसह",
            ["p", "f", "b", "b", "m", "y", "r", "l", "v", "s", "s", "s", "h"],
            strict=True,
        )
    ),
    **dict(
        zip(
            "अआइईउऊऋएऐओऔऑ",
            ["a", "a", "i", "i", "u", "u", "ri", "e", "e", "o", "o", "o"],
            strict=True,
        )
    ),
    **dict(
        zip("ािीुूृेैोौॉं", ["a", "i", "i", "u", "u", "ri", "e", "e", "o", "o", "o", "n"], strict=True)
    ),
}
_ALIKE = (
    ("ee", "i"), ("oo", "u"), ("ai", "e"), ("au", "o"), ("ph", "f"), ("w", "v"), ("z", "j"), ("sh", "s"),
    ("kh", "k"), ("gh", "g"), ("th", "t"), ("dh", "d"), ("bh", "b"), ("jh", "j"), ("ck", "k"), ("x", "ks"),
)  # fmt: skip
"""Spellings of one sound in Latin letters."""


def sound(name: str) -> str:
    """Return how the folded *name* sounds: "रिया", "reeya" and "riya" are the same.

    An "a" is left out, since Devanagari does not write most of them, and a doubled letter is one.
    """
    latin = "".join(_LATIN.get(c, c if c.isalnum() or c == " " else "") for c in name)
    for written, said in _ALIKE:
        latin = latin.replace(written, said)
    kept = ""
    for letter in latin.replace("a", ""):
        kept += letter if not kept.endswith(letter) else ""
    return kept
