"""Reports: asked for, made by a worker, downloaded, cleaned up."""

from __future__ import annotations

import csv
import io
import zipfile
from dataclasses import replace
from pathlib import Path

import pypdfium2
import pytest

from bot.documents.storage import FolderFiles
from domain.model.figures import DayFigures, Hour
from domain.model.reports import ReportFormat, ReportType
from domain.ports import FileMissing, Files
from tests.api.examples.shape import differs, request_of
from tests.api.office import Office
from tests.people import a_user, store, stored
from tests.stage import Stage

DAYS = ("2030-11-21", "2030-11-22", "2030-11-23")
RUNS = ("POST /api/v1/reports/generate",)
PARAMETERS = {"startDate": "2030-11-20", "endDate": "2030-11-24"}


def a_day(doctor_id: str, day: str, completed: int, rupees: int) -> DayFigures:
    return DayFigures(
        doctor_id=doctor_id,
        date=day,
        clinic_id="clinic_city",
        queue_id=f"queue_{doctor_id}_{day}",
        completed=completed,
        cancelled=1,
        no_show=1,
        new_tokens=1,
        online_paise=5_000 * completed,
        desk_paise=rupees * 100 - 5_000 * completed,
        paise_by_type={"GENERAL": rupees * 100},
        patients=tuple(f"pat_{n}" for n in range(completed + 2)),
        new_patients=("pat_0",),
        punctual=completed,
        stars=5 * completed,
        ratings=completed,
        hours=(
            Hour(hour=9, arrivals=completed, waits=completed, wait_seconds=600 * completed),
            Hour(hour=10, departures=completed, consultations=completed, consultation_seconds=700),
        ),
    )


@pytest.fixture
def office(stage: Stage, cast: object, tmp_path: Path) -> Office:
    """Return the office of a clinic on the Professional plan, with three days of figures."""
    del cast
    parts = replace(stage.parts, files=FolderFiles(tmp_path / "files"))
    stage.parts = parts
    stage.due_runner.parts = parts
    made = Office(stage)
    clinic = stored(stage.records, made.cast.clinic)
    store(
        stage.records,
        clinic.but(subscription_plan="PROFESSIONAL", plan="PROFESSIONAL", name="सिटी Medical"),
        stored(stage.records, made.cast.meera).but(name="डॉ. मीरा शर्मा"),
        *(a_day("doc_meera", day, 8, 4_000) for day in DAYS),
        *(a_day("doc_khan", day, 4, 2_000) for day in DAYS),
    )
    return made


def ask(office: Office, **changes: object) -> str:
    body = {"reportType": "CLINIC_SUMMARY", "format": "CSV", "parameters": PARAMETERS, **changes}
    answer = office.admin.post("/reports/generate", body)
    assert answer.status_code == 202, answer.json
    report_id: str = answer.json["data"]["reportId"]
    return report_id


def made(office: Office, **changes: object) -> bytes:
    """Return the file of a report, downloaded by its signed link as a browser would."""
    report_id = ask(office, **changes)
    office.settle()
    shown = office.admin.get(f"/reports/{report_id}").json["data"]
    assert shown["status"] == "COMPLETED", shown
    path = shown["downloadUrl"].split("/api/v1")[1]
    answer = office.stranger.get(path)
    assert answer.status_code == 200
    assert "attachment" in answer.headers["Content-Disposition"]
    assert len(answer.data) == shown["size"]
    return answer.data


def test_the_specifications_example_is_answered_like_it(office):
    body = request_of("POST /api/v1/reports/generate")
    body["parameters"]["doctorIds"] = ["doc_meera", "doc_khan"]
    answer = office.admin.post("/reports/generate", body)
    assert answer.status_code == 202
    assert differs("POST /api/v1/reports/generate", answer.json) == []
    assert answer.json["data"]["status"] == "PROCESSING"


def test_a_csv_holds_the_figures(office):
    text = made(office).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0] == ["Clinic summary", "सिटी Medical", "20 November 2030 – 24 November 2030"]
    facts = {row[0]: row[1] for row in rows if len(row) == 2}
    assert facts["Tokens"] == "48"
    assert facts["Revenue"] == "₹18,000"
    assert facts["Satisfaction"] == "5.0 of 5 (36 ratings)"
    assert ["22 Nov 2030", "12", "6000"] in rows
    assert ["Total", "36", "18000"] in rows
    assert ["09:00", "36", "0", "10"] in rows


def test_a_month_that_is_not_over_is_reported_up_to_today(office):
    whole = {"startDate": "2030-11-01", "endDate": "2030-11-30"}
    rows = list(csv.reader(io.StringIO(made(office, parameters=whole).decode("utf-8-sig"))))
    assert rows[0][2] == "1 November 2030 – 25 November 2030"
    assert ["Total", "36", "18000"] in rows


def test_a_pdf_has_its_text_to_select_hindi_names_too(office):
    pdf = pypdfium2.PdfDocument(made(office, reportType="DOCTOR_PERFORMANCE", format="PDF"))
    text = "\n".join(page.get_textpage().get_text_range() for page in pdf)
    assert "Doctor performance" in text
    assert "सिटी Medical" in text
    assert "डॉ. मीरा शर्मा" in text
    assert "Dr. Khan" in text


def test_a_workbook_has_a_sheet_a_section_with_numbers_and_charts(office):
    book = zipfile.ZipFile(io.BytesIO(made(office, reportType="REVENUE", format="XLSX")))
    names = book.namelist()
    assert sum(n.startswith("xl/worksheets/sheet") for n in names) == 3
    assert sum(n.startswith("xl/charts/chart") for n in names) == 2
    assert "<v>12000</v>" in book.read("xl/worksheets/sheet1.xml").decode()


@pytest.mark.parametrize("kind", list(ReportType))
@pytest.mark.parametrize("as_format", list(ReportFormat))
def test_every_report_is_made_even_of_nothing(office, kind, as_format):
    parameters = {"startDate": "2030-10-01", "endDate": "2030-10-02"}
    assert made(office, reportType=kind, format=as_format, parameters=parameters)


def test_only_the_doctors_and_figures_asked_for_are_in_it(office):
    text = made(
        office,
        reportType="DOCTOR_PERFORMANCE",
        parameters={**PARAMETERS, "doctorIds": ["doc_khan"], "metrics": ["patients"]},
    ).decode("utf-8-sig")
    assert "Dr. Khan" in text
    assert "मीरा" not in text
    assert "Revenue" not in text


class Broken:
    """A place for files that takes none."""

    def put(self, name: str, content: bytes, media_type: str) -> None:
        raise OSError(name, len(content), media_type)

    def get(self, name: str) -> bytes:
        raise FileMissing(name)

    def delete(self, name: str) -> None:
        del name


def test_a_report_that_cannot_be_kept_fails_with_a_reason(office):
    broken: Files = Broken()
    office.stage.due_runner.parts = replace(office.stage.parts, files=broken)
    report_id = ask(office)
    for _ in range(3):
        office.stage.wait(10)
    shown = office.admin.get(f"/reports/{report_id}").json["data"]
    assert (shown["status"], shown["downloadUrl"]) == ("FAILED", None)
    assert shown["reason"]
    answer = office.admin.get(f"/reports/{report_id}/download")
    assert (answer.status_code, answer.json["error"]["code"]) == (409, "REPORT_NOT_READY")


def test_an_old_report_is_cleaned_up(office, tmp_path):
    report_id = ask(office)
    office.settle()
    assert list((tmp_path / "files").rglob("*.csv"))
    office.stage.wait(31 * 24 * 60)
    assert not list((tmp_path / "files").rglob("*.csv"))
    assert office.admin.get(f"/reports/{report_id}").json["data"]["status"] == "EXPIRED"
    assert office.admin.get(f"/reports/{report_id}/download").status_code == 409


def test_a_link_opens_one_report_for_an_hour(office):
    one, two = ask(office), ask(office)
    office.settle()
    url = office.admin.get(f"/reports/{one}").json["data"]["downloadUrl"]
    signature = url.partition("signature=")[2]
    download = f"/reports/{one}/download"
    assert office.stranger.get(download).status_code == 401
    assert office.stranger.get(download, query={"signature": signature}).status_code == 200
    other = office.stranger.get(f"/reports/{two}/download", query={"signature": signature})
    assert other.status_code == 401
    forged = office.stranger.get(download, query={"signature": signature[:-2] + "xx"})
    assert forged.status_code == 401
    office.stage.clock.advance(61)
    assert office.stranger.get(download, query={"signature": signature}).status_code == 401
    assert office.admin.get(download).status_code == 200


def test_another_clinics_report_is_not_found(office):
    report_id = ask(office)
    office.settle()
    other = a_user(office.cast.sunrise, "usr_olga", "Olga", "+919876543077")
    store(office.stage.records, other)
    admin = office.sign_in(other)
    assert admin.get(f"/reports/{report_id}").status_code == 404
    assert admin.get(f"/reports/{report_id}/download").status_code == 404


def test_a_doctor_gets_no_reports(office):
    body = {"reportType": "REVENUE", "format": "CSV", "parameters": PARAMETERS}
    assert office.doctor.post("/reports/generate", body).status_code == 403


def test_a_plan_without_reports_says_which_has_them(office):
    clinic = stored(office.stage.records, office.cast.clinic)
    store(office.stage.records, clinic.but(subscription_plan="BASIC", plan="BASIC"))
    body = {"reportType": "REVENUE", "format": "CSV", "parameters": PARAMETERS}
    answer = office.admin.post("/reports/generate", body)
    assert (answer.status_code, answer.json["error"]["code"]) == (403, "PLAN_REQUIRED")
    assert "PROFESSIONAL" in answer.json["message"]


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"startDate": "2030-11-24", "endDate": "2030-11-20"}, "parameters.startDate"),
        ({"startDate": "2030-11-26", "endDate": "2030-11-30"}, "parameters.startDate"),
        ({"startDate": "2029-11-20", "endDate": "2030-11-21"}, "parameters.startDate"),
        ({"startDate": "2030-02-30", "endDate": "2030-11-20"}, "parameters.startDate"),
        ({**PARAMETERS, "doctorIds": ["doc_rao"]}, "parameters.doctorIds"),
    ],
)
def test_what_cannot_be_reported_is_named(office, parameters, field):
    body = {"reportType": "REVENUE", "format": "CSV", "parameters": parameters}
    answer = office.admin.post("/reports/generate", body)
    assert answer.status_code == 422
    assert [d["field"] for d in answer.json["error"]["details"]] == [field]
