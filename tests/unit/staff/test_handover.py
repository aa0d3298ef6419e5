"""People of the clinic answer instead of the bot; the stories are in tests/transcripts."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from domain.actions.staff import handover, talks
from domain.model.clinics import Clinic
from domain.model.conversations import Conversation
from tests.people import CITY_SENDER, Cast
from tests.stage import Stage

ASHA = "+919876543021"


def talk(stage: Stage) -> Conversation:
    found = stage.work().get(Conversation, f"{CITY_SENDER}#con_asha")
    assert found is not None
    return found


def test_what_a_person_writes_to_the_desk_lies_nowhere_in_clear(
    stage: Stage, cast: Cast, tmp_path: Path
) -> None:
    assert cast.farida.proven
    stage.hear(ASHA, "talk")
    stage.hear(ASHA, "I have a rash")
    stage.settle()
    kept = b"".join(p.read_bytes() for p in tmp_path.rglob("*") if p.is_file())
    assert b"con_asha" in kept
    assert b"rash" not in kept
    assert "I have a rash" in stage.channel.sent[-1].text


def test_every_message_to_the_desk_keeps_the_bot_silent_longer(stage: Stage) -> None:
    stage.hear(ASHA, "talk")
    stage.clock.advance(100)
    stage.hear(ASHA, "are you there?")
    assert talk(stage).handed_over_until == stage.clock.now() + talks.SILENT_FOR
    stage.clock.advance(119)
    assert handover.is_handed_over(talk(stage), stage.work())
    stage.clock.advance(2)
    assert not handover.is_handed_over(talk(stage), stage.work())


def test_the_desk_of_another_clinic_cannot_call_the_bot_back(stage: Stage, cast: Cast) -> None:
    stage.hear(ASHA, "talk")
    work = stage.work()
    assert not handover.hand_back(work, cast.sunrise, "con_asha")
    assert handover.hand_back(work, cast.clinic, "con_asha")
    assert not handover.hand_back(work, cast.clinic, "con_asha")


def test_a_clinic_without_open_days_names_no_hours(stage: Stage, cast: Cast) -> None:
    today = stage.clock.now().date()
    days = tuple(today + timedelta(days=n) for n in range(-2, 20))
    shut: Clinic = cast.clinic.but(holidays=days)
    assert handover.next_opening(stage.work(), shut) == {
        "open": False, "day": None, "from": None, "to": None,
    }  # fmt: skip


def test_hours_reach_from_the_first_doctor_to_the_last(stage: Stage, cast: Cast) -> None:
    work = stage.work()
    work.put(cast.khan.but(start_time="11:00", end_time="20:00"))
    work.commit()
    found = handover.next_opening(stage.work(), cast.clinic)
    assert (found["from"][11:16], found["to"][11:16], found["open"]) == ("03:30", "14:30", False)
    stage.clock.advance(60)
    assert handover.next_opening(stage.work(), cast.clinic)["open"]
