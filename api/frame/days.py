"""Days and pages of a list, as addresses give them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import TypeVar

from domain.errors import Invalid

T = TypeVar("T")


def day_of(text: str | None, field: str = "date") -> date | None:
    """Return the day that *text* names.

    Raises:
        Invalid: If there is no such day.
    """
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid(field, "There is no such day.") from None


def page_of(
    items: Sequence[T],
    key: Callable[[T], str],
    limit: int,
    after: str | None,
    *,
    descending: bool = False,
) -> tuple[list[T], str | None]:
    """Return the page of *items*, sorted by *key*, that follows *after*; and the key it ends with.

    For lists that are read whole anyway, such as a day's. The last page has no such key: None.
    """

    def follows(item: T) -> bool:
        return after is None or (key(item) < after if descending else key(item) > after)

    left = [item for item in items if follows(item)]
    page = left[:limit]
    return page, key(page[-1]) if len(left) > limit else None
