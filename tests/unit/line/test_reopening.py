"""A line that staff closed goes on for ten minutes; nobody is told of it in the first."""

from __future__ import annotations

import pytest

from domain.actions.booking import rescheduling
from domain.actions.booking.days import read_day
from domain.actions.line import calling, day_end, lifecycle, reopening, sales, undoing
from domain.actions.line.preconditions import SeenState
from domain.actions.visits.ratings import rate
from domain.errors import DayFull, NothingToUndo, NotNow
from domain.model.money import Capture, Disposition
from domain.model.queues import PaymentStatus, Queue, QueueStatus, Token, TokenStatus, Waiting
from domain.rules import TAKEN_BACK_MINUTES
from tests.bookings import do, hold, paid, ravi
from tests.due import due_items
from tests.lines import FARIDA, KHAN, head, move
from tests.people import CITY_SENDER, MONDAY, TUESDAY, Cast
from tests.stage import Stage


def close(stage: Stage, cast: Cast, reason: str = lifecycle.CLOSED_BY_STAFF) -> None:
    stage.on_line(lifecycle.close, cast.clinic, cast.khan, KHAN, reason)


def reopen(stage: Stage, cast: Cast) -> Queue:
    stage.on_line(reopening.reopen, cast.clinic, cast.khan, KHAN)
    stage.settle()
    return head(stage, cast)


def places(stage: Stage, cast: Cast) -> dict[str, str]:
    queue_id = head(stage, cast).queue_id
    found = stage.work().query(Waiting, queue_id, limit=400).records
    return {entry.token_id: entry.place for entry in found}


def told(stage: Stage, name: str) -> int:
    return sum(m.name == name for m in stage.messages())


def test_within_a_minute_nobody_hears_and_nothing_has_ended(
    stage: Stage, cast: Cast, tokens: list[Token]
) -> None:
    move(stage, cast)
    before = places(stage, cast)
    close(stage, cast)
    stage.wait(0.9)
    queue = reopen(stage, cast)
    stage.wait(5)
    assert (queue.status, queue.closed_at, queue.close_reason) == (QueueStatus.ACTIVE, None, None)
    assert queue.current_token == tokens[0].token_id
    assert stage.token(tokens[0]).status is TokenStatus.CURRENT
    assert places(stage, cast) == before
    assert told(stage, "news/closed") == told(stage, "news/reopened") == 0


def test_after_it_each_has_their_place_again_and_hears_that_the_line_goes_on(
    stage: Stage, cast: Cast, tokens: list[Token]
) -> None:
    move(stage, cast)
    before = places(stage, cast)
    close(stage, cast)
    stage.wait(2)
    assert places(stage, cast) == {}
    reopen(stage, cast)
    assert places(stage, cast) == before
    assert told(stage, "news/closed") == told(stage, "news/reopened") == len(tokens) - 1
    stage.wait(5)
    assert [stage.token(t).status for t in tokens[1:]] == [TokenStatus.CONFIRMED] * 2


def test_who_was_skipped_can_come_again(stage: Stage, cast: Cast, tokens: list[Token]) -> None:
    move(stage, cast)
    move(stage, cast, calling.skip)
    close(stage, cast)
    stage.wait(2)
    assert stage.token(tokens[0]).status is TokenStatus.NO_SHOW
    reopen(stage, cast)
    assert stage.token(tokens[0]).status is TokenStatus.SKIPPED
    do(stage, lifecycle.check_in, stage.token(tokens[0]))
    assert stage.token(tokens[0]).status is TokenStatus.ARRIVED


@pytest.mark.parametrize("minutes", [TAKEN_BACK_MINUTES + 0.1, 60])
def test_after_ten_minutes_it_stays_closed(
    stage: Stage, cast: Cast, tokens: list[Token], minutes: float
) -> None:
    del tokens
    close(stage, cast)
    stage.wait(minutes)
    with pytest.raises(NotNow):
        stage.on_line(reopening.reopen, cast.clinic, cast.khan, KHAN)
    with pytest.raises(NothingToUndo):
        stage.on_line(undoing.undo, cast.clinic, cast.khan, KHAN, SeenState())


@pytest.mark.parametrize(
    "reason", ["AUTO_CLOSED", "NEXT_DAY_STARTED", lifecycle.DAY_OFF, lifecycle.DOCTOR_REMOVED]
)
def test_what_no_person_closed_by_a_word_is_settled_at_once_and_not_reopened(
    stage: Stage, cast: Cast, tokens: list[Token], reason: str
) -> None:
    close(stage, cast, reason)
    stage.settle()
    assert stage.token(tokens[0]).status is TokenStatus.CANCELLED
    with pytest.raises(NotNow):
        stage.on_line(reopening.reopen, cast.clinic, cast.khan, KHAN)


def test_a_close_that_is_settled_while_it_is_reopened_ends_nobody(
    stage: Stage, cast: Cast, tokens: list[Token]
) -> None:
    """The reopening commits between the chunks of the settlement."""
    close(stage, cast)
    stage.clock.advance(1)
    (item,) = due_items(stage, "closed")
    opened: list[int] = []

    def open_work():
        opened.append(1)
        if len(opened) == 2:  # it was seen as closed
            stage.on_line(reopening.reopen, cast.clinic, cast.khan, KHAN)
        return stage.work()

    day_end.settle_closed_day(open_work, item)
    stage.settle()
    assert {stage.token(t).status for t in tokens} == {TokenStatus.CONFIRMED}
    assert told(stage, "news/closed") == 0


def test_a_line_closed_again_has_its_own_minute(
    stage: Stage, cast: Cast, tokens: list[Token]
) -> None:
    close(stage, cast)
    stage.wait(0.8)
    reopen(stage, cast)
    close(stage, cast)
    stage.wait(0.5)  # the minute of the first close is over
    assert stage.token(tokens[0]).status is TokenStatus.CONFIRMED
    stage.wait(0.6)
    assert stage.token(tokens[0]).status is TokenStatus.CANCELLED


def test_a_line_closed_for_good_after_a_reopening_ends_and_tells_all_again(
    stage: Stage, cast: Cast, tokens: list[Token]
) -> None:
    for closes in (1, 2):
        close(stage, cast)
        stage.wait(3)
        assert {stage.token(t).status for t in tokens} == {TokenStatus.CANCELLED}
        assert told(stage, "news/closed") == closes * len(tokens)
        reopen(stage, cast)
        assert told(stage, "news/reopened") == closes * len(tokens)
    close(stage, cast)
    stage.wait(3)
    assert {stage.token(t).status for t in tokens} == {TokenStatus.CANCELLED}
    assert told(stage, "news/closed") == 3 * len(tokens)


def test_a_line_reopened_after_its_time_to_close_by_itself_is_closed_by_the_clock_later(
    stage: Stage, cast: Cast, tokens: list[Token]
) -> None:
    """The clock looks while the line is closed by staff, who take it back."""
    del tokens
    (item,) = due_items(stage, "auto_close")
    stage.wait((item.at - stage.clock.now()).total_seconds() / 60 - 1)
    close(stage, cast)
    stage.wait(5)
    reopen(stage, cast)
    assert head(stage, cast).status is not QueueStatus.CLOSED
    stage.wait(120)
    assert head(stage, cast).close_reason == "AUTO_CLOSED"


def test_a_slip_right_after_a_reopening_leaves_out_nobody(
    stage: Stage, cast: Cast, tokens: list[Token]
) -> None:
    """The line is closed again before those whom the first close ended are brought back."""
    before = places(stage, cast)
    close(stage, cast)
    stage.wait(2)
    stage.on_line(reopening.reopen, cast.clinic, cast.khan, KHAN)
    close(stage, cast)
    stage.settle()
    reopen(stage, cast)
    stage.wait(5)
    assert {stage.token(t).status for t in tokens} == {TokenStatus.CONFIRMED}
    assert places(stage, cast) == before
    assert told(stage, "news/closed") == told(stage, "news/reopened") == len(tokens)


def on_meeras_line(stage: Stage, cast: Cast, action, *args: object) -> None:
    stage.on_line(action, cast.clinic, cast.meera, *args)


@pytest.fixture
def paid_and_told(stage: Stage, cast: Cast) -> Token:
    """Return a paid booking whose patient was told that the day is over."""
    token = paid(stage, hold(stage, cast, 1))
    on_meeras_line(stage, cast, lifecycle.start, KHAN)
    on_meeras_line(stage, cast, lifecycle.close, KHAN, lifecycle.CLOSED_BY_STAFF)
    stage.wait(2)
    assert stage.token(token).status is TokenStatus.CANCELLED
    return stage.token(token)


def capture_of(stage: Stage, token: Token) -> Capture:
    found = stage.work().get(Capture, token.capture_id or "", "CAPTURE")
    assert found is not None
    return found


def test_money_that_waited_pays_for_the_seat_again(
    stage: Stage, cast: Cast, paid_and_told: Token
) -> None:
    assert capture_of(stage, paid_and_told).disposition is Disposition.WAITING
    on_meeras_line(stage, cast, reopening.reopen, KHAN)
    stage.settle()
    back = stage.token(paid_and_told)
    assert (back.status, back.paid_paise) == (TokenStatus.CONFIRMED, 5000)
    assert capture_of(stage, back).disposition is Disposition.SEAT


def test_money_held_by_a_second_close_waits_its_full_time(
    stage: Stage, cast: Cast, paid_and_told: Token
) -> None:
    on_meeras_line(stage, cast, reopening.reopen, KHAN)
    stage.settle()
    stage.wait(60 * 3)
    on_meeras_line(stage, cast, lifecycle.close, KHAN, lifecycle.CLOSED_BY_STAFF)
    stage.wait(60 * 22)  # what the first close scheduled is over
    assert capture_of(stage, paid_and_told).disposition is Disposition.WAITING
    stage.wait(60 * 3)
    assert capture_of(stage, paid_and_told).disposition is Disposition.REFUND


def test_who_has_another_day_meanwhile_keeps_that(
    stage: Stage, cast: Cast, paid_and_told: Token
) -> None:
    new = do(stage, rescheduling.reschedule, cast.clinic, cast.meera, paid_and_told, TUESDAY, 3)
    on_meeras_line(stage, cast, reopening.reopen, KHAN)
    stage.settle()
    assert stage.token(paid_and_told).status is TokenStatus.CANCELLED
    assert stage.token(new).status is TokenStatus.CONFIRMED
    assert capture_of(stage, stage.token(new)).token_id == new.token_id


def test_a_day_closed_before_its_start_is_refunded_after_the_minute_and_then_owed(
    stage: Stage, cast: Cast
) -> None:
    token = paid(stage, hold(stage, cast, 1))
    on_meeras_line(stage, cast, lifecycle.close, FARIDA, lifecycle.CLOSED_BY_STAFF)
    stage.wait(0.9)
    assert capture_of(stage, token).disposition is Disposition.SEAT
    stage.wait(1)
    assert capture_of(stage, token).disposition is Disposition.REFUND
    on_meeras_line(stage, cast, reopening.reopen, FARIDA)
    stage.settle()
    back = stage.token(token)
    assert (back.status, back.paid_paise) == (TokenStatus.CONFIRMED, 0)
    assert (back.capture_id, back.payment_status) == (None, PaymentStatus.PENDING)


def test_no_more_bookings_are_refused_to_patients_and_not_to_the_desk(
    stage: Stage, cast: Cast
) -> None:
    first = hold(stage, cast, 1, doctor=cast.khan)
    stage.on_line(lifecycle.start, cast.clinic, cast.khan, KHAN)
    stage.on_line(sales.stop_booking, cast.clinic, cast.khan, KHAN)
    with pytest.raises(DayFull):
        hold(stage, cast, 2, doctor=cast.khan, person=ravi(cast))
    assert read_day(stage.work(), cast.clinic, cast.khan, MONDAY).free(stage.clock.now()) == []
    assert stage.token(first).status is TokenStatus.CONFIRMED
    stage.on_line(undoing.undo, cast.clinic, cast.khan, KHAN, SeenState())
    hold(stage, cast, 2, doctor=cast.khan, person=ravi(cast))


def test_the_answer_to_a_close_has_the_stars_of_the_day(
    stage: Stage, cast: Cast, tokens: list[Token]
) -> None:
    move(stage, cast)
    move(stage, cast)
    stage.wait(2)
    work = stage.work()
    rate(work, stage.token(tokens[0]), 4)
    work.commit()
    for words in ("close", "yes"):
        stage.clock.advance(seconds=6)
        stage.hear(cast.khan.whatsapp_number, words, sender=CITY_SENDER)
        stage.settle()
    assert "4.0" in stage.channel.sent[-1].text
