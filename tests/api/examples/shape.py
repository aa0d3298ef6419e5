"""The specification's examples of requests and answers, and what it means to be like one.

`api/examples.json` holds the 58 addresses with their examples. A test of an example builds the
clinic it talks of, sends the example's request with the ids it has, and compares with `differs`.
A module of tests, here or beside this folder, says in `RUNS` which addresses' examples it runs;
`tests/api/conftest.py` holds it to that.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

compared: set[str] = set()
"""The addresses whose examples have been compared with an answer."""
EXAMPLES = Path(__file__).resolve().parents[3] / "api" / "examples.json"
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_ID = re.compile(r"([a-z]+_)[A-Za-z0-9_]+")
_TOKEN_ID = re.compile(r"TKN_[A-Za-z0-9]+")


@cache
def examples() -> dict[str, dict[str, Any]]:
    """Return the examples by method and path, such as `GET /api/v1/doctors`."""
    found = json.loads(EXAMPLES.read_text())
    return {f"{e['method']} {e['path']}": e for e in found}


def request_of(address: str) -> Any:
    """Return a fresh copy of the example request of *address*, such as `POST /api/v1/doctors`."""
    return json.loads(json.dumps(examples()[address]["request"]))


def differs(address: str, answer: Any, *, may_be_null: tuple[str, ...] = ()) -> list[str]:
    """Return in what *answer* is not like the example of *address*; nothing if it is.

    Every field of the example must be there under its name, nested as there, with a value of its
    type and format (instants, days, ids by their prefix); more fields may be. Where the example
    has null, anything may be; names in *may_be_null* may be null though the example has a value.
    """
    compared.add(address)
    return list(_compare("", examples()[address]["response"], answer, may_be_null))


def _compare(where: str, example: Any, found: Any, may_be_null: tuple[str, ...]) -> Iterator[str]:
    if example is None or (found is None and where.rpartition(".")[2] in may_be_null):
        return
    if _kind(example) != _kind(found):
        yield f"{where}: {found!r} is not like {example!r}"
    elif isinstance(example, dict):
        yield from _compare_fields(where, example, found, may_be_null)
    elif isinstance(example, list):
        if example and isinstance(example[0], dict):
            if not found:
                yield f"{where} is empty"
            for position, value in enumerate(found):
                yield from _compare(f"{where}.{position}", example[0], value, may_be_null)
    elif isinstance(example, str):
        yield from _compare_text(where, example, found)


def _kind(value: Any) -> type:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float if is_number else type(value)


def _compare_fields(
    where: str, example: dict[str, Any], found: dict[str, Any], may_be_null: tuple[str, ...]
) -> Iterator[str]:
    for key, value in example.items():
        if key not in found:
            yield f"{where}.{key} is missing"
        else:
            yield from _compare(f"{where}.{key}", value, found[key], may_be_null)


def _compare_text(where: str, example: str, found: str) -> Iterator[str]:
    if _INSTANT.fullmatch(example):
        if not _INSTANT.fullmatch(found):
            yield f"{where}: {found!r} is not an instant"
    elif _DAY.fullmatch(example):
        if not _DAY.fullmatch(found):
            yield f"{where}: {found!r} is not a day"
    elif _TOKEN_ID.fullmatch(example):
        if not _TOKEN_ID.fullmatch(found):
            yield f"{where}: {found!r} is not a token's id"
    elif (
        where.endswith("Id")
        and (prefix := _ID.fullmatch(example))
        and not found.startswith(prefix[1])
    ):
        yield f"{where}: {found!r} does not begin with {prefix[1]}"
