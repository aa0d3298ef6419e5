"""Makes every document from its page, with the words of templates/documents."""

from __future__ import annotations

import tomllib
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime

from bot.documents.values import csv_report
from domain.model.reports import ReportFormat, ReportPage
from domain.ports import PrescriptionPage

FOLDER = Path(__file__).resolve().parent.parent.parent / "templates" / "documents"
ENGLISH = "en"
Words = dict[str, Any]


class Maker:
    """Implements `domain.ports.Documents`."""

    def prescription(self, page: PrescriptionPage) -> bytes:
        """Return a prescription as a PDF; see `Documents.prescription`."""
        # Imported here: it takes 0.8 s to load, and most processes never make a document.
        from bot.documents.sheet import Sheet  # noqa: PLC0415

        words = words_of(page.language)
        said, genders = words["prescription"], words["gender"]
        sheet = Sheet(
            f"{said['title']} – {page.patient}", words["format"]["locale"], page.written_at
        )
        sheet.heading(page.clinic, size=17)
        about = [page.address, said["phone"].format(phone=page.phone)]
        sheet.write_line(" · ".join(part for part in about if part), grey=True)
        sheet.rule()
        sheet.heading(page.doctor, size=13)
        sheet.write_line(page.specialization, grey=True)
        sheet.space(3)
        person = [page.patient]
        if page.age is not None:
            person.append(said["age"].format(years=page.age))
        if page.gender is not None:
            person.append(genders.get(page.gender, page.gender))
        pairs = [(said["patient"], ", ".join(person)), (said["date"], _day(words, page.day))]
        if page.diagnosis:
            pairs.append((said["diagnosis"], page.diagnosis))
        sheet.pairs(pairs)
        sheet.rule()
        sheet.heading(said["title"], size=13)
        sheet.space(2)
        if page.words is not None:
            sheet.write_line(page.words, size=12)
        else:
            columns = ("medicine", "frequency", "duration", "instructions")
            sheet.table(
                [said[column] for column in columns],
                [
                    [m.words, m.frequency or "", m.duration or "", m.instructions or ""]
                    for m in page.medications
                ],
                (32, 20, 16, 32),
            )
        if page.notes:
            sheet.space(4)
            sheet.heading(said["notes"])
            sheet.write_line(page.notes)
        sheet.rule()
        when = _moment(words, page.written_at, page.zone)
        sheet.write_line(said["issued"].format(when=when), grey=True)
        if not page.branded:
            sheet.write_line(said["made"], size=8, grey=True)
        return sheet.to_bytes()

    def report(self, page: ReportPage, as_format: ReportFormat) -> bytes:
        """Return a report as a file; see `Documents.report`."""
        if as_format is ReportFormat.CSV:
            return csv_report(page)
        # Imported here, as above.
        if as_format is ReportFormat.XLSX:
            from bot.documents.workbook import xlsx_report  # noqa: PLC0415

            return xlsx_report(page)
        from bot.documents.report import pdf_report  # noqa: PLC0415

        words = words_of(ENGLISH)
        return pdf_report(page, words, _moment(words, page.made_at, page.zone))


@cache
def words_of(language: str) -> Words:
    """Return the words of *language*, or English if there are none in it."""
    file = FOLDER / f"{language}.toml"
    known = {path.name for path in FOLDER.iterdir()}
    if file.name not in known:
        file = FOLDER / f"{ENGLISH}.toml"
    return tomllib.loads(file.read_text(encoding="utf-8"))


def _day(words: Words, day: date) -> str:
    form = words["format"]
    return format_date(day, form["date"], locale=Locale.parse(form["locale"]))


def _moment(words: Words, moment: datetime, zone: str) -> str:
    form = words["format"]
    local = moment.astimezone(ZoneInfo(zone))
    return format_datetime(local, form["when"], locale=Locale.parse(form["locale"]))
