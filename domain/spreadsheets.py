"""Rows that people open in a spreadsheet: values between commas, never read as formulas."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

BYTE_ORDER_MARK = "\ufeff"
"""A file begins with it, for spreadsheets take one without for another encoding."""
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How a text begins that a spreadsheet would compute."""


def escape_formula(text: str) -> str:
    """Return *text* so that no spreadsheet takes it for a formula."""
    return f"'{text}" if text.startswith(FORMULA) else text


def csv_row(cells: Sequence[str | float | None]) -> str:
    """Return one row as it stands in a file; None is empty."""
    written = io.StringIO()
    csv.writer(written).writerow(cells)
    return written.getvalue()
