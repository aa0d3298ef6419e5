"""DynamoDB's typed attribute values, to and from the plain values of rows."""

from __future__ import annotations

from typing import Any

Item = dict[str, dict[str, Any]]
"""Attribute to its typed value, such as {"number": {"N": "8"}}."""


def write(row: dict[str, Any]) -> Item:
    """Return *row* as DynamoDB takes it.

    Raises:
        TypeError: If a value is neither str, bool, int, list, dict nor None.
    """
    return {name: _write(value) for name, value in row.items()}


def _write(value: object) -> dict[str, Any]:
    # In Python a bool is an int, so it must be tested first.
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int):
        return {"N": str(value)}
    if value is None:
        return {"NULL": True}
    if isinstance(value, (list, tuple)):
        return {"L": [_write(each) for each in value]}
    if isinstance(value, dict):
        return {"M": write(value)}
    raise TypeError(f"a row does not hold {type(value).__name__}")


def read(item: Item) -> dict[str, Any]:
    """Return *item* as a row.

    Raises:
        ValueError: If it has a type that `write` never writes.
    """
    return {name: _read(value) for name, value in item.items()}


def _read(value: dict[str, Any]) -> object:
    ((kind, inner),) = value.items()
    match kind:
        case "S" | "BOOL":
            return inner
        case "N":
            return int(inner)
        case "L":
            return [_read(each) for each in inner]
        case "M":
            return read(inner)
        case "NULL":
            return None
        case _:
            raise ValueError(f"an attribute of type {kind}")
