"""CSV rows that a spreadsheet opens without computing formulas."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

BYTE_ORDER_MARK = "\ufeff"
"""Begins a file: spreadsheets read one without it in another encoding."""
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""Beginnings of a text that a spreadsheet takes for a formula."""


def escape_formula(text: str) -> str:
    """Escape *text*, so that no spreadsheet takes it for a formula."""
    return f"'{text}" if text.startswith(FORMULA) else text


def csv_row(cells: Sequence[str | float | None]) -> str:
    """Return one row of a CSV file, with its line end; None is an empty cell."""
    written = io.StringIO()
    csv.writer(written).writerow(cells)
    return written.getvalue()
