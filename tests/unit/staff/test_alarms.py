"""Who hears that a person may be in danger, and how often; the stories are in tests/transcripts."""

from __future__ import annotations

from pathlib import Path

import pytest

from domain.model.clinics import User
from tests.people import Cast, store, stored
from tests.stage import Stage

ASHA, RAVI = "+919876543021", "+919876543022"


def alarmed(stage: Stage) -> list[str]:
    """Return the numbers of those who were alerted since the last look."""
    stage.settle()
    told = [
        o.phone or ""
        for o, m in zip(stage.channel.sent, stage.messages(), strict=True)
        if m.name == "desk/emergency"
    ]
    stage.channel.sent.clear()
    return told


def unprove(stage: Stage, *users: User) -> None:
    for user in users:
        store(stage.records, stored(stage.records, user).but(proven=False))


def everybody(stage: Stage, cast: Cast) -> list[User]:
    return stage.work().query(User, cast.clinic.clinic_id, limit=100).records


def test_one_person_alarms_once_in_ten_minutes_and_is_always_answered(stage: Stage) -> None:
    for _ in range(3):
        stage.hear(ASHA, "chest pain")
        stage.clock.advance(minutes=3)
    stage.settle()
    assert [m.name for m in stage.messages()].count("safety/red_flag") == 3
    assert len(alarmed(stage)) == 1
    stage.clock.advance(minutes=1, seconds=1)
    stage.hear(ASHA, "chest pain")
    assert len(alarmed(stage)) == 1


def test_another_person_alarms_at_once(stage: Stage) -> None:
    stage.hear(ASHA, "chest pain")
    stage.hear(RAVI, "chest pain")
    assert len(alarmed(stage)) == 2


def test_a_doctor_hears_of_a_patient_of_today_only(stage: Stage, cast: Cast) -> None:
    stage.hear(ASHA, "chest pain")
    assert alarmed(stage) == [cast.farida.whatsapp_number]


def test_without_a_proven_admin_every_doctor_hears_it(stage: Stage, cast: Cast) -> None:
    admins = [u for u in everybody(stage, cast) if u.doctor_id is None]
    unprove(stage, *admins)
    stage.hear(ASHA, "chest pain")
    assert sorted(alarmed(stage)) == [cast.meera.whatsapp_number, cast.khan.whatsapp_number]


def test_where_nobody_can_be_told_nobody_is_said_to_be(stage: Stage, cast: Cast) -> None:
    unprove(stage, *everybody(stage, cast))
    stage.hear(ASHA, "chest pain")
    [answer] = stage.settle()
    assert "112" in answer.text
    assert "told" not in answer.text


@pytest.mark.parametrize(
    "text", ["Chest pain!!!", "AMBULANCE 🚑", "दिल का दौरा", "Behosh ho gaya."]
)
def test_however_it_is_written(stage: Stage, text: str) -> None:
    stage.hear(ASHA, text)
    assert len(alarmed(stage)) == 1


def test_what_a_person_wrote_lies_nowhere_in_clear(stage: Stage, tmp_path: Path) -> None:
    stage.hear(ASHA, "vomiting blood")
    stage.settle()
    kept = b"".join(p.read_bytes() for p in tmp_path.rglob("*") if p.is_file())
    assert b"con_asha" in kept
    assert b"vomiting" not in kept
