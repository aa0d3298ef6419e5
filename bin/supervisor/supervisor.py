"""Starts the parts, watches them, and ends them in order."""

import contextlib
import os
import secrets
import select
import signal
import time
from collections.abc import Callable
from pathlib import Path

from bin.supervisor.errors import Failed, Stopped
from bin.supervisor.guardian import start_guardian
from bin.supervisor.parts import Part, how_it_ended, start_process
from bin.supervisor.processes import (
    ASKED_TO_END,
    MARK,
    PARTS_MAY_TAKE,
    PR_SET_CHILD_SUBREAPER,
    marked,
    members,
    prctl,
    tell,
)
from bin.supervisor.terminal import say

START_MAY_TAKE = 60.0
RESTARTS = 5  # So many in RESTART_WINDOW seconds are a hiccup, one more is a fault.
RESTART_WINDOW = 60.0
LOG_LIMIT = 10_000_000


class Supervisor:
    """Starts the parts, watches them, starts again what ended, and ends all of it."""

    def __init__(self, root: Path, var: Path, environment: dict[str, str]) -> None:
        self.root = root
        self.var = var
        self.token = secrets.token_hex(8)
        self.environment = environment | {MARK: self.token}
        self.parts: list[Part] = []
        self.asked = 0
        self.guardian, self.mouth = start_guardian(self.token)
        prctl(PR_SET_CHILD_SUBREAPER, 1)
        self.wake, wake_up = os.pipe()
        for end in (self.wake, wake_up):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(wake_up, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for number in ASKED_TO_END:
            # nohup and its like ignore the end of the terminal on purpose.
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, self._asked_to_end)

    def _asked_to_end(self, number: int, _frame: object) -> None:
        # A closing terminal may say so twice; a person who does is in a hurry.
        self.asked = max(self.asked, 1) if number == signal.SIGHUP else self.asked + 1

    def stopping(self) -> bool:
        """Whether someone asked to end."""
        return self.asked > 0

    def _told(self, mark: str, session: int) -> None:
        with contextlib.suppress(BrokenPipeError):
            os.write(self.mouth, f"{mark}{session}\n".encode())

    def log(self, name: str) -> Path:
        """Return where a part's output goes."""
        return self.var / "log" / f"{name}.log"

    def start(self, part: Part) -> None:
        """Start a part in a session of its own, its output in its log.

        Raises:
            Failed: If its program cannot be started.
        """
        log = self.log(part.name)
        log.parent.mkdir(parents=True, exist_ok=True)
        if log.exists() and log.stat().st_size > LOG_LIMIT:
            log.replace(log.with_suffix(".log.1"))
        try:
            part.process = start_process(part.command, self.root, self.environment, log)
        except OSError as error:
            raise Failed(f"{part.name} cannot be started: {error}") from error
        part.status, part.again_at = None, None
        self._told("+", part.process)
        if part not in self.parts:
            self.parts.append(part)

    def reap(self) -> None:
        """Take note of every child that has ended, adopted orphans included."""
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

    def rest(self, seconds: float) -> None:
        """Wait, but no longer than until a child ends or someone asks to end."""
        select.select([self.wake], [], [], seconds)
        with contextlib.suppress(BlockingIOError):
            while os.read(self.wake, 512):
                pass
        self.reap()

    def until(self, ready: Callable[[], bool], part: Part, what: str) -> None:
        """Wait for a condition that a part brings about.

        Raises:
            Failed: If the part ends first, or the time to start is over.
            Stopped: If someone asks to end meanwhile.
        """
        deadline = time.monotonic() + START_MAY_TAKE
        while not ready():
            self.rest(0.1)
            if self.stopping():
                raise Stopped
            late = time.monotonic() > deadline
            if part.status is None and not late:
                continue
            self.show_end_of_log(part.name)
            how = (
                f"it ended with {how_it_ended(part.status)}"
                if part.status is not None
                else "it takes too long"
            )
            raise Failed(f"{part.name} {what}: {how} (see {self.log(part.name)})")

    def run(self, name: str, command: list[str], doing: str) -> None:
        """Run a command to its end.

        Raises:
            Failed: If it does not end well.
            Stopped: If someone asks to end meanwhile.
        """
        part = Part(name, command)
        self.start(part)
        while part.status is None:
            self.rest(1.0)
            if self.stopping():
                raise Stopped
        self.parts.remove(part)
        self.clear_away(part)
        if part.status != 0:
            self.show_end_of_log(name)
            raise Failed(f"{doing} failed with {how_it_ended(part.status)} (see {self.log(name)})")

    def show_end_of_log(self, name: str) -> None:
        """Print the last lines that a part said."""
        with contextlib.suppress(OSError):
            for line in self.log(name).read_text(errors="replace").splitlines()[-12:]:
                say(f"    {line}")

    def clear_away(self, part: Part) -> None:
        """End what a part that has ended left behind in its session."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            deadline = time.monotonic() + 2.0
            for process in members(part.process):
                tell(process, number)
            while members(part.process) and time.monotonic() < deadline:
                self.rest(0.05)
        self._told("-", part.process)

    def watch(self) -> None:
        """Start again what ends by itself, until someone asks to end.

        Raises:
            Failed: If a part ends again and again.
        """
        while not self.stopping():
            self.rest(1.0)
            now = time.monotonic()
            for part in self.parts:
                if self.stopping():
                    return
                if part.status is not None and part.again_at is None:
                    part.restarts = [at for at in part.restarts if at > now - RESTART_WINDOW]
                    how, log = how_it_ended(part.status), self.log(part.name)
                    if len(part.restarts) >= RESTARTS:
                        self.show_end_of_log(part.name)
                        raise Failed(f"{part.name} keeps ending ({how}; see {log})")
                    say(f"{part.name} ended ({how}); starting it again (see {log})")
                    self.clear_away(part)
                    part.again_at = now + min(8.0, 0.25 * 2 ** len(part.restarts))
                    part.restarts.append(now)
                elif part.again_at is not None and now >= part.again_at:
                    self.start(part)

    def end(self) -> None:
        """End all parts: Redis last, what does not end when asked is ended anyway."""
        redis = [part for part in self.parts if part.name == "redis"]
        others = [part for part in self.parts if part.name != "redis"]
        for parts, seconds in ((others, PARTS_MAY_TAKE), (redis, 3.0)):
            patience = max(self.asked, 1)
            deadline = time.monotonic() + seconds
            for part in parts:
                if part.running:
                    tell(part.process, signal.SIGTERM)
            # Asked a second time, it no longer waits.
            while (
                any(part.running for part in parts)
                and time.monotonic() < deadline
                and self.asked <= patience
            ):
                self.rest(0.2)
            for part in parts:
                if part.running:
                    tell(part.process, signal.SIGKILL)
                self.clear_away(part)
        # Whoever left its session still bears the mark.
        deadline = time.monotonic() + 3.0
        while time.monotonic() < deadline and (rest := marked(self.token)):
            for process in rest:
                tell(process, signal.SIGKILL)
            self.rest(0.05)
        os.close(self.mouth)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self.guardian, 0)
