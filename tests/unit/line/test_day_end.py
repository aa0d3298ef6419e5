"""What follows by itself: the end of a day, reminders, ratings, and asking whether to go on."""

from __future__ import annotations

import pytest

from domain.actions.booking import booking, days
from domain.actions.booking.queues import current_queue
from domain.actions.broadcasts import announcements
from domain.actions.line import calling, day_end, lifecycle
from domain.actors import Actor
from domain.model.due import Due
from domain.model.queues import LiveBooking, Queue, QueueStatus, Seat, Token, TokenStatus, Waiting
from domain.rules import CLOSE_CHUNK
from tests.people import Cast, a_doctor, a_person, address_of, store, stored
from tests.stage import Stage
from tests.unit.booking.test_booking import MONDAY, TUESDAY, do, hold, ravi
from tests.unit.delivery.test_freshness import move, names_to
from workers.handlers import HANDLERS

KHAN = Actor("usr_khan", "Dr. Khan")


def head(stage: Stage, cast: Cast) -> Queue:
    return current_queue(stage.work(), cast.clinic, cast.khan)


def start(stage: Stage, cast: Cast) -> None:
    stage.on_line(lifecycle.start, cast.clinic, cast.khan, KHAN)


def close(stage: Stage, cast: Cast) -> None:
    stage.on_line(lifecycle.close, cast.clinic, cast.khan, KHAN, "CLOSED_BY_STAFF")


def crowd(stage: Stage, cast: Cast, size: int) -> list[Token]:
    booked = []
    for n in range(1, size + 1):
        patient, contact = a_person(f"p{n}", f"Patient {n}", f"+9198700500{n:02d}")
        store(stage.records, contact, patient, address_of(contact))
        booked.append(hold(stage, cast, n, doctor=cast.khan, person=(contact, patient)))
    return booked


def due_kinds(stage: Stage) -> list[str]:
    return sorted(d.kind for n in range(8) for d in stage.work().query(Due, f"{n:02d}").records)


def left_over(stage: Stage, queue_id: str) -> list[object]:
    work = stage.work()
    return [
        *work.query(Waiting, queue_id).records,
        *work.query(Seat, queue_id).records,
    ]


def test_close_brings_everybody_after_it_in_chunks(stage: Stage, cast: Cast) -> None:
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
    item = next(
        d
        for n in range(8)
        for d in stage.work().query(Due, f"{n:02d}").records
        if d.kind == "closed"
    )
    for _ in range(2):
        day_end.settle_closed_day(stage.work, item.but(version=item.version))
        if stage.work().get(Due, item.shard, item.due) is None:
            break
    stage.wait(2)
    assert all(names_to(stage, t).count("news/closed") == 1 for t in tokens)
    assert "closed_again" not in due_kinds(stage)


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
    assert "ask_rating" not in [
        d.kind
        for n in range(8)
        for d in stage.work().query(Due, f"{n:02d}").records
        if d.token_id == tokens[0].token_id
    ]


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


def test_an_announcement_reaches_the_live_tokens_of_the_day_once(stage: Stage, cast: Cast) -> None:
    tokens = crowd(stage, cast, 3)
    other = hold(stage, cast, 4, doctor=cast.khan, day=TUESDAY)
    do(stage, booking.cancel, stage.token(tokens[2]), by="x", by_name="x", reason="R")
    stage.on_line(announcements.announce, cast.clinic, cast.khan, KHAN, "Lab closed today")
    stage.wait(1)
    told = [m.about for m in stage.messages() if m.name == "news/announcement"]
    assert sorted(str(t) for t in told) == sorted(t.token_id for t in tokens[:2])
    assert other.token_id not in told


def test_the_nearest_slot_of_another_day_is_at_the_same_time_of_the_night(
    stage: Stage, cast: Cast
) -> None:
    night = a_doctor(
        cast.clinic,
        "doc_khan",
        "Dr. Khan",
        "+919876543012",
        advance_amount=0,
        start_time="21:00",
        end_time="02:00",
        lunch_break=None,
    )
    token = do(
        stage,
        booking.hold,
        cast.clinic,
        night,
        cast.asha_contact,
        cast.asha,
        MONDAY,
        17,  # one o'clock at night
    )
    slot = days.nearest_slot(stage.work(), cast.clinic, night, TUESDAY, token)
    assert slot is not None
    assert slot.number == 17
    assert days.next_open(stage.work(), cast.clinic, night, MONDAY) == TUESDAY


def test_an_item_that_fails_is_put_back_and_stops_nobody(
    stage: Stage, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold(stage, cast, 5)
    stage.clock.advance(10)
    asked = []

    def broken(_open: object, item: Due) -> None:
        asked.append(item)
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setitem(HANDLERS, "hold_ends", broken)
        stage.settle()
        assert len(asked) == 1
        stage.clock.advance(seconds=2)
        stage.settle()
    assert len(asked) == 2
    stage.clock.advance(seconds=4)
    stage.settle()
    assert stage.tokens("+919876543021") == []
    assert "hold_ends" not in due_kinds(stage)


def test_an_item_that_was_put_back_still_knows_what_it_was_written_for(
    stage: Stage, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_open: object, _item: Due) -> None:
        raise ZeroDivisionError

    def ratings() -> list[Due]:
        found = [d for n in range(8) for d in stage.work().query(Due, f"{n:02d}").records]
        return [d for d in found if d.kind == "ask_rating"]

    tokens = crowd(stage, cast, 2)
    start(stage, cast)
    move(stage, cast)
    move(stage, cast)
    (written,) = ratings()
    with monkeypatch.context() as patched:
        patched.setitem(HANDLERS, "ask_rating", broken)
        stage.wait(1)
        (put_back,) = ratings()
    assert (put_back.at, put_back.due > written.due) == (written.at, True)
    stage.wait(5)
    assert names_to(stage, tokens[0]).count("news/rate") == 1
