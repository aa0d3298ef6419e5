"""The order of a line: called out of turn, moved, given priority, in whichever order it happens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from domain.actions.booking import desk
from domain.actions.booking.places import place_between, waiting_in_order
from domain.actions.line import calling, lifecycle, order
from domain.actions.line.preconditions import SeenState
from domain.errors import CalledJustNow, LineMoved, NotNow, Refused
from domain.line_context import LineContext
from domain.model.queues import LIVE, WAITING, Token, TokenStatus
from tests.lines import FARIDA, KHAN, entries, head, three_waiting
from tests.people import FILE, Cast, FixedClock, city_file, new_records
from tests.stage import Stage

ANY = st.integers(0, 30)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "add",
                "add",
                "here",
                "call",
                "call",
                "after",
                "after",
                "last",
                "first",
                "next",
                "cancel",
                "undo",
                "skip",
            ]
        ),
        ANY,
        ANY,
    ),
    min_size=5,
    max_size=25,
)


def standing(stage: Stage, queue_id: str) -> list[int]:
    return [w.number for w in waiting_in_order(stage.work(), queue_id)]


def seen_now(line: LineContext) -> SeenState:
    return SeenState(button=True, current=line.queue.current_token)


def do(stage: Stage, cast: Cast, action: Callable[[LineContext], object]) -> bool:
    """Do *action* on Dr. Khan's line; return whether it was not refused."""
    stage.clock.advance(seconds=1)
    work = stage.work()
    try:
        action(LineContext(work, cast.clinic, cast.khan, head(stage, cast)))
    except Refused:
        return False
    work.commit()
    return True


def steps_of(a: int, b: int) -> dict[str, Callable[[LineContext], object]]:
    """Return what each step does; the numbers say to whom."""

    def pick(line: LineContext, n: int) -> Token:
        tokens = line.work.query(Token, line.queue.queue_id, limit=400).records
        live = sorted((t for t in tokens if t.status in LIVE), key=lambda t: t.number)
        if not live:
            raise NotNow
        return live[n % len(live)]

    return {
        "add": lambda line: desk.add_walk_in(
            line, FARIDA, None if a % 3 else f"+9198700300{b:02d}", f"Patient {chr(97 + b % 26)}z"
        ),
        "here": lambda line: lifecycle.check_in(line.work, pick(line, a), FARIDA),
        "call": lambda line: order.call_patient(line, pick(line, a), FARIDA, seen_now(line)),
        "after": lambda line: order.move_behind(line, pick(line, a), pick(line, b), FARIDA),
        "last": lambda line: order.move_to_end(line, pick(line, a), FARIDA),
        "first": lambda line: order.prioritise(line, pick(line, a), FARIDA),
        "cancel": lambda line: desk.cancel_for_patient(
            line.work, line.clinic, line.doctor, pick(line, a), FARIDA
        ),
        "next": lambda line: calling.call_next(line, FARIDA, seen_now(line)),
        "undo": lambda line: calling.undo(line, FARIDA, seen_now(line)),
        "skip": lambda line: calling.skip(line, FARIDA, seen_now(line)),
    }


@contextmanager
def a_stage() -> Iterator[tuple[Stage, Cast]]:
    """Give a stage of its own to each run of a property."""
    content, cast = city_file()
    clock = FixedClock()
    with TemporaryDirectory() as folder:
        (Path(folder) / FILE).write_bytes(content)
        store, records = new_records(Path(folder), clock)
        stage = Stage(store, records, clock)
        stage.cast = cast
        yield stage, cast
        store.close()


@given(steps=STEPS)
@settings(max_examples=25, deadline=None)
def test_in_whichever_order_the_line_stays_one_line(steps: list[tuple[str, int, int]]) -> None:
    """What I1, I2, I8 and I11 say of a line holds, and nobody is told who has no phone."""
    with a_stage() as (stage, cast):
        three_waiting(stage, cast)
        stage.settle()
        for name, a, b in steps:
            check(stage, cast, steps_of(a, b)[name])


def check(stage: Stage, cast: Cast, step: Callable[[LineContext], object]) -> None:
    queue_id = head(stage, cast).queue_id
    before, written = seen(stage, queue_id), len(entries(stage, queue_id))
    done = do(stage, cast, step)
    tokens = stage.work().query(Token, queue_id, limit=400).records
    assert seen(stage, queue_id) == before or (done and len(entries(stage, queue_id)) > written)
    inside = [t.token_id for t in tokens if t.status is TokenStatus.CURRENT]
    now = head(stage, cast).current_token
    assert inside == ([now] if now else [])
    waiting = standing(stage, queue_id)
    assert sorted(waiting) == sorted(t.number for t in tokens if t.status in WAITING)
    numbers = [t.number for t in tokens if t.status in LIVE]
    assert len(numbers) == len(set(numbers))
    first = {t.patient_phone for t in tokens if waiting and t.number == waiting[0]}
    sent = stage.settle()
    assert {m.phone for m in sent if "You are next" in m.text} <= first
    assert all(m.phone for m in sent)


def seen(stage: Stage, queue_id: str) -> tuple[list[int], list[tuple[int, str]]]:
    """Return who stands where, and the state of every token."""
    tokens = stage.work().query(Token, queue_id, limit=400).records
    states = sorted((t.number, t.status.value) for t in tokens)
    return standing(stage, queue_id), states


@given(gaps=st.lists(st.integers(0, 40), min_size=1, max_size=40))
def test_there_is_always_room_between_two_places(gaps: list[int]) -> None:
    class Ids:
        made = 0

        def new(self, prefix: str) -> str:
            self.made += 1
            return f"{prefix}01{self.made:024d}"

    class Work:
        ids = Ids()

    places = ["00001", "00002", "00002+1736930700", "00003~01000000000000000000000000"]
    for gap in gaps:
        at = gap % (len(places) + 1)
        before = places[at - 1] if at else ""
        after = places[at] if at < len(places) else None
        made = place_between(Work(), before, after)  # type: ignore[arg-type]
        assert before < made
        assert after is None or made < after
        places.insert(at, made)
    assert places == sorted(places)


def test_a_patient_who_was_taken_back_finds_their_place_free(stage: Stage, cast: Cast) -> None:
    three_waiting(stage, cast)
    queue_id = head(stage, cast).queue_id

    def at(line: LineContext, number: int) -> Token:
        tokens = line.work.query(Token, queue_id, limit=10).records
        return next(t for t in tokens if t.number == number)

    assert do(stage, cast, lambda line: order.move_behind(line, at(line, 3), at(line, 1), KHAN))
    assert standing(stage, queue_id) == [1, 3, 2]
    assert do(stage, cast, lambda line: order.call_patient(line, at(line, 3), KHAN, seen_now(line)))
    assert do(stage, cast, lambda line: order.move_behind(line, at(line, 2), at(line, 1), KHAN))
    assert do(stage, cast, lambda line: calling.undo(line, KHAN, seen_now(line)))
    assert sorted(standing(stage, queue_id)) == [1, 2, 3]


def test_i2_typed_words_call_nobody_whom_others_passed(stage: Stage, cast: Cast) -> None:
    booked = three_waiting(stage, cast)
    written = SeenState(written_at=stage.clock.now())
    do(stage, cast, lambda line: calling.call_next(line, KHAN, seen_now(line)))

    def call(line: LineContext) -> object:
        token = line.token(booked[2].token_id)
        return order.call_patient(line, token, KHAN, SeenState(written_at=line.now))

    work = stage.work()
    line = LineContext(work, cast.clinic, cast.khan, head(stage, cast))
    with pytest.raises(CalledJustNow):
        call(line)
    stage.clock.advance(seconds=3)
    line = LineContext(stage.work(), cast.clinic, cast.khan, head(stage, cast))
    with pytest.raises(LineMoved):
        order.call_patient(line, line.token(booked[2].token_id), FARIDA, written)
