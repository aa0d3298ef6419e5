"""What is stored to be done later."""

from __future__ import annotations

from domain.model.due import Due
from tests.stage import DUE_SHARDS, Stage


def due_items(stage: Stage, *kinds: str) -> list[Due]:
    """Return what is due later, of *kinds* alone if any are named."""
    work = stage.work()
    found = [item for shard in DUE_SHARDS for item in work.query(Due, shard).records]
    return [item for item in found if not kinds or item.kind in kinds]
