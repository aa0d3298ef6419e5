"""What a visit is for, kept with the booking."""

from __future__ import annotations

import pytest

from domain.actions.booking import complaints, rescheduling
from domain.model.queues import Token
from tests.bookings import do, hold
from tests.people import TUESDAY, Cast
from tests.stage import Stage


def tell(stage: Stage, token: Token, *texts: str) -> Token:
    for text in texts:
        do(stage, complaints.note_complaint, stage.token(token), text)
    return stage.token(token)


def told(stage: Stage, token: Token) -> str | None:
    return complaints.complaint_of(stage.work(), stage.token(token))


@pytest.mark.parametrize(
    ("texts", "kept"),
    [
        (["fever  since\n2 days"], "fever since 2 days"),
        (["fever", "cough"], "fever; cough"),
        (["fever", "cough", "fever"], "fever; cough"),
        (["fever", "fever and cough"], "fever; fever and cough"),
        (["a" * 300], "a" * 300),
        (["a" * 301], "a" * 299 + "…"),
        (["a" * 200, "b" * 200], "a" * 200 + "; " + "b" * 97 + "…"),
    ],
)
def test_it_is_joined_and_ends_somewhere(
    stage: Stage, cast: Cast, texts: list[str], kept: str
) -> None:
    token = tell(stage, hold(stage, cast, 1), *texts)
    assert told(stage, token) == kept


def test_it_is_stored_encrypted(stage: Stage, cast: Cast) -> None:
    token = tell(stage, hold(stage, cast, 1), "fever")
    assert "fever" not in (token.complaint or "fever")


def test_without_one_there_is_none(stage: Stage, cast: Cast) -> None:
    assert told(stage, hold(stage, cast, 1)) is None


def test_another_slot_keeps_it(stage: Stage, cast: Cast) -> None:
    tell(stage, hold(stage, cast, 1), "fever")
    assert told(stage, hold(stage, cast, 2)) == "fever"


def test_it_goes_along_to_another_day(stage: Stage, cast: Cast) -> None:
    token = tell(stage, hold(stage, cast, 1, doctor=cast.khan), "fever")
    moved = do(stage, rescheduling.reschedule, cast.clinic, cast.khan, token, TUESDAY, 1)
    assert told(stage, moved) == "fever"
