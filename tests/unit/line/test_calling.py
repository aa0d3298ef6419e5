"""I11: next, skip, what `undo` takes back, and what the history says of it."""

from __future__ import annotations

from typing import Any

import pytest

from domain.actions.booking import booking
from domain.actions.line import calling, lifecycle
from domain.errors import NobodyWaiting, NothingToUndo
from domain.model.people import Association, Contact, Patient
from domain.model.queues import LiveBooking, PaymentStatus, Token, TokenStatus, Waiting
from domain.model.visits import Visit
from tests.bookings import PHONE, do
from tests.lines import FARIDA, KHAN, close, entries, head, move
from tests.people import MONDAY, Cast
from tests.stage import Stage


@pytest.mark.usefixtures("tokens")
def test_next_calls_in_order_and_completes(stage: Stage, cast: Cast) -> None:
    numbers = []
    for _ in range(3):
        moved = move(stage, cast)
        numbers.append((moved.current.number, moved.following and moved.following.number))
        stage.clock.advance(12)
    assert numbers == [(1, 2), (2, 3), (3, None)]
    moved = move(stage, cast)
    assert moved.current is None
    assert moved.queue.consultations == (720, 720, 720)
    with pytest.raises(NobodyWaiting):
        move(stage, cast)


def state(stage: Stage, cast: Cast, tokens: list[Token]) -> dict[str, Any]:
    """Everything `undo` must bring back, but for what counts writes or says when."""
    queue = head(stage, cast)
    work = stage.work()
    rows: dict[str, Any] = {
        "queue": (queue.status, queue.current_token, queue.current_number, queue.current_since),
        "consultations": queue.consultations,
        "line": [
            (w.place, w.token_id, w.arrived) for w in work.query(Waiting, queue.queue_id).records
        ],
    }
    for token in tokens:
        now = stage.token(token)
        association = work.get(Association, now.doctor_id, now.patient_id)
        visit = work.get(Visit, now.doctor_id, now.visit_id or "")
        rows[token.token_number] = now.but(version=0, updated_at=now.created_at, visit_id=None)
        rows[f"{token.token_number} visit"] = visit and visit.status
        rows[f"{token.token_number} visits"] = association and association.total_visits
        rows[f"{token.token_number} booking"] = [
            b.token_id for b in work.query(LiveBooking, now.contact_id).records
        ]
    return rows


@pytest.mark.parametrize(
    ("action", "before"),
    [
        (calling.call_next, 0),
        (calling.call_next, 1),
        (calling.call_next, 2),
        (calling.skip, 1),
        (calling.skip, 2),
    ],
)
def test_undo_restores_exactly_what_the_move_changed(
    stage: Stage, cast: Cast, tokens: list[Token], action: Any, before: int
) -> None:
    do(stage, lifecycle.check_in, stage.token(tokens[1]))
    for _ in range(before):
        move(stage, cast)
        stage.clock.advance(9)
    was = state(stage, cast, tokens)
    move(stage, cast, action)
    stage.clock.advance(1)
    move(stage, cast, calling.undo)
    assert state(stage, cast, tokens) == was
    with pytest.raises(NothingToUndo):
        move(stage, cast, calling.undo)


def test_undo_of_the_last_completion_with_nobody_waiting(
    stage: Stage, cast: Cast, tokens: list[Token]
) -> None:
    for _ in range(3):
        move(stage, cast)
        stage.clock.advance(5)
    was = state(stage, cast, tokens)
    assert move(stage, cast).current is None
    move(stage, cast, calling.undo)
    assert state(stage, cast, tokens) == was


def test_completion_collects_the_balance_and_undo_gives_it_back(
    stage: Stage, cast: Cast, tokens: list[Token]
) -> None:
    move(stage, cast)
    move(stage, cast)
    done = stage.token(tokens[0])
    assert (done.collected_paise, done.payment_status) == (50000, PaymentStatus.PAID)
    move(stage, cast, calling.undo)
    back = stage.token(tokens[0])
    assert (back.collected_paise, back.payment_status) == (0, PaymentStatus.PENDING)


def test_undo_of_a_skip_takes_back_who_is_here_again(
    stage: Stage, cast: Cast, tokens: list[Token]
) -> None:
    move(stage, cast)
    move(stage, cast, calling.skip)
    do(stage, lifecycle.check_in, stage.token(tokens[0]))
    assert stage.token(tokens[0]).place is not None
    move(stage, cast, calling.undo)
    back = stage.token(tokens[0])
    assert (back.status, back.place) == (TokenStatus.CURRENT, None)
    waiting = stage.work().query(Waiting, back.queue_id).records
    assert [w.number for w in waiting] == [2, 3]


def test_undo_of_a_skip_whose_patient_has_cancelled_leaves_nobody_current(
    stage: Stage, cast: Cast, tokens: list[Token]
) -> None:
    move(stage, cast)
    move(stage, cast, calling.skip)
    do(stage, booking.cancel, stage.token(tokens[0]), by="x", by_name="x", reason="R")
    moved = move(stage, cast, calling.undo)
    assert moved.current is None
    assert moved.following.number == 2


def test_undo_keeps_what_the_patient_has_booked_since(
    stage: Stage, cast: Cast, tokens: list[Token]
) -> None:
    move(stage, cast)
    move(stage, cast)
    work = stage.work()
    contact, patient = work.get(Contact, "con_p1"), work.get(Patient, "pat_p1")
    again = do(stage, booking.hold, cast.clinic, cast.khan, contact, patient, MONDAY, 9)
    move(stage, cast, calling.undo)
    assert stage.token(tokens[0]).status is TokenStatus.CURRENT
    assert [t.token_id for t in stage.tokens(PHONE.format(1))] == [again.token_id]
    move(stage, cast)
    assert [t.token_id for t in stage.tokens(PHONE.format(1))] == [again.token_id]


@pytest.mark.parametrize("since", ["pause", "close"])
@pytest.mark.usefixtures("tokens")
def test_a_later_pause_or_close_ends_what_undo_can_take_back(
    stage: Stage, cast: Cast, since: str
) -> None:
    move(stage, cast)
    if since == "pause":
        stage.on_line(lifecycle.pause, cast.clinic, cast.khan, KHAN, 5, None)
        stage.on_line(lifecycle.resume, cast.clinic, cast.khan, KHAN)
    else:
        close(stage, cast)
    with pytest.raises(NothingToUndo):
        move(stage, cast, calling.undo)


def test_a_skipped_patient_who_is_here_comes_after_the_next(
    stage: Stage, cast: Cast, tokens: list[Token]
) -> None:
    move(stage, cast)
    move(stage, cast, calling.skip)  # 2 is called
    do(stage, lifecycle.check_in, stage.token(tokens[0]))
    assert [move(stage, cast).current.number for _ in range(2)] == [3, 1]


def test_i11_every_move_leaves_an_entry_with_what_who_why_and_when(
    stage: Stage, cast: Cast, tokens: list[Token]
) -> None:
    queue_id = tokens[0].queue_id
    for action in (calling.call_next, calling.call_next, calling.skip):
        stage.clock.advance(3)
        move(stage, cast, action)
    move(stage, cast, calling.undo, FARIDA)
    do(stage, lifecycle.check_in, stage.token(tokens[2]))
    stage.on_line(lifecycle.pause, cast.clinic, cast.khan, KHAN, None, None)
    stage.on_line(lifecycle.resume, cast.clinic, cast.khan, KHAN)
    before = entries(stage, queue_id)
    stage.on_line(lifecycle.emergency, cast.clinic, cast.khan, KHAN, 30)
    close(stage, cast, "CLOSED")
    after = entries(stage, queue_id)
    assert after[: len(before)] == before  # append-only
    moves = [e for e in after if e.action not in {"book", "confirm"}]
    assert [e.action for e in moves] == [
        "start", "next", "next", "skip", "undo", "check-in", "pause", "resume", "emergency", "close"
    ]  # fmt: skip
    assert all(e.by and e.by_name and e.at for e in moves)
    assert all(e.version == 1 for e in after)
    assert [e.token_number for e in moves[1:5]] == ["001", "002", "003", "002"]
    assert moves[4].detail == "skip"
    assert moves[4].by == "usr_farida"
    assert moves[-1].detail == "CLOSED"
    assert [e.at for e in after] == sorted(e.at for e in after)
