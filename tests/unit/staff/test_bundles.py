"""One person who writes and writes does not flood the desk's phone."""

from __future__ import annotations

import re
from pathlib import Path

from domain.model.talks import Bundle
from tests.due import due_items
from tests.people import Cast
from tests.stage import Stage

ASHA, RAVI, FARIDA = "+919876543021", "+919876543022", "+919876543010"


def heard(stage: Stage, phone: str = FARIDA) -> list[str]:
    """Let the workers work; return what a phone has been told since the last look."""
    return [m.text for m in stage.settle() if m.phone == phone]


def flood(stage: Stage, count: int, seconds: float = 1) -> list[str]:
    """Let Asha write so many messages, so far apart; return what the desk hears meanwhile."""
    told: list[str] = []
    for number in range(count):
        stage.clock.advance(seconds=seconds)
        stage.hear(ASHA, f"message {number}")
        told += heard(stage)
    return told


def test_sixty_messages_of_one_minute_are_three_of_the_desk(stage: Stage, cast: Cast) -> None:
    stage.hear(ASHA, "talk", name="Asha")
    assert len(heard(stage)) == 1
    told = flood(stage, 60)
    told += [m.text for m in stage.wait(1) if m.phone == FARIDA]
    assert len(told) == 3
    assert "message 0" in told[0]  # at once
    assert "30 messages" in told[1]
    assert "29 messages" in told[2]
    for number in range(60):
        assert any(re.search(rf"message {number}\b", words) for words in told)
    assert due_items(stage, "tell_bundle") == []
    del cast


def test_another_person_is_heard_at_once_meanwhile(stage: Stage) -> None:
    stage.hear(ASHA, "talk", name="Asha")
    stage.hear(RAVI, "talk", name="Ravi")
    heard(stage)
    flood(stage, 10)
    stage.hear(RAVI, "I cannot breathe well")
    assert any("I cannot breathe well" in words for words in heard(stage))


def test_one_more_message_is_told_as_it_is(stage: Stage) -> None:
    stage.hear(ASHA, "talk", name="Asha")
    heard(stage)
    flood(stage, 2)
    (second,) = [m.text for m in stage.wait(1) if m.phone == FARIDA]
    assert "message 1" in second
    assert "messages" not in second


def test_what_follows_an_answer_is_heard_at_once(stage: Stage) -> None:
    stage.hear(ASHA, "talk", name="Asha")
    assert len(flood(stage, 1)) == 2
    stage.hear(FARIDA, kind="tap", choice="reply:con_asha")
    stage.hear(FARIDA, "Come at five")
    stage.settle()
    stage.clock.advance(seconds=1)
    assert any("message 0" in words for words in flood(stage, 1))


def test_what_waits_lies_nowhere_in_clear_and_has_an_end(stage: Stage, tmp_path: Path) -> None:
    stage.hear(ASHA, "talk", name="Asha")
    flood(stage, 1)
    stage.hear(ASHA, "it is only a rash")
    bundle = stage.work().get(Bundle, "clinic_city", "con_asha")
    assert bundle is not None
    assert (bundle.count, bundle.ttl is not None) == (1, True)
    kept = b"".join(p.read_bytes() for p in tmp_path.rglob("*") if p.is_file())
    assert b"only a rash" not in kept


def test_a_bundle_without_end_is_cut_and_counted(stage: Stage) -> None:
    stage.hear(ASHA, "talk", name="Asha")
    flood(stage, 1)
    for number in range(12):
        stage.hear(ASHA, f"{number} " + "word " * 100)
    told = [m.text for m in stage.wait(1) if m.phone == FARIDA]
    assert len(told) == 3
    assert "12 messages" in told[0]
    assert "…" in told[-1]
