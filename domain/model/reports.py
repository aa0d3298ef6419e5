"""Reports: the request, its status, and the content from which a file is made."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar

from domain.model.base import Record


class ReportType(StrEnum):
    """What a report is about."""

    DOCTOR_PERFORMANCE = "DOCTOR_PERFORMANCE"
    REVENUE = "REVENUE"
    PATIENT_FLOW = "PATIENT_FLOW"
    CLINIC_SUMMARY = "CLINIC_SUMMARY"


class ReportFormat(StrEnum):
    """As what file a report is made."""

    PDF = "PDF"
    CSV = "CSV"
    XLSX = "XLSX"


class ReportStatus(StrEnum):
    """How far a report has come."""

    PROCESSING = "PROCESSING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    EXPIRED = "EXPIRED"
    """Its file was removed."""


class Report(Record, frozen=True, kw_only=True):
    """A requested report. Key: clinicId, reportId."""

    TABLE: ClassVar[str] = "reports"
    KEY: ClassVar[tuple[str, ...]] = ("clinic_id", "report_id")

    clinic_id: str
    report_id: str
    report_type: ReportType
    format: ReportFormat
    start_date: date
    end_date: date
    doctor_ids: tuple[str, ...] = ()
    """Empty: all."""
    metrics: tuple[str, ...] = ()
    """Empty: all metrics of the report."""
    status: ReportStatus = ReportStatus.PROCESSING
    reason: str | None = None
    """Why it failed, in words for people."""
    attempts: int = 0
    place: str | None = None
    """Its `OpenReport`, until it is made."""
    size: int = 0
    """Bytes of its file."""
    by: str
    created_at: datetime
    finished_at: datetime | None = None


class OpenReport(Record, frozen=True, kw_only=True):
    """One of the few reports a clinic may have in the making. Key: clinicId, place.

    Places are numbered, so that as many as there may be are found in one read.
    """

    TABLE: ClassVar[str] = "open-reports"
    KEY: ClassVar[tuple[str, ...]] = ("clinic_id", "place")

    clinic_id: str
    place: str
    report_id: str


# The content of a report


Cell = str | int | float | None


@dataclass(frozen=True)
class ReportTable:
    """Rows under column heads; a column of numbers has a number or None in every row."""

    heads: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    widths: tuple[int, ...]
    """Shares of the page's width."""
    totals: tuple[Cell, ...] | None = None
    """A last row, set apart."""


@dataclass(frozen=True)
class ReportChart:
    """One value for each label, drawn as bars."""

    title: str
    labels: tuple[str, ...]
    values: tuple[float, ...]
    unit: str = ""
    """Such as ₹, written before a value."""


@dataclass(frozen=True)
class ReportSection:
    """A part of a report under its own heading."""

    title: str
    note: str = ""
    """What the figures mean."""
    key_figures: tuple[tuple[str, str], ...] = ()
    chart: ReportChart | None = None
    table: ReportTable | None = None


@dataclass(frozen=True)
class ReportPage:
    """The content of a report in reading order; a file format only lays it out."""

    title: str
    clinic: str
    address: str
    period: str
    made_at: datetime
    zone: str
    branded: bool
    """Whether it carries the clinic's name alone, without the product's."""
    sections: tuple[ReportSection, ...] = field(default_factory=tuple)
