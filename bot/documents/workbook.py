"""A report as XLSX: a sheet for each section, with numbers as numbers and live charts."""

from __future__ import annotations

import io
from datetime import datetime
from zoneinfo import ZoneInfo

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from domain.model.reports import ReportChart, ReportPage, ReportSection, ReportTable

NAME_MAX = 31
"""The longest name of a sheet; it may not have : \\ / ? * [ ]"""
FORBIDDEN = str.maketrans(dict.fromkeys(":\\/?*[]", " "))
WIDEST = 60
ROWS_OF_A_CHART = 16


def xlsx_report(page: ReportPage) -> bytes:
    """Return *page* as an XLSX file, in which no text is a formula."""
    made = io.BytesIO()
    options = {
        "in_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
        "strings_to_numbers": False,
    }  # fmt: skip
    with Workbook(made, options) as book:
        book.set_properties({"title": page.title, "company": page.clinic})
        # Without this it is the present; a report says when its figures were true.
        book.set_properties({"created": _local(page.made_at, page.zone)})
        formats = {
            "title": book.add_format({"bold": True, "font_size": 15}),
            "head": book.add_format({"bold": True, "bg_color": "#F0F0F0", "border": 1}),
            "grey": book.add_format({"font_color": "#6E6E6E", "text_wrap": False}),
            "total": book.add_format({"bold": True, "top": 1}),
            "plain": book.add_format(),
        }
        for number, section in enumerate(page.sections, start=1):
            name = _sheet_name(section.title, number)
            _section(book, book.add_worksheet(name), name, page, section, formats)
    return made.getvalue()


def _section(
    book: Workbook,
    sheet: Worksheet,
    name: str,
    page: ReportPage,
    section: ReportSection,
    formats: dict[str, Format],
) -> None:
    sheet.hide_gridlines(2)
    sheet.write_string(0, 0, f"{page.title} – {section.title}", formats["title"])
    sheet.write_string(1, 0, f"{page.clinic} · {page.period}", formats["grey"])
    row = 3
    if section.note:
        sheet.write_string(row, 0, section.note, formats["grey"])
        row += 2
    for fact, value in section.key_figures:
        sheet.write_string(row, 0, fact)
        sheet.write_string(row, 1, value)
        row += 1
    row += bool(section.key_figures)
    if section.table is not None:
        row = _table(sheet, row, section.table, formats) + 1
    if section.chart is not None:
        _chart(book, sheet, name, row, section.chart)


def _table(sheet: Worksheet, row: int, table: ReportTable, formats: dict[str, Format]) -> int:
    first = row
    for column, head in enumerate(table.heads):
        texts = [head, *(str(r[column]) for r in table.rows)]
        longest = max(map(len, texts))
        sheet.set_column(column, column, min(WIDEST, longest + 3))
        sheet.write_string(first, column, head, formats["head"])
    rows = [(cells, formats["plain"]) for cells in table.rows]
    if table.totals is not None:
        rows.append((table.totals, formats["total"]))
    for cells, form in rows:
        row += 1
        for column, cell in enumerate(cells):
            if isinstance(cell, str):
                sheet.write_string(row, column, cell, form)
            elif cell is not None:
                sheet.write_number(row, column, cell, form)
    sheet.freeze_panes(first + 1, 0)
    sheet.autofilter(first, 0, first + len(table.rows), len(table.heads) - 1)
    return row + 1


def _chart(book: Workbook, sheet: Worksheet, name: str, row: int, chart: ReportChart) -> None:
    if not chart.values:
        return
    # A chart's values must be in cells; these are far to the right of the table.
    column = 20
    for offset, (label, value) in enumerate(zip(chart.labels, chart.values, strict=True)):
        sheet.write_string(row + offset, column, label)
        sheet.write_number(row + offset, column + 1, value)
    last = row + len(chart.values) - 1
    drawn = book.add_chart({"type": "column"})
    drawn.add_series(
        {
            "categories": [name, row, column, last, column],
            "values": [name, row, column + 1, last, column + 1],
            "fill": {"color": "#1F7A5C"},
        }
    )
    drawn.set_title({"name": chart.title})
    drawn.set_legend({"none": True})
    drawn.set_size({"width": 720, "height": 20 * ROWS_OF_A_CHART})
    sheet.insert_chart(row, 0, drawn)


def _sheet_name(title: str, number: int) -> str:
    return f"{number} {title.translate(FORBIDDEN)}"[:NAME_MAX].strip("' ")


def _local(moment: datetime, zone: str) -> datetime:
    """Return *moment* as the clinic's clock shows it, without a zone: a workbook has none."""
    return moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
