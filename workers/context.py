"""A process's parts, built once, after it forked."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import cache

import structlog

from bot.wiring import Parts, build, read_settings, set_up_logs
from domain.model.due import GATEWAY_SHARDS, SLOW_SHARDS
from workers.deliver import Deliverer
from workers.due_runner import DueRunner

ASIDE = GATEWAY_SHARDS + SLOW_SHARDS
"""How many threads do items that may take long: one a shard of them."""


@cache
def parts() -> Parts:
    """Return this process's parts."""
    settings = read_settings()
    set_up_logs(settings.log_level)
    structlog.get_logger().info("worker_ready")
    made = build(settings)
    made.store.create_tables()
    return made


@cache
def deliverer() -> Deliverer:
    """Return this process's drainer of the outbox."""
    return Deliverer(parts())


@cache
def due_runner() -> DueRunner:
    """Return this process's runner of due items."""
    return DueRunner(parts(), ThreadPoolExecutor(ASIDE, thread_name_prefix="aside"))
