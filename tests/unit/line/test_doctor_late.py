"""I8, I11: a doctor who is late moves the estimates, and those whose time moves are told once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from domain.actions.delivery.freshness import line_values, token_values
from domain.actions.line import calling, lateness, lifecycle
from domain.errors import NotNow
from domain.model.queues import Queue, QueueStatus, Token
from tests.bookings import book, crowd
from tests.lines import FARIDA, KHAN, close, entries, head, move, start
from tests.people import Cast
from tests.stage import Stage


def late(stage: Stage, cast: Cast, minutes: int) -> Queue:
    """Let Dr. Khan say that they are late."""
    queue: Queue = stage.on_line(
        lateness.announce_doctor_late, cast.clinic, cast.khan, KHAN, minutes
    )
    return queue


def told_of(stage: Stage, cast: Cast) -> tuple[int, int]:
    """Return how many are told, and of how many."""
    return stage.on_line(lateness.count_told, cast.clinic, cast.khan)


def start_of(stage: Stage, token: Token) -> datetime:
    """Return when the turn of *token* is expected at the earliest."""
    _, expected = token_values(stage.work(), stage.token(token))
    assert expected is not None
    return expected.start


def news(stage: Stage) -> list[tuple[Any, Any]]:
    """Return to whom news of progress went, and why, since the last call."""
    before = {m.message_id for m in stage.messages()}
    stage.settle()
    return [
        (m.values["number"], m.values["reason"])
        for m in stage.messages()
        if m.name == "news/progress" and m.message_id not in before
    ]


@pytest.fixture
def booked(stage: Stage, cast: Cast) -> list[Token]:
    """Return four who were told when to come, before the line has started."""
    found = crowd(stage, cast, 4)
    stage.settle()
    return found


def test_before_the_start_everybody_is_told_once_with_the_new_time(
    stage: Stage, cast: Cast, booked: list[Token]
) -> None:
    before = [start_of(stage, t) for t in booked]
    queue = late(stage, cast, 20)
    assert queue.status is QueueStatus.SCHEDULED
    assert queue.late_until == queue.planned_start + timedelta(minutes=20)
    assert told_of(stage, cast) == (4, 4)
    moved = [start_of(stage, t) - was for t, was in zip(booked, before, strict=True)]
    assert all(timedelta(minutes=10) <= by <= timedelta(minutes=20) for by in moved)
    assert sorted(news(stage)) == [(n, "late") for n in (1, 2, 3, 4)]
    stage.wait(1)
    assert news(stage) == []


def test_who_books_afterwards_hears_the_moved_time(
    stage: Stage, cast: Cast, booked: list[Token]
) -> None:
    late(stage, cast, 60)
    newcomer = book(stage, cast, 5)
    assert start_of(stage, newcomer) > start_of(stage, booked[3])


def test_the_minutes_count_from_now_once_the_hours_have_begun(stage: Stage, cast: Cast) -> None:
    crowd(stage, cast, 1)
    stage.clock.advance(45)  # a quarter past nine
    said_at = stage.clock.now()
    assert late(stage, cast, 20).late_until == said_at + timedelta(minutes=20)


def test_on_time_after_all_takes_it_back_and_tells_it(
    stage: Stage, cast: Cast, booked: list[Token]
) -> None:
    before = [start_of(stage, t) for t in booked]
    late(stage, cast, 30)
    news(stage)
    queue = late(stage, cast, 0)
    assert (queue.late_since, queue.late_until) == (None, None)
    assert [start_of(stage, t) for t in booked] == before
    assert sorted(news(stage)) == [(n, "on time") for n in (1, 2, 3, 4)]
    done = [(e.action, e.by, e.detail) for e in entries(stage, queue.queue_id)][-2:]
    assert done == [("late", "usr_khan", "30 min"), ("on-time", "usr_khan", None)]


def test_taken_back_before_it_was_told_nobody_hears_of_it(
    stage: Stage, cast: Cast, booked: list[Token]
) -> None:
    del booked
    late(stage, cast, 30)
    stage.clock.advance(seconds=0.001)
    late(stage, cast, 0)
    assert news(stage) == []


def test_on_time_changes_nothing_for_a_doctor_who_is_not_late(
    stage: Stage, cast: Cast, booked: list[Token]
) -> None:
    before = head(stage, cast)
    assert late(stage, cast, 0) == before
    assert [e.action for e in entries(stage, booked[0].queue_id)].count("on-time") == 0


def test_said_again_it_replaces_what_was_said(
    stage: Stage, cast: Cast, booked: list[Token]
) -> None:
    late(stage, cast, 60)
    news(stage)
    queue = late(stage, cast, 15)
    assert queue.late_until == queue.planned_start + timedelta(minutes=15)
    assert len(news(stage)) == len(booked)


def test_a_few_minutes_are_not_worth_a_message(
    stage: Stage, cast: Cast, booked: list[Token]
) -> None:
    late(stage, cast, 5)
    assert told_of(stage, cast) == (0, len(booked))
    assert news(stage) == []


def test_the_start_ends_it(stage: Stage, cast: Cast, booked: list[Token]) -> None:
    late(stage, cast, 20)
    start(stage, cast)
    assert head(stage, cast).late_until is None
    assert start_of(stage, booked[0]) < head(stage, cast).planned_start


@pytest.mark.parametrize("inside", [True, False])
def test_a_doctor_who_is_away_while_the_line_runs_goes_on_by_next(
    stage: Stage, cast: Cast, booked: list[Token], *, inside: bool
) -> None:
    stage.clock.advance(30)
    start(stage, cast)
    if inside:
        move(stage, cast)
    stage.settle()
    said_at = stage.clock.now()
    queue = late(stage, cast, 45)
    assert queue.status is QueueStatus.ACTIVE
    assert queue.late_until == said_at + timedelta(minutes=45)
    told = news(stage)
    assert told
    assert {reason for _, reason in told} == {"late"}
    assert line_values(stage.work(), queue)["doctor_late"] == queue.late_until.isoformat()
    move(stage, cast)
    after = head(stage, cast)
    assert (after.late_since, after.late_until) == (None, None)
    assert after.current_token == booked[1 if inside else 0].token_id


def test_completing_a_patient_while_the_doctor_is_away_ends_nothing(
    stage: Stage, cast: Cast, booked: list[Token]
) -> None:
    start(stage, cast)
    for _ in booked:
        move(stage, cast)
    until = late(stage, cast, 30).late_until
    moved = move(stage, cast)
    assert moved.current is None
    assert head(stage, cast).late_until == until


@pytest.mark.parametrize("action", [lifecycle.pause, lifecycle.emergency])
def test_a_pause_or_an_emergency_has_its_own_end(
    stage: Stage, cast: Cast, booked: list[Token], action: Any
) -> None:
    del booked
    start(stage, cast)
    late(stage, cast, 30)
    more = () if action is lifecycle.emergency else (None,)
    stage.on_line(action, cast.clinic, cast.khan, FARIDA, 10, *more)
    assert head(stage, cast).late_until is None
    with pytest.raises(NotNow) as refused:
        late(stage, cast, 20)
    assert refused.value.details["state"] in {QueueStatus.PAUSED, QueueStatus.EMERGENCY}


def test_a_closed_line_is_not_late(stage: Stage, cast: Cast) -> None:
    crowd(stage, cast, 1)
    late(stage, cast, 30)
    close(stage, cast)
    assert head(stage, cast).late_until is None
    with pytest.raises(NotNow):
        late(stage, cast, 20)


def test_undo_after_it_moves_the_line_and_nothing_else(
    stage: Stage, cast: Cast, booked: list[Token]
) -> None:
    start(stage, cast)
    move(stage, cast)
    until = late(stage, cast, 30).late_until
    move(stage, cast, calling.undo)
    assert head(stage, cast).late_until == until
    assert head(stage, cast).current_token is None
    del booked
