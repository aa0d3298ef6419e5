"""A report as PDF."""

from __future__ import annotations

from typing import Any

from bot.documents.sheet import CHART_HEIGHT, Sheet, number_text
from domain.model.reports import Cell, ReportPage, ReportSection, ReportTable


def pdf_report(page: ReportPage, words: dict[str, Any], made_at: str) -> bytes:
    """Return *page* as a PDF; *made_at* is when it was made, in words."""
    said = words["report"]
    sheet = Sheet(f"{page.title} – {page.clinic}", words["format"]["locale"], page.made_at)
    made = said["made"].format(when=made_at)
    sheet.set_footer(made if page.branded else f"{made} · {said['product']}")
    sheet.heading(page.clinic, size=17)
    if page.address:
        sheet.write_line(page.address, grey=True)
    sheet.rule()
    sheet.heading(page.title, size=15)
    sheet.write_line(page.period, grey=True)
    for section in page.sections:
        _section(sheet, section)
    return sheet.to_bytes()


def _section(sheet: Sheet, section: ReportSection) -> None:
    # A heading, its pairs and its chart must not be parted by a page break.
    chart_height = CHART_HEIGHT + 20 if section.chart is not None else 0
    sheet.keep_together(24 + 6 * len(section.key_figures) + chart_height)
    sheet.space(6)
    sheet.heading(section.title, size=13)
    if section.note:
        sheet.write_line(section.note, size=8.5, grey=True)
    sheet.space(2)
    if section.key_figures:
        sheet.pairs(section.key_figures, name_width=62)
        sheet.space(2)
    if section.chart is not None:
        chart = section.chart
        sheet.bars(chart.title, chart.labels, chart.values, chart.unit)
    if section.table is not None:
        table = section.table
        sheet.table(table.heads, _rows(table), table.widths, numbers=_numbers(table))


def _numbers(table: ReportTable) -> frozenset[int]:
    """Return the columns that hold no text."""
    columns = range(len(table.heads))
    return frozenset(c for c in columns if not any(isinstance(r[c], str) for r in table.rows))


def _rows(table: ReportTable) -> list[list[str]]:
    rows = [*table.rows, *([table.totals] if table.totals is not None else [])]
    return [[_text(cell) for cell in row] for row in rows]


def _text(cell: Cell) -> str:
    match cell:
        case None:
            return "–"
        case str():
            return cell
        case int() | float():
            return number_text(cell)
