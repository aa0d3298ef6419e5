"""Starting, pausing and closing a line, checking in, and what a line does when nobody does."""

from __future__ import annotations

import pytest

from domain.actions.line import lifecycle
from domain.errors import NotNow
from domain.model.queues import QueueStatus, Token, TokenStatus
from tests.bookings import book, crowd, do
from tests.lines import KHAN, close, head, move, start
from tests.people import Cast, store, stored
from tests.stage import Stage


def test_check_in_twice_is_one_and_a_closed_line_takes_none(
    stage: Stage, cast: Cast, tokens: list[Token]
) -> None:
    first = do(stage, lifecycle.check_in, stage.token(tokens[2]))
    stage.clock.advance(5)
    assert do(stage, lifecycle.check_in, stage.token(tokens[2])) == stage.token(first)
    close(stage, cast)
    with pytest.raises(NotNow):
        do(stage, lifecycle.check_in, stage.token(tokens[1]))


def test_start_ends_yesterdays_line_that_nobody_closed(stage: Stage, cast: Cast) -> None:
    book(stage, cast, 1)
    start(stage, cast)
    store(stage.records, head(stage, cast).but(planned_end=stage.clock.now()))
    stage.clock.advance(days=1)
    start(stage, cast)
    old = stage.queue("doc_khan", "2030-11-25")
    new = stage.queue("doc_khan", "2030-11-26")
    assert (old.status, old.close_reason) == (QueueStatus.CLOSED, "NEXT_DAY_STARTED")
    assert new.status is QueueStatus.ACTIVE


def test_start_does_not_end_a_line_that_runs_late_into_the_night(stage: Stage, cast: Cast) -> None:
    book(stage, cast, 1)
    start(stage, cast)
    stage.clock.advance(16 * 60)  # half past midnight; tomorrow's hours begin at nine
    with pytest.raises(NotNow):
        start(stage, cast)
    assert stage.queue("doc_khan", "2030-11-25").status is QueueStatus.ACTIVE


def test_a_line_left_open_closes_four_hours_after_its_hours(stage: Stage, cast: Cast) -> None:
    crowd(stage, cast, 2)
    start(stage, cast)
    move(stage, cast)
    stage.wait(8.5 * 60 + 4 * 60 - 1)
    assert head(stage, cast).status is QueueStatus.ACTIVE
    stage.wait(1)
    closed = stage.queue("doc_khan", "2030-11-25")
    assert (closed.status, closed.close_reason) == (QueueStatus.CLOSED, "AUTO_CLOSED")


def test_a_line_that_still_moves_is_left_an_hour_more(stage: Stage, cast: Cast) -> None:
    crowd(stage, cast, 2)
    start(stage, cast)
    stage.wait(8.5 * 60 + 3 * 60 + 30)
    move(stage, cast)  # half an hour before it would close
    stage.wait(59)
    assert head(stage, cast).status is QueueStatus.ACTIVE
    stage.wait(2)
    assert stage.queue("doc_khan", "2030-11-25").status is QueueStatus.CLOSED


def test_a_day_never_started_is_cancelled(stage: Stage, cast: Cast) -> None:
    tokens = crowd(stage, cast, 1)
    stage.wait(13 * 60)
    closed = stage.queue("doc_khan", "2030-11-25")
    assert (closed.status, closed.close_reason) == (QueueStatus.CLOSED, "NOT_STARTED")
    assert stage.token(tokens[0]).status is TokenStatus.CANCELLED


@pytest.mark.parametrize("halt", ["pause", "emergency"])
def test_when_a_halt_is_over_the_doctor_is_asked_once(stage: Stage, cast: Cast, halt: str) -> None:
    start(stage, cast)
    if halt == "pause":
        stage.on_line(lifecycle.pause, cast.clinic, cast.khan, KHAN, 15, None)
    else:
        stage.on_line(lifecycle.emergency, cast.clinic, cast.khan, KHAN, 15)
    stage.wait(14)
    assert "line/ask_resume" not in [m.name for m in stage.messages()]
    stage.wait(30)
    assert [m.name for m in stage.messages()].count("line/ask_resume") == 1
    assert stage.channel.sent[-1].phone == cast.khan.whatsapp_number


def test_not_the_unproven_number_of_a_doctor_but_the_desk_is_asked(
    stage: Stage, cast: Cast
) -> None:
    start(stage, cast)
    stage.on_line(lifecycle.pause, cast.clinic, cast.khan, KHAN, 15, None)
    store(stage.records, stored(stage.records, cast.khan_user).but(proven=False))
    stage.wait(30)
    assert [m.name for m in stage.messages()].count("line/ask_resume") == 1
    assert stage.channel.sent[-1].phone == cast.farida.whatsapp_number
    stage.hear(cast.farida.whatsapp_number, kind="tap", choice="resume:doc_khan")
    stage.settle()
    assert head(stage, cast).status is QueueStatus.ACTIVE


def test_a_halt_that_ended_before_its_time_asks_nobody(stage: Stage, cast: Cast) -> None:
    start(stage, cast)
    stage.on_line(lifecycle.pause, cast.clinic, cast.khan, KHAN, 15, None)
    stage.clock.advance(5)
    stage.on_line(lifecycle.resume, cast.clinic, cast.khan, KHAN)
    stage.on_line(lifecycle.pause, cast.clinic, cast.khan, KHAN, 60, None)
    stage.wait(30)
    assert "line/ask_resume" not in [m.name for m in stage.messages()]


def test_an_emergency_lets_everybody_choose(stage: Stage, cast: Cast) -> None:
    tokens = crowd(stage, cast, 3)
    start(stage, cast)
    stage.on_line(lifecycle.emergency, cast.clinic, cast.khan, KHAN, 30)
    stage.settle()
    for token in tokens:
        asked = [
            m for m in stage.messages() if m.about == token.token_id and m.name == "news/emergency"
        ]
        assert len(asked) == 1
        kinds = [o.id.partition(":")[0] for o in asked[0].options]
        assert kinds == ["wait", "later", "drop"]
