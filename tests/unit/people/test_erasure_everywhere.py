"""After an erasure nothing that the person said or was called is anywhere in the store."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from domain.actions.people import erasure
from domain.model.conversations import Parked
from domain.model.messages import Message
from domain.model.people import ClinicPatient
from domain.rules import STAFF_MESSAGES_KEPT
from domain.scopes import ClinicScope
from tests.people import FILE
from tests.stage import Stage

PHONE, NAME = "+919876540099", "Zubeida Quartermaine"
WORDS = ("Zubeida", "zubeida", "Quartermaine", "quartermaine", PHONE, "9876540099", "wobbly ankles")


def rows(folder: Path) -> list[str]:
    """Return every row of every table, with its indexes' values: they are in the rows."""
    with sqlite3.connect(folder / FILE) as database:
        named = "SELECT name FROM sqlite_master WHERE type = 'table'"
        tables = [name for (name,) in database.execute(named)]
        return [
            f"{table}: {row}"
            for table in tables
            for row in database.execute(f'SELECT * FROM "{table}"')  # noqa: S608 - names of our own
        ]


def traces(folder: Path) -> list[str]:
    return [row for row in rows(folder) if any(word in row for word in WORDS)]


def live_a_visit(stage: Stage) -> str:
    """Let a person book, ask for somebody, be listed and called; return their patientId."""
    steps = [
        (PHONE, "hi", NAME),
        (PHONE, "1", NAME),
        (PHONE, "1", NAME),
        (PHONE, "yes", NAME),
        (PHONE, "I come for wobbly ankles", NAME),
        (PHONE, "talk", NAME),
        (PHONE, "wobbly ankles again", NAME),
        ("+919876543012", "start", None),
        ("+919876543012", "list", None),
        ("+919876543012", "next", None),
        ("+919876543012", "next", None),
    ]
    for phone, text, name in steps:
        stage.clock.advance(seconds=30)
        stage.hear(phone, text, name=name)
        stage.settle()
    stage.wait(5)
    (token,) = [t for t in stage.every_token(PHONE) if t.patient_name == NAME]
    return token.patient_id


def erase(stage: Stage, patient_id: str) -> None:
    work = stage.parts.open_work(ClinicScope("clinic_city"))
    erasure.erase(work, patient_id)
    work.commit()
    stage.settle()


def test_no_word_of_the_person_is_left_in_any_table(stage: Stage, tmp_path: Path) -> None:
    patient_id = live_a_visit(stage)
    assert len({t.partition(":")[0] for t in traces(tmp_path)}) > 5
    erase(stage, patient_id)
    stage.wait(11)
    # Their WhatsApp account is theirs, not the clinic's; a visit must be kept for three years.
    own = {"pulseops-contacts", "pulseops-addresses"}
    assert {t.partition(":")[0] for t in traces(tmp_path)} == own | {"pulseops-visits"}
    stage.wait(60 * 24 * (3 * 365 + 3))
    assert {t.partition(":")[0] for t in traces(tmp_path)} <= own


def test_what_we_could_not_handle_is_erased_too(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_turn: object) -> None:
        raise RuntimeError("a fault of ours")

    patient_id = live_a_visit(stage)
    with monkeypatch.context() as broken:
        broken.setattr("flows.patient.answer", fails)
        for phone in (PHONE, "+919876543021"):
            stage.hear(phone, "my ankles", message_id=f"wamid.{phone}")
    stage.clock.advance(seconds=1)
    erase(stage, patient_id)
    work = stage.work()
    assert work.get(Parked, f"wamid.{PHONE}") is None
    assert work.get(Parked, "wamid.+919876543021") is not None


def test_messages_to_staff_that_show_patients_are_kept_for_days(stage: Stage) -> None:
    live_a_visit(stage)
    shown = [m for m in stage.messages() if m.shows]
    assert {"line/list", "line/called", "desk/wants_to_talk"} <= {m.name for m in shown}
    for message in shown:
        kept = (message.ttl or 0) - message.created_at.timestamp()
        assert kept == pytest.approx(STAFF_MESSAGES_KEPT.total_seconds(), abs=1)


def test_messages_to_people_are_kept_as_long_as_the_installation_says(stage: Stage) -> None:
    stage.hear("+919876543021", "hi")
    stage.settle()
    (message,) = stage.messages()
    kept = (message.ttl or 0) - message.created_at.timestamp()
    assert kept == pytest.approx(stage.parts.rules.keeps.messages.total_seconds(), abs=1)
    stage.clock.advance(days=180)
    assert stage.work().get(Message, message.message_id) is None


def test_a_message_of_staff_about_somebody_else_stays(stage: Stage) -> None:
    patient_id = live_a_visit(stage)
    before = {m.message_id for m in stage.messages() if m.shows and m.values}
    about = {m.message_id for m in stage.messages() if patient_id in m.shows}
    erase(stage, patient_id)
    after = {m.message_id for m in stage.messages() if m.shows and m.values}
    assert stage.work().get(ClinicPatient, "clinic_city", patient_id) is None
    assert about
    assert before - after >= about


def test_who_asks_in_chat_leaves_nothing_but_what_the_law_keeps(
    stage: Stage, tmp_path: Path
) -> None:
    patient_id = live_a_visit(stage)
    stage.wait(60 * 3)  # until the desk no longer answers in place of the bot
    for text in ("delete my data", "yes"):
        stage.clock.advance(seconds=30)
        stage.hear(PHONE, text, name=NAME)
        stage.settle()
    told = [m.name for m in stage.messages() if m.contact_id == stage.contact_id(PHONE)]
    assert told[-1] == "rights/erased"
    stage.wait(15)
    assert {t.partition(":")[0] for t in traces(tmp_path)} == {"pulseops-visits"}
    assert stage.work().get(ClinicPatient, "clinic_city", patient_id) is None
    stage.wait(60 * 24 * (3 * 365 + 3))
    assert traces(tmp_path) == []
