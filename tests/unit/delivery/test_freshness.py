"""I8: news is computed when it is sent, says when it was true, and is dropped when stale."""

from __future__ import annotations

from collections import deque
from datetime import datetime

import pytest

from domain.actions.delivery.freshness import GUARDS, line_values, token_values
from domain.actions.line import calling, lifecycle
from domain.actions.people import consent
from domain.channel import ErrorClass, SendFailed
from domain.model.base import utc
from domain.model.messages import Guard, Message, MessageStatus
from domain.model.queues import Progress, Token, TokenStatus
from domain.waiting import STEP
from tests.bookings import crowd, do
from tests.lines import KHAN, close, head, move, start
from tests.outbox import names_to, said_to
from tests.people import Cast
from tests.stage import Stage


@pytest.fixture
def tokens(stage: Stage, cast: Cast) -> list[Token]:
    """Nine who wait in Dr. Khan's running line and were told so, at nine o'clock."""
    booked = crowd(stage, cast, 9)
    stage.clock.advance(30)
    start(stage, cast)
    stage.settle()
    stage.channel.sent.clear()
    return booked


def act_without_sending(stage: Stage) -> None:
    for n in range(8):
        stage.due_runner.run(f"{n:02d}")


def progress(stage: Stage, token: Token) -> Progress:
    found = stage.work().get(Progress, token.queue_id, token.token_id)
    assert found is not None
    return found


def test_i8_moves_before_delivery_come_as_one_message_with_the_last_truth(
    stage: Stage, cast: Cast, tokens: list[Token]
) -> None:
    for _ in range(5):
        move(stage, cast)
        act_without_sending(stage)
        stage.clock.advance(1)
    assert progress(stage, tokens[8]).pending is not None
    stage.settle()
    told = said_to(stage, tokens[8])
    assert [m.name for m in told] == ["news/progress"]
    assert told[0].values["ahead"] == 3
    assert told[0].values["serving"] == 5
    assert datetime.fromisoformat(told[0].values["now"]) == utc(stage.clock.now())
    assert progress(stage, tokens[8]).pending is None
    assert progress(stage, tokens[8]).told_ahead == 3


def test_i8_progress_comes_every_three_tokens_and_not_between(
    stage: Stage, cast: Cast, tokens: list[Token]
) -> None:
    counts = []
    for _ in range(6):
        move(stage, cast)
        stage.settle()
        stage.clock.advance(13)
        counts.append(names_to(stage, tokens[8]).count("news/progress"))
    assert counts[-1] == 2
    assert sorted(counts) == counts


def test_i8_progress_of_who_is_called_meanwhile_is_dropped(
    stage: Stage, cast: Cast, tokens: list[Token]
) -> None:
    for _ in range(4):
        move(stage, cast)
        act_without_sending(stage)
        stage.clock.advance(1)
    pending = progress(stage, tokens[7]).pending
    assert pending is not None
    for _ in range(4):
        move(stage, cast)
        stage.clock.advance(1)
    stage.settle()
    dropped = stage.work().get(Message, pending)
    assert dropped is not None
    assert dropped.status is MessageStatus.DROPPED
    assert dropped.failure
    assert "news/progress" not in names_to(stage, tokens[7])
    assert progress(stage, tokens[7]).pending is None


def test_i8_old_progress_is_dropped_and_new_may_be_raised(
    stage: Stage, cast: Cast, tokens: list[Token]
) -> None:
    for _ in range(4):
        move(stage, cast)
        stage.clock.advance(1)
    act_without_sending(stage)
    assert progress(stage, tokens[8]).pending is not None
    stage.clock.advance(11)
    stage.settle()
    assert names_to(stage, tokens[8]) == []
    assert progress(stage, tokens[8]).pending is None
    move(stage, cast)
    stage.settle()
    assert names_to(stage, tokens[8]) == ["news/progress"]


def test_i8_your_turn_is_dropped_after_undo(stage: Stage, cast: Cast, tokens: list[Token]) -> None:
    move(stage, cast)
    stage.clock.advance(seconds=2)
    move(stage, cast, calling.undo)
    stage.settle()
    assert "news/your_turn" not in names_to(stage, tokens[0])
    assert stage.token(tokens[0]).status is TokenStatus.CONFIRMED


def test_who_was_called_and_taken_back_is_corrected(
    stage: Stage, cast: Cast, tokens: list[Token]
) -> None:
    move(stage, cast)
    stage.settle()
    stage.clock.advance(seconds=20)
    move(stage, cast, calling.undo)
    stage.settle()
    assert names_to(stage, tokens[0])[:2] == ["news/your_turn", "news/not_yet"]


def test_next_in_line_is_said_once(stage: Stage, cast: Cast, tokens: list[Token]) -> None:
    for action in (calling.call_next, calling.undo, calling.call_next):
        move(stage, cast, action)
        stage.settle()
        stage.clock.advance(seconds=20)
    assert names_to(stage, tokens[1]).count("news/next_in_line") == 1


def test_next_in_line_is_said_after_all_if_it_was_not_true_when_it_was_to_leave(
    stage: Stage, cast: Cast, tokens: list[Token]
) -> None:
    move(stage, cast)
    move(stage, cast, calling.undo)
    stage.settle()
    assert "news/next_in_line" not in names_to(stage, tokens[1])
    stage.clock.advance(seconds=20)
    move(stage, cast)
    stage.settle()
    assert names_to(stage, tokens[1]).count("news/next_in_line") == 1


def test_i5_progress_refused_for_now_is_not_taken_for_told(
    stage: Stage, cast: Cast, tokens: list[Token]
) -> None:
    for _ in range(4):
        move(stage, cast)
        stage.clock.advance(1)
    act_without_sending(stage)
    stage.channel.failures = deque([SendFailed(ErrorClass.LATER, 130429, "slow down")] * 200)
    stage.settle()
    stage.channel.failures = deque()
    stage.clock.advance(seconds=30)
    stage.settle()
    assert names_to(stage, tokens[8]) == ["news/progress"]


def test_progress_of_who_stopped_everything_does_not_block_what_comes_after(
    stage: Stage, cast: Cast, tokens: list[Token]
) -> None:
    work = stage.work()
    consent.opt_out(work, "clinic_city", tokens[8].contact_id, has_live_token=False)
    work.commit()
    for _ in range(4):
        move(stage, cast)
        stage.clock.advance(1)
    stage.settle()
    assert progress(stage, tokens[8]).pending is None
    work = stage.work()
    consent.opt_in(work, "clinic_city", tokens[8].contact_id)
    work.commit()
    move(stage, cast)
    stage.settle()
    assert names_to(stage, tokens[8]) == ["news/progress"]


def test_i8_standing_is_the_tokens_state_or_its_closed_lines(
    stage: Stage, cast: Cast, tokens: list[Token]
) -> None:
    move(stage, cast)
    values, expected = token_values(stage.work(), stage.token(tokens[3]))
    assert expected is not None
    assert (values["state"], values["ahead"], values["serving"]) == ("CONFIRMED", 2, 1)
    for name in ("from", "to"):
        at = datetime.fromisoformat(values[name])
        assert at.minute % STEP == 0
        assert at.second == at.microsecond == 0
    assert datetime.fromisoformat(values["from"]) <= expected.start
    assert datetime.fromisoformat(values["to"]) >= expected.end
    close(stage, cast)
    values, expected = token_values(stage.work(), stage.token(tokens[3]))
    assert (values["state"], expected) == ("CLOSED", None)
    assert values["ahead"] is None


@pytest.mark.parametrize(
    ("guard", "true"),
    [
        (Guard.WAITING, [False, True, True]),
        (Guard.SOON, [False, True, True]),
        (Guard.CURRENT, [True, False, False]),
        (Guard.FIRST, [False, True, False]),
        (Guard.HALTED, [False, False, False]),
        (Guard.UNPAID, [False, False, False]),
        (Guard.SKIPPED, [False, False, False]),
        (Guard.COMPLETED, [False, False, False]),
        (Guard.STANDING, [True, True, True]),
    ],
)
def test_i8_a_guard_says_what_must_still_be_true(
    stage: Stage, cast: Cast, tokens: list[Token], guard: Guard, true: list[bool]
) -> None:
    move(stage, cast)
    now = [stage.token(t) for t in tokens[:3]]
    assert [GUARDS[guard](stage.work(), t) for t in now] == true


def test_every_guard_is_checked() -> None:
    assert GUARDS.keys() == set(Guard)


def test_the_one_who_runs_the_line_hears_its_state(
    stage: Stage, cast: Cast, tokens: list[Token]
) -> None:
    do(stage, lifecycle.check_in, stage.token(tokens[4]))
    move(stage, cast)
    facts = line_values(stage.work(), head(stage, cast))
    assert (facts["serving"], facts["person"]) == (1, "Patient 1")
    assert (facts["next_number"], facts["next_person"]) == (2, "Patient 2")
    assert (facts["waiting"], facts["arrived"]) == (8, 1)


def test_a_resumed_line_tells_everybody_who_waits(
    stage: Stage, cast: Cast, tokens: list[Token]
) -> None:
    stage.on_line(lifecycle.pause, cast.clinic, cast.khan, KHAN, 20, "tea")
    stage.settle()
    assert {tuple(names_to(stage, t)) for t in tokens} == {("news/paused",)}
    stage.clock.advance(21)
    stage.on_line(lifecycle.resume, cast.clinic, cast.khan, KHAN)
    stage.settle()
    assert all(names_to(stage, t)[-1] == "news/progress" for t in tokens)
