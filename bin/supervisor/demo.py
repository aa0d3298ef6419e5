"""What the demo consists of, and in which order it starts."""

import http.client
import shlex
import sys
from http.client import INTERNAL_SERVER_ERROR, OK
from pathlib import Path

from honcho.environ import parse_procfile

from bin.supervisor.demo_settings import LOOPBACK, plays_twilio, reachable
from bin.supervisor.parts import Part
from bin.supervisor.redis_server import start_redis
from bin.supervisor.supervisor import Supervisor
from bin.supervisor.terminal import say

DEMO_ADMIN = "clinic clinic_demo_city, number +919876501001, password pulse-demo-2030"


def http_status(host: str, port: int, path: str) -> int:
    """Return the status of a server's answer to a GET, 0 if it does not answer."""
    connection = http.client.HTTPConnection(host, port, timeout=2.0)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


def procfile(root: Path) -> dict[str, list[str]]:
    """Return the commands of ``Procfile`` by name, read as `honcho start` reads it."""
    commands = parse_procfile((root / "Procfile").read_text()).processes
    return {name: shlex.split(command) for name, command in commands.items()}


def start_all(supervisor: Supervisor, host: str, redis_port: int | None) -> None:
    """Start everything, each part after those that it needs, and print the addresses.

    Without *redis_port* the Redis at ``REDIS_URL`` is used.

    Raises:
        Failed: If a part does not start or a step of the set-up fails.
        Stopped: If a stop is requested meanwhile.
    """
    var = supervisor.var
    phones = str(var / "simulator.json")
    if redis_port is not None:
        start_redis(supervisor, redis_port)
    supervisor.run("setup", pulseops("init-db"), "creating the tables")
    seed = pulseops("seed", "--demo", "--phones", phones)
    supervisor.run("setup", seed, "seeding the clinics")
    start_simulator(supervisor, phones)
    push = pulseops("templates", "push")
    # Before the first message: the product reads every ten minutes what an account at Twilio holds.
    supervisor.run("setup", push, "submitting the message templates")
    start_processes(supervisor, host)
    show_addresses(supervisor, host)


def pulseops(*words: str) -> list[str]:
    """Return the command line of a ``flask pulseops`` command."""
    return [sys.executable, "-m", "flask", "--app", "bot", "pulseops", *words]


def start_simulator(supervisor: Supervisor, phones: str) -> None:
    """Start the simulator and wait until it answers; each provider has chats of its own.

    Raises:
        Failed: If it does not start or does not answer.
        Stopped: If a stop is requested meanwhile.
    """
    port = supervisor.environment["SIMULATOR_PORT"]
    state = "simulator-twilio" if plays_twilio(supervisor.environment) else "simulator"
    options = ["--config", phones, "--port", port, "--state", str(supervisor.var / state)]
    simulator = Part("simulator", [sys.executable, "-m", "simulator", *options])
    supervisor.start(simulator)

    def simulator_answers() -> bool:
        return 0 < http_status(LOOPBACK, int(port), "/") < INTERNAL_SERVER_ERROR

    supervisor.wait_until(simulator_answers, simulator, "does not answer")


def start_processes(supervisor: Supervisor, host: str) -> None:
    """Start the ``Procfile`` and wait until the web process answers.

    Raises:
        Failed: If a part does not start or does not answer.
        Stopped: If a stop is requested meanwhile.
    """
    port = supervisor.environment["PORT"]
    commands = procfile(supervisor.root)
    web = Part("web", commands.pop("web"))
    others = [Part(name, command) for name, command in commands.items()]
    for part in (web, *others):
        supervisor.start(part)

    def web_answers() -> bool:
        return http_status(reachable(host), int(port), "/live") == OK

    supervisor.wait_until(web_answers, web, "does not answer")


def show_addresses(supervisor: Supervisor, host: str) -> None:
    """Print where everything is to be found, and how to try the API."""
    environment, var = supervisor.environment, supervisor.var
    base = environment["PUBLIC_URL"].rstrip("/")
    phones = f"http://localhost:{environment['SIMULATOR_PORT']}"
    docs = http_status(reachable(host), int(environment["PORT"]), "/docs") == OK
    own = "" if var == supervisor.root / "var" else f" --var {shlex.quote(str(var))}"
    lines = [
        "",
        "PulseOps is running.",
        "",
        f"  Phones     {phones}   write to a clinic on WhatsApp",
        f"  API        {base}/api/v1",
        *([f"  API docs   {base}/docs"] if docs else []),
        f"  Health     {base}/health",
        f"  Logs       {var / 'log'}",
        f"  Data       {var}",
        "",
        "Try the API as Farida, who runs City Medical Center:",
        "",
        f'  curl -H "Authorization: Bearer $(bin/demo --token{own})" {base}/api/v1/users',
        "",
        f"or sign in: {DEMO_ADMIN}; the code comes to her phone.",
        "",
        "Ctrl-C ends all of it; the data stays.",
    ]
    for line in lines:
        say(line)
