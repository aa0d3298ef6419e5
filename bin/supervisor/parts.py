"""One process of the product: its command, its session and its log."""

import os
import signal
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from honcho.process import Popen

from bin.supervisor.processes import ASKED_TO_END, PR_SET_PDEATHSIG, prctl


@dataclass
class Part:
    """One process of the product, its session and its log."""

    name: str
    command: list[str]
    process: int = 0
    status: int | None = None
    restarts: list[float] = field(default_factory=list)
    again_at: float | None = None

    @property
    def running(self) -> bool:
        """Whether it was started and has not ended."""
        return self.process != 0 and self.status is None


def how_it_ended(status: int) -> str:
    """Return an exit status in words."""
    code = os.waitstatus_to_exitcode(status)
    return f"exit code {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"


def start_process(command: list[str], folder: Path, environment: dict[str, str], log: Path) -> int:
    """Start a command in a session of its own, its output at the end of *log*.

    Only from the main thread: ``PR_SET_PDEATHSIG`` follows the thread that forked. The caller
    reaps the process.

    Returns:
        The id of the process, which is also that of its session.

    Raises:
        OSError: If the program cannot be started.
    """
    supervisor = os.getpid()

    def before_it_runs() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        for number in (*ASKED_TO_END, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        if os.getppid() != supervisor:  # It died between fork and prctl.
            os._exit(1)

    with log.open("ab") as output:
        # honcho's Popen makes the session, and adds what goes to standard error to the output.
        child = Popen(
            command,
            shell=False,  # A shell in between would get the signals meant for the command.
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            preexec_fn=before_it_runs,  # Safe: this process has one thread.
        )
    child.returncode = 0  # Reaped by its id, with adopted orphans, which Popen does not know.
    return int(child.pid)
