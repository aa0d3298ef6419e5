"""What a call sends, read strictly: ids in its address, its query, its JSON.

What could not be stored, or what other parsers read differently, is refused here for all schemas:
duplicate keys, numbers out of the stores' range, characters that are not text.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from functools import cache
from typing import Any, NoReturn

from flask import request
from pydantic import BaseModel, ValidationError
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from api.schemas.base import Body
from domain.errors import Invalid, NotFound

LARGEST_BODY = 256 * 1024
DEEPEST = 50
LARGEST_NUMBER = 2**53
"""Up to here whole numbers are exact in every parser of JSON."""
SMALLEST_NUMBER = 1e-100
"""DynamoDB keeps nothing that is nearer to zero than 1e-130."""
_ID = re.compile(r"[\x21-\x7e]{1,512}")
_NO_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
"""Control characters but tab and line ends, surrogates and noncharacters: neither XML nor every
store takes them."""
NO_TEXT = "Has characters that are not text."


def read_path(model: type[BaseModel], ids: dict[str, str]) -> BaseModel:
    """Return the ids of an address.

    Raises:
        NotFound: If one of them cannot be an id.
    """
    if not all(_ID.fullmatch(each) for each in ids.values()):
        raise NotFound
    try:
        return model.model_validate(ids)
    except ValidationError:
        raise NotFound from None


def read_query(model: type[BaseModel]) -> BaseModel:
    """Return the query.

    Raises:
        Invalid: If a parameter is given twice, or is no text.
        ValidationError: If it is not what *model* says.
    """
    lists = _list_fields(model)
    found: dict[str, Any] = {}
    for name, values in request.args.lists():
        if any(_NO_TEXT.search(text) for text in (name, *values)):
            raise Invalid(_printable(name), NO_TEXT)
        if len(values) > 1 and name not in lists:
            raise Invalid(_printable(name), "Is given more than once.")
        found[name] = values if name in lists else values[0]
    return model.model_validate(found)


def read_body(model: type[Body], *, optional: bool) -> BaseModel:
    """Return the JSON of the body; with *optional*, none at all is an empty object.

    Raises:
        UnsupportedMediaType: If it is not said to be JSON.
        BadRequest: If it is not JSON.
        Invalid: If it has a text or a number that cannot be kept.
        ValidationError: If it is not what *model* says.
    """
    raw = request.get_data()
    if optional and not raw.strip():
        return model.model_validate({})
    if request.mimetype != "application/json":
        raise UnsupportedMediaType
    for where, trouble in _find_faults(_parse_json(raw)):
        raise Invalid(where, trouble)
    return model.model_validate_json(raw)


def _parse_json(raw: bytes) -> object:
    try:
        return json.loads(
            raw.decode(), object_pairs_hook=_reject_duplicates, parse_constant=_reject_constant
        )
    except (ValueError, RecursionError):
        raise BadRequest from None


def _reject_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BadRequest
    return found


def _reject_constant(_name: str) -> NoReturn:
    raise BadRequest  # NaN and Infinity are no JSON.


def _find_faults(sent: object) -> Iterator[tuple[str, str]]:
    """Yield each field whose value cannot be stored, and why."""
    waiting: list[tuple[tuple[str, ...], object]] = [((), sent)]
    while waiting:
        where, value = waiting.pop()
        if len(where) > DEEPEST:
            raise BadRequest
        match value:
            case dict():
                for name, inner in value.items():
                    if _NO_TEXT.search(name):
                        yield _field_path(where), NO_TEXT
                    waiting.append(((*where, name), inner))
            case list():
                waiting.extend(((*where, str(n)), inner) for n, inner in enumerate(value))
            case str() if _NO_TEXT.search(value):
                yield _field_path(where), NO_TEXT
            case int() | float() if not _fits(value):
                yield _field_path(where), "Is a number out of range."


def _fits(value: float) -> bool:
    size = abs(value)
    return size == 0 or (math.isfinite(size) and SMALLEST_NUMBER <= size <= LARGEST_NUMBER)


def _field_path(where: tuple[str, ...]) -> str:
    return ".".join(_printable(part) for part in where) or "body"


def _printable(name: str) -> str:
    """Return a name as it was sent, shortened and without characters that are not text."""
    return _NO_TEXT.sub("?", name[:100])


@cache
def _list_fields(model: type[BaseModel]) -> frozenset[str]:
    return frozenset(
        field.alias or name
        for name, field in model.model_fields.items()
        if "list" in str(field.annotation)
    )
