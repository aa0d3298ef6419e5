"""The guardian: a process that ends every part when the supervisor itself was killed."""

import contextlib
import os
import signal
import time
from dataclasses import dataclass

from bin.supervisor.parts import STOP_SECONDS
from bin.supervisor.processes import marked_processes, send_signal, session_members
from bin.supervisor.signals import STOP_SIGNALS


@dataclass(frozen=True)
class Guardian:
    """The supervisor's end of the pipe to the guardian, and its process."""

    process: int
    pipe: int

    def watch(self, session: int) -> None:
        """Tell the guardian to end a session when the supervisor dies."""
        self._write(f"+{session}\n")

    def forget(self, session: int) -> None:
        """Take back `watch`: the session has ended, and its number may be used again."""
        self._write(f"-{session}\n")

    def _write(self, line: str) -> None:
        with contextlib.suppress(BrokenPipeError):
            os.write(self.pipe, line.encode())

    def dismiss(self) -> None:
        """Close the pipe and wait until the guardian has ended what is left."""
        os.close(self.pipe)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self.process, 0)


def start_guardian(token: str) -> Guardian:
    """Fork the guardian of the supervisor whose processes are marked with *token*.

    Called before any part is started, so that the guardian inherits nothing but the lock.
    """
    read_end, write_end = os.pipe()
    guardian = os.fork()
    if guardian:
        os.close(read_end)
        return Guardian(guardian, write_end)
    try:
        os.setsid()
        for number in (*STOP_SIGNALS, signal.SIGQUIT, signal.SIGTSTP):
            signal.signal(number, signal.SIG_IGN)
        os.close(write_end)
        nowhere = os.open(os.devnull, os.O_RDWR)
        for standard in (0, 1, 2):
            os.dup2(nowhere, standard)
        _end_sessions(_sessions_at_the_end(read_end), token)
    finally:
        os._exit(0)


def _sessions_at_the_end(pipe: int) -> set[int]:
    """Return the sessions that are watched when the pipe closes: the supervisor has died."""
    sessions: set[int] = set()
    received = b""
    while chunk := os.read(pipe, 4096):
        received += chunk
        *lines, received = received.split(b"\n")
        for line in lines:
            session = int(line[1:])
            if line.startswith(b"+"):
                sessions.add(session)
            else:
                sessions.discard(session)
    return sessions


def _end_sessions(sessions: set[int], token: str) -> None:
    """Wait for the parts to end, then kill what is left of them and every marked process."""
    # The kernel has sent SIGTERM already; after a second one some parts would drop their work.
    deadline = time.monotonic() + STOP_SECONDS
    while time.monotonic() < deadline and any(session_members(each) for each in sessions):
        time.sleep(0.1)
    left = {process for session in sessions for process in session_members(session)}
    for process in left | set(marked_processes(token)):
        send_signal(process, signal.SIGKILL)
