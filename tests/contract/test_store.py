"""What every store does, on SQLite and on a DynamoDB engine alike."""

from __future__ import annotations

import threading
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.errors import Conflict, StoreUnavailable
from store.port import Change, Check, CheckAbsent, Delete, Key, Put, Request, Row, Store
from tests.stores import StoppedClock


def write(store: Store, *changes: Change) -> None:
    store.write(changes, store.request())


def waiting(queue: str, place: str, **more: object) -> Row:
    return {"queueId": queue, "place": place, **more}


def put(queue: str, place: str, expect: int = 0, **more: Any) -> Put:
    return Put("line", waiting(queue, place, **more), expect)


def key(queue: str, place: str) -> Key:
    return Key("line", queue, place)


def pages(store: Store, table: str, equals: str, limit: int = 2, **how: object) -> list[Row]:
    """Everything a query finds, read page by page."""
    rows: list[Row] = []
    after = None
    while True:
        page = store.query(table, equals, limit=limit, after=after, **how)  # type: ignore[arg-type]
        rows += page.rows
        after = page.after
        if after is None:
            return rows
        assert len(page.rows) == limit


# Reading and writing items


def test_an_item_comes_back_as_it_was_written_with_its_version(store: Store, mine: str) -> None:
    values: Row = {
        "text": "Ünïcode ✓ नमस्ते 😀",
        "empty": "",
        "number": -(2**53) - 1,
        "zero": 0,
        "yes": True,
        "no": False,
        "list": ["a", 1, False, None, [], {}],
        "dict": {"": "empty name", "nested": {"deep": [1, {"x": None}]}},
        "quotes": "\"'\\\n\t\x00",
    }
    write(store, put(mine, "a", **values))
    [row] = store.get([key(mine, "a")])
    assert row == {**waiting(mine, "a"), **values, "version": 1}
    assert type(row["yes"]) is bool
    assert type(row["zero"]) is int


def test_attributes_that_are_none_are_not_stored(store: Store, mine: str) -> None:
    write(store, put(mine, "a", nothing=None))
    assert store.get([key(mine, "a")]) == [{**waiting(mine, "a"), "version": 1}]


def test_items_are_read_in_the_order_asked_with_none_for_the_absent(
    store: Store, mine: str
) -> None:
    write(store, put(mine, "b"), put(mine, "a"), Put("seen", {"seen": mine}))
    asked = [key(mine, "a"), key(mine, "x"), Key("seen", mine), key(mine, "b"), key(mine, "a")]
    found = [row and row.get("place", "seen") for row in store.get(asked)]
    assert found == ["a", None, "seen", "b", "a"]
    assert store.get([]) == []


def test_more_than_a_hundred_items_can_be_read_at_once(store: Store, mine: str) -> None:
    for start in range(0, 230, 100):
        write(store, *(put(mine, f"{n:03}") for n in range(start, min(start + 100, 230))))
    found = store.get([key(mine, f"{n:03}") for n in range(240)])
    assert [row["place"] for row in found if row] == [f"{n:03}" for n in range(230)]
    assert found[230:] == [None] * 10


def test_an_impossible_key_has_no_item(store: Store, mine: str) -> None:
    impossible = [key(mine, ""), key("", "a"), key(mine, "x" * 1025), Key("seen", "x" * 2049)]
    assert store.get([*impossible, key(mine, "\ud800")]) == [None] * 5
    assert store.query("line", "").rows == []


# Conditions


def test_creating_refuses_to_overwrite(store: Store, mine: str) -> None:
    write(store, put(mine, "a", who="first"))
    with pytest.raises(Conflict) as refused:
        write(store, put(mine, "a", who="second"))
    assert refused.value.items == (("line", mine, "a"),)
    [row] = store.get([key(mine, "a")])
    assert row is not None
    assert row["who"] == "first"


def test_of_two_writers_with_one_version_one_is_refused(store: Store, mine: str) -> None:
    write(store, put(mine, "a"))
    write(store, put(mine, "a", expect=1, who="first"))
    with pytest.raises(Conflict):
        write(store, put(mine, "a", expect=1, who="second"))
    assert store.get([key(mine, "a")]) == [{**waiting(mine, "a"), "who": "first", "version": 2}]


def test_an_item_that_is_gone_cannot_be_updated_or_deleted(store: Store, mine: str) -> None:
    for change in (put(mine, "a", expect=1), Delete(key(mine, "a"), 1), Check(key(mine, "a"), 1)):
        with pytest.raises(Conflict):
            write(store, change)
    assert store.get([key(mine, "a")]) == [None]


def test_deleting_needs_the_version(store: Store, mine: str) -> None:
    write(store, put(mine, "a"))
    with pytest.raises(Conflict):
        write(store, Delete(key(mine, "a"), 2))
    write(store, Delete(key(mine, "a"), 1))
    assert store.get([key(mine, "a")]) == [None]
    write(store, put(mine, "a"))


def test_a_whole_item_replaces_a_whole_item(store: Store, mine: str) -> None:
    write(store, put(mine, "a", old="x", ttl=int(StoppedClock.START) + 9))
    write(store, put(mine, "a", expect=1, new="y"))
    assert store.get([key(mine, "a")]) == [{**waiting(mine, "a"), "new": "y", "version": 2}]


def test_a_transaction_is_all_or_none_and_names_every_item_that_failed(
    store: Store, mine: str
) -> None:
    write(store, put(mine, "there"), put(mine, "other"), Put("seen", {"seen": mine}))
    with pytest.raises(Conflict) as refused:
        write(
            store,
            put(mine, "new"),
            put(mine, "there"),
            Delete(key(mine, "other"), 1),
            CheckAbsent(Key("seen", mine)),
        )
    assert set(refused.value.items) == {("line", mine, "there"), ("seen", mine, None)}
    assert [row["place"] for row in pages(store, "line", mine)] == ["other", "there"]


@pytest.mark.parametrize(
    ("check", "holds"),
    [
        (lambda q: Check(key(q, "there"), 1), True),
        (lambda q: Check(key(q, "there"), 2), False),
        (lambda q: Check(key(q, "nowhere"), 1), False),
        (lambda q: CheckAbsent(key(q, "nowhere")), True),
        (lambda q: CheckAbsent(key(q, "there")), False),
    ],
    ids=["unchanged", "changed", "gone", "absent", "present"],
)
def test_a_check_decides_and_writes_nothing(
    store: Store, mine: str, check: object, *, holds: bool
) -> None:
    write(store, put(mine, "there"))
    change = check(mine)  # type: ignore[operator]
    if holds:
        write(store, put(mine, "new"), change)
    else:
        with pytest.raises(Conflict) as refused:
            write(store, put(mine, "new"), change)
        assert refused.value.items == (tuple(change.key),)
    there, nowhere, new = store.get([key(mine, p) for p in ("there", "nowhere", "new")])
    assert (there or {})["version"] == 1
    assert nowhere is None
    assert (new is not None) is holds


# Limits


def test_a_hundred_changes_are_taken_and_one_more_is_not(store: Store, mine: str) -> None:
    with pytest.raises(ValueError, match="1 to 100"):
        write(store, *(put(mine, f"{n:03}") for n in range(101)))
    with pytest.raises(ValueError, match="1 to 100"):
        write(store)
    assert pages(store, "line", mine) == []
    write(store, *(put(mine, f"{n:03}") for n in range(100)))
    assert len(pages(store, "line", mine, limit=30)) == 100


def test_an_item_occurs_once_in_a_transaction(store: Store, mine: str) -> None:
    with pytest.raises(ValueError, match="twice"):
        write(store, put(mine, "a"), CheckAbsent(key(mine, "a")))


def test_a_large_item_is_taken_and_a_larger_one_is_not(store: Store, mine: str) -> None:
    most = "ab" * (399 * 512)
    write(store, put(mine, "a", text=most))
    [row] = store.get([key(mine, "a")])
    assert row is not None
    assert row["text"] == most
    with pytest.raises(ValueError, match="too large"):
        write(store, put(mine, "b", text=most + "x" * 1024))
    assert store.get([key(mine, "b")]) == [None]


def test_a_transaction_over_four_megabytes_is_not_taken(store: Store, mine: str) -> None:
    with pytest.raises(ValueError, match="too large"):
        write(store, *(put(mine, f"{n:03}", text="x" * 390_000) for n in range(11)))


@pytest.mark.parametrize(
    "row",
    [
        {"queueId": "q"},
        {"queueId": "q", "place": ""},
        {"queueId": "q", "place": 1},
        {"queueId": "q", "place": "x" * 1025},
        {"queueId": "x" * 2049, "place": "p"},
        {"queueId": "q", "place": "p", "fee": 1.5},
        {"queueId": "q", "place": "p", "deep": [{"fee": 1.5}]},
        {"queueId": "q", "place": "p", "deep": {1: "x"}},
        {"queueId": "q", "place": "p", "bytes": b"x"},
        {"queueId": "q", "place": "p", "ttl": "soon"},
    ],
    ids=[
        "no sort key", "empty key", "number as key", "long sort key", "long partition",
        "float", "float within", "number as name", "bytes", "ttl as text",
    ],
)  # fmt: skip
def test_what_no_store_takes_is_refused_before_it_is_sent(store: Store, row: Row) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - each says it in its own words
        write(store, Put("line", row))


def test_an_indexed_attribute_is_text_or_missing(store: Store, mine: str) -> None:
    patient = {"clinicId": mine, "patientId": "p", "nameKey": ""}
    with pytest.raises(ValueError, match="nameKey"):
        write(store, Put("clinic-patients", patient))
    write(store, Put("clinic-patients", patient | {"nameKey": None}))


# Queries of a table

TEXTS = ["1", "10", "2", "A", "Z", "a", "z", "É", "é", "अनिल", "आशा", "रवि", "😀"]
"""In the order of their UTF-8 bytes."""


def test_text_sorts_as_its_utf8_bytes_do(store: Store, mine: str) -> None:
    write(store, *(put(mine, text) for text in reversed(TEXTS)))
    assert [row["place"] for row in pages(store, "line", mine)] == TEXTS
    back = pages(store, "line", mine, descending=True)
    assert [row["place"] for row in back] == TEXTS[::-1]
    assert sorted(TEXTS, key=str.encode) == TEXTS


def test_a_query_reads_one_partition(store: Store, mine: str) -> None:
    write(store, put(mine, "a"), put(mine + "x", "b"))
    assert [row["place"] for row in pages(store, "line", mine)] == ["a"]
    assert pages(store, "line", mine + "y") == []


@pytest.mark.parametrize(
    ("between", "found"),
    [
        (("b", "d"), "bcd"), (("bb", "dd"), "cd"), (("", "b"), "ab"), (("c", "c"), "c"),
        (("d", "b"), ""), (("x", "z"), ""), (("a", ""), ""), (("d", "é"), "de"),
    ],
)  # fmt: skip
def test_bounds_are_inclusive(
    store: Store, mine: str, between: tuple[str, str], found: str
) -> None:
    write(store, *(put(mine, place) for place in "abcde"))
    rows = pages(store, "line", mine, between=between)
    assert "".join(row["place"] for row in rows) == found
    rows = pages(store, "line", mine, between=between, descending=True, limit=1)
    assert "".join(row["place"] for row in rows) == found[::-1]


def test_a_page_that_holds_the_last_item_says_so(store: Store, mine: str) -> None:
    write(store, *(put(mine, place) for place in "abcd"))
    first = store.query("line", mine, limit=2)
    second = store.query("line", mine, limit=2, after=first.after)
    assert first.after is not None
    assert (second.rows[-1]["place"], second.after) == ("d", None)
    assert store.query("line", mine, limit=4).after is None


def test_paging_goes_on_where_it_was_whatever_is_written_in_between(
    store: Store, mine: str
) -> None:
    write(store, *(put(mine, place) for place in "bdfh"))
    first = store.query("line", mine, limit=2)
    assert [row["place"] for row in first.rows] == ["b", "d"]
    write(store, put(mine, "a"), put(mine, "e"), put(mine, "i"), Delete(key(mine, "d"), 1))
    rest = store.query("line", mine, limit=9, after=first.after)
    assert [row["place"] for row in rest.rows] == ["e", "f", "h", "i"]


def test_large_items_fill_pages_too(store: Store, mine: str) -> None:
    for place in "abcde":
        write(store, put(mine, place, text="x" * 390_000))
    assert [row["place"] for row in pages(store, "line", mine, limit=4)] == list("abcde")


def test_a_table_without_sort_key_can_be_queried(store: Store, mine: str) -> None:
    write(store, Put("seen", {"seen": mine}))
    page = store.query("seen", mine, limit=1)
    assert (len(page.rows), page.after) == (1, None)


def test_a_query_of_what_is_not_there_or_with_a_forged_cursor_is_an_error(
    store: Store, mine: str
) -> None:
    for wrong in (
        lambda: store.query("nowhere", mine),
        lambda: store.query("line", mine, index="status-idx"),
        lambda: store.query("line", mine, limit=0),
        lambda: store.query("line", mine, limit=1001),
        lambda: store.query("line", mine, after="!"),
        lambda: store.query("line", mine, after="eHg"),
        lambda: store.query("line", mine, after="WyJhIiwiYiJd"),
        lambda: store.query("line", mine, after="WzFd"),
    ):
        with pytest.raises(ValueError):  # noqa: PT011 - each says it in its own words
            wrong()


# Queries of an index

BY_NAME = "clinicId-nameKey-idx"


def patient(clinic: str, number: int, name: str | None, **more: object) -> Put:
    row = {"clinicId": clinic, "patientId": f"{clinic}-{number}", "nameKey": name, **more}
    return Put("clinic-patients", row)


def test_an_index_has_its_own_order_and_only_items_with_both_attributes(
    store: Store, mine: str
) -> None:
    names = ["रवि", None, "asha", "Asha", "asha", None, "bina"]
    write(store, *(patient(mine, n, name) for n, name in enumerate(names)))
    rows = pages(store, "clinic-patients", mine, index=BY_NAME)
    assert [row["nameKey"] for row in rows] == ["Asha", "asha", "asha", "bina", "रवि"]
    assert len({row["patientId"] for row in rows}) == 5
    rows = pages(store, "clinic-patients", mine, index=BY_NAME, between=("a", "b"))
    assert [row["nameKey"] for row in rows] == ["asha", "asha"]
    rows = pages(store, "clinic-patients", mine, index=BY_NAME, descending=True, limit=1)
    assert [row["nameKey"] for row in rows] == ["रवि", "bina", "asha", "asha", "Asha"]


def test_many_items_that_are_equal_in_an_index_are_each_found_once(store: Store, mine: str) -> None:
    write(store, *(patient(mine, n, "asha") for n in range(17)))
    for descending in (False, True):
        rows = pages(store, "clinic-patients", mine, index=BY_NAME, limit=3, descending=descending)
        assert {row["patientId"] for row in rows} == {f"{mine}-{n}" for n in range(17)}
        assert len(rows) == 17


def test_an_index_follows_changes_and_deletions(store: Store, mine: str) -> None:
    write(store, patient(mine, 1, "asha"), patient(mine, 2, "bina"), patient(mine, 3, "chitra"))
    write(
        store,
        Put("clinic-patients", patient(mine, 1, "zara").row, 1),
        Put("clinic-patients", patient(mine, 2, None).row, 1),
        Delete(Key("clinic-patients", mine, f"{mine}-3"), 1),
    )
    rows = pages(store, "clinic-patients", mine, index=BY_NAME)
    assert [row["nameKey"] for row in rows] == ["zara"]


def test_a_local_index_and_one_across_partitions_find_the_same_token(
    store: Store, mine: str
) -> None:
    def token(queue: str, number: int, status: str) -> Put:
        ids = {"queueId": mine + queue, "tokenId": f"{mine}-{number}"}
        return Put("tokens", {**ids, "patientId": mine, "date": "2030-01-01", "status": status})

    write(store, token("a", 1, "CURRENT"), token("a", 2, "ARRIVED"), token("b", 3, "ARRIVED"))
    local = pages(store, "tokens", mine + "a", index="status-idx", limit=1)
    assert [row["status"] for row in local] == ["ARRIVED", "CURRENT"]
    across = pages(store, "tokens", mine, index="patientId-date-idx", limit=1)
    assert {row["tokenId"] for row in across} == {f"{mine}-{n}" for n in (1, 2, 3)}


def test_an_index_whose_sort_key_is_the_tables_key(store: Store, mine: str) -> None:
    for clinic in "ba":
        row = {"clinicId": mine + clinic, "userId": "u", "whatsappNumber": mine, "role": "ADMIN"}
        write(store, Put("users", row))
    rows = pages(store, "users", mine, index="whatsappNumber-clinicId-idx", limit=1)
    assert [row["clinicId"] for row in rows] == [mine + "a", mine + "b"]


# Expiry


def test_an_item_past_its_expiry_is_absent_at_once(
    store: Store, mine: str, clock: StoppedClock
) -> None:
    soon = int(clock()) + 60
    write(store, put(mine, "a", ttl=soon), put(mine, "b"), patient(mine, 1, "asha", ttl=soon))
    clock.advance(59.9)
    assert store.get([key(mine, "a")]) != [None]
    assert len(pages(store, "clinic-patients", mine, index=BY_NAME)) == 1
    clock.advance(0.1)
    assert store.get([key(mine, "a")]) == [None]
    assert [row["place"] for row in pages(store, "line", mine)] == ["b"]
    assert pages(store, "clinic-patients", mine, index=BY_NAME) == []


def test_expired_items_do_not_shorten_a_page(store: Store, mine: str, clock: StoppedClock) -> None:
    soon = int(clock()) + 60
    write(store, *(put(mine, f"{n:02}", ttl=soon if n % 3 else None) for n in range(30)))
    clock.advance(60)
    assert [row["place"] for row in pages(store, "line", mine, limit=3)] == [
        f"{n:02}" for n in range(0, 30, 3)
    ]


def test_in_conditions_an_expired_item_is_absent(
    store: Store, mine: str, clock: StoppedClock
) -> None:
    soon = int(clock()) + 60
    write(store, *(put(mine, place, ttl=soon) for place in "abcde"))
    clock.advance(60)
    for change in (
        put(mine, "a", expect=1), Delete(key(mine, "b"), 1), Check(key(mine, "c"), 1)
    ):  # fmt: skip
        with pytest.raises(Conflict):
            write(store, change)
    write(store, put(mine, "d", who="new"), CheckAbsent(key(mine, "e")))
    assert store.get([key(mine, "d")]) == [{**waiting(mine, "d"), "who": "new", "version": 1}]


def test_purging_keeps_what_lives(store: Store, mine: str, clock: StoppedClock) -> None:
    soon = int(clock()) + 60
    write(store, *(put(mine, place, ttl=soon) for place in "abc"), put(mine, "d", ttl=soon + 1))
    write(store, put(mine, "e"), patient(mine, 1, "asha", ttl=soon))
    clock.advance(60)
    removed = [store.purge(3), store.purge(3), store.purge(3)]
    assert removed in ([3, 1, 0], [0, 0, 0])  # DynamoDB frees the space itself.
    assert [row["place"] for row in pages(store, "line", mine)] == ["d", "e"]


# Repetition and contention


def test_a_write_repeated_with_its_request_acts_once(store: Store, mine: str) -> None:
    request = store.request()
    changes: list[Change] = [put(mine, "a"), CheckAbsent(key(mine, "b"))]
    for _ in range(3):
        store.write(changes, request)
    write(store, put(mine, "a", expect=1), put(mine, "b"))
    store.write(changes, request)
    assert [row["version"] for row in pages(store, "line", mine)] == [2, 1]


def test_a_refused_write_is_judged_anew_when_it_is_repeated(store: Store, mine: str) -> None:
    write(store, put(mine, "a"))
    request = store.request()
    with pytest.raises(Conflict):
        store.write([put(mine, "a", who="late")], request)
    write(store, Delete(key(mine, "a"), 1))
    store.write([put(mine, "a", who="late")], request)
    assert store.get([key(mine, "a")]) != [None]


def test_eight_threads_counting_in_one_item_lose_nothing(store: Store, mine: str) -> None:
    write(store, put(mine, "sum", n=0))
    failures: list[Exception] = []

    def count() -> None:
        try:
            for _ in range(10):
                increment(store, mine)
        except (Conflict, StoreUnavailable) as error:
            failures.append(error)

    threads = [threading.Thread(target=count) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    [row] = store.get([key(mine, "sum")])
    assert row is not None
    assert (row["n"], row["version"]) == (80, 81)


def increment(store: Store, mine: str) -> None:
    for _ in range(2000):
        [row] = store.get([key(mine, "sum")])
        assert row is not None
        try:
            return write(store, put(mine, "sum", expect=row["version"], n=row["n"] + 1))
        except Conflict:
            continue
    raise AssertionError("never got through")


def test_a_slot_is_sold_once_however_many_ask(store: Store, mine: str) -> None:
    sold: list[int] = []
    refused: list[int] = []

    def buy(who: int) -> None:
        try:
            write(store, Put("seats", {"queueId": mine, "seat": "slot#001", "tokenId": str(who)}))
            sold.append(who)
        except Conflict:
            refused.append(who)

    threads = [threading.Thread(target=buy, args=(who,)) for who in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    [seat] = store.get([Key("seats", mine, "slot#001")])
    assert seat is not None
    assert [seat["tokenId"]] == [str(who) for who in sold]
    assert len(refused) == 11


def test_tables_can_be_created_again_and_a_closed_store_used_again(store: Store, mine: str) -> None:
    write(store, put(mine, "a"))
    store.create_tables()
    store.close()
    assert store.get([key(mine, "a")]) != [None]


# Any sequence of writes

PLACES = st.sampled_from(["a", "b", "é"])
EXPECT = st.integers(0, 3)
TTLS = st.sampled_from([None, 5, 15])
OPERATIONS = st.one_of(
    st.tuples(st.just("put"), PLACES, EXPECT, TTLS),
    st.tuples(st.just("delete"), PLACES, st.integers(1, 3), st.none()),
    st.tuples(st.just("check"), PLACES, st.integers(1, 3), st.none()),
    st.tuples(st.just("absent"), PLACES, st.none(), st.none()),
)
STEPS = st.lists(
    st.one_of(
        st.integers(1, 10),
        st.lists(OPERATIONS, min_size=1, max_size=3, unique_by=lambda operation: operation[1]),
    ),
    max_size=10,
)


@pytest.mark.property
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=STEPS)
def test_any_writes_leave_what_a_dict_would_hold(
    store: Store, clock: StoppedClock, steps: list[object]
) -> None:
    queue = uuid4().hex
    clock.reset()
    model: dict[str, Row] = {}
    for step in steps:
        if isinstance(step, int):
            clock.advance(step)
        else:
            _both(store, clock, queue, model, step)  # type: ignore[arg-type]
        model = {p: r for p, r in model.items() if r.get("ttl", clock() + 1) > clock()}
        assert pages(store, "line", queue) == [model[p] for p in sorted(model)]


def _both(
    store: Store,
    clock: StoppedClock,
    queue: str,
    model: dict[str, Row],
    operations: list[tuple[str, str, int, int | None]],
) -> None:
    changes: list[Change] = []
    failed = set()
    for kind, place, expect, ttl in operations:
        found = model.get(place, {}).get("version", 0)
        match kind:
            case "put":
                until = None if ttl is None else int(clock()) + ttl
                changes.append(put(queue, place, expect, ttl=until))
            case "delete":
                changes.append(Delete(key(queue, place), expect))
            case "check":
                changes.append(Check(key(queue, place), expect))
            case _:
                changes.append(CheckAbsent(key(queue, place)))
        if found != (expect or 0):
            failed.add(("line", queue, place))
    request = Request.new(clock())
    if failed:
        with pytest.raises(Conflict) as refused:
            store.write(changes, request)
        assert set(refused.value.items) == failed
        return
    store.write(changes, request)
    for change in changes:
        if isinstance(change, Put):
            kept = {n: v for n, v in change.row.items() if v is not None}
            model[change.row["place"]] = kept | {"version": change.expect + 1}
        elif isinstance(change, Delete):
            del model[str(change.key.sort)]
