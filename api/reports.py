"""Reports (specification 6.9): requested, shown, downloaded."""

from __future__ import annotations

from datetime import date, timedelta

from flask import Response

from api.frame import signed
from api.frame.calls import Answer, Call
from api.frame.days import day_of
from api.frame.routes import PREFIX, Resource
from api.schemas.reports import (
    DownloadQuery,
    NewReport,
    ReportPath,
    ReportShown,
)
from domain.actions.reports import reports as actions
from domain.errors import Invalid, NotSignedIn
from domain.model.clinics import Clinic, Doctor
from domain.model.reports import Report, ReportStatus
from domain.periods import PeriodName, period_of
from domain.permissions import Permission
from domain.scopes import ClinicScope
from domain.timetable import today
from domain.work import Work

reports = Resource("reports", "Reports to show and to print, made from the clinic's figures.")
DOWNLOAD = "download a report"
LINK_GOOD = timedelta(hours=1)


@reports.post(
    "/reports/generate",
    needs=Permission.DOWNLOAD_REPORTS,
    answers=ReportShown,
    status=202,
    links={"read_report": {"reportId": "$response.body#/data/reportId"}},
)
def generate_report(work: Work, call: Call, body: NewReport) -> Answer:
    """Have a report made, as a PDF, a workbook or CSV.

    It is usually there within half a minute; `GET /reports/{reportId}` says when.
    """
    clinic = work.require(Clinic, call.caller.clinic_id)
    first, last = _parse_days(body, clinic, work)
    known = work.fetch([(Doctor, (clinic.clinic_id, d)) for d in body.parameters.doctor_ids])
    if None in known:
        raise Invalid("parameters.doctorIds", "One of them is no doctor of this clinic.")
    request = actions.ReportRequest(
        report_type=body.report_type,
        format=body.format,
        start=first,
        end=last,
        doctor_ids=list(dict.fromkeys(body.parameters.doctor_ids)),
        metrics=list(dict.fromkeys(body.parameters.metrics)),
    )
    made = actions.request_report(work, clinic, request, call.caller.user.user_id)
    return Answer(_render(call, made), "Report generation started")


@reports.get("/reports/<reportId>", needs=Permission.DOWNLOAD_REPORTS, answers=ReportShown)
def read_report(work: Work, call: Call, path: ReportPath) -> Answer:
    """Show how far a report has come, and where its file is to be had."""
    return Answer(_render(call, actions.find_report(work, call.caller.clinic_id, path.report_id)))


@reports.get(
    "/reports/<reportId>/download",
    needs=None,
    answers=", ".join(actions.MEDIA_TYPES.values()),
)
def download_report(work: Work, call: Call, path: ReportPath, query: DownloadQuery) -> Response:
    """Download a report's file, with a token or with the signature of its `downloadUrl`."""
    if query.signature is not None:
        subject = signed.unsign(call.services, DOWNLOAD, query.signature, call.now)
        clinic_id, _, report_id = subject.partition("/")
        if report_id != path.report_id:
            raise NotSignedIn("This link is for another report.")
    else:
        call.sign_in((Permission.DOWNLOAD_REPORTS,))
        clinic_id = call.caller.clinic_id
    report = actions.find_report(work.within(ClinicScope(clinic_id)), clinic_id, path.report_id)
    content = actions.read_file(report, call.services.files)
    answer = Response(content, mimetype=actions.MEDIA_TYPES[report.format])
    answer.headers["Content-Disposition"] = f'attachment; filename="{_file_name(report)}"'
    return answer


def _parse_days(body: NewReport, clinic: Clinic, work: Work) -> tuple[date, date]:
    """Return the first and last day of a report, not after today.

    Raises:
        Invalid: If they are no period, or begin in the future.
    """
    first = day_of(body.parameters.start_date, "parameters.startDate")
    last = day_of(body.parameters.end_date, "parameters.endDate")
    now = today(clinic, work.now)
    if first is not None and first > now:
        raise Invalid("parameters.startDate", "Lies in the future.")
    try:
        period = period_of(PeriodName.CUSTOM, now, first, min(last, now) if last else None)
    except Invalid as error:
        raise Invalid(f"parameters.{error.field}", str(error)) from None
    return period.first, period.last


def _render(call: Call, report: Report) -> ReportShown:
    ready = report.status is ReportStatus.COMPLETED
    making = report.status is ReportStatus.PROCESSING
    url = None
    if ready:
        subject = f"{report.clinic_id}/{report.report_id}"
        signature = signed.sign(call.services, DOWNLOAD, subject, call.now, LINK_GOOD)
        base = f"{call.services.rules.public_url}{PREFIX}"
        url = f"{base}/reports/{report.report_id}/download?signature={signature}"
    return ReportShown(
        report_id=report.report_id,
        report_type=report.report_type,
        format=report.format,
        status=report.status,
        reason=report.reason,
        estimated_completion=report.created_at + actions.ESTIMATE if making else None,
        download_url=url,
        size=report.size if ready else None,
        created_at=report.created_at,
        finished_at=report.finished_at,
    )


def _file_name(report: Report) -> str:
    kind = report.report_type.value.lower().replace("_", "-")
    return f"{kind}-{report.start_date}-{report.end_date}.{report.format.value.lower()}"
