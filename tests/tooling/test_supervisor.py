"""What ``bin/demo`` starts never outlives it, however it ends."""

import os
import shlex
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import uuid
from pathlib import Path

import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.xdist_group("e2e 1")]

REPOSITORY = Path(__file__).resolve().parents[2]
DEADLINE = 40.0

BOT = """
import os, pathlib
import click, flask

def create_app():
    app = flask.Flask(__name__)
    app.add_url_rule("/live", view_func=lambda: "alive")
    group = click.Group("pulseops")
    group.command("init-db")(lambda: None)
    @group.command("seed")
    @click.option("--demo", is_flag=True)
    @click.option("--phones")
    def seed(demo, phones):
        pathlib.Path(phones).write_text(os.environ["WHATSAPP_WEBHOOK_URL"])
    templates = click.Group("templates")
    templates.command("push")(lambda: None)
    group.add_command(templates)
    app.cli.add_command(group)
    return app
"""
LOGS = "from logging import StreamHandler as JsonHandler"
SETTINGS = """
from contextlib import nullcontext as exit_on_bad_setting
from types import SimpleNamespace
def read_settings():
    return SimpleNamespace(
        production=False, web_processes=2, web_threads=8, trusted_proxies=0, log_level="info"
    )
"""
SIMULATOR = """
import http.server, sys
port = int(sys.argv[sys.argv.index("--port") + 1])
class Phones(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
http.server.ThreadingHTTPServer(("127.0.0.1", port), Phones).serve_forever()
"""
# One grandchild does not end when asked, the other has left its parent's session.
WORKER = """
import subprocess, sys, time
stubborn = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
subprocess.Popen([sys.executable, "-c", stubborn])
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
time.sleep(600)
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def hear_hangups():
    """Have SIGHUP heard though the tests themselves may be run so that they ignore it."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def wait_for(condition, what):
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        time.sleep(0.05)


class Demo:
    """A demo of stand-in parts in a folder of its own; all its processes inherit a mark."""

    def __init__(self, root):
        self.root = root
        self.mark = f"TEST_DEMO={uuid.uuid4()}"
        self.port = free_port()
        self.runs = []

    def start(self, **environment):
        name, _, value = self.mark.partition("=")
        out = self.root / f"out{len(self.runs)}"
        clean = {k: v for k, v in os.environ.items() if k in {"PATH", "HOME", "LANG"}}
        with out.open("wb") as output:
            run = subprocess.Popen(
                [sys.executable, REPOSITORY / "bin/supervisor", "--root", self.root],
                env=clean
                | {name: value, "PORT": str(self.port), "SIMULATOR_PORT": str(free_port())}
                | {"WEB_THREADS": "2"}
                | environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=hear_hangups,  # noqa: PLW1509 - sets one disposition, and no lock is taken
            )
        self.runs.append(run)
        return run, out

    def start_and_wait(self):
        run, out = self.start()
        wait_for(lambda: "Ctrl-C ends" in out.read_text() or run.poll() is not None, "the banner")
        assert run.poll() is None, out.read_text()
        return run, out

    def processes(self):
        found = {}
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                # Redis writes its title over its environment, so it is known by its folder.
                if (
                    self.mark.encode() in (entry / "environ").read_bytes()
                    or self.root in (entry / "cwd").readlink().parents
                ):
                    found[int(entry.name)] = (entry / "cmdline").read_text().replace("\0", " ")
            except OSError:
                continue
        return found

    def one(self, word):
        return min(process for process, command in self.processes().items() if word in command)


@pytest.fixture
def demo(tmp_path):
    root = tmp_path / "a clinic's folder"
    for module, text in {
        "bot/__init__": BOT,
        "bot/observability/logs": LOGS,
        "bot/config/settings": SETTINGS,
        "simulator/__main__": SIMULATOR,
        "workers/__main__": WORKER,
        "workers/clock": "import time; time.sleep(600)",
        # What the settings of the web process import is the product's own.
        **{m: (REPOSITORY / f"{m}.py").read_text() for m in ("bot/web_worker", "domain/networks")},
    }.items():
        path = root / f"{module}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    procfile = (REPOSITORY / "Procfile").read_text()
    settings = shlex.quote(str(REPOSITORY / "bot/gunicorn.py"))
    (root / "Procfile").write_text(procfile.replace("bot/gunicorn.py", settings))
    demo = Demo(root)
    yield demo
    for process in demo.processes():
        os.kill(process, signal.SIGKILL)
    for run in demo.runs:
        run.wait()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=str)
def test_a_demo_that_is_asked_to_end_leaves_no_process(demo, number):
    run, out = demo.start_and_wait()
    assert len(demo.processes()) >= 9
    run.send_signal(number)
    assert run.wait(DEADLINE) == 0
    assert demo.processes() == {}
    assert out.read_text().endswith("Stopped.\n")


def test_a_killed_demo_leaves_no_process_and_can_be_started_again(demo):
    run, _ = demo.start_and_wait()
    secrets = (demo.root / "var/demo.env").read_text()
    run.kill()
    again, _ = demo.start_and_wait()  # It waits until what was left has ended.
    assert (demo.root / "var/demo.env").read_text() == secrets
    assert sum("-server" in command for command in demo.processes().values()) == 1
    again.kill()
    again.wait()
    wait_for(lambda: not demo.processes(), "everything ends by itself")


def test_parts_that_die_are_started_again(demo):
    _, out = demo.start_and_wait()
    for word in ("gunicorn", "-m workers ", "-server"):
        os.kill(demo.one(word), signal.SIGKILL)
    for part in ("web", "worker", "redis"):
        wait_for(lambda part=part: f"{part} ended (signal SIGKILL)" in out.read_text(), part)

    def answers():
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{demo.port}/live") as answer:
                return answer.read() == b"alive"
        except OSError:
            return False

    wait_for(answers, "the web process is back")
    wait_for(lambda: any("-server" in c for c in demo.processes().values()), "Redis is back")


def test_a_second_demo_in_the_same_folder_says_so_and_ends(demo):
    first, _ = demo.start_and_wait()
    second, out = demo.start(PORT=str(free_port()))
    assert second.wait(DEADLINE) == 1
    assert out.read_text() == (
        f"bin/demo: a demo is already running in {demo.root / 'var'} (process {first.pid})\n"
    )


@pytest.mark.parametrize("variable", ["PORT", "SIMULATOR_PORT"])
def test_a_port_that_was_asked_for_and_is_taken_is_named(demo, variable):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = str(other.getsockname()[1])
        run, out = demo.start(**{variable: taken})
        assert run.wait(DEADLINE) == 1
    assert out.read_text().startswith(f"bin/demo: {variable}={taken} is in use")
    assert demo.processes() == {}


def test_a_part_that_cannot_start_is_named_with_its_last_words(demo):
    (demo.root / "bot/__init__.py").write_text("raise SystemExit('no such clinic')")
    run, out = demo.start()
    assert run.wait(DEADLINE) == 1
    assert "no such clinic" in out.read_text()
    assert "creating the tables failed with exit code 1" in out.read_text()
    assert demo.processes() == {}


def test_the_secrets_are_for_their_owner_alone(demo):
    demo.start_and_wait()
    assert (demo.root / "var/demo.env").stat().st_mode & 0o777 == 0o600
