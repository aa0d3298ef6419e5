"""I2: in which order those who wait are called when some of them are late."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.call_order import in_call_order, is_late
from domain.model.queues import Waiting

NINE = datetime(2026, 3, 2, 3, 30, tzinfo=UTC)
HERE, AWAY = True, False


def after(minutes: float) -> datetime:
    return NINE + timedelta(minutes=minutes)


def a_person(number: int, late: float | None = None, *, arrived: bool = AWAY) -> Waiting:
    return Waiting(
        queue_id="QUE_1",
        place=f"{number:04d}",
        clinic_id="CLN_1",
        token_id=f"TKN_{number}",
        number=number,
        at=NINE,
        arrived=arrived,
        late_until=None if late is None else after(late),
    )


def numbers(line: list[Waiting]) -> list[int]:
    return [entry.number for entry in line]


@pytest.mark.parametrize(
    ("line", "called"),
    [
        ([], []),
        ([a_person(1, 10), a_person(2), a_person(3, arrived=HERE)], [2, 3, 1]),
        ([a_person(1, 10), a_person(2), a_person(3)], [1, 2, 3]),
        ([a_person(1, 10), a_person(2, arrived=HERE), a_person(3, 9)], [2, 1, 3]),
        ([a_person(1, 9), a_person(2, 8), a_person(3, arrived=HERE)], [3, 1, 2]),
        ([a_person(1, 10, arrived=HERE), a_person(2, arrived=HERE)], [1, 2]),
        ([a_person(1, 0), a_person(2, arrived=HERE)], [1, 2]),
        ([a_person(1, -5), a_person(2, arrived=HERE)], [1, 2]),
        ([a_person(1, arrived=HERE), a_person(2, 10)], [1, 2]),
    ],
    ids=[
        "an empty line",
        "somebody here passes, and whoever stands before them",
        "nobody is here",
        "only those before somebody who is here are passed over",
        "two late ones keep their order",
        "one who has come is not late",
        "the time is up",
        "the time was up long ago",
        "everybody here is before",
    ],
)
def test_who_is_called_when(line: list[Waiting], called: list[int]) -> None:
    assert numbers(in_call_order(line, NINE)) == called


people = st.lists(
    st.tuples(st.none() | st.integers(-20, 90), st.booleans()), min_size=1, max_size=12
).map(lambda found: [a_person(n, late, arrived=here) for n, (late, here) in enumerate(found)])
moments = st.integers(-30, 100).map(after)


@pytest.mark.property
@given(people, moments)
def test_nobody_is_lost_and_all_others_keep_their_order(line, now):
    called = in_call_order(line, now)
    assert sorted(numbers(called)) == numbers(line)
    late = {e.number for e in line if is_late(e, now)}
    assert [n for n in numbers(called) if n not in late] == [
        n for n in numbers(line) if n not in late
    ]
    assert [n for n in numbers(called) if n in late] == [n for n in numbers(line) if n in late]


@pytest.mark.property
@given(people, moments)
def test_nobody_who_is_here_waits_for_somebody_late(line, now):
    called = in_call_order(line, now)
    here = [n for n, entry in enumerate(called) if entry.arrived]
    assert not any(is_late(entry, now) for entry in called[: here[-1] + 1 if here else 0])
    if not here:
        assert called == line


@pytest.mark.property
@given(people, moments, st.data())
def test_a_late_person_who_comes_stands_where_they_stood(line, now, data):
    late = [entry for entry in line if is_late(entry, now)]
    if not late:
        return
    comes = data.draw(st.sampled_from(late))
    place = line.index(comes)
    arrived = [*line[:place], comes.but(arrived=True, late_until=None), *line[place + 1 :]]
    called = numbers(in_call_order(arrived, now))
    before = [e.number for e in line[:place] if not is_late(e, now)]
    assert called[: len(before) + 1] == [*before, comes.number]


@dataclass
class Day:
    """A line as it is run: what happens to it, and who was called."""

    line: list[Waiting]
    now: datetime = NINE

    def happens(self, what: str, whom: int) -> Waiting | None:
        """Let *what* happen; return who was called, if it is a call."""
        if what == "time":
            self.now += timedelta(minutes=whom)
        elif what == "next" and self.line:
            called = in_call_order(self.line, self.now)[0]
            self.line.remove(called)
            return called
        elif self.line:
            place = whom % len(self.line)
            entry = self.line[place]
            changed = entry.but(arrived=True, late_until=None)
            if what == "late":
                changed = entry.but(arrived=False, late_until=self.now + timedelta(minutes=10))
            self.line[place] = changed
        return None


steps = st.lists(
    st.tuples(st.sampled_from(["next", "come", "late", "time"]), st.integers(0, 12)), max_size=60
)


@pytest.mark.property
@given(people, steps)
def test_a_whole_day_calls_everybody_once(line, steps):
    day, called = Day(list(line)), []
    for what, whom in steps:
        standing = list(day.line)
        found = day.happens(what, whom)
        if found is not None:
            called.append(found.number)
            here = any(entry.arrived for entry in standing)
            assert not (here and is_late(found, day.now))
            passed = [e for e in standing if e.place < found.place]
            assert all(is_late(e, day.now) for e in passed)
    while (found := day.happens("next", 0)) is not None:
        called.append(found.number)
    assert sorted(called) == numbers(line)
