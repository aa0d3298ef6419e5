"""One way to try again: replayed on a conflict, with growing pauses, and given up in one way."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from domain.errors import Conflict, NotNow, StillConflicting, StoreUnavailable
from domain.model.messages import Outgoing
from domain.transactions import (
    FIRST_PAUSE_SECONDS,
    LONGEST_PAUSE_SECONDS,
    TRIES,
    retry_on_conflict,
    transact,
)
from domain.work import Work
from tests.stage import Stage

LOST = Conflict(((Outgoing.TABLE, "00", "place"),))


def place() -> Outgoing:
    return Outgoing(shard="00", place="place", message_id="m", sender="s", contact_id="c")


def put(work: Work) -> str:
    work.put(place())
    return "written"


def stored(stage: Stage) -> list[Outgoing]:
    return stage.work().query(Outgoing, "00").records


@pytest.fixture
def pauses() -> list[float]:
    return []


def failing(times: int, error: Exception) -> Callable[[], str]:
    """Return an attempt that raises *error* so many times before it succeeds."""
    left = [error] * times

    def attempt() -> str:
        if left:
            raise left.pop()
        return "done"

    return attempt


def test_what_meets_nobody_is_written_once_and_without_a_pause(
    stage: Stage, pauses: list[float]
) -> None:
    assert transact(stage.work, put, pause=pauses.append) == "written"
    assert len(stored(stage)) == 1
    assert pauses == []


def test_what_lost_is_run_again_on_what_is_true_now(stage: Stage, pauses: list[float]) -> None:
    read: list[Outgoing | None] = []

    def act(work: Work) -> str:
        known = work.get(Outgoing, "00", "place")
        read.append(known)
        work.put(known.but(written="second") if known else place())
        if len(read) == 1:
            transact(stage.work, put)  # somebody else is faster
        return "mine"

    assert transact(stage.work, act, pause=pauses.append) == "mine"
    assert [known is None for known in read] == [True, False]
    assert [found.written for found in stored(stage)] == ["second"]
    assert len(pauses) == 1


def test_it_gives_up_after_as_many_tries_and_nothing_is_written(
    stage: Stage, pauses: list[float]
) -> None:
    tries: list[Work] = []

    def act(work: Work) -> None:
        tries.append(work)
        put(work)
        raise LOST

    with pytest.raises(StillConflicting, match="outbox"):
        transact(stage.work, act, pause=pauses.append)
    assert len(tries) == TRIES
    assert len({id(work) for work in tries}) == TRIES
    assert len(pauses) == TRIES - 1
    assert stored(stage) == []


def test_the_last_try_counts(pauses: list[float]) -> None:
    assert retry_on_conflict(failing(TRIES - 1, LOST), pause=pauses.append) == "done"
    with pytest.raises(StillConflicting):
        retry_on_conflict(failing(TRIES, LOST), pause=pauses.append)


@pytest.mark.parametrize("error", [StoreUnavailable(), NotNow(), KeyError("ours")])
def test_nothing_but_a_conflict_is_tried_again(
    stage: Stage, pauses: list[float], error: Exception
) -> None:
    tries: list[Work] = []

    def act(work: Work) -> None:
        tries.append(work)
        put(work)
        raise error

    with pytest.raises(type(error)):
        transact(stage.work, act, pause=pauses.append)
    assert len(tries) == 1
    assert pauses == []
    assert stored(stage) == []


def test_what_gave_up_inside_is_not_tried_again_around_it(pauses: list[float]) -> None:
    tries: list[int] = []

    def attempt() -> None:
        tries.append(1)
        retry_on_conflict(failing(TRIES, LOST), pause=pauses.append)

    with pytest.raises(StillConflicting):
        retry_on_conflict(attempt, pause=pauses.append)
    assert len(tries) == 1


def test_pauses_grow_differ_and_stay_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    bounds: list[tuple[float, float]] = []

    def longest(low: float, high: float) -> float:
        bounds.append((low, high))
        return high

    monkeypatch.setattr("domain.transactions.random.uniform", longest)
    pauses: list[float] = []
    retry_on_conflict(failing(TRIES - 1, LOST), pause=pauses.append)
    assert [low for low, _ in bounds] == [0] * (TRIES - 1)
    assert pauses[0] == FIRST_PAUSE_SECONDS
    assert pauses == sorted(pauses)
    assert max(pauses) == LONGEST_PAUSE_SECONDS
    assert sum(pauses) < 1


def test_a_pause_may_end_the_tries() -> None:
    def no_time(_seconds: float) -> None:
        raise StoreUnavailable("no time is left")

    with pytest.raises(StoreUnavailable, match="no time is left"):
        retry_on_conflict(failing(1, LOST), pause=no_time)
