"""Asking a patient, soon after the consultation, to rate it."""

from __future__ import annotations

from domain.actions.line import calling
from tests.bookings import crowd
from tests.due import due_items
from tests.lines import move, start
from tests.outbox import names_to
from tests.people import Cast
from tests.stage import Stage


def test_a_rating_is_asked_for_half_a_minute_after_and_not_after_undo(
    stage: Stage, cast: Cast
) -> None:
    tokens = crowd(stage, cast, 2)
    start(stage, cast)
    move(stage, cast)
    stage.clock.advance(10)
    move(stage, cast)
    stage.clock.advance(seconds=20)
    stage.settle()
    move(stage, cast, calling.undo)
    stage.wait(5)
    assert "news/rate" not in names_to(stage, tokens[0])
    move(stage, cast)
    stage.wait(1)
    assert names_to(stage, tokens[0]).count("news/rate") == 1


def test_a_rating_asked_for_before_a_late_undo_is_not_asked_for_again(
    stage: Stage, cast: Cast
) -> None:
    tokens = crowd(stage, cast, 2)
    start(stage, cast)
    move(stage, cast)
    move(stage, cast)
    stage.wait(1)
    move(stage, cast, calling.undo)
    move(stage, cast)
    stage.wait(2)
    assert names_to(stage, tokens[0]).count("news/rate") == 1
    assert tokens[0].token_id not in [d.token_id for d in due_items(stage, "ask_rating")]
