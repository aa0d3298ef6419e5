"""Files that patients sent: listed and downloaded by those whose patients they are."""

from __future__ import annotations

import pytest

from domain.actions.visits import files
from domain.model.accounts import AuditEntry
from domain.model.files import FileState, PatientFile, owner_of
from tests.api.office import Office
from tests.people import Cast
from tests.stage import PICTURE, Stage

ASHA = "+919876543021"


@pytest.fixture
def office(stage: Stage, cast: Cast) -> Office:
    """Return the office of a clinic where Asha booked Dr. Khan and sent two pictures."""
    del cast
    stage.hear(ASHA, "hi")
    picture(stage, "before")
    for answer in ("hi", "1", "1"):
        stage.hear(ASHA, answer)
    stage.settle()
    picture(stage, "after", file_name="../Blut <b>test.pdf.exe", text="Blood test")
    stage.settle()
    return Office(stage)


def picture(stage: Stage, source: str, text: str = "", file_name: str | None = None) -> None:
    stage.hear(ASHA, text, kind="media", media="image", source=source, file_name=file_name)


def test_both_are_listed_and_downloaded_to_be_saved(office: Office, stage: Stage) -> None:
    token = stage.tokens(ASHA)[0]
    shown = office.admin.get(f"/tokens/{token.token_id}/files").json["data"]["files"]
    assert [(f["isAssigned"], f["words"], f["name"], f["size"]) for f in shown] == [
        (False, None, "image.png", len(PICTURE)),
        (True, "Blood test", "Blut btestpdf.png", len(PICTURE)),
    ]
    answer = office.admin.get(f"/tokens/{token.token_id}/files/{shown[0]['fileId']}")
    assert answer.data == PICTURE
    assert answer.headers["Content-Disposition"] == "attachment; filename=image.png"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_another_booking_has_no_share_in_them(office: Office, stage: Stage) -> None:
    token = stage.tokens(ASHA)[0]
    shown = office.admin.get(f"/tokens/{token.token_id}/files").json["data"]["files"]
    work = stage.work()
    other = token.but(version=0, token_id="TKN_OTHER", contact_id="con_ravi")
    assert files.files_of(work, other) == []
    missing = office.admin.get(f"/tokens/{token.token_id}/files/file_000")
    assert missing.status_code == 404
    assert len(shown) == 2


def test_i11_a_download_stands_in_the_audit_log(office: Office, stage: Stage, cast: Cast) -> None:
    token = stage.tokens(ASHA)[0]
    shown = office.admin.get(f"/tokens/{token.token_id}/files").json["data"]["files"]
    office.admin.get(f"/tokens/{token.token_id}/files/{shown[0]['fileId']}")
    entries = stage.work().query(AuditEntry, cast.clinic.clinic_id).records
    done = [(e.action, e.patient_id) for e in entries]
    assert done == [("list_files", token.patient_id), ("download_file", token.patient_id)]


def test_a_providers_link_opens_one_file_for_an_hour(office: Office, stage: Stage) -> None:
    (file, *_) = stage.work().query(PatientFile, owner_of("clinic_city", "con_asha")).records
    link = files.link_to(stage.work(), file).split("/api/v1")[1]
    answer = office.stranger.get(link)
    assert answer.data == PICTURE
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert office.stranger.get(link[:-3] + "AAA").status_code == 404
    stage.clock.advance(61)
    assert office.stranger.get(link).status_code == 404


def test_content_lies_encrypted_and_goes_with_the_record(office: Office, stage: Stage) -> None:
    del office
    assert len(stage.files.kept) == 2
    assert not any(PICTURE in content for content in stage.files.kept.values())
    (file, *_) = stage.work().query(PatientFile, owner_of("clinic_city", "con_asha")).records
    assert file.state is FileState.KEPT
    assert file.source is None
    stage.wait(4 * 365 * 24 * 60)
    assert stage.files.kept == {}
    assert stage.work().query(PatientFile, file.owner).records == []


def test_the_export_names_files_and_talk(office: Office, stage: Stage) -> None:
    token = stage.tokens(ASHA)[0]
    stage.hear(ASHA, "talk")
    exported = office.admin.get("/patients/export", query={"format": "JSON"}).json["data"]
    (asha,) = exported["patients"]
    (file,) = asha["files"]
    assert file.startswith(f"/api/v1/tokens/{token.token_id}/files/")
    assert office.admin.get(file.removeprefix("/api/v1")).data == PICTURE
    assert asha["talkedAt"] is not None
