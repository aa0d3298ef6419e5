"""What takes long is done in turns of clinics: one's flood keeps no other waiting."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.documents.storage import FolderFiles
from domain import due
from domain.actions.broadcasts import announcements
from domain.actions.reports.reports import MOST_OPEN
from domain.actors import Actor
from domain.errors import StoreUnavailable
from domain.model.broadcasts import Broadcast
from domain.model.due import Due, shard_of
from domain.model.reports import OpenReport
from tests.api.answers import data, refusal
from tests.api.office import Client, Office
from tests.api.practice import record, sunrise_admin
from tests.people import Cast, store, stored
from tests.stage import Stage

REPORT = {
    "reportType": "CLINIC_SUMMARY",
    "format": "CSV",
    "parameters": {"startDate": "2030-11-20", "endDate": "2030-11-24"},
}


class NotingFiles(FolderFiles):
    """A folder that notes whose files are put into it, in order."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.puts: list[str] = []
        self.on_put: Callable[[], None] = lambda: None

    def put(self, name: str, content: bytes, media_type: str) -> None:
        self.puts.append(name.split("/")[1])
        super().put(name, content, media_type)
        self.on_put()


@pytest.fixture
def files(stage: Stage, tmp_path: Path) -> NotingFiles:
    made = NotingFiles(tmp_path / "files")
    stage.parts = replace(stage.parts, files=made)
    stage.due_runner.parts = stage.parts
    return made


@pytest.fixture
def office(stage: Stage, cast: Cast, files: NotingFiles) -> Office:
    """Return an office of a town where both clinics are on a plan with reports and broadcasts."""
    del files
    for clinic in (cast.clinic, cast.sunrise):
        plan = {"subscription_plan": "PROFESSIONAL", "plan": "PROFESSIONAL"}
        store(stage.records, stored(stage.records, clinic).but(**plan))
    return Office(stage)


def ask_report(client: Client) -> Any:
    return client.post("/reports/generate", REPORT)


def test_a_clinic_has_so_many_reports_in_the_making_and_no_more(office: Office) -> None:
    for _ in range(MOST_OPEN):
        data(ask_report(office.admin), 202)
    full = ask_report(office.admin)
    assert refusal(full, 429)["code"] == "RATE_LIMITED"
    assert full.json["message"].startswith("10 reports of the clinic are being made")
    assert int(full.headers["Retry-After"]) == 30
    data(ask_report(sunrise_admin(office)), 202)  # that is another's
    office.settle()
    assert office.stage.work().query(OpenReport, "clinic_city").records == []
    for _ in range(MOST_OPEN):
        data(ask_report(office.admin), 202)
    assert refusal(ask_report(office.admin), 429)


def test_a_report_comes_after_one_of_a_clinic_that_asked_for_many(
    office: Office, files: NotingFiles
) -> None:
    theirs = sunrise_admin(office)
    for _ in range(MOST_OPEN):
        data(ask_report(office.admin), 202)

    def ask_once() -> None:
        files.on_put = lambda: None
        data(ask_report(theirs), 202)

    files.on_put = ask_once  # while City's first is being made
    office.settle()
    # Alone it is one report's time; here at most two.
    assert files.puts.index("clinic_sunrise") <= 2
    assert len(files.puts) == MOST_OPEN + 1


def broadcast(client: Client, phone: str, name: str) -> str:
    body = {
        "messageType": "TEMPLATE",
        "templateName": "clinic_announcement",
        "templateData": {"clinic_name": name, "announcement": "Closed on Monday"},
        "recipients": [phone],
    }
    return str(data(client.post("/whatsapp/broadcast", body), 202)["broadcastId"])


def written(stage: Stage, clinic_id: str) -> int:
    """Return how many broadcasts of a clinic have written all their messages."""
    return sum(b.expanded for b in stage.work().query(Broadcast, clinic_id, limit=200).records)


def test_a_broadcast_and_an_announcement_wait_for_one_of_a_clinic_that_sends_many(
    office: Office, cast: Cast
) -> None:
    stage = office.stage
    mine, theirs = record(office.admin), record(sunrise_admin(office))
    office.settle()
    for _ in range(20):
        broadcast(office.admin, mine["phone"], "City Medical Center")
    for _ in range(MOST_OPEN):
        data(ask_report(office.admin), 202)
    stage.on_line(
        announcements.announce, cast.sunrise, cast.rao, Actor("usr_rao", "Dr. Rao"), "Ten late"
    )
    broadcast(sunrise_admin(office), theirs["phone"], "Sunrise Clinic")
    before: dict[int, int] = {}

    def look() -> None:
        done = written(stage, "clinic_sunrise")
        if done:
            before.setdefault(done, written(stage, "clinic_city"))

    stage.trouble.after_commit = look
    stage.due_runner.run(shard_of("broadcast", ""))
    assert before[1] <= 1  # the announcement: one of City's before it
    assert before[2] <= 2


def test_a_clinic_behind_hundreds_of_another_s_items_is_in_the_first_round(
    stage: Stage, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    del cast
    monkeypatch.setattr("workers.due_runner.PASS_LIMIT", 2)
    work = stage.work()
    people = [(f"pat_{number}", "clinic_city") for number in range(90)]
    for patient, clinic_id in (*people, ("pat_x", "clinic_sunrise")):
        about = due.Subject(f"{patient}#{clinic_id}", clinic_id=clinic_id)
        asked = "2030-11-25T03:00:00.000000Z"
        due.schedule(work, "erase", work.now, about, patient=patient, asked=asked, again=0)
    work.commit()
    monkeypatch.setattr("workers.due_runner.TURN_PAGE", 20)
    shard = shard_of("erase", "")
    stage.due_runner.run(shard)
    left = stage.work().query(Due, shard, limit=200).records
    assert {item.clinic_id for item in left} == {"clinic_city"}
    assert len(left) == 89
    assert ("act", shard) in stage.bell.rung


def test_a_store_that_is_away_ends_the_turns(office: Office) -> None:
    stage = office.stage
    data(ask_report(office.admin), 202)

    def away() -> None:
        raise StoreUnavailable

    stage.trouble.before_commit = away
    assert stage.due_runner.run(shard_of("report", "")) == 1  # tried, and left where it is
    stage.trouble.before_commit = lambda: None
    office.settle()
    assert stage.work().query(OpenReport, "clinic_city").records == []
