"""Starts the parts, watches them, restarts one that crashes, and ends all of them in order."""

import os
import secrets
import signal
import time
from collections.abc import Callable
from pathlib import Path

from bin.supervisor.errors import Failed, Stopped
from bin.supervisor.guardian import start_guardian
from bin.supervisor.parts import STOP_SECONDS, Part, describe_status, start_process
from bin.supervisor.processes import (
    MARK,
    PR_SET_CHILD_SUBREAPER,
    marked_processes,
    prctl,
    send_signal,
    session_members,
)
from bin.supervisor.signals import Signals
from bin.supervisor.terminal import say, show_end_of

START_SECONDS = 60.0
STOP_LAST_SECONDS = 3.0
MOST_RESTARTS = 5
"""Of one part within `RESTART_WINDOW_SECONDS`; with one more the demo gives up."""
RESTART_WINDOW_SECONDS = 60.0
FIRST_BACK_OFF_SECONDS, LONGEST_BACK_OFF_SECONDS = 0.25, 8.0
LOG_LIMIT_BYTES = 10_000_000


class Supervisor:
    """The parts of one demo, from their start to their end. One per process."""

    def __init__(self, root: Path, var: Path, environment: dict[str, str]) -> None:
        self.root = root
        self.var = var
        self.token = secrets.token_hex(8)
        self.environment = environment | {MARK: self.token}
        self.parts: list[Part] = []
        self.guardian = start_guardian(self.token)
        prctl(PR_SET_CHILD_SUBREAPER, 1)  # Orphans of a part become children of this process.
        self.signals = Signals()

    def stopping(self) -> bool:
        """Whether a stop was requested."""
        return self.signals.stop_requests > 0

    def log(self, name: str) -> Path:
        """Return the file with a part's output."""
        return self.var / "log" / f"{name}.log"

    def start(self, part: Part) -> None:
        """Start a part, for the first time or again; its output goes to its log.

        Raises:
            Failed: If its program cannot be started.
        """
        log = self.log(part.name)
        log.parent.mkdir(parents=True, exist_ok=True)
        if log.exists() and log.stat().st_size > LOG_LIMIT_BYTES:
            log.replace(log.with_suffix(".log.1"))
        try:
            part.process = start_process(part.command, self.root, self.environment, log)
        except OSError as error:
            raise Failed(f"{part.name} cannot be started: {error}") from error
        part.status, part.restart_at = None, None
        self.guardian.watch(part.process)
        if part not in self.parts:
            self.parts.append(part)

    def wait(self, seconds: float) -> None:
        """Wait until a child ends or a stop is requested, at most *seconds*; reap children."""
        self.signals.wait(seconds)
        self._reap()

    def _reap(self) -> None:
        """Reap every child that has ended, adopted orphans included; record how parts ended."""
        while True:
            try:
                process, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if process == 0:
                return
            for part in self.parts:
                if part.process == process:
                    part.status = status

    def wait_until(self, ready: Callable[[], bool], part: Part, what: str) -> None:
        """Wait until a part that was started is ready; *what* describes it while it is not.

        Raises:
            Failed: If the part ends first, or is not ready within `START_SECONDS`.
            Stopped: If a stop is requested meanwhile.
        """
        deadline = time.monotonic() + START_SECONDS
        while not ready():
            self.wait(0.1)
            if self.stopping():
                raise Stopped
            if part.status is not None:
                how = f"it ended with {describe_status(part.status)}"
            elif time.monotonic() > deadline:
                how = "it takes too long"
            else:
                continue
            show_end_of(self.log(part.name))
            raise Failed(f"{part.name} {what}: {how} (see {self.log(part.name)})")

    def run(self, name: str, command: list[str], doing: str) -> None:
        """Run a command to its end; its output goes to the log called *name*.

        Raises:
            Failed: If it cannot be started or its exit code is not 0.
            Stopped: If a stop is requested meanwhile.
        """
        part = Part(name, command)
        self.start(part)
        while part.status is None:
            self.wait(1.0)
            if self.stopping():
                raise Stopped
        self.parts.remove(part)
        self._clear_session(part)
        if part.status != 0:
            show_end_of(self.log(name))
            how = describe_status(part.status)
            raise Failed(f"{doing} failed with {how} (see {self.log(name)})")

    def watch(self) -> None:
        """Restart every part that ends by itself, with a back-off, until a stop is requested.

        Raises:
            Failed: If a part ends more than `MOST_RESTARTS` times within the window.
        """
        while not self.stopping():
            self.wait(1.0)
            now = time.monotonic()
            for part in self.parts:
                if self.stopping():
                    return
                if part.status is not None and part.restart_at is None:
                    self._plan_restart(part, part.status, now)
                elif part.restart_at is not None and now >= part.restart_at:
                    self.start(part)

    def _plan_restart(self, part: Part, status: int, now: float) -> None:
        part.restarts = [at for at in part.restarts if at > now - RESTART_WINDOW_SECONDS]
        how, log = describe_status(status), self.log(part.name)
        if len(part.restarts) >= MOST_RESTARTS:
            show_end_of(log)
            raise Failed(f"{part.name} keeps ending ({how}; see {log})")
        say(f"{part.name} ended ({how}); starting it again (see {log})")
        self._clear_session(part)
        back_off = FIRST_BACK_OFF_SECONDS * 2 ** len(part.restarts)
        part.restart_at = now + min(LONGEST_BACK_OFF_SECONDS, back_off)
        part.restarts.append(now)

    def end(self) -> None:
        """End all parts with SIGTERM, then SIGKILL; those that stop last after the others."""
        last = [part for part in self.parts if part.stops_last]
        others = [part for part in self.parts if not part.stops_last]
        self._end_parts(others, STOP_SECONDS)
        self._end_parts(last, STOP_LAST_SECONDS)
        self._end_marked()
        self.guardian.dismiss()

    def _end_parts(self, parts: list[Part], seconds: float) -> None:
        patience = max(self.signals.stop_requests, 1)
        deadline = time.monotonic() + seconds
        for part in parts:
            if part.running:
                send_signal(part.process, signal.SIGTERM)
        # One more request to stop, such as a second Ctrl-C, ends the wait.
        while (
            any(part.running for part in parts)
            and time.monotonic() < deadline
            and self.signals.stop_requests <= patience
        ):
            self.wait(0.2)
        for part in parts:
            if part.running:
                send_signal(part.process, signal.SIGKILL)
            self._clear_session(part)

    def _clear_session(self, part: Part) -> None:
        """End the processes that a part has left in its session."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            deadline = time.monotonic() + 2.0
            for process in session_members(part.process):
                send_signal(process, number)
            while session_members(part.process) and time.monotonic() < deadline:
                self.wait(0.05)
        self.guardian.forget(part.process)

    def _end_marked(self) -> None:
        """Kill the processes that left their part's session: they still have the mark."""
        deadline = time.monotonic() + 3.0
        while time.monotonic() < deadline and (left := marked_processes(self.token)):
            for process in left:
                send_signal(process, signal.SIGKILL)
            self.wait(0.05)
