"""RQ's jobs. Their arguments name nobody. Each may run twice, and may be killed."""

from __future__ import annotations

from workers import context


def deliver(shard: str) -> None:
    """Drain a shard of the outbox in the background, beside the next jobs."""
    context.parts().bell.mark_started("deliver", shard)
    context.deliverer().start_drain(shard)


def act(shard: str) -> int:
    """Do what is due in a shard; return how many items were done."""
    context.parts().bell.mark_started("act", shard)
    return context.due_runner().run(shard)
