"""The guardian: ends every part when the supervisor itself was killed."""

import os
import signal
import time

from bin.supervisor.processes import ASKED_TO_END, PARTS_MAY_TAKE, marked, members, tell


def start_guardian(token: str) -> tuple[int, int]:
    """Fork the guardian; return its process id and the pipe on which it is told of sessions."""
    ears, mouth = os.pipe()
    guardian = os.fork()
    if guardian:
        os.close(ears)
        return guardian, mouth
    try:
        os.setsid()
        for number in (*ASKED_TO_END, signal.SIGQUIT, signal.SIGTSTP):
            signal.signal(number, signal.SIG_IGN)
        os.close(mouth)
        nowhere = os.open(os.devnull, os.O_RDWR)
        for standard in (0, 1, 2):
            os.dup2(nowhere, standard)
        _guard(ears, token)
    finally:
        os._exit(0)


def _guard(ears: int, token: str) -> None:
    """Remember sessions until the supervisor is gone, then end those that are left."""
    sessions: set[int] = set()
    heard = b""
    while chunk := os.read(ears, 4096):
        heard += chunk
        *lines, heard = heard.split(b"\n")
        for line in lines:
            session = int(line[1:])
            if line.startswith(b"+"):
                sessions.add(session)
            else:
                sessions.discard(session)
    # The kernel has asked the parts already; asked twice, some would drop what they do.
    deadline = time.monotonic() + PARTS_MAY_TAKE
    while time.monotonic() < deadline and any(members(session) for session in sessions):
        time.sleep(0.1)
    for process in {p for session in sessions for p in members(session)} | set(marked(token)):
        tell(process, signal.SIGKILL)
