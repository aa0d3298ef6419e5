"""Stores that go wrong at will do so in the way they say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from domain.errors import Conflict, StoreUnavailable
from store.faults import AppliedButUnanswered, Conflicts, LaggingIndex, Slow, Throttled, Wrapper
from store.port import Change, Check, Delete, Key, Put, Store
from tests.stores import sqlite_store

BY_NAME = "clinicId-nameKey-idx"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = sqlite_store(tmp_path)
    yield made
    made.close()


def patient(number: int, name: str, expect: int = 0) -> Put:
    row = {"clinicId": "c", "patientId": f"p{number}", "nameKey": name}
    return Put("clinic-patients", row, expect)


def names(store: Store, index: str | None = BY_NAME, **how: object) -> list[str]:
    page = store.query("clinic-patients", "c", index=index, **how)  # type: ignore[arg-type]
    return [row["nameKey"] for row in page.rows]


def test_a_wrapper_passes_everything_on(store: Store) -> None:
    wrapped = Wrapper(store)
    wrapped.create_tables()
    wrapped.write([patient(1, "asha")], wrapped.request())
    assert names(wrapped) == ["asha"]
    assert wrapped.get([Key("clinic-patients", "c", "p1")])[0] is not None
    assert wrapped.purge(10) == 0
    wrapped.close()


def test_every_third_write_conflicts_and_does_nothing(store: Store) -> None:
    faulty = Conflicts(store, every=3)
    seen = Put("seen", {"seen": "x"})
    store.write([seen], store.request())
    for number in range(1, 7):
        changes: list[Change] = [patient(number, f"n{number}"), Check(seen.key, 1)]
        if number % 3:
            faulty.write(changes, faulty.request())
        else:
            with pytest.raises(Conflict) as lost:
                faulty.write(changes, faulty.request())
            assert lost.value.items == (("clinic-patients", "c", f"p{number}"),)
    assert names(store) == ["n1", "n2", "n4", "n5"]
    assert faulty.hits == 2


def test_a_throttled_store_refuses_reads_and_writes_alike(store: Store) -> None:
    faulty = Throttled(store)
    for action in (
        lambda: faulty.get([]),
        lambda: names(faulty),
        lambda: faulty.write([patient(1, "asha")], faulty.request()),
    ):
        with pytest.raises(StoreUnavailable):
            action()
    faulty.every = 0
    assert names(faulty) == []
    faulty.write([patient(1, "asha")], faulty.request())
    assert faulty.get([Key("clinic-patients", "c", "p1")])[0] is not None


def test_a_lost_answer_and_a_repetition_act_once(store: Store) -> None:
    faulty = AppliedButUnanswered(store, every=2)
    faulty.write([patient(1, "asha")], faulty.request())
    request, changes = faulty.request(), [patient(2, "bina")]
    with pytest.raises(StoreUnavailable):
        faulty.write(changes, request)
    faulty.write(changes, request)
    assert names(store) == ["asha", "bina"]


def test_a_slow_store_takes_its_time(store: Store) -> None:
    slept: list[float] = []
    slow = Slow(store, 0.2, slept.append)
    slow.write([patient(1, "asha")], slow.request())
    assert names(slow) == ["asha"]
    slow.get([])
    assert slept == [0.2] * 3


def test_a_lagging_index_shows_what_was_until_released(store: Store) -> None:
    store.write([patient(1, "asha"), patient(2, "bina"), patient(3, "zara")], store.request())
    lagging = LaggingIndex(store)
    lagging.write([patient(4, "chitra"), patient(1, "dina", 1)], lagging.request())
    lagging.write([Delete(Key("clinic-patients", "c", "p2"), 1)], lagging.request())
    assert names(lagging) == ["asha", "bina", "zara"]
    assert names(lagging, index=None) == ["dina", "zara", "chitra"]
    assert names(lagging, descending=True, limit=2) == ["zara", "bina"]
    assert names(lagging, between=("b", "c")) == ["bina"]
    first = lagging.query("clinic-patients", "c", index=BY_NAME, limit=2)
    assert first.after is not None
    assert names(lagging, limit=2, after=first.after) == ["zara"]
    assert names(lagging, between=("z", "a")) == []
    lagging.release()
    assert names(lagging) == names(store) == ["chitra", "dina", "zara"]


def test_a_lagging_index_catches_up_after_so_many_reads(store: Store) -> None:
    lagging = LaggingIndex(store, reads=2)
    lagging.write([patient(1, "asha"), Put("seen", {"seen": "x"})], lagging.request())
    assert [names(lagging) for _ in range(3)] == [[], [], ["asha"]]
    back = lagging.query("clinic-patients", "c", index=BY_NAME, limit=1, descending=True)
    assert back.after is None


def test_faults_can_be_put_around_one_another(store: Store) -> None:
    faulty = AppliedButUnanswered(Conflicts(LaggingIndex(store, reads=1), every=2), every=1)
    with pytest.raises(StoreUnavailable):
        faulty.write([patient(1, "asha")], faulty.request())
    with pytest.raises(Conflict):
        faulty.write([patient(2, "bina")], faulty.request())
    assert [names(faulty), names(faulty)] == [[], ["asha"]]
