"""A report as CSV."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from domain.model.reports import Cell, ReportPage
from domain.spreadsheets import BYTE_ORDER_MARK, csv_row, escape_formula


def csv_report(page: ReportPage) -> bytes:
    """Return *page* as CSV in UTF-8: title, pairs and table of each section, after a blank row."""
    return (BYTE_ORDER_MARK + "".join(_lines(page))).encode()


def _lines(page: ReportPage) -> Iterator[str]:
    yield _row([page.title, page.clinic, page.period])
    for section in page.sections:
        yield csv_row([])
        yield _row([section.title])
        yield from map(_row, section.key_figures)
        if section.table is not None:
            yield _row(section.table.heads)
            yield from map(_row, section.table.rows)
            if section.table.totals is not None:
                yield _row(section.table.totals)


def _row(cells: Sequence[Cell]) -> str:
    return csv_row([escape_formula(cell) if isinstance(cell, str) else cell for cell in cells])
