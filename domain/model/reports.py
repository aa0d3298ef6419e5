"""Reports: what was asked for, how far it has come, and what a report says before it is set."""

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
    """Its file was cleaned up."""


class Report(Record, frozen=True, kw_only=True):
    """A report that was asked for. Key: clinicId, reportId."""

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
    """Empty: all that the report knows."""
    status: ReportStatus = ReportStatus.PROCESSING
    reason: str | None = None
    """Why it failed, in words for people."""
    attempts: int = 0
    size: int = 0
    """Bytes of its file."""
    by: str
    created_at: datetime
    finished_at: datetime | None = None


# What a report says


Cell = str | int | float | None


@dataclass(frozen=True)
class ReportTable:
    """Rows under heads; a column of numbers has numbers or None in every row."""

    heads: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    widths: tuple[int, ...]
    """Shares of the page's width."""
    totals: tuple[Cell, ...] | None = None
    """A last row apart."""


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
    """What a report says, in the order it is read; whoever sets it decides nothing."""

    title: str
    clinic: str
    address: str
    period: str
    made_at: datetime
    zone: str
    branded: bool
    """Whether the clinic's name alone stands on it."""
    sections: tuple[ReportSection, ...] = field(default_factory=tuple)
