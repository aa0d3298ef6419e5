"""One process of the product: its command, its session and how it is started."""

import os
import signal
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from honcho.process import Popen

from bin.supervisor.processes import PR_SET_PDEATHSIG, prctl
from bin.supervisor.signals import STOP_SIGNALS

STOP_SECONDS = 8.0
"""From SIGTERM to SIGKILL; gunicorn gives open requests five of them."""


@dataclass
class Part:
    """One process of the product and where it is in its life."""

    name: str
    command: list[str]
    stops_last: bool = False
    process: int = 0
    status: int | None = None
    restarts: list[float] = field(default_factory=list)
    restart_at: float | None = None

    @property
    def running(self) -> bool:
        """Whether it was started and has not ended."""
        return self.process != 0 and self.status is None


def describe_status(status: int) -> str:
    """Return an exit status in words."""
    code = os.waitstatus_to_exitcode(status)
    return f"exit code {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"


def start_process(command: list[str], folder: Path, environment: dict[str, str], log: Path) -> int:
    """Start a command as the leader of a session of its own; append its output to *log*.

    The process gets SIGTERM when the supervisor dies. Linux binds that to the thread that forks,
    so only the main thread may call this. The caller reaps the process.

    Returns:
        The id of the process, which is also that of its session.

    Raises:
        OSError: If the program cannot be started or the log cannot be opened.
    """
    supervisor = os.getpid()

    def before_exec() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        for number in (*STOP_SIGNALS, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        if os.getppid() != supervisor:  # It died between fork and prctl.
            os._exit(1)

    with log.open("ab") as output:
        # honcho's Popen makes the session, and sends standard error where the output goes.
        child = Popen(
            command,
            shell=False,  # A shell in between would get the signals meant for the command.
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            preexec_fn=before_exec,  # Safe: this process has one thread.
        )
    child.returncode = 0  # The supervisor reaps it by its id; Popen must not wait for it as well.
    return int(child.pid)
