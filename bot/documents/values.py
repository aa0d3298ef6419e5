"""A report as text with values between commas."""

from __future__ import annotations

import csv
import io

from domain.model.reports import Cell, ReportPage

BYTE_ORDER_MARK = "\ufeff"
"""Without it a spreadsheet reads UTF-8 as something else."""
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How a text begins that a spreadsheet would compute."""


def values_between_commas(page: ReportPage) -> bytes:
    """Return *page* as CSV in UTF-8: each section's title, facts and table, a blank row between."""
    written = io.StringIO()
    rows = csv.writer(written)
    rows.writerow([page.title, page.clinic, page.period])
    for section in page.sections:
        rows.writerow([])
        rows.writerow([section.title])
        for fact in section.facts:
            rows.writerow([safe(cell) for cell in fact])
        if section.table is not None:
            rows.writerow(section.table.heads)
            for cells in section.table.rows:
                rows.writerow([safe(cell) for cell in cells])
            if section.table.totals is not None:
                rows.writerow([safe(cell) for cell in section.table.totals])
    return (BYTE_ORDER_MARK + written.getvalue()).encode()


def safe(cell: Cell) -> Cell:
    """Return *cell* so that no spreadsheet takes its text for a formula."""
    if isinstance(cell, str) and cell.startswith(FORMULA):
        return f"'{cell}"
    return cell
