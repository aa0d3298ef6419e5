"""RQ's jobs. Arguments are shards, never anything of a person; each may run twice or be killed."""

from __future__ import annotations

from workers import context


def deliver(shard: str) -> None:
    """Have what waits in a shard of the outbox sent, beside the next jobs."""
    context.parts().bell.mark_started("deliver", shard)
    context.deliverer().start_drain(shard)


def act(shard: str) -> int:
    """Do what is due in a shard; return how many items were done."""
    context.parts().bell.mark_started("act", shard)
    return context.due_runner().run(shard)
