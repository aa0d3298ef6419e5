"""Reports: requested, made by a worker, kept for a while, removed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import msgspec

from domain import due, plans
from domain.due import OpenWork
from domain.errors import NotNow, PulseOpsError, TooMany
from domain.model.clinics import Clinic
from domain.model.due import Due
from domain.model.reports import (
    OpenReport,
    Report,
    ReportFormat,
    ReportPage,
    ReportStatus,
    ReportType,
)
from domain.plans import Feature, require_active
from domain.ports import Documents, FileMissing, Files
from domain.work import Work

MOST_ATTEMPTS = 3
MOST_OPEN = 10
"""How many reports of a clinic may be in the making."""
ESTIMATE = timedelta(seconds=30)
"""How long making a report usually takes, as the API tells callers."""
MEDIA_TYPES = {
    ReportFormat.PDF: "application/pdf",
    ReportFormat.CSV: "text/csv",
    ReportFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
Compose = Callable[[Work, Clinic, Report], ReportPage]


class NotReady(NotNow):
    """The report has no file: it is being made, has failed, or its file was removed."""

    code = "REPORT_NOT_READY"


class Uncomposable(PulseOpsError):
    """The requested report cannot be made; the reason is in words for people."""


@dataclass(frozen=True, kw_only=True)
class ReportRequest:
    """What to report, and as which file; days are of the clinic's calendar, both inclusive."""

    report_type: ReportType
    format: ReportFormat
    start: date
    end: date
    doctor_ids: Sequence[str] = ()
    """Empty: all."""
    metrics: Sequence[str] = ()
    """Empty: all metrics of the report."""


def request_report(
    work: Work,
    clinic: Clinic,
    request: ReportRequest,
    by: str,
) -> Report:
    """Request a report for the user *by* (userId); a worker makes it after the commit.

    Raises:
        PlanRequired: If the clinic's plan has no reports.
        Suspended: If its subscription is suspended.
        TooMany: If MOST_OPEN of the clinic's reports are in the making.
    """
    plans.require(clinic, Feature.REPORTS)
    require_active(clinic)
    report_id = work.ids.secret("report_")
    report = work.put(
        Report(
            clinic_id=clinic.clinic_id,
            report_id=report_id,
            place=_take_place(work, clinic.clinic_id, report_id),
            report_type=request.report_type,
            format=request.format,
            start_date=request.start,
            end_date=request.end,
            doctor_ids=tuple(request.doctor_ids),
            metrics=tuple(request.metrics),
            by=by,
            created_at=work.now,
        )
    )
    _schedule(work, "report", report, timedelta())
    return report


def _take_place(work: Work, clinic_id: str, report_id: str) -> str:
    places = [f"{number:02d}" for number in range(1, MOST_OPEN + 1)]
    taken = work.fetch([(OpenReport, (clinic_id, place)) for place in places])
    free = next((place for place, by in zip(places, taken, strict=True) if by is None), None)
    if free is None:
        raise TooMany(
            f"{MOST_OPEN} reports of the clinic are being made; ask again when one is there.",
            retry_after_seconds=int(ESTIMATE.total_seconds()),
        )
    work.put(OpenReport(clinic_id=clinic_id, place=free, report_id=report_id))
    return free


def find_report(work: Work, clinic_id: str, report_id: str) -> Report:
    """Return a clinic's report.

    Raises:
        NotFound: If the clinic has no such report.
    """
    return work.require(Report, clinic_id, report_id)


def read_file(report: Report, files: Files) -> bytes:
    """Return the file of a report.

    Raises:
        NotReady: If it has no file yet, or no longer one.
    """
    if report.status is not ReportStatus.COMPLETED:
        raise NotReady(f"The report is {report.status.value.lower()}.", status=report.status)
    try:
        return files.get(file_name(report))
    except FileMissing:
        raise NotReady("The report's file is gone; please ask for it again.") from None


def file_name(report: Report) -> str:
    """Return the name of a report's file, made of ids only."""
    return f"reports/{report.clinic_id}/{report.report_id}.{report.format.value.lower()}"


def make_report(
    open_work: OpenWork, documents: Documents, files: Files, compose: Compose, item: Due
) -> None:
    """Make the file of a report. May be killed and run again: the file is then overwritten.

    A report that cannot be made ends as FAILED with a reason. A fault of ours is raised for another
    try, and ends it as FAILED after `MOST_ATTEMPTS`.
    """
    work = open_work()
    report, clinic = _find(work, item)
    if report is None or clinic is None or report.status is not ReportStatus.PROCESSING:
        work.delete(item)
        work.commit()
        return
    try:
        made = documents.report(compose(work, clinic, report), report.format)
        files.put(file_name(report), made, MEDIA_TYPES[report.format])
    except Uncomposable as error:
        _finish(open_work, item, ReportStatus.FAILED, str(error))
    except Exception:  # whatever our fault is, the requester learns in the end that it failed
        if item.attempts + 1 >= MOST_ATTEMPTS:
            _finish(open_work, item, ReportStatus.FAILED, "Something went wrong on our side.")
        raise
    else:
        _finish(open_work, item, ReportStatus.COMPLETED, None, len(made))


def remove_expired(open_work: OpenWork, files: Files, item: Due) -> None:
    """Delete the file of a report whose time is over, and mark the report EXPIRED."""
    work = open_work()
    report, _ = _find(work, item)
    if report is not None and report.status is ReportStatus.COMPLETED:
        files.delete(file_name(report))
        work.put(report.but(status=ReportStatus.EXPIRED))
    work.delete(item)
    work.commit()


def _find(work: Work, item: Due) -> tuple[Report | None, Clinic | None]:
    report_id = str(item.values.get("report") or "")
    report = work.get(Report, item.clinic_id or "", report_id)
    return report, work.get(Clinic, item.clinic_id or "")


def _finish(
    open_work: OpenWork, item: Due, status: ReportStatus, reason: str | None, size: int = 0
) -> None:
    work = open_work()
    report, _ = _find(work, item)
    if report is not None:
        taken = work.get(OpenReport, report.clinic_id, report.place or "")
        if taken is not None:
            work.delete(taken)
        ended = {"status": status, "reason": reason, "size": size, "finished_at": work.now}
        done = work.put(msgspec.structs.replace(report, place=None, **ended))
        if status is ReportStatus.COMPLETED:
            _schedule(work, "report_clean", done, work.rules.keeps.reports)
    work.delete(item)
    work.commit()


def _schedule(work: Work, kind: str, report: Report, after: timedelta) -> None:
    about = due.Subject(report.report_id, clinic_id=report.clinic_id)
    due.schedule(work, kind, work.now + after, about, report=report.report_id)
