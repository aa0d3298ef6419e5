"""Closing a line, and what follows for everybody who had booked it."""

from __future__ import annotations

from domain.actions.booking import booking
from domain.actions.line import calling, day_end
from domain.model.due import Due
from domain.model.queues import LiveBooking, Seat, TokenStatus, Waiting
from domain.rules import CLOSE_CHUNK
from tests.bookings import crowd
from tests.due import due_items
from tests.lines import close, move, start
from tests.outbox import names_to
from tests.people import MONDAY, Cast
from tests.stage import Stage


def left_over(stage: Stage, queue_id: str) -> list[object]:
    work = stage.work()
    return [
        *work.query(Waiting, queue_id).records,
        *work.query(Seat, queue_id).records,
    ]


def test_close_cancels_every_booking_in_chunks(stage: Stage, cast: Cast) -> None:
    tokens = crowd(stage, cast, 2 * CLOSE_CHUNK + 3)
    start(stage, cast)
    close(stage, cast)
    assert stage.token(tokens[0]).status is TokenStatus.CONFIRMED  # its head answers for it
    stage.settle()
    assert {stage.token(t).status for t in tokens} == {TokenStatus.CANCELLED}
    assert {stage.token(t).cancel_reason for t in tokens} == {"CLINIC_CLOSED"}
    assert left_over(stage, tokens[0].queue_id) == []
    assert all(stage.work().query(LiveBooking, t.contact_id).records == [] for t in tokens)
    assert all(names_to(stage, t).count("news/closed") == 1 for t in tokens)


def test_close_run_twice_tells_once(stage: Stage, cast: Cast) -> None:
    tokens = crowd(stage, cast, 3)
    start(stage, cast)
    close(stage, cast)
    item = due_items(stage, "closed")[0]
    for _ in range(2):
        day_end.settle_closed_day(stage.work, item.but(version=item.version))
        if stage.work().get(Due, item.shard, item.due) is None:
            break
    stage.wait(2)
    assert all(names_to(stage, t).count("news/closed") == 1 for t in tokens)
    assert due_items(stage, "closed_again") == []


def test_a_booking_in_flight_while_the_line_closed_is_caught_a_minute_later(
    stage: Stage, cast: Cast
) -> None:
    crowd(stage, cast, 1)
    start(stage, cast)
    slow = stage.work()  # has read the open line, and is not written yet
    token = booking.hold(slow, cast.clinic, cast.khan, cast.asha_contact, cast.asha, MONDAY, 9)
    close(stage, cast)
    stage.settle()
    slow.commit()
    stage.settle()
    assert stage.token(token).status is TokenStatus.CONFIRMED
    stage.wait(1)
    assert stage.token(token).status is TokenStatus.CANCELLED
    assert left_over(stage, token.queue_id) == []
    assert "news/closed" in names_to(stage, token)


def test_close_completes_the_current_and_makes_the_skipped_a_no_show(
    stage: Stage, cast: Cast
) -> None:
    tokens = crowd(stage, cast, 3)
    start(stage, cast)
    move(stage, cast)
    move(stage, cast, calling.skip)
    close(stage, cast)
    stage.settle()
    assert [stage.token(t).status for t in tokens] == [
        TokenStatus.NO_SHOW,
        TokenStatus.COMPLETED,
        TokenStatus.CANCELLED,
    ]
    assert stage.queue("doc_khan", "2030-11-25").current_token is None
