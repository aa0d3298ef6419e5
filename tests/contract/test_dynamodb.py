"""What only DynamoDB has to get right: answers that are lost, late, partial or "not now"."""

from __future__ import annotations

import multiprocessing
import threading
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import Mock

import pytest
from botocore.exceptions import (
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
    WaiterError,
)

from domain.errors import Conflict, StoreUnavailable
from store import dynamodb
from store.dynamodb import DynamoStore
from store.port import CheckAbsent, Key, Put, Store
from store.schema import TABLES
from tests.stores import dynamodb_store

SEEN = Put("seen", {"seen": "x"})
OTHER = Put("seen", {"seen": "y"})


def refusal(code: str, status: int = 400, *reasons: str) -> ClientError:
    answer = {
        "Error": {"Code": code, "Message": code},
        "ResponseMetadata": {"HTTPStatusCode": status},
        "CancellationReasons": [{"Code": reason} for reason in reasons],
    }
    return ClientError(answer, "Any")


def cancelled(*reasons: str) -> ClientError:
    return refusal("TransactionCanceledException", 400, *reasons)


NO_ANSWER = ReadTimeoutError(endpoint_url="http://127.0.0.1")


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Mock:
    monkeypatch.setattr(dynamodb, "BACKOFF_SECONDS", (0.0001, 0.0002))
    return Mock()


@pytest.fixture
def scripted(client: Mock) -> DynamoStore:
    """A store whose client answers as the test says."""
    store = DynamoStore("ap-south-1", "pulseops-")
    store._client = client
    return store


# Writes


@pytest.mark.parametrize(
    "trouble",
    [
        cancelled("None", "TransactionConflict"),
        cancelled("ThrottlingError", "None"),
        refusal("TransactionInProgressException"),
        refusal("ThrottlingException"),
        refusal("ProvisionedThroughputExceededException"),
        refusal("InternalServerError", 500),
        refusal("SomethingElse", 503),
        NO_ANSWER,
        EndpointConnectionError(endpoint_url="http://127.0.0.1"),
    ],
    ids=lambda error: f"{type(error).__name__} {getattr(error, 'response', '')}"[:60],
)
def test_a_write_in_passing_trouble_is_sent_again_to_the_letter(
    scripted: DynamoStore, client: Mock, trouble: Exception
) -> None:
    client.transact_write_items.side_effect = [trouble, {}]
    scripted.write([SEEN, OTHER], scripted.request())
    first, second = client.transact_write_items.call_args_list
    assert first == second
    assert len(first.kwargs["ClientRequestToken"]) == 32


def test_a_repeated_request_is_the_same_to_the_letter_however_late(client: Mock) -> None:
    now = [1000.0]
    store = DynamoStore("ap-south-1", "pulseops-", lambda: now[0])
    store._client = client
    request = store.request()
    for _ in range(2):
        store.write([SEEN, CheckAbsent(OTHER.key)], request)
        now[0] += 100
    first, second = client.transact_write_items.call_args_list
    assert first == second


def test_a_failed_condition_is_a_conflict_and_not_tried_again(
    scripted: DynamoStore, client: Mock
) -> None:
    client.transact_write_items.side_effect = [
        cancelled("TransactionConflict", "ConditionalCheckFailed")
    ]
    with pytest.raises(Conflict) as lost:
        scripted.write([SEEN, OTHER], scripted.request())
    assert lost.value.items == (("seen", "y", None),)


def test_a_transaction_that_always_meets_another_is_a_conflict(
    scripted: DynamoStore, client: Mock
) -> None:
    client.transact_write_items.side_effect = cancelled("TransactionConflict", "None")
    with pytest.raises(Conflict) as lost:
        scripted.write([SEEN, OTHER], scripted.request())
    assert lost.value.items == (("seen", "x", None),)
    assert client.transact_write_items.call_count == dynamodb.CONTENDED


@pytest.mark.parametrize(
    ("trouble", "times"),
    [
        (cancelled("ThrottlingError", "None"), dynamodb.CONTENDED),
        (NO_ANSWER, dynamodb.UNANSWERED),
        (refusal("AccessDeniedException"), 1),
        (refusal("ResourceNotFoundException"), 1),
        (NoCredentialsError(), 1),
    ],
    ids=["throttled", "no answer", "forbidden", "no table", "no credentials"],
)
def test_lasting_trouble_is_unavailable(
    scripted: DynamoStore, client: Mock, trouble: Exception, times: int
) -> None:
    client.transact_write_items.side_effect = trouble
    with pytest.raises(StoreUnavailable):
        scripted.write([SEEN, OTHER], scripted.request())
    assert client.transact_write_items.call_count == times


def test_patience_ends(
    scripted: DynamoStore, client: Mock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dynamodb, "PATIENCE_SECONDS", 0.0)
    client.transact_write_items.side_effect = refusal("ThrottlingException")
    with pytest.raises(StoreUnavailable):
        scripted.write([SEEN], scripted.request())
    client.batch_get_item.return_value = {"Responses": {}, "UnprocessedKeys": {"pulseops-seen": {}}}
    with pytest.raises(StoreUnavailable, match="unread"):
        scripted.get([SEEN.key])


@pytest.mark.parametrize(
    "trouble",
    [
        refusal("ValidationException"),
        refusal("IdempotentParameterMismatchException"),
        cancelled("ValidationError", "None"),
    ],
    ids=["malformed", "same token for another write", "cancelled as malformed"],
)
def test_a_malformed_write_is_an_error_of_ours(
    scripted: DynamoStore, client: Mock, trouble: Exception
) -> None:
    client.transact_write_items.side_effect = trouble
    with pytest.raises(ValueError, match="DynamoDB"):
        scripted.write([SEEN, OTHER], scripted.request())


# Reads

A_SEEN = {"seen": {"S": "a"}, "version": {"N": "1"}}
B_SEEN = {"seen": {"S": "b"}, "version": {"N": "1"}}


def test_keys_left_unprocessed_are_asked_for_again(scripted: DynamoStore, client: Mock) -> None:
    left = {"pulseops-seen": {"Keys": [{"seen": {"S": "b"}}], "ConsistentRead": True}}
    client.batch_get_item.side_effect = [
        {"Responses": {"pulseops-seen": [A_SEEN]}, "UnprocessedKeys": left},
        refusal("ThrottlingException"),
        {"Responses": {"pulseops-seen": [B_SEEN]}, "UnprocessedKeys": {}},
    ]
    found = scripted.get([Key("seen", "b"), Key("seen", "a")])
    assert [row and row["seen"] for row in found] == ["b", "a"]
    assert client.batch_get_item.call_args.kwargs == {"RequestItems": left}


def test_reads_are_consistent_but_for_indexes(scripted: DynamoStore, client: Mock) -> None:
    client.query.return_value = {"Items": []}
    client.batch_get_item.return_value = {"Responses": {}}
    scripted.query("line", "q")
    scripted.query("tokens", "q", index="status-idx")
    calls = client.query.call_args_list
    assert [call.kwargs["ConsistentRead"] for call in calls] == [True, False]
    scripted.get([SEEN.key])
    asked = client.batch_get_item.call_args.kwargs["RequestItems"]
    assert asked["pulseops-seen"]["ConsistentRead"] is True


def test_an_attribute_of_a_foreign_type_is_an_error(scripted: DynamoStore, client: Mock) -> None:
    item = {"seen": {"S": "a"}, "odd": {"B": b"x"}}
    client.batch_get_item.return_value = {"Responses": {"pulseops-seen": [item]}}
    with pytest.raises(ValueError, match="type B"):
        scripted.get([Key("seen", "a")])


# Tables


def test_an_engine_without_expiry_is_no_obstacle(scripted: DynamoStore, client: Mock) -> None:
    client.create_table.side_effect = refusal("ResourceInUseException")
    client.describe_time_to_live.side_effect = refusal("UnknownOperationException")
    scripted.create_tables()
    assert client.create_table.call_count == len(TABLES)


@pytest.mark.parametrize("step", ["create_table", "describe_time_to_live", "wait"])
def test_tables_that_cannot_be_made_are_unavailable(
    scripted: DynamoStore, client: Mock, step: str
) -> None:
    if step == "wait":
        client.get_waiter.return_value.wait.side_effect = WaiterError("x", "y", {})
    else:
        getattr(client, step).side_effect = refusal("AccessDeniedException")
    with pytest.raises(StoreUnavailable):
        scripted.create_tables()


# Over HTTP


def losing_an_answer(store: Any, operation: str) -> list[str]:
    """Let the engine do the next *operation* and its answer be lost; return a log of tries."""
    tries: list[str] = []

    def send(request: Any, **_: object) -> None:
        tries.append(request.body.decode())
        if len(tries) == 1:
            copy = urllib.request.Request(  # noqa: S310 - the engine of the tests
                request.url, request.body, dict(request.headers)
            )
            with urllib.request.urlopen(copy) as answer:  # noqa: S310 - as above
                assert answer.status == 200
            raise NO_ANSWER

    store._dynamodb().meta.events.register(f"before-send.dynamodb.{operation}", send)
    return tries


@pytest.fixture
def own(dynamodb_endpoint: str, dynamodb: Store) -> Iterator[DynamoStore]:
    """A store on the tables of the session, with a client of its own."""
    made = dynamodb_store(dynamodb_endpoint, dynamodb._prefix)  # type: ignore[attr-defined]
    yield made
    made.close()


@pytest.mark.dynamodb
def test_a_write_whose_answer_was_lost_acts_once(own: DynamoStore, mine: str) -> None:
    tries = losing_an_answer(own, "TransactWriteItems")
    own.write([Put("seen", {"seen": mine})], own.request())
    assert len(tries) == 2
    assert tries[0] == tries[1]
    [row] = own.get([Key("seen", mine)])
    assert row == {"seen": mine, "version": 1}


@pytest.mark.dynamodb
def test_a_read_whose_answer_was_lost_is_asked_again(own: DynamoStore, mine: str) -> None:
    own.write([Put("seen", {"seen": mine})], own.request())
    tries = losing_an_answer(own, "BatchGetItem")
    assert own.get([Key("seen", mine)]) != [None]
    assert len(tries) == 2


def write_in_child(store: DynamoStore, mine: str) -> None:
    store.write([Put("seen", {"seen": mine})], store.request())


@pytest.mark.dynamodb
def test_a_forked_process_makes_a_client_of_its_own(own: DynamoStore, mine: str) -> None:
    assert own.get([Key("seen", mine)]) == [None]
    context = multiprocessing.get_context("fork")
    child = context.Process(target=write_in_child, args=(own, mine))
    with own._lock:  # The child must not wait for a lock whose owner it does not have.
        child.start()
    child.join(30)
    assert child.exitcode == 0
    assert own.get([Key("seen", mine)]) != [None]


def test_threads_share_one_client(scripted: DynamoStore) -> None:
    clients: list[object] = []
    ask: Callable[[], None] = lambda: clients.append(scripted._dynamodb())  # noqa: E731
    threads = [threading.Thread(target=ask) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(map(id, clients))) == 1
