"""Which messages of an outbox shard may be sent now: of each person's, the oldest."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.actions.delivery import states
from domain.model.base import stamp
from domain.model.messages import Outgoing, Urgency
from domain.work import Work

READ_LIMIT = {Urgency.NOW: 200, Urgency.NEWS: 60, Urgency.BULK: 60}
"""The most waiting messages read at a time, by urgency."""
ORDER_KEPT = timedelta(seconds=2)
"""How long a person's later messages wait for an earlier one: for its answer, or until it is tried
again. After that they are worth more now than in their order."""
OrderKey = tuple[str, str, Urgency]
"""Sending number, contact and urgency: messages that share it are sent in order."""


@dataclass(frozen=True)
class Ready:
    """The messages of one urgency that may be sent now."""

    items: list[Outgoing]
    is_cut: bool
    """Whether READ_LIMIT left out others that are due."""


def order_key_of(item: Outgoing) -> OrderKey:
    """Return what *item* keeps its order with."""
    return item.sender, item.contact_id, Urgency(item.place.partition("#")[0])


def read_ready(work: Work, shard: str, urgency: Urgency, held: AbstractSet[OrderKey]) -> Ready:
    """Read what is due, oldest first: one message an order key, none of a key that is *held*.

    A key is held too while an earlier message of it is in flight in another process, or is tried
    again within ORDER_KEPT.

    Raises:
        StoreUnavailable: If the store does not answer in time.
    """

    def read(low: str, high: datetime) -> list[Outgoing]:
        span = (f"{urgency}#{low}", f"{urgency}#{stamp(high)}~")
        return work.query(Outgoing, shard, between=span, limit=READ_LIMIT[urgency]).records

    due = read("", work.now)
    if not due:
        return Ready([], is_cut=False)
    soon = read(f"{stamp(work.now)}~", work.now + ORDER_KEPT)
    # A message marked SENDING is not due until CALLED after its call began.
    called = work.now + states.CALLED
    in_flight = read(stamp(called - ORDER_KEPT), called)
    blocked = held | {order_key_of(item) for item in soon + in_flight}
    oldest: dict[OrderKey, Outgoing] = {}
    for item in sorted(due, key=lambda item: item.written):
        oldest.setdefault(order_key_of(item), item)
    items = [item for key, item in oldest.items() if key not in blocked]
    return Ready(items, is_cut=len(due) == READ_LIMIT[urgency])
