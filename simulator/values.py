"""Values of a call to `/messages`: read as what they must be, or refused as Meta refuses them."""

from __future__ import annotations

from typing import Any

from simulator import limits
from simulator.errors import invalid, missing

Payload = dict[str, Any]


def read_object(value: object, path: str) -> Payload:
    """Return *value* if it is an object.

    Raises:
        GraphError: 131008 or 131009.
    """
    if value is None:
        raise missing(path)
    if not isinstance(value, dict):
        raise invalid(path, "must be an object")
    return value


def read_array(value: object, path: str) -> list[Any]:
    """Return *value* if it is an array.

    Raises:
        GraphError: 131008 or 131009.
    """
    if value is None:
        raise missing(path)
    if not isinstance(value, list):
        raise invalid(path, "must be an array")
    return value


def read_text(value: object, path: str, longest: int) -> str:
    """Return *value* if it is a string with something in it, of at most *longest* UTF-16 units.

    Raises:
        GraphError: 131008 or 131009.
    """
    if value is None:
        raise missing(path)
    if not isinstance(value, str):
        raise invalid(path, "must be a string")
    if not value.strip():
        raise missing(path)
    length = limits.length(value)
    if length > longest:
        raise invalid(path, f"must be at most {longest} characters long, is {length}")
    return value


def require_unique(values: list[str], path: str) -> None:
    """Refuse values of which two are the same.

    Raises:
        GraphError: 131009.
    """
    if len(set(values)) != len(values):
        raise invalid(path, "must be unique")
