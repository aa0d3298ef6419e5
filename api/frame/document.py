"""What the API's document says beside what the schemas do: examples, links, headers, servers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from api.frame.engine import READS, Route
from api.frame.routes import Resource, braced

EXAMPLES = Path(__file__).resolve().parents[1] / "examples.json"
JSON = "application/json"
MEANINGS = {
    "400": "The request is malformed.",
    "401": "Nobody is signed in, or the credentials are wrong, expired or withdrawn.",
    "403": "This account may not do that; or the password must be changed first.",
    "404": "There is no such thing, or it is not this account's to see.",
    "409": "The state of things does not allow it; or the Idempotency-Key was used otherwise, or"
    " for a call that has succeeded and whose tokens are shown once.",
    "413": "The body is too large.",
    "415": "The body is not JSON.",
    "422": "A field cannot be used; `error.details` says which and why.",
    "429": "Too many calls.",
    "500": "A mistake of ours.",
    "503": "The service is busy; the call may be repeated.",
}
RETRY_AFTER = {
    "Retry-After": {
        "description": "After how many seconds to try again.",
        "schema": {"type": "integer", "minimum": 1},
    }
}
IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Chosen by the caller. Repeated with it within 24 hours, the call acts once and"
    " answers as the first time. Tokens are shown once: a repetition is refused (`SHOWN_ONCE`);"
    " only a refresh gives them again, for ten seconds.",
    "schema": {"type": "string", "pattern": "^[!-~]{1,200}$"},
}


def complete(document: dict[str, Any], resources: Iterable[Resource]) -> None:
    """Add to *document* what is known of the routes of *resources*."""
    document["servers"] = [{"url": "/"}]
    routes = [route for resource in resources for route in resource.routes]
    operations = {r.operation: document["paths"][braced(r.path)][r.method.lower()] for r in routes}
    for route in routes:
        operation = operations[route.operation]
        _describe_failures(operation)
        _add_example(route, operation)
        if route.method not in READS:
            operation.setdefault("parameters", []).append(IDEMPOTENCY_KEY)
        links = dict(_links(document, route, operation, routes))
        if links:
            operation["responses"][str(route.status)]["links"] = links


@cache
def _examples() -> dict[tuple[str, str], Any]:
    found = json.loads(EXAMPLES.read_text(encoding="utf-8"))
    return {(each["method"], each["path"]): each["request"] for each in found}


def _describe_failures(operation: dict[str, Any]) -> None:
    for status, meaning in MEANINGS.items():
        answer = operation["responses"][status]
        answer["description"] = meaning
        if status in {"429", "503"}:
            answer["headers"] = RETRY_AFTER


def _add_example(route: Route, operation: dict[str, Any]) -> None:
    example = _examples().get((route.method, braced(route.path)))
    if example and "requestBody" in operation:
        operation["requestBody"]["content"][JSON]["example"] = example


def _links(
    document: dict[str, Any], route: Route, operation: dict[str, Any], routes: list[Route]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the operations that can be called with the answer of *route*: found and declared.

    Found are those that read, and whose only id is a field of `data`.
    """
    given = {name: f"data/{name}" for name in _fields_of_data(document, route, operation)}
    for other in routes:
        names = [part.strip("{}") for part in braced(other.path).split("/") if "{" in part]
        if other.method in READS and len(names) == 1 and names[0] in given and other is not route:
            yield other.operation, _link(other.operation, {names[0]: given[names[0]]})
    for target, fields in route.links.items():
        yield target, _link(target, {name: f"data/{field}" for name, field in fields.items()})


def _link(target: str, fields: dict[str, str]) -> dict[str, Any]:
    return {
        "operationId": target,
        "parameters": {name: f"$response.body#/{field}" for name, field in fields.items()},
    }


def _fields_of_data(
    document: dict[str, Any], route: Route, operation: dict[str, Any]
) -> frozenset[str]:
    content = operation["responses"][str(route.status)].get("content", {})
    answer = _resolve(document, content.get(JSON, {}).get("schema", {}))
    data = _resolve(document, answer.get("properties", {}).get("data", {}))
    return frozenset(data.get("properties", {}))


def _resolve(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    reference = schema.get("$ref")
    if reference is None:
        return schema
    found: dict[str, Any] = document["components"]["schemas"][reference.rpartition("/")[2]]
    return found
