"""Settings of the web process, read by ``gunicorn -c bot/gunicorn.py 'bot:create_app()'``.

Few processes with many threads: a live page holds one thread for as long as it is open, and
webhooks must find a free one beside a thousand of them (docs/decisions/0001-libraries.md).
"""

import contextlib
import ctypes
import os
import resource
import shutil
import signal
import tempfile
from pathlib import Path

from gunicorn.arbiter import Arbiter
from gunicorn.workers.base import Worker

from bot.config.settings import exit_on_bad_setting, read_settings
from bot.web_worker import worker_class as worker_class_of

with exit_on_bad_setting():
    _settings = read_settings()
# In production the web is reached from other machines, through a proxy.
_host = os.environ.get("HOST") or ("0.0.0.0" if _settings.production else "127.0.0.1")  # noqa: S104
_port = os.environ.get("PORT") or "8000"

bind = f"[{_host}]:{_port}" if ":" in _host else f"{_host}:{_port}"
worker_class = worker_class_of(_settings.web_threads, behind_proxy=_settings.trusted_proxies > 0)
workers = _settings.web_processes
threads = _settings.web_threads

# At the default of 1,000 connections any threads above that number would stay idle, and no
# connection would be left for keep-alive.
worker_connections = 2 * threads
backlog = 2048
keepalive = 15

# A process gives a sign of life every second; one silent for this long is replaced.
timeout = 60
# The seconds that open requests have after SIGTERM; live pages reconnect by themselves.
graceful_timeout = 5

# The heartbeat file must not wait for a disk.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108
# There is one such socket a user, so two web processes of one user would compete for it.
control_socket_disable = True

# Requests are logged by the application, with route templates and never with paths.
accesslog = None
loglevel = _settings.log_level
logconfig_dict = {
    "version": 1,
    "disable_existing_loggers": False,
    # The same format as the application's logs, and the same guard against personal data.
    "handlers": {"stdout": {"class": "bot.observability.logs.JsonHandler"}},
    "root": {"level": "WARNING", "handlers": ["stdout"]},
    "loggers": {
        "gunicorn.error": {"level": loglevel.upper(), "handlers": ["stdout"], "propagate": False},
    },
}

# Every open page is a file descriptor; the usual limit of 1,024 is below the number of threads.
with contextlib.suppress(ValueError, OSError):
    _soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    _wanted = 65_536 if _hard == resource.RLIM_INFINITY else min(65_536, _hard)
    if _soft != resource.RLIM_INFINITY and _soft < _wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (_wanted, _hard))

# Each process writes its metrics into this folder, so that any of them can answer for all.
_owns_metrics = not os.environ.get("PROMETHEUS_MULTIPROC_DIR")
if _owns_metrics:
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="pulseops-metrics-")


PR_SET_PDEATHSIG = 1


def post_fork(server: Arbiter, _worker: object) -> None:
    """End this process at once if its parent is killed.

    Otherwise it would hold the port until its open requests end, and a restarted web would give up
    before. Nothing that was answered is lost, and WhatsApp repeats the rest.
    """
    with contextlib.suppress(OSError, AttributeError):  # only Linux has prctl
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != server.pid:  # the parent was killed between fork and prctl
            os._exit(1)


def child_exit(_server: object, worker: Worker) -> None:
    """Remove an ended process from the gauges."""
    # Imported before the folder is set, it would keep metrics in this process alone.
    from prometheus_client import multiprocess  # noqa: PLC0415

    multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]  # as all of it


def on_exit(_server: object) -> None:
    """Remove the folder of metrics, if this process made it."""
    if _owns_metrics:
        shutil.rmtree(os.environ["PROMETHEUS_MULTIPROC_DIR"], ignore_errors=True)
