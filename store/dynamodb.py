"""The store on DynamoDB: transactions with request tokens, batch reads, and retries with back-off.

Every write is a TransactWriteItems, even of one item. That costs two write units instead of one,
but DynamoDB then recognises a repeated write by its token. A repeated PutItem could not tell its
own first success from another writer's.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from http.client import INTERNAL_SERVER_ERROR
from typing import Any, TypeVar

import boto3
from botocore.client import BaseClient
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    HTTPClientError,
)
from botocore.exceptions import (
    ConnectionError as NoConnection,
)

from domain.errors import PulseOpsError, StoreUnavailable
from store import attributes, schema
from store.forks import register
from store.port import (
    Change,
    CheckAbsent,
    Delete,
    Key,
    PreparedChange,
    Put,
    Range,
    Request,
    Row,
    RowPage,
    conflict,
    cursor,
    is_live,
    is_possible,
    plan_query,
    prepare,
)
from store.schema import TABLES

T = TypeVar("T")

CONNECT_SECONDS = 1.0
READ_SECONDS = 3.0
CONNECTIONS = 64
PATIENCE_SECONDS = 5.0
"""How long an action is retried before StoreUnavailable."""
UNANSWERED = 2
"""How often an action without any answer is sent; each try may take READ_SECONDS."""
CONTENDED = 8
"""How often a transaction that meets another on the same items is sent, before Conflict."""
BACKOFF_SECONDS = (0.01, 0.4)
"""Limits of the first and of the longest pause; the limit doubles each time, with full jitter."""
KEYS_A_READ = 100
"""DynamoDB's limit of a BatchGetItem."""

_AGAIN = {
    # The store says that it is busy or failing: nothing was done.
    "InternalServerError",
    "LimitExceededException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ServiceUnavailable",
    "ThrottlingException",
    # The same request is still running; its answer comes by sending it again.
    "TransactionInProgressException",
}
_BUSY_REASONS = {"ThrottlingError", "ProvisionedThroughputExceeded"}
_MALFORMED = {"IdempotentParameterMismatchException", "ValidationException"}


class DynamoStore:
    """Implements `store.port.Store` on DynamoDB."""

    def __init__(
        self,
        region: str,
        prefix: str,
        now: Callable[[], float] = time.time,
        **client: object,
    ) -> None:
        """Connect to nothing yet; *client* is passed to boto3's client, such as an endpoint_url."""
        self._region = region
        self._prefix = prefix
        self._now = now
        self._arguments = client
        self._lock = threading.Lock()
        self._client: BaseClient | None = None
        register(self)

    def after_fork(self) -> None:
        """Drop the parent's client: the child makes its own."""
        self._lock = threading.Lock()
        self._client = None

    def _dynamodb(self) -> BaseClient:
        """Return the client of this process, created when first needed."""
        with self._lock:
            if self._client is None:
                config = Config(
                    connect_timeout=CONNECT_SECONDS,
                    read_timeout=READ_SECONDS,
                    max_pool_connections=CONNECTIONS,
                    # No retries by boto3: `_call` knows what may be repeated.
                    retries={"total_max_attempts": 1, "mode": "standard"},
                )
                session: Any = boto3.session.Session()
                self._client = session.client(
                    "dynamodb", region_name=self._region, config=config, **self._arguments
                )
            return self._client

    # Reading

    def get(self, keys: Sequence[Key]) -> list[Row | None]:
        """Return the items under *keys*; see `Store.get`."""
        found: dict[Key, Row] = {}
        wanted = [key for key in dict.fromkeys(keys) if is_possible(key)]
        for start in range(0, len(wanted), KEYS_A_READ):
            self._get_some(wanted[start : start + KEYS_A_READ], found)
        return [found.get(key) for key in keys]

    def _get_some(self, keys: list[Key], found: dict[Key, Row]) -> None:
        asked: dict[str, Any] = {}
        for key in keys:
            table = asked.setdefault(self._prefix + key.table, {"Keys": [], "ConsistentRead": True})
            table["Keys"].append(_key(key))
        pause = _BackOff()
        now = self._now()
        while asked:
            answer = self._call(partial(self._dynamodb().batch_get_item, RequestItems=asked))
            for name, items in answer["Responses"].items():
                table = TABLES[name.removeprefix(self._prefix)]
                for item in items:
                    row = attributes.read(item)
                    if is_live(row, now):
                        sort = row[table.sort] if table.sort else None
                        found[Key(table.name, row[table.partition], sort)] = row
            asked = answer.get("UnprocessedKeys") or {}
            if asked and not pause.take():
                raise StoreUnavailable("DynamoDB left keys unread")

    def query(
        self,
        table: str,
        equals: str,
        *,
        index: str | None = None,
        between: tuple[str, str] | None = None,
        limit: int = 100,
        after: str | None = None,
        descending: bool = False,
    ) -> RowPage:
        """Return a page of a table or an index; see `Store.query`."""
        wanted = plan_query(table, equals, index, between, limit, after)
        if wanted.nothing or wanted.start == ():
            return RowPage([], None)
        request = self._query_request(wanted, equals, index, descending=descending)
        now = self._now()
        rows: list[Row] = []
        # One more than asked for tells whether this page is the last; expired ones do not count.
        while len(rows) <= limit:
            request["Limit"] = limit + 1
            answer = self._call(partial(self._dynamodb().query, **request))
            read = (attributes.read(item) for item in answer["Items"])
            rows += [row for row in read if is_live(row, now)]
            last = answer.get("LastEvaluatedKey")
            if not last:
                break
            request["ExclusiveStartKey"] = last
        more = len(rows) > limit
        return RowPage(rows[:limit], cursor(table, index, rows[limit - 1]) if more else None)

    def _query_request(
        self, wanted: Range, equals: str, index: str | None, *, descending: bool
    ) -> dict[str, Any]:
        condition = "#p = :p"
        names = {"#p": wanted.partition}
        values: dict[str, Any] = {":p": {"S": equals}}
        if wanted.low is not None or wanted.high is not None:
            names["#s"] = wanted.order[0]
            values |= {
                mark: {"S": bound}
                for mark, bound in ((":l", wanted.low), (":h", wanted.high))
                if bound is not None
            }
            # DynamoDB takes only one condition on the sort key, so an interval is a BETWEEN.
            both = wanted.low is not None and wanted.high is not None
            condition += " AND " + ("#s BETWEEN :l AND :h" if both else "#s <= :h")
        request: dict[str, Any] = {
            "TableName": self._prefix + wanted.table.name,
            "KeyConditionExpression": condition,
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": values,
            "ScanIndexForward": not descending,
            "ConsistentRead": index is None,
        }
        if index is not None:
            request["IndexName"] = index
        if wanted.start is not None:
            start = {wanted.partition: equals} | dict(zip(wanted.order, wanted.start, strict=True))
            request["ExclusiveStartKey"] = {name: {"S": text} for name, text in start.items()}
        return request

    # Writing

    def request(self) -> Request:
        """Return a new request for `write`; see `Store.request`."""
        return Request.new(self._now())

    def write(self, changes: Sequence[Change], request: Request) -> None:
        """Make all of *changes* or none; see `Store.write`."""
        prepared = prepare(changes)
        items = [self._item(each, request.at) for each in prepared]
        pause = _BackOff()
        for attempt in range(1, CONTENDED + 1):
            try:
                self._call(
                    partial(
                        self._dynamodb().transact_write_items,
                        TransactItems=items,
                        ClientRequestToken=request.id,
                    )
                )
            except _Cancelled as error:
                self._resolve(error, prepared, last=attempt == CONTENDED or pause.over)
                pause.take()
            else:
                return

    def _resolve(self, error: _Cancelled, prepared: list[PreparedChange], *, last: bool) -> None:
        """Raise the error of a cancelled transaction, or return if it should be sent again."""
        reasons = dict(zip((each.key for each in prepared), error.codes, strict=False))
        failed = [key for key, code in reasons.items() if code == "ConditionalCheckFailed"]
        if failed:
            raise conflict(failed) from error.__cause__
        met = [key for key, code in reasons.items() if code == "TransactionConflict"]
        if met:
            if last:
                raise conflict(met) from error.__cause__
        elif _BUSY_REASONS & set(error.codes):
            if last:
                raise StoreUnavailable("DynamoDB is throttling") from error.__cause__
        else:
            raise ValueError(f"DynamoDB cancelled: {sorted(set(error.codes))}") from error.__cause__

    def _item(self, each: PreparedChange, at: int) -> dict[str, Any]:
        """Return one change as DynamoDB takes it; its condition treats expired items as absent."""
        change = each.change
        table = TABLES[each.key.table]
        names = {"#t": schema.TTL}
        values: dict[str, Any] = {":now": {"N": str(at)}}
        if isinstance(change, CheckAbsent) or change.expect == 0:
            names["#k"] = table.partition
            condition = "attribute_not_exists(#k) OR #t <= :now"
        else:
            names["#v"] = schema.VERSION
            values[":v"] = {"N": str(change.expect)}
            condition = "#v = :v AND (attribute_not_exists(#t) OR #t > :now)"
        item: dict[str, Any] = {
            "TableName": self._prefix + table.name,
            "ConditionExpression": condition,
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": values,
        }
        if isinstance(change, Put):
            return {"Put": item | {"Item": attributes.write(each.row or {})}}
        kind = "Delete" if isinstance(change, Delete) else "ConditionCheck"
        return {kind: item | {"Key": _key(each.key)}}

    def _call(self, action: Callable[[], T]) -> T:
        """Return the answer to *action*, which may be repeated as it is.

        Raises:
            _Cancelled: If it was a transaction and was cancelled.
            ValueError: If DynamoDB says that it is malformed.
            StoreUnavailable: If DynamoDB does not answer in time, or keeps refusing.
        """
        pause = _BackOff()
        unanswered = 0
        while True:
            try:
                return action()
            except ClientError as error:
                code = error.response.get("Error", {}).get("Code", "")
                if code == "TransactionCanceledException":
                    raise _Cancelled(error) from error
                if code in _MALFORMED:
                    raise ValueError(f"DynamoDB refuses the request: {error}") from error
                status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
                if not (code in _AGAIN or status >= INTERNAL_SERVER_ERROR) or not pause.take():
                    raise StoreUnavailable(f"DynamoDB: {code}") from error
            except (NoConnection, HTTPClientError) as error:
                unanswered += 1
                if unanswered >= UNANSWERED or not pause.take():
                    raise StoreUnavailable("DynamoDB did not answer") from error
            except BotoCoreError as error:
                raise StoreUnavailable(f"DynamoDB cannot be asked: {error}") from error

    # Upkeep

    def create_tables(self) -> None:
        """Create the tables that are missing and wait for them; see `Store.create_tables`."""
        client = self._dynamodb()
        for table in TABLES.values():
            try:
                self._call(partial(client.create_table, **schema.create_table(table, self._prefix)))
            except StoreUnavailable as error:
                if not _has_code(error, "ResourceInUseException"):
                    raise
        for table in TABLES.values():
            name = self._prefix + table.name
            try:
                waiter = client.get_waiter("table_exists")
                waiter.wait(TableName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
            except BotoCoreError as error:
                raise StoreUnavailable(f"table {name} does not become active") from error
            self._enable_expiry(name)

    def _enable_expiry(self, name: str) -> None:
        """Turn on DynamoDB's removal of expired items; ignored by an engine that has none."""
        client = self._dynamodb()
        try:
            found = self._call(partial(client.describe_time_to_live, TableName=name))
            status = found["TimeToLiveDescription"].get("TimeToLiveStatus")
            if status not in ("ENABLED", "ENABLING"):
                wanted = {"Enabled": True, "AttributeName": schema.TTL}
                self._call(
                    partial(
                        client.update_time_to_live, TableName=name, TimeToLiveSpecification=wanted
                    )
                )
        except StoreUnavailable as error:
            if not _has_code(error, "UnknownOperationException"):
                raise

    def purge(self, limit: int) -> int:
        """Do nothing; see `Store.purge`."""
        del limit  # DynamoDB removes expired items itself.
        return 0

    def close(self) -> None:
        """Close the connections of this process; see `Store.close`."""
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            client.close()


class _Cancelled(PulseOpsError):
    """A transaction was cancelled; one code for each of its items, in their order."""

    def __init__(self, error: ClientError) -> None:
        super().__init__("a transaction was cancelled")
        reasons = error.response.get("CancellationReasons", [])
        self.codes: list[str] = [reason.get("Code", "None") for reason in reasons]


class _BackOff:
    """Exponential back-off with full jitter, until patience ends."""

    def __init__(self) -> None:
        self._longest = BACKOFF_SECONDS[0]
        self._until = time.monotonic() + PATIENCE_SECONDS

    @property
    def over(self) -> bool:
        """Whether patience has ended."""
        return time.monotonic() >= self._until

    def take(self) -> bool:
        """Pause and return True, or return False at once if patience has ended."""
        if self.over:
            return False
        time.sleep(random.uniform(0, self._longest))  # noqa: S311 - jitter is no secret
        self._longest = min(self._longest * 2, BACKOFF_SECONDS[1])
        return True


def _has_code(error: Exception, code: str) -> bool:
    cause = error.__cause__
    return isinstance(cause, ClientError) and cause.response["Error"]["Code"] == code


def _key(key: Key) -> dict[str, dict[str, str]]:
    table = TABLES[key.table]
    values = (key.partition, key.sort)
    return {n: {"S": v} for n, v in zip(table.key, values, strict=False) if v is not None}
