"""`python -m workers`: two RQ workers, of which one always has an ear for what people wait for."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time

from redis import Redis
from redis.exceptions import RedisError
from rq import SimpleWorker
from rq.serializers import JSONSerializer

from bot.wiring import read_settings, set_up_logs
from workers import context

WORKER_TTL_SECONDS = 30
"""A killed worker's jobs are found again within about this time; the clock does not wait for it."""
MONITORING_SECONDS = 5
MAINTENANCE_SECONDS = 10
ORDERS = (("deliver", "act"), ("act", "deliver"))
"""Each process serves both queues, and prefers another one."""
PR_SET_PDEATHSIG = 1


class Worker(SimpleWorker):
    """Looks for Redis every second while it is away; RQ's own pauses double up to a minute."""

    max_connection_wait_time = 1.0


def main() -> None:
    """Fork a worker for each order of queues and serve until asked to end."""
    set_up_logs(read_settings().log_level)
    children = [_fork(order) for order in ORDERS[1:]]

    def end(_signal: int, _frame: object) -> None:
        for child in children:
            os.kill(child, signal.SIGTERM)
        sys.exit(0)

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    try:
        serve(ORDERS[0])
    finally:
        for child in children:
            os.kill(child, signal.SIGTERM)


def _fork(order: tuple[str, ...]) -> int:
    parent = os.getpid()
    child = os.fork()
    if child:
        return child
    # Without this a worker would outlive a parent that was killed.
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        os._exit(0)
    serve(order)
    os._exit(0)


def serve(queues: tuple[str, ...]) -> None:
    """Take jobs of *queues* in this process; while Redis is away, wait for it to come back."""
    context.parts()
    while True:
        try:
            connection = Redis.from_url(context.parts().settings.redis_url)
            worker = Worker(
                list(queues),
                connection=connection,
                serializer=JSONSerializer,
                worker_ttl=WORKER_TTL_SECONDS,
                job_monitoring_interval=MONITORING_SECONDS,
                maintenance_interval=MAINTENANCE_SECONDS,
            )
            worker.work(logging_level="WARNING")
        except RedisError:
            time.sleep(1)
        else:
            return


if __name__ == "__main__":
    main()
