"""I2 and I11: running a doctor's line, what is refused, and what `undo` takes back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from domain.actions.booking import booking, desk
from domain.actions.booking.queues import current_queue
from domain.actions.line import calling, lifecycle
from domain.actions.line.preconditions import STATES, SeenState
from domain.actors import Actor
from domain.errors import (
    AlreadyBooked,
    DayClosed,
    LineMoved,
    NobodyWaiting,
    NothingToUndo,
    NotNow,
)
from domain.model.clinics import Doctor
from domain.model.due import ORDINARY_SHARDS, Due
from domain.model.people import Association, Contact, Patient
from domain.model.queues import (
    HistoryEntry,
    LiveBooking,
    PaymentStatus,
    Queue,
    QueueStatus,
    Token,
    TokenStatus,
    Waiting,
)
from domain.model.visits import Visit
from tests.people import Cast, a_person, address_of, store
from tests.stage import Stage

MONDAY = date(2030, 11, 25)
MEERA = Actor("usr_meera", "Dr. Meera")
FARIDA = Actor("usr_farida", "Farida")
PHONE = "+91987002000{}"


def do(stage: Stage, action: Callable[..., Any], *args: Any, **given: Any) -> Any:
    work = stage.work()
    found = action(work, *args, **given)
    work.commit()
    stage.clock.advance(seconds=0.001)  # two events of one line never share an instant
    return found


def a_patient(stage: Stage, n: int) -> tuple[Contact, Patient]:
    patient, contact = a_person(f"p{n}", f"Patient {n}", PHONE.format(n))
    store(stage.records, contact, patient, address_of(contact))
    return contact, patient


def book(stage: Stage, cast: Cast, n: int) -> Token:
    """Book slot *n* of Dr. Khan, who takes no advance, for a patient of that number."""
    return do(stage, booking.hold, cast.clinic, cast.khan, *a_patient(stage, n), MONDAY, n)


def head(stage: Stage, cast: Cast) -> Queue:
    return current_queue(stage.work(), cast.clinic, cast.khan)


def button(stage: Stage, cast: Cast) -> SeenState:
    return SeenState(button=True, current=head(stage, cast).current_token)


def move(stage: Stage, cast: Cast, action: Any, actor: Actor = MEERA, saw: SeenState | None = None):
    saw = saw or button(stage, cast)
    return stage.on_line(action, cast.clinic, cast.khan, actor, saw)


def start(stage: Stage, cast: Cast) -> None:
    stage.on_line(lifecycle.start, cast.clinic, cast.khan, MEERA)


@pytest.fixture
def tokens(stage: Stage, cast: Cast) -> list[Token]:
    """Three who wait in Dr. Khan's running line."""
    booked = [book(stage, cast, n) for n in (1, 2, 3)]
    start(stage, cast)
    return booked


def entries(stage: Stage, queue_id: str) -> list[HistoryEntry]:
    return stage.work().query(HistoryEntry, queue_id, limit=500).records


def test_i2_a_button_is_judged_by_the_token_it_names(
    stage: Stage, cast: Cast, tokens: list[Token]
) -> None:
    move(stage, cast, calling.call_next)
    with pytest.raises(LineMoved) as refused:
        move(stage, cast, calling.call_next, saw=SeenState(button=True, current=None))
    assert refused.value.details["by_name"] == "Dr. Meera"
    assert refused.value.details["action"] == "next"
    # A button that names the current token moves the line, however soon.
    move(stage, cast, calling.call_next, FARIDA, SeenState(button=True, current=tokens[0].token_id))
    assert head(stage, cast).current_number == 2


@pytest.mark.parametrize(("late", "moves"), [(2.0, True), (2.001, False), (60, False), (-5, True)])
@pytest.mark.usefixtures("tokens")
def test_i2_typed_words_are_judged_by_when_they_were_written(
    stage: Stage, cast: Cast, late: float, *, moves: bool
) -> None:
    moved_at = stage.clock.advance(1)
    move(stage, cast, calling.call_next)
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
    [(4.9, FARIDA, False), (5, FARIDA, True), (0.1, MEERA, True)],
)
@pytest.mark.usefixtures("tokens")
def test_i2_typed_words_wait_five_seconds_after_somebody_elses_move(
    stage: Stage, cast: Cast, after: float, actor: Actor, *, moves: bool
) -> None:
    move(stage, cast, calling.call_next)
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


@pytest.mark.usefixtures("tokens")
def test_next_calls_in_order_and_completes(stage: Stage, cast: Cast) -> None:
    numbers = []
    for _ in range(3):
        moved = move(stage, cast, calling.call_next)
        numbers.append((moved.current.number, moved.following and moved.following.number))
        stage.clock.advance(12)
    assert numbers == [(1, 2), (2, 3), (3, None)]
    moved = move(stage, cast, calling.call_next)
    assert moved.current is None
    assert moved.queue.consultations == (720, 720, 720)
    with pytest.raises(NobodyWaiting):
        move(stage, cast, calling.call_next)


def state(stage: Stage, cast: Cast, tokens: list[Token]) -> dict[str, Any]:
    """Everything that `undo` must restore: all but versions and instants of writing."""
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
        move(stage, cast, calling.call_next)
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
        move(stage, cast, calling.call_next)
        stage.clock.advance(5)
    was = state(stage, cast, tokens)
    assert move(stage, cast, calling.call_next).current is None
    move(stage, cast, calling.undo)
    assert state(stage, cast, tokens) == was


def test_completion_collects_the_balance_and_undo_gives_it_back(
    stage: Stage, cast: Cast, tokens: list[Token]
) -> None:
    move(stage, cast, calling.call_next)
    move(stage, cast, calling.call_next)
    done = stage.token(tokens[0])
    assert (done.collected_paise, done.payment_status) == (50000, PaymentStatus.PAID)
    move(stage, cast, calling.undo)
    back = stage.token(tokens[0])
    assert (back.collected_paise, back.payment_status) == (0, PaymentStatus.PENDING)


def test_undo_of_a_skip_takes_back_who_is_here_again(
    stage: Stage, cast: Cast, tokens: list[Token]
) -> None:
    move(stage, cast, calling.call_next)
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
    move(stage, cast, calling.call_next)
    move(stage, cast, calling.skip)
    do(stage, booking.cancel, stage.token(tokens[0]), by="x", by_name="x", reason="R")
    moved = move(stage, cast, calling.undo)
    assert moved.current is None
    assert moved.following.number == 2


def test_undo_keeps_what_the_patient_has_booked_since(
    stage: Stage, cast: Cast, tokens: list[Token]
) -> None:
    move(stage, cast, calling.call_next)
    move(stage, cast, calling.call_next)
    work = stage.work()
    contact, patient = work.get(Contact, "con_p1"), work.get(Patient, "pat_p1")
    again = do(stage, booking.hold, cast.clinic, cast.khan, contact, patient, MONDAY, 9)
    move(stage, cast, calling.undo)
    assert stage.token(tokens[0]).status is TokenStatus.CURRENT
    assert [t.token_id for t in stage.tokens(PHONE.format(1))] == [again.token_id]
    move(stage, cast, calling.call_next)
    assert [t.token_id for t in stage.tokens(PHONE.format(1))] == [again.token_id]


@pytest.mark.parametrize("since", ["pause", "close"])
@pytest.mark.usefixtures("tokens")
def test_a_later_pause_or_close_ends_what_undo_can_take_back(
    stage: Stage, cast: Cast, since: str
) -> None:
    move(stage, cast, calling.call_next)
    if since == "pause":
        stage.on_line(lifecycle.pause, cast.clinic, cast.khan, MEERA, 5, None)
        stage.on_line(lifecycle.resume, cast.clinic, cast.khan, MEERA)
    else:
        stage.on_line(lifecycle.close, cast.clinic, cast.khan, MEERA, "CLOSED_BY_STAFF")
    with pytest.raises(NothingToUndo):
        move(stage, cast, calling.undo)


def test_a_skipped_patient_who_is_here_comes_after_the_next(
    stage: Stage, cast: Cast, tokens: list[Token]
) -> None:
    move(stage, cast, calling.call_next)
    move(stage, cast, calling.skip)  # 2 is called
    do(stage, lifecycle.check_in, stage.token(tokens[0]))
    assert [move(stage, cast, calling.call_next).current.number for _ in range(2)] == [3, 1]


def test_check_in_twice_is_one_and_a_closed_line_takes_none(
    stage: Stage, cast: Cast, tokens: list[Token]
) -> None:
    first = do(stage, lifecycle.check_in, stage.token(tokens[2]))
    stage.clock.advance(5)
    assert do(stage, lifecycle.check_in, stage.token(tokens[2])) == stage.token(first)
    stage.on_line(lifecycle.close, cast.clinic, cast.khan, MEERA, "CLOSED_BY_STAFF")
    with pytest.raises(NotNow):
        do(stage, lifecycle.check_in, stage.token(tokens[1]))


ACTIONS: dict[str, Callable[[Stage, Cast], Any]] = {
    "start": start,
    "pause": lambda s, c: s.on_line(lifecycle.pause, c.clinic, c.khan, MEERA, None, None),
    "emergency": lambda s, c: s.on_line(lifecycle.emergency, c.clinic, c.khan, MEERA, 30),
    "resume": lambda s, c: s.on_line(lifecycle.resume, c.clinic, c.khan, MEERA),
    "close": lambda s, c: s.on_line(lifecycle.close, c.clinic, c.khan, MEERA, "CLOSED"),
    "next": lambda s, c: move(s, c, calling.call_next),
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


def test_i11_every_move_leaves_an_entry_with_what_who_why_and_when(
    stage: Stage, cast: Cast, tokens: list[Token]
) -> None:
    queue_id = tokens[0].queue_id
    for action in ("next", "next", "skip"):
        stage.clock.advance(3)
        ACTIONS[action](stage, cast)
    move(stage, cast, calling.undo, FARIDA)
    do(stage, lifecycle.check_in, stage.token(tokens[2]))
    ACTIONS["pause"](stage, cast)
    ACTIONS["resume"](stage, cast)
    before = entries(stage, queue_id)
    ACTIONS["emergency"](stage, cast)
    ACTIONS["close"](stage, cast)
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


def test_start_ends_yesterdays_line_that_nobody_closed(stage: Stage, cast: Cast) -> None:
    book(stage, cast, 1)
    start(stage, cast)
    store(stage.records, head(stage, cast).but(planned_end=stage.clock.now()))
    stage.clock.advance(days=1)
    start(stage, cast)
    old = stage.queue("doc_khan", "2030-11-25")
    new = stage.queue("doc_khan", "2030-11-26")
    assert (old.status, old.close_reason) == (QueueStatus.CLOSED, "NEXT_DAY_STARTED")
    assert new.status is QueueStatus.ACTIVE


def test_start_does_not_end_a_line_that_runs_late_into_the_night(stage: Stage, cast: Cast) -> None:
    book(stage, cast, 1)
    start(stage, cast)
    stage.clock.advance(16 * 60)  # half past midnight; tomorrow's hours begin at nine
    with pytest.raises(NotNow):
        start(stage, cast)
    assert stage.queue("doc_khan", "2030-11-25").status is QueueStatus.ACTIVE


# Walk-ins


def add(stage: Stage, cast: Cast, phone: str, name: str, doctor: Doctor | None = None) -> Token:
    doctor = doctor or cast.khan
    return stage.on_line(desk.add_walk_in, cast.clinic, doctor, FARIDA, phone, name)


def test_a_walk_in_takes_the_next_free_slot_ahead(
    stage: Stage, cast: Cast, tokens: list[Token]
) -> None:
    del tokens
    stage.clock.advance(65)  # 9:35: slots 1 to 3 are past
    added = add(stage, cast, "+919870030001", "Nila")
    assert (added.number, added.status) == (4, TokenStatus.ARRIVED)
    assert added.limit_number is None
    assert (added.amount_paise, added.paid_paise) == (50000, 0)
    assert add(stage, cast, "+919870030002", "Omar").number == 5


def test_a_walk_in_after_the_last_slot_gets_the_number_after_it(stage: Stage, cast: Cast) -> None:
    book(stage, cast, 28)
    start(stage, cast)
    stage.clock.advance(9 * 60)
    assert [add(stage, cast, f"+91987003001{n}", "Nila").number for n in range(3)] == [29, 30, 31]


def test_a_walk_in_goes_beyond_the_daily_limit(stage: Stage, cast: Cast) -> None:
    store(stage.records, cast.khan.but(daily_limit=1))
    book(stage, cast, 1)
    assert add(stage, cast, "+919870030001", "Nila").number == 2


def test_a_walk_in_has_arrived_with_one_entry_in_the_history_and_is_not_reminded(
    stage: Stage, cast: Cast
) -> None:
    for n in range(1, 14):  # until the slot is hours ahead, as of a booking that is reminded
        added = add(stage, cast, f"+9198700300{n:02d}", "Nila")
    assert (added.number, added.source, added.arrived_at) == (13, "WALK_IN", added.confirmed_at)
    noted = [e for e in entries(stage, added.queue_id) if e.token_id == added.token_id]
    assert [(e.action, e.by) for e in noted] == [("add", "usr_farida")]
    waits = stage.work().get(Waiting, added.queue_id, added.place or "")
    assert waits is not None
    assert waits.arrived
    shards = [stage.work().query(Due, f"{n:02d}").records for n in range(ORDINARY_SHARDS)]
    assert "remind" not in {item.kind for items in shards for item in items}


def test_a_walk_in_ends_a_hold_that_ran_out(stage: Stage, cast: Cast) -> None:
    held = do(stage, booking.hold, cast.clinic, cast.meera, cast.asha_contact, cast.asha, MONDAY, 1)
    stage.clock.advance(10)
    added = add(stage, cast, "+919870030001", "Nila", cast.meera)
    assert added.number == 1
    assert stage.token(held).status is TokenStatus.EXPIRED


def test_a_walk_in_with_a_known_phone_is_that_person_or_their_family(
    stage: Stage, cast: Cast
) -> None:
    asha = add(stage, cast, cast.asha_contact.phone or "", "  ASHA ")
    assert (asha.contact_id, asha.patient_id) == ("con_asha", "pat_asha")
    anu = add(stage, cast, cast.asha_contact.phone or "", "Anu")
    assert anu.contact_id == "con_asha"
    assert anu.patient_id != "pat_asha"
    contact = stage.work().get(Contact, "con_asha")
    assert contact is not None
    assert contact.patient_ids == ("pat_asha", anu.patient_id)
    with pytest.raises(AlreadyBooked):
        add(stage, cast, cast.asha_contact.phone or "", "Anu")


def test_a_closed_day_takes_no_walk_in(stage: Stage, cast: Cast, tokens: list[Token]) -> None:
    del tokens
    ACTIONS["close"](stage, cast)
    with pytest.raises(DayClosed):
        add(stage, cast, "+919870030001", "Nila")
