"""I2: what is refused of a line's commands, by what was seen of it and in which state it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from domain.actions.line import calling, lifecycle
from domain.actions.line.preconditions import STATES, SeenState
from domain.actors import Actor
from domain.errors import LineMoved, NotNow
from domain.model.queues import QueueStatus, Token
from tests.bookings import book, do
from tests.lines import FARIDA, KHAN, close, head, move, start
from tests.people import Cast
from tests.stage import Stage


def test_i2_a_button_is_judged_by_the_token_it_names(
    stage: Stage, cast: Cast, tokens: list[Token]
) -> None:
    move(stage, cast)
    with pytest.raises(LineMoved) as refused:
        move(stage, cast, calling.call_next, saw=SeenState(button=True, current=None))
    assert refused.value.details["by_name"] == "Dr. Khan"
    assert refused.value.details["action"] == "next"
    # Whoever sees the line as it is may move it, however soon.
    move(stage, cast, calling.call_next, FARIDA, SeenState(button=True, current=tokens[0].token_id))
    assert head(stage, cast).current_number == 2


@pytest.mark.parametrize(("late", "moves"), [(2.0, True), (2.001, False), (60, False), (-5, True)])
@pytest.mark.usefixtures("tokens")
def test_i2_typed_words_are_judged_by_when_they_were_written(
    stage: Stage, cast: Cast, late: float, *, moves: bool
) -> None:
    moved_at = stage.clock.advance(1)
    move(stage, cast)
    stage.clock.advance(1)
    saw = SeenState(written_at=moved_at - timedelta(seconds=late))
    if moves:
        assert move(stage, cast, calling.call_next, saw=saw).queue.current_number == 2
    else:
        with pytest.raises(LineMoved):
            move(stage, cast, calling.call_next, saw=saw)
        assert head(stage, cast).current_number == 1


@pytest.mark.parametrize(
    ("after", "actor", "moves"),
    [(4.9, FARIDA, False), (5, FARIDA, True), (0.1, KHAN, True)],
)
@pytest.mark.usefixtures("tokens")
def test_i2_typed_words_wait_five_seconds_after_somebody_elses_move(
    stage: Stage, cast: Cast, after: float, actor: Actor, *, moves: bool
) -> None:
    move(stage, cast)
    saw = SeenState(written_at=stage.clock.advance(seconds=after))
    if moves:
        assert move(stage, cast, calling.call_next, actor, saw).queue.current_number == 2
    else:
        with pytest.raises(LineMoved):
            move(stage, cast, calling.call_next, actor, saw)


def test_i2_a_staff_command_over_two_minutes_old_is_answered_and_not_done(
    stage: Stage, cast: Cast, tokens: list[Token]
) -> None:
    del tokens
    khan = cast.khan.whatsapp_number
    stage.settle()
    stage.clock.advance(10)
    stage.hear(khan, "next", sent_at=stage.clock.now() - timedelta(seconds=121))
    assert head(stage, cast).current_token is None
    stage.settle()
    assert stage.messages()[-1].name == "line/too_old"
    stage.hear(khan, "next", sent_at=stage.clock.now() - timedelta(seconds=119))
    assert head(stage, cast).current_number == 1


def test_i2_what_is_no_move_refuses_nobodys_next(
    stage: Stage, cast: Cast, tokens: list[Token]
) -> None:
    written = stage.clock.now()
    stage.clock.advance(seconds=30)
    stage.on_line(lifecycle.pause, cast.clinic, cast.khan, FARIDA, 5, None)
    stage.on_line(lifecycle.resume, cast.clinic, cast.khan, FARIDA)
    book(stage, cast, 4)
    do(stage, lifecycle.check_in, stage.token(tokens[1]))
    assert (
        move(stage, cast, calling.call_next, saw=SeenState(written_at=written)).current is not None
    )


ACTIONS: dict[str, Callable[[Stage, Cast], Any]] = {
    "start": start,
    "pause": lambda s, c: s.on_line(lifecycle.pause, c.clinic, c.khan, KHAN, None, None),
    "emergency": lambda s, c: s.on_line(lifecycle.emergency, c.clinic, c.khan, KHAN, 30),
    "resume": lambda s, c: s.on_line(lifecycle.resume, c.clinic, c.khan, KHAN),
    "close": close,
    "next": move,
    "skip": lambda s, c: move(s, c, calling.skip),
}
WAYS = {
    QueueStatus.SCHEDULED: (),
    QueueStatus.ACTIVE: ("start",),
    QueueStatus.PAUSED: ("start", "pause"),
    QueueStatus.EMERGENCY: ("start", "emergency"),
    QueueStatus.CLOSED: ("close",),
}


@pytest.mark.parametrize("status", WAYS)
@pytest.mark.parametrize("action", ACTIONS)
def test_the_life_of_a_line_is_its_table_and_nothing_else_changes_it(
    stage: Stage, cast: Cast, status: QueueStatus, action: str
) -> None:
    book(stage, cast, 1)
    book(stage, cast, 2)
    for step in WAYS[status]:
        ACTIONS[step](stage, cast)
    if status is QueueStatus.ACTIVE and action == "skip":
        ACTIONS["next"](stage, cast)
    before = head(stage, cast)
    assert before.status is status
    expected = STATES.get((status, action))
    if expected is None:
        with pytest.raises(NotNow):
            ACTIONS[action](stage, cast)
        assert head(stage, cast) == before
    else:
        ACTIONS[action](stage, cast)
        assert head(stage, cast).status is expected
