"""A reminder an hour before a booking that was made hours before."""

from __future__ import annotations

from tests.bookings import hold, ravi
from tests.due import due_items
from tests.outbox import names_to
from tests.people import Cast
from tests.stage import Stage


def test_a_reminder_is_kept_only_for_what_was_booked_three_hours_before(
    stage: Stage, cast: Cast
) -> None:
    near = hold(stage, cast, 14, doctor=cast.khan)  # 12:15, three and three quarter hours ahead
    stage.clock.advance(60)
    late = hold(stage, cast, 13, doctor=cast.khan, person=ravi(cast))
    kinds = {(d.kind, d.token_id) for d in due_items(stage, "remind")}
    assert ("remind", near.token_id) in kinds
    assert ("remind", late.token_id) not in kinds


def test_a_reminder_comes_once_an_hour_before_to_early_bookings_alone(
    stage: Stage, cast: Cast
) -> None:
    early = hold(stage, cast, 20, doctor=cast.khan)  # 14:45
    stage.wait(4 * 60)
    late = hold(stage, cast, 21, doctor=cast.khan, person=ravi(cast))
    stage.wait(60)
    assert "news/reminder" not in names_to(stage, early)
    stage.wait(120)
    assert names_to(stage, early).count("news/reminder") == 1
    assert "news/reminder" not in names_to(stage, late)
    stage.wait(60)
    assert names_to(stage, early).count("news/reminder") == 1
