"""Taking all patients away, as CSV or JSON."""

from __future__ import annotations

import csv
import io
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from bot.app import create_app
from domain.actions.booking.complaints import note_complaint
from domain.actions.people import export as patient_export
from domain.actions.people.patients import KnownPatient
from domain.errors import StoreUnavailable
from domain.model.queues import Token
from tests.api.desk import Desk
from tests.api.office import Client, Office
from tests.api.practice import AMIT, record, sunrise_admin


def rows(client: Client, **query: Any) -> list[dict[str, str]]:
    answer = client.get("/patients/export", query=query)
    assert (answer.status_code, answer.mimetype) == (200, "text/csv")
    return list(csv.DictReader(io.StringIO(answer.get_data().decode("utf-8-sig"))))


def test_every_patient_is_a_line_by_name(office: Office) -> None:
    record(office.doctor)
    record(office.admin, phone="+919988776600", name="आशा", currentMedications=["Metformin"])
    answer = office.admin.get("/patients/export")
    assert answer.headers["Content-Disposition"] == (
        'attachment; filename="patients-2030-11-25.csv"'
    )
    amit, asha = rows(office.admin, format="CSV")
    assert (amit["name"], amit["allergies"]) == ("Amit Kumar", "Penicillin; Dust")
    assert (amit["dateOfBirth"], amit["age"], amit["totalVisits"]) == ("1992-03-15", "38", "0")
    assert (asha["name"], asha["currentMedications"]) == ("आशा", "Metformin")


def test_what_visits_were_for_goes_along(office: Office) -> None:
    desk = Desk(office, office.cast.farida)
    for n, complaint in enumerate(("fever", "cough")):
        desk.book(0, preferredTime=f"2030-11-{25 + n}T04:30:00Z")
        work = office.stage.work()
        tokens = work.query(Token, "doc_khan", index="doctorId-date-idx").records
        note_complaint(work, next(t for t in tokens if t.complaint is None), complaint)
        work.commit()
    (patient,) = rows(office.admin)
    assert patient["complaints"] == "cough; fever"


def test_numbers_go_along_only_when_asked_for(office: Office) -> None:
    record(office.admin)
    for format_ in ("CSV", "JSON"):
        plain = office.admin.get("/patients/export", query={"format": format_})
        for number in (AMIT["phone"], AMIT["emergencyContact"]):
            assert number not in plain.get_data(as_text=True)
        full = office.admin.get(
            "/patients/export", query={"format": format_, "includePhones": "true"}
        )
        for number in (AMIT["phone"], AMIT["emergencyContact"]):
            assert number in full.get_data(as_text=True)


def test_a_spreadsheet_computes_nothing_of_it(office: Office) -> None:
    record(office.admin, name='=HYPERLINK("http://x.example","me")', address="@SUM(1)")
    record(office.admin, phone="+919988776600", name="-2+3 Ravi", allergies=["+1|cmd"])
    record(office.admin, phone="+919988776601", name='Quote, the "Great"\nOne')
    for row in rows(office.admin, includePhones="true"):
        for name, cell in row.items():
            if name not in {"phone", "emergencyContact"}:
                assert not cell.startswith(("=", "+", "-", "@"))
    names = [row["name"] for row in rows(office.admin)]
    assert 'Quote, the "Great" One' in names


def test_json_holds_the_same_with_a_count(office: Office) -> None:
    record(office.admin)
    answer = office.admin.get("/patients/export", query={"format": "JSON"})
    (patient,) = answer.json["data"]["patients"]
    assert answer.json["data"]["totalCount"] == 1
    assert (patient["name"], patient["allergies"]) == ("Amit Kumar", ["Penicillin", "Dust"])
    assert (patient["phone"], patient["lastVisitDate"]) == (None, None)
    empty = sunrise_admin(office).get("/patients/export", query={"format": "JSON"})
    assert empty.json["data"] == {"patients": [], "totalCount": 0}
    assert rows(sunrise_admin(office)) == []


def test_an_export_goes_through_all_pages(office: Office, monkeypatch: Any) -> None:
    monkeypatch.setattr(patient_export, "PAGE", 2)
    for n in range(5):
        record(office.admin, phone=f"+91998877660{n}", name=f"Patient {'abcde'[n]}")
    assert [r["name"][-1] for r in rows(office.admin)] == list("abcde")


def test_an_export_is_for_admins_and_leaves_its_mark(office: Office) -> None:
    record(office.admin)
    assert office.doctor.get("/patients/export").status_code == 403
    assert office.admin.get("/patients/export", query={"format": "PDF"}).status_code == 422
    rows(office.admin, includePhones="true")
    (entry,) = [
        e
        for e in office.admin.get("/audit").json["data"]["entries"]
        if e["action"] == "export_patients" and e["outcome"] == "DONE"
    ]
    assert entry["about"] == {"format": "CSV", "includePhones": "true"}


def export(office: Office, *options: str) -> Result:
    cli = create_app(office.stage.parts).test_cli_runner()
    return cli.invoke(args=["pulseops", "export", *options])


@pytest.mark.parametrize("format_", ["csv", "json"])
@pytest.mark.parametrize("with_phones", [False, True])
def test_the_operator_gets_the_file_an_admin_gets(
    office: Office, tmp_path: Path, format_: str, *, with_phones: bool
) -> None:
    record(office.admin)
    record(office.admin, phone="+919988776600", name="आशा")
    query = {"format": format_.upper(), "includePhones": str(with_phones).lower()}
    wanted = office.admin.get("/patients/export", query=query).get_data()
    options = ["--clinic", office.cast.clinic.clinic_id, "--format", format_]
    options += ["--include-phones"] if with_phones else []
    assert export(office, *options).stdout_bytes == wanted
    file = tmp_path / "patients"
    result = export(office, *options, "--to", str(file))
    assert (result.exit_code, result.stdout_bytes) == (0, b"")
    assert file.read_bytes() == wanted
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert (AMIT["phone"].encode() in wanted) is with_phones


def test_what_the_operator_takes_stands_in_the_clinics_audit_log(office: Office) -> None:
    export(office, "--clinic", office.cast.clinic.clinic_id, "--include-phones")
    (entry,) = office.admin.get("/audit").json["data"]["entries"]
    assert (entry["action"], entry["userId"], entry["role"]) == (
        "export_patients",
        "operator",
        "OPERATOR",
    )
    assert entry["about"] == {"format": "CSV", "includePhones": "true"}
    assert sunrise_admin(office).get("/audit").json["data"]["entries"] == []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--clinic", "clinic_none"), "There is no clinic clinic_none."),
        ((), "Missing option '--clinic'"),
        (("--clinic", "clinic_city", "--format", "pdf"), "'pdf' is not one of"),
        (("--clinic", "clinic_city", "--to", "/nowhere/at/all"), "cannot be written"),
    ],
)
def test_an_export_that_cannot_be_is_refused_in_words(
    office: Office, options: tuple[str, ...], said: str
) -> None:
    result = export(office, *options)
    assert result.exit_code != 0
    assert said in result.output
    assert "Traceback" not in result.output
    assert result.stdout_bytes == b""


def test_a_file_is_written_whole_or_not_at_all(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(office.admin)
    monkeypatch.setattr(patient_export, "iterate_patients", breaks_off)
    file = tmp_path / "patients.csv"
    file.write_text("yesterday's")
    result = export(office, "--clinic", office.cast.clinic.clinic_id, "--to", str(file))
    assert (result.exit_code, [p.name for p in tmp_path.glob("patients*")]) == (1, [file.name])
    assert file.read_text() == "yesterday's"


def breaks_off(_open_work: object) -> Iterator[KnownPatient]:
    yield from ()
    raise StoreUnavailable("gone")
