"""Taking all patients away, as CSV or JSON."""

from __future__ import annotations

import csv
import io
from typing import Any

from domain.actions import patient_export
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
        if e["action"] == "export_patients"
    ]
    assert entry["about"] == {"format": "CSV", "includePhones": "true"}
