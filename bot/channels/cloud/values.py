"""Checked access to Meta's JSON: each function returns a value of its type, or a default."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

ID_MAX = 512
EARLIEST = datetime(2009, 1, 1, tzinfo=UTC)
"""WhatsApp did not exist before."""
CLOCKS_DIFFER = timedelta(hours=1)

Node = dict[str, object]


def node(value: object) -> Node:
    """Return the object *value*, or an empty one."""
    return value if isinstance(value, dict) else {}


def nodes(value: object) -> tuple[list[Node], int]:
    """Return the objects in the list *value*, and how much else was found there."""
    if not isinstance(value, list):
        return [], 1
    nodes = [element for element in value if isinstance(element, dict)]
    return nodes, len(value) - len(nodes)


def identifier(value: object) -> str | None:
    """Return *value* if it can be an identifier: one printable word, not too long."""
    if not isinstance(value, str) or not 0 < len(value) <= ID_MAX:
        return None
    return value if value.isprintable() and " " not in value else None


def text(value: object) -> str | None:
    """Return *value* if it is text, with lone surrogates replaced, which no store takes."""
    if not isinstance(value, str):
        return None
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def time(value: object, now: datetime) -> datetime:
    """Return the instant of *value*, Unix seconds as text; *now* if it is absurd."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return now
    try:
        instant = datetime.fromtimestamp(int(value), UTC)
    except (ValueError, OverflowError, OSError):
        return now
    return instant if EARLIEST <= instant <= now + CLOCKS_DIFFER else now
