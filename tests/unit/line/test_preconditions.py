"""I2: what is refused of a line's commands, by what was seen of it and in which state it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from domain.actions.line import calling, lateness, lifecycle
from domain.actions.line.preconditions import STATES, SeenState
from domain.actors import Actor
from domain.errors import CalledJustNow, LineMoved, NotNow
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


@pytest.mark.parametrize(
    ("after", "refusal"),
    [
        (-60, LineMoved),
        (-2.001, LineMoved),
        (-2.0, CalledJustNow),
        (0, CalledJustNow),
        (4.999, CalledJustNow),
        (5, None),
    ],
)
@pytest.mark.parametrize("action", [calling.call_next, calling.skip])
@pytest.mark.usefixtures("tokens")
def test_i2_typed_words_are_judged_by_when_they_were_written(
    stage: Stage,
    cast: Cast,
    action: Callable[..., Any],
    after: float,
    refusal: type[LineMoved] | None,
) -> None:
    moved_at = stage.clock.advance(1)
    move(stage, cast)
    stage.clock.advance(1)
    saw = SeenState(written_at=moved_at + timedelta(seconds=after))
    if refusal is None:
        assert move(stage, cast, action, saw=saw).queue.current_number == 2
        return
    with pytest.raises(LineMoved) as refused:
        move(stage, cast, action, saw=saw)
    assert type(refused.value) is refusal
    assert refused.value.details["current"] == 1
    assert head(stage, cast).current_number == 1


def test_i2_next_sent_twice_at_once_calls_one_and_asks(
    stage: Stage, cast: Cast, tokens: list[Token]
) -> None:
    stage.settle()
    for _ in range(2):  # as one webhook brings them: written in the same second
        stage.hear(cast.khan.whatsapp_number, "next")
    stage.settle()
    assert head(stage, cast).current_token == tokens[0].token_id
    asked = [m for m in stage.messages() if m.name == "line/called_just_now"]
    assert [(m.values["serving"], m.values["seconds"]) for m in asked] == [(1, 0)]


@pytest.mark.usefixtures("tokens")
def test_i2_a_call_of_the_api_or_a_button_may_follow_at_once(stage: Stage, cast: Cast) -> None:
    move(stage, cast)
    assert move(stage, cast, saw=SeenState()).queue.current_number == 2
    assert move(stage, cast).queue.current_number == 3


@pytest.mark.usefixtures("tokens")
def test_i2_undo_may_be_typed_at_once_and_next_after_it(stage: Stage, cast: Cast) -> None:
    move(stage, cast)
    saw = SeenState(written_at=stage.clock.now())
    assert move(stage, cast, calling.undo, saw=saw).queue.current_number is None
    assert move(stage, cast, saw=saw).queue.current_number == 1


def test_i2_next_asks_nothing_after_one_that_called_nobody(
    stage: Stage, cast: Cast, tokens: list[Token]
) -> None:
    for _ in range(len(tokens) + 1):
        move(stage, cast)
    book(stage, cast, 9)
    assert move(stage, cast, saw=SeenState(written_at=stage.clock.now())).current is not None


@pytest.mark.parametrize(
    ("after", "actor", "moves"),
    [(4.9, FARIDA, False), (5, FARIDA, True), (5, KHAN, True)],
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
    "late": lambda s, c: s.on_line(lateness.announce_doctor_late, c.clinic, c.khan, KHAN, 20),
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
