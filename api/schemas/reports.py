"""Reports over the wire."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from api.schemas.base import Body, Data, Day, Id, Instant, Path, Query
from domain.model.reports import ReportFormat, ReportStatus, ReportType

Metric = Literal["revenue", "patients", "satisfaction", "tokens", "efficiency"]


class ReportParameters(Body):
    """Which days, which doctors and which figures a report is about."""

    start_date: Day
    end_date: Day
    doctor_ids: list[Id] = Field(default_factory=list, max_length=50, description="Empty: all.")
    metrics: list[Metric] = Field(default_factory=list, max_length=10, description="Empty: all.")


class NewReport(Body):
    """What report is asked for."""

    report_type: ReportType = Field(strict=False)
    parameters: ReportParameters
    format: ReportFormat = Field(strict=False)


class ReportShown(Data):
    """How far a report has come; `downloadUrl` opens its file without a token for an hour."""

    report_id: str
    report_type: ReportType
    format: ReportFormat
    status: ReportStatus
    reason: str | None = Field(description="Why it failed.")
    estimated_completion: Instant | None = Field(description="While it is being made.")
    download_url: str | None
    size: int | None = Field(description="Bytes.")
    created_at: Instant
    finished_at: Instant | None


class ReportPath(Path):
    """A report."""

    report_id: Id


class DownloadQuery(Query):
    """A signature opens a download without a token."""

    signature: Annotated[str, StringConstraints(max_length=400)] | None = None
