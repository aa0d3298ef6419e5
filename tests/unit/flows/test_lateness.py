"""Telling that one is late: by a choice of minutes, and what a choice does later."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.model.queues import Token
from tests.bookings import cancel, hold
from tests.lines import head
from tests.people import Cast
from tests.stage import Stage

ASHA = "+919876543021"


@pytest.fixture
def token(stage: Stage, cast: Cast) -> Token:
    """Return Asha's booking with Dr. Khan, whose hours are 9:00 to 17:00."""
    return hold(stage, cast, 1, doctor=cast.khan)


def taps(stage: Stage, choice: str) -> str:
    """Let Asha tap *choice*; return the name of the answer."""
    stage.settle()
    stage.clock.advance(seconds=3)
    stage.hear(ASHA, kind="tap", choice=choice)
    stage.settle()
    return stage.messages()[-1].name


@pytest.mark.parametrize(
    ("chosen", "minutes", "choices"),
    [
        ("10", 10, []),
        ("180", 180, []),
        ("181", 181, ["move", "cancel"]),
        ("600", 600, ["move", "cancel"]),
        ("9999", 600, ["move", "cancel"]),
    ],
)
def test_minutes_are_noted_and_very_many_offer_another_time(
    stage: Stage, token: Token, chosen: str, minutes: int, choices: list[str]
) -> None:
    assert taps(stage, f"late:{token.token_id}:{chosen}") == "late/noted"
    assert stage.token(token).late_until == token.estimated_time + timedelta(minutes=minutes)
    answer = stage.messages()[-1]
    assert answer.values["minutes"] == minutes
    assert [o.id.partition(":")[0] for o in answer.options] == choices


@pytest.mark.parametrize("chosen", ["", ":0", ":-5", ":soon"])
def test_without_minutes_nothing_is_noted_and_they_are_asked_for(
    stage: Stage, token: Token, chosen: str
) -> None:
    assert taps(stage, f"late:{token.token_id}{chosen}") == "late/how_late"
    assert stage.token(token).late_until is None


def test_a_choice_of_a_booking_that_is_over_changes_nothing(stage: Stage, token: Token) -> None:
    cancel(stage, token)
    assert taps(stage, f"late:{token.token_id}:10") == "mine/not_now"
    assert stage.token(token).late_until is None


def test_a_choice_of_somebody_elses_booking_is_none(stage: Stage, cast: Cast, token: Token) -> None:
    theirs = hold(stage, cast, 2, doctor=cast.khan, person=(cast.ravi_contact, cast.ravi))
    assert taps(stage, f"late:{theirs.token_id}:10") == "mine/none"
    assert stage.token(theirs).late_until is None
    assert stage.token(token).late_until is None


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("late 20", 20),
        ("Late: 20 minutes please", 20),
        ("running late 45 min", 45),
        ("late १०", 10),
        ("लेट 15 मिनट", 15),
        ("late 999", 600),
        ("late 1 hour", 60),
        ("20 min late aaunga", 20),
    ],
)
def test_a_doctor_says_how_late_they_are(stage: Stage, cast: Cast, text: str, minutes: int) -> None:
    stage.hear(cast.khan.whatsapp_number, text)
    queue = head(stage, cast)
    assert queue.late_until == queue.planned_start + timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("late", "late/doctor_how_late"),
        ("late please", "late/doctor_how_late"),
        ("late 20 patients", "late/doctor_how_late"),
        ("late patients come tomorrow", "late/doctor_how_late"),
        ("on time patients first", "line/unsure"),
        ("late 0", "late/doctor_on_time"),
        ("on time", "late/doctor_on_time"),
        ("not late", "late/doctor_on_time"),
    ],
)
def test_without_a_number_of_minutes_no_doctor_is_late(
    stage: Stage, cast: Cast, text: str, answer: str
) -> None:
    stage.hear(cast.khan.whatsapp_number, text)
    stage.settle()
    assert stage.messages()[-1].name == answer
    assert head(stage, cast).late_until is None
