"""`python -m workers`: two RQ workers. Each prefers another queue, so neither queue starves."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from contextlib import suppress
from types import FrameType

from redis import Redis
from redis.exceptions import RedisError
from rq import SimpleWorker
from rq.exceptions import StopRequested
from rq.serializers import JSONSerializer

from bot.wiring import exit_on_bad_setting, read_settings, set_up_logs
from workers import context

WORKER_TTL_SECONDS = 30
"""About how soon RQ finds a killed worker's jobs again; the clock rings sooner."""
MONITORING_SECONDS = 5
MAINTENANCE_SECONDS = 10
RESTART_SECONDS = 1.0
"""How soon a worker that left by itself is replaced."""
QUEUE_ORDERS = (("deliver", "act"), ("act", "deliver"))
"""The queues of each process, the preferred one first."""
PR_SET_PDEATHSIG = 1


class Worker(SimpleWorker):
    """Tries Redis every second while it is away; RQ's own back-off doubles up to a minute."""

    max_connection_wait_time = 1.0
    asked_to_end = False

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """Record that this process must end, even without Redis; a job under way is finished."""
        Worker.asked_to_end = True
        with suppress(RedisError):
            super().request_stop(signum, frame)  # type: ignore[no-untyped-call]  # RQ is half typed


def main() -> None:
    """Serve each order of queues in a process of its own until told to end."""
    with exit_on_bad_setting():
        set_up_logs(read_settings().log_level)
    children = [_fork(order) for order in QUEUE_ORDERS[1:]]

    def end(_signal: int, _frame: object) -> None:
        for child in children:
            os.kill(child, signal.SIGTERM)
        sys.exit(0)

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    try:
        serve(QUEUE_ORDERS[0])
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
    """Run jobs of *queues* in this process until it is told to end.

    RQ's worker leaves if anything goes wrong between two jobs, such as Redis going away. It is then
    replaced.
    """
    context.parts()
    with suppress(StopRequested):
        while not Worker.asked_to_end:
            with suppress(RedisError):
                _run_worker(queues)
            if not Worker.asked_to_end:
                time.sleep(RESTART_SECONDS)


def _run_worker(queues: tuple[str, ...]) -> None:
    worker = Worker(
        list(queues),
        connection=Redis.from_url(context.parts().settings.redis_url),
        serializer=JSONSerializer,
        worker_ttl=WORKER_TTL_SECONDS,
        job_monitoring_interval=MONITORING_SECONDS,
        maintenance_interval=MAINTENANCE_SECONDS,
    )
    worker.work(logging_level="WARNING")


if __name__ == "__main__":
    main()
