"""I2, I8, I11: patients who are late keep their place, and nobody who is here waits for them."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from domain.actions.booking.places import waiting_in_order
from domain.actions.booking.tokens import announced_lateness, sort_for_desk, tokens_of_day
from domain.actions.delivery.freshness import line_values, token_values
from domain.actions.line import calling, lifecycle
from domain.actions.line.lateness import announce_patient_late
from domain.errors import NotNow
from domain.model.queues import Token, TokenStatus, Waiting
from tests.bookings import book, do, hold, ravi
from tests.lines import FARIDA, close, entries, head, move, start
from tests.people import MONDAY, Cast
from tests.stage import Stage


def late(stage: Stage, token: Token, minutes: int = 20) -> Token:
    """Let the patient of *token* say that they are late."""
    told: Token = do(stage, announce_patient_late, stage.token(token), minutes)
    return told


def here(stage: Stage, *tokens: Token) -> None:
    """Check the patients of *tokens* in."""
    for token in tokens:
        do(stage, lifecycle.check_in, stage.token(token))


def in_line(stage: Stage, cast: Cast) -> list[int]:
    """Return the numbers of those who wait, in the order of being called."""
    return [w.number for w in waiting_in_order(stage.work(), head(stage, cast).queue_id)]


def called(stage: Stage, cast: Cast) -> int:
    """Call the next one in; return their number."""
    number: int = move(stage, cast).current.number
    return number


def test_i2_next_passes_over_a_late_person_for_one_who_is_here_and_says_so(
    stage: Stage, cast: Cast, tokens: list[Token]
) -> None:
    late(stage, tokens[0])
    here(stage, tokens[2])
    moved = move(stage, cast)
    assert (moved.current.number, moved.following.number) == (2, 3)
    assert called(stage, cast) == 3
    assert in_line(stage, cast) == [1]
    kept = stage.token(tokens[0])
    assert (kept.status, kept.number, kept.place) == (TokenStatus.CONFIRMED, 1, tokens[0].place)
    found = entries(stage, head(stage, cast).queue_id)
    passed = [(e.action, e.by, e.token_number, e.detail) for e in found if "pass" in e.action]
    assert passed == [
        ("pass-over", "usr_khan", "002", "late: 001"),
        ("pass-over", "usr_khan", "003", "late: 001"),
    ]


def test_a_skip_passes_over_a_late_person_too(
    stage: Stage, cast: Cast, tokens: list[Token]
) -> None:
    move(stage, cast)
    late(stage, tokens[1])
    here(stage, tokens[2])
    moved = move(stage, cast, calling.skip)
    assert (moved.current.number, moved.following.number) == (3, 2)


def test_a_late_person_who_comes_is_next(stage: Stage, cast: Cast, tokens: list[Token]) -> None:
    more = book(stage, cast, 4)
    late(stage, tokens[0])
    here(stage, tokens[1], tokens[2], more)
    assert called(stage, cast) == 2
    here(stage, tokens[0])
    assert stage.token(tokens[0]).late_until is None
    assert in_line(stage, cast) == [1, 3, 4]
    assert called(stage, cast) == 1


def test_with_nobody_here_late_people_are_called_in_their_order(
    stage: Stage, cast: Cast, tokens: list[Token]
) -> None:
    late(stage, tokens[0])
    assert called(stage, cast) == 1
    late(stage, tokens[2])
    here(stage, tokens[1])
    assert called(stage, cast) == 2
    assert called(stage, cast) == 3
    assert "pass-over" not in [e.action for e in entries(stage, head(stage, cast).queue_id)]


def test_a_late_person_whose_time_is_up_is_called_in_their_order(
    stage: Stage, cast: Cast, tokens: list[Token]
) -> None:
    until = late(stage, tokens[0], 20).late_until
    here(stage, tokens[1])
    assert in_line(stage, cast) == [2, 1, 3]
    assert until == tokens[0].estimated_time + timedelta(minutes=20)
    stage.clock.instant = until
    assert in_line(stage, cast) == [1, 2, 3]


@pytest.mark.parametrize("minutes", [-60, 0, 45])
def test_the_minutes_count_from_the_slot_or_from_now_if_it_is_past(
    stage: Stage, cast: Cast, tokens: list[Token], minutes: int
) -> None:
    stage.clock.instant = tokens[0].estimated_time + timedelta(minutes=minutes)
    said_at = stage.clock.now()
    until = late(stage, tokens[0], 10).late_until
    assert until == max(said_at, tokens[0].estimated_time) + timedelta(minutes=10)
    place = stage.work().get(Waiting, tokens[0].queue_id, tokens[0].place or "")
    assert place is not None
    assert place.late_until == until
    assert in_line(stage, cast) == [1, 2, 3]


def test_said_again_it_replaces_what_was_said(
    stage: Stage, cast: Cast, tokens: list[Token]
) -> None:
    late(stage, tokens[0], 60)
    again = late(stage, tokens[0], 5)
    assert again.late_until == tokens[0].estimated_time + timedelta(minutes=5)
    found = entries(stage, head(stage, cast).queue_id)
    said = [(e.action, e.by_name, e.token_number, e.detail) for e in found if e.action == "late"]
    assert said == [("late", "Patient 1", "001", "60 min"), ("late", "Patient 1", "001", "5 min")]


def test_who_had_checked_in_and_says_they_are_late_is_not_here_any_more(
    stage: Stage, cast: Cast, tokens: list[Token]
) -> None:
    here(stage, tokens[0], tokens[1])
    gone = late(stage, tokens[0])
    assert (gone.status, gone.arrived_at) == (TokenStatus.CONFIRMED, None)
    assert in_line(stage, cast) == [2, 1, 3]
    here(stage, tokens[0])
    assert in_line(stage, cast) == [1, 2, 3]


def test_one_who_still_has_to_pay_is_late_when_they_have_paid(stage: Stage, cast: Cast) -> None:
    held = hold(stage, cast, 1)
    until = late(stage, held).late_until
    other = hold(stage, cast, 2, person=ravi(cast))
    for token in (held, other):
        stage.pay(token)
    here(stage, other)
    line = waiting_in_order(stage.work(), held.queue_id)
    assert [(w.number, w.late_until) for w in line] == [(2, None), (1, until)]


def test_a_late_person_can_be_skipped_and_comes_back(
    stage: Stage, cast: Cast, tokens: list[Token]
) -> None:
    late(stage, tokens[0])
    assert called(stage, cast) == 1
    move(stage, cast, calling.skip)
    skipped = stage.token(tokens[0])
    assert skipped.status is TokenStatus.SKIPPED
    assert announced_lateness(skipped) is None
    here(stage, tokens[0])
    assert in_line(stage, cast) == [3, 1]


def test_one_who_comes_back_stands_after_the_one_called_next_not_after_the_late_one(
    stage: Stage, cast: Cast, tokens: list[Token]
) -> None:
    more = [book(stage, cast, n) for n in (4, 5)]
    move(stage, cast)
    move(stage, cast, calling.skip)
    late(stage, tokens[2])
    here(stage, *more)
    assert in_line(stage, cast) == [4, 5, 3]
    here(stage, tokens[0])
    assert in_line(stage, cast) == [4, 1, 5, 3]


def test_undo_brings_back_that_the_one_called_was_late(
    stage: Stage, cast: Cast, tokens: list[Token]
) -> None:
    until = late(stage, tokens[0]).late_until
    assert called(stage, cast) == 1
    move(stage, cast, calling.undo)
    here(stage, tokens[1])
    line = waiting_in_order(stage.work(), tokens[0].queue_id)
    assert [(w.number, w.late_until) for w in line] == [(2, None), (1, until), (3, None)]


def test_what_is_told_follows_the_order_of_the_calls(
    stage: Stage, cast: Cast, tokens: list[Token]
) -> None:
    late(stage, tokens[0], 90)
    here(stage, tokens[2])
    work = stage.work()
    told = [token_values(work, stage.token(t))[0] for t in tokens]
    assert [v["ahead"] for v in told] == [2, 0, 1]
    queue = head(stage, cast)
    desk = [t.number for t in sort_for_desk(tokens_of_day(work, queue), work.now)]
    assert desk == [2, 3, 1]
    values = line_values(work, queue)
    assert (values["next_number"], values["next_late"]) == (2, None)


def test_the_doctor_sees_that_the_next_one_is_late(
    stage: Stage, cast: Cast, tokens: list[Token]
) -> None:
    until = late(stage, tokens[0]).late_until
    assert isinstance(until, datetime)
    values = line_values(stage.work(), head(stage, cast))
    assert (values["next_number"], values["next_late"]) == (1, until.isoformat())


def told(stage: Stage, name: str) -> list[object]:
    """Return the numbers of those to whom message *name* went."""
    stage.settle()
    return [m.values["number"] for m in stage.messages() if m.name == name]


def test_i8_who_becomes_next_because_another_is_late_is_told(
    stage: Stage, tokens: list[Token]
) -> None:
    here(stage, tokens[1])
    assert told(stage, "news/next_in_line") == [1]
    late(stage, tokens[2])  # changes nothing for anybody
    assert told(stage, "news/next_in_line") == [1]
    late(stage, tokens[0])
    assert told(stage, "news/next_in_line") == [1, 2]


def test_i8_a_late_person_is_told_that_they_are_next_when_they_are_waited_for_again(
    stage: Stage, cast: Cast, tokens: list[Token]
) -> None:
    here(stage, book(stage, cast, 4))
    move(stage, cast)
    until = late(stage, tokens[2]).late_until
    move(stage, cast)
    assert told(stage, "news/next_in_line") == [4]
    assert isinstance(until, datetime)
    stage.clock.instant = until - timedelta(seconds=1)
    assert told(stage, "news/next_in_line") == [4]
    stage.clock.instant = until
    assert told(stage, "news/next_in_line") == [4, 3]


def test_two_who_are_late_until_the_same_instant_do_not_stand_in_each_others_way(
    stage: Stage, cast: Cast, tokens: list[Token]
) -> None:
    stage.clock.instant = tokens[2].estimated_time
    work = stage.work()
    for token in tokens:
        announce_patient_late(work, stage.token(token), 10)
    work.commit()
    stage.wait(15)
    assert in_line(stage, cast) == [1, 2, 3]


def test_staff_are_named_when_they_say_it(stage: Stage, cast: Cast, tokens: list[Token]) -> None:
    do(stage, announce_patient_late, stage.token(tokens[1]), 15, FARIDA)
    last = entries(stage, head(stage, cast).queue_id)[-1]
    assert (last.action, last.by, last.token_number) == ("late", "usr_farida", "002")


def test_only_who_waits_today_can_be_late(stage: Stage, cast: Cast, tokens: list[Token]) -> None:
    tomorrow = hold(
        stage, cast, 1, doctor=cast.khan, person=ravi(cast), day=MONDAY + timedelta(days=1)
    )
    with pytest.raises(NotNow) as refused:
        late(stage, tomorrow)
    assert refused.value.details["state"] is TokenStatus.CONFIRMED
    move(stage, cast)
    with pytest.raises(NotNow) as refused:
        late(stage, tokens[0])
    assert refused.value.details["state"] is TokenStatus.CURRENT
    move(stage, cast, calling.skip)
    with pytest.raises(NotNow):
        late(stage, tokens[0])
    close(stage, cast)
    with pytest.raises(NotNow) as refused:
        late(stage, tokens[2])
    assert refused.value.details["state"] is TokenStatus.CANCELLED


def test_a_hold_that_ran_out_is_no_booking(stage: Stage, cast: Cast) -> None:
    held = hold(stage, cast, 1)
    stage.clock.instant = held.held_until or stage.clock.instant
    with pytest.raises(NotNow) as refused:
        late(stage, held)
    assert refused.value.details["state"] is TokenStatus.EXPIRED


def test_before_the_line_starts_late_people_are_first_all_the_same(
    stage: Stage, cast: Cast
) -> None:
    early, other = book(stage, cast, 1), book(stage, cast, 2)
    late(stage, early)
    assert in_line(stage, cast) == [1, 2]
    here(stage, other)
    start(stage, cast)
    assert told(stage, "news/next_in_line") == [2]
